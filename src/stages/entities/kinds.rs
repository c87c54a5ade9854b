//! What a name is where the words around it, or what everybody knows, say more than the model's reading: Quito is no
//! person, nor is the firm Larkspur, and a cyclone is none of the kinds that are told apart.
//!
//! A name that a person of the document bears stays as it was read, and so does one with a title before it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::classes::{self, Class};
use super::grouping::Found;
use super::words::Words;
use super::{names, people};
use crate::knowledge::countries::Countries;
use crate::knowledge::firms::without_form;
use crate::knowledge::{self, places};
use crate::stages::encoder::Kind;

/// From here on a reading counts as sure.
const CLEAR: f64 = 0.6;

/// No reading that was overruled is surer than this.
const MENDED: f64 = 0.65;

/// Below this a word that the document also writes small is no name at the head of a sentence.
const PLAIN: f64 = 0.8;

/// So many inhabitants has a town that news names without saying where it is.
const LARGE: u64 = 100_000;

/// A longer name that begins like another has so many words at most.
const LONGEST: usize = 6;

/// Words before the names of storms.
const STORMS: [&str; 7] = ["hurricane", "hurricanes", "cyclone", "cyclones", "typhoon", "typhoons", "storm"];

/// What a name of two words or more ends with that no person is called by, beside the nouns for bodies.
const BODIES: [&str; 10] = [
    "observatory",
    "laboratory",
    "service",
    "inspectorate",
    "airlines",
    "airways",
    "forum",
    "partners",
    "holdings",
    "systems",
];

/// Nouns for bodies that are surnames or stand in other names as well.
const AMBIGUOUS: [&str; 8] = ["bank", "church", "club", "court", "school", "college", "park", "union"];

/// What is named after a person more often than after a firm.
const NAMED_AFTER: [&str; 18] = [
    "administration",
    "airport",
    "campaign",
    "center",
    "centre",
    "church",
    "college",
    "family",
    "foundation",
    "hospital",
    "institute",
    "library",
    "museum",
    "organisation",
    "organization",
    "prize",
    "school",
    "university",
];

/// Nouns right before the name of a firm or a body that is called so: the firm Larkspur.
const FIRMS: [&str; 15] = [
    "company",
    "firm",
    "bank",
    "airline",
    "carmaker",
    "retailer",
    "publisher",
    "newspaper",
    "charity",
    "agency",
    "consortium",
    "supermarket",
    "broadcaster",
    "startup",
    "manufacturer",
];

/// Bodies that are called by what they unite: no places, wherever they stand.
const UNIONS: [&str; 5] =
    ["african union", "arab league", "european union", "eurasian economic union", "pacific islands forum"];

/// What agencies write before a title: UPDATE 2-, BRIEF-.
const SLUGS: [&str; 22] = [
    "ADVISORY",
    "ALERT",
    "ANALYSIS",
    "BREAKING",
    "BRIEF",
    "CORRECTED",
    "CORRECTION",
    "EXCLUSIVE",
    "EXPLAINER",
    "FACTBOX",
    "FEATURE",
    "FLASH",
    "INSIGHT",
    "INTERVIEW",
    "OBITUARY",
    "REFILE",
    "REPEAT",
    "RPT",
    "TIMELINE",
    "UPDATE",
    "URGENT",
    "WRAPUP",
];

/// Takes names for what the words around them say they are, cuts none and drops those of storms and slugs.
pub(super) fn mend(words: &Words<'_>, found: &mut Vec<Found>) {
    lengthen(words, found);
    let keys: Vec<String> = found.iter().map(|mention| names::key(words.text.slice(mention.span))).collect();
    let firms = firms(words, found, &keys);
    let borne = borne(found, &keys, &firms);
    let mut storms: BTreeSet<&str> = BTreeSet::new();
    for (mention, key) in found.iter().zip(&keys).filter(|(mention, _)| is_storm(words, mention)) {
        // Cyclone Ana is called Ana too.
        let own = mention.words.len() > 1 && STORMS.contains(&words.lower(mention.words.start));
        let bare = key.split_once(' ').map(|(_, bare)| bare).filter(|_| own);
        storms.extend([Some(key.as_str()), bare].into_iter().flatten().filter(|name| !borne.contains(*name)));
    }
    let small: BTreeSet<&str> =
        (0..words.len()).map(|at| words.raw(at)).filter(|word| word.starts_with(char::is_lowercase)).collect();
    let inside: BTreeSet<&str> = found
        .iter()
        .zip(&keys)
        .filter(|(mention, _)| !is_headed(words, &mention.words))
        .map(|(_, key)| key.as_str())
        .collect();
    let shorts = shorts(found, &keys, &firms);
    let acronyms = acronyms(words, found, &keys);
    let kinds: Vec<Option<Kind>> = found
        .iter()
        .zip(&keys)
        .map(|(mention, key)| {
            let key = key.as_str();
            let word = words.lower(mention.words.start);
            let plain = mention.words.len() == 1
                && small.contains(word)
                && !inside.contains(key)
                && !borne.contains(key)
                && mention.confidence < PLAIN;
            if storms.contains(key) && mention.kind != Kind::Organisation
                || plain && is_headed(words, &mention.words) && !is_written_so(words, mention)
                || is_slug(words, mention)
            {
                return None;
            }
            let said_firm = mention.kind == Kind::Place && firms.contains(key);
            if said_firm || acronyms.contains(key) || UNIONS.contains(&key) || has_legal_form(words, mention) {
                return Some(Kind::Organisation);
            }
            if mention.kind == Kind::Place || borne.contains(key) || is_titled(words, mention) {
                return Some(mention.kind);
            }
            Some(match () {
                () if is_place(words, mention) => Kind::Place,
                () if mention.kind == Kind::Organisation => Kind::Organisation,
                () if is_body(words, mention) || firms.contains(key) || shorts.contains(key) => Kind::Organisation,
                () => mention.kind,
            })
        })
        .collect();
    let mut kinds = kinds.into_iter();
    found.retain_mut(|mention| {
        let Some(Some(kind)) = kinds.next() else { return false };
        if kind != mention.kind {
            mention.confidence = mention.confidence.min(MENDED);
            mention.kind = kind;
        }
        true
    });
}

/// Takes a name in whole where its first words alone were read, and the whole elsewhere.
fn lengthen(words: &Words<'_>, found: &mut [Found]) {
    let mut long: BTreeMap<&str, Vec<(Range<usize>, Kind)>> = BTreeMap::new();
    for mention in found.iter().filter(|mention| (2..=LONGEST).contains(&mention.words.len())) {
        let known = long.entry(words.raw(mention.words.start)).or_default();
        if known.len() < 8 {
            known.push((mention.words.clone(), mention.kind));
        }
    }
    for index in 0..found.len() {
        let next = found.get(index + 1).map_or(words.len(), |next| next.words.start);
        let Some(mention) = found.get_mut(index) else { continue };
        let start = mention.words.start;
        let fits = |known: &&(Range<usize>, Kind)| {
            let (other, kind) = *known;
            let end = start + other.len();
            let same = *kind == mention.kind || mention.kind == Kind::Person && mention.confidence < CLEAR;
            same && other.len() > mention.words.len()
                && end <= next
                && words.sentence(end - 1) == words.sentence(start)
                && (start..end).zip(other.clone()).all(|(own, other)| words.raw(own) == words.raw(other))
        };
        let Some((other, kind)) = long.get(words.raw(start)).and_then(|known| known.iter().find(fits)) else {
            continue;
        };
        let range = start..start + other.len();
        if let Some(span) = words.span(&range) {
            (mention.span, mention.words, mention.kind) = (span, range, *kind);
        }
    }
}

/// The surnames and first names of the persons with a full name.
fn borne<'a>(found: &[Found], keys: &'a [String], firms: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let full = found
        .iter()
        .zip(keys)
        .filter(|(mention, key)| mention.kind == Kind::Person && key.contains(' ') && !firms.contains(key.as_str()));
    full.flat_map(|(_, key)| people::tails(key).chain(key.split(' ').next())).collect()
}

/// Whether a title stands before a name, or it is followed by what only people do.
fn is_titled(words: &Words<'_>, mention: &Found) -> bool {
    let before = words.title(mention.words.start);
    let after = mention.words.end.checked_sub(1).and_then(|last| words.after(last));
    before.is_some_and(|at| words.is(at, Class::Title) && words.lower(at) != "state")
        || after.is_some_and(|at| words.is(at, Class::Human))
}

/// Whether a name is that of a storm: Cyclone Ana, hurricanes Ana and Bo.
fn is_storm(words: &Words<'_>, mention: &Found) -> bool {
    let storm =
        |at: usize| STORMS.contains(&words.lower(at)) && (words.is_capital(at) || words.lower(at).ends_with('s'));
    let own = mention.words.len() > 1 && storm(mention.words.start) && words.lower(mention.words.start) != "storm";
    let Some(before) = words.before(mention.words.start) else { return own };
    let second = || words.before(before).and_then(|at| words.before(at));
    own || storm(before)
        || words.lower(before) == "and" && second().is_some_and(|at| storm(at) && words.lower(at).ends_with('s'))
}

/// Whether it is no name but what an agency writes before a title.
fn is_slug(words: &Words<'_>, mention: &Found) -> bool {
    let first = mention.words.start;
    words.is_title(first)
        && words.starts_sentence(first)
        && mention.words.clone().all(|at| SLUGS.contains(&words.raw(at)) || words.raw(at).starts_with(char::is_numeric))
}

/// Whether a word has its capital from where it stands: at the head of a sentence, in the title, in a line of capitals.
fn is_headed(words: &Words<'_>, range: &Range<usize>) -> bool {
    let shouted = |at: usize| words.raw(at).chars().count() > 1 && !words.raw(at).contains(char::is_lowercase);
    let first = range.start;
    let beside = words.after(range.end.saturating_sub(1)).or_else(|| words.before(first));
    words.starts_sentence(first) || words.is_title(first) || shouted(first) && beside.is_some_and(shouted)
}

/// Whether a name has its capitals wherever it stands: US among words in lower case, Turkey.
fn is_written_so(words: &Words<'_>, mention: &Found) -> bool {
    let first = mention.words.start;
    let shouted = |at: usize| words.raw(at).chars().count() > 1 && !words.raw(at).contains(char::is_lowercase);
    let beside = words.after(first).or_else(|| words.before(first));
    shouted(first) && !beside.is_some_and(shouted)
        || Countries::built_in().named(words.text.slice(mention.span)).is_some()
}

/// Whether it is the name of a country, a capital or a large town that stands where towns do.
fn is_place(words: &Words<'_>, mention: &Found) -> bool {
    let name = words.text.slice(mention.span);
    let countries = Countries::built_in();
    let person = mention.kind == Kind::Person;
    if countries.named(name).is_some() {
        // Chad and Israel are first names too.
        return !(person && mention.confidence >= CLEAR);
    }
    let lower = name.to_lowercase();
    let given = [Class::MaleName, Class::FemaleName, Class::Surname].iter().any(|class| classes::is(&lower, *class));
    if given || SURNAMES.contains(&lower.as_str()) {
        return false;
    }
    if countries.seat(name).is_some_and(|seat| seat.kind == "city") {
        return true;
    }
    let sure = if person { 0.95 } else { 0.65 };
    let before = words.before(mention.words.start);
    let located = before.is_some_and(|at| words.is(at, Class::Locative) || words.lower(at) == "from");
    // "From Santos (1989)" is somebody's paper.
    let after = mention.words.end.checked_sub(1).and_then(|last| words.after(last));
    let cited = after.is_some_and(|at| words.lower(at) == "(");
    // The Nagoya firm is one of Nagoya.
    let article = before.is_some_and(|at| matches!(words.lower(at), "the" | "a" | "an"));
    let located = located || article && after.is_some_and(|at| FIRMS.contains(&words.lower(at)));
    (located && !cited && mention.confidence < sure || mention.confidence < 0.45) && is_large(name)
}

/// Capitals that persons are called by.
const SURNAMES: [&str; 8] =
    ["washington", "kingston", "hamilton", "london", "paris", "jackson", "lincoln", "wellington"];

/// Whether a large town has this name.
fn is_large(name: &str) -> bool {
    let Ok(gazetteer) = places::Places::built_in() else { return false };
    let key = knowledge::key(name);
    let mut towns = gazetteer.named(&key).take(16).filter(|named| named.place.kind == places::Kind::Town);
    !key.contains(' ') && towns.any(|named| named.name == 0 && named.place.population >= LARGE)
}

/// Whether a name ends with the legal form of a firm: Cereales del Litoral S.A.
fn has_legal_form(words: &Words<'_>, mention: &Found) -> bool {
    let name = words.text.slice(mention.span);
    without_form(name).len() < name.len()
}

/// Whether a name ends as those of bodies do.
fn is_body(words: &Words<'_>, mention: &Found) -> bool {
    let Some(last) = mention.words.clone().next_back().filter(|_| mention.words.len() > 1) else { return false };
    let (first, last_word) = (words.lower(mention.words.start), words.lower(last));
    let given = [Class::MaleName, Class::FemaleName].iter().any(|class| classes::is(first, *class));
    let body = words.is(last, Class::Body) || BODIES.contains(&last_word);
    body && !given && !AMBIGUOUS.contains(&last_word)
}

/// The acronyms that stand in brackets behind the name of a body: the Karoo Radio Observatory (KRO).
fn acronyms<'a>(words: &Words<'_>, found: &[Found], keys: &'a [String]) -> BTreeSet<&'a str> {
    let bracketed = |mention: &Found, next: &Found| {
        let acronym = words.raw(next.words.start);
        next.words.len() == 1
            && mention.words.end + 1 == next.words.start
            && words.raw(mention.words.end) == "("
            && acronym.chars().all(char::is_uppercase)
            && acronym.chars().next() == words.raw(mention.words.start).chars().next()
    };
    let pairs = found.iter().zip(found.iter().skip(1)).zip(keys.iter().skip(1));
    pairs
        .filter(|((mention, next), _)| is_body(words, mention) && bracketed(mention, next))
        .map(|(_, key)| key.as_str())
        .collect()
}

/// The names that are said to be those of firms: the firm Larkspur; the company, Larkspur, agreed; Larkspur, a software
/// company.
fn firms<'a>(words: &Words<'_>, found: &[Found], keys: &'a [String]) -> BTreeSet<&'a str> {
    let said = found.iter().zip(keys).filter(|(mention, _)| {
        mention.kind != Kind::Organisation && !is_titled(words, mention) && is_said_firm(words, mention)
    });
    let mut firms: BTreeSet<&str> = said.map(|(_, key)| key.as_str()).collect();
    // Somebody who is called so elsewhere is no firm.
    for (mention, key) in found.iter().zip(keys) {
        if is_titled(words, mention) {
            firms.remove(key.as_str());
        }
    }
    firms
}

fn is_said_firm(words: &Words<'_>, mention: &Found) -> bool {
    let Some(last) = mention.words.end.checked_sub(1) else { return false };
    let given = [Class::MaleName, Class::FemaleName].iter().any(|class| words.is(mention.words.start, *class));
    if given {
        return false;
    }
    let next = words.after(last);
    let firm = |at: usize| FIRMS.contains(&words.lower(at));
    let before = words.before(mention.words.start);
    // Not "the firm's Harrow", and of a place only what a comma says: "the bank Lyon" is no phrase.
    if mention.kind == Kind::Person && before.is_some_and(firm) {
        return true;
    }
    let comma = |at: Option<usize>| at.is_some_and(|at| words.lower(at) == ",");
    if comma(before) && comma(next) && mention.kind == Kind::Person {
        let noun = before.and_then(|at| words.before(at)).filter(|at| firm(*at));
        let mut phrase = std::iter::successors(noun, |at| words.before(*at)).skip(1).take(3);
        let article = phrase.find(|at| matches!(words.lower(*at), "the" | "its" | "their" | "a" | "an"));
        // "According to the company, Harrow, who …" names somebody else.
        let opens = article.is_some_and(|at| words.before(at).is_none_or(|at| !words.is(at, Class::Preposition)));
        let who = next.and_then(|at| words.after(at)).is_some_and(|at| matches!(words.lower(at), "who" | "whose"));
        if opens && !who {
            return true;
        }
    }
    let Some(article) = next.filter(|at| words.lower(*at) == ",").and_then(|at| words.after(at)) else { return false };
    if !matches!(words.lower(article), "a" | "an") {
        return false;
    }
    let inside = std::iter::successors(words.after(article), |at| words.after(*at)).take(6);
    let noun = inside.take_while(|at| words.lower(*at).starts_with(char::is_alphabetic)).find(|at| firm(*at));
    // "A company director" is none.
    noun.is_some_and(|at| {
        words.after(at).is_none_or(|at| {
            let preposition = words.is(at, Class::Preposition) || matches!(words.lower(at), "which" | "that" | "based");
            preposition || matches!(words.lower(at), "," | "." | ";")
        })
    })
}

/// The single words by which one organisation of a longer name is called, which was named before: Larkspur, after
/// Larkspur Systems.
fn shorts<'a>(found: &[Found], keys: &'a [String], firms: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let mut long: BTreeMap<&str, Option<(&str, usize)>> = BTreeMap::new();
    for (index, (mention, key)) in found.iter().zip(keys).enumerate() {
        let is_body = mention.kind == Kind::Organisation || firms.contains(key.as_str());
        let Some((first, rest)) = key.split_once(' ').filter(|_| is_body) else { continue };
        let named_after = rest.rsplit(' ').next().is_some_and(|last| NAMED_AFTER.contains(&last));
        let given = [Class::MaleName, Class::FemaleName].iter().any(|class| classes::is(first, *class));
        if !named_after && !given && !rest.starts_with("of ") {
            let entry = long.entry(first).or_insert(Some((key, index)));
            *entry = entry.filter(|(known, _)| known == key);
        }
    }
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, key) in keys.iter().enumerate() {
        first.entry(key).or_insert(index);
    }
    let before = |short: &str, long: usize| first.get(short).is_some_and(|index| long < *index);
    let shorts = keys
        .iter()
        .map(String::as_str)
        .filter(|key| long.get(key).copied().flatten().is_some_and(|(_, index)| before(key, index)));
    shorts.collect()
}
