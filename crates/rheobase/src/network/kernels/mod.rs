//! The three products of a linear map, with lanes: out of events or of all inputs, back to the inputs, and to the
//! weights; and the plain sum.
//!
//! Every sum has one order, whatever the form, the SIMD level or the threads: outputs add their inputs in ascending
//! index; errors of inputs are sums in 16 virtual lanes with a fixed tree; a weight adds its gradient with time
//! descending and samples ascending. A term of 0 changes no sum, so leaving it out gives the same bits.

/// Calls `$body` for blocks of outputs: `$n` registers from output `$o` on. All are full but the last one. `$most` side by
/// side only where there are more registers than those of AVX2, else `$many`, in the end one.
macro_rules! blocks {
    ($V:ident, $outputs:expr, $most:literal $many:literal, |$o:ident, $n:ident| $body:block) => {{
        let mut $o = 0;
        while $V::WIDTH >= 16 && $o + $most * $V::WIDTH <= $outputs {
            const $n: usize = $most;
            $body
            $o += $most * $V::WIDTH;
        }
        while $o + $many * $V::WIDTH <= $outputs {
            const $n: usize = $many;
            $body
            $o += $many * $V::WIDTH;
        }
        while $o < $outputs {
            const $n: usize = 1;
            $body
            $o += $V::WIDTH;
        }
    }};
}

mod backward;
mod forward;
mod gather;
#[cfg(test)]
mod tests;

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};
use rheobase_models::real::Mask;

pub(crate) use backward::backward;
pub(crate) use forward::{Product, forward};
pub(crate) use gather::{gather, gather_bias};

/// Where a block of `N` registers from output `o` on ends: only the last block of one register may not be full.
#[inline(always)]
fn end<V: Lanes<Elem = f32>, const N: usize>(o: usize, outputs: usize) -> usize {
    if N > 1 { o + N * V::WIDTH } else { outputs.min(o + V::WIDTH) }
}

/// Adds `from` to `to`, number by number.
pub(crate) fn add(level: Level, to: &mut [f32], from: &[f32]) {
    f32::dispatch(level, Add { to, from });
}

/// Writes the sum of two to `to`, number by number; of two zeros it is +0.
pub(crate) fn sum(level: Level, to: &mut [f32], a: &[f32], b: &[f32]) {
    f32::dispatch(level, Sum { to, a, b });
}

/// Whether no number is NaN or of a magnitude above `limit`.
pub(crate) fn all_within(numbers: &[f32], limit: f32) -> bool {
    f32::dispatch(Level::best(), Within { numbers, limit })
}

/// Whether all numbers are 1, as spikes are: then there is nothing to multiply with.
pub(crate) fn all_ones(level: Level, numbers: &[f32]) -> bool {
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
