//! AVX-512 with VNNI: four products of eight bits, or two of sixteen, are added to each of sixteen sums at once.

use std::arch::x86_64::*;

use super::avx2::{largest, total};
use super::lanes::{LANES, Lanes};
use super::tiles::{self, Vectors};
use super::{Left, Matrix, Right, Rows};

// 24 of the 32 registers hold sums.
tiles::set!(Avx512, __m512, "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni", 6, 4, 12, 2);

// SAFETY, for all blocks: who calls has the instructions, and the numbers at the pointers.
impl Vectors for Avx512 {
    type Sums = __m512i;
    type Factors = __m512i;
    const WIDTH: usize = 16;
    const HALVES: bool = false;

    #[inline(always)]
    unsafe fn zero() -> __m512i {
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    unsafe fn start(from: *const i32) -> __m512i {
        unsafe { _mm512_loadu_epi32(from) }
    }

    #[inline(always)]
    unsafe fn load(from: *const i8) -> __m512i {
        unsafe { _mm512_load_si512(from.cast()) }
    }

    #[inline(always)]
    unsafe fn repeat(four: [u8; 4]) -> __m512i {
        unsafe { _mm512_set1_epi32(i32::from_ne_bytes(four)) }
    }

    #[inline(always)]
    unsafe fn fours(sums: __m512i, row: __m512i, weights: __m512i) -> __m512i {
        unsafe { _mm512_dpbusd_epi32(sums, row, weights) }
    }

    #[inline(always)]
    unsafe fn twos(sums: __m512i, left: __m512i, right: __m512i) -> __m512i {
        /// By name, because the compiler makes two instructions of the intrinsic, which some processors like better.
        #[inline]
        #[target_feature(enable = "avx512f,avx512vnni")]
        fn twos(mut sums: __m512i, left: __m512i, right: __m512i) -> __m512i {
            // SAFETY: it reads and writes the registers that it names and nothing else.
            unsafe {
                std::arch::asm!(
                    "vpdpwssd {sums}, {left}, {right}",
                    sums = inout(zmm_reg) sums,
                    left = in(zmm_reg) left,
                    right = in(zmm_reg) right,
                    options(pure, nomem, nostack, preserves_flags)
                );
            }
            sums
        }
        unsafe { twos(sums, left, right) }
    }

    #[inline(always)]
    unsafe fn store(sums: __m512i, to: *mut i32) {
        unsafe { _mm512_storeu_epi32(to, sums) }
    }

    #[inline(always)]
    unsafe fn finish(sums: __m512i, row: f32, scale: *const f32, bias: *const f32, to: *mut f32) {
        unsafe {
            let factor = _mm512_mul_ps(_mm512_set1_ps(row), _mm512_loadu_ps(scale));
            let scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), factor);
            _mm512_storeu_ps(to, _mm512_add_ps(scaled, _mm512_loadu_ps(bias)));
        }
    }
}

// SAFETY, for all blocks: `__m512` is named as lanes by `Avx512` alone, which is named in `run` alone, whose caller has the
// instructions; loads and stores are of what is borrowed.
impl Lanes for __m512 {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn whole(from: &[i32; LANES]) -> Self {
        unsafe { _mm512_cvtepi32_ps(_mm512_loadu_epi32(from.as_ptr())) }
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), self) }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        unsafe { _mm512_add_ps(self, other) }
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        unsafe { _mm512_sub_ps(self, other) }
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        unsafe { _mm512_mul_ps(self, other) }
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        unsafe { _mm512_max_ps(self, other) }
    }

    #[inline(always)]
    fn size(self) -> Self {
        unsafe { _mm512_abs_ps(self) }
    }

    #[inline(always)]
    fn grown(self, whole: Self) -> Self {
        unsafe {
            let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(whole));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(self), exponent))
        }
    }

    #[inline(always)]
    fn bytes(self, flip: u8, to: &mut [u8; LANES]) {
        unsafe {
            let bytes = _mm512_cvtepi32_epi8(_mm512_castps_si512(self));
            let flipped = _mm_xor_si128(bytes, _mm_set1_epi8(flip.cast_signed()));
            _mm_storeu_si128(to.as_mut_ptr().cast(), flipped);
        }
    }

    #[inline(always)]
    fn halves(self, to: &mut [i16; LANES]) {
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), _mm512_cvtepi32_epi16(_mm512_castps_si512(self))) }
    }

    #[inline(always)]
    fn total(self) -> f32 {
        unsafe { total(_mm256_add_ps(_mm512_castps512_ps256(self), _mm512_extractf32x8_ps::<1>(self))) }
    }

    #[inline(always)]
    fn largest(self) -> f32 {
        unsafe { largest(_mm256_max_ps(_mm512_castps512_ps256(self), _mm512_extractf32x8_ps::<1>(self))) }
    }
}
