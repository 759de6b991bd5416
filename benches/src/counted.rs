//! `Counted`: a number that counts the operations done with it. One more reading of the same equations.

use std::cell::Cell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use rheobase_models::math::{self, Single};
use rheobase_models::neuron::{Drive, Firing, Neuron};
use rheobase_models::phases::step;
use rheobase_models::real::{Float, Real, Slope};
use rheobase_models::record::Record;

thread_local! {
    static OPERATIONS: Cell<u64> = const { Cell::new(0) };
}

/// An `f32` that counts: each arithmetic operation, comparison, selection and rounding is one.
#[derive(Debug, Clone, Copy)]
pub struct Counted(pub f32);

fn count<T>(result: T) -> T {
    OPERATIONS.with(|n| n.set(n.get() + 1));
    result
}

/// Operations of one step of a default neuron at rest under its example input, rare branches not taken.
pub fn operations<N: Neuron>() -> u64 {
    let params = N::Params::<f64>::from_fn(|i| N::Params::<f64>::FIELDS[i].default);
    let k = N::prepare(&params, 0.001);
    let k = N::Coeffs::<Counted>::from_fn(|i| Counted(k.get(i) as f32));
    let s = N::rest(&params);
    let s = N::State::<Counted>::from_fn(|i| Counted(s.get(i) as f32));
    let x = Counted(N::INFO.example_input as f32);
    OPERATIONS.with(|n| n.set(0));
    std::hint::black_box(step::<N, Counted>(&k, s, x, false, Counted(0.0), &N::INFO.surrogate));
    OPERATIONS.with(Cell::get)
}

macro_rules! operator {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for Counted {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                count(Counted(self.0.$method(other.0)))
            }
        }
    )*};
}
operator!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Counted {
    type Output = Self;
    fn neg(self) -> Self {
        count(Counted(-self.0))
    }
}

macro_rules! counted {
    ($($name:ident),*) => {$(
        fn $name(self) -> Self {
            count(Counted(Real::$name(self.0)))
        }
    )*};
}
macro_rules! elementary {
    ($($name:ident),*) => {$(
        fn $name(self) -> Self {
            math::$name::<Single, Self>(self)
        }
    )*};
}

impl Real for Counted {
    type Mask = bool;
    fn splat(x: f64) -> Self {
        Counted(x as f32)
    }
    fn lt(self, other: Self) -> bool {
        count(self.0 < other.0)
    }
    fn le(self, other: Self) -> bool {
        count(self.0 <= other.0)
    }
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        count(if mask { yes } else { no })
    }
    fn min(self, other: Self) -> Self {
        count(Counted(Real::min(self.0, other.0)))
    }
    fn max(self, other: Self) -> Self {
        count(Counted(Real::max(self.0, other.0)))
    }
    counted!(abs, floor, trunc, sqrt);
    elementary!(exp, exp_m1, ln, ln_1p, softplus, tanh, cosh);
    fn detach(self) -> Self {
        self
    }
    fn fire(drive: Drive<Self>, firing: Firing, _: &impl Slope) -> Self {
        match firing {
            Firing::Strict => Self::indicator(drive.margin.gt(Self::zero())),
            Firing::Inclusive => Self::indicator(drive.margin.ge(Self::zero())),
            Firing::Count => drive.margin.trunc(),
            Firing::Never => Self::zero(),
        }
    }
    fn gate(own: Self, yes: Self, no: Self) -> Self {
        // The comparison is shared by all gates of a step.
        count(if own.0 > 0.5 { yes } else { no })
    }
}

impl Float for Counted {
    type Precision = Single;
    fn pow2(self) -> Self {
        count(Counted(self.0.pow2()))
    }
    fn split(self) -> (Self, Self) {
        let (m, e) = self.0.split();
        count((Counted(m), Counted(e)))
    }
    fn copysign(self, sign: Self) -> Self {
        count(Counted(Float::copysign(self.0, sign.0)))
    }
    fn scale(self, k: Self) -> Self {
        // One instruction with AVX-512, the level whose limit it is compared with.
        count(Counted(self.0.scale(k.0)))
    }
}
