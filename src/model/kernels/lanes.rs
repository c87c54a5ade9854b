//! Sixteen floats side by side: what rows are made of between the products.
//!
//! Every operation is that of IEEE 754 for each lane by itself, so sixteen lanes in one vector, two, four or none give the
//! same bits.  There is none that fuses a multiplication with an addition.

/// Lanes in which a row is summed.
pub(in crate::model) const LANES: usize = 16;

/// The lanes of a set of instructions.
///
/// Like [`Integers`](super::Integers), a type that has these is named only where its instructions are there.
pub(in crate::model) trait Lanes: Copy {
    /// The same number in each.
    fn splat(value: f32) -> Self;
    /// The numbers at `from`.
    fn load(from: &[f32; LANES]) -> Self;
    /// Whole numbers as floats.
    fn whole(from: &[i32; LANES]) -> Self;
    /// Writes them to `to`.
    fn store(self, to: &mut [f32; LANES]);
    /// Sums.
    fn plus(self, other: Self) -> Self;
    /// Differences.
    fn minus(self, other: Self) -> Self;
    /// Products.
    fn times(self, other: Self) -> Self;
    /// `self > other ? self : other`.
    fn larger(self, other: Self) -> Self;
    /// `self` without signs.
    fn size(self) -> Self;
    /// Adds the lowest bits of `whole` to the exponent.
    fn grown(self, whole: Self) -> Self;
    /// Writes the lowest eight bits of each, the highest of them flipped where `flip` has it.
    fn bytes(self, flip: u8, to: &mut [u8; LANES]);
    /// Writes the lowest sixteen bits of each.
    fn halves(self, to: &mut [i16; LANES]);
    /// The sum of all lanes: the upper half is added to the lower until one is left.
    fn total(self) -> f32;
    /// The largest of all lanes.
    fn largest(self) -> f32;
}

impl Lanes for [f32; LANES] {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        [value; LANES]
    }

    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        *from
    }

    #[inline(always)]
    fn whole(from: &[i32; LANES]) -> Self {
        from.map(|value| value as f32)
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        *to = self;
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] + other[lane])
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] - other[lane])
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] * other[lane])
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        std::array::from_fn(|lane| if self[lane] > other[lane] { self[lane] } else { other[lane] })
    }

    #[inline(always)]
    fn size(self) -> Self {
        self.map(f32::abs)
    }

    #[inline(always)]
    fn grown(self, whole: Self) -> Self {
        std::array::from_fn(|lane| f32::from_bits(self[lane].to_bits().wrapping_add(whole[lane].to_bits() << 23)))
    }

    #[inline(always)]
    fn bytes(self, flip: u8, to: &mut [u8; LANES]) {
        *to = self.map(|value| value.to_bits() as u8 ^ flip);
    }

    #[inline(always)]
    fn halves(self, to: &mut [i16; LANES]) {
        *to = self.map(|value| value.to_bits() as i16);
    }

    #[inline(always)]
    fn total(mut self) -> f32 {
        let mut half = LANES / 2;
        while half > 0 {
            for lane in 0..half {
                self[lane] += self[lane + half];
            }
            half /= 2;
        }
        self[0]
    }

    #[inline(always)]
    fn largest(self) -> f32 {
        self.into_iter().reduce(|most, value| if value > most { value } else { most }).unwrap_or(0.0)
    }
}
