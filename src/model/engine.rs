//! Runs the networks.  This is the only file that names the engine.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use rten::{ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};

use super::Polarity;
use super::decode::{Scores, TAGS, softmax};
use super::files::Temperature;
use super::windows::Window;

/// Both networks, loaded.
pub(super) struct Engine {
    encoder: Network<1, 2>,
    sentiment: Network<1, 1>,
    temperature: Temperature,
    threads: Threads,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Engine").field("temperature", &self.temperature).finish_non_exhaustive()
    }
}

/// What the encoder says of a window.
pub(super) struct Encoded {
    /// Float32 `[1, pieces, width]`.
    states: NdTensor<f32, 3>,
    /// Float32 `[1, pieces, tags]`, before softmax.
    tags: NdTensor<f32, 3>,
}

impl Engine {
    /// Loads the networks from the contents of `encoder.onnx` and `sentiment.onnx`.
    pub(super) fn new(encoder: Vec<u8>, sentiment: Vec<u8>, temperature: Temperature) -> anyhow::Result<Engine> {
        Ok(Engine {
            encoder: Network::new(encoder, ["pieces"], ["states", "tags"]).context("cannot load encoder.onnx")?,
            sentiment: Network::new(sentiment, ["means"], ["polarities"]).context("cannot load sentiment.onnx")?,
            temperature,
            threads: Threads::default(),
        })
    }

    pub(super) fn tag_temperature(&self) -> f32 {
        self.temperature.tags
    }

    /// Encodes a window.
    ///
    /// Windows are encoded one by one: side by side they took half as long again, because what passes between the
    /// layers no longer fitted the cache, and numbers are quantised by the range of a whole run, so that the windows of
    /// a run would touch each other's results.
    pub(super) fn encode(&self, window: &Window) -> anyhow::Result<Encoded> {
        let length = window.pieces.len();
        let pieces = NdTensorView::from_data([1, length], window.pieces.as_slice());
        let [states, tags] = self.threads.lend(|options| self.encoder.run([pieces.into()], options))?;
        let states: NdTensor<f32, 3> = states.try_into().context("states of another shape than expected")?;
        let tags: NdTensor<f32, 3> = tags.try_into().context("tags of another shape than expected")?;
        ensure!(
            tags.shape() == [1, length, TAGS] && states.shape()[..2] == [1, length],
            "tags of shape {:?} and states of shape {:?} for {length} pieces",
            tags.shape(),
            states.shape()
        );
        Ok(Encoded { states, tags })
    }

    /// The polarities of `count` targets, given the mean states of all of them end to end.
    pub(super) fn polarities(&self, means: Vec<f32>, count: usize) -> anyhow::Result<Vec<Polarity>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let width = means.len() / count;
        let means = NdTensor::from_data([count, width], means);
        let [scores] = self.threads.lend(|options| self.sentiment.run([means.into()], options))?;
        let scores: NdTensor<f32, 2> = scores.try_into().context("polarities of another shape than expected")?;
        ensure!(scores.shape() == [count, 3], "polarities of shape {:?} for {count} targets", scores.shape());
        Ok((0..count)
            .map(|row| {
                let own = [scores[[row, 0]], scores[[row, 1]], scores[[row, 2]]];
                let [negative, neutral, positive] = softmax(&own, self.temperature.polarities);
                Polarity { negative, neutral, positive }
            })
            .collect())
    }
}

impl Encoded {
    /// The scores of the tags at a piece.
    pub(super) fn tags(&self, piece: usize) -> Scores {
        std::array::from_fn(|tag| self.tags[[0, piece, tag]])
    }

    /// The state of a piece.
    pub(super) fn state(&self, piece: usize) -> &[f32] {
        let row: NdTensorView<'_, f32, 1> = self.states.slice((0, piece));
        row.data().unwrap_or_default()
    }
}

/// A network with the places of its inputs and outputs.
struct Network<const I: usize, const O: usize> {
    model: rten::Model,
    inputs: [NodeId; I],
    outputs: [NodeId; O],
}

impl<const I: usize, const O: usize> Network<I, O> {
    fn new(file: Vec<u8>, inputs: [&str; I], outputs: [&str; O]) -> anyhow::Result<Self> {
        let model = ModelOptions::with_all_ops().prepack_weights(true).load(file)?;
        let mut places = Vec::with_capacity(I + O);
        for name in inputs.iter().chain(&outputs) {
            places.push(model.node_id(name)?);
        }
        let outputs = std::array::from_fn(|index| places[I + index]);
        let inputs = std::array::from_fn(|index| places[index]);
        Ok(Network { model, inputs, outputs })
    }

    fn run(&self, values: [ValueOrView<'_>; I], options: RunOptions) -> anyhow::Result<[Value; O]> {
        let inputs = self.inputs.into_iter().zip(values).collect();
        Ok(self.model.run_n(inputs, self.outputs, Some(options))?)
    }
}

/// Pools of one thread, as many as there are calls at a time.
///
/// The engine computes in a pool of threads.  The workers of the service are as many as there are cores to use, so a
/// call may not spread over more; and in one pool for all of them, calls would wait for each other.
#[derive(Default)]
struct Threads {
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl Threads {
    fn lend<T>(&self, call: impl FnOnce(RunOptions) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let pool = taken.unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let result = call(RunOptions::default().with_thread_pool(Some(Arc::clone(&pool))));
        idle().push(pool);
        result
    }
}
