//! AVX-512 with VNNI: four products of eight bits, or two of sixteen, are added to each of sixteen sums at once.

use std::arch::x86_64::*;

use super::tiles::{self, Vectors};
use super::{Left, Matrix, Right, Rows};

// 24 of the 32 registers hold sums.
tiles::set!(Avx512, "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni", 6, 4);

// SAFETY, for all blocks: who calls has the instructions, and the numbers at the pointers.
impl Vectors for Avx512 {
    type Sums = __m512i;
    type Factors = __m512i;
    const WIDTH: usize = 16;

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
        unsafe { _mm512_dpwssd_epi32(sums, left, right) }
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
