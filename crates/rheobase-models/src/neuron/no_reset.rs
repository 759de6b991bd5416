//! NoReset: a leaky integrator in discrete time that fires in every step in which it is above threshold.
//!
//! # Equations
//! `v ← e^(−1/tau)·v + x`; a spike where v > v_th. Nothing is reset.
//!
//! # What it is for
//! Units with a graded trace and a binary output: the potential remembers the input undisturbed by spikes.
//!
//! # Discretisation and order of events
//! Decay and input first, then the comparison. Time constants count steps.
//!
//! # Limits
//! No refractory period and no lower bound of v.
//!
//! # Checked against
//! `rnnbuilder.snn.NoReset` 0.1.1, gradients included.

use super::prelude::*;

pub use super::lif_subtract::State;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Time constant of the potential.
        tau: "steps" = 5.0, within(Range::above(0.0));
        /// Threshold.
        v_th: "1" = 1.0, threshold();
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Decay of the potential per step.
        beta: "1" = 0.0;
        /// Threshold.
        v_th: "1" = 0.0;
    }
}

/// Leaky integrator that fires above threshold and is not reset, in discrete time.
#[derive(Debug, Clone, Copy)]
pub struct NoReset;

impl Neuron for NoReset {
    const INFO: Info = Info {
        name: "no_reset",
        class: "NoReset",
        summary: "discrete-time leaky integrator that fires whenever it is above threshold, without reset",
        equations: &["v ← exp(−1/tau)·v + x", "spike where v > v_th"],
        references: &["rnnbuilder 0.1.1, https://pypi.org/project/rnnbuilder/"],
        backward_reads: BackwardReads::Potential,
        ..Info::DISCRETE
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs { beta: (-dt / p.tau).exp(), v_th: p.v_th }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        State { v: T::select(held, T::zero(), k.beta * s.v + x) }
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - k.v_th)
    }
    #[inline(always)]
    fn emit<T: Real>(_: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        (s, Out::value(n.own))
    }
}
