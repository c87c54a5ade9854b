//! The encoder: pieces in, states and scores out.
//!
//! A transformer as BERT's, the norms after the sums. Rows are quantised one by one, so what a row becomes depends on
//! its window alone.  A profile may name layers at which rows leave.  After one only the first piece of each word goes on:
//! what its other pieces say has reached it by then, and a fifth to a third of the work is saved.  After some, words exit
//! (Li et al. 2021, Accelerating BERT Inference for Sequence Labeling via Early-Exit): first those of no use to others
//! either, in the end all that are surely no part of a name.  They keep their states, at which the words that stay go on
//! looking for as many layers as the profile says.

use super::decode::Scores;
use super::files::Depths;
use super::kernels::rows::{self, LANES};
use super::kernels::{self, Integers, Left, Matrix, Pairs, Right, Rows, Work};
use super::states::States;
use super::weights::{HEAD, Head, Layer, Norm, Table, WIDTH, Weights};
use super::windows::Window;

const EPSILON: f32 = 1e-12;

/// The scores of a word that has exited: no name, as surely as the network was taught.
const EXITED: Scores = [10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

/// Steps of queries and keys on either side of nothing: as many as 32 products of two numbers leave room for in 32 bits,
/// and a margin.
const KEY_STEPS: f32 = 4095.0;

/// Rows that go through the two wide products of a layer together: what passes between them stays in the cache.
const TOGETHER: usize = 96;
/// Queries that are answered together.
const QUERIES: usize = 12;

/// The memory of a pass, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// `[rows, WIDTH]`.
    states: Vec<f32>,
    rows: Quantised,
    /// What comes out of a product.
    wide: Vec<f32>,
    /// What attention says: `[rows, heads * HEAD]`.
    mixed: Vec<f32>,
    attention: Attention,
    /// The rows in the order in which they lie once words have exited.
    order: Vec<Placed>,
    /// Where each row of the window lies then.
    places: Vec<usize>,
    sorted: Vec<f32>,
}

/// A row where words exit. Rows are ordered by whether they exit, and then as they stand in the window.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    exits: bool,
    /// The row of the window.
    row: usize,
    /// Where it lay before.
    from: usize,
}

/// Which rows go on from a layer; the others are looked at and nothing else.
#[derive(Debug, Clone, Copy)]
enum Going<'a> {
    All,
    /// The marks and the first piece of each word, and none other from then on.
    Pooled(&'a Window),
    /// So many, the first ones.
    First(usize),
    /// Likewise, and the others are not looked at either.
    Alone(usize),
}

/// Rows in eight bits.
#[derive(Debug, Default)]
struct Quantised {
    values: Vec<u8>,
    scales: Vec<f32>,
    /// How many products were ever added up.
    multiplications: usize,
}

/// The memory of attention.
#[derive(Debug, Default)]
struct Attention {
    /// Queries of all heads in whole numbers, `[rows, heads * HEAD]`, and the scale of each row.
    queries: Vec<i16>,
    scales: Vec<f32>,
    /// What is known of the rows that are looked at.
    seen: rows::Seen,
    /// Their keys and values, head by head, laid out for the products.
    keys: Vec<Pairs>,
    values: Vec<Pairs>,
    /// A key and two values on their way there.
    key: Vec<i16>,
    two: [Vec<i16>; 2],
    products: Vec<i32>,
    room: Vec<f32>,
    shares: Vec<i16>,
    factors: Vec<f32>,
    sums: Vec<i32>,
}

/// A pass over a window.
pub(super) struct Pass<'a> {
    pub(super) table: &'a Table,
    pub(super) weights: &'a Weights,
    pub(super) depths: &'a Depths,
    pub(super) window: &'a Window,
    pub(super) scratch: &'a mut Scratch,
    /// Where the scores of each word's tags go.
    pub(super) scores: &'a mut Vec<Scores>,
    /// Where the words' states go.
    pub(super) states: &'a mut States,
}

impl Work for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn run<I: Integers>(self) {
        let Self { table, weights, depths, window, scratch, scores, states } = self;
        scratch.embed::<I>(table, weights, &window.pieces);
        let mut staying = None;
        for (index, layer) in weights.layers.iter().enumerate() {
            for (after, exit) in depths.exits_after.iter().zip(&weights.exits) {
                if *after == index {
                    staying = Some(scratch.part::<I>(exit, staying, window.words.len()));
                }
            }
            let going = match staying {
                Some(count) if index < depths.unseen_after => Going::First(count),
                Some(count) => Going::Alone(count),
                None if index + 1 == depths.pooled_after => Going::Pooled(window),
                None => Going::All,
            };
            scratch.layer::<I>(layer, going);
        }
        let pooled = (1..=weights.layers.len()).contains(&depths.pooled_after);
        for (word, pieces) in window.words.iter().enumerate() {
            let rows = match staying {
                // Before the first word there is the opening mark.
                Some(_) => scratch.places[word + 1]..scratch.places[word + 1] + 1,
                None if pooled => word + 1..word + 2,
                None => pieces.clone(),
            };
            let (own, _) = scratch.states[rows.start * WIDTH..rows.end * WIDTH].as_chunks::<WIDTH>();
            let mut tags = EXITED;
            if let Some(first) = own.first().filter(|_| staying.is_none_or(|count| rows.start < count)) {
                for ((score, weight), bias) in
                    tags.iter_mut().zip(weights.tags.weight.chunks_exact(WIDTH)).zip(&weights.tags.bias)
                {
                    *score = rows::dot::<I::Lanes>(first, weight) + bias;
                }
            }
            scores.push(tags);
            states.push::<I::Lanes>(own);
        }
    }
}

impl Scratch {
    /// Fills the states with the vectors of `pieces` at their positions.
    #[inline(always)]
    fn embed<I: Integers>(&mut self, table: &Table, weights: &Weights, pieces: &[i32]) {
        self.states.clear();
        self.states.resize(pieces.len() * WIDTH, 0.0);
        let positions = weights.positions.chunks_exact(WIDTH);
        for ((state, piece), position) in self.states.chunks_exact_mut(WIDTH).zip(pieces).zip(positions) {
            let (vector, scale) = table.vector(piece.cast_unsigned() as usize);
            for (state, value) in state.iter_mut().zip(vector) {
                *state = f32::from(*value) * scale;
            }
            rows::add_and_normalise::<I::Lanes>(state, position, &weights.norm.weight, &weights.norm.bias, EPSILON);
        }
    }

    /// Keeps the rows of the marks and of each word's first piece.
    #[inline(always)]
    fn pool(&mut self, window: &Window) {
        let Self { states, rows, .. } = self;
        let last = window.pieces.len() - 1;
        let kept = window.words.iter().map(|pieces| pieces.start).chain([last]);
        for (row, from) in kept.enumerate() {
            let numbers = from * WIDTH..(from + 1) * WIDTH;
            states.copy_within(numbers.clone(), (row + 1) * WIDTH);
            rows.values.copy_within(numbers, (row + 1) * WIDTH);
            rows.scales[row + 1] = rows.scales[from];
        }
        let count = window.words.len() + 2;
        states.truncate(count * WIDTH);
        rows.truncate(count);
    }

    /// Puts the rows of the marks and of the words that stay first, in their order, and those of the `words` that exit
    /// after them, before those that have exited already: they lie behind the rows that were `staying`. Returns how many
    /// stay.
    #[inline(always)]
    fn part<I: Integers>(&mut self, exit: &Head, staying: Option<usize>, words: usize) -> usize {
        let Self { states, order, places, sorted, .. } = self;
        let (rows, _) = states.as_chunks_mut::<WIDTH>();
        // No closures: they would not be compiled for the set of instructions.
        if staying.is_none() {
            order.clear();
            for row in 0..rows.len() {
                order.push(Placed { exits: false, row, from: row });
            }
            places.resize(rows.len(), 0);
        }
        let count = staying.unwrap_or(rows.len());
        for (from, placed) in order[..count].iter_mut().enumerate() {
            let is_word = (1..=words).contains(&placed.row);
            placed.exits = is_word && rows::dot::<I::Lanes>(&rows[from], &exit.weight) + exit.bias[0] <= 0.0;
            placed.from = from;
        }
        order[..count].sort_unstable();
        sorted.clear();
        for (place, placed) in order[..count].iter().enumerate() {
            places[placed.row] = place;
            sorted.extend_from_slice(&rows[placed.from]);
        }
        rows[..count].as_flattened_mut().copy_from_slice(sorted);
        order[..count].partition_point(|placed| !placed.exits)
    }

    /// How many products were added up so far, those of attention left out.
    pub(super) fn multiplications(&self) -> usize {
        self.rows.multiplications
    }

    /// A layer.
    #[inline(always)]
    fn layer<I: Integers>(&mut self, layer: &Layer, going: Going<'_>) {
        let looked_at = if let Going::Alone(count) = going { count * WIDTH } else { self.states.len() };
        self.rows.fill::<I>(&self.states[..looked_at], &layer.smoothing);
        let seen = self.rows.multiply::<I>(&layer.seen, &mut self.wide);
        self.attention.lay_out::<I>(seen, layer.heads);
        let count = match going {
            Going::All | Going::Alone(_) => self.rows.scales.len(),
            Going::Pooled(window) => {
                self.pool(window);
                self.rows.scales.len()
            }
            Going::First(count) => {
                self.rows.truncate(count);
                count
            }
        };
        let Self { states, rows, wide, mixed, attention, .. } = self;
        let states = &mut states[..count * WIDTH];
        let queries = rows.multiply::<I>(&layer.queries, wide);
        let mixed = attention.answer::<I>(queries, layer.heads, mixed);
        rows.fill::<I>(mixed, &layer.attended.smoothing);
        let added = rows.multiply::<I>(&layer.attended.matrix, wide);
        add::<I>(states, added, &layer.attended_norm);
        for states in states.chunks_mut(TOGETHER * WIDTH) {
            rows.fill::<I>(states, &layer.inner.smoothing);
            let wider = rows.multiply::<I>(&layer.inner.matrix, wide);
            rows.fill_with_gelu::<I>(wider, &layer.outer.smoothing);
            let added = rows.multiply::<I>(&layer.outer.matrix, wide);
            add::<I>(states, added, &layer.outer_norm);
        }
    }
}

impl Quantised {
    /// Keeps the first `count` rows, each [`WIDTH`] wide.
    fn truncate(&mut self, count: usize) {
        self.values.truncate(count * WIDTH);
        self.scales.truncate(count);
    }

    /// Takes `states` in.
    #[inline(always)]
    fn fill<I: Integers>(&mut self, states: &[f32], smoothing: &[f32]) {
        self.values.resize(states.len(), 0);
        self.scales.clear();
        let inputs = smoothing.len();
        for (state, values) in states.chunks_exact(inputs).zip(self.values.chunks_exact_mut(inputs)) {
            self.scales.push(rows::quantise::<I::Lanes>(state, smoothing, values));
        }
    }

    /// Takes in GELU of `states`, and leaves other numbers there.
    #[inline(always)]
    fn fill_with_gelu<I: Integers>(&mut self, states: &mut [f32], smoothing: &[f32]) {
        self.values.resize(states.len(), 0);
        self.scales.clear();
        let inputs = smoothing.len();
        for (state, values) in states.chunks_exact_mut(inputs).zip(self.values.chunks_exact_mut(inputs)) {
            self.scales.push(rows::quantise_gelu::<I::Lanes>(state, smoothing, values));
        }
    }

    /// Their product with `matrix`, in `out`.
    #[inline(always)]
    fn multiply<'a, I: Integers>(&mut self, matrix: &Matrix, out: &'a mut Vec<f32>) -> &'a mut [f32] {
        self.multiplications += self.scales.len() * matrix.len();
        let out = room(out, self.scales.len() * matrix.outputs());
        I::product(Rows { values: &self.values, scales: &self.scales }, matrix, out);
        out
    }
}

/// The first `count` numbers of `memory`, which grows if it must and never shrinks; they are what was left there.
#[inline(always)]
fn room(memory: &mut Vec<f32>, count: usize) -> &mut [f32] {
    if memory.len() < count {
        memory.resize(count, 0.0);
    }
    &mut memory[..count]
}

/// Adds `added` to `states` and norms the sums.
#[inline(always)]
fn add<I: Integers>(states: &mut [f32], added: &[f32], norm: &Norm) {
    for (state, added) in states.chunks_exact_mut(WIDTH).zip(added.chunks_exact(WIDTH)) {
        rows::add_and_normalise::<I::Lanes>(state, added, &norm.weight, &norm.bias, EPSILON);
    }
}

impl Attention {
    /// Lets the rows with these `queries` `[rows, heads * HEAD]` look at the rows that are laid out; what each sees is in
    /// `mixed`.
    #[inline(always)]
    fn answer<'a, I: Integers>(&mut self, queries: &[f32], heads: usize, mixed: &'a mut Vec<f32>) -> &'a [f32] {
        let width = heads * HEAD;
        let count = queries.len() / width;
        self.quantise::<I>(queries, width);
        let keys = self.seen.len();
        self.products.resize(QUERIES * keys, 0);
        self.room.resize(keys, 0.0);
        self.shares.resize(QUERIES * keys, 0);
        self.factors.resize(QUERIES, 0.0);
        self.sums.resize(QUERIES * HEAD, 0);
        let mixed = room(mixed, queries.len());
        for head in 0..heads {
            for first in (0..count).step_by(QUERIES) {
                // The last queries begin early, to come in fours: some are answered twice, to the same end.
                let end = count.min(first + QUERIES);
                let rows = end.saturating_sub((end - first).next_multiple_of(4))..end;
                self.mix::<I>(rows.clone(), head, width);
                for (query, row) in rows.enumerate() {
                    let out = &mut mixed[row * width + head * HEAD..][..HEAD];
                    let factor = self.factors[query];
                    for (out, sum) in out.iter_mut().zip(&self.sums[query * HEAD..]) {
                        *out = *sum as f32 * factor;
                    }
                }
            }
        }
        mixed
    }

    /// Quantises the queries.
    #[inline(always)]
    fn quantise<I: Integers>(&mut self, queries: &[f32], width: usize) {
        self.queries.resize(queries.len(), 0);
        self.scales.clear();
        for (row, out) in queries.chunks_exact(width).zip(self.queries.chunks_exact_mut(width)) {
            self.scales.push(rows::quantise_finely::<I::Lanes>(row, KEY_STEPS, out));
        }
    }

    /// Quantises the keys and values of all rows, `seen` `[rows, 2 * heads * HEAD]`, and lays them out: keys in blocks of lanes, values two rows by two.
    ///
    /// Where the last block is not full, whatever stands there will do: it gets no share.
    #[inline(always)]
    fn lay_out<I: Integers>(&mut self, seen: &[f32], heads: usize) {
        let width = heads * HEAD;
        let keys = (seen.len() / (2 * width)).next_multiple_of(LANES);
        let (blocks, twos) = (keys / LANES, keys / 2);
        self.keys.resize(width / 2 * blocks, Pairs::NONE);
        self.values.resize(width / LANES * twos, Pairs::NONE);
        self.key.resize(width, 0);
        for value in &mut self.two {
            value.resize(width, 0);
        }
        self.seen.clear();
        for (pair, rows) in seen.chunks(4 * width).enumerate() {
            for ((own, row), at) in self.two.iter_mut().zip(rows.chunks_exact(2 * width)).zip(2 * pair..) {
                let (key, value) = row.split_at(width);
                let scale = rows::quantise_finely::<I::Lanes>(key, KEY_STEPS, &mut self.key);
                let (block, lane) = (at / LANES, at % LANES);
                for ([first, second], pairs) in
                    self.key.as_chunks::<2>().0.iter().zip(self.keys[block..].iter_mut().step_by(blocks))
                {
                    pairs.0[lane] = kernels::pair(*first, *second);
                }
                self.seen.push(scale, rows::quantise_by_twos::<I::Lanes>(value, own));
            }
            let [firsts, nexts] = &self.two;
            let (firsts, nexts) = (firsts.as_chunks::<LANES>().0, nexts.as_chunks::<LANES>().0);
            for (part, (first, next)) in firsts.iter().zip(nexts).enumerate() {
                let (head, part) = (part / (HEAD / LANES), part % (HEAD / LANES));
                let block = &mut self.values[(head * twos + pair) * (HEAD / LANES) + part];
                for ((both, first), next) in block.0.iter_mut().zip(first).zip(next) {
                    *both = kernels::pair(*first, *next);
                }
            }
        }
        self.seen.fill(keys);
    }

    /// What the rows `queries` see of all rows, before it is multiplied with the factors.
    #[inline(always)]
    fn mix<I: Integers>(&mut self, queries: std::ops::Range<usize>, head: usize, width: usize) {
        let (count, keys) = (queries.len(), self.room.len());
        let products = &mut self.products[..count * keys];
        let shares = &mut self.shares[..count * keys];
        let left = Left { values: &self.queries[queries.start * width + head * HEAD..], stride: width };
        let size = HEAD / 2 * keys / LANES;
        let right = Right { pairs: &self.keys[head * size..(head + 1) * size], blocks: keys / LANES };
        I::pairs(left, right, products);
        for (query, (products, shares)) in products.chunks_exact(keys).zip(shares.chunks_exact_mut(keys)).enumerate() {
            let scale = self.scales[queries.start + query];
            self.factors[query] = rows::mixture::<I::Lanes>(products, scale, &self.seen, &mut self.room, shares);
        }
        let size = keys / 2 * (HEAD / LANES);
        let right = Right { pairs: &self.values[head * size..(head + 1) * size], blocks: HEAD / LANES };
        I::pairs(Left { values: shares, stride: keys }, right, &mut self.sums[..count * HEAD]);
    }
}
