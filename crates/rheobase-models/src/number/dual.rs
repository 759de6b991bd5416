//! `Dual`: a number with derivatives. A step over duals is the step together with its exact local Jacobian.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::fire::{Drive, Firing};
use super::real::{Real, Slope};
pub use super::tangent::Tangent;

/// A value and its derivatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual<T, D> {
    /// The value.
    pub value: T,
    /// Its derivatives.
    pub tangent: D,
}

impl<T: Real, D: Tangent<T>> Dual<T, D> {
    /// A constant.
    #[inline(always)]
    pub fn constant(value: T) -> Self {
        Dual {
            value,
            tangent: D::from_fn(
                #[inline(always)]
                |_| T::zero(),
            ),
        }
    }
    /// The variable number `i`: derivative 1 in direction `i`.
    #[inline(always)]
    pub fn variable(value: T, i: usize) -> Self {
        Dual {
            value,
            tangent: D::from_fn(
                #[inline(always)]
                |j| if i == j { T::one() } else { T::zero() },
            ),
        }
    }
    /// `value` with this dual's derivatives times `slope`.
    #[inline(always)]
    fn chain(self, value: T, slope: T) -> Self {
        Dual {
            value,
            tangent: D::from_fn(
                #[inline(always)]
                |i| self.tangent.get(i) * slope,
            ),
        }
    }
}

impl<T: Real, D: Tangent<T>> Add for Dual<T, D> {
    type Output = Self;
    #[inline(always)]
    fn add(self, o: Self) -> Self {
        Dual {
            value: self.value + o.value,
            tangent: D::from_fn(
                #[inline(always)]
                |i| self.tangent.get(i) + o.tangent.get(i),
            ),
        }
    }
}
impl<T: Real, D: Tangent<T>> Sub for Dual<T, D> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, o: Self) -> Self {
        Dual {
            value: self.value - o.value,
            tangent: D::from_fn(
                #[inline(always)]
                |i| self.tangent.get(i) - o.tangent.get(i),
            ),
        }
    }
}
#[allow(clippy::suspicious_arithmetic_impl, reason = "the derivative of a product or quotient has sums")]
impl<T: Real, D: Tangent<T>> Mul for Dual<T, D> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, o: Self) -> Self {
        Dual {
            value: self.value * o.value,
            tangent: D::from_fn(
                #[inline(always)]
                |i| self.tangent.get(i) * o.value + self.value * o.tangent.get(i),
            ),
        }
    }
}
#[allow(clippy::suspicious_arithmetic_impl, reason = "the derivative of a product or quotient has sums")]
impl<T: Real, D: Tangent<T>> Div for Dual<T, D> {
    type Output = Self;
    #[inline(always)]
    fn div(self, o: Self) -> Self {
        let q = self.value / o.value;
        Dual {
            value: q,
            tangent: D::from_fn(
                #[inline(always)]
                |i| (self.tangent.get(i) - q * o.tangent.get(i)) / o.value,
            ),
        }
    }
}
impl<T: Real, D: Tangent<T>> Neg for Dual<T, D> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Dual {
            value: -self.value,
            tangent: D::from_fn(
                #[inline(always)]
                |i| -self.tangent.get(i),
            ),
        }
    }
}

impl<T: Real, D: Tangent<T>> Real for Dual<T, D> {
    type Mask = T::Mask;
    #[inline(always)]
    fn splat(x: f64) -> Self {
        Dual::constant(T::splat(x))
    }
    #[inline(always)]
    fn lt(self, o: Self) -> T::Mask {
        self.value.lt(o.value)
    }
    #[inline(always)]
    fn le(self, o: Self) -> T::Mask {
        self.value.le(o.value)
    }
    #[inline(always)]
    fn select(mask: T::Mask, yes: Self, no: Self) -> Self {
        Dual {
            value: T::select(mask, yes.value, no.value),
            tangent: D::from_fn(
                #[inline(always)]
                |i| T::select(mask, yes.tangent.get(i), no.tangent.get(i)),
            ),
        }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self::select(self.value.lt(T::zero()), -self, Dual { value: self.value.abs(), ..self })
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Dual::constant(self.value.floor())
    }
    #[inline(always)]
    fn trunc(self) -> Self {
        Dual::constant(self.value.trunc())
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        let y = self.value.sqrt();
        self.chain(y, T::splat(0.5) / y)
    }
    #[inline(always)]
    fn exp(self) -> Self {
        let y = self.value.exp();
        self.chain(y, y)
    }
    #[inline(always)]
    fn exp_m1(self) -> Self {
        self.chain(self.value.exp_m1(), self.value.exp())
    }
    #[inline(always)]
    fn ln(self) -> Self {
        self.chain(self.value.ln(), T::one() / self.value)
    }
    #[inline(always)]
    fn ln_1p(self) -> Self {
        self.chain(self.value.ln_1p(), T::one() / (T::one() + self.value))
    }
    #[inline(always)]
    fn softplus(self) -> Self {
        // The logistic function, from the exponential of a negative number only.
        let e = (-self.value.abs()).exp();
        let slope = T::select(self.value.lt(T::zero()), e, T::one()) / (T::one() + e);
        self.chain(self.value.softplus(), slope)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        let c = self.value.cosh();
        self.chain(self.value.tanh(), T::one() / (c * c))
    }
    #[inline(always)]
    fn cosh(self) -> Self {
        let e = self.value.exp();
        self.chain(self.value.cosh(), (e - T::one() / e) * T::splat(0.5))
    }
    #[inline(always)]
    fn detach(self) -> Self {
        Dual::constant(self.value.detach())
    }
    #[inline(always)]
    fn fire(drive: Drive<Self>, firing: Firing, surrogate: &impl Slope) -> Self {
        let through = drive.through;
        let values = Drive { margin: drive.margin.value, through: through.value };
        let value = T::fire(values, firing, surrogate);
        match firing {
            Firing::Never => Dual::constant(value),
            Firing::Count => Dual { value, tangent: through.tangent },
            Firing::Strict | Firing::Inclusive => through.chain(value, T::slope(surrogate, through.value)),
        }
    }
    #[inline(always)]
    fn gate(own: Self, yes: Self, no: Self) -> Self {
        let jump = yes.value - no.value;
        Dual {
            value: T::gate(own.value, yes.value, no.value),
            tangent: D::from_fn(
                #[inline(always)]
                |i| T::gate(own.value, yes.tangent.get(i), no.tangent.get(i)) + own.tangent.get(i) * jump,
            ),
        }
    }
}
