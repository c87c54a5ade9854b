//! NEON: products of eight bits are added in pairs of sixteen, then of 32.

use std::arch::aarch64::*;

use super::lanes::{LANES, Lanes};
use super::tiles::{self, Vectors};
use super::{Left, Matrix, Right, Rows};

// Half of the 32 registers hold sums.
tiles::set!(Neon, Four, "neon", 4, 4, 4, 4);

// SAFETY, for all blocks: who calls has the instructions, and the numbers at the pointers.
impl Vectors for Neon {
    type Sums = int32x4_t;
    type Factors = int8x16_t;
    const WIDTH: usize = 4;
    const HALVES: bool = true;

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
    unsafe fn eights(sums: int32x4_t, rows: [int8x16_t; 2], weights: [int8x16_t; 2]) -> int32x4_t {
        unsafe {
            let rows = rows.map(|row| veorq_s8(row, vdupq_n_s8(i8::MIN)));
            let low = vmull_s8(vget_low_s8(rows[0]), vget_low_s8(weights[0]));
            let low = vmlal_s8(low, vget_low_s8(rows[1]), vget_low_s8(weights[1]));
            let high = vmlal_high_s8(vmull_high_s8(rows[0], weights[0]), rows[1], weights[1]);
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

/// Sixteen lanes in four vectors.
type Four = [float32x4_t; 4];

/// Does `one` to each part of two.
#[inline(always)]
fn each(left: Four, right: Four, one: impl Fn(float32x4_t, float32x4_t) -> float32x4_t) -> Four {
    std::array::from_fn(|part| one(left[part], right[part]))
}

// SAFETY, for all blocks: `Four` is named as lanes by `Neon` alone, which is named in `run` alone, whose caller has the
// instructions; loads and stores are of what is borrowed.
impl Lanes for Four {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        unsafe { [vdupq_n_f32(value); 4] }
    }

    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        std::array::from_fn(|part| unsafe { vld1q_f32(from.as_ptr().add(4 * part)) })
    }

    #[inline(always)]
    fn whole(from: &[i32; LANES]) -> Self {
        std::array::from_fn(|part| unsafe { vcvtq_f32_s32(vld1q_s32(from.as_ptr().add(4 * part))) })
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        for part in 0..4 {
            unsafe { vst1q_f32(to.as_mut_ptr().add(4 * part), self[part]) }
        }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        each(self, other, |left, right| unsafe { vaddq_f32(left, right) })
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        each(self, other, |left, right| unsafe { vsubq_f32(left, right) })
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        each(self, other, |left, right| unsafe { vmulq_f32(left, right) })
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        each(self, other, |left, right| unsafe { vbslq_f32(vcgtq_f32(left, right), left, right) })
    }

    #[inline(always)]
    fn size(self) -> Self {
        self.map(|part| unsafe { vabsq_f32(part) })
    }

    #[inline(always)]
    fn grown(self, whole: Self) -> Self {
        each(self, whole, |part, whole| unsafe {
            let exponent = vshlq_n_u32::<23>(vreinterpretq_u32_f32(whole));
            vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(part), exponent))
        })
    }

    #[inline(always)]
    fn bytes(self, flip: u8, to: &mut [u8; LANES]) {
        unsafe {
            let [first, second, third, fourth] = lowest(self);
            let low = vmovn_u16(vcombine_u16(first, second));
            let high = vmovn_u16(vcombine_u16(third, fourth));
            vst1q_u8(to.as_mut_ptr(), veorq_u8(vcombine_u8(low, high), vdupq_n_u8(flip)));
        }
    }

    #[inline(always)]
    fn halves(self, to: &mut [i16; LANES]) {
        for (part, half) in lowest(self).into_iter().enumerate() {
            unsafe { vst1_s16(to.as_mut_ptr().add(4 * part), vreinterpret_s16_u16(half)) }
        }
    }

    #[inline(always)]
    fn total(self) -> f32 {
        let mut lanes = [0.0; LANES];
        self.store(&mut lanes);
        lanes.total()
    }

    #[inline(always)]
    fn largest(self) -> f32 {
        let mut lanes = [0.0; LANES];
        self.store(&mut lanes);
        lanes.largest()
    }
}

/// The lowest sixteen bits of each lane.
#[inline(always)]
fn lowest(lanes: Four) -> [uint16x4_t; 4] {
    // SAFETY: as above.
    lanes.map(|part| unsafe { vmovn_u32(vreinterpretq_u32_f32(part)) })
}
