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

use super::membrane::{State, membrane, membrane_coeffs};
use super::prelude::*;

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

membrane_coeffs! { |p, dt| }

/// The potential after a step that nothing held.
#[inline(always)]
fn potential<T: Real>(_: &Coeffs<T>, v: T, x: T) -> T {
    v + x
}

/// Perfect integrator of impulses, clamped from below.
#[derive(Debug, Clone, Copy)]
pub struct PerfectIntegrator;

impl Neuron for PerfectIntegrator {
    const INFO: Info = Info {
        name: "perfect_integrator",
        class: "PerfectIntegrator",
        summary: "sum of impulses, clamped at rest, that fires at a threshold",
        equations: &[
            "v ← v + x",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &["Mozafari et al. 2019 (SpykeTorch), doi:10.3389/fnins.2019.00625"],
        example_input: 0.8,
        ..Info::IMPULSES
    };
    membrane!(Rate = NoRate, potential);
}
