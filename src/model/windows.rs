//! Windows: the runs of words that the encoder reads at once.

use std::ops::Range;

use anyhow::ensure;
use serde::Deserialize;

use super::pieces::{BEGIN, Cutter, END};

/// What a window holds at most.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Limits {
    window_words: usize,
    /// With the marks at both ends.
    window_pieces: usize,
    pub(super) word_pieces: usize,
}

impl Limits {
    /// Whether every word finds room in a window.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.window_words >= 1
                && self.word_pieces >= 1
                && self.window_pieces <= 512
                && self.word_pieces + 2 <= self.window_pieces,
            "limits of a window that no word fits: {self:?}; install the model again"
        );
        Ok(())
    }
}

/// Whole sentences in a row, as far as they fit.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Window {
    /// Pieces with the marks at both ends.
    pub(super) pieces: Vec<i32>,
    /// The places of each word's pieces among them.
    pub(super) words: Vec<Range<usize>>,
}

/// Cuts `sentences` into windows and hands them to `read` in order.
///
/// Every word is in exactly one window.  A sentence that fits no window is divided between words.
pub(super) fn cut(
    sentences: &[Vec<&str>],
    cutter: &mut Cutter<'_>,
    limits: Limits,
    mut read: impl FnMut(&Window) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut current = Window::default();
    for sentence in sentences {
        let words = sentence.iter().map(|word| cutter.cut(word)).collect::<anyhow::Result<Vec<_>>>()?;
        let total = words.iter().map(Vec::len).sum();
        if !current.has_room(words.len(), total, limits) {
            close(&mut current, &mut read)?;
        }
        for word in &words {
            if !current.has_room(1, word.len(), limits) {
                close(&mut current, &mut read)?;
            }
            current.push(word);
        }
    }
    close(&mut current, &mut read)
}

/// Ends the window and hands it over.
fn close(current: &mut Window, read: &mut impl FnMut(&Window) -> anyhow::Result<()>) -> anyhow::Result<()> {
    if current.words.is_empty() {
        return Ok(());
    }
    let mut done = std::mem::take(current);
    done.pieces.push(END);
    read(&done)
}

impl Window {
    /// Whether `words` more words of `pieces` pieces fit, and the closing mark.
    fn has_room(&self, words: usize, pieces: usize, limits: Limits) -> bool {
        let taken = self.pieces.len().max(1);
        self.words.len() + words <= limits.window_words && taken + pieces < limits.window_pieces
    }

    fn push(&mut self, word: &[i32]) {
        if self.pieces.is_empty() {
            self.pieces.push(BEGIN);
        }
        let start = self.pieces.len();
        self.pieces.extend_from_slice(word);
        self.words.push(start..self.pieces.len());
    }
}
