//! LIFDecay: a leaky integrate-and-fire neuron that keeps a fixed share of its potential per step.
//!
//! # Equations
//! `v ← v_leak + (v − v_leak)·(1 − dt/tau_m) + x`; a spike where v ≥ v_th: v = v_reset for `t_ref`.
//!
//! # What it is for
//! The cheapest leaky neuron, driven by impulses in millivolts: convolutional networks with STDP, neuromorphic chips
//! that decay by a fixed factor.
//!
//! # Discretisation and order of events
//! The distance from v_leak shrinks by 1 − dt/tau_m, then the impulse is added. Held at v_rest while refractory or
//! silenced, clamped at v_min; then the comparison and the reset. The membrane decays to v_leak, usually v_rest;
//! v_leak = 0 with another v_rest is what the source does.
//!
//! # Limits
//! The factor 1 − dt/tau_m approximates exp(−dt/tau_m) to first order; dt must stay below tau_m/3.
//!
//! # Checked against
//! `SpykeTorch.neurons.LIF_Simple` (SpykeTorch-Extended), with v_leak = 0 and v_reset = v_rest.

use super::{Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time, floor_rule};
use crate::rate::NoRate;
use crate::real::{Real, whole_steps};
use crate::record::Range;
use crate::surrogate::Surrogate;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Resting potential: where the neuron starts and is held.
        v_rest: "mV" = -65.0;
        /// Potential that the membrane decays to.
        v_leak: "mV" = -65.0;
        /// Threshold.
        v_th: "mV" = -50.0, threshold();
        /// Potential after a spike.
        v_reset: "mV" = -65.0;
        /// Lower bound of the potential; -inf for none.
        v_min: "mV" = f64::NEG_INFINITY, within(Range::LOWER_BOUND);
        /// Refractory period of the neuron itself, in whole steps.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
    }
}

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// `1 − dt/tau_m`.
        decay: "1" = 0.0;
        /// Resting potential.
        v_rest: "mV" = 0.0;
        /// Potential that the membrane decays to.
        v_leak: "mV" = 0.0;
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

/// Leaky integrate-and-fire neuron with a fixed decay per step, driven by impulses.
#[derive(Debug, Clone, Copy)]
pub struct LifDecay;

impl Neuron for LifDecay {
    const INFO: Info = Info {
        name: "lif_decay",
        class: "LIFDecay",
        summary: "leaky integrate-and-fire with a fixed decay per step, driven by impulses",
        family: "spyketorch",
        equations: &[
            "v ← v_leak + (v − v_leak)·(1 − dt/tau_m) + x",
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
        example_input: 1.0,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = NoRate;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs {
            decay: T::one() - dt / p.tau_m,
            v_rest: p.v_rest,
            v_leak: p.v_leak,
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
        let v = k.v_leak + (s.v - k.v_leak) * k.decay + x;
        let v = T::select(held, k.v_rest, v).max(k.v_min);
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
    fn dt_bound(p: &Params<f64>) -> f64 {
        p.tau_m / 3.0
    }
    fn broken_rule(p: &Params<f64>) -> Option<String> {
        floor_rule(p.v_min, p.v_rest)
    }
}
