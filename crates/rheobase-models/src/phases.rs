//! The phases of a step put together: [`step`], [`fire`], and what happens to the state every few steps, [`settle`].

use crate::neuron::{Fired, Firing, Neuron, Out};
use crate::real::{Float, Precision, Real};
use crate::record::Record;
use crate::surrogate::Surrogate;

/// One whole step without competition: integrate, fire, emit. Returns the new state, the neuron's own spike and
/// what leaves it. `layer` is the layer's sum of spikes for models that ask for it.
#[inline(always)]
pub fn step<N: Neuron, T: Real>(
    k: &N::Coeffs<T>,
    s: N::State<T>,
    x: T,
    held: T::Mask,
    layer: T,
    surrogate: &Surrogate,
) -> (N::State<T>, T, Out<T>) {
    let s = N::integrate(k, s, x, held);
    let own = fire::<N, T>(k, &s, x, held, surrogate);
    let (s, out) = N::emit(k, s, x, Fired { own, layer });
    (s, own, out)
}

/// Phase 2: what the neuron fires after `integrate`. Held neurons neither fire nor have a slope.
#[inline(always)]
pub fn fire<N: Neuron, T: Real>(
    k: &N::Coeffs<T>,
    s: &N::State<T>,
    x: T,
    held: T::Mask,
    surrogate: &Surrogate,
) -> T {
    let own = T::fire(N::drive(k, s, x), N::INFO.firing, surrogate);
    if N::INFO.firing as u8 == Firing::Never as u8 { own } else { T::select(held, T::zero(), own) }
}

/// Every how many steps since its last reset a neuron's state is settled: see [`settle`].
pub const SETTLE: u64 = 16;

/// The state with every number that has decayed below the smallest normal number over the machine epsilon (1e-31 in
/// single precision, 1e-292 in double) set to 0. Processors compute with denormal numbers many times slower than with
/// others, and a neuron that nothing reaches would decay into them.
#[inline(always)]
pub fn settle<V: Float, S: Record<V>>(state: S) -> S {
    let tiny = V::splat(V::Precision::MIN_NORMAL / (2.0 * V::Precision::HALF_EPSILON));
    S::from_fn(
        #[inline(always)]
        |i| {
            let x = state.get(i);
            V::select(x.abs().lt(tiny), V::zero(), x)
        },
    )
}
