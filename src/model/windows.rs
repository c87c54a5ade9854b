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

    /// Whether a window has no more pieces than there are positions.
    pub(super) fn check_positions(&self, positions: usize) -> anyhow::Result<()> {
        ensure!(
            self.window_pieces <= positions,
            "a window of {} pieces, and {positions} positions",
            self.window_pieces
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
    // The pieces of a sentence end to end, and where each of its words ends.
    let (mut pieces, mut ends) = (Vec::new(), Vec::new());
    for sentence in sentences {
        pieces.clear();
        ends.clear();
        for word in sentence {
            pieces.extend_from_slice(cutter.cut(word)?);
            ends.push(pieces.len());
        }
        if !current.has_room(ends.len(), pieces.len(), limits) {
            close(&mut current, &mut read)?;
        }
        let mut start = 0;
        for &end in &ends {
            if !current.has_room(1, end - start, limits) {
                close(&mut current, &mut read)?;
            }
            current.push(&pieces[start..end]);
            start = end;
        }
    }
    close(&mut current, &mut read)
}

/// Ends the window, hands it over and begins the next.
fn close(current: &mut Window, read: &mut impl FnMut(&Window) -> anyhow::Result<()>) -> anyhow::Result<()> {
    if current.words.is_empty() {
        return Ok(());
    }
    current.pieces.push(END);
    read(current)?;
    current.pieces.clear();
    current.words.clear();
    Ok(())
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
