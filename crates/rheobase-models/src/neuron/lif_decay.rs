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

use super::membrane::{State, membrane, membrane_coeffs};
use super::prelude::*;

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

membrane_coeffs! { |p, dt|
    /// `1 − dt/tau_m`.
    decay: "1" = T::one() - dt / p.tau_m;
    /// Potential that the membrane decays to.
    v_leak: "mV" = p.v_leak;
}

/// The potential after a step that nothing held.
#[inline(always)]
fn potential<T: Real>(k: &Coeffs<T>, v: T, x: T) -> T {
    k.v_leak + (v - k.v_leak) * k.decay + x
}

/// Leaky integrate-and-fire neuron with a fixed decay per step, driven by impulses.
#[derive(Debug, Clone, Copy)]
pub struct LifDecay;

impl Neuron for LifDecay {
    const INFO: Info = Info {
        name: "lif_decay",
        class: "LIFDecay",
        summary: "leaky integrate-and-fire with a fixed decay per step, driven by impulses",
        equations: &[
            "v ← v_leak + (v − v_leak)·(1 − dt/tau_m) + x",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &["Mozafari et al. 2019 (SpykeTorch), doi:10.3389/fnins.2019.00625"],
        ..Info::IMPULSES
    };
    membrane!(Rate = NoRate, potential);

    fn dt_bound(p: &Params<f64>) -> f64 {
        p.tau_m / 3.0
    }
}
