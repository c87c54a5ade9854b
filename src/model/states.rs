//! The states of a text's words, kept small.

use std::ops::Range;

use super::kernels::rows::{self, Lanes};
use super::weights::WIDTH;

/// The mean state of every word, in eight bits a number.
///
/// Whoever asks for the sentiment towards some words may ask for any words, after the pass is over.  Eight bits take a
/// quarter of the memory of full precision and move a polarity by 0.0002 on average, 0.001 at most of 200 targets tried.
#[derive(Debug)]
pub(super) struct States {
    /// `[words, WIDTH]`.
    values: Vec<i8>,
    /// What the values of each word are multiplied with.
    scales: Vec<f32>,
    /// From how many pieces each word's mean was taken.
    pieces: Vec<u8>,
}

impl States {
    /// Room for the states of `words` words.
    pub(super) fn with_capacity(words: usize) -> States {
        let (scales, pieces) = (Vec::with_capacity(words), Vec::with_capacity(words));
        States { values: Vec::with_capacity(words * WIDTH), scales, pieces }
    }

    /// The number of words.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Adds a word by the states of its pieces, at least one.
    #[inline(always)]
    pub(super) fn push<L: Lanes>(&mut self, pieces: &[[f32; WIDTH]]) {
        let mut sum = pieces.first().copied().unwrap_or([0.0; WIDTH]);
        for piece in pieces.iter().skip(1) {
            sum.iter_mut().zip(piece).for_each(|(sum, value)| *sum += value);
        }
        let mut values = [0; WIDTH];
        let scale = rows::quantise_signed::<L>(&sum, &mut values);
        let count = u8::try_from(pieces.len()).unwrap_or(u8::MAX);
        self.values.extend(values.iter().map(|value| value.cast_signed()));
        self.scales.push(scale / f32::from(count.max(1)));
        self.pieces.push(count);
    }

    /// The mean over the pieces of `words`, which are in bounds.
    pub(super) fn mean(&self, words: Range<usize>) -> Vec<f32> {
        let mut mean = vec![0.0; WIDTH];
        let total: f32 = words.clone().map(|word| f32::from(self.pieces[word])).sum();
        for word in words {
            let weight = self.scales[word] * f32::from(self.pieces[word]) / total;
            let values = &self.values[word * WIDTH..(word + 1) * WIDTH];
            mean.iter_mut().zip(values).for_each(|(sum, value)| *sum += f32::from(*value) * weight);
        }
        mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_counts_pieces_not_words() {
        let state = |first, second| std::array::from_fn(|at| if at % 2 == 0 { first } else { second });
        let mut states = States::with_capacity(2);
        states.push::<[f32; 16]>(&[state(1.0, -2.0), state(3.0, 0.0)]);
        states.push::<[f32; 16]>(&[state(5.0, 0.5)]);
        let mean = states.mean(0..2);
        assert!((mean[0] - 3.0).abs() < 0.05 && (mean[1] + 0.5).abs() < 0.05, "{mean:?}");
        assert_eq!(states.len(), 2);
    }
}
