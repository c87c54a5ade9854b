//! The tokeniser: words to pieces.

mod plain;

use std::collections::HashMap;

use anyhow::anyhow;
use tokenizers::Tokenizer;

use self::plain::Plain;

/// The mark before the first piece of a window.
pub(super) const BEGIN: i32 = 0;
/// The mark after the last piece of a window.
pub(super) const END: i32 = 2;
const UNKNOWN: i32 = 3;

/// Words that a cutter remembers; most words of a text are repeats.
const REMEMBERED: usize = 20_000;

/// Cuts words into pieces, each word by itself.
#[derive(Debug)]
pub(super) struct Pieces {
    tokenizer: Tokenizer,
    plain: Option<Plain>,
    longest: usize,
}

impl Pieces {
    /// Reads a tokeniser from the contents of its file; of a word it gives at most `longest` pieces.
    pub(super) fn new(file: &[u8], longest: usize) -> anyhow::Result<Pieces> {
        let tokenizer =
            Tokenizer::from_bytes(file).map_err(|error| anyhow!("tokenizer.json is no tokeniser: {error}"))?;
        let plain = Plain::new(&tokenizer);
        Ok(Pieces { tokenizer, plain, longest })
    }

    /// The number of pieces that it may give.
    pub(super) fn len(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// All pieces of `word`.
    fn cut(&self, word: &str) -> anyhow::Result<Vec<i32>> {
        if let Some(pieces) = self.plain.as_ref().and_then(|plain| plain.cut(word)) {
            return Ok(pieces);
        }
        let encoding = self.tokenizer.encode_fast(word, false);
        let encoding = encoding.map_err(|error| anyhow!("cannot cut a word into pieces: {error}"))?;
        Ok(encoding.get_ids().iter().map(|id| id.cast_signed()).collect())
    }

    /// A cutter that goes on from what is `known`.
    pub(super) fn cutter<'a>(&'a self, known: &'a mut Known) -> Cutter<'a> {
        Cutter { pieces: self, known }
    }
}

/// The pieces of words that were cut before: most words of an article are repeats, of itself or of others.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<String, Vec<i32>>);

/// Cuts words, each different one once.
#[derive(Debug)]
pub(super) struct Cutter<'a> {
    pieces: &'a Pieces,
    known: &'a mut Known,
}

impl Cutter<'_> {
    /// The first pieces of `word`, at least one.
    pub(super) fn cut(&mut self, word: &str) -> anyhow::Result<&[i32]> {
        let known = &mut self.known.0;
        if !known.contains_key(word) {
            let mut ids = self.pieces.cut(word)?;
            ids.truncate(self.pieces.longest);
            if ids.is_empty() {
                ids.push(UNKNOWN);
            }
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(word.to_owned(), ids);
        }
        Ok(known.get(word).map_or(&[UNKNOWN], Vec::as_slice))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static PIECES: LazyLock<Pieces> = LazyLock::new(|| {
        let file = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/newsroom-en/tokenizer.json")).unwrap();
        Pieces::new(&file, 12).unwrap()
    });

    /// What the library makes of a word, and what the short way makes of it.
    fn both(word: &str) -> (Vec<i32>, Option<Vec<i32>>) {
        let slow = PIECES.tokenizer.encode_fast(word, false).unwrap();
        (slow.get_ids().iter().map(|id| id.cast_signed()).collect(), PIECES.plain.as_ref().unwrap().cut(word))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn the_short_way_leads_to_the_same_pieces(
            signs in "[!-~]{1,12}",
            word in "[A-Za-z]{1,48}|[a-z]{1,9}(ing|ed|ation|s)|[0-9.,:%$'&-]{1,8}",
        ) {
            let (slow, quick) = both(&word);
            prop_assert_eq!(Some(slow), quick);
            // Some signs are no pieces.
            let (slow, quick) = both(&signs);
            prop_assert_eq!(quick.as_ref().unwrap_or(&slow), &slow);
        }
    }

    #[test]
    fn the_short_way_is_for_plain_words() {
        for word in ["", "a b", "\t", "é", "naïve", "▁", "\u{7f}"] {
            assert_eq!(both(word).1, None, "{word:?}");
        }
        let text = include_str!("../../README.md");
        for word in crate::model::words::split(text).into_iter().filter_map(|range| text.get(range)) {
            let (slow, quick) = both(word);
            assert!(quick.is_none_or(|quick| quick == slow), "{word:?}");
        }
    }

    #[test]
    fn agrees_with_the_pieces_of_training() {
        let root = env!("CARGO_MANIFEST_DIR");
        let pieces = &*PIECES;
        let mut known = Known::default();
        let mut cutter = pieces.cutter(&mut known);
        let cases = fs::read_to_string(format!("{root}/tests/data/pieces.json")).unwrap();
        let cases: Vec<(String, Vec<i32>)> = serde_json::from_str(&cases).unwrap();
        assert!(cases.len() > 100);
        for (word, expected) in cases {
            assert_eq!(cutter.cut(&word).unwrap(), expected, "{word:?}");
        }
    }
}
