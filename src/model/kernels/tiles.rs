//! The two products, written once over the vectors of a set of instructions.
//!
//! Sums of a tile, some rows by some vectors of columns, stay in registers through all steps; each load of weights serves
//! all rows of the tile.

use std::marker::PhantomData;

use super::{Aligned, BLOCK, Left, Matrix, Right, Rows, check_pairs, check_product};

/// Vectors of 32 bits, and the products that are added to them.
///
/// Every function is to be inlined into one that has the instructions, and may be called there alone.
pub(super) trait Vectors {
    /// Sums side by side.
    type Sums: Copy;
    /// What is multiplied: four numbers of eight bits, or two of sixteen, for each sum.
    type Factors: Copy;
    /// Sums in a vector.
    const WIDTH: usize;
    /// Whether products of eight bits are added in sixteen bits first, so that two steps take less than twice one.
    const HALVES: bool;

    /// Nothing yet.
    unsafe fn zero() -> Self::Sums;
    /// What sums of a product of rows start from: the numbers at `from`, or nothing where the 128 of rows is taken off by
    /// [`fours`](Self::fours).
    unsafe fn start(from: *const i32) -> Self::Sums;
    /// The factors at `from`, which lie in one line of the cache.
    unsafe fn load(from: *const i8) -> Self::Factors;
    /// The same four bytes for each sum.
    unsafe fn repeat(four: [u8; 4]) -> Self::Factors;
    /// Adds the products of four numbers of a row, 128 added to each, with four weights.
    unsafe fn fours(sums: Self::Sums, row: Self::Factors, weights: Self::Factors) -> Self::Sums;
    /// The same of two steps whose products have room in sixteen bits; for those with [`HALVES`](Self::HALVES).
    #[inline(always)]
    unsafe fn eights(sums: Self::Sums, rows: [Self::Factors; 2], weights: [Self::Factors; 2]) -> Self::Sums {
        // SAFETY: as for this function.
        unsafe { Self::fours(Self::fours(sums, rows[0], weights[0]), rows[1], weights[1]) }
    }
    /// Adds the products of two numbers of sixteen bits with two others.
    unsafe fn twos(sums: Self::Sums, left: Self::Factors, right: Self::Factors) -> Self::Sums;
    /// Writes the sums to `to`.
    unsafe fn store(sums: Self::Sums, to: *mut i32);
    /// Writes `sums * (row * scale) + bias` to `to`.
    unsafe fn finish(sums: Self::Sums, row: f32, scale: *const f32, bias: *const f32, to: *mut f32);
}

/// [`Integers::product`](super::Integers::product) in tiles of `R` rows by `N` vectors; what is left over, in tiles of two
/// rows.
///
/// # Safety
///
/// The caller has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn product<V: Vectors, const R: usize, const N: usize>(
    rows: Rows<'_>,
    matrix: &Matrix,
    out: &mut [f32],
) {
    let count = check_product(rows, matrix, out);
    for column in (0..matrix.outputs).step_by(N * V::WIDTH) {
        let mut at = 0;
        while at < count {
            // SAFETY: rows and columns of the tile exist, as `check_product` has made sure.
            unsafe {
                if count - at >= R {
                    product_tile::<V, R, N>(rows, matrix, at, column, out);
                    at += R;
                } else if count >= 2 {
                    // The last tile begins early rather than to be cut: a row is computed twice, to the same end.
                    product_tile::<V, 2, N>(rows, matrix, at.min(count - 2), column, out);
                    at += 2;
                } else {
                    product_tile::<V, 1, N>(rows, matrix, at, column, out);
                    at += 1;
                }
            }
        }
    }
}

/// `R` rows from `first` on by `N` vectors of columns from `column` on.
///
/// # Safety
///
/// They are in `rows`, `matrix` and `out`; the columns are in one block or fill some.
#[inline(always)]
unsafe fn product_tile<V: Vectors, const R: usize, const N: usize>(
    rows: Rows<'_>,
    matrix: &Matrix,
    first: usize,
    column: usize,
    out: &mut [f32],
) {
    // SAFETY: every pointer stays inside the slice that it is made from: rows have `inputs` numbers, a block four bytes
    // for each of its 16 columns at every step, and there are `outputs` columns.
    unsafe {
        let values = rows.values.as_ptr().add(first * matrix.inputs);
        let weights = matrix.block(column / BLOCK).as_ptr().cast::<i8>().add(4 * (column % BLOCK));
        let mut sums = [[V::zero(); N]; R];
        for vector in 0..N {
            let start = V::start(matrix.start.as_ptr().add(column + vector * V::WIDTH));
            for row in 0..R {
                sums[row][vector] = start;
            }
        }
        let tile = Tile::<V, R, N> { values, inputs: matrix.inputs, weights, vectors: PhantomData };
        let mut step = 0;
        if V::HALVES {
            const { assert!(!V::HALVES || N * V::WIDTH == BLOCK) };
            for roomy in matrix.roomy(column) {
                if *roomy {
                    tile.two_steps(step, &mut sums);
                } else {
                    tile.step(step, &mut sums);
                    tile.step(step + 1, &mut sums);
                }
                step += 2;
            }
        }
        for step in step..matrix.inputs / 4 {
            tile.step(step, &mut sums);
        }
        for vector in 0..N {
            let column = column + vector * V::WIDTH;
            let (scale, bias) = (matrix.scale.as_ptr().add(column), matrix.bias.as_ptr().add(column));
            for row in 0..R {
                let to = out.as_mut_ptr().add((first + row) * matrix.outputs + column);
                V::finish(sums[row][vector], rows.scales[first + row], scale, bias, to);
            }
        }
    }
}

/// Where the factors of a tile of `R` rows by `N` vectors lie.
struct Tile<V, const R: usize, const N: usize> {
    /// `[R, inputs]`.
    values: *const u8,
    inputs: usize,
    /// The weights of the first step; those of the next come a block's width later.
    weights: *const i8,
    vectors: PhantomData<V>,
}

impl<V: Vectors, const R: usize, const N: usize> Tile<V, R, N> {
    /// The weights of a step.
    ///
    /// # Safety
    ///
    /// There is such a step, and the caller has the instructions of `V`; so for all that follow.
    #[inline(always)]
    unsafe fn weights(&self, step: usize) -> [V::Factors; N] {
        // SAFETY: as said.
        unsafe {
            let weights = self.weights.add(4 * BLOCK * step);
            let mut own = [V::load(weights); N];
            for vector in 1..N {
                let (block, column) = (vector * V::WIDTH / BLOCK, vector * V::WIDTH % BLOCK);
                own[vector] = V::load(weights.add(block * BLOCK * self.inputs + 4 * column));
            }
            own
        }
    }

    /// What the weights of a step are multiplied with in a row.
    #[inline(always)]
    unsafe fn four(&self, row: usize, step: usize) -> V::Factors {
        // SAFETY: as said.
        unsafe { V::repeat(self.values.add(row * self.inputs + 4 * step).cast::<[u8; 4]>().read()) }
    }

    /// Adds the products of a step.
    #[inline(always)]
    unsafe fn step(&self, step: usize, sums: &mut [[V::Sums; N]; R]) {
        // SAFETY: as said.
        unsafe {
            let weights = self.weights(step);
            for row in 0..R {
                let four = self.four(row, step);
                for vector in 0..N {
                    sums[row][vector] = V::fours(sums[row][vector], four, weights[vector]);
                }
            }
        }
    }

    /// Adds the products of a step and the next, which have room in sixteen bits.
    #[inline(always)]
    unsafe fn two_steps(&self, step: usize, sums: &mut [[V::Sums; N]; R]) {
        // SAFETY: as said.
        unsafe {
            let (weights, next) = (self.weights(step), self.weights(step + 1));
            for row in 0..R {
                let fours = [self.four(row, step), self.four(row, step + 1)];
                for vector in 0..N {
                    sums[row][vector] = V::eights(sums[row][vector], fours, [weights[vector], next[vector]]);
                }
            }
        }
    }
}

/// [`Integers::pairs`](super::Integers::pairs) in tiles of `R` rows by `N` vectors; what is left over, in tiles of four rows
/// or one.
///
/// # Safety
///
/// The caller has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn pairs<V: Vectors, const R: usize, const N: usize>(
    left: Left<'_>,
    right: Right<'_>,
    out: &mut [i32],
) {
    let count = check_pairs(left, right, out);
    let columns = BLOCK * right.blocks;
    let mut column = 0;
    while column < columns {
        let wide = columns - column >= N * V::WIDTH;
        let mut at = 0;
        while at < count {
            // SAFETY: rows and columns of the tile exist, as `check_pairs` has made sure.
            unsafe {
                at += match (count - at, wide) {
                    (rest, true) if rest >= R => pair_tile::<V, R, N>(left, right, at, column, out),
                    (rest, false) if rest >= R => pair_tile::<V, R, 1>(left, right, at, column, out),
                    (4.., true) => pair_tile::<V, 4, N>(left, right, at, column, out),
                    (4.., false) => pair_tile::<V, 4, 1>(left, right, at, column, out),
                    (_, true) => pair_tile::<V, 1, N>(left, right, at, column, out),
                    (_, false) => pair_tile::<V, 1, 1>(left, right, at, column, out),
                };
            }
        }
        column += if wide { N * V::WIDTH } else { V::WIDTH };
    }
}

/// `R` rows from `first` on by `N` vectors of columns from `column` on; returns `R`.
///
/// # Safety
///
/// They are in `left`, `right` and `out`.
#[inline(always)]
unsafe fn pair_tile<V: Vectors, const R: usize, const N: usize>(
    left: Left<'_>,
    right: Right<'_>,
    first: usize,
    column: usize,
    out: &mut [i32],
) -> usize {
    let columns = BLOCK * right.blocks;
    // SAFETY: every pointer stays inside the slice that it is made from: a row of `left` begins every `stride` numbers
    // and has two for each step, `right` has four bytes for each column at every step.
    unsafe {
        let values = left.values.as_ptr().add(first * left.stride);
        let pairs = right.pairs.as_ptr().cast::<i8>().add(4 * column);
        let mut sums = [[V::zero(); N]; R];
        for step in 0..right.steps() {
            let pairs = pairs.add(4 * columns * step);
            let mut own = [V::load(pairs); N];
            for vector in 1..N {
                own[vector] = V::load(pairs.add(4 * V::WIDTH * vector));
            }
            for row in 0..R {
                let pair = V::repeat(values.add(row * left.stride + 2 * step).cast::<[u8; 4]>().read());
                for vector in 0..N {
                    sums[row][vector] = V::twos(sums[row][vector], pair, own[vector]);
                }
            }
        }
        for row in 0..R {
            for vector in 0..N {
                V::store(sums[row][vector], out.as_mut_ptr().add((first + row) * columns + column + vector * V::WIDTH));
            }
        }
    }
    R
}

/// [`Integers::multiply`](super::Integers::multiply) in a tile of `R` rows by `N` vectors.
///
/// # Safety
///
/// The caller has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn multiply<V: Vectors, const R: usize, const N: usize>(rounds: usize) -> usize {
    let numbers = Aligned([7_i8; 64]);
    // SAFETY: a vector has at most 64 bytes.
    unsafe {
        let mut sums = [[V::zero(); N]; R];
        let rows: [V::Factors; R] = std::array::from_fn(|row| V::repeat([row as u8; 4]));
        let load = |_| V::load(std::hint::black_box(&numbers).0.as_ptr());
        let (weights, next): ([V::Factors; N], [V::Factors; N]) =
            (std::array::from_fn(load), std::array::from_fn(load));
        for _ in 0..rounds {
            // Nobody knows what becomes of the rows, so that each round has to be gone through.
            let rows = *std::hint::black_box(&rows);
            for row in 0..R {
                for vector in 0..N {
                    sums[row][vector] =
                        V::eights(sums[row][vector], [rows[row], rows[(row + 1) % R]], [weights[vector], next[vector]]);
                }
            }
        }
        let mut out = [0; BLOCK];
        for sums in sums.into_iter().flatten() {
            V::store(sums, out.as_mut_ptr());
            std::hint::black_box(&out);
        }
    }
    rounds * R * N * V::WIDTH * 8
}

/// Makes a set of instructions of [`Vectors`]: its type, its lanes, its products in tiles of so many rows and vectors, those of pairs
/// likewise, and `run`.
macro_rules! set {
    ($set:ident, $lanes:ty, $features:literal, $rows:literal, $vectors:literal, $pair_rows:literal, $pair_vectors:literal) => {
        /// Compiles `work` for these instructions.
        #[target_feature(enable = $features)]
        pub(super) fn run<W: crate::model::kernels::Work>(work: W) -> W::Output {
            work.run::<$set>()
        }

        /// Named in [`run`] alone, whose caller has the instructions.
        struct $set;

        impl crate::model::kernels::Integers for $set {
            type Lanes = $lanes;

            fn product(rows: Rows<'_>, matrix: &Matrix, out: &mut [f32]) {
                #[target_feature(enable = $features)]
                fn product(rows: Rows<'_>, matrix: &Matrix, out: &mut [f32]) {
                    // SAFETY: this function has the instructions.
                    unsafe { tiles::product::<$set, $rows, $vectors>(rows, matrix, out) }
                }
                // SAFETY: `run`, where this type is named, needs the same instructions.
                unsafe { product(rows, matrix, out) }
            }

            fn pairs(left: Left<'_>, right: Right<'_>, out: &mut [i32]) {
                #[target_feature(enable = $features)]
                fn pairs(left: Left<'_>, right: Right<'_>, out: &mut [i32]) {
                    // SAFETY: as above.
                    unsafe { tiles::pairs::<$set, $pair_rows, $pair_vectors>(left, right, out) }
                }
                // SAFETY: as above.
                unsafe { pairs(left, right, out) }
            }

            fn multiply(rounds: usize) -> usize {
                #[target_feature(enable = $features)]
                fn multiply(rounds: usize) -> usize {
                    // SAFETY: as above.
                    unsafe { tiles::multiply::<$set, $rows, $vectors>(rounds) }
                }
                // SAFETY: as above.
                unsafe { multiply(rounds) }
            }
        }
    };
}
pub(super) use set;
