//! AVX-512 with VNNI: four products of eight bits, or two of sixteen, are added to each of sixteen sums at once.

use std::arch::x86_64::*;

use super::{BLOCK, Integers, Left, Matrix, PANEL, Right, Rows, Work, check_pairs, check_product};

const VECTORS: usize = PANEL / BLOCK;
/// Rows that share each load of weights: with four sums of sixteen for each, 24 of the 32 registers.
const TALL: usize = 6;

/// Compiles `work` for these instructions.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn run<W: Work>(work: W) -> W::Output {
    work.run::<Avx512>()
}

/// Named in [`run`] alone, whose caller has the instructions.
struct Avx512;

impl Integers for Avx512 {
    fn product(rows: Rows<'_>, matrix: &Matrix, out: &mut [f32]) {
        // SAFETY: `run`, where this type is named, needs the same instructions.
        unsafe { product(rows, matrix, out) }
    }

    fn pairs(left: Left<'_>, right: Right<'_>, out: &mut [i32]) {
        // SAFETY: as above.
        unsafe { pairs(left, right, out) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn product(rows: Rows<'_>, matrix: &Matrix, out: &mut [f32]) {
    let count = check_product(rows, matrix, out);
    for panel in 0..matrix.outputs / PANEL {
        let mut at = 0;
        while at < count {
            let left = count - at;
            // SAFETY: rows `at` to `at + left` and the panel exist, as `check_product` has made sure.
            unsafe {
                match left {
                    1 => tile::<1>(rows, matrix, panel, at, out),
                    2 => tile::<2>(rows, matrix, panel, at, out),
                    3 => tile::<3>(rows, matrix, panel, at, out),
                    4 => tile::<4>(rows, matrix, panel, at, out),
                    5 => tile::<5>(rows, matrix, panel, at, out),
                    _ => tile::<TALL>(rows, matrix, panel, at, out),
                }
            }
            at += TALL;
        }
    }
}

/// `R` rows from `first` on by one panel.
///
/// # Safety
///
/// The rows are in `rows` and `out`, the panel in `matrix`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn tile<const R: usize>(rows: Rows<'_>, matrix: &Matrix, panel: usize, first: usize, out: &mut [f32]) {
    let steps = matrix.inputs / 4;
    let weights = matrix.panel(panel).as_ptr();
    // SAFETY: every pointer below stays inside the slice it is made from: rows of `inputs` numbers, a panel of
    // `steps * VECTORS` blocks, `outputs` columns of which this panel's are the 64 from `panel * 64` on.
    unsafe {
        let start = matrix.start.as_ptr().add(panel * PANEL);
        let values = rows.values.as_ptr().add(first * matrix.inputs);
        let mut sums = [[_mm512_setzero_si512(); VECTORS]; R];
        for vector in 0..VECTORS {
            let start = _mm512_loadu_epi32(start.add(vector * BLOCK));
            for sums in &mut sums {
                sums[vector] = start;
            }
        }
        for step in 0..steps {
            let mut blocks = [_mm512_setzero_si512(); VECTORS];
            for (vector, block) in blocks.iter_mut().enumerate() {
                *block = _mm512_load_si512(weights.add(step * VECTORS + vector).cast());
            }
            for row in 0..R {
                let four = values.add(row * matrix.inputs + 4 * step).cast::<i32>().read_unaligned();
                let four = _mm512_set1_epi32(four);
                for vector in 0..VECTORS {
                    sums[row][vector] = _mm512_dpbusd_epi32(sums[row][vector], four, blocks[vector]);
                }
            }
        }
        for vector in 0..VECTORS {
            let column = panel * PANEL + vector * BLOCK;
            let scale = _mm512_loadu_ps(matrix.scale.as_ptr().add(column));
            let bias = _mm512_loadu_ps(matrix.bias.as_ptr().add(column));
            for row in 0..R {
                let factor = _mm512_mul_ps(_mm512_set1_ps(rows.scales[first + row]), scale);
                let scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[row][vector]), factor);
                let out = out.as_mut_ptr().add((first + row) * matrix.outputs + column);
                _mm512_storeu_ps(out, _mm512_add_ps(scaled, bias));
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn pairs(left: Left<'_>, right: Right<'_>, out: &mut [i32]) {
    let count = check_pairs(left, right, out);
    let mut at = 0;
    while at < count {
        let rows = (count - at).min(TALL);
        let mut block = 0;
        while block < right.blocks {
            let wide = right.blocks - block >= VECTORS;
            // SAFETY: the rows and blocks exist, as `check_pairs` has made sure.
            unsafe {
                match (rows, wide) {
                    (TALL, true) => pair_tile::<TALL, VECTORS>(left, right, at, block, out),
                    (TALL, false) => pair_tile::<TALL, 1>(left, right, at, block, out),
                    (_, true) => {
                        for row in at..at + rows {
                            pair_tile::<1, VECTORS>(left, right, row, block, out);
                        }
                    }
                    (_, false) => {
                        for row in at..at + rows {
                            pair_tile::<1, 1>(left, right, row, block, out);
                        }
                    }
                }
            }
            block += if wide { VECTORS } else { 1 };
        }
        at += rows;
    }
}

/// `R` rows from `first` on by `V` blocks from `block` on.
///
/// # Safety
///
/// They are in `left`, `right` and `out`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn pair_tile<const R: usize, const V: usize>(
    left: Left<'_>,
    right: Right<'_>,
    first: usize,
    block: usize,
    out: &mut [i32],
) {
    // SAFETY: a row of `left` begins every `stride` numbers and has `2 * steps`, `right` `blocks` blocks a step, `out` sixteen numbers a block.
    unsafe {
        let (left, stride) = (left.values.as_ptr().add(first * left.stride), left.stride);
        let (right, blocks, steps) = (right.pairs.as_ptr().add(block), right.blocks, right.steps());
        let mut sums = [[_mm512_setzero_si512(); V]; R];
        for step in 0..steps {
            let mut own = [_mm512_setzero_si512(); V];
            for (vector, own) in own.iter_mut().enumerate() {
                *own = _mm512_load_si512(right.add(step * blocks + vector).cast());
            }
            for row in 0..R {
                let pair = _mm512_set1_epi32(left.add(row * stride + 2 * step).cast::<i32>().read_unaligned());
                for vector in 0..V {
                    sums[row][vector] = _mm512_dpwssd_epi32(sums[row][vector], pair, own[vector]);
                }
            }
        }
        for row in 0..R {
            for vector in 0..V {
                let out = out.as_mut_ptr().add(((first + row) * blocks + block + vector) * BLOCK);
                _mm512_storeu_epi32(out, sums[row][vector]);
            }
        }
    }
}
