//! Portable lanes: an array of numbers, element by element.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::{Elem, Lanes};
use crate::real::{Float, Mask, Real, plain_firing};

/// `N` numbers that are computed together.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(transparent)]
pub struct Pack<R, const N: usize>(pub [R; N]);

/// `N` truth values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct PackMask<const N: usize>(pub [bool; N]);

impl<R: Elem, const N: usize> Pack<R, N> {
    #[inline(always)]
    fn map(self, f: impl Fn(R) -> R) -> Self {
        Pack(std::array::from_fn(|i| f(self.0[i])))
    }
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(R, R) -> R) -> Self {
        Pack(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl<const N: usize> BitAnd for PackMask<N> {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        PackMask(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }
}
impl<const N: usize> BitOr for PackMask<N> {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        PackMask(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }
}
impl<const N: usize> Not for PackMask<N> {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        PackMask(std::array::from_fn(|i| !self.0[i]))
    }
}
impl<const N: usize> Mask for PackMask<N> {
    #[inline(always)]
    fn splat(truth: bool) -> Self {
        PackMask([truth; N])
    }
    #[inline(always)]
    fn any(self) -> bool {
        self.0.iter().fold(false, |a, b| a | b)
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<R: Elem, const N: usize> $trait for Pack<R, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, |a, b| a.$method(b))
            }
        }
    };
}
operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
operator!(Div, div);

impl<R: Elem, const N: usize> Neg for Pack<R, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|a| -a)
    }
}

macro_rules! each_lane {
    ($($name:ident),*) => {$(
        #[inline(always)]
        fn $name(self) -> Self {
            self.map(Real::$name)
        }
    )*};
}

impl<R: Elem, const N: usize> Real for Pack<R, N> {
    type Mask = PackMask<N>;
    #[inline(always)]
    fn splat(x: f64) -> Self {
        Pack([R::splat(x); N])
    }
    #[inline(always)]
    fn lt(self, other: Self) -> PackMask<N> {
        PackMask(std::array::from_fn(|i| self.0[i] < other.0[i]))
    }
    #[inline(always)]
    fn le(self, other: Self) -> PackMask<N> {
        PackMask(std::array::from_fn(|i| self.0[i] <= other.0[i]))
    }
    #[inline(always)]
    fn select(mask: PackMask<N>, yes: Self, no: Self) -> Self {
        Pack(std::array::from_fn(|i| if mask.0[i] { yes.0[i] } else { no.0[i] }))
    }
    each_lane!(abs, floor, trunc, sqrt, exp, exp_m1, ln, ln_1p, softplus, tanh, cosh);
    plain_firing!();
}

impl<R: Elem, const N: usize> Float for Pack<R, N> {
    #[inline(always)]
    fn pow2(self) -> Self {
        self.map(Float::pow2)
    }
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        (self.map(|x| x.split().0), self.map(|x| x.split().1))
    }
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        self.zip(sign, Float::copysign)
    }
}

impl<R: Elem, const N: usize> Lanes for Pack<R, N> {
    type Elem = R;
    const WIDTH: usize = N;
    #[inline(always)]
    fn load(from: &[R]) -> Self {
        match from.first_chunk::<N>() {
            Some(whole) => Pack(*whole),
            None => Pack(std::array::from_fn(|i| from.get(i).copied().unwrap_or_default())),
        }
    }
    #[inline(always)]
    fn store(self, to: &mut [R]) {
        let n = to.len().min(N);
        to[..n].copy_from_slice(&self.0[..n]);
    }
    #[inline(always)]
    fn bits(mask: PackMask<N>) -> u64 {
        mask.0.iter().enumerate().fold(0, |bits, (i, m)| bits | (u64::from(*m) << i))
    }
    #[inline(always)]
    fn mask(bits: u64) -> PackMask<N> {
        PackMask(std::array::from_fn(|i| bits >> i & 1 == 1))
    }
}
