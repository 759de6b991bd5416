//! PerfectIntegrator: a sum of impulses that fires at a threshold and never falls below rest.
//!
//! # Equations
//! `v ← max(v + x, v_min)`; a spike where v ≥ v_th: v = v_reset.
//!
//! # What it is for
//! Latency-coded convolutional networks with STDP, where a potential is the sum of the weights of the spikes that
//! have arrived.
//!
//! # Discretisation and order of events
//! Impulses are added as they are; dt matters only for the refractory period. Held at v_rest while refractory or
//! silenced, then the clamp at v_min, the comparison with v_th and the reset.
//!
//! # Limits
//! At most one spike per step; what v exceeds v_th by is lost in the reset.
//!
//! # Checked against
//! `SpykeTorch.neurons.Neuron.finalize_state_update` (SpykeTorch-Extended), the update of its base class.

use super::{Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time, floor_rule};
use crate::rate::NoRate;
use crate::real::{Real, whole_steps};
use crate::record::Range;
use crate::surrogate::Surrogate;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Resting potential.
        v_rest: "mV" = -65.0;
        /// Threshold.
        v_th: "mV" = -50.0, threshold();
        /// Potential after a spike.
        v_reset: "mV" = -65.0;
        /// Lower bound of the potential, usually the resting potential; -inf for none.
        v_min: "mV" = -65.0, within(Range::LOWER_BOUND);
        /// Refractory period of the neuron itself, in whole steps.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
    }
}

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// Resting potential.
        v_rest: "mV" = 0.0;
        /// Threshold.
        v_th: "mV" = 0.0;
        /// Potential after a spike.
        v_reset: "mV" = 0.0;
        /// Lower bound.
        v_min: "mV" = 0.0, within(Range::LOWER_BOUND);
        /// Refractory steps after a spike.
        refractory_steps: "steps" = 0.0;
    }
}

crate::record! {
    /// State.
    pub struct State {
        /// Membrane potential.
        v: "mV" = 0.0;
        /// Refractory steps left.
        refractory: "steps" = 0.0;
    }
}

/// Perfect integrator of impulses, clamped from below.
#[derive(Debug, Clone, Copy)]
pub struct PerfectIntegrator;

impl Neuron for PerfectIntegrator {
    const INFO: Info = Info {
        name: "perfect_integrator",
        class: "PerfectIntegrator",
        summary: "sum of impulses, clamped at rest, that fires at a threshold",
        family: "spyketorch",
        equations: &[
            "v ← v + x",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &["Mozafari et al. 2019 (SpykeTorch), doi:10.3389/fnins.2019.00625"],
        potential: Some("v"),
        firing: Firing::Inclusive,
        emits: Emits::Binary,
        takes: Takes::Impulse,
        time: Time::Seconds,
        layer_sum: None,
        surrogate: Surrogate::FastSigmoid(1.0),
        input_unit: "mV",
        input_range: [-50.0, 100.0],
        example_input: 0.8,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = NoRate;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs {
            v_rest: p.v_rest,
            v_th: p.v_th,
            v_reset: p.v_reset,
            v_min: p.v_min,
            refractory_steps: whole_steps(p.t_ref, dt),
        }
    }
    #[inline(always)]
    fn rest<T: Real>(p: &Params<T>) -> State<T> {
        State { v: p.v_rest, refractory: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let held = held | s.refractory.gt(T::zero());
        let v = T::select(held, k.v_rest, s.v + x).max(k.v_min);
        State { v, refractory: (s.refractory - T::one()).max(T::zero()) }
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - k.v_th)
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let state = State {
            v: T::gate(n.own, k.v_reset, s.v),
            refractory: T::gate(n.own, k.refractory_steps, s.refractory),
        };
        (state, Out::value(n.own))
    }
    fn broken_rule(p: &Params<f64>) -> Option<String> {
        floor_rule(p.v_min, p.v_rest)
    }
}
