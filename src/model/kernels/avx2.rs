//! AVX2: products of eight bits are added in pairs of sixteen, then of 32; weights of seven bits keep the pairs in
//! range.

use std::arch::x86_64::*;

use super::lanes::{LANES, Lanes};
use super::tiles::{self, Vectors};
use super::{Left, Matrix, Right, Rows};

// Eight of the sixteen registers hold sums.
tiles::set!(Avx2, Two, "avx2", 4, 2, 4, 2);

// SAFETY, for all blocks: who calls has the instructions, and the numbers at the pointers.
impl Vectors for Avx2 {
    type Sums = __m256i;
    type Factors = __m256i;
    const WIDTH: usize = 8;
    const HALVES: bool = true;

    #[inline(always)]
    unsafe fn zero() -> __m256i {
        unsafe { _mm256_setzero_si256() }
    }

    #[inline(always)]
    unsafe fn start(from: *const i32) -> __m256i {
        unsafe { _mm256_loadu_si256(from.cast()) }
    }

    #[inline(always)]
    unsafe fn load(from: *const i8) -> __m256i {
        unsafe { _mm256_load_si256(from.cast()) }
    }

    #[inline(always)]
    unsafe fn repeat(four: [u8; 4]) -> __m256i {
        unsafe { _mm256_set1_epi32(i32::from_ne_bytes(four)) }
    }

    #[inline(always)]
    unsafe fn fours(sums: __m256i, row: __m256i, weights: __m256i) -> __m256i {
        unsafe {
            let twos = _mm256_maddubs_epi16(row, weights);
            _mm256_add_epi32(sums, _mm256_madd_epi16(twos, _mm256_set1_epi16(1)))
        }
    }

    #[inline(always)]
    unsafe fn eights(sums: __m256i, rows: [__m256i; 2], weights: [__m256i; 2]) -> __m256i {
        unsafe {
            let first = _mm256_maddubs_epi16(rows[0], weights[0]);
            let twos = _mm256_add_epi16(first, _mm256_maddubs_epi16(rows[1], weights[1]));
            _mm256_add_epi32(sums, _mm256_madd_epi16(twos, _mm256_set1_epi16(1)))
        }
    }

    #[inline(always)]
    unsafe fn twos(sums: __m256i, left: __m256i, right: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(sums, _mm256_madd_epi16(left, right)) }
    }

    #[inline(always)]
    unsafe fn store(sums: __m256i, to: *mut i32) {
        unsafe { _mm256_storeu_si256(to.cast(), sums) }
    }

    #[inline(always)]
    unsafe fn finish(sums: __m256i, row: f32, scale: *const f32, bias: *const f32, to: *mut f32) {
        unsafe {
            let factor = _mm256_mul_ps(_mm256_set1_ps(row), _mm256_loadu_ps(scale));
            let scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), factor);
            _mm256_storeu_ps(to, _mm256_add_ps(scaled, _mm256_loadu_ps(bias)));
        }
    }
}

/// Sixteen lanes in two vectors.
type Two = [__m256; 2];

// SAFETY, for all blocks: `Two` is named as lanes by `Avx2` alone, which is named in `run` alone, whose caller has the
// instructions; loads and stores are of what is borrowed.
impl Lanes for Two {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        unsafe { [_mm256_set1_ps(value); 2] }
    }

    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        unsafe { [_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(8))] }
    }

    #[inline(always)]
    fn whole(from: &[i32; LANES]) -> Self {
        unsafe {
            let from = from.as_ptr().cast::<__m256i>();
            [_mm256_cvtepi32_ps(_mm256_loadu_si256(from)), _mm256_cvtepi32_ps(_mm256_loadu_si256(from.add(1)))]
        }
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        unsafe {
            _mm256_storeu_ps(to.as_mut_ptr(), self[0]);
            _mm256_storeu_ps(to.as_mut_ptr().add(8), self[1]);
        }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        unsafe { [_mm256_add_ps(self[0], other[0]), _mm256_add_ps(self[1], other[1])] }
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        unsafe { [_mm256_sub_ps(self[0], other[0]), _mm256_sub_ps(self[1], other[1])] }
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        unsafe { [_mm256_mul_ps(self[0], other[0]), _mm256_mul_ps(self[1], other[1])] }
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        unsafe { [_mm256_max_ps(self[0], other[0]), _mm256_max_ps(self[1], other[1])] }
    }

    #[inline(always)]
    fn size(self) -> Self {
        unsafe { self.map(|part| _mm256_andnot_ps(_mm256_set1_ps(-0.0), part)) }
    }

    #[inline(always)]
    fn grown(self, whole: Self) -> Self {
        unsafe {
            std::array::from_fn(|part| {
                let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(whole[part]));
                _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(self[part]), exponent))
            })
        }
    }

    #[inline(always)]
    fn bytes(self, flip: u8, to: &mut [u8; LANES]) {
        unsafe {
            let halves = lowest(self, 0xff);
            let bytes = _mm_packus_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves));
            let flipped = _mm_xor_si128(bytes, _mm_set1_epi8(flip.cast_signed()));
            _mm_storeu_si128(to.as_mut_ptr().cast(), flipped);
        }
    }

    #[inline(always)]
    fn halves(self, to: &mut [i16; LANES]) {
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), lowest(self, 0xffff)) }
    }

    #[inline(always)]
    fn total(self) -> f32 {
        unsafe { total(_mm256_add_ps(self[0], self[1])) }
    }

    #[inline(always)]
    fn largest(self) -> f32 {
        unsafe { largest(_mm256_max_ps(self[0], self[1])) }
    }
}

/// The bits of each lane that `mask` has, at most sixteen, in sixteen bits.
///
/// # Safety
///
/// The caller has AVX2; so for the next two.
#[inline(always)]
unsafe fn lowest(lanes: Two, mask: i32) -> __m256i {
    // SAFETY: as said.
    unsafe {
        let [low, high] = lanes.map(|part| _mm256_and_si256(_mm256_castps_si256(part), _mm256_set1_epi32(mask)));
        // It packs each 128 bits by themselves.
        _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi32(low, high))
    }
}

/// The sum of eight lanes, upper halves added to lower ones.
#[inline(always)]
pub(super) unsafe fn total(lanes: __m256) -> f32 {
    // SAFETY: as said.
    unsafe {
        let four = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps::<1>(lanes));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
    }
}

/// The largest of eight lanes.
#[inline(always)]
pub(super) unsafe fn largest(lanes: __m256) -> f32 {
    // SAFETY: as said.
    unsafe {
        let four = _mm_max_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps::<1>(lanes));
        let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
    }
}
