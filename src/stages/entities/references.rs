//! Pronouns that speak of somebody named: he, she and what belongs to them.
//!
//! A walk over the words remembers who was mentioned in the last sentences, people without a name among them, and how:
//! as a subject, an object, after a preposition. A pronoun goes to the one who stands out; where two come close, where
//! the only one would be far, or where somebody without a name is as near, it stays unresolved. Genders exclude, as do
//! the rules of a clause: "Harrow told him" is about somebody else.
//! Not read: "it" and "they", pronouns of the first and second person, a pronoun before its name but for `On his way,
//! Harrow …`.

use std::collections::VecDeque;
use std::ops::Range;

use super::classes::Class;
use super::gender::{self, Gender};
use super::grouping::{Found, Group};
use super::names;
use super::roles::{self, Bearer};
use super::words::{Place, Words};
use super::{Form, Mention, demonyms};
use crate::document::Evidence;
use crate::stages::encoder::Kind;

/// How many sentences back somebody may have been mentioned.
const FAR: usize = 3;

/// How many mentions are remembered, so that a sentence of ten thousand names costs no more than other text.
const REMEMBERED: usize = 40;

/// What a mention one sentence further back weighs.
const FADING: f64 = 0.4;

/// What a mention weighs for a pronoun on the other side of a quotation mark.
const QUOTED: f64 = 0.25;

/// What somebody without a name weighs.
const NAMELESS: f64 = 0.6;

/// What it weighs to be the only one whom the story has mentioned so far.
const TOPIC: f64 = 0.5;

/// How much the best must weigh.
const ENOUGH: f64 = 0.2;

/// How many times as much as the next it must weigh.
const CLEAR: f64 = 1.5;

/// The same for somebody of whom nothing tells he from she; most people in the news are men, so that names whose bearers
/// nobody can tell are rather no women's.
const CLEAR_HE: f64 = 1.8;
const CLEAR_SHE: f64 = 3.0;

/// A person as far as pronouns are concerned.
struct Known {
    gender: Option<Gender>,
    /// Whether it stands to reason that it is a person: one word that was read once may be anything.
    firm: bool,
    /// How many mentions the walk has passed.
    mentions: f64,
}

/// The roles that stand for entities, the pronouns that speak of persons and the demonyms of countries, with the places
/// of the entities.
pub(super) fn all(words: &Words<'_>, found: &[Found], groups: &[Group]) -> Vec<(usize, Mention)> {
    let mut taken = vec![false; words.len()];
    for mention in found {
        taken.get_mut(mention.words.clone()).into_iter().flatten().for_each(|word| *word = true);
    }
    let bearers: Vec<_> =
        groups.iter().map(|group| Bearer { kind: group.kind, names: group.names(found).collect() }).collect();
    let mut references = roles::find(words, &bearers, &taken);

    let known = groups.iter().map(|group| {
        let told =
            || group.names(found).find_map(|range| gender::around(words, range)).or_else(|| of_name(&group.name));
        let firm = group.mentions.len() > 1 || group.name.contains(' ');
        (group.kind == Kind::Person).then(|| Known { gender: told(), firm, mentions: 0.0 })
    });
    let known: Vec<Option<Known>> = known.collect();
    let is_person = |place: usize| known.get(place).is_some_and(Option::is_some);
    let by_name = bearers.iter().enumerate();
    let by_name = by_name.flat_map(|(place, bearer)| bearer.names.iter().map(move |range| (place, (*range).clone())));
    let by_role = references.iter().map(|(place, mention)| (*place, mention.words.clone()));
    let mut mentions: Vec<_> = by_name.chain(by_role).filter(|(place, _)| is_person(*place)).collect();
    mentions.sort_by_key(|(_, range)| range.start);
    references.extend(pronouns(words, known, &mentions));
    references.extend(demonyms::find(words, found, groups, &taken));
    references
}

/// The gender that the first of several names tells.
fn of_name(name: &str) -> Option<Gender> {
    let (first, _) = name.split_once(' ')?;
    gender::of_first_name(&names::key(first))
}

/// A mention by its entity's place, or of somebody without a name.
struct Candidate {
    who: Option<usize>,
    gender: Option<Gender>,
    range: Range<usize>,
    place: Place,
}

/// What a pronoun is in its clause.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Subject,
    Object,
    Owner,
    Reflexive,
}

/// Resolves the pronouns of a story, given the mentions of persons in order: their entities and their words.
fn pronouns(
    words: &Words<'_>,
    mut known: Vec<Option<Known>>,
    mentions: &[(usize, Range<usize>)],
) -> Vec<(usize, Mention)> {
    let mut found = Vec::new();
    let mut recent: VecDeque<Candidate> = VecDeque::new();
    let mut next = mentions.iter().peekable();
    let mut all = 0.0;
    let count = |known: &mut [Option<Known>], who: usize| {
        if let Some(Some(known)) = known.get_mut(who) {
            known.mentions += 1.0;
        }
    };
    let mut at = 0;
    while at < words.len() {
        let sentence = words.sentence(at);
        while recent.len() > REMEMBERED
            || recent.front().is_some_and(|first| words.sentence(first.range.start) + FAR < sentence)
        {
            recent.pop_front();
        }
        while next.next_if(|(_, range)| range.start < at).is_some() {}
        if let Some((who, range)) = next.next_if(|(_, range)| range.start == at) {
            let gender = known.get(*who).and_then(|known| known.as_ref()?.gender);
            count(&mut known, *who);
            all += 1.0;
            recent.push_back(Candidate { who: Some(*who), gender, range: range.clone(), place: words.place(range) });
            at = range.end.max(at + 1);
            continue;
        }
        if let Some((gender, case)) = pronoun(words, at) {
            let answer =
                if case == Case::Owner { ahead(words, at, gender, &known, next.peek().copied()) } else { None }
                    .or_else(|| resolve(words, at, (gender, case), &recent, &known, all));
            let place = match case {
                Case::Subject => Place::Subject,
                Case::Owner => Place::Owner,
                _ => Place::Object,
            };
            let who = answer.as_ref().map(|(who, _)| *who);
            recent.push_back(Candidate { who, gender: Some(gender), range: at..at + 1, place });
            if let Some((who, mention)) = answer {
                // The only one whom it can mean is a he or a she from now on.
                if mention.evidence.rule == "only_candidate"
                    && let Some(Some(known)) = known.get_mut(who)
                {
                    known.gender = known.gender.or(Some(gender));
                }
                count(&mut known, who);
                all += 1.0;
                found.push((who, mention));
            }
        } else if is_person(words, at) && !words.is_predicate(at) {
            let gender = gender::of_noun(words.lower(at));
            recent.push_back(Candidate { who: None, gender, range: at..at + 1, place: words.place(&(at..at + 1)) });
        }
        at += 1;
    }
    found
}

fn pronoun(words: &Words<'_>, at: usize) -> Option<(Gender, Case)> {
    // "Writer of the His Bright Shoes books": no pronoun has an article.
    let article = words.before(at).is_some_and(|before| matches!(words.lower(before), "the" | "a" | "an"));
    if article && words.is_capital(at) {
        return None;
    }
    Some(match words.lower(at) {
        "he" => (Gender::Male, Case::Subject),
        "him" => (Gender::Male, Case::Object),
        "his" => (Gender::Male, Case::Owner),
        "himself" => (Gender::Male, Case::Reflexive),
        "she" => (Gender::Female, Case::Subject),
        "her" if owns(words, at) => (Gender::Female, Case::Owner),
        "her" => (Gender::Female, Case::Object),
        "hers" => (Gender::Female, Case::Owner),
        "herself" => (Gender::Female, Case::Reflexive),
        _ => return None,
    })
}

/// Whether "her" has something: a noun or an adjective follows.
fn owns(words: &Words<'_>, at: usize) -> bool {
    words.after(at).is_some_and(|next| {
        let function =
            [Class::Preposition, Class::Boundary, Class::Function].iter().any(|class| words.is(next, *class));
        !function && words.raw(next).starts_with(char::is_alphanumeric)
    })
}

/// `On his way to Jeddah, Harrow …`: a pronoun in what opens the sentence means the name that follows the comma.
fn ahead(
    words: &Words<'_>,
    at: usize,
    gender: Gender,
    known: &[Option<Known>],
    next: Option<&(usize, Range<usize>)>,
) -> Option<(usize, Mention)> {
    let (who, range) = next.filter(|(_, range)| words.sentence(range.start) == words.sentence(at))?;
    let fits = known.get(*who)?.as_ref().is_some_and(|known| known.gender.is_none_or(|own| own == gender));
    let first = std::iter::successors(Some(at), |at| words.before(*at)).take(4).last()?;
    let opens = words.before(first).is_none() && (words.is(first, Class::Preposition) || words.lower(first) == "as");
    let near = range.start < at + 16;
    let commas = || (at..range.start).filter(|at| words.lower(*at) == ",").count();
    let subject = words.place(range) == Place::Subject;
    let evidence = Evidence::of("name_follows", words.span(range));
    (fits && opens && near && commas() == 1 && subject)
        .then(|| mention(words, at, evidence, 0.85))
        .flatten()
        .map(|mention| (*who, mention))
}

fn mention(words: &Words<'_>, at: usize, evidence: Evidence, confidence: f64) -> Option<Mention> {
    let span = words.span(&(at..at + 1))?;
    Some(Mention { span, words: at..at + 1, form: Form::Pronoun, confidence, evidence })
}

/// Whom a pronoun means, if that is clear.
fn resolve(
    words: &Words<'_>,
    at: usize,
    (gender, case): (Gender, Case),
    recent: &VecDeque<Candidate>,
    known: &[Option<Known>],
    all: f64,
) -> Option<(usize, Mention)> {
    let sentence = words.sentence(at);
    let is_here = |candidate: &Candidate| words.sentence(candidate.range.start) == sentence;
    // "Harrow told him" is about somebody else, wherever else Harrow is mentioned.
    let acts = |candidate: &Candidate| {
        is_here(candidate) && candidate.place != Place::Owner && !words.parted(candidate.range.end..at)
    };
    let acting: Vec<usize> = match case {
        Case::Object => {
            recent.iter().filter(|candidate| acts(candidate)).filter_map(|candidate| candidate.who).collect()
        }
        _ => Vec::new(),
    };
    // Each one's weight, with the mention that adds most to it.
    let mut weighed: Vec<(Option<usize>, f64, f64, &Candidate)> = Vec::new();
    for candidate in recent {
        let own = match candidate.who {
            Some(who) => known.get(who).and_then(|known| known.as_ref()?.gender).or(candidate.gender),
            None => candidate.gender,
        };
        let excluded = match case {
            Case::Object => candidate.who.is_some_and(|who| acting.contains(&who)),
            Case::Reflexive => !is_here(candidate),
            Case::Subject | Case::Owner => false,
        };
        if excluded || own.is_some_and(|own| own != gender) {
            continue;
        }
        let weight = weight(words, at, candidate);
        match weighed.iter_mut().find(|(who, ..)| who.is_some() && *who == candidate.who) {
            Some((_, sum, most, best)) => {
                *sum += 0.3 * weight;
                if weight >= *most {
                    *sum += 0.7 * (weight - *most);
                    (*most, *best) = (weight, candidate);
                }
            }
            None => weighed.push((candidate.who, weight, weight, candidate)),
        }
    }
    for (who, sum, ..) in &mut weighed {
        let person = who.and_then(|who| known.get(who)?.as_ref());
        *sum += person.map_or(0.0, |person| TOPIC * person.mentions / all);
    }
    weighed.sort_by(|one, other| other.1.total_cmp(&one.1));
    let (who, sum, _, best) = weighed.first()?;
    let second = weighed.get(1).map(|(_, sum, ..)| *sum);
    let margin = second.map_or(f64::INFINITY, |second| sum / second);
    let who = (*who)?;
    let person = known.get(who)?.as_ref()?;
    let clear = match (person.gender, gender) {
        (Some(_), _) => CLEAR,
        (None, _) if !person.firm => return None,
        (None, Gender::Male) => CLEAR_HE,
        (None, Gender::Female) => CLEAR_SHE,
    };
    if *sum < ENOUGH || margin < clear {
        return None;
    }
    let rule = match () {
        () if second.is_none() => "only_candidate",
        () if is_here(best) => "same_sentence",
        () if best.place == Place::Subject => "subject_before",
        () => "nearest",
    };
    // As often right in texts of other kinds than news.
    let confidence = match person.gender {
        Some(_) if second.is_none() => 0.95,
        Some(_) if margin > 3.0 => 0.88,
        Some(_) => 0.82,
        None => 0.75,
    };
    let evidence = Evidence::of(rule, words.span(&best.range)).scored(*sum);
    mention(words, at, evidence, confidence).map(|mention| (who, mention))
}

/// How much a mention speaks for itself at a pronoun.
fn weight(words: &Words<'_>, at: usize, candidate: &Candidate) -> f64 {
    let place = match candidate.place {
        Place::Subject => 1.0,
        Place::Object => 0.7,
        Place::Owner => 0.6,
        Place::Oblique => 0.4,
    };
    let start = candidate.range.start;
    let distance = words.sentence(at).saturating_sub(words.sentence(start));
    let quoted = if words.quotation(at) == words.quotation(start) { 1.0 } else { QUOTED };
    let named = if candidate.who.is_some() { 1.0 } else { NAMELESS };
    named * place * FADING.powi(i32::try_from(distance).unwrap_or(i32::MAX)) * quoted
}

/// Whether a word speaks of one person without a name: a man, an officer, the driver.
fn is_person(words: &Words<'_>, at: usize) -> bool {
    // A title before a name is the name's.
    let title = words.after(at).is_some_and(|next| words.is_capital(next));
    let person = [Class::Person, Class::Male, Class::Female].iter().any(|class| words.is(at, *class));
    !title && !words.is_capital(at) && person
}
