//! Adaptive: a leaky integrator in discrete time whose threshold rises with each spike.
//!
//! # Equations
//! `θ = 1 + r`; a spike where v > θ; `v ← e^(−1/tau)·v + x − θ·spike`; `r ← e^(−1/tau_thr)·r + gamma·spike`.
//!
//! # What it is for
//! Recurrent networks with a longer memory (LSNN), trained with back-propagation through time.
//!
//! # Discretisation and order of events
//! The spike depends on the potential of the previous step, so the output lags the input by one step. Time
//! constants count steps. The gradient flows through the reset and through the threshold.
//!
//! # Limits
//! No refractory period and no lower bound of v.
//!
//! # Checked against
//! `rnnbuilder.snn.Adaptive` 0.1.1, gradients included.

use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Time constant of the potential.
        tau: "steps" = 5.0, within(Range::above(0.0));
        /// Time constant of the threshold's return.
        tau_thr: "steps" = 5.0, within(Range::above(0.0));
        /// Rise of the threshold with each spike.
        gamma: "1" = 0.25;
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Decay of the potential per step.
        beta: "1" = 0.0;
        /// Decay of the threshold's rise per step.
        beta_thr: "1" = 0.0;
        /// Rise of the threshold with each spike.
        gamma: "1" = 0.0;
    }

    /// State.
    pub struct State {
        /// Membrane potential.
        v: "1" = 0.0;
        /// Rise of the threshold above 1.
        r: "1" = 0.0;
    }
}

/// Leaky integrator with subtractive reset and adaptive threshold, in discrete time.
#[derive(Debug, Clone, Copy)]
pub struct Adaptive;

impl Neuron for Adaptive {
    const INFO: Info = Info {
        name: "adaptive",
        class: "Adaptive",
        summary: "discrete-time leaky integrator with an adaptive threshold (LSNN)",
        equations: &[
            "θ = 1 + r",
            "spike where (v − θ)/θ > 0",
            "v ← exp(−1/tau)·v + x − spike·θ",
            "r ← exp(−1/tau_thr)·r + gamma·spike",
        ],
        references: &["Bellec et al. 2018, arXiv:1803.09574"],
        example_input: 0.4,
        ..Info::DISCRETE
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs { beta: (-dt / p.tau).exp(), beta_thr: (-dt / p.tau_thr).exp(), gamma: p.gamma }
    }
    #[inline(always)]
    fn integrate<T: Real>(_: &Coeffs<T>, s: State<T>, _: T, held: T::Mask) -> State<T> {
        State { v: T::select(held, T::zero(), s.v), r: s.r }
    }
    #[inline(always)]
    fn drive<T: Real>(_: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        let theta = T::one() + s.r;
        Drive::at((s.v - theta) / theta)
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let theta = T::one() + s.r;
        let v = k.beta * s.v + x - n.own * theta;
        (State { v, r: k.beta_thr * s.r + k.gamma * n.own }, Out::value(n.own))
    }
}
