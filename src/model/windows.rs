//! Windows: the runs of words that the encoder reads at once.

use std::ops::Range;

use anyhow::ensure;
use serde::Deserialize;

use super::pieces::{BEGIN, Cutter, END};

/// Windows in a batch: enough to keep the matrices busy, few enough that a batch takes some tens of megabytes.
const BATCH: usize = 8;

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

/// Cuts `sentences` into windows and hands them to `read` in order, several at a time.
///
/// Every word is in exactly one window.  A sentence that fits no window is divided between words.
pub(super) fn in_batches(
    sentences: &[Vec<&str>],
    cutter: &mut Cutter<'_>,
    limits: Limits,
    mut read: impl FnMut(&[Window]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut batch: Vec<Window> = Vec::with_capacity(BATCH);
    let mut current = Window::default();
    for sentence in sentences {
        let words = sentence.iter().map(|word| cutter.cut(word)).collect::<anyhow::Result<Vec<_>>>()?;
        let total = words.iter().map(Vec::len).sum();
        if !current.has_room(words.len(), total, limits) {
            close(&mut current, &mut batch, &mut read)?;
        }
        for word in &words {
            if !current.has_room(1, word.len(), limits) {
                close(&mut current, &mut batch, &mut read)?;
            }
            current.push(word);
        }
    }
    close(&mut current, &mut batch, &mut read)?;
    if !batch.is_empty() {
        read(&batch)?;
    }
    Ok(())
}

/// Ends the window, and the batch when it is full.
fn close(
    current: &mut Window,
    batch: &mut Vec<Window>,
    read: &mut impl FnMut(&[Window]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if current.words.is_empty() {
        return Ok(());
    }
    current.pieces.push(END);
    batch.push(std::mem::take(current));
    if batch.len() == BATCH {
        read(batch)?;
        batch.clear();
    }
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
