//! AVX2: products of eight bits are added in pairs of sixteen, then of 32; weights of seven bits keep the pairs in
//! range.

use std::arch::x86_64::*;

use super::{BLOCK, Integers, Left, Matrix, PANEL, Right, Rows, Work, check_pairs, check_product};

/// Vectors of eight sums in a block.
const VECTORS: usize = 2;
/// Rows that share each load of weights.
const TALL: usize = 4;

/// Compiles `work` for these instructions.
#[target_feature(enable = "avx2")]
pub(super) fn run<W: Work>(work: W) -> W::Output {
    work.run::<Avx2>()
}

/// Named in [`run`] alone, whose caller has the instructions.
struct Avx2;

impl Integers for Avx2 {
    fn product(rows: Rows<'_>, matrix: &Matrix, out: &mut [f32]) {
        // SAFETY: `run`, where this type is named, needs the same instructions.
        unsafe { product(rows, matrix, out) }
    }

    fn pairs(left: Left<'_>, right: Right<'_>, out: &mut [i32]) {
        // SAFETY: as above.
        unsafe { pairs(left, right, out) }
    }
}

#[target_feature(enable = "avx2")]
fn product(rows: Rows<'_>, matrix: &Matrix, out: &mut [f32]) {
    let count = check_product(rows, matrix, out);
    for block in 0..matrix.outputs / BLOCK {
        let mut at = 0;
        while at < count {
            // SAFETY: the rows and the block exist, as `check_product` has made sure.
            unsafe {
                if count - at >= TALL {
                    tile::<TALL>(rows, matrix, block, at, out);
                    at += TALL;
                } else {
                    tile::<1>(rows, matrix, block, at, out);
                    at += 1;
                }
            }
        }
    }
}

/// `R` rows from `first` on by one block of outputs.
///
/// # Safety
///
/// The rows are in `rows` and `out`, the block in `matrix`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn tile<const R: usize>(rows: Rows<'_>, matrix: &Matrix, block: usize, first: usize, out: &mut [f32]) {
    const STRIDE: usize = PANEL / BLOCK;
    let steps = matrix.inputs / 4;
    let weights = matrix.panel(block / STRIDE)[block % STRIDE..].as_ptr();
    // SAFETY: every pointer below stays inside the slice it is made from: rows of `inputs` numbers, a panel of
    // `steps * STRIDE` blocks, `outputs` columns of which this block's are the 16 from `block * 16` on.
    unsafe {
        let values = rows.values.as_ptr().add(first * matrix.inputs);
        let ones = _mm256_set1_epi16(1);
        let mut sums = [[_mm256_setzero_si256(); VECTORS]; R];
        for vector in 0..VECTORS {
            let start = _mm256_loadu_si256(matrix.start.as_ptr().add(block * BLOCK + vector * 8).cast());
            for sums in &mut sums {
                sums[vector] = start;
            }
        }
        for step in 0..steps {
            let own = weights.add(step * STRIDE).cast::<__m256i>();
            let halves = [_mm256_load_si256(own), _mm256_load_si256(own.add(1))];
            for row in 0..R {
                let four = values.add(row * matrix.inputs + 4 * step).cast::<i32>().read_unaligned();
                let four = _mm256_set1_epi32(four);
                for vector in 0..VECTORS {
                    let twos = _mm256_maddubs_epi16(four, halves[vector]);
                    sums[row][vector] = _mm256_add_epi32(sums[row][vector], _mm256_madd_epi16(twos, ones));
                }
            }
        }
        for vector in 0..VECTORS {
            let column = block * BLOCK + vector * 8;
            let scale = _mm256_loadu_ps(matrix.scale.as_ptr().add(column));
            let bias = _mm256_loadu_ps(matrix.bias.as_ptr().add(column));
            for row in 0..R {
                let factor = _mm256_mul_ps(_mm256_set1_ps(rows.scales[first + row]), scale);
                let scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[row][vector]), factor);
                let out = out.as_mut_ptr().add((first + row) * matrix.outputs + column);
                _mm256_storeu_ps(out, _mm256_add_ps(scaled, bias));
            }
        }
    }
}

#[target_feature(enable = "avx2")]
fn pairs(left: Left<'_>, right: Right<'_>, out: &mut [i32]) {
    let count = check_pairs(left, right, out);
    for block in 0..right.blocks {
        let mut at = 0;
        while at < count {
            // SAFETY: the rows and the block exist, as `check_pairs` has made sure.
            unsafe {
                if count - at >= TALL {
                    pair_tile::<TALL>(left, right, at, block, out);
                    at += TALL;
                } else {
                    pair_tile::<1>(left, right, at, block, out);
                    at += 1;
                }
            }
        }
    }
}

/// `R` rows from `first` on by one block.
///
/// # Safety
///
/// They are in `left`, `right` and `out`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn pair_tile<const R: usize>(left: Left<'_>, right: Right<'_>, first: usize, block: usize, out: &mut [i32]) {
    // SAFETY: a row of `left` begins every `stride` numbers and has `2 * steps`, `right` `blocks` blocks a step, `out` sixteen numbers a block.
    unsafe {
        let (left, stride) = (left.values.as_ptr().add(first * left.stride), left.stride);
        let (right, blocks, steps) = (right.pairs.as_ptr().add(block), right.blocks, right.steps());
        let mut sums = [[_mm256_setzero_si256(); VECTORS]; R];
        for step in 0..steps {
            let own = right.add(step * blocks).cast::<__m256i>();
            let halves = [_mm256_load_si256(own), _mm256_load_si256(own.add(1))];
            for row in 0..R {
                let pair = _mm256_set1_epi32(left.add(row * stride + 2 * step).cast::<i32>().read_unaligned());
                for vector in 0..VECTORS {
                    let both = _mm256_madd_epi16(pair, halves[vector]);
                    sums[row][vector] = _mm256_add_epi32(sums[row][vector], both);
                }
            }
        }
        for row in 0..R {
            for vector in 0..VECTORS {
                let out = out.as_mut_ptr().add(((first + row) * blocks + block) * BLOCK + vector * 8);
                _mm256_storeu_si256(out.cast(), sums[row][vector]);
            }
        }
    }
}
