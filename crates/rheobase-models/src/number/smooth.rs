//! `Smooth`: a number whose spikes are the surrogate's primitive, so that the step is differentiable.
//!
//! Central differences of a step over `Smooth<f64>` are what derivatives over `Dual<Smooth<f64>, _>` must equal.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::fire::{Drive, Firing};
use super::real::{Real, Slope};

/// A number whose spikes are smooth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smooth(pub f64);

macro_rules! operator {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for Smooth {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Smooth(self.0.$method(other.0))
            }
        }
    )*};
}
operator!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Smooth {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Smooth(-self.0)
    }
}

macro_rules! same_as_f64 {
    ($($name:ident),*) => {$(
        #[inline(always)]
        fn $name(self) -> Self {
            Smooth(Real::$name(self.0))
        }
    )*};
}

impl Real for Smooth {
    type Mask = bool;
    #[inline(always)]
    fn splat(x: f64) -> Self {
        Smooth(x)
    }
    #[inline(always)]
    fn lt(self, other: Self) -> bool {
        self.0 < other.0
    }
    #[inline(always)]
    fn le(self, other: Self) -> bool {
        self.0 <= other.0
    }
    #[inline(always)]
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        if mask { yes } else { no }
    }
    same_as_f64!(abs, floor, trunc, sqrt, exp, exp_m1, ln, ln_1p, softplus, tanh, cosh, detach);

    #[inline(always)]
    fn fire(drive: Drive<Self>, firing: Firing, surrogate: &impl Slope) -> Self {
        match firing {
            Firing::Strict | Firing::Inclusive => Smooth(surrogate.primitive(drive.through.0)),
            Firing::Count => drive.through,
            Firing::Never => Smooth(0.0),
        }
    }
    #[inline(always)]
    fn gate(own: Self, yes: Self, no: Self) -> Self {
        no + own * (yes - no)
    }
}
