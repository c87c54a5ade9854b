//! Runs a profile: lends each call the memory that it needs, and turns what comes out into scores and chances.

use std::sync::{Mutex, PoisonError};

use super::Polarity;
use super::decode::softmax;
use super::encoder::{Encoded, Pass, Scratch};
use super::files::{Profile, Temperature};
use super::kernels::{Integers, Set, Work, rows};
use super::pieces::Known;
use super::weights::{Head, POLARITIES, Table, WIDTH, Weights};
use super::windows::Window;

/// A profile, loaded; its weights never change.
pub(super) struct Engine {
    table: Table,
    weights: Weights,
    pooled_after: usize,
    temperature: Temperature,
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
            .field("temperature", &self.temperature)
            .field("set", &self.set)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// The engine of a profile, on a set of instructions.
    pub(super) fn new(table: Table, weights: Weights, profile: &Profile, set: Set) -> Engine {
        let Profile { pooled_after, temperature, .. } = *profile;
        Engine { table, weights, pooled_after, temperature, set, idle: Mutex::default() }
    }

    pub(super) fn tag_temperature(&self) -> f32 {
        self.temperature.tags
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

    /// Encodes a window.
    ///
    /// Windows are encoded one by one: they are as full as the sentences allow, no padding is computed, and what passes
    /// between the layers stays in the cache.
    pub(super) fn encode<'a>(&'a self, window: &'a Window, scratch: &'a mut Scratch) -> Encoded<'a> {
        let (table, weights, pooled_after) = (&self.table, &self.weights, self.pooled_after);
        self.set.run(Pass { table, weights, pooled_after, window, scratch })
    }

    /// The polarities of targets, given the mean state of each.
    pub(super) fn polarities(&self, means: &[Vec<f32>]) -> Vec<Polarity> {
        let judged = self.set.run(Judgement { weights: &self.weights, means });
        let chances = judged.iter().map(|scores| softmax(scores, self.temperature.polarities));
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
        let mut bent = [0.0; WIDTH];
        let mut judge = |mean: &Vec<f32>| {
            apply(target, mean, &mut bent);
            rows::tanh(&mut bent);
            let mut scores = [0.0; POLARITIES];
            apply(polarity, &bent, &mut scores);
            scores
        };
        self.means.iter().map(&mut judge).collect()
    }
}

#[inline(always)]
fn apply(head: &Head, state: &[f32], out: &mut [f32]) {
    for ((out, weight), bias) in out.iter_mut().zip(head.weight.chunks_exact(WIDTH)).zip(&head.bias) {
        *out = rows::dot(state, weight) + bias;
    }
}
