//! `Real`: the numbers a model can be evaluated over, and `Float`, those that are plain floating point.
//!
//! A model is written once over `T: Real`. With `f32` lanes it is the fast simulation, with `f64` the reference,
//! with [`crate::Dual`] the step together with its Jacobian, with [`crate::Smooth`] the step that gradient checks
//! run on. Multiply and add are always separate roundings: no number here fuses them.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use crate::neuron::{Drive, Firing};
use crate::surrogate::Surrogate;

/// The outcome of a comparison: one truth value per lane.
pub trait Mask: Copy + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self> {
    /// The same truth in every lane.
    fn splat(truth: bool) -> Self;
    /// True if at least one lane is.
    fn any(self) -> bool;
}

impl Mask for bool {
    #[inline(always)]
    fn splat(truth: bool) -> Self {
        truth
    }
    #[inline(always)]
    fn any(self) -> bool {
        self
    }
}

/// A number that the equations can be evaluated over.
///
/// Comparisons are false where either side is NaN. Both branches of [`Real::select`] are evaluated.
pub trait Real:
    Copy
    + std::fmt::Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// What a comparison gives.
    type Mask: Mask;

    /// The constant `x`, rounded once to this number's precision.
    fn splat(x: f64) -> Self;

    /// `self < other`.
    fn lt(self, other: Self) -> Self::Mask;
    /// `self <= other`.
    fn le(self, other: Self) -> Self::Mask;
    /// `self > other`.
    #[inline(always)]
    fn gt(self, other: Self) -> Self::Mask {
        other.lt(self)
    }
    /// `self >= other`.
    #[inline(always)]
    fn ge(self, other: Self) -> Self::Mask {
        other.le(self)
    }
    /// `yes` where `mask`, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// `yes()` where `mask`, else `no`; `yes` is computed only if some lane needs it. Same bits as [`Real::select`].
    #[inline(always)]
    fn rare(mask: Self::Mask, no: Self, yes: impl FnOnce() -> Self) -> Self {
        if mask.any() { Self::select(mask, yes(), no) } else { no }
    }

    /// The smaller; NaN in `self` stays, a NaN in `other` is ignored.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self::select(other.lt(self), other, self)
    }
    /// The larger; NaN in `self` stays, a NaN in `other` is ignored.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self::select(self.lt(other), other, self)
    }
    /// Magnitude.
    fn abs(self) -> Self;
    /// Largest whole number not above.
    fn floor(self) -> Self;
    /// Nearest whole number towards zero, keeping the sign of zero.
    fn trunc(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// e to the power of `self`.
    fn exp(self) -> Self;
    /// `exp(self) − 1` without cancellation.
    fn exp_m1(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// `ln(1 + self)` without cancellation.
    fn ln_1p(self) -> Self;
    /// `ln(1 + exp(self))`.
    fn softplus(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Hyperbolic cosine.
    fn cosh(self) -> Self;

    /// The value with its derivatives forgotten.
    fn detach(self) -> Self;

    /// What a neuron whose drive is `drive` fires: 0 or 1 ([`Firing::Strict`], [`Firing::Inclusive`]) or a
    /// signed whole number ([`Firing::Count`]). Derivatives follow the surrogate's slope at `drive.through`
    /// (straight through for counts); [`crate::Smooth`] gives the surrogate's primitive itself.
    fn fire(drive: Drive<Self>, firing: Firing, surrogate: &Surrogate) -> Self;

    /// `yes` where the spike `own` is 1, `no` where it is 0: the reset of a neuron that fired.
    /// Exact for plain numbers; the derivative also follows the jump `yes − no` along the spike's slope.
    fn gate(own: Self, yes: Self, no: Self) -> Self;

    /// The slope of `surrogate` at `z`. Lanes compute all but the usual ones out of line: together they are too
    /// long to stand in every kernel.
    #[inline(always)]
    fn slope(surrogate: &Surrogate, z: Self) -> Self {
        surrogate.slope(z)
    }

    /// Zero.
    #[inline(always)]
    fn zero() -> Self {
        Self::splat(0.0)
    }
    /// One.
    #[inline(always)]
    fn one() -> Self {
        Self::splat(1.0)
    }
    /// 1 where `mask`, else 0.
    #[inline(always)]
    fn indicator(mask: Self::Mask) -> Self {
        Self::select(mask, Self::one(), Self::zero())
    }
}

/// Plain floating point: one number or lanes of them, with access to the exponent. What [`crate::math`] needs.
pub trait Float: Real {
    /// The constants of its format.
    type Precision: crate::math::Precision;
    /// 2 to the power of `self`, which must be a whole number within the exponents of normal numbers.
    fn pow2(self) -> Self;
    /// `(m, e)` with `self = m · 2^e`, `√½ ≤ m < √2`, `e` whole; `self` must be positive, finite and normal.
    fn split(self) -> (Self, Self);
    /// Magnitude of `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// `self · 2^k` for whole k within twice the exponents of normal numbers, rounded once; `self` must have an
    /// exponent near 0.
    #[inline(always)]
    fn scale(self, k: Self) -> Self {
        scale_in_two(self, k)
    }
}

/// `x · 2^k` as two products, of which only the second can round.
#[inline(always)]
pub(crate) fn scale_in_two<T: Float>(x: T, k: T) -> T {
    let half = (k * T::splat(0.5)).trunc();
    x * half.pow2() * (k - half).pow2()
}

/// The whole number of steps in a time span: the nearest one if within 10⁻⁶ of it, else the next above.
/// This one rule serves refractory periods and delays alike.
#[inline(always)]
pub fn whole_steps<T: Real>(span: T, dt: T) -> T {
    let steps = (span / dt).detach();
    let nearest = (steps + T::splat(0.5)).floor();
    let next = -(-steps).floor();
    T::select((steps - nearest).abs().le(T::splat(1e-6)), nearest, next)
}

/// The parts of `Real` that plain numbers and lanes share: firing is a comparison, a gate a selection.
macro_rules! plain_firing {
    () => {
        #[inline(always)]
        fn detach(self) -> Self {
            self
        }
        #[inline(always)]
        fn fire(
            drive: $crate::neuron::Drive<Self>,
            firing: $crate::neuron::Firing,
            _: &$crate::surrogate::Surrogate,
        ) -> Self {
            use $crate::neuron::Firing;
            match firing {
                Firing::Strict => Self::indicator(drive.margin.gt(Self::zero())),
                Firing::Inclusive => Self::indicator(drive.margin.ge(Self::zero())),
                Firing::Count => drive.margin.trunc(),
                Firing::Never => Self::zero(),
            }
        }
        #[inline(always)]
        fn gate(own: Self, yes: Self, no: Self) -> Self {
            Self::select(own.gt(Self::splat(0.5)), yes, no)
        }
    };
}
/// The elementary functions of a `Float`, by the algorithms of the named precision.
macro_rules! elementary {
    ($precision:ident) => {
        #[inline(always)]
        fn exp(self) -> Self {
            $crate::math::exp::<$crate::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn exp_m1(self) -> Self {
            $crate::math::exp_m1::<$crate::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn ln(self) -> Self {
            $crate::math::ln::<$crate::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn ln_1p(self) -> Self {
            $crate::math::ln_1p::<$crate::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn softplus(self) -> Self {
            $crate::math::softplus::<$crate::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn tanh(self) -> Self {
            $crate::math::tanh::<$crate::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn cosh(self) -> Self {
            $crate::math::cosh::<$crate::math::$precision, Self>(self)
        }
    };
}
pub(crate) use {elementary, plain_firing};

/// `Real` and `Float` for one scalar type.
macro_rules! scalar {
    ($t:ident, $bits:ident, $int:ident, $precision:ident, $mantissa:literal, $bias:literal, $sqrt_half:literal) => {
        impl Real for $t {
            type Mask = bool;
            #[inline(always)]
            fn splat(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn lt(self, other: Self) -> bool {
                self < other
            }
            #[inline(always)]
            fn le(self, other: Self) -> bool {
                self <= other
            }
            #[inline(always)]
            fn select(mask: bool, yes: Self, no: Self) -> Self {
                if mask { yes } else { no }
            }
            #[inline(always)]
            fn abs(self) -> Self {
                <$t>::abs(self)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                <$t>::floor(self)
            }
            #[inline(always)]
            fn trunc(self) -> Self {
                <$t>::trunc(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                <$t>::sqrt(self)
            }
            elementary!($precision);
            #[inline(always)]
            fn slope(surrogate: &Surrogate, z: Self) -> Self {
                #[cold]
                #[inline(never)]
                fn out_of_line(surrogate: &Surrogate, z: $t) -> $t {
                    surrogate.slope(z)
                }
                surrogate.usual_slope(z).unwrap_or_else(
                    #[inline(always)]
                    || out_of_line(surrogate, z),
                )
            }
            plain_firing!();
        }
        impl Float for $t {
            type Precision = crate::math::$precision;
            #[inline(always)]
            fn pow2(self) -> Self {
                <$t>::from_bits(((self as $int).wrapping_add($bias) as $bits) << $mantissa)
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                const SQRT_HALF: $int = $sqrt_half;
                let bits = self.to_bits() as $int;
                // Wrapping, as lanes do: functions also pass arguments outside their domain and put the result right.
                let e = bits.wrapping_sub(SQRT_HALF) >> $mantissa;
                (<$t>::from_bits(bits.wrapping_sub(e << $mantissa) as $bits), e as $t)
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                <$t>::copysign(self, sign)
            }
        }
    };
}
scalar!(f32, u32, i32, Single, 23, 127, 0x3f35_04f3);
scalar!(f64, u64, i64, Double, 52, 1023, 0x3fe6_a09e_667f_3bcd);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_steps_round_within_a_millionth_and_else_up() {
        assert_eq!(whole_steps(0.002, 0.001), 2.0);
        assert_eq!(whole_steps(0.07, 0.01), 7.0);
        assert_eq!(whole_steps(0.0023, 0.001), 3.0);
        assert_eq!(whole_steps(0.0, 0.001), 0.0);
        assert_eq!(whole_steps(0.001_000_01, 0.001), 2.0);
    }

    #[test]
    fn nan_stays_in_min_and_max_of_the_first() {
        assert!(Real::max(f32::NAN, 1.0).is_nan());
        assert!(Real::min(f64::NAN, 1.0).is_nan());
        assert_eq!(Real::max(2.0f32, f32::NAN), 2.0);
    }

    #[test]
    fn split_and_pow2_are_inverse() {
        for x in [1.0f32, 0.7, 0.71, 1.5, 3.0e-20, 9.9e30] {
            let (m, e) = x.split();
            assert!((0.707..1.415).contains(&m), "{x}: {m}");
            assert_eq!(m * e.pow2(), x);
        }
    }
}
