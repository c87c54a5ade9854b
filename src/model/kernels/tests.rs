//! Every set of instructions against the portable one: the same whole numbers, and so the same floats to the last bit.

use proptest::prelude::*;

use super::*;

struct Product<'a>(Rows<'a>, &'a Matrix);

impl Work for Product<'_> {
    type Output = Vec<u32>;
    fn run<I: Integers>(self) -> Vec<u32> {
        let mut out = vec![0.0; self.0.scales.len() * self.1.outputs()];
        I::product(self.0, self.1, &mut out);
        out.into_iter().map(f32::to_bits).collect()
    }
}

struct PairProduct<'a>(Left<'a>, Right<'a>, usize);

impl Work for PairProduct<'_> {
    type Output = Vec<i32>;
    fn run<I: Integers>(self) -> Vec<i32> {
        let mut out = vec![0; self.2 * self.1.blocks * BLOCK];
        I::pairs(self.0, self.1, &mut out);
        out
    }
}

/// All that happens between the products, to the last bit.
struct Passes<'a>(&'a [f32], &'a [f32]);

impl Work for Passes<'_> {
    type Output = (Vec<u32>, Vec<u8>, Vec<i16>);
    fn run<I: Integers>(self) -> Self::Output {
        let Self(row, other) = self;
        let (mut floats, mut bytes, mut halves) = (Vec::new(), vec![0; 3 * row.len()], vec![0; 3 * row.len()]);
        let mut normed = row.to_vec();
        rows::add_and_normalise::<I::Lanes>(&mut normed, other, row, other, 1e-12);
        let (mut grown, mut bent) = (row.to_vec(), row.to_vec());
        rows::tanh::<I::Lanes>(&mut bent);
        let (first, rest) = bytes.split_at_mut(row.len());
        let (second, third) = rest.split_at_mut(row.len());
        floats.push(rows::quantise::<I::Lanes>(row, other, first));
        floats.push(rows::quantise_gelu::<I::Lanes>(&mut grown, other, second));
        floats.push(rows::quantise_signed::<I::Lanes>(row, third));
        let (first, rest) = halves.split_at_mut(row.len());
        let (second, third) = rest.split_at_mut(row.len());
        floats.push(rows::quantise_finely::<I::Lanes>(row, 4095.0, first));
        floats.push(rows::quantise_by_twos::<I::Lanes>(row, second));
        let mut seen = rows::Seen::default();
        for (key, value) in row.iter().zip(other).skip(3) {
            let mut own = [0; 64];
            seen.push(key.abs() / 1000.0, rows::quantise_by_twos::<I::Lanes>(&[*value; 64], &mut own));
        }
        seen.fill(row.len());
        let products: Vec<i32> = other.iter().map(|value| (value * 500.0) as i32).collect();
        floats.push(rows::mixture::<I::Lanes>(&products, 0.3, &seen, &mut vec![0.0; row.len()], third));
        floats.push(rows::dot::<I::Lanes>(row, other));
        floats.extend(normed.into_iter().chain(grown).chain(bent));
        (floats.into_iter().map(f32::to_bits).collect(), bytes, halves)
    }
}

/// Numbers that look random, the same every time for a seed.
fn numbers(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 16
    }
}

fn agree_on_a_product(count: usize, inputs: usize, outputs: usize, seed: u64, extreme: Option<i8>) {
    let mut next = numbers(seed);
    let most = i64::from(MOST_WEIGHT);
    let weights: Vec<i8> = (0..inputs * outputs)
        .map(|_| extreme.unwrap_or_else(|| ((next() % (2 * most as u64 + 1)) as i64 - most) as i8))
        .collect();
    let scale = (0..outputs).map(|_| (next() % 1000) as f32 / 1e5).collect();
    let bias = (0..outputs).map(|_| (next() % 1000) as f32 / 100.0 - 5.0).collect();
    let matrix = Matrix::new(&weights, scale, bias);
    let values: Vec<u8> =
        (0..count * inputs).map(|_| if extreme.is_some() { 255 } else { (next() % 255 + 1) as u8 }).collect();
    let scales: Vec<f32> = (0..count).map(|_| (next() % 1000) as f32 / 1e4).collect();
    let rows = Rows { values: &values, scales: &scales };

    let sets = Set::available();
    let expected = sets.last().unwrap().run(Product(rows, &matrix));
    for set in sets {
        assert!(set.run(Product(rows, &matrix)) == expected, "{} gives another product", set.name());
    }
    // And what the portable one gives is the product.
    if let Some(row) = count.checked_sub(1) {
        let column = outputs - 1;
        let sum: i32 = (0..inputs)
            .map(|at| (i32::from(values[row * inputs + at]) - 128) * i32::from(weights[column * inputs + at]))
            .sum();
        let exact = sum as f32 * (scales[row] * matrix.scale[column]) + matrix.bias[column];
        assert_eq!(expected[count * outputs - 1], exact.to_bits());
    }
}

fn agree_on_pairs(count: usize, steps: usize, blocks: usize, seed: u64) {
    let mut next = numbers(seed);
    let mut number = move || ((next() % 4095) as i32 - 2047) as i16;
    // Rows of which a part is multiplied, as one head of several.
    let stride = 2 * steps + 6;
    let values: Vec<i16> = (0..count * stride).map(|_| number()).collect();
    let left = Left { values: &values, stride };
    let right: Vec<Pairs> =
        (0..steps * blocks).map(|_| Aligned(std::array::from_fn(|_| pair(number(), number())))).collect();
    let sets = Set::available();
    let work = || PairProduct(left, Right { pairs: &right, blocks }, count);
    let expected = sets.last().unwrap().run(work());
    for set in sets {
        assert!(set.run(work()) == expected, "{} gives other pairs", set.name());
    }
}

fn agree_on_passes(fours: usize, size: f32, seed: u64) {
    let mut next = numbers(seed);
    let mut row = || -> Vec<f32> { (0..64 * fours).map(|_| ((next() % 20_001) as f32 / 1e4 - 1.0) * size).collect() };
    let (row, other) = (row(), row());
    let sets = Set::available();
    let expected = sets.last().unwrap().run(Passes(&row, &other));
    for set in sets {
        assert!(set.run(Passes(&row, &other)) == expected, "{} gives other rows", set.name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn products_agree(count in 0..20usize, fours in 1..40usize, wide in 1..4usize, seed: u64) {
        agree_on_a_product(count, 4 * fours, 64 * wide, seed, None);
    }

    #[test]
    fn passes_agree(fours in 1..13usize, power in -20..20i32, seed: u64) {
        agree_on_passes(fours, 2.0_f32.powi(power), seed);
    }

    #[test]
    fn pairs_agree(count in 0..20usize, steps in 0..40usize, blocks in 1..12usize, seed: u64) {
        agree_on_pairs(count, steps, blocks, seed);
    }
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    // At 32 two steps just have room in sixteen bits, at 33 they have none.
    for weight in [MOST_WEIGHT, 33, 32, -32, -33, -MOST_WEIGHT] {
        agree_on_a_product(7, 1536, 64, 1, Some(weight));
    }
}

#[test]
fn rows_of_nothing_agree() {
    agree_on_passes(6, 0.0, 1);
}

#[test]
fn the_shapes_of_the_encoder_agree() {
    for (inputs, outputs) in [(384, 1152), (384, 384), (384, 1536), (1536, 384), (256, 384), (384, 768), (768, 384)] {
        agree_on_a_product(13, inputs, outputs, 3, None);
    }
}
