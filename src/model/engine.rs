//! Runs a profile: lends each call the memory that it needs, and turns what comes out into scores and chances.

use std::sync::{Mutex, PoisonError};

use super::Polarity;
use super::decode::{Scores, softmax};
use super::encoder::{Pass, Scratch};
use super::files::{Calibration, Depths, Profile};
use super::kernels::{Integers, Set, Work, rows};
use super::pieces::Known;
use super::states::States;
use super::weights::{Head, POLARITIES, Table, WIDTH, Weights};
use super::windows::Window;

/// A profile, loaded; its weights never change.
pub(super) struct Engine {
    table: Table,
    weights: Weights,
    depths: Depths,
    calibration: Calibration,
    temperature: f32,
    set: Set,
    idle: Mutex<Vec<Desk>>,
}

/// What a call works with and leaves behind for the next, so that after a while nothing is allocated for an article.
#[derive(Debug, Default)]
pub(super) struct Desk {
    scratch: Scratch,
    known: Known,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("calibration", &self.calibration)
            .field("set", &self.set)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// The engine of a profile, on a set of instructions.
    pub(super) fn new(table: Table, weights: Weights, profile: &Profile, set: Set) -> Engine {
        let (calibration, depths) = (profile.calibration(), profile.depths.clone());
        let temperature = profile.temperature.polarities;
        Engine { table, weights, depths, calibration, temperature, set, idle: Mutex::default() }
    }

    pub(super) fn calibration(&self) -> Calibration {
        self.calibration
    }

    /// Lends a desk to `call`; there are as many as there are calls at a time.
    pub(super) fn lend<T>(&self, call: impl FnOnce(&mut Desk) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut desk = taken.unwrap_or_default();
        let result = call(&mut desk);
        idle().push(desk);
        result
    }

    /// Encodes a window: the scores and states of its words go to `scores` and `states`.
    ///
    /// Windows are encoded one by one: they are as full as the sentences allow, no padding is computed, and what passes
    /// between the layers stays in the cache.
    pub(super) fn encode(&self, window: &Window, scratch: &mut Scratch, scores: &mut Vec<Scores>, states: &mut States) {
        let Self { table, weights, depths, .. } = self;
        self.set.run(Pass { table, weights, depths, window, scratch, scores, states });
    }

    /// The polarities of targets, given the mean state of each.
    pub(super) fn polarities(&self, means: &[Vec<f32>]) -> Vec<Polarity> {
        let judged = self.set.run(Judgement { weights: &self.weights, means });
        let chances = judged.iter().map(|scores| softmax(scores, self.temperature));
        chances.map(|[negative, neutral, positive]| Polarity { negative, neutral, positive }).collect()
    }
}

impl Desk {
    /// The memory of a pass, and the words whose pieces are known.
    pub(super) fn parts(&mut self) -> (&mut Scratch, &mut Known) {
        (&mut self.scratch, &mut self.known)
    }
}

/// The head of the targets: a layer that bends, then the scores of the polarities, in single precision.
struct Judgement<'a> {
    weights: &'a Weights,
    means: &'a [Vec<f32>],
}

impl Work for Judgement<'_> {
    type Output = Vec<[f32; POLARITIES]>;

    #[inline(always)]
    fn run<I: Integers>(self) -> Self::Output {
        let Weights { target, polarity, .. } = self.weights;
        let mut bent = vec![0.0; TARGETS * WIDTH];
        let mut scores = vec![[0.0; POLARITIES]; self.means.len()];
        for (means, scores) in self.means.chunks(TARGETS).zip(scores.chunks_mut(TARGETS)) {
            apply::<I::Lanes>(target, means.iter().map(Vec::as_slice), |at, output, value| {
                bent[at * WIDTH + output] = value
            });
            for bent in bent.chunks_exact_mut(WIDTH).take(means.len()) {
                rows::tanh::<I::Lanes>(bent);
            }
            apply::<I::Lanes>(polarity, bent.chunks_exact(WIDTH).take(means.len()), |at, output, value| {
                scores[at][output] = value
            });
        }
        scores
    }
}

/// Targets that are judged together, so that the weights come from memory once for all of them.
const TARGETS: usize = 16;

/// Gives `out` the number of each state and output, with the product of both.
#[inline(always)]
fn apply<'a, L: rows::Lanes>(
    head: &Head,
    states: impl Iterator<Item = &'a [f32]> + Clone,
    mut out: impl FnMut(usize, usize, f32),
) {
    for (output, (weight, bias)) in head.weight.chunks_exact(WIDTH).zip(&head.bias).enumerate() {
        for (at, state) in states.clone().enumerate() {
            out(at, output, rows::dot::<L>(state, weight) + bias);
        }
    }
}
