//! Reads scores of tags as names.

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
/// The tags are the likeliest sequence in which every name begins before it continues.  The confidence of a name is
/// that of its least certain word: the chance of its kind, begun or continued, at `temperature`.
pub(super) fn names(scores: &[Scores], offset: usize, temperature: f32) -> Vec<Name> {
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
        let confidence = scores[at..end]
            .iter()
            .map(|word| {
                let chances = softmax(word, temperature);
                chances[begun(kind)] + chances[continued]
            })
            .fold(1.0, f32::min);
        names.push(Name { words: offset + at..offset + end, kind: KINDS[kind], confidence });
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
        let names = names(&scored(&[1, 2, 1, 0, 5]), 10, 1.0);
        let found: Vec<_> = names.iter().map(|name| (name.words.clone(), name.kind)).collect();
        assert_eq!(found, [(10..12, Kind::Person), (12..13, Kind::Person), (14..15, Kind::Place)]);
        assert!(names.iter().all(|name| name.confidence > 0.9 && name.confidence <= 1.0));
    }

    #[test]
    fn a_name_does_not_begin_in_its_middle() {
        let mut scores = scored(&[0, 4]);
        scores[1][3] = 5.9;
        let names = names(&scores, 0, 1.0);
        assert_eq!(names.len(), 1);
        assert_eq!((names[0].words.clone(), names[0].kind), (1..2, Kind::Organisation));
    }

    #[test]
    fn no_words_no_names() {
        assert!(names(&[], 0, 1.0).is_empty());
    }
}
