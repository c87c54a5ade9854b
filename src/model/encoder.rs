//! The encoder: pieces in, states and scores out.
//!
//! A transformer as BERT's, the norms after the sums. Rows are quantised one by one, so what a row becomes depends on
//! its window alone.  After the layer that a profile names, only the first piece of each word goes on: what its other
//! pieces say has reached it by then, and a fifth to a third of the work is saved.

use super::decode::{Scores, TAGS};
use super::kernels::rows::{self, LANES};
use super::kernels::{Integers, Left, Pairs, Right, Rows, Work};
use super::weights::{HEAD, Layer, Linear, Norm, Table, WIDTH, Weights};
use super::windows::Window;

const EPSILON: f32 = 1e-12;

/// Steps of what is multiplied in attention, on either side of nothing.  For keys as many as 32 products of two
/// numbers leave room for in 32 bits, and a margin; for values so many that 512 products fit.
const KEY_STEPS: f32 = 4095.0;
const VALUE_STEPS: f32 = 2047.0;

/// Rows that go through the two wide products of a layer together: what passes between them stays in the cache.
const TOGETHER: usize = 96;
/// Queries that are answered together.
const QUERIES: usize = 12;

/// The memory of a pass, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// `[rows, WIDTH]`.
    states: Vec<f32>,
    /// What comes out of a product.
    wide: Vec<f32>,
    /// What attention says: `[rows, heads * HEAD]`.
    mixed: Vec<f32>,
    added: Vec<f32>,
    values: Vec<u8>,
    scales: Vec<f32>,
    attention: Attention,
    tags: Vec<Scores>,
}

/// The memory of attention.
#[derive(Debug, Default)]
struct Attention {
    /// Queries, keys and values of all heads, in whole numbers: `[rows, heads * HEAD]`, a scale a row.
    queries: Fine,
    keys: Fine,
    contents: Fine,
    /// 0 at a key, very negative where there is none.
    mask: Vec<f32>,
    /// Keys and values of one head, laid out for the products.
    key_pairs: Vec<Pairs>,
    content_pairs: Vec<Pairs>,
    products: Vec<i32>,
    room: Vec<f32>,
    shares: Vec<i16>,
    factors: Vec<f32>,
    sums: Vec<i32>,
}

/// Rows in sixteen bits.
#[derive(Debug, Default)]
struct Fine {
    values: Vec<i16>,
    scales: Vec<f32>,
}

/// What a pass says of a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoded<'a> {
    states: &'a [f32],
    tags: &'a [Scores],
    pooled: bool,
}

impl<'a> Encoded<'a> {
    /// The scores of each word's tags.
    pub(super) fn tags(self) -> &'a [Scores] {
        self.tags
    }

    /// The states of the word with the number `word`, whose pieces are at `pieces`: one or, where words were not pooled,
    /// one for each piece.
    pub(super) fn states(self, word: usize, pieces: std::ops::Range<usize>) -> impl Iterator<Item = &'a [f32]> {
        // Before the first word there is the opening mark.
        let rows = if self.pooled { word + 1..word + 2 } else { pieces };
        self.states[rows.start * WIDTH..rows.end * WIDTH].chunks_exact(WIDTH)
    }
}

/// A pass over a window.
pub(super) struct Pass<'a> {
    pub(super) table: &'a Table,
    pub(super) weights: &'a Weights,
    /// After how many layers words are pooled; 0 for never.
    pub(super) pooled_after: usize,
    pub(super) window: &'a Window,
    pub(super) scratch: &'a mut Scratch,
}

impl<'a> Work for Pass<'a> {
    type Output = Encoded<'a>;

    #[inline(always)]
    fn run<I: Integers>(self) -> Encoded<'a> {
        let Self { table, weights, pooled_after, window, scratch } = self;
        scratch.embed(table, weights, &window.pieces);
        for (index, layer) in weights.layers.iter().enumerate() {
            scratch.layer::<I>(layer);
            if index + 1 == pooled_after {
                scratch.pool(window);
            }
        }
        let pooled = (1..=weights.layers.len()).contains(&pooled_after);
        scratch.tags.clear();
        for (word, pieces) in window.words.iter().enumerate() {
            let row = if pooled { word + 1 } else { pieces.start };
            let state = &scratch.states[row * WIDTH..(row + 1) * WIDTH];
            let mut scores = [0.0; TAGS];
            for ((score, weight), bias) in
                scores.iter_mut().zip(weights.tags.weight.chunks_exact(WIDTH)).zip(&weights.tags.bias)
            {
                *score = rows::dot(state, weight) + bias;
            }
            scratch.tags.push(scores);
        }
        let Scratch { states, tags, .. } = scratch;
        Encoded { states, tags, pooled }
    }
}

impl Scratch {
    /// Fills the states with the vectors of `pieces` at their positions.
    #[inline(always)]
    fn embed(&mut self, table: &Table, weights: &Weights, pieces: &[i32]) {
        self.states.clear();
        self.states.resize(pieces.len() * WIDTH, 0.0);
        let positions = weights.positions.chunks_exact(WIDTH);
        for ((state, piece), position) in self.states.chunks_exact_mut(WIDTH).zip(pieces).zip(positions) {
            let (vector, scale) = table.vector(piece.cast_unsigned() as usize);
            for (state, value) in state.iter_mut().zip(vector) {
                *state = f32::from(*value) * scale;
            }
            rows::add_and_normalise(state, position, &weights.norm.weight, &weights.norm.bias, EPSILON);
        }
    }

    /// Keeps the rows of the marks and of each word's first piece.
    #[inline(always)]
    fn pool(&mut self, window: &Window) {
        let last = window.pieces.len() - 1;
        let kept = window.words.iter().map(|pieces| pieces.start).chain([last]);
        for (row, from) in kept.enumerate() {
            self.states.copy_within(from * WIDTH..(from + 1) * WIDTH, (row + 1) * WIDTH);
        }
        self.states.truncate((window.words.len() + 2) * WIDTH);
    }

    #[inline(always)]
    fn layer<I: Integers>(&mut self, layer: &Layer) {
        let Self { states, wide, mixed, added, values, scales, attention, .. } = self;
        product::<I>(states, &layer.qkv, values, scales, wide);
        attention.answer::<I>(wide, layer.heads, mixed);
        product::<I>(mixed, &layer.attended, values, scales, added);
        add(states, added, &layer.attended_norm);
        for states in states.chunks_mut(TOGETHER * WIDTH) {
            product::<I>(states, &layer.inner, values, scales, wide);
            rows::gelu(wide);
            product::<I>(wide, &layer.outer, values, scales, added);
            add(states, added, &layer.outer_norm);
        }
    }
}

/// The product of `states`, quantised into `values` and `scales`, with the weights of `linear`, into `out`.
#[inline(always)]
fn product<I: Integers>(
    states: &[f32],
    linear: &Linear,
    values: &mut Vec<u8>,
    scales: &mut Vec<f32>,
    out: &mut Vec<f32>,
) {
    let inputs = linear.matrix.inputs();
    let count = states.len() / inputs;
    values.resize(states.len(), 0);
    scales.clear();
    for (state, values) in states.chunks_exact(inputs).zip(values.chunks_exact_mut(inputs)) {
        scales.push(rows::quantise(state, &linear.smoothing, values));
    }
    out.resize(count * linear.matrix.outputs(), 0.0);
    I::product(Rows { values, scales }, &linear.matrix, out);
}

/// Adds `added` to `states` and norms the sums.
#[inline(always)]
fn add(states: &mut [f32], added: &[f32], norm: &Norm) {
    for (state, added) in states.chunks_exact_mut(WIDTH).zip(added.chunks_exact(WIDTH)) {
        rows::add_and_normalise(state, added, &norm.weight, &norm.bias, EPSILON);
    }
}

impl Attention {
    /// Lets every row of `qkv` `[rows, 3 * heads * HEAD]` look at all rows; what it sees goes to `mixed`.
    #[inline(always)]
    fn answer<I: Integers>(&mut self, qkv: &[f32], heads: usize, mixed: &mut Vec<f32>) {
        let width = heads * HEAD;
        let count = qkv.len() / (3 * width);
        self.prepare(qkv, count, width);
        mixed.resize(count * width, 0.0);
        for head in 0..heads {
            self.lay_out(head, width);
            for first in (0..count).step_by(QUERIES) {
                let queries = first..count.min(first + QUERIES);
                self.mix::<I>(queries.clone(), head, width);
                for (query, row) in queries.enumerate() {
                    let out = &mut mixed[row * width + head * HEAD..][..HEAD];
                    let factor = self.factors[query];
                    for (out, sum) in out.iter_mut().zip(&self.sums[query * HEAD..]) {
                        *out = *sum as f32 * factor;
                    }
                }
            }
        }
    }

    /// Quantises the rows of `qkv`, and makes room: keys come in blocks of lanes, with none at the end of the last.
    #[inline(always)]
    fn prepare(&mut self, qkv: &[f32], count: usize, width: usize) {
        let keys = count.next_multiple_of(LANES);
        for fine in [&mut self.queries, &mut self.keys, &mut self.contents] {
            fine.values.resize(count * width, 0);
            fine.scales.clear();
        }
        for (row, states) in qkv.chunks_exact(3 * width).enumerate() {
            let own = row * width..(row + 1) * width;
            self.queries.push(&states[..width], KEY_STEPS, own.clone());
            self.keys.push(&states[width..2 * width], KEY_STEPS, own.clone());
            self.contents.push(&states[2 * width..], VALUE_STEPS, own);
        }
        self.keys.scales.resize(keys, 0.0);
        self.contents.scales.resize(keys, 0.0);
        self.mask.clear();
        self.mask.resize(count, 0.0);
        self.mask.resize(keys, -1e30);
        self.key_pairs.clear();
        self.key_pairs.resize(HEAD / 2 * keys / LANES, Pairs::NONE);
        self.content_pairs.clear();
        self.content_pairs.resize(keys / 2 * (HEAD / LANES), Pairs::NONE);
        self.products.resize(QUERIES * keys, 0);
        self.room.resize(keys, 0.0);
        self.shares.resize(QUERIES * keys, 0);
        self.factors.resize(QUERIES, 0.0);
        self.sums.resize(QUERIES * HEAD, 0);
    }

    /// Lays out the keys and values of a head for the products.
    #[inline(always)]
    fn lay_out(&mut self, head: usize, width: usize) {
        let blocks = self.mask.len() / LANES;
        let of = |row: &[i16]| -> [i16; HEAD] {
            let mut numbers = [0; HEAD];
            if let Some(own) = row.get(head * HEAD..(head + 1) * HEAD) {
                numbers.copy_from_slice(own);
            }
            numbers
        };
        for (block, keys) in self.keys.values.chunks(LANES * width).enumerate() {
            // A row that is missing at the end of the last block is none of the keys.
            let mut rows = [[0; HEAD]; LANES];
            for (row, key) in rows.iter_mut().zip(keys.chunks_exact(width)) {
                *row = of(key);
            }
            for (step, pairs) in self.key_pairs[block..].iter_mut().step_by(blocks).enumerate() {
                for (pair, row) in pairs.0.as_chunks_mut::<2>().0.iter_mut().zip(&rows) {
                    *pair = [row[2 * step], row[2 * step + 1]];
                }
            }
        }
        let contents = self.contents.values.chunks(2 * width);
        for (rows, pairs) in contents.zip(self.content_pairs.as_chunks_mut::<{ HEAD / LANES }>().0) {
            let (first, second) = rows.split_at(width);
            // The last of an odd number of rows is alone.
            let (first, second) = (of(first), of(second));
            for (part, block) in pairs.iter_mut().enumerate() {
                for (lane, both) in block.0.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                    *both = [first[part * LANES + lane], second[part * LANES + lane]];
                }
            }
        }
    }

    /// What the rows `queries` see of all rows, before it is multiplied with the factors.
    #[inline(always)]
    fn mix<I: Integers>(&mut self, queries: std::ops::Range<usize>, head: usize, width: usize) {
        let (count, keys) = (queries.len(), self.mask.len());
        let products = &mut self.products[..count * keys];
        let shares = &mut self.shares[..count * keys];
        let left = Left { values: &self.queries.values[queries.start * width + head * HEAD..], stride: width };
        I::pairs(left, Right { pairs: &self.key_pairs, blocks: keys / LANES }, products);
        for (query, (products, shares)) in products.chunks_exact(keys).zip(shares.chunks_exact_mut(keys)).enumerate() {
            let scale = self.queries.scales[queries.start + query];
            self.factors[query] = rows::mixture(
                rows::Scored { products, scale, keys: &self.keys.scales, mask: &self.mask },
                &self.contents.scales,
                &mut self.room,
                VALUE_STEPS,
                shares,
            );
        }
        let left = Left { values: shares, stride: keys };
        I::pairs(left, Right { pairs: &self.content_pairs, blocks: HEAD / LANES }, &mut self.sums[..count * HEAD]);
    }
}

impl Fine {
    /// Quantises a row into the places `own`.
    #[inline(always)]
    fn push(&mut self, row: &[f32], steps: f32, own: std::ops::Range<usize>) {
        self.scales.push(rows::quantise_finely(row, steps, &mut self.values[own]));
    }
}
