//! What happens to rows of numbers between the products.
//!
//! Written so that compilers make vectors of it: numbers one by one in plain loops, sums over [`LANES`] lanes in one
//! order, the largest of magnitudes by their bits, whose order is that of the numbers.  No multiplication is fused with
//! an addition, so the results are the same on every processor.

/// Lanes in which a row is summed.
pub(in crate::model) const LANES: usize = 16;

/// The middle of the floats whose last binary digit counts ones: adding it rounds to the nearest whole number, to the
/// even one of two, and leaves that number in the low bits.
const ROUND: f32 = 12_582_912.0;

/// Steps of eight bits on either side of nothing.
const STEPS: f32 = 127.0;

/// The sum of what `term` makes of the numbers of `row`, whose length must be a multiple of the lanes.
#[inline(always)]
fn sum(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    for row in row.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            lanes[lane] += term(row[lane]);
        }
    }
    total(lanes)
}

/// Adds the lanes up, halves first.
#[inline(always)]
fn total(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// The largest of numbers that are not negative; 0 of none.
#[inline(always)]
fn largest(magnitudes: impl Iterator<Item = f32>) -> f32 {
    f32::from_bits(magnitudes.map(f32::to_bits).fold(0, u32::max))
}

/// Layer norm of `row + added`, into `row`: what is added to, and the norm that follows, of a transformer's layer.
#[inline(always)]
pub(in crate::model) fn add_and_normalise(row: &mut [f32], added: &[f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let count = row.len() as f32;
    for (row, added) in row.iter_mut().zip(added) {
        *row += added;
    }
    let mean = sum(row, |value| value) / count;
    let variance = sum(row, |value| (value - mean) * (value - mean)) / count;
    let factor = 1.0 / (variance + epsilon).sqrt();
    for ((row, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
        *row = (*row - mean) * factor * weight + bias;
    }
}

/// Writes `row * smoothing` to `out` in eight bits, 128 added; returns the scale that takes it back.
///
/// A row has a scale of its own: it does not depend on the rows beside it.
#[inline(always)]
pub(in crate::model) fn quantise(row: &[f32], smoothing: &[f32], out: &mut [u8]) -> f32 {
    let most = largest(row.iter().zip(smoothing).map(|(value, smoothing)| (value * smoothing).abs()));
    let steps = if most > 0.0 { STEPS / most } else { 0.0 };
    for ((value, smoothing), out) in row.iter().zip(smoothing).zip(out) {
        *out = ((value * smoothing * steps + ROUND).to_bits() as u8).wrapping_add(128);
    }
    most / STEPS
}

/// Writes `row` to `out` in `steps` steps on either side of nothing; returns the scale that takes it back.
#[inline(always)]
pub(in crate::model) fn quantise_finely(row: &[f32], steps: f32, out: &mut [i16]) -> f32 {
    let most = largest(row.iter().map(|value| value.abs()));
    let factor = if most > 0.0 { steps / most } else { 0.0 };
    for (value, out) in row.iter().zip(out) {
        *out = (value * factor + ROUND).to_bits() as i16;
    }
    most / steps
}

/// GELU of every number of `row`.
#[inline(always)]
pub(in crate::model) fn gelu(row: &mut [f32]) {
    for value in row {
        *value = gelu_of(*value);
    }
}

/// `gelu(x) = max(x, 0) - g(|x|)` with `g(t) = t (1 - Φ(t))`: up to `t = 4` a polynomial, interpolated at Chebyshev's
/// points, beyond it its last value.  Within 2e-4 of the exact one, a hundredth of a step of the eight bits that follow.
#[inline(always)]
fn gelu_of(value: f32) -> f32 {
    const END: f32 = 4.0;
    #[rustfmt::skip]
    const G: [f32; 9] = [
        0.045_500_264, -0.171_394_38, 0.216_773_39, 0.012_410_46, -0.299_029_77, 0.243_373_74, 0.013_904_687,
        -0.084_422_43, 0.022_978_546,
    ];
    let size = value.abs();
    let place = if size < END { size } else { END } * (2.0 / END) - 1.0;
    let mut below = G[8];
    for coefficient in G[..8].iter().rev() {
        below = below * place + coefficient;
    }
    (if value > 0.0 { value } else { 0.0 }) - below
}

/// The exponential of a number up to 0, within 5e-6 of its size; below -80 that of -80.
#[inline(always)]
fn exponential(power: f32) -> f32 {
    /// The logarithm of 2 in two parts: products of the first with small whole numbers are exact.
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    /// A polynomial within half of that logarithm on either side of 0, interpolated at Chebyshev's points.
    const SERIES: [f32; 5] = [0.041_875_64, 0.167_921_43, 0.499_993_7, 0.999_962_3, 1.0];
    let power = if power > -80.0 { power } else { -80.0 };
    let twos = power * std::f32::consts::LOG2_E + ROUND;
    let whole = twos - ROUND;
    let rest = power - whole * HIGH - whole * LOW;
    let mut grown = SERIES[0];
    for coefficient in &SERIES[1..] {
        grown = grown * rest + coefficient;
    }
    // The whole part goes into the exponent.
    f32::from_bits(grown.to_bits().wrapping_add(twos.to_bits() << 23))
}

/// The hyperbolic tangent of every number of `row`.
#[inline(always)]
pub(in crate::model) fn tanh(row: &mut [f32]) {
    for value in row {
        let shrunk = exponential(-2.0 * value.abs());
        *value = ((1.0 - shrunk) / (1.0 + shrunk)).copysign(*value);
    }
}

/// A query's products with all keys, and what makes scores of them.
pub(in crate::model) struct Scored<'a> {
    /// Products of whole numbers, `[keys]`.
    pub(in crate::model) products: &'a [i32],
    /// The scale of the query.
    pub(in crate::model) scale: f32,
    /// The scales of the keys.
    pub(in crate::model) keys: &'a [f32],
    /// 0 at a key, very negative where there is none.
    pub(in crate::model) mask: &'a [f32],
}

/// Turns a query's scores into what the values of all rows are mixed by.
///
/// The chances of softmax, each times the scale of its value in `values`, go to `out` in `steps` steps; `room` is as
/// long as there are keys.  Returns what the mixed values are multiplied with.
#[inline(always)]
pub(in crate::model) fn mixture(
    Scored { products, scale, keys, mask }: Scored<'_>,
    values: &[f32],
    room: &mut [f32],
    steps: f32,
    out: &mut [i16],
) -> f32 {
    let mut most = i32::MIN;
    for (((product, key), mask), score) in products.iter().zip(keys).zip(mask).zip(room.iter_mut()) {
        *score = *product as f32 * (scale * key) + mask;
        most = most.max(in_order(score.to_bits().cast_signed()));
    }
    let most = f32::from_bits(in_order(most).cast_unsigned());
    for score in room.iter_mut() {
        *score = exponential(*score - most);
    }
    let chances = sum(room, |chance| chance);
    let mut heaviest = 0;
    for (score, value) in room.iter_mut().zip(values) {
        *score *= value;
        heaviest = heaviest.max(score.to_bits());
    }
    let heaviest = f32::from_bits(heaviest);
    let factor = if heaviest > 0.0 { steps / heaviest } else { 0.0 };
    for (score, out) in room.iter().zip(out) {
        *out = (score * factor + ROUND).to_bits() as i16;
    }
    heaviest / steps / chances
}

/// The bits of a float as a whole number that has its order; and back.
#[inline(always)]
fn in_order(bits: i32) -> i32 {
    bits ^ ((bits >> 31) & i32::MAX)
}

/// The sum of the products of two rows.
#[inline(always)]
pub(in crate::model) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    for (left, right) in left.as_chunks::<LANES>().0.iter().zip(right.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            lanes[lane] += left[lane] * right[lane];
        }
    }
    total(lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let found = gelu_of(x);
            let exact = f64::from(x) * 0.5 * (1.0 + erf(f64::from(x) / std::f64::consts::SQRT_2));
            assert!((f64::from(found) - exact).abs() < 2e-4, "gelu({x}) = {found} and not {exact}");
        }
    }

    #[test]
    fn the_exponential_is_as_good_as_the_exact_one() {
        for step in 0..80_000 {
            let power = -(step as f32) / 1000.0;
            let found = f64::from(exponential(power));
            let exact = f64::from(power).exp();
            assert!((found / exact - 1.0).abs() < 5e-6, "exp({power}) = {found} and not {exact}");
        }
        assert!(exponential(-1e30) < 1e-34);
    }

    #[test]
    fn eight_bits_come_back_within_half_a_step() {
        let row: Vec<f32> = (0..64).map(|at| ((at * 37 % 101) as f32 - 50.0) * 0.37).collect();
        let mut out = [0; 64];
        let scale = quantise(&row, &[1.0; 64], &mut out);
        for (value, out) in row.iter().zip(out) {
            assert!((value - f32::from(i16::from(out) - 128) * scale).abs() <= scale * 0.500_1);
            assert!(out >= 1);
        }
        assert_eq!(quantise(&[0.0; 64], &[1.0; 64], &mut out), 0.0);
        assert_eq!(out, [128; 64]);
    }
}
