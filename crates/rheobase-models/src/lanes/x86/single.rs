//! Lanes of `f32` in the registers of SSE2, AVX2 and AVX-512.
//!
//! Safety of the whole file: see [`super`]. `load_some` and `store_some` touch the lanes of a slice that is shorter than
//! the register; masked lanes are not accessed.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::register::{mask_register, register, vector_mask};
use crate::lanes::{Lanes, every_other, turned, twice};
use crate::number::scalar::{elementary, plain_firing};
use crate::real::{Float, Mask, Real, Slope, scale_in_two};

register!(
    /// 4 lanes of `f32` (SSE2).
    F32x4(__m128, 4 of f32), Single 12_583_039.0, mask Mask4,
    _mm_add_ps _mm_sub_ps _mm_mul_ps _mm_div_ps _mm_sqrt_ps _mm_set1_ps _mm_loadu_ps _mm_storeu_ps
    _mm_min_ps _mm_max_ps scale_in_two, "sse2"
);
register!(
    /// 8 lanes of `f32` (AVX2).
    F32x8(__m256, 8 of f32), Single 12_583_039.0, mask Mask8,
    _mm256_add_ps _mm256_sub_ps _mm256_mul_ps _mm256_div_ps _mm256_sqrt_ps _mm256_set1_ps _mm256_loadu_ps
    _mm256_storeu_ps _mm256_min_ps _mm256_max_ps scale_in_two, "avx2"
);
register!(
    /// 16 lanes of `f32` (AVX-512).
    F32x16(__m512, 16 of f32), Single 12_583_039.0, mask Mask16,
    _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_div_ps _mm512_sqrt_ps _mm512_set1_ps _mm512_loadu_ps
    _mm512_storeu_ps _mm512_min_ps _mm512_max_ps F32x16::scale_at_once, "avx512f,avx512dq,avx2"
);

vector_mask!(
    /// 4 truth values.
    Mask4(__m128), _mm_and_ps _mm_or_ps _mm_xor_ps _mm_movemask_ps _mm_castsi128_ps(_mm_set1_epi32(-1)),
    |bits: u64| {
        let lane = _mm_set_epi32(8, 4, 2, 1);
        _mm_castsi128_ps(_mm_cmpeq_epi32(_mm_and_si128(_mm_set1_epi32(bits as i32), lane), lane))
    }
);
vector_mask!(
    /// 8 truth values.
    Mask8(__m256), _mm256_and_ps _mm256_or_ps _mm256_xor_ps _mm256_movemask_ps
    _mm256_castsi256_ps(_mm256_set1_epi32(-1)),
    |bits: u64| {
        let lane = _mm256_set_epi32(128, 64, 32, 16, 8, 4, 2, 1);
        _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bits as i32), lane), lane))
    }
);
mask_register!(
    /// 16 truth values.
    Mask16(__mmask16)
);

/// The sums of registers of four lanes: lane 2 is added to lane 0, 3 to 1, then the second to the first.
#[inline(always)]
fn sums_of_quarters(registers: [__m128; 16]) -> [f32; 16] {
    let mut sums = [0.0; 16];
    for k in 0..4 {
        let (a, b) = (registers[4 * k], registers[4 * k + 1]);
        let (c, d) = (registers[4 * k + 2], registers[4 * k + 3]);
        // SAFETY: SSE is part of x86-64; a quarter of `sums` has the register's length.
        unsafe {
            let ab = _mm_add_ps(_mm_movelh_ps(a, b), _mm_movehl_ps(b, a));
            let cd = _mm_add_ps(_mm_movelh_ps(c, d), _mm_movehl_ps(d, c));
            let all =
                _mm_add_ps(_mm_shuffle_ps::<0b10_00_10_00>(ab, cd), _mm_shuffle_ps::<0b11_01_11_01>(ab, cd));
            _mm_storeu_ps(sums[4 * k..4 * k + 4].as_mut_ptr(), all);
        }
    }
    sums
}

impl F32x4 {
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
    /// Halves added until four lanes are left.
    #[inline(always)]
    fn quarter(self) -> __m128 {
        self.0
    }
    #[inline(always)]
    fn sums(registers: [Self; 16]) -> [f32; 16] {
        // SAFETY: SSE is part of x86-64.
        let mut quarters = [unsafe { _mm_setzero_ps() }; 16];
        for r in 0..16 {
            quarters[r] = registers[r].quarter();
        }
        sums_of_quarters(quarters)
    }
    #[inline(always)]
    fn load_some(from: &[f32]) -> Self {
        let mut whole = [0.0; 4];
        whole[..from.len()].copy_from_slice(from);
        unsafe { Self(_mm_loadu_ps(whole.as_ptr())) }
    }
    #[inline(always)]
    fn store_some(self, to: &mut [f32]) {
        let mut whole = [0.0; 4];
        unsafe { _mm_storeu_ps(whole.as_mut_ptr(), self.0) }
        to.copy_from_slice(&whole[..to.len()]);
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        unsafe { Self(_mm_xor_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn and_not_sign(self) -> Self {
        unsafe { Self(_mm_andnot_ps(_mm_set1_ps(-0.0), self.0)) }
    }
    #[inline(always)]
    fn less(self, other: Self) -> Mask4 {
        unsafe { Mask4(_mm_cmplt_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn less_or_equal(self, other: Self) -> Mask4 {
        unsafe { Mask4(_mm_cmple_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn blend(mask: Mask4, yes: Self, no: Self) -> Self {
        unsafe { Self(_mm_or_ps(_mm_and_ps(mask.0, yes.0), _mm_andnot_ps(mask.0, no.0))) }
    }
    /// SSE2 has no rounding instruction: convert to integers and back, where the number can have a fraction.
    #[inline(always)]
    fn round_to_zero(self) -> Self {
        let whole = unsafe { Self(_mm_cvtepi32_ps(_mm_cvttps_epi32(self.0))) }.copysign(self);
        Self::blend(self.abs().less(Self::splat(8_388_608.0)), whole, self)
    }
    #[inline(always)]
    fn round_down(self) -> Self {
        let t = self.round_to_zero();
        Self::blend(self.less(t), t - Self::splat(1.0), t)
    }
    #[inline(always)]
    fn shift_into_exponent(self) -> Self {
        unsafe { Self(_mm_castsi128_ps(_mm_slli_epi32::<23>(_mm_castps_si128(self.0)))) }
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        unsafe {
            let bits = _mm_castps_si128(self.0);
            let e = _mm_srai_epi32::<23>(_mm_sub_epi32(bits, _mm_set1_epi32(0x3f35_04f3)));
            let m = _mm_sub_epi32(bits, _mm_slli_epi32::<23>(e));
            (Self(_mm_castsi128_ps(m)), Self(_mm_cvtepi32_ps(e)))
        }
    }
}

impl F32x8 {
    #[inline(always)]
    fn transpose(mut square: [Self; 16]) -> [Self; 16] {
        // Pairs of rows, then fours, then all eight.
        let mut fours = [square[0].0; 8];
        unsafe {
            for m in [0, 4] {
                let [a, b, c, d] = [square[m].0, square[m + 1].0, square[m + 2].0, square[m + 3].0];
                let (ab, ab_2) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                let (cd, cd_2) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
                fours[m] = _mm256_shuffle_ps::<0x44>(ab, cd);
                fours[m + 1] = _mm256_shuffle_ps::<0xee>(ab, cd);
                fours[m + 2] = _mm256_shuffle_ps::<0x44>(ab_2, cd_2);
                fours[m + 3] = _mm256_shuffle_ps::<0xee>(ab_2, cd_2);
            }
            for c in 0..4 {
                square[c] = Self(_mm256_permute2f128_ps::<0x20>(fours[c], fours[c + 4]));
                square[c + 4] = Self(_mm256_permute2f128_ps::<0x31>(fours[c], fours[c + 4]));
            }
        }
        square
    }
    #[inline(always)]
    fn even_and_odd(first: Self, second: Self) -> (Self, Self) {
        unsafe {
            let even = _mm256_castps_pd(_mm256_shuffle_ps::<0x88>(first.0, second.0));
            let odd = _mm256_castps_pd(_mm256_shuffle_ps::<0xdd>(first.0, second.0));
            (
                Self(_mm256_castpd_ps(_mm256_permute4x64_pd::<0xd8>(even))),
                Self(_mm256_castpd_ps(_mm256_permute4x64_pd::<0xd8>(odd))),
            )
        }
    }
    #[inline(always)]
    fn each_twice(self) -> (Self, Self) {
        unsafe {
            let (low, high) = (_mm256_unpacklo_ps(self.0, self.0), _mm256_unpackhi_ps(self.0, self.0));
            (Self(_mm256_permute2f128_ps::<0x20>(low, high)), Self(_mm256_permute2f128_ps::<0x31>(low, high)))
        }
    }
    /// Halves added until four lanes are left.
    #[inline(always)]
    fn quarter(self) -> __m128 {
        // SAFETY: see the head of this file.
        unsafe { _mm_add_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0)) }
    }
    #[inline(always)]
    fn first_lanes(n: usize) -> __m256i {
        unsafe { _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0)) }
    }
    #[inline(always)]
    fn sums(registers: [Self; 16]) -> [f32; 16] {
        // SAFETY: SSE is part of x86-64.
        let mut quarters = [unsafe { _mm_setzero_ps() }; 16];
        for r in 0..16 {
            quarters[r] = registers[r].quarter();
        }
        sums_of_quarters(quarters)
    }
    #[inline(always)]
    fn load_some(from: &[f32]) -> Self {
        unsafe { Self(_mm256_maskload_ps(from.as_ptr(), Self::first_lanes(from.len()))) }
    }
    #[inline(always)]
    fn store_some(self, to: &mut [f32]) {
        unsafe { _mm256_maskstore_ps(to.as_mut_ptr(), Self::first_lanes(to.len()), self.0) }
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        unsafe { Self(_mm256_xor_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn and_not_sign(self) -> Self {
        unsafe { Self(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)) }
    }
    #[inline(always)]
    fn less(self, other: Self) -> Mask8 {
        unsafe { Mask8(_mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0)) }
    }
    #[inline(always)]
    fn less_or_equal(self, other: Self) -> Mask8 {
        unsafe { Mask8(_mm256_cmp_ps::<_CMP_LE_OQ>(self.0, other.0)) }
    }
    #[inline(always)]
    fn blend(mask: Mask8, yes: Self, no: Self) -> Self {
        unsafe { Self(_mm256_blendv_ps(no.0, yes.0, mask.0)) }
    }
    #[inline(always)]
    fn round_to_zero(self) -> Self {
        unsafe { Self(_mm256_round_ps::<{ _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC }>(self.0)) }
    }
    #[inline(always)]
    fn round_down(self) -> Self {
        unsafe { Self(_mm256_round_ps::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(self.0)) }
    }
    #[inline(always)]
    fn shift_into_exponent(self) -> Self {
        unsafe { Self(_mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_castps_si256(self.0)))) }
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        unsafe {
            let bits = _mm256_castps_si256(self.0);
            let e = _mm256_srai_epi32::<23>(_mm256_sub_epi32(bits, _mm256_set1_epi32(0x3f35_04f3)));
            let m = _mm256_sub_epi32(bits, _mm256_slli_epi32::<23>(e));
            (Self(_mm256_castsi256_ps(m)), Self(_mm256_cvtepi32_ps(e)))
        }
    }
}

impl F32x16 {
    #[inline(always)]
    fn transpose(mut square: [Self; 16]) -> [Self; 16] {
        // Pairs of rows, then fours, in every quarter of a register; then quarters.
        let mut fours = [square[0].0; 16];
        unsafe {
            for m in [0, 4, 8, 12] {
                let [a, b, c, d] = [square[m].0, square[m + 1].0, square[m + 2].0, square[m + 3].0];
                let (ab, ab_2) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
                let (cd, cd_2) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
                fours[m] = _mm512_shuffle_ps::<0x44>(ab, cd);
                fours[m + 1] = _mm512_shuffle_ps::<0xee>(ab, cd);
                fours[m + 2] = _mm512_shuffle_ps::<0x44>(ab_2, cd_2);
                fours[m + 3] = _mm512_shuffle_ps::<0xee>(ab_2, cd_2);
            }
            for c in 0..4 {
                let (a, b) = (fours[c], fours[c + 4]);
                let (d, e) = (fours[c + 8], fours[c + 12]);
                let (even, odd) = (_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b));
                let (even_2, odd_2) =
                    (_mm512_shuffle_f32x4::<0x88>(d, e), _mm512_shuffle_f32x4::<0xdd>(d, e));
                square[c] = Self(_mm512_shuffle_f32x4::<0x88>(even, even_2));
                square[c + 4] = Self(_mm512_shuffle_f32x4::<0x88>(odd, odd_2));
                square[c + 8] = Self(_mm512_shuffle_f32x4::<0xdd>(even, even_2));
                square[c + 12] = Self(_mm512_shuffle_f32x4::<0xdd>(odd, odd_2));
            }
        }
        square
    }
    #[inline(always)]
    fn even_and_odd(first: Self, second: Self) -> (Self, Self) {
        unsafe {
            let even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
            let odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
            (
                Self(_mm512_permutex2var_ps(first.0, even, second.0)),
                Self(_mm512_permutex2var_ps(first.0, odd, second.0)),
            )
        }
    }
    #[inline(always)]
    fn each_twice(self) -> (Self, Self) {
        unsafe {
            let low = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
            let high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
            (Self(_mm512_permutexvar_ps(low, self.0)), Self(_mm512_permutexvar_ps(high, self.0)))
        }
    }
    #[inline(always)]
    fn sums(registers: [Self; 16]) -> [f32; 16] {
        // Halves of two registers side by side are added, then quarters of four, then pairs, then single lanes.
        let mut sums = [0.0; 16];
        // SAFETY: `sums` has the register's length.
        unsafe {
            let mut fours = [_mm512_setzero_ps(); 4];
            for m in 0..4 {
                let (a, b) = (registers[m].0, registers[m + 4].0);
                let (c, d) = (registers[m + 8].0, registers[m + 12].0);
                let ab =
                    _mm512_add_ps(_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xee>(a, b));
                let cd =
                    _mm512_add_ps(_mm512_shuffle_f32x4::<0x44>(c, d), _mm512_shuffle_f32x4::<0xee>(c, d));
                fours[m] =
                    _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(ab, cd), _mm512_shuffle_f32x4::<0xdd>(ab, cd));
            }
            let (low, high) = (Self::added_pairs(fours[0], fours[1]), Self::added_pairs(fours[2], fours[3]));
            let all = _mm512_add_ps(
                _mm512_shuffle_ps::<0b10_00_10_00>(low, high),
                _mm512_shuffle_ps::<0b11_01_11_01>(low, high),
            );
            _mm512_storeu_ps(sums.as_mut_ptr(), all);
        }
        sums
    }
    /// In every quarter, lanes 2 and 3 of `a` added to its lanes 0 and 1, then the same of `b`.
    #[inline(always)]
    fn added_pairs(a: __m512, b: __m512) -> __m512 {
        unsafe {
            let (a, b) = (_mm512_castps_pd(a), _mm512_castps_pd(b));
            _mm512_add_ps(
                _mm512_castpd_ps(_mm512_unpacklo_pd(a, b)),
                _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)),
            )
        }
    }
    #[inline(always)]
    fn load_some(from: &[f32]) -> Self {
        unsafe { Self(_mm512_maskz_loadu_ps(((1u32 << from.len()) - 1) as u16, from.as_ptr())) }
    }
    #[inline(always)]
    fn store_some(self, to: &mut [f32]) {
        unsafe { _mm512_mask_storeu_ps(to.as_mut_ptr(), ((1u32 << to.len()) - 1) as u16, self.0) }
    }
    /// One instruction with the one rounding of the two products.
    #[inline(always)]
    fn scale_at_once(self, k: Self) -> Self {
        unsafe { Self(_mm512_scalef_ps(self.0, k.0)) }
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        unsafe { Self(_mm512_xor_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn and_not_sign(self) -> Self {
        unsafe { Self(_mm512_andnot_ps(_mm512_set1_ps(-0.0), self.0)) }
    }
    #[inline(always)]
    fn less(self, other: Self) -> Mask16 {
        unsafe { Mask16(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0)) }
    }
    #[inline(always)]
    fn less_or_equal(self, other: Self) -> Mask16 {
        unsafe { Mask16(_mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, other.0)) }
    }
    #[inline(always)]
    fn blend(mask: Mask16, yes: Self, no: Self) -> Self {
        unsafe { Self(_mm512_mask_blend_ps(mask.0, no.0, yes.0)) }
    }
    #[inline(always)]
    fn round_to_zero(self) -> Self {
        unsafe { Self(_mm512_roundscale_ps::<{ _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC }>(self.0)) }
    }
    #[inline(always)]
    fn round_down(self) -> Self {
        unsafe { Self(_mm512_roundscale_ps::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(self.0)) }
    }
    #[inline(always)]
    fn shift_into_exponent(self) -> Self {
        unsafe { Self(_mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_castps_si512(self.0)))) }
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        unsafe {
            let bits = _mm512_castps_si512(self.0);
            let e = _mm512_srai_epi32::<23>(_mm512_sub_epi32(bits, _mm512_set1_epi32(0x3f35_04f3)));
            let m = _mm512_sub_epi32(bits, _mm512_slli_epi32::<23>(e));
            (Self(_mm512_castsi512_ps(m)), Self(_mm512_cvtepi32_ps(e)))
        }
    }
}
