//! Cooldown: a discrete-time integrator of the exponential of its input that fires on either side of 1.
//!
//! # Equations
//! A spike where `sign·(v − 1) > 0`; `v ← β·v + (1 − β)·eˣ` with β = e^(−1/tau).
//!
//! # What it is for
//! Pairs of on and off units in recurrent networks: a unit with sign −1 fires while v is below 1, which is its rest
//! under zero input when v starts at 0.
//!
//! # Discretisation and order of events
//! The spike depends on the potential of the previous step. There is no reset. Time constants count steps.
//!
//! # Limits
//! The exponent of the input is capped at 80, so that v stays finite.
//!
//! # Checked against
//! `rnnbuilder.snn.Cooldown` 0.1.1, gradients included; its first half of the units has sign +1, the rest −1.

use super::prelude::*;

pub use super::lif_subtract::State;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Time constant of the potential.
        tau: "steps" = 5.0, within(Range::above(0.0));
        /// +1 fires above 1, −1 fires below 1.
        sign: "1" = 1.0, within(Range::between(-1.0, 1.0));
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Decay of the potential per step.
        beta: "1" = 0.0;
        /// Weight of the input's exponential.
        gain: "1" = 0.0;
        /// Side of 1 on which the neuron fires.
        sign: "1" = 0.0;
    }
}

/// Integrator of the exponential of its input, firing above or below 1.
#[derive(Debug, Clone, Copy)]
pub struct Cooldown;

impl Neuron for Cooldown {
    const INFO: Info = Info {
        name: "cooldown",
        class: "Cooldown",
        summary: "discrete-time integrator of exp(input) that fires above (or below) 1, without reset",
        equations: &["spike where sign·(v − 1) > 0", "v ← exp(−1/tau)·v + (1 − exp(−1/tau))·exp(x)"],
        references: &["rnnbuilder 0.1.1, https://pypi.org/project/rnnbuilder/"],
        example_input: 0.2,
        ..Info::DISCRETE
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        let beta = (-dt / p.tau).exp();
        Coeffs { beta, gain: T::one() - beta, sign: p.sign }
    }
    #[inline(always)]
    fn integrate<T: Real>(_: &Coeffs<T>, s: State<T>, _: T, held: T::Mask) -> State<T> {
        State { v: T::select(held, T::zero(), s.v) }
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(k.sign * (s.v - T::one()))
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let v = k.beta * s.v + k.gain * x.min(T::splat(80.0)).exp();
        (State { v }, Out::value(n.own))
    }
}
