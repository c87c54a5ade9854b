//! What happens to rows of numbers between the products.  But for those of attention, their lengths are multiples of 64.
//!
//! Written over sixteen lanes ([`Lanes`]), whose operations are the same for every set of instructions, in one order: a
//! row is summed in lanes, and at the end the upper half of them is added to the lower until one is left.  No
//! multiplication is fused with an addition, so the results are the same on every processor.

use std::f32::consts::LOG2_E;

pub(in crate::model) use super::lanes::{LANES, Lanes};

/// The middle of the floats whose last binary digit counts ones: adding it rounds to the nearest whole number, to the
/// even one of two, and leaves that number in the low bits.
const ROUND: f32 = 12_582_912.0;

/// Steps of eight bits on either side of nothing.
const STEPS: f32 = 127.0;
/// Adds 128 to a number of eight bits.
const FLIP: u8 = 0x80;

/// Steps of the values that attention mixes.  Shares reach 2048, so that 512 products of both fit 32 bits.
const VALUE_STEPS: f32 = 2047.0;

/// Layer norm of `row + added`, into `row`: what is added to, and the norm that follows, of a transformer's layer.
///
/// Sums go to four accumulators in turn, so that an addition need not wait for the last.
#[inline(always)]
pub(in crate::model) fn add_and_normalise<L: Lanes>(
    row: &mut [f32],
    added: &[f32],
    weight: &[f32],
    bias: &[f32],
    epsilon: f32,
) {
    let count = row.len() as f32;
    let row = row.as_chunks_mut::<LANES>().0.as_chunks_mut::<4>().0;
    let (added, weight, bias) = (fours(added), fours(weight), fours(bias));
    let mut sums = [L::splat(0.0); 4];
    for (row, added) in row.iter_mut().zip(added) {
        for part in 0..4 {
            let value = L::load(&row[part]).plus(L::load(&added[part]));
            value.store(&mut row[part]);
            sums[part] = sums[part].plus(value);
        }
    }
    let mean = L::splat(total(sums) / count);
    let mut sums = [L::splat(0.0); 4];
    for row in row.iter() {
        for part in 0..4 {
            let value = L::load(&row[part]).minus(mean);
            sums[part] = sums[part].plus(value.times(value));
        }
    }
    let factor = L::splat(1.0 / (total(sums) / count + epsilon).sqrt());
    for ((row, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
        for part in 0..4 {
            let value = L::load(&row[part]).minus(mean).times(factor);
            value.times(L::load(&weight[part])).plus(L::load(&bias[part])).store(&mut row[part]);
        }
    }
}

/// A row as lanes, four at a time.
#[inline(always)]
fn fours(row: &[f32]) -> &[[[f32; LANES]; 4]] {
    row.as_chunks().0.as_chunks().0
}

#[inline(always)]
fn total<L: Lanes>([first, second, third, fourth]: [L; 4]) -> f32 {
    first.plus(second).plus(third.plus(fourth)).total()
}

#[inline(always)]
fn largest<L: Lanes>([first, second, third, fourth]: [L; 4]) -> f32 {
    first.larger(second).larger(third.larger(fourth)).largest()
}

/// What a row whose largest magnitude is `most` is multiplied with to fill `steps`.
#[inline(always)]
fn factor(most: f32, steps: f32) -> f32 {
    if most > 0.0 { steps / most } else { 0.0 }
}

/// Writes `row * smoothing` to `out` in eight bits, 128 added; returns the scale that takes it back.
///
/// A row has a scale of its own: it does not depend on the rows beside it.
#[inline(always)]
pub(in crate::model) fn quantise<L: Lanes>(row: &[f32], smoothing: &[f32], out: &mut [u8]) -> f32 {
    let mut most = [L::splat(0.0); 4];
    for (row, smoothing) in fours(row).iter().zip(fours(smoothing)) {
        for part in 0..4 {
            most[part] = L::load(&row[part]).times(L::load(&smoothing[part])).size().larger(most[part]);
        }
    }
    let most = largest(most);
    let steps = L::splat(factor(most, STEPS));
    for ((row, smoothing), out) in row.as_chunks().0.iter().zip(smoothing.as_chunks().0).zip(out.as_chunks_mut().0) {
        L::load(row).times(L::load(smoothing)).times(steps).plus(L::splat(ROUND)).bytes(FLIP, out);
    }
    most / STEPS
}

/// The same of GELU of the numbers of `row`; leaves other numbers there.
#[inline(always)]
pub(in crate::model) fn quantise_gelu<L: Lanes>(row: &mut [f32], smoothing: &[f32], out: &mut [u8]) -> f32 {
    let row = row.as_chunks_mut::<LANES>().0;
    let mut most = [L::splat(0.0); 4];
    for (row, smoothing) in row.as_chunks_mut::<4>().0.iter_mut().zip(fours(smoothing)) {
        for part in 0..4 {
            let value = gelu(L::load(&row[part])).times(L::load(&smoothing[part]));
            value.store(&mut row[part]);
            most[part] = value.size().larger(most[part]);
        }
    }
    let most = largest(most);
    let steps = L::splat(factor(most, STEPS));
    for (row, out) in row.iter().zip(out.as_chunks_mut().0) {
        L::load(row).times(steps).plus(L::splat(ROUND)).bytes(FLIP, out);
    }
    most / STEPS
}

/// The largest magnitude of a row.
#[inline(always)]
fn most<L: Lanes>(row: &[f32]) -> f32 {
    let mut most = [L::splat(0.0); 4];
    for row in fours(row) {
        for part in 0..4 {
            most[part] = L::load(&row[part]).size().larger(most[part]);
        }
    }
    largest(most)
}

/// Writes `row` to `out` in eight bits; returns the scale that takes it back.
#[inline(always)]
pub(in crate::model) fn quantise_signed<L: Lanes>(row: &[f32], out: &mut [u8]) -> f32 {
    let most = most::<L>(row);
    let steps = L::splat(factor(most, STEPS));
    for (row, out) in row.as_chunks().0.iter().zip(out.as_chunks_mut().0) {
        L::load(row).times(steps).plus(L::splat(ROUND)).bytes(0, out);
    }
    most / STEPS
}

/// Writes `row` to `out` in `steps` steps on either side of nothing; returns the scale that takes it back.
#[inline(always)]
pub(in crate::model) fn quantise_finely<L: Lanes>(row: &[f32], steps: f32, out: &mut [i16]) -> f32 {
    let most = most::<L>(row);
    finely(row, L::splat(factor(most, steps)), out);
    most / steps
}

#[inline(always)]
fn finely<L: Lanes>(row: &[f32], factor: L, out: &mut [i16]) {
    for (row, out) in row.as_chunks().0.iter().zip(out.as_chunks_mut().0) {
        L::load(row).times(factor).plus(L::splat(ROUND)).halves(out);
    }
}

/// `gelu(x) = max(x, 0) - g(|x|)` with `g(t) = t (1 - Φ(t))`: up to `t = 4` a polynomial, interpolated at Chebyshev's
/// points, beyond it its last value.  Within 2e-4 of the exact one, a hundredth of a step of the eight bits that follow.
#[inline(always)]
fn gelu<L: Lanes>(value: L) -> L {
    const END: f32 = 4.0;
    #[rustfmt::skip]
    const G: [f32; 9] = [
        0.045_500_264, -0.171_394_38, 0.216_773_39, 0.012_410_46, -0.299_029_77, 0.243_373_74, 0.013_904_687,
        -0.084_422_43, 0.022_978_546,
    ];
    // The smaller of the size and the end, as there is only a larger one of two.
    let size = L::splat(-END).larger(L::splat(0.0).minus(value.size()));
    let place = size.times(L::splat(-2.0 / END)).minus(L::splat(1.0));
    let mut below = L::splat(G[8]);
    for coefficient in G[..8].iter().rev() {
        below = below.times(place).plus(L::splat(*coefficient));
    }
    value.larger(L::splat(0.0)).minus(below)
}

/// 2 to the power of `power + more`, within 1e-5 of its size; `power` is 0 or less and stands for -100 from there on
/// down, `more` is a small whole number.
#[inline(always)]
fn power_of_two<L: Lanes>(power: L, more: f32) -> L {
    /// A polynomial within half of 1 on either side of 0, and 1 there; the rest interpolated at Chebyshev's points.
    const SERIES: [f32; 5] = [0.009_656_71, 0.055_838_283, 0.240_225_3, 0.693_136_75, 1.0];
    let power = power.larger(L::splat(-100.0));
    let twos = power.plus(L::splat(ROUND + more));
    let rest = power.minus(twos.minus(L::splat(ROUND + more)));
    let mut grown = L::splat(SERIES[0]);
    for coefficient in &SERIES[1..] {
        grown = grown.times(rest).plus(L::splat(*coefficient));
    }
    grown.grown(twos)
}

/// The hyperbolic tangent of every number of `row`.
#[inline(always)]
pub(in crate::model) fn tanh<L: Lanes>(row: &mut [f32]) {
    for row in row.as_chunks_mut().0 {
        let mut shrunk = [0.0; LANES];
        power_of_two(L::load(row).size().times(L::splat(-2.0 * LOG2_E)), 0.0).store(&mut shrunk);
        for (value, shrunk) in row.iter_mut().zip(shrunk) {
            *value = ((1.0 - shrunk) / (1.0 + shrunk)).copysign(*value);
        }
    }
}

/// Writes `row` to `out` in [`VALUE_STEPS`] steps on either side of nothing, each a part of a power of two, which is
/// returned.
#[inline(always)]
pub(in crate::model) fn quantise_by_twos<L: Lanes>(row: &[f32], out: &mut [i16]) -> f32 {
    /// The least that is told from nothing, 2 to the power of -60.
    const LEAST: f32 = 1.0 / (1_u64 << 60) as f32;
    let most = most::<L>(row);
    let most = if most > LEAST { most } else { LEAST };
    // The next power of two: all of the fraction is carried into the exponent.
    let twos = f32::from_bits((most.to_bits() + 0x007f_ffff) & 0x7f80_0000);
    finely(row, L::splat(VALUE_STEPS / twos), out);
    twos
}

/// The rows that are looked at, as attention weighs them; all `[keys]`.
#[derive(Debug, Default)]
pub(in crate::model) struct Seen {
    /// The scales of their keys, for scores whose chances are powers of two.
    scales: Vec<f32>,
    /// The logarithms of the powers of two of their values; very negative where there is no key.
    weights: Vec<f32>,
    /// One over those powers; nothing where there is no key.
    inverses: Vec<f32>,
}

impl Seen {
    pub(in crate::model) fn clear(&mut self) {
        self.scales.clear();
        self.weights.clear();
        self.inverses.clear();
    }

    /// How many there are.
    pub(in crate::model) fn len(&self) -> usize {
        self.scales.len()
    }

    /// Adds a row by the scale of its key and the power of two of its value.
    #[inline(always)]
    pub(in crate::model) fn push(&mut self, scale: f32, twos: f32) {
        self.scales.push(scale * LOG2_E);
        let exponent = (twos.to_bits() >> 23).cast_signed() - 127;
        self.weights.push(exponent as f32);
        self.inverses.push(1.0 / twos);
    }

    /// Adds places without a row until there are `keys`.
    pub(in crate::model) fn fill(&mut self, keys: usize) {
        self.scales.resize(keys, 0.0);
        self.weights.resize(keys, -1e30);
        self.inverses.resize(keys, 0.0);
    }
}

/// Turns a query's products with all keys, `scale` being the query's, into what the values of all rows are mixed by.
///
/// The chances of softmax, each times the power of two of its value, go to `out` as whole numbers, the largest as 2048;
/// `room` is as long as there are keys.  Returns what the mixed values are multiplied with.
#[inline(always)]
pub(in crate::model) fn mixture<L: Lanes>(
    products: &[i32],
    scale: f32,
    seen: &Seen,
    room: &mut [f32],
    out: &mut [i16],
) -> f32 {
    /// 2 to this power is the largest share.
    const MOST: f32 = 11.0;
    let (keys, weights, inverses) =
        (seen.scales.as_chunks().0, seen.weights.as_chunks().0, seen.inverses.as_chunks().0);
    let room = room.as_chunks_mut().0;
    let scale = L::splat(scale);
    let mut most = L::splat(f32::MIN);
    for (((products, keys), weights), room) in products.as_chunks().0.iter().zip(keys).zip(weights).zip(room.iter_mut())
    {
        let score = L::whole(products).times(scale.times(L::load(keys))).plus(L::load(weights));
        score.store(room);
        most = score.larger(most);
    }
    let most = L::splat(most.largest());
    let mut sum = L::splat(0.0);
    for ((room, inverses), out) in room.iter().zip(inverses).zip(out.as_chunks_mut().0) {
        let share = power_of_two(L::load(room).minus(most), MOST);
        sum = sum.plus(share.times(L::load(inverses)));
        share.plus(L::splat(ROUND)).halves(out);
    }
    1.0 / (VALUE_STEPS * sum.total())
}

/// The sum of the products of two rows.
#[inline(always)]
pub(in crate::model) fn dot<L: Lanes>(left: &[f32], right: &[f32]) -> f32 {
    let mut sum = L::splat(0.0);
    for (left, right) in left.as_chunks().0.iter().zip(right.as_chunks().0) {
        sum = sum.plus(L::load(left).times(L::load(right)));
    }
    sum.total()
}

#[cfg(test)]
mod tests {
    use super::*;

    type L = [f32; LANES];

    /// Abramowitz and Stegun 7.1.26, within 1.5e-7, in double precision.
    fn erf(x: f64) -> f64 {
        let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
        let series =
            t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
        (1.0 - series * (-x * x).exp()).copysign(x)
    }

    #[test]
    fn gelu_is_as_good_as_the_exact_one() {
        for step in -12_000..12_000 {
            let x = step as f32 / 1000.0;
            let found = gelu([x; LANES])[0];
            let exact = f64::from(x) * 0.5 * (1.0 + erf(f64::from(x) / std::f64::consts::SQRT_2));
            assert!((f64::from(found) - exact).abs() < 2e-4, "gelu({x}) = {found} and not {exact}");
        }
    }

    #[test]
    fn powers_of_two_are_as_good_as_the_exact_ones() {
        for step in 0..100_000 {
            let power = -(step as f32) / 1000.0;
            let found = f64::from(power_of_two([power; LANES], 0.0)[0]);
            let exact = f64::from(power).exp2();
            assert!((found / exact - 1.0).abs() < 1e-5, "2 to the power of {power} = {found} and not {exact}");
        }
        assert!(power_of_two([-1e30; LANES], 0.0)[0] < 1e-30);
        for whole in -100..1_i16 {
            assert_eq!(power_of_two([f32::from(whole); LANES], 11.0)[0], f32::from(whole + 11).exp2());
        }
    }

    #[test]
    fn values_keep_within_their_steps() {
        for most in [0.0, 1e-30, 0.37, 1.0, 1.000_001, 1.999_999, 2.0, 1e6] {
            let mut out = [0; 4 * LANES];
            let mut row = [0.0; 4 * LANES];
            row[..4].copy_from_slice(&[most, -most, 0.0, most / 3.0]);
            let twos = quantise_by_twos::<L>(&row, &mut out);
            assert!(out.iter().all(|value| value.unsigned_abs() <= 2047), "{most}: {out:?}");
            assert!(
                (f32::from(out[3]) * twos / VALUE_STEPS - most / 3.0).abs() <= twos / VALUE_STEPS,
                "{most}: {out:?}"
            );
        }
    }

    #[test]
    fn a_mixture_is_that_of_softmax() {
        let (products, values) = ([0, 40, -300, 90, 100], [0.3, -1.5, 2.0, 0.001, 7.0]);
        let (query, key) = (0.5, 0.1);
        let mut seen = Seen::default();
        let mut whole = [0; 5];
        for (value, whole) in values.iter().zip(whole.iter_mut()) {
            let mut row = [0; 4 * LANES];
            seen.push(key, quantise_by_twos::<L>(&[*value; 4 * LANES], &mut row));
            *whole = row[0];
        }
        seen.fill(LANES);
        let mut padded = [i32::MAX; LANES];
        padded[..5].copy_from_slice(&products);
        let (mut room, mut shares) = ([0.0; LANES], [0; LANES]);
        let factor = mixture::<L>(&padded, query, &seen, &mut room, &mut shares);
        assert_eq!(shares[5..], [0; LANES - 5]);
        let sum: i32 = shares.iter().zip(&whole).map(|(share, value)| i32::from(*share) * i32::from(*value)).sum();
        let grown = products.map(|product| (f64::from(product) * f64::from(query) * f64::from(key)).exp());
        let exact = grown.iter().zip(values).map(|(grown, value)| grown * f64::from(value)).sum::<f64>();
        let exact = exact / grown.iter().sum::<f64>();
        assert!((f64::from(sum as f32 * factor) - exact).abs() < 0.005, "{} and not {exact}", sum as f32 * factor);
    }

    #[test]
    fn eight_bits_come_back_within_half_a_step() {
        let row: Vec<f32> = (0..64).map(|at| ((at * 37 % 101) as f32 - 50.0) * 0.37).collect();
        let mut out = [0; 64];
        let scale = quantise::<L>(&row, &[1.0; 64], &mut out);
        for (value, out) in row.iter().zip(out) {
            assert!((value - f32::from(i16::from(out) - 128) * scale).abs() <= scale * 0.500_1);
            assert!(out >= 1);
        }
        assert_eq!(quantise::<L>(&[0.0; 64], &[1.0; 64], &mut out), 0.0);
        assert_eq!(out, [128; 64]);
    }
}
