//! NEON: products of eight bits are added in pairs of sixteen, then of 32.

use std::arch::aarch64::*;

use super::tiles::{self, Vectors};
use super::{Left, Matrix, Right, Rows};

// Half of the 32 registers hold sums.
tiles::set!(Neon, "neon", 4, 4);

// SAFETY, for all blocks: who calls has the instructions, and the numbers at the pointers.
impl Vectors for Neon {
    type Sums = int32x4_t;
    type Factors = int8x16_t;
    const WIDTH: usize = 4;

    #[inline(always)]
    unsafe fn zero() -> int32x4_t {
        unsafe { vdupq_n_s32(0) }
    }

    #[inline(always)]
    unsafe fn start(_: *const i32) -> int32x4_t {
        unsafe { vdupq_n_s32(0) }
    }

    #[inline(always)]
    unsafe fn load(from: *const i8) -> int8x16_t {
        unsafe { vld1q_s8(from) }
    }

    #[inline(always)]
    unsafe fn repeat(four: [u8; 4]) -> int8x16_t {
        unsafe { vreinterpretq_s8_u32(vdupq_n_u32(u32::from_ne_bytes(four))) }
    }

    #[inline(always)]
    unsafe fn fours(sums: int32x4_t, row: int8x16_t, weights: int8x16_t) -> int32x4_t {
        unsafe {
            // Both factors are signed here, so the 128 comes off at once: to flip the highest bit is to subtract it.
            let row = veorq_s8(row, vdupq_n_s8(i8::MIN));
            let low = vmull_s8(vget_low_s8(row), vget_low_s8(weights));
            let high = vmull_high_s8(row, weights);
            vpadalq_s16(sums, vpaddq_s16(low, high))
        }
    }

    #[inline(always)]
    unsafe fn twos(sums: int32x4_t, left: int8x16_t, right: int8x16_t) -> int32x4_t {
        unsafe {
            let (left, right) = (vreinterpretq_s16_s8(left), vreinterpretq_s16_s8(right));
            let low = vmull_s16(vget_low_s16(left), vget_low_s16(right));
            let high = vmull_high_s16(left, right);
            vaddq_s32(sums, vpaddq_s32(low, high))
        }
    }

    #[inline(always)]
    unsafe fn store(sums: int32x4_t, to: *mut i32) {
        unsafe { vst1q_s32(to, sums) }
    }

    #[inline(always)]
    unsafe fn finish(sums: int32x4_t, row: f32, scale: *const f32, bias: *const f32, to: *mut f32) {
        unsafe {
            let factor = vmulq_f32(vdupq_n_f32(row), vld1q_f32(scale));
            let scaled = vmulq_f32(vcvtq_f32_s32(sums), factor);
            vst1q_f32(to, vaddq_f32(scaled, vld1q_f32(bias)));
        }
    }
}
