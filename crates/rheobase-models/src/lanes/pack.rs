//! Packs of lanes: portable lanes as arrays of numbers, and several registers side by side.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::Lanes;
use crate::number::fire::{Drive, Firing};
use crate::real::{Float, Mask, Real, Slope};

/// `N` lanes (numbers, or registers of them) that are computed together: portable lanes, or several registers whose
/// chains of dependent operations overlap.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(transparent)]
pub struct Pack<V, const N: usize>(pub [V; N]);

/// `N` masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct PackMask<M, const N: usize>(pub [M; N]);

// Plain loops: the closures of the standard library's array adaptors are not always inlined.
macro_rules! each {
    ($start:expr, |$i:ident| $element:expr) => {{
        let mut all = [$start; N];
        for $i in 0..N {
            all[$i] = $element;
        }
        all
    }};
}

impl<M: Mask, const N: usize> BitAnd for PackMask<M, N> {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        PackMask(each!(self.0[0], |i| self.0[i] & other.0[i]))
    }
}
impl<M: Mask, const N: usize> BitOr for PackMask<M, N> {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        PackMask(each!(self.0[0], |i| self.0[i] | other.0[i]))
    }
}
impl<M: Mask, const N: usize> Not for PackMask<M, N> {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        PackMask(each!(self.0[0], |i| !self.0[i]))
    }
}
impl<M: Mask, const N: usize> Mask for PackMask<M, N> {
    #[inline(always)]
    fn splat(truth: bool) -> Self {
        PackMask([M::splat(truth); N])
    }
    #[inline(always)]
    fn any(self) -> bool {
        let mut all = self.0[0];
        for m in &self.0[1..] {
            all = all | *m;
        }
        all.any()
    }
}

macro_rules! binary {
    ($($trait:ident $method:ident),*) => {$(
        impl<V: Lanes, const N: usize> $trait for Pack<V, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Pack(each!(self.0[0], |i| self.0[i].$method(other.0[i])))
            }
        }
    )*};
}
binary!(Add add, Sub sub, Mul mul, Div div);

impl<V: Lanes, const N: usize> Neg for Pack<V, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Pack(each!(self.0[0], |i| -self.0[i]))
    }
}

macro_rules! unary {
    ($($name:ident),*) => {$(
        #[inline(always)]
        fn $name(self) -> Self {
            Pack(each!(self.0[0], |i| self.0[i].$name()))
        }
    )*};
}
/// Functions of several steps, whole pack by whole pack, so that the chains of its elements overlap.
macro_rules! elementary_of_pack {
    ($($name:ident),*) => {$(
        #[inline(always)]
        fn $name(self) -> Self {
            crate::math::$name::<V::Precision, Self>(self)
        }
    )*};
}

impl<V: Lanes, const N: usize> Real for Pack<V, N> {
    type Mask = PackMask<V::Mask, N>;
    #[inline(always)]
    fn splat(x: f64) -> Self {
        Pack([V::splat(x); N])
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Self::Mask {
        PackMask(each!(V::Mask::splat(false), |i| self.0[i].lt(other.0[i])))
    }
    #[inline(always)]
    fn le(self, other: Self) -> Self::Mask {
        PackMask(each!(V::Mask::splat(false), |i| self.0[i].le(other.0[i])))
    }
    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Pack(each!(no.0[0], |i| V::select(mask.0[i], yes.0[i], no.0[i])))
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Pack(each!(self.0[0], |i| self.0[i].min(other.0[i])))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Pack(each!(self.0[0], |i| self.0[i].max(other.0[i])))
    }
    unary!(abs, floor, trunc, sqrt, detach);
    elementary_of_pack!(exp, exp_m1, ln, ln_1p, softplus, tanh, cosh);

    #[inline(always)]
    fn fire(drive: Drive<Self>, firing: Firing, surrogate: &impl Slope) -> Self {
        Pack(each!(drive.margin.0[0], |i| V::fire(
            Drive { margin: drive.margin.0[i], through: drive.through.0[i] },
            firing,
            surrogate
        )))
    }
    #[inline(always)]
    fn gate(own: Self, yes: Self, no: Self) -> Self {
        Pack(each!(no.0[0], |i| V::gate(own.0[i], yes.0[i], no.0[i])))
    }
    #[inline(always)]
    fn slope(surrogate: &impl Slope, z: Self) -> Self {
        Pack(each!(z.0[0], |i| V::slope(surrogate, z.0[i])))
    }
}

impl<V: Lanes, const N: usize> Float for Pack<V, N> {
    type Precision = V::Precision;
    unary!(pow2);
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let parts = each!((self.0[0], self.0[0]), |i| self.0[i].split());
        (Pack(each!(self.0[0], |i| parts[i].0)), Pack(each!(self.0[0], |i| parts[i].1)))
    }
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        Pack(each!(self.0[0], |i| self.0[i].copysign(sign.0[i])))
    }
    #[inline(always)]
    fn scale(self, k: Self) -> Self {
        Pack(each!(self.0[0], |i| self.0[i].scale(k.0[i])))
    }
}

impl<V: Lanes, const N: usize> Lanes for Pack<V, N> {
    type Elem = V::Elem;
    const WIDTH: usize = V::WIDTH * N;
    #[inline(always)]
    fn broadcast(x: V::Elem) -> Self {
        Pack([V::broadcast(x); N])
    }
    #[inline(always)]
    fn load(from: &[V::Elem]) -> Self {
        Pack(each!(V::zero(), |i| V::load(&from[(i * V::WIDTH).min(from.len())..])))
    }
    #[inline(always)]
    fn store(self, to: &mut [V::Elem]) {
        let len = to.len();
        for i in 0..N {
            self.0[i].store(&mut to[(i * V::WIDTH).min(len)..]);
        }
    }
    #[inline(always)]
    fn bits(mask: Self::Mask) -> u64 {
        let mut bits = 0;
        for i in 0..N {
            bits |= V::bits(mask.0[i]) << (i * V::WIDTH);
        }
        bits
    }
    #[inline(always)]
    fn mask(bits: u64) -> Self::Mask {
        PackMask(each!(V::Mask::splat(false), |i| V::mask(bits >> (i * V::WIDTH))))
    }
}
