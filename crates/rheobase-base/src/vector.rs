//! Sums and checks over whole slices, in lanes: the compiler's own vectorisers are switched off.
//!
//! Results do not depend on the SIMD level.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};
use rheobase_models::real::Mask;

/// Adds `from` to `to`, number by number.
pub fn add(level: Level, to: &mut [f32], from: &[f32]) {
    f32::dispatch(level, Add { to, from });
}

/// Writes the sum of two to `to`, number by number; of two zeros it is +0.
pub fn sum(level: Level, to: &mut [f32], a: &[f32], b: &[f32]) {
    f32::dispatch(level, Sum { to, a, b });
}

/// Whether no number is NaN or of a magnitude above `limit`.
pub fn all_within(numbers: &[f32], limit: f32) -> bool {
    f32::dispatch(Level::best(), Within { numbers, limit })
}

/// Whether all numbers are 1, as spikes are: then there is nothing to multiply with.
pub fn all_ones(level: Level, numbers: &[f32]) -> bool {
    f32::dispatch(level, Ones(numbers))
}

struct Ones<'a>(&'a [f32]);

impl Kernel<f32> for Ones<'_> {
    type Output = bool;
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) -> bool {
        let (one, mut all) = (V::one(), V::Mask::splat(true));
        let (whole, rest) = self.0.split_at(self.0.len() / V::WIDTH * V::WIDTH);
        for x in whole.chunks_exact(V::WIDTH) {
            let x = V::load(x);
            all = all & x.le(one) & x.ge(one);
        }
        !(!all).any()
            && rest.iter().all(
                #[inline(always)]
                |x| *x == 1.0,
            )
    }
}

struct Within<'a> {
    numbers: &'a [f32],
    limit: f32,
}

impl Kernel<f32> for Within<'_> {
    type Output = bool;
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) -> bool {
        let limit = V::broadcast(self.limit);
        self.numbers.chunks(V::WIDTH).all(
            #[inline(always)]
            |x| !(!V::load(x).abs().le(limit)).any(),
        )
    }
}

struct Sum<'a> {
    to: &'a mut [f32],
    a: &'a [f32],
    b: &'a [f32],
}

impl Kernel<f32> for Sum<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let terms = self.a.chunks(V::WIDTH).zip(self.b.chunks(V::WIDTH));
        for (to, (a, b)) in self.to.chunks_mut(V::WIDTH).zip(terms) {
            (V::zero() + V::load(a) + V::load(b)).store(to);
        }
    }
}

struct Add<'a> {
    to: &'a mut [f32],
    from: &'a [f32],
}

impl Kernel<f32> for Add<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        for (to, from) in self.to.chunks_mut(V::WIDTH).zip(self.from.chunks(V::WIDTH)) {
            (V::load(to) + V::load(from)).store(to);
        }
    }
}

/// Whether every number is finite.
pub fn all_finite<E: Elem>(level: Level, numbers: &[E]) -> bool {
    E::dispatch(level, Finite(numbers))
}

struct Finite<'a, E>(&'a [E]);

impl<E: Elem> Kernel<E> for Finite<'_, E> {
    type Output = bool;
    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) -> bool {
        let infinity = V::splat(f64::INFINITY);
        let mut bad = V::Mask::splat(false);
        for x in self.0.chunks(V::WIDTH) {
            bad = bad | !V::load(x).abs().lt(infinity);
        }
        !bad.any()
    }
}
