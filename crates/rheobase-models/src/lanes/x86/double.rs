//! Lanes of `f64` in the registers of AVX2 and AVX-512.
//!
//! Safety of the whole file: see [`super`]. `load_some` and `store_some` touch the lanes of a slice that is shorter than
//! the register; masked lanes are not accessed.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::register::{mask_register, register, vector_mask};
use crate::lanes::{Lanes, every_other, halved, turned, twice};
use crate::number::scalar::{elementary, plain_firing};
use crate::real::{Float, Mask, Real, Slope, scale_in_two};

register!(
    /// 4 lanes of `f64` (AVX2).
    F64x4(__m256d, 4 of f64), Double 6_755_399_441_056_767.0, mask Mask4,
    _mm256_add_pd _mm256_sub_pd _mm256_mul_pd _mm256_div_pd _mm256_sqrt_pd _mm256_set1_pd _mm256_loadu_pd
    _mm256_storeu_pd _mm256_min_pd _mm256_max_pd scale_in_two, "avx2"
);
register!(
    /// 8 lanes of `f64` (AVX-512).
    F64x8(__m512d, 8 of f64), Double 6_755_399_441_056_767.0, mask Mask8,
    _mm512_add_pd _mm512_sub_pd _mm512_mul_pd _mm512_div_pd _mm512_sqrt_pd _mm512_set1_pd _mm512_loadu_pd
    _mm512_storeu_pd _mm512_min_pd _mm512_max_pd F64x8::scale_at_once, "avx512f,avx512dq,avx2"
);
vector_mask!(
    /// 4 truth values.
    Mask4(__m256d), _mm256_and_pd _mm256_or_pd _mm256_xor_pd _mm256_movemask_pd
    _mm256_castsi256_pd(_mm256_set1_epi32(-1)),
    |bits: u64| {
        let lane = _mm256_set_epi64x(8, 4, 2, 1);
        _mm256_castsi256_pd(_mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(bits as i64), lane), lane))
    }
);
mask_register!(
    /// 8 truth values.
    Mask8(__mmask8)
);

/// The bits of √½.
const SQRT_HALF: i64 = 0x3fe6_a09e_667f_3bcd;

impl F64x4 {
    #[inline(always)]
    fn transpose(square: [Self; 16]) -> [Self; 16] {
        turned(square)
    }
    #[inline(always)]
    fn even_and_odd(first: Self, second: Self) -> (Self, Self) {
        every_other(first, second)
    }
    #[inline(always)]
    fn each_twice(self) -> (Self, Self) {
        twice(self)
    }
    #[inline(always)]
    fn sums(registers: [Self; 16]) -> [f64; 16] {
        halved(registers)
    }
    #[inline(always)]
    fn first_lanes(n: usize) -> __m256i {
        unsafe { _mm256_cmpgt_epi64(_mm256_set1_epi64x(n as i64), _mm256_set_epi64x(3, 2, 1, 0)) }
    }
    #[inline(always)]
    fn load_some(from: &[f64]) -> Self {
        unsafe { Self(_mm256_maskload_pd(from.as_ptr(), Self::first_lanes(from.len()))) }
    }
    #[inline(always)]
    fn store_some(self, to: &mut [f64]) {
        unsafe { _mm256_maskstore_pd(to.as_mut_ptr(), Self::first_lanes(to.len()), self.0) }
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        unsafe { Self(_mm256_xor_pd(self.0, other.0)) }
    }
    #[inline(always)]
    fn and_not_sign(self) -> Self {
        unsafe { Self(_mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0)) }
    }
    #[inline(always)]
    fn less(self, other: Self) -> Mask4 {
        unsafe { Mask4(_mm256_cmp_pd::<_CMP_LT_OQ>(self.0, other.0)) }
    }
    #[inline(always)]
    fn less_or_equal(self, other: Self) -> Mask4 {
        unsafe { Mask4(_mm256_cmp_pd::<_CMP_LE_OQ>(self.0, other.0)) }
    }
    #[inline(always)]
    fn blend(mask: Mask4, yes: Self, no: Self) -> Self {
        unsafe { Self(_mm256_blendv_pd(no.0, yes.0, mask.0)) }
    }
    #[inline(always)]
    fn round_to_zero(self) -> Self {
        unsafe { Self(_mm256_round_pd::<{ _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC }>(self.0)) }
    }
    #[inline(always)]
    fn round_down(self) -> Self {
        unsafe { Self(_mm256_round_pd::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(self.0)) }
    }
    #[inline(always)]
    fn shift_into_exponent(self) -> Self {
        unsafe { Self(_mm256_castsi256_pd(_mm256_slli_epi64::<52>(_mm256_castpd_si256(self.0)))) }
    }
    /// AVX2 shifts signed numbers of 32 bits only: the exponent is in the upper half of each lane.
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        unsafe {
            let bits = _mm256_castpd_si256(self.0);
            let shifted = _mm256_srai_epi32::<20>(_mm256_sub_epi64(bits, _mm256_set1_epi64x(SQRT_HALF)));
            let uppers = _mm256_permutevar8x32_epi32(shifted, _mm256_set_epi32(7, 5, 3, 1, 7, 5, 3, 1));
            let e = _mm256_castsi256_si128(uppers);
            let m = _mm256_sub_epi64(bits, _mm256_slli_epi64::<52>(_mm256_cvtepi32_epi64(e)));
            (Self(_mm256_castsi256_pd(m)), Self(_mm256_cvtepi32_pd(e)))
        }
    }
}

impl F64x8 {
    #[inline(always)]
    fn transpose(square: [Self; 16]) -> [Self; 16] {
        turned(square)
    }
    #[inline(always)]
    fn even_and_odd(first: Self, second: Self) -> (Self, Self) {
        every_other(first, second)
    }
    #[inline(always)]
    fn each_twice(self) -> (Self, Self) {
        twice(self)
    }
    #[inline(always)]
    fn sums(registers: [Self; 16]) -> [f64; 16] {
        halved(registers)
    }
    #[inline(always)]
    fn load_some(from: &[f64]) -> Self {
        unsafe { Self(_mm512_maskz_loadu_pd(((1u32 << from.len()) - 1) as u8, from.as_ptr())) }
    }
    #[inline(always)]
    fn store_some(self, to: &mut [f64]) {
        unsafe { _mm512_mask_storeu_pd(to.as_mut_ptr(), ((1u32 << to.len()) - 1) as u8, self.0) }
    }
    /// One instruction with the one rounding of the two products.
    #[inline(always)]
    fn scale_at_once(self, k: Self) -> Self {
        unsafe { Self(_mm512_scalef_pd(self.0, k.0)) }
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        unsafe { Self(_mm512_xor_pd(self.0, other.0)) }
    }
    #[inline(always)]
    fn and_not_sign(self) -> Self {
        unsafe { Self(_mm512_andnot_pd(_mm512_set1_pd(-0.0), self.0)) }
    }
    #[inline(always)]
    fn less(self, other: Self) -> Mask8 {
        unsafe { Mask8(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(self.0, other.0)) }
    }
    #[inline(always)]
    fn less_or_equal(self, other: Self) -> Mask8 {
        unsafe { Mask8(_mm512_cmp_pd_mask::<_CMP_LE_OQ>(self.0, other.0)) }
    }
    #[inline(always)]
    fn blend(mask: Mask8, yes: Self, no: Self) -> Self {
        unsafe { Self(_mm512_mask_blend_pd(mask.0, no.0, yes.0)) }
    }
    #[inline(always)]
    fn round_to_zero(self) -> Self {
        unsafe { Self(_mm512_roundscale_pd::<{ _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC }>(self.0)) }
    }
    #[inline(always)]
    fn round_down(self) -> Self {
        unsafe { Self(_mm512_roundscale_pd::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(self.0)) }
    }
    #[inline(always)]
    fn shift_into_exponent(self) -> Self {
        unsafe { Self(_mm512_castsi512_pd(_mm512_slli_epi64::<52>(_mm512_castpd_si512(self.0)))) }
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        unsafe {
            let bits = _mm512_castpd_si512(self.0);
            let e = _mm512_srai_epi64::<52>(_mm512_sub_epi64(bits, _mm512_set1_epi64(SQRT_HALF)));
            let m = _mm512_sub_epi64(bits, _mm512_slli_epi64::<52>(e));
            (Self(_mm512_castsi512_pd(m)), Self(_mm512_cvtepi64_pd(e)))
        }
    }
}
