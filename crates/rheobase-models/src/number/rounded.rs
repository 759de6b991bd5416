//! `Rounded`: a number with one derivative and the rounding errors it has gathered, to first order.
//!
//! A step over these numbers says how far two runs of the same equations may lie apart after it: what the step makes of a
//! difference before it (the derivative), and what the step's own roundings add (running error analysis: N. J. Higham,
//! Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.3, doi:10.1137/1.9780898718027).

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::fire::{Drive, Firing};
use super::real::{Real, Slope};

/// Relative error of an elementary function, in unit roundoffs: libraries promise two units in the last place.
const ELEMENTARY: f64 = 4.0;

/// A value, its derivative, and how far rounding may have carried it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounded {
    /// The value.
    pub value: f64,
    /// The derivative with respect to what is varied.
    pub slope: f64,
    /// The bound of the rounding error, as a multiple of the unit roundoff of the precision (2⁻²⁴ or 2⁻⁵³).
    pub rounding: f64,
}

impl Rounded {
    /// A number without error; `slope` is 1 for what is varied, else 0.
    #[inline]
    pub fn exact(value: f64, slope: f64) -> Self {
        Rounded { value, slope, rounding: 0.0 }
    }
    /// `value`, whose derivative with respect to `self` is `slope`, rounded by `own` of its size.
    #[inline]
    fn function(self, value: f64, slope: f64, own: f64) -> Self {
        Rounded {
            value,
            slope: times(slope, self.slope),
            rounding: times(slope.abs(), self.rounding) + times(own, value.abs()),
        }
    }
    /// A sum or difference: exact where one side is an exact 0.
    #[inline]
    fn sum(self, other: Self, value: f64, slope: f64) -> Self {
        let own = if self.is(0.0) || other.is(0.0) { 0.0 } else { value.abs() };
        Rounded { value, slope, rounding: self.rounding + other.rounding + own }
    }
    #[inline]
    fn is(self, value: f64) -> bool {
        self.value == value && self.rounding == 0.0
    }
}

/// The product, where 0 times something infinite is 0.
#[inline]
pub fn times(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

impl Add for Rounded {
    type Output = Self;
    #[inline]
    fn add(self, o: Self) -> Self {
        self.sum(o, self.value + o.value, self.slope + o.slope)
    }
}
impl Sub for Rounded {
    type Output = Self;
    #[inline]
    fn sub(self, o: Self) -> Self {
        self.sum(o, self.value - o.value, self.slope - o.slope)
    }
}
impl Mul for Rounded {
    type Output = Self;
    #[inline]
    #[allow(clippy::suspicious_arithmetic_impl, reason = "the error of a product has sums")]
    fn mul(self, o: Self) -> Self {
        let value = self.value * o.value;
        let exact = [0.0, 1.0, -1.0].iter().any(|x| self.is(*x) || o.is(*x));
        let carried = times(self.value.abs(), o.rounding) + times(o.value.abs(), self.rounding);
        Rounded {
            value,
            slope: times(self.slope, o.value) + times(self.value, o.slope),
            rounding: carried + if exact { 0.0 } else { value.abs() },
        }
    }
}
impl Div for Rounded {
    type Output = Self;
    #[inline]
    #[allow(clippy::suspicious_arithmetic_impl, reason = "the error of a quotient has sums")]
    fn div(self, o: Self) -> Self {
        let value = self.value / o.value;
        let exact = self.is(0.0) || o.is(1.0);
        let carried = (self.rounding + times(value.abs(), o.rounding)) / o.value.abs();
        Rounded {
            value,
            slope: (self.slope - times(value, o.slope)) / o.value,
            rounding: carried + if exact { 0.0 } else { value.abs() },
        }
    }
}
impl Neg for Rounded {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Rounded { value: -self.value, slope: -self.slope, rounding: self.rounding }
    }
}

impl Real for Rounded {
    type Mask = bool;
    /// A constant is rounded once, unless single precision holds it.
    #[inline]
    fn splat(x: f64) -> Self {
        let held = f64::from(x as f32) == x || x.is_nan();
        Rounded { value: x, slope: 0.0, rounding: if held { 0.0 } else { x.abs() } }
    }
    #[inline]
    fn lt(self, other: Self) -> bool {
        self.value < other.value
    }
    #[inline]
    fn le(self, other: Self) -> bool {
        self.value <= other.value
    }
    #[inline]
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        if mask { yes } else { no }
    }
    #[inline]
    fn abs(self) -> Self {
        if self.value < 0.0 { -self } else { self }
    }
    #[inline]
    fn floor(self) -> Self {
        Rounded::exact(self.value.floor(), 0.0)
    }
    #[inline]
    fn trunc(self) -> Self {
        Rounded::exact(self.value.trunc(), 0.0)
    }
    #[inline]
    fn sqrt(self) -> Self {
        let y = self.value.sqrt();
        self.function(y, 0.5 / y, 1.0)
    }
    #[inline]
    fn exp(self) -> Self {
        let y = Real::exp(self.value);
        self.function(y, y, ELEMENTARY)
    }
    #[inline]
    fn exp_m1(self) -> Self {
        self.function(Real::exp_m1(self.value), Real::exp(self.value), ELEMENTARY)
    }
    #[inline]
    fn ln(self) -> Self {
        self.function(Real::ln(self.value), 1.0 / self.value, ELEMENTARY)
    }
    #[inline]
    fn ln_1p(self) -> Self {
        self.function(Real::ln_1p(self.value), 1.0 / (1.0 + self.value), ELEMENTARY)
    }
    #[inline]
    fn softplus(self) -> Self {
        let e = Real::exp(-self.value.abs());
        let logistic = if self.value < 0.0 { e } else { 1.0 } / (1.0 + e);
        self.function(Real::softplus(self.value), logistic, ELEMENTARY)
    }
    #[inline]
    fn tanh(self) -> Self {
        let y = Real::tanh(self.value);
        self.function(y, 1.0 - y * y, ELEMENTARY)
    }
    #[inline]
    fn cosh(self) -> Self {
        let y = Real::cosh(self.value);
        self.function(y, Real::tanh(self.value) * y, ELEMENTARY)
    }
    /// The same: an error goes on where a gradient stops.
    #[inline]
    fn detach(self) -> Self {
        self
    }
    /// A spike is a whole number, without error.
    #[inline]
    fn fire(drive: Drive<Self>, firing: Firing, surrogate: &impl Slope) -> Self {
        let values = Drive { margin: drive.margin.value, through: drive.through.value };
        Rounded::exact(f64::fire(values, firing, surrogate), 0.0)
    }
    #[inline]
    fn gate(own: Self, yes: Self, no: Self) -> Self {
        if own.value > 0.5 { yes } else { no }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the same expression gives in single and in double precision lies within the bound, which is not many times
    /// too wide, and the slope is the derivative.
    #[test]
    fn bounds_hold_and_are_close() {
        fn expression<T: Real>(x: T) -> T {
            let onset = T::splat(0.5) * ((x - T::splat(11.3)) / T::splat(0.5)).exp();
            x + ((T::splat(1.7) - x) + onset) * T::splat(0.05) + (x / T::splat(3.1)).ln_1p().tanh()
        }
        let mut largest = 0.0f64;
        for i in 0..2000 {
            let x = 10.0 + f64::from(i as f32 * 0.002);
            let x = f64::from(x as f32);
            let bound = expression(Rounded::exact(x, 1.0));
            let off = (f64::from(expression(x as f32)) - expression(x)).abs() * 2f64.powi(24);
            assert!(off <= bound.rounding, "{x}: {off} > {}", bound.rounding);
            largest = largest.max(off / bound.rounding);
            let slope = (expression(x + 1e-6) - expression(x - 1e-6)) / 2e-6;
            assert!(
                (slope - bound.slope).abs() < 1e-6 * slope.abs().max(1.0),
                "{x}: {slope} {}",
                bound.slope
            );
        }
        assert!(largest > 0.1, "{largest}");
    }

    #[test]
    fn exact_operations_add_nothing() {
        let x = Rounded::exact(0.3, 1.0);
        let (zero, one) = (Rounded::zero(), Rounded::one());
        for y in [x + zero, x - zero, x * one, x / one, -x, x.abs(), Rounded::gate(one, x, zero), x * zero] {
            assert_eq!(y.rounding, 0.0);
        }
        assert_eq!((x.floor().slope, x.trunc().slope), (0.0, 0.0));
        assert!(Rounded::splat(0.3).rounding > 0.0 && Rounded::splat(0.25).rounding == 0.0);
        // A bound of −∞ is not an error and makes none.
        assert_eq!(x.max(Rounded::splat(f64::NEG_INFINITY)), x);
    }
}
