//! `Real`: the numbers a model can be evaluated over, and `Float`, those that are plain floating point.
//!
//! A model is written once over `T: Real`. With `f32` lanes it is the fast simulation, with `f64` the reference,
//! with [`crate::Dual`] the step together with its Jacobian, with [`crate::Smooth`] the step that gradient checks
//! run on. Multiply and add are always separate roundings: no number here fuses them.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::fire::{Drive, Firing};

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
    fn fire(drive: Drive<Self>, firing: Firing, surrogate: &impl Slope) -> Self;

    /// `yes` where the spike `own` is 1, `no` where it is 0: the reset of a neuron that fired.
    /// Exact for plain numbers; the derivative also follows the jump `yes − no` along the spike's slope.
    fn gate(own: Self, yes: Self, no: Self) -> Self;

    /// The slope of `surrogate` at `z`. Lanes compute all but the usual ones out of line: together they are too
    /// long to stand in every kernel.
    #[inline(always)]
    fn slope(surrogate: &impl Slope, z: Self) -> Self {
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

/// What stands in for the derivative of a spike.
pub trait Slope {
    /// The slope at `z`.
    fn slope<T: Real>(&self, z: T) -> T;
    /// [`Slope::slope`] where it is used so often that it stands in every kernel; `None` elsewhere.
    fn usual_slope<T: Real>(&self, z: T) -> Option<T>;
    /// The integral of the slope: a smooth stand-in for the spike.
    fn primitive(&self, z: f64) -> f64;
}

/// The constants of a floating-point format.
pub trait Precision {
    /// Adding and subtracting this rounds to the nearest whole number: 1.5 times 2 to the mantissa's length.
    const ROUND: f64;
    /// Leading bits of ln 2, so few that a multiple by any exponent is exact.
    const LN2_HIGH: f64;
    /// The rest of ln 2.
    const LN2_LOW: f64;
    /// Below this `exp` is 0, and above [`Precision::EXP_MAX`] infinite.
    const EXP_MIN: f64;
    /// See [`Precision::EXP_MIN`]; beyond the overflow of `exp`, up to that of `cosh`.
    const EXP_MAX: f64;
    /// Below this `exp_m1` is −1.
    const EXP_M1_MIN: f64;
    /// Above this `exp_m1` is infinite; a multiple of ln 2 no further than the exponents of normal numbers go.
    const EXP_M1_MAX: f64;
    /// Smallest normal number.
    const MIN_NORMAL: f64;
    /// A power of two that makes any denormal number normal, and its exponent.
    const RESCALE: (f64, f64);
    /// Half the distance from 1 to the next number: arguments below it are their own `ln_1p`, `exp_m1`, `tanh`.
    const HALF_EPSILON: f64;
    /// Above this `tanh` rounds to 1.
    const TANH_ONE: f64;
    /// `(exp(r) − 1 − r) / r²` for |r| ≤ ln 2 / 2, highest power first.
    const EXP: &'static [f64];
    /// `(2·atanh(s) − 2s) / s³` as a polynomial in s² for |s| ≤ 0.1716, highest power first.
    const ATANH: &'static [f64];
    /// `(tanh(x) − x) / x³` as a polynomial in x² for |x| ≤ ½, highest power first.
    const TANH: &'static [f64];
}

/// Plain floating point: one number or lanes of them, with access to the exponent. What [`crate::math`] needs.
pub trait Float: Real {
    /// The constants of its format.
    type Precision: Precision;
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
