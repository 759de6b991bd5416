//! What the tests of numbers share: the functions by name, runs of them at every SIMD level, random bit patterns.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level, Pack};

pub mod oracle;

/// An elementary function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
    Exp,
    ExpM1,
    Ln,
    Ln1p,
    Softplus,
    Tanh,
    Cosh,
}

impl Function {
    pub const ALL: [Function; 7] = [
        Function::Exp,
        Function::ExpM1,
        Function::Ln,
        Function::Ln1p,
        Function::Softplus,
        Function::Tanh,
        Function::Cosh,
    ];

    /// The library's.
    #[inline(always)]
    pub fn ours<V: rheobase_models::Real>(self, x: V) -> V {
        match self {
            Function::Exp => x.exp(),
            Function::ExpM1 => x.exp_m1(),
            Function::Ln => x.ln(),
            Function::Ln1p => x.ln_1p(),
            Function::Softplus => x.softplus(),
            Function::Tanh => x.tanh(),
            Function::Cosh => x.cosh(),
        }
    }

    /// The C library's in 64 bits.
    pub fn std(self, x: f64) -> f64 {
        match self {
            Function::Exp => f64::exp(x),
            Function::ExpM1 => f64::exp_m1(x),
            Function::Ln => f64::ln(x),
            Function::Ln1p => f64::ln_1p(x),
            Function::Softplus if x.is_nan() => x,
            Function::Softplus => f64::max(x, 0.0) + f64::ln_1p(f64::exp(-f64::abs(x))),
            Function::Tanh => f64::tanh(x),
            Function::Cosh => f64::cosh(x),
        }
    }
}

/// A function over many numbers.
pub struct Apply<'a, E> {
    pub function: Function,
    pub data: &'a mut [E],
}

impl<E: Elem> Kernel<E> for Apply<'_, E> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        macro_rules! over {
            ($($name:ident)*) => {
                match self.function {
                    $(Function::$name => {
                        for x in self.data.chunks_mut(V::WIDTH) {
                            Function::$name.ours(V::load(x)).store(x);
                        }
                    })*
                }
            };
        }
        over!(Exp ExpM1 Ln Ln1p Softplus Tanh Cosh);
    }
}

/// Runs a kernel on a fresh input at every level of this processor, and over portable lanes. The first result is that
/// of the plain scalar loop.
pub fn at_every_level<E: Elem, K: Kernel<E>>(kernel: impl Fn() -> K) -> Vec<(&'static str, K::Output)> {
    let mut results: Vec<_> = Level::ALL
        .into_iter()
        .filter(|level| level.is_available())
        .map(|level| (level.name(), E::dispatch(level, kernel())))
        .collect();
    results.push(("pack of 16", kernel().run::<Pack<E, 16>>()));
    results.push(("pack of 4", kernel().run::<Pack<E, 4>>()));
    results
}

/// SplitMix64 (Steele et al. 2014, doi:10.1145/2660193.2660195).
pub struct Words(pub u64);

impl Words {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Uniform on [low, high).
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 * 2f64.powi(-53)
    }
}
