//! Names that the model read once and passed over elsewhere: the clear sentence decides the unclear one.
//!
//! The same words with the same capitals are the same name, unless they stand inside a longer run of capitals, begin a
//! sentence with a word that the document also writes small, or are short. In titles case does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::classes::Class;
use super::grouping::Found;
use super::words::Words;
use crate::document::Evidence;
use crate::stages::encoder::Kind;
use crate::text::Span;

/// How sure a reading must be for its words to be a name elsewhere.
const SURE: f64 = 0.65;

/// What remains of that sureness where the model saw no name.
const REMAINS: f64 = 0.75;

/// The longest name that is looked for, in words.
const LONGEST: usize = 6;

/// A name that was read clearly.
struct Known {
    kind: Kind,
    confidence: f64,
    span: Span,
}

/// The names that stand again where the model found none, in order.
pub(super) fn missed(words: &Words<'_>, found: &[Found]) -> Vec<Found> {
    let written = |range: &Range<usize>| range.clone().map(|at| words.raw(at)).collect::<Vec<_>>().join(" ");
    let lowered = |range: &Range<usize>| range.clone().map(|at| words.lower(at)).collect::<Vec<_>>().join(" ");
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    let mut taken = vec![false; words.len()];
    for mention in found {
        taken.get_mut(mention.words.clone()).into_iter().flatten().for_each(|word| *word = true);
        // A letter stands for much besides.
        if mention.confidence < SURE || mention.words.len() > LONGEST || mention.span.len() == 1 {
            continue;
        }
        for name in [written(&mention.words), lowered(&mention.words)] {
            let entry = known.entry(name);
            let new = || Known { kind: mention.kind, confidence: mention.confidence, span: mention.span };
            let best = entry.or_insert_with(new);
            if best.confidence < mention.confidence {
                *best = new();
            }
        }
    }
    let small: BTreeSet<&str> =
        (0..words.len()).map(|at| words.raw(at)).filter(|w| w.starts_with(char::is_lowercase)).collect();
    let firsts: BTreeSet<&str> = known.keys().filter_map(|name| name.split(' ').next()).collect();
    let mut missed = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let title = words.is_title(at);
        let start = if title { words.lower(at) } else { words.raw(at) };
        let again = firsts.contains(start) && words.is_capital(at);
        let name = (1..=LONGEST).rev().filter(|_| again).map(|length| at..at + length).find_map(|range| {
            let free = range.end <= words.len()
                && words.sentence(range.start) == words.sentence(range.end - 1)
                && !taken.get(range.clone())?.contains(&true);
            let name = if title { lowered(&range) } else { written(&range) };
            let known = known.get(&name).filter(|_| free)?;
            let open = |at: &usize| taken.get(*at) == Some(&false);
            let alone = title || !in_longer(words, &range, open);
            (alone && !is_plain(words, &range, &small)).then_some((range, known))
        });
        match name {
            Some((range, known)) => {
                at = range.end;
                missed.extend(words.span(&range).map(|span| Found {
                    span,
                    words: range,
                    kind: known.kind,
                    confidence: known.confidence * REMAINS,
                    title,
                    beside: Some(Evidence::of("repeated_name", [known.span])),
                }));
            }
            None => at += 1,
        }
    }
    missed
}

/// Whether words that belong to no name stand next to these with capitals of their own.
fn in_longer(words: &Words<'_>, range: &Range<usize>, open: impl Fn(&usize) -> bool) -> bool {
    let before = words.before(range.start).filter(&open);
    let capital = |at: usize| words.is_capital(at) && !words.is(at, Class::Title) && !words.starts_sentence(at);
    let after = range.end.checked_sub(1).and_then(|last| words.after(last)).filter(&open);
    before.is_some_and(capital) || after.is_some_and(|at| words.is_capital(at))
}

/// Whether it is a word that need not be a name here.
fn is_plain(words: &Words<'_>, range: &Range<usize>, small: &BTreeSet<&str>) -> bool {
    let word = words.raw(range.start);
    let short = word.chars().count() < 3 && word.chars().any(char::is_lowercase);
    let free = words.starts_sentence(range.start) || words.is_title(range.start);
    range.len() == 1
        && (short || words.is(range.start, Class::Pronoun) || free && small.contains(words.lower(range.start)))
}
