//! NEON: products of eight bits are added in pairs of sixteen, then of 32.

use std::arch::aarch64::*;

use super::{BLOCK, Integers, Left, Matrix, PANEL, Right, Rows, Work, check_pairs, check_product};

/// Vectors of four sums in a block.
const VECTORS: usize = 4;
/// Rows that share each load of weights.
const TALL: usize = 4;

/// Compiles `work` for these instructions.
#[target_feature(enable = "neon")]
pub(super) fn run<W: Work>(work: W) -> W::Output {
    work.run::<Neon>()
}

/// Named in [`run`] alone, whose caller has the instructions.
struct Neon;

impl Integers for Neon {
    fn product(rows: Rows<'_>, matrix: &Matrix, out: &mut [f32]) {
        // SAFETY: `run`, where this type is named, needs the same instructions.
        unsafe { product(rows, matrix, out) }
    }

    fn pairs(left: Left<'_>, right: Right<'_>, out: &mut [i32]) {
        // SAFETY: as above.
        unsafe { pairs(left, right, out) }
    }
}

#[target_feature(enable = "neon")]
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
#[target_feature(enable = "neon")]
unsafe fn tile<const R: usize>(rows: Rows<'_>, matrix: &Matrix, block: usize, first: usize, out: &mut [f32]) {
    const STRIDE: usize = PANEL / BLOCK;
    let steps = matrix.inputs / 4;
    let weights = matrix.panel(block / STRIDE)[block % STRIDE..].as_ptr();
    // SAFETY: every pointer below stays inside the slice it is made from: rows of `inputs` numbers, a panel of
    // `steps * STRIDE` blocks, `outputs` columns of which this block's are the 16 from `block * 16` on.
    unsafe {
        let values = rows.values.as_ptr().add(first * matrix.inputs);
        let mut sums = [[vdupq_n_s32(0); VECTORS]; R];
        for step in 0..steps {
            let own = weights.add(step * STRIDE).cast::<i8>();
            let parts = [vld1q_s8(own), vld1q_s8(own.add(16)), vld1q_s8(own.add(32)), vld1q_s8(own.add(48))];
            for row in 0..R {
                let four = values.add(row * matrix.inputs + 4 * step).cast::<u32>().read_unaligned();
                // Both factors are signed here, so the 128 comes off at once instead of by `start`.
                let four = vreinterpretq_s8_u32(vdupq_n_u32(four ^ 0x8080_8080));
                for vector in 0..VECTORS {
                    let low = vmull_s8(vget_low_s8(four), vget_low_s8(parts[vector]));
                    let high = vmull_high_s8(four, parts[vector]);
                    sums[row][vector] = vpadalq_s16(sums[row][vector], vpaddq_s16(low, high));
                }
            }
        }
        for vector in 0..VECTORS {
            let column = block * BLOCK + vector * 4;
            let scale = vld1q_f32(matrix.scale.as_ptr().add(column));
            let bias = vld1q_f32(matrix.bias.as_ptr().add(column));
            for row in 0..R {
                let factor = vmulq_f32(vdupq_n_f32(rows.scales[first + row]), scale);
                let scaled = vmulq_f32(vcvtq_f32_s32(sums[row][vector]), factor);
                let out = out.as_mut_ptr().add((first + row) * matrix.outputs + column);
                vst1q_f32(out, vaddq_f32(scaled, bias));
            }
        }
    }
}

#[target_feature(enable = "neon")]
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
#[target_feature(enable = "neon")]
unsafe fn pair_tile<const R: usize>(left: Left<'_>, right: Right<'_>, first: usize, block: usize, out: &mut [i32]) {
    // SAFETY: a row of `left` begins every `stride` numbers and has `2 * steps`, `right` `blocks` blocks a step, `out` sixteen numbers a block.
    unsafe {
        let (left, stride) = (left.values.as_ptr().add(first * left.stride), left.stride);
        let (right, blocks, steps) = (right.pairs.as_ptr().add(block), right.blocks, right.steps());
        let mut sums = [[vdupq_n_s32(0); VECTORS]; R];
        for step in 0..steps {
            let own = right.add(step * blocks).cast::<i16>();
            let parts = [vld1q_s16(own), vld1q_s16(own.add(8)), vld1q_s16(own.add(16)), vld1q_s16(own.add(24))];
            for row in 0..R {
                let pair = left.add(row * stride + 2 * step).cast::<u32>().read_unaligned();
                let pair = vreinterpretq_s16_u32(vdupq_n_u32(pair));
                for vector in 0..VECTORS {
                    let low = vmull_s16(vget_low_s16(pair), vget_low_s16(parts[vector]));
                    let high = vmull_high_s16(pair, parts[vector]);
                    sums[row][vector] = vaddq_s32(sums[row][vector], vpaddq_s32(low, high));
                }
            }
        }
        for row in 0..R {
            for vector in 0..VECTORS {
                let out = out.as_mut_ptr().add(((first + row) * blocks + block) * BLOCK + vector * 4);
                vst1q_s32(out, sums[row][vector]);
            }
        }
    }
}
