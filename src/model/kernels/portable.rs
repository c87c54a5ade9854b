//! The products in plain Rust: what the others are tested against.

use super::lanes::LANES;
use super::{BLOCK, Integers, Left, Matrix, Right, Rows, check_pairs, check_product};

/// No instructions beyond those that the program is compiled for.
pub(super) struct Portable;

impl Integers for Portable {
    type Lanes = [f32; LANES];

    fn product(rows: Rows<'_>, matrix: &Matrix, out: &mut [f32]) {
        check_product(rows, matrix, out);
        for block in 0..matrix.outputs / BLOCK {
            let columns = block * BLOCK..(block + 1) * BLOCK;
            let (start, scale, bias) =
                (&matrix.start[columns.clone()], &matrix.scale[columns.clone()], &matrix.bias[columns.clone()]);
            let rows = rows.values.chunks_exact(matrix.inputs).zip(rows.scales);
            for ((values, row_scale), out) in rows.zip(out.chunks_exact_mut(matrix.outputs)) {
                let mut sums = [0; BLOCK];
                sums.copy_from_slice(start);
                for (four, weights) in values.as_chunks::<4>().0.iter().zip(matrix.block(block)) {
                    let four = four.map(i32::from);
                    for (sum, weights) in sums.iter_mut().zip(weights.0.as_chunks::<4>().0) {
                        *sum += (0..4).map(|input| four[input] * i32::from(weights[input])).sum::<i32>();
                    }
                }
                for (column, out) in out[columns.clone()].iter_mut().enumerate() {
                    *out = sums[column] as f32 * (row_scale * scale[column]) + bias[column];
                }
            }
        }
    }

    fn pairs(left: Left<'_>, right: Right<'_>, out: &mut [i32]) {
        check_pairs(left, right, out);
        let (blocks, steps) = (right.blocks.max(1), right.steps());
        out.fill(0);
        for (row, out) in left.values.chunks(left.stride.max(1)).zip(out.chunks_exact_mut(BLOCK * blocks)) {
            for (pair, right) in row.as_chunks::<2>().0[..steps].iter().zip(right.pairs.chunks_exact(blocks)) {
                let pair = pair.map(i32::from);
                for (sums, block) in out.as_chunks_mut::<BLOCK>().0.iter_mut().zip(right) {
                    for (sum, both) in sums.iter_mut().zip(block.0) {
                        *sum += pair[0] * i32::from(both as i16) + pair[1] * (both >> 16);
                    }
                }
            }
        }
    }

    /// There is no instruction whose limit could be told.
    fn multiply(_: usize) -> usize {
        0
    }
}
