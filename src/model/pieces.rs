//! The tokeniser: words to pieces.

use std::collections::HashMap;

use anyhow::anyhow;
use tokenizers::Tokenizer;

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
    longest: usize,
}

impl Pieces {
    /// Reads a tokeniser from the contents of its file; of a word it gives at most `longest` pieces.
    pub(super) fn new(file: &[u8], longest: usize) -> anyhow::Result<Pieces> {
        let tokenizer =
            Tokenizer::from_bytes(file).map_err(|error| anyhow!("tokenizer.json is no tokeniser: {error}"))?;
        Ok(Pieces { tokenizer, longest })
    }

    /// The number of pieces that it may give.
    pub(super) fn len(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
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
            let encoding = self
                .pieces
                .tokenizer
                .encode_fast(word, false)
                .map_err(|error| anyhow!("cannot cut a word into pieces: {error}"))?;
            let mut ids: Vec<i32> =
                encoding.get_ids().iter().take(self.pieces.longest).map(|id| id.cast_signed()).collect();
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

    use super::*;

    #[test]
    fn agrees_with_the_pieces_of_training() {
        let root = env!("CARGO_MANIFEST_DIR");
        let file = fs::read(format!("{root}/models/newsroom-en/tokenizer.json")).unwrap();
        let pieces = Pieces::new(&file, 12).unwrap();
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
