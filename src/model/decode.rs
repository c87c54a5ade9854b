//! Reads scores of tags as names.

use super::files::{Calibration, Shift};
use super::{Kind, Name};

/// O, then begun and continued for each kind.
pub(super) const TAGS: usize = 7;

/// The scores of a word's tags, before softmax.
pub(super) type Scores = [f32; TAGS];

const KINDS: [Kind; 3] = [Kind::Person, Kind::Organisation, Kind::Place];

const fn begun(kind: usize) -> usize {
    1 + 2 * kind
}

/// Whether `after` may follow `before`: a name is continued only by its own kind.
const fn follows(before: usize, after: usize) -> bool {
    let continues = after > 0 && after.is_multiple_of(2);
    !continues || before == after || before + 1 == after
}

/// The names in a sentence whose first word has the number `offset`.
///
/// The tags are the likeliest sequence in which every name begins before it continues.  The confidence of a name comes
/// from its least certain word: the odds of its kind, begun or continued, calibrated.
pub(super) fn names(scores: &[Scores], offset: usize, calibration: Calibration) -> Vec<Name> {
    let tags = best(scores);
    let mut names = Vec::new();
    let mut at = 0;
    while at < tags.len() {
        let Some(kind) = (0..KINDS.len()).find(|kind| begun(*kind) == tags[at]) else {
            at += 1;
            continue;
        };
        let continued = begun(kind) + 1;
        let end = at + 1 + tags[at + 1..].iter().take_while(|tag| **tag == continued).count();
        let odds = scores[at..end].iter().map(|word| log_odds(word, kind)).fold(f64::INFINITY, f64::min);
        let kind = KINDS[kind];
        let confidence = calibration.chance(kind, odds);
        names.push(Name { words: offset + at..offset + end, kind, confidence });
        at = end;
    }
    names
}

/// The likeliest allowed sequence of tags (Viterbi's algorithm).
fn best(scores: &[Scores]) -> Vec<usize> {
    let Some((first, rest)) = scores.split_first() else {
        return Vec::new();
    };
    let mut sums = log_softmax(first);
    for (tag, sum) in sums.iter_mut().enumerate() {
        if !follows(0, tag) {
            *sum = f64::NEG_INFINITY;
        }
    }
    let mut back: Vec<[usize; TAGS]> = Vec::with_capacity(rest.len());
    for word in rest {
        let own = log_softmax(word);
        let mut ways = [0; TAGS];
        let mut next = [0.0; TAGS];
        for tag in 0..TAGS {
            let mut from = (0, f64::NEG_INFINITY);
            for (before, sum) in sums.iter().enumerate() {
                if follows(before, tag) && *sum > from.1 {
                    from = (before, *sum);
                }
            }
            ways[tag] = from.0;
            next[tag] = from.1 + own[tag];
        }
        sums = next;
        back.push(ways);
    }
    let mut tag = 0;
    for (other, sum) in sums.iter().enumerate() {
        if *sum > sums[tag] {
            tag = other;
        }
    }
    let mut path = vec![tag];
    for ways in back.iter().rev() {
        tag = ways[tag];
        path.push(tag);
    }
    path.reverse();
    path
}

/// The logarithm of how much likelier it is that a word is part of a name of `kind` than that it is not.
fn log_odds(scores: &Scores, kind: usize) -> f64 {
    let most = f64::from(scores.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let (mut inside, mut outside) = (0.0, 0.0);
    for (tag, score) in scores.iter().enumerate() {
        let sum = if tag == begun(kind) || tag == begun(kind) + 1 { &mut inside } else { &mut outside };
        *sum += (f64::from(*score) - most).exp();
    }
    f64::ln(inside) - f64::ln(outside)
}

impl Calibration {
    /// The chance that a name of `kind` is right, by its log odds.
    fn chance(self, kind: Kind, odds: f64) -> f32 {
        let Shift { person, organisation, place } = self.shift;
        let shift = match kind {
            Kind::Person => person,
            Kind::Organisation => organisation,
            Kind::Place => place,
        };
        let odds = odds / f64::from(self.temperature) + f64::from(shift);
        (1.0 / (1.0 + (-odds).exp())) as f32
    }
}

/// Log chances, in double precision: sums over a long sentence must not drown a word.
fn log_softmax(scores: &Scores) -> [f64; TAGS] {
    let most = f64::from(scores.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let total: f64 = scores.iter().map(|score| (f64::from(*score) - most).exp()).sum();
    scores.map(|score| f64::from(score) - most - total.ln())
}

/// The chances of `N` classes by their scores.
pub(super) fn softmax<const N: usize>(scores: &[f32; N], temperature: f32) -> [f32; N] {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let grown = scores.map(|score| ((score - most) / temperature).exp());
    let total: f32 = grown.iter().sum();
    grown.map(|value| value / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Calibration =
        Calibration { temperature: 1.0, shift: Shift { person: 0.0, organisation: 0.0, place: 0.0 } };

    fn scored(tags: &[usize]) -> Vec<Scores> {
        tags.iter()
            .map(|tag| {
                let mut scores = [0.0; TAGS];
                scores[*tag] = 6.0;
                scores
            })
            .collect()
    }

    #[test]
    fn adjacent_names_are_two() {
        let names = names(&scored(&[1, 2, 1, 0, 5]), 10, PLAIN);
        let found: Vec<_> = names.iter().map(|name| (name.words.clone(), name.kind)).collect();
        assert_eq!(found, [(10..12, Kind::Person), (12..13, Kind::Person), (14..15, Kind::Place)]);
        assert!(names.iter().all(|name| name.confidence > 0.9 && name.confidence <= 1.0));
    }

    #[test]
    fn a_name_does_not_begin_in_its_middle() {
        let mut scores = scored(&[0, 4]);
        scores[1][3] = 5.9;
        let names = names(&scores, 0, PLAIN);
        assert_eq!(names.len(), 1);
        assert_eq!((names[0].words.clone(), names[0].kind), (1..2, Kind::Organisation));
    }

    #[test]
    fn confidences_are_calibrated_by_kind_and_stay_chances() {
        let doubted = Calibration { shift: Shift { person: -2.0, ..PLAIN.shift }, ..PLAIN };
        let of = |scores: &[Scores], calibration| names(scores, 0, calibration)[0].confidence;
        assert!(of(&scored(&[1]), doubted) < of(&scored(&[1]), PLAIN));
        assert_eq!(of(&scored(&[3]), doubted), of(&scored(&[3]), PLAIN));
        for score in [1e4, f32::MAX] {
            let mut scores = scored(&[1]);
            scores[0][1] = score;
            assert_eq!(of(&scores, doubted), 1.0);
        }
    }

    #[test]
    fn no_words_no_names() {
        assert!(names(&[], 0, PLAIN).is_empty());
    }
}
