//! Lanes of `f32` in the registers of x86-64: SSE2, AVX2, AVX-512, and the entry to each level.
//!
//! Safety of the whole file: the intrinsics of a level are reached only through [`dispatch_f32`], which checks that
//! the processor has the level before it enters the function compiled for it; SSE2 is part of x86-64. Loads and
//! stores go through references to arrays of the register's length.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::{Kernel, Lanes, Level, Pack};
use crate::real::{Float, Mask, Real, elementary, plain_firing, scale_in_two};
use crate::surrogate::Surrogate;

/// Runs `kernel` over lanes of `f32` at `level`.
#[inline]
pub(super) fn dispatch_f32<K: Kernel<f32>>(level: Level, kernel: K) -> K::Output {
    match level {
        Level::Sse2 => kernel.run::<F32x4>(),
        _ => dispatch_f32_wide(level, kernel),
    }
}

/// Runs `kernel` over the lanes of AVX-512 or AVX2, or number by number.
#[inline]
pub(super) fn dispatch_f32_wide<K: Kernel<f32>>(level: Level, kernel: K) -> K::Output {
    #[target_feature(enable = "avx512f,avx512dq,avx2")]
    unsafe fn avx512<K: Kernel<f32>>(kernel: K) -> K::Output {
        kernel.run::<F32x16>()
    }
    #[target_feature(enable = "avx2")]
    unsafe fn avx2<K: Kernel<f32>>(kernel: K) -> K::Output {
        kernel.run::<F32x8>()
    }
    match level {
        // SAFETY: the level was found on this processor.
        Level::Avx512 if level.is_available() => unsafe { avx512(kernel) },
        // SAFETY: as above.
        Level::Avx2 if level.is_available() => unsafe { avx2(kernel) },
        _ => kernel.run::<f32>(),
    }
}

/// Runs `kernel` over four registers of AVX-512 or two of AVX2, which has half as many, side by side.
#[inline]
pub(super) fn dispatch_f32_abreast<K: Kernel<f32>>(level: Level, kernel: K) -> Result<K::Output, K> {
    #[target_feature(enable = "avx512f,avx512dq,avx2")]
    unsafe fn avx512<K: Kernel<f32>>(kernel: K) -> K::Output {
        kernel.run::<Pack<F32x16, 4>>()
    }
    #[target_feature(enable = "avx2")]
    unsafe fn avx2<K: Kernel<f32>>(kernel: K) -> K::Output {
        kernel.run::<Pack<F32x8, 2>>()
    }
    match level {
        // SAFETY: the level was found on this processor.
        Level::Avx512 if level.is_available() => Ok(unsafe { avx512(kernel) }),
        // SAFETY: as above.
        Level::Avx2 if level.is_available() => Ok(unsafe { avx2(kernel) }),
        _ => Err(kernel),
    }
}

/// Adds `by` times `from` to `to`, eight or four numbers at a time.
#[inline]
pub(super) fn add_scaled(level: Level, to: &mut [f64], by: f64, from: &[f64]) {
    macro_rules! whole {
        ($features:literal, $n:literal, $set:ident $load:ident $store:ident $add:ident $mul:ident) => {{
            #[target_feature(enable = $features)]
            unsafe fn whole(to: &mut [[f64; $n]], by: f64, from: &[[f64; $n]]) {
                let by = $set(by);
                for (y, x) in to.iter_mut().zip(from) {
                    // SAFETY: the arrays have the register's length.
                    unsafe {
                        let sum = $add($load(y.as_ptr()), $mul(by, $load(x.as_ptr())));
                        $store(y.as_mut_ptr(), sum);
                    }
                }
            }
            let n = to.len().min(from.len()) / $n * $n;
            // SAFETY: the level was found on this processor.
            unsafe { whole(to[..n].as_chunks_mut().0, by, from[..n].as_chunks().0) };
            n
        }};
    }
    let done = match level {
        Level::Avx512 if level.is_available() => {
            whole!("avx512f", 8, _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_add_pd _mm512_mul_pd)
        }
        Level::Avx2 if level.is_available() => {
            whole!("avx2", 4, _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_add_pd _mm256_mul_pd)
        }
        _ => 0,
    };
    for (y, x) in to[done..].iter_mut().zip(&from[done..]) {
        *y += by * x;
    }
}

/// A register type with its operators.
macro_rules! register {
    ($(#[$doc:meta])* $name:ident($reg:ident, $n:literal), mask $mask:ident,
     $add:ident $sub:ident $mul:ident $div:ident $sqrt:ident $splat:ident $loadu:ident $storeu:ident
     $min:ident $max:ident $scale:expr, $features:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        #[repr(transparent)]
        pub struct $name($reg);

        register!(@op $name, Add, add, $add);
        register!(@op $name, Sub, sub, $sub);
        register!(@op $name, Mul, mul, $mul);
        register!(@op $name, Div, div, $div);

        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                self.xor(Self::splat(-0.0))
            }
        }

        impl Real for $name {
            type Mask = $mask;
            #[inline(always)]
            fn splat(x: f64) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($splat(x as f32)) }
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $mask {
                self.less(other)
            }
            #[inline(always)]
            fn le(self, other: Self) -> $mask {
                self.less_or_equal(other)
            }
            #[inline(always)]
            fn select(mask: $mask, yes: Self, no: Self) -> Self {
                Self::blend(mask, yes, no)
            }
            // Where a number is NaN, these instructions give their second operand.
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($min(other.0, self.0)) }
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($max(other.0, self.0)) }
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.and_not_sign()
            }
            #[inline(always)]
            fn floor(self) -> Self {
                self.round_down()
            }
            #[inline(always)]
            fn trunc(self) -> Self {
                self.round_to_zero()
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($sqrt(self.0)) }
            }
            #[inline(always)]
            fn slope(surrogate: &Surrogate, z: Self) -> Self {
                #[target_feature(enable = $features)]
                #[inline(never)]
                unsafe fn out_of_line(surrogate: &Surrogate, z: &$name) -> $name {
                    surrogate.slope(*z)
                }
                // SAFETY: see the head of this file.
                unsafe { out_of_line(surrogate, &z) }
            }
            elementary!(Single);
            plain_firing!();
        }

        impl Float for $name {
            type Precision = crate::math::Single;
            #[inline(always)]
            fn pow2(self) -> Self {
                // Adding 1.5·2^23 leaves the whole number in the low bits of the mantissa.
                (self + Self::splat(12_582_912.0 + 127.0)).shift_into_exponent()
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                self.split_exponent()
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                self.and_not_sign().xor(sign.xor(sign.and_not_sign()))
            }
            #[inline(always)]
            fn scale(self, k: Self) -> Self {
                $scale(self, k)
            }
        }

        impl Lanes for $name {
            type Elem = f32;
            const WIDTH: usize = $n;
            #[inline(always)]
            fn broadcast(x: f32) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($splat(x)) }
            }
            #[inline(always)]
            fn load(from: &[f32]) -> Self {
                match from.first_chunk::<$n>() {
                    // SAFETY: `whole` has the register's length.
                    Some(whole) => unsafe { Self($loadu(whole.as_ptr())) },
                    None => Self::load_some(from),
                }
            }
            #[inline(always)]
            fn store(self, to: &mut [f32]) {
                match to.first_chunk_mut::<$n>() {
                    // SAFETY: `whole` has the register's length.
                    Some(whole) => unsafe { $storeu(whole.as_mut_ptr(), self.0) },
                    None => self.store_some(to),
                }
            }
            #[inline(always)]
            fn bits(mask: $mask) -> u64 {
                mask.to_bits()
            }
            #[inline(always)]
            fn mask(bits: u64) -> $mask {
                $mask::from_bits(bits)
            }
            #[inline(always)]
            fn tree_sums(registers: [Self; 4]) -> [f32; 4] {
                let [a, b, c, d] = registers;
                let quarters = [a.quarter(), b.quarter(), c.quarter(), d.quarter()];
                let mut sums = [0.0; 4];
                // SAFETY: SSE is part of x86-64; `sums` has the register's length.
                unsafe { _mm_storeu_ps(sums.as_mut_ptr(), sums_of_four(quarters)) };
                sums
            }
        }
    };
    (@op $name:ident, $trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($intrinsic(self.0, other.0)) }
            }
        }
    };
}

register!(
    /// 4 lanes of `f32` (SSE2).
    F32x4(__m128, 4), mask Mask4,
    _mm_add_ps _mm_sub_ps _mm_mul_ps _mm_div_ps _mm_sqrt_ps _mm_set1_ps _mm_loadu_ps _mm_storeu_ps
    _mm_min_ps _mm_max_ps scale_in_two, "sse2"
);
register!(
    /// 8 lanes of `f32` (AVX2).
    F32x8(__m256, 8), mask Mask8,
    _mm256_add_ps _mm256_sub_ps _mm256_mul_ps _mm256_div_ps _mm256_sqrt_ps _mm256_set1_ps _mm256_loadu_ps
    _mm256_storeu_ps _mm256_min_ps _mm256_max_ps scale_in_two, "avx2"
);
register!(
    /// 16 lanes of `f32` (AVX-512).
    F32x16(__m512, 16), mask Mask16,
    _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_div_ps _mm512_sqrt_ps _mm512_set1_ps _mm512_loadu_ps
    _mm512_storeu_ps _mm512_min_ps _mm512_max_ps F32x16::scale_at_once, "avx512f,avx512dq,avx2"
);

/// A full-width mask: all bits of a lane set where true.
macro_rules! vector_mask {
    ($(#[$doc:meta])* $name:ident($reg:ident), $and:ident $or:ident $xor:ident $movemask:ident $ones:expr,
     $from_bits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        #[repr(transparent)]
        pub struct $name($reg);
        impl BitAnd for $name {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, other: Self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($and(self.0, other.0)) }
            }
        }
        impl BitOr for $name {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, other: Self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($or(self.0, other.0)) }
            }
        }
        impl Not for $name {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($xor(self.0, $ones)) }
            }
        }
        impl Mask for $name {
            #[inline(always)]
            fn splat(truth: bool) -> Self {
                Self::from_bits(if truth { u64::MAX } else { 0 })
            }
            #[inline(always)]
            fn any(self) -> bool {
                self.to_bits() != 0
            }
        }
        impl $name {
            #[inline(always)]
            fn to_bits(self) -> u64 {
                // SAFETY: see the head of this file.
                unsafe { $movemask(self.0) as u32 as u64 }
            }
            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($from_bits(bits)) }
            }
        }
    };
}
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

/// 16 truth values in a mask register.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct Mask16(__mmask16);
impl BitAnd for Mask16 {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
impl BitOr for Mask16 {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
impl Not for Mask16 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        Self(!self.0)
    }
}
impl Mask for Mask16 {
    #[inline(always)]
    fn splat(truth: bool) -> Self {
        Self(if truth { u16::MAX } else { 0 })
    }
    #[inline(always)]
    fn any(self) -> bool {
        self.0 != 0
    }
}
impl Mask16 {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        u64::from(self.0)
    }
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self(bits as u16)
    }
}

// SAFETY of the three blocks below: see the head of this file.

// `load_some` and `store_some` touch the lanes of a slice that is shorter than the register; masked lanes are not
// accessed.

/// The sums of four registers of four lanes each: lane 2 is added to lane 0, 3 to 1, then the second to the first.
///
/// # Safety
/// SSE is part of x86-64.
#[inline(always)]
unsafe fn sums_of_four([a, b, c, d]: [__m128; 4]) -> __m128 {
    // SAFETY: as above.
    unsafe {
        let ab = _mm_add_ps(_mm_movelh_ps(a, b), _mm_movehl_ps(b, a));
        let cd = _mm_add_ps(_mm_movelh_ps(c, d), _mm_movehl_ps(d, c));
        _mm_add_ps(_mm_shuffle_ps::<0b10_00_10_00>(ab, cd), _mm_shuffle_ps::<0b11_01_11_01>(ab, cd))
    }
}

impl F32x4 {
    /// Halves added until four lanes are left.
    #[inline(always)]
    fn quarter(self) -> __m128 {
        self.0
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
    /// Halves added until four lanes are left.
    #[inline(always)]
    fn quarter(self) -> __m128 {
        // SAFETY: see the head of this file.
        unsafe {
            F32x8(_mm256_add_ps(_mm512_castps512_ps256(self.0), _mm512_extractf32x8_ps::<1>(self.0)))
                .quarter()
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

/// A hint that `at` will be read soon; any address may be given.
#[inline(always)]
pub(super) fn prefetch<E>(at: *const E) {
    // SAFETY: a prefetch neither reads nor faults.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
}
