//! AVX2: products of eight bits are added in pairs of sixteen, then of 32; weights of seven bits keep the pairs in
//! range.

use std::arch::x86_64::*;

use super::tiles::{self, Vectors};
use super::{Left, Matrix, Right, Rows};

// Eight of the sixteen registers hold sums.
tiles::set!(Avx2, "avx2", 4, 2);

// SAFETY, for all blocks: who calls has the instructions, and the numbers at the pointers.
impl Vectors for Avx2 {
    type Sums = __m256i;
    type Factors = __m256i;
    const WIDTH: usize = 8;

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
