//! The words around a name, as the features that the reading is decided by.
//!
//! Names of persons and organisations stand where somebody acts or is dealt with; names of towns that govern nothing
//! stand where something lies or happens. What the words around a capital or a country have in common with the one or the
//! other says whether it acts. `examples/readings.rs` learns how much each feature counts.

use std::ops::Range;

use super::lexicon::{
    CONJUNCTIONS, DETERMINERS, DONE_TO_PLACES, HELPERS, PLACE_IS, PLACES, PREPOSITIONS, QUALIFIERS, SORTS, STATES,
    TIMES, VERBS,
};
use crate::knowledge::countries::Countries;
use crate::stages::encoder::{Encoding, Kind};
use crate::stages::entities::{Entities, Form};
use crate::text::Text;

/// Words of a sentence that are looked at on either side, at most.
const REACH: usize = 14;

/// A document's words, and which of them are names.
pub struct Words<'a> {
    text: &'a Text,
    encoding: &'a Encoding,
    /// Each name's words, in order, with its kind.
    names: Vec<(Range<usize>, Kind)>,
}

impl<'a> Words<'a> {
    /// The words of a document.
    pub fn of(text: &'a Text, encoding: &'a Encoding, entities: &Entities) -> Self {
        let mentions = entities.entities.iter().flat_map(|entity| {
            let named = entity.mentions.iter().filter(|mention| mention.form == Form::Name);
            named.map(|mention| (mention.words.clone(), entity.kind))
        });
        let mut names: Vec<_> = mentions.collect();
        names.sort_by_key(|(words, _)| words.start);
        Self { text, encoding, names }
    }

    /// A word as it stands.
    pub(super) fn word(&self, index: usize) -> &'a str {
        self.encoding.words.get(index).map_or("", |span| self.text.slice(*span))
    }

    /// The span of some words; none of no words.
    pub(super) fn span(&self, words: Range<usize>) -> Option<crate::text::Span> {
        let (first, last) =
            (self.encoding.words.get(words.start)?, self.encoding.words.get(words.end.checked_sub(1)?)?);
        Some(self.text.join(*first, *last))
    }

    /// The words of the sentence around `index` that are near enough to matter.
    pub(super) fn around(&self, mention: &Range<usize>) -> Range<usize> {
        let sentence = self.encoding.sentence.get(mention.start);
        let own = |index: &usize| self.encoding.sentence.get(*index) == sentence;
        let left = (mention.start.saturating_sub(REACH)..mention.start).rev().take_while(own).last();
        let right = (mention.end..mention.end + REACH).take_while(own).last();
        left.unwrap_or(mention.start)..right.map_or(mention.end, |last| last + 1)
    }

    /// Whether nothing stands between two words.
    pub(super) fn touches(&self, first: usize, second: usize) -> bool {
        let ends = (self.encoding.words.get(first), self.encoding.words.get(second));
        matches!(ends, (Some(first), Some(second)) if first.end() == second.start())
    }

    /// The name whose words hold `index`.
    pub(super) fn name_at(&self, index: usize) -> Option<&(Range<usize>, Kind)> {
        let after = self.names.partition_point(|(words, _)| words.start <= index);
        self.names.get(after.checked_sub(1)?).filter(|(words, _)| words.contains(&index))
    }

    /// Whether some words are the name of a country.
    fn is_country(&self, words: &Range<usize>) -> bool {
        let name = self.span(words.clone()).map(|span| self.text.slice(span));
        name.is_some_and(|name| Countries::built_in().named(name).is_some())
    }

    /// A word as features name it: in lower case, names by their kind, numbers as one.
    fn token(&self, index: usize) -> String {
        if let Some((_, kind)) = self.name_at(index) {
            let kind = match kind {
                Kind::Person => "<person>",
                Kind::Organisation => "<organisation>",
                Kind::Place => "<place>",
            };
            return kind.to_owned();
        }
        let word = self.word(index);
        match word.chars().next() {
            Some(first) if first.is_numeric() => "<number>".to_owned(),
            Some('"' | '“' | '”' | '\'' | '‘' | '`') if word.chars().count() <= 2 => "<mark>".to_owned(),
            Some('’') if word == "’" => "<mark>".to_owned(),
            _ => word.to_lowercase(),
        }
    }
}

/// What a name stands among: several names that are dealt with alike, and the words that say which part is meant.
struct Frame {
    around: Range<usize>,
    /// The first of the words that belong together.
    left: usize,
    /// The word after them.
    right: usize,
    /// Whether only a part of a place is meant.
    part: bool,
}

impl Frame {
    fn of(words: &Words<'_>, mention: &Range<usize>) -> Self {
        let around = words.around(mention);
        let (mut left, mut right, mut part) = (mention.start, mention.end, false);
        // "Between Kyiv and Moscow": what governs the first of several governs all.
        while left > around.start + 1 && matches!(words.word(left - 1), "and" | "or" | "," | "&") {
            let Some((before, _)) = words.name_at(left - 2) else { break };
            if before.start < around.start {
                break;
            }
            left = before.start;
        }
        while left > around.start && QUALIFIERS.contains(words.word(left - 1)) {
            part |= !matches!(words.word(left - 1), "the" | "The" | "both");
            left -= 1;
        }
        while right + 1 < around.end && matches!(words.word(right), "and" | "or" | "&" | ",") {
            let Some((after, _)) = words.name_at(right + 1) else { break };
            // "Norway, US open talks" are two; "Paris, France" is one.
            if words.word(right) == "," && !(words.is_country(mention) && words.is_country(after)) {
                break;
            }
            right = after.end.min(around.end);
        }
        Self { around, left, right, part }
    }
}

/// The preposition before a name, and the word that it belongs to: *talks with* Moscow.
pub(super) fn governor(words: &Words<'_>, mention: &Range<usize>) -> Option<(usize, usize)> {
    let Frame { around, left, .. } = Frame::of(words, mention);
    let preposition = left.checked_sub(1).filter(|index| *index >= around.start)?;
    if !PREPOSITIONS.contains(words.word(preposition)) {
        return None;
    }
    let before = (around.start..preposition).rev().take(3);
    let noun = before.into_iter().find(|index| !DETERMINERS.contains(words.word(*index)))?;
    Some((noun, preposition))
}

/// Why a name can only be the place, if the words beside it say so, and which those are.
pub(super) fn is_where(words: &Words<'_>, mention: &Range<usize>) -> Option<(&'static str, Range<usize>)> {
    let Frame { around, left, right, part } = Frame::of(words, mention);
    let before = |steps: usize| left.checked_sub(steps).filter(|index| *index >= around.start);
    let word = |steps: usize| before(steps).map_or("", |index| words.word(index));
    let previous = left.saturating_sub(1);
    // Northern Peru, north-east London; Northern Cyprus may act.
    let directed = part && (left..mention.start).any(|index| is_direction(words.word(index)));
    if directed || is_direction(word(1)) {
        return Some(("part_of_a_place", previous..mention.end));
    }
    // The capital Lima; the island, Java.
    let next = if right < around.end { words.word(right) } else { "." };
    let apposed = word(1) == ",";
    let sort = if apposed { 2 } else { 1 };
    // "The town Moscow claims" is no town of that name.
    let claims = || HELPERS.contains(next) || next.ends_with('s') || next.ends_with("ed") || next == "said";
    if SORTS.contains(word(sort)) && if apposed { matches!(next, "," | "." | ";" | ")") } else { !claims() } {
        return Some(("sort_of_place", left.saturating_sub(sort)..mention.end));
    }
    if let Some(noun) = listed(words, left, &around) {
        return Some(("one_of_places", noun..mention.end));
    }
    let ends = next != "with"
        && (!next.starts_with(char::is_alphanumeric)
            || PREPOSITIONS.contains(next)
            || TIMES.contains(next)
            || matches!(next, "and" | "or" | "but" | "when" | "where" | "while"));
    if ends && DONE_TO_PLACES.contains(word(1)) {
        return Some(("comes_or_goes", previous..mention.end));
    }
    // Peru was the scene of it.
    let be = matches!(next, "is" | "was" | "remains" | "are" | "were" | "lies" | "became");
    let after = right + 1..around.end.min(right + 5);
    let what = after.take_while(|index| words.word(*index).starts_with(char::is_alphabetic));
    let what = what.into_iter().find(|index| be && PLACE_IS.contains(words.word(*index)));
    what.map(|index| ("what_it_is", mention.start..index + 1))
}

/// Whether a word says which part of a place is meant.
fn is_direction(word: &str) -> bool {
    let lower = word.chars().all(|c| c.is_lowercase() || c == '-');
    let word = word.rsplit('-').next().unwrap_or_default();
    lower
        && matches!(
            word,
            "northern"
                | "southern"
                | "eastern"
                | "western"
                | "central"
                | "northwestern"
                | "northeastern"
                | "southwestern"
                | "southeastern"
                | "downtown"
                | "nearby"
                | "mainland"
                | "rural"
                | "upstate"
                | "north"
                | "south"
                | "east"
                | "west"
                | "northeast"
                | "northwest"
                | "southeast"
                | "southwest"
                | "inner"
                | "outer"
                | "upper"
                | "lower"
                | "greater"
        )
}

/// The noun by which places are called before some are named: cities such as Paris, Lima and Oslo; countries only where
/// something is in or from them.
fn listed(words: &Words<'_>, left: usize, around: &Range<usize>) -> Option<usize> {
    let mut at = left;
    for _ in 0..6 {
        let before = at.checked_sub(1).filter(|index| *index >= around.start)?;
        let joined = matches!(words.word(before), "," | "and" | "or");
        // ", and" joins as well.
        let comma = words.word(before) != "," && before.checked_sub(1).is_some_and(|index| words.word(index) == ",");
        let name = before.checked_sub(usize::from(comma))?;
        let Some((other, _)) = name.checked_sub(1).and_then(|index| words.name_at(index)).filter(|_| joined) else {
            break;
        };
        if other.start < around.start {
            break;
        }
        at = other.start;
    }
    let word = |steps: usize| {
        at.checked_sub(steps).filter(|index| *index >= around.start).map_or("", |index| words.word(index))
    };
    let lead = match (word(2), word(1)) {
        ("such", "as") => 2,
        (_, "like" | "including" | "especially" | "notably" | "particularly") => 1,
        _ => return None,
    };
    let noun = lead + 1 + usize::from(word(lead + 1) == ",");
    if PLACES.contains(word(noun)) {
        return at.checked_sub(noun);
    }
    let within = (noun + 1..noun + 4).map(word).find(|word| !DETERMINERS.contains(word) && *word != "other");
    let within = within.is_some_and(|word| matches!(word, "in" | "of" | "from" | "to" | "across" | "for"));
    if STATES.contains(word(noun)) && within { at.checked_sub(noun) } else { None }
}

/// Whether a name with an article that is not its own describes the word behind it: a Lima bakery, the Lima march; or
/// one that has its article left out: US trust. Of names that have an article themselves few are of places that are
/// `governed`.
pub(super) fn is_described(words: &Words<'_>, mention: &Range<usize>, governed: bool) -> bool {
    let around = words.around(mention);
    let next = words.word(mention.end);
    let plain = mention.end < around.end
        && next.chars().all(char::is_lowercase)
        && !PREPOSITIONS.contains(next)
        && !HELPERS.contains(next)
        && !TIMES.contains(next)
        && !matches!(
            next,
            "and"
                | "or"
                | "but"
                | "nor"
                | "where"
                | "when"
                | "while"
                | "if"
                | "because"
                | "so"
                | "to"
                | "the"
                | "a"
                | "an"
        );
    let previous =
        mention.start.checked_sub(1).filter(|index| *index >= around.start).map_or("", |index| words.word(index));
    let name = words.span(mention.clone()).map_or("", |span| words.text.slice(span));
    let short = matches!(name, "US" | "U.S." | "UK" | "U.K." | "U.S" | "U.K");
    let own = short || Countries::built_in().named(name).is_some_and(|country| country.name.starts_with("the "));
    // "The West warned": names with an article of their own stand before verbs.
    let verb = next.ends_with('s') && !next.ends_with("ss") || next.ends_with("ed") || VERBS.contains(next);
    let article = matches!(previous, "a" | "an" | "A" | "An")
        || matches!(previous, "the" | "The" | "this" | "This" | "its" | "his" | "her" | "their" | "our")
            && !own
            && !verb
            && governed
            && !name.ends_with('s')
            && !name.ends_with("Union");
    // In a headline the article may be missing everywhere.
    let titled = words.text.title().zip(words.span(mention.clone())).is_some_and(|(title, span)| title.contains(span));
    let bare = short && !titled && mention.start > around.start && !matches!(previous, "the" | "The") && !verb;
    plain && (article || bare)
}

/// The features of the words around `mention`, none twice.
pub fn features(words: &Words<'_>, mention: &Range<usize>) -> Vec<String> {
    let Frame { around, left, right, part } = Frame::of(words, mention);
    let mut found = Vec::with_capacity(16);
    if part {
        found.push("part".to_owned());
    }

    let before = |steps: usize| match left.checked_sub(steps).filter(|index| *index >= around.start) {
        Some(index) => words.token(index),
        None => "^".to_owned(),
    };
    let after = |steps: usize| if right + steps < around.end { words.token(right + steps) } else { "$".to_owned() };
    let (previous, next) = (before(1), after(0));
    found.push(format!("before {previous}"));
    found.push(format!("before {} {previous}", before(2)));
    if PREPOSITIONS.contains(previous.as_str()) {
        // The word that the preposition belongs to, over an article or a possessive.
        let governor = (2..5).map(before).find(|word| !DETERMINERS.contains(word.as_str())).unwrap_or_default();
        found.push(format!("governor {governor} {previous}"));
        found.push(format!("governor {}", stem(&governor)));
    }
    found.push(format!("after {next}"));
    found.push(format!("after {next} {}", after(1)));
    // In "the talks in Jeddah may end" the verb is that of the talks.
    let governed = PREPOSITIONS.contains(previous.as_str()) && !CONJUNCTIONS.contains(previous.as_str());
    if !is_possessive(&next) && !governed {
        let helping = (0..4).take_while(|steps| HELPERS.contains(after(*steps).as_str())).count();
        let verb = after(helping);
        if verb.chars().all(char::is_alphabetic) {
            found.push(format!("verb {}", stem(&verb)));
            if helping > 0 {
                found.push(format!("helper {}", next));
            } else if !PREPOSITIONS.contains(verb.as_str()) {
                found.push(format!("ending {}", ending(&verb)));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether it is the possessive of the name before it.
pub(super) fn is_possessive(word: &str) -> bool {
    matches!(word, "'s" | "’s" | "'S" | "’S")
}

/// A verb without its commonest endings, so that "accused" and "accuses" count together.
fn stem(word: &str) -> &str {
    let shorter = ["ies", "ied", "ing", "ed", "es", "s", "d", "e"].iter().find_map(|end| {
        let bare = word.strip_suffix(end)?;
        (bare.chars().count() >= 3).then_some(bare)
    });
    shorter.unwrap_or(word)
}

fn ending(word: &str) -> &'static str {
    match word {
        word if word.ends_with("ed") => "ed",
        word if word.ends_with("ing") => "ing",
        word if word.ends_with('s') => "s",
        _ => "other",
    }
}
