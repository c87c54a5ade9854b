//! The arithmetic of the encoder: products of whole numbers, and what happens to rows between them.
//!
//! Two products carry almost all of the work.  [`Integers::product`] multiplies rows of eight bits with the weights of a
//! layer; [`Integers::pairs`] multiplies rows of sixteen bits, for attention.  Each is written over the vectors of a set of
//! instructions ([`tiles`]) and once portably; sums of whole numbers are exact, so all give the same result.
//! Everything between them ([`rows`]) is written once, over sixteen lanes that each set has ([`lanes`]), in one fixed order
//! and never fused, so that a record does not depend on the machine that made it.
//!
//! This is the only room with `unsafe`: loads and stores by pointer, and instructions which [`Set::available`] has found.

#![allow(unsafe_code, reason = "vector loads and stores; each block says why it is sound")]
#![allow(clippy::needless_range_loop, reason = "rows, lanes and steps count through several arrays at once")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(super) mod lanes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
pub(super) mod rows;
#[cfg(test)]
mod tests;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod tiles;

pub(super) use self::lanes::Lanes;

/// Columns of the widest tile of a product; outputs come in as many.
const WIDEST: usize = 64;
/// Columns of a block: what sixteen lanes of 32 bits hold.
const BLOCK: usize = 16;

/// 64 bytes that begin at a multiple of 64, so that a load never crosses a line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Aligned<T, const N: usize>(pub(super) [T; N]);

/// A block of weights: four inputs of sixteen outputs, output by output.
type Weights = Aligned<i8, 64>;
/// A block of pairs: two inputs of sixteen columns, column by column, as [`pair`] puts them together.
pub(super) type Pairs = Aligned<i32, 16>;

impl Pairs {
    /// Nothing.
    pub(super) const NONE: Self = Self([0; 16]);
}

/// Two numbers in one, the first in the lower half.
#[inline(always)]
pub(super) fn pair(first: i16, second: i16) -> i32 {
    i32::from(first.cast_unsigned()) | (i32::from(second) << 16)
}

/// The weights of a product, laid out once for all kernels.
///
/// Blocks of 16 outputs, in each of which come four inputs at a time: `[outputs / 16][inputs / 4][16][4]`.  A block lies in
/// one piece: cut into far parts it would fill a few sets of the cache and drive itself out.
#[derive(Debug)]
pub(super) struct Matrix {
    inputs: usize,
    outputs: usize,
    weights: Vec<Weights>,
    /// Whether two steps of sixteen outputs have room in sixteen bits, `[outputs / 16][inputs / 8]`.
    roomy: Vec<bool>,
    /// What a sum starts from: rows are held with 128 added, and this takes it off again.
    start: Vec<i32>,
    scale: Vec<f32>,
    bias: Vec<f32>,
}

impl Matrix {
    /// Lays out `weights` `[outputs, inputs]`, each within [`MOST_WEIGHT`], with the `scale` and `bias` of the outputs.
    ///
    /// Inputs must be a multiple of 4, outputs one of 64.
    pub(super) fn new(weights: &[i8], scale: Vec<f32>, bias: Vec<f32>) -> Self {
        let outputs = scale.len();
        let inputs = weights.len() / outputs.max(1);
        assert!(
            inputs.is_multiple_of(4) && outputs.is_multiple_of(WIDEST) && bias.len() == outputs,
            "a product of {inputs} inputs and {outputs} outputs"
        );
        let mut packed = vec![Aligned([0; 64]); inputs * outputs / 64];
        for output in 0..outputs {
            for input in 0..inputs {
                let place = output / BLOCK * inputs / 4 + input / 4;
                packed[place].0[output % BLOCK * 4 + input % 4] = weights[output * inputs + input];
            }
        }
        let start =
            weights.chunks_exact(inputs).map(|row| -128 * row.iter().map(|weight| i32::from(*weight)).sum::<i32>());
        let start = start.collect();
        let roomy = weights.chunks_exact(BLOCK * inputs).flat_map(|block| {
            (0..inputs / 8).map(move |two| block.chunks_exact(inputs).all(|row| has_room(&row[8 * two..][..8])))
        });
        Self { inputs, outputs, roomy: roomy.collect(), weights: packed, start, scale, bias }
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// How many weights there are.
    pub(super) fn len(&self) -> usize {
        self.inputs * self.outputs
    }

    /// Of every two steps of the block that `column` is in, whether they have room in sixteen bits.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn roomy(&self, column: usize) -> &[bool] {
        let size = self.inputs / 8;
        &self.roomy[column / BLOCK * size..][..size]
    }

    /// The weights of a block.
    fn block(&self, block: usize) -> &[Weights] {
        let size = self.inputs / 4;
        &self.weights[block * size..(block + 1) * size]
    }
}

/// The largest magnitude of a weight: two products of a weight and a row's number must fit sixteen bits, because
/// processors without VNNI add them there.
pub(super) const MOST_WEIGHT: i8 = 63;

/// Whether the products of two steps, eight `weights` of an output, can be added up in sixteen bits: the first two of
/// each step to one sum and the last two to another, whatever the numbers of a row.
fn has_room(weights: &[i8]) -> bool {
    let sum = |first: usize, sign: i32| -> i32 {
        [first, first + 1, first + 4, first + 5].iter().map(|at| (sign * i32::from(weights[*at])).max(0)).sum()
    };
    let most = i32::from(i16::MAX) / i32::from(u8::MAX);
    [0, 2].into_iter().all(|first| sum(first, 1) <= most && sum(first, -1) <= most)
}

/// Rows of eight bits: each number is `(value - 128) * scale`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    /// `[rows, inputs]`, 1 to 255.
    pub(super) values: &'a [u8],
    /// `[rows]`.
    pub(super) scales: &'a [f32],
}

/// Rows of sixteen bits: the first `2 * steps` of every `stride` numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left<'a> {
    pub(super) values: &'a [i16],
    pub(super) stride: usize,
}

/// What they are multiplied with: `[steps, blocks]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Right<'a> {
    pub(super) pairs: &'a [Pairs],
    pub(super) blocks: usize,
}

impl Right<'_> {
    fn steps(self) -> usize {
        self.pairs.len() / self.blocks.max(1)
    }
}

/// The products of whole numbers on one set of instructions.
pub(super) trait Integers {
    /// What goes on between them.
    type Lanes: Lanes;

    /// `rows · weightsᵀ * scales + bias` into `out` `[rows, outputs]`.
    fn product(rows: Rows<'_>, matrix: &Matrix, out: &mut [f32]);

    /// `left · right` into `out` `[rows, 16 * blocks]`; sums must fit 32 bits.
    fn pairs(left: Left<'_>, right: Right<'_>, out: &mut [i32]);

    /// Multiplies rows of eight bits with weights that lie in registers; returns how many products were added up.
    fn multiply(rounds: usize) -> usize;
}

/// A set of instructions that this processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Set {
    /// The sets that this processor has, the fastest first; the last one is portable.
    pub fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") && has!("avx512vnni") {
                found.push(Self(Kind::Avx512));
            }
            if has!("avx2") {
                found.push(Self(Kind::Avx2));
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            found.push(Self(Kind::Neon));
        }
        found.push(Self::portable());
        found
    }

    /// The fastest.
    pub fn best() -> Self {
        Self::available().first().copied().unwrap_or(Self::portable())
    }

    /// The one that every processor has.
    pub fn portable() -> Self {
        Self(Kind::Portable)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "AVX-512 VNNI",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => "NEON",
        }
    }

    /// Multiplies numbers of eight bits as fast as this set can, without memory or anything else between, `rounds` times
    /// some; returns how many products were added up.  What the encoder could do at most, for benches.
    pub fn multiply(self, rounds: usize) -> usize {
        self.run(Multiply(rounds))
    }

    /// Does `work` with this set, compiled for its instructions.
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            Kind::Portable => work.run::<portable::Portable>(),
            // SAFETY (all three): a set is made by `available` alone, which has found its instructions.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::run(work) },
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512::run(work) },
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => unsafe { neon::run(work) },
        }
    }
}

/// Something that is computed with one set of instructions.
pub(super) trait Work {
    /// What it gives.
    type Output;
    /// Does it; to be compiled for the set, this and all that it calls must be inlined.
    fn run<I: Integers>(self) -> Self::Output;
}

/// [`Set::multiply`].
struct Multiply(usize);

impl Work for Multiply {
    type Output = usize;

    #[inline(always)]
    fn run<I: Integers>(self) -> usize {
        I::multiply(self.0)
    }
}

/// Checks what the kernels rely on when they read and write by pointer; returns how many rows there are.
fn check_product(rows: Rows<'_>, matrix: &Matrix, out: &[f32]) -> usize {
    let count = rows.scales.len();
    assert!(
        rows.values.len() == count * matrix.inputs && out.len() == count * matrix.outputs,
        "{} numbers for {count} rows of {}, {} for {}",
        rows.values.len(),
        matrix.inputs,
        out.len(),
        matrix.outputs
    );
    count
}

/// Likewise for pairs.
fn check_pairs(left: Left<'_>, right: Right<'_>, out: &[i32]) -> usize {
    let (blocks, steps) = (right.blocks, right.steps());
    let count = out.len() / (BLOCK * blocks).max(1);
    let needed = count.checked_sub(1).map_or(0, |before| before * left.stride + 2 * steps);
    assert!(
        left.values.len() >= needed
            && 2 * steps <= left.stride
            && right.pairs.len() == blocks * steps
            && out.len() == count * BLOCK * blocks,
        "{} numbers in rows of {} times {} blocks into {}, {count} rows, {steps} steps and {blocks} blocks",
        left.values.len(),
        left.stride,
        right.pairs.len(),
        out.len()
    );
    count
}
