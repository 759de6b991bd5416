//! EIFDecay: the exponential integrate-and-fire neuron with a fixed decay per step, driven by impulses.
//!
//! # Equations
//! `v ← v_leak + (v − v_leak)·(1 − dt/tau_m) + onset_scale·(dt/tau_m)·delta_t·exp((v − theta_rh)/delta_t) + x`; a spike
//! where v ≥ v_th: v = v_reset for `t_ref`.
//!
//! # What it is for
//! The cheap relative of [`super::eif::Eif`] for inputs that are sums of weights: spike onset as in the exponential neuron,
//! without currents and capacitances.
//!
//! # Discretisation and order of events
//! Forward Euler of the membrane, then the impulse. Held at v_rest while refractory or silenced, clamped at v_min; then
//! the comparison and the reset. onset_scale = 1 is the exponential neuron; the source adds the onset unscaled in
//! every step, which is onset_scale = tau_m/dt, and decays to v_leak = 0.
//!
//! # Limits
//! The exponent is capped at 80. First order in dt, which must stay below tau_m/3.
//!
//! # Checked against
//! `SpykeTorch.neurons.EIF_Simple` (SpykeTorch-Extended), with v_leak = 0 and onset_scale = tau_m/dt.

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
        /// Potential at which a spike is counted and the neuron reset.
        v_th: "mV" = -30.0, threshold();
        /// Potential after a spike.
        v_reset: "mV" = -65.0;
        /// Lower bound of the potential; -inf for none.
        v_min: "mV" = f64::NEG_INFINITY, within(Range::LOWER_BOUND);
        /// Rheobase threshold, where the exponential takes over.
        theta_rh: "mV" = -50.0;
        /// Sharpness of the spike's onset.
        delta_t: "mV" = 2.0, within(Range::above(0.0));
        /// Strength of the exponential relative to the leak.
        onset_scale: "1" = 1.0, within(Range::at_least(0.0));
        /// Refractory period of the neuron itself, in whole steps.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
    }
}

membrane_coeffs! { |p, dt|
    /// `1 − dt/tau_m`.
    decay: "1" = T::one() - dt / p.tau_m;
    /// Potential that the membrane decays to.
    v_leak: "mV" = p.v_leak;
    /// Rheobase threshold.
    theta_rh: "mV" = p.theta_rh;
    /// `1 / delta_t`.
    per_delta_t: "1/mV" = T::one() / p.delta_t;
    /// `onset_scale·dt/tau_m·delta_t`.
    onset: "mV" = p.onset_scale * (dt / p.tau_m) * p.delta_t;
}

/// The potential after a step that nothing held.
#[inline(always)]
fn potential<T: Real>(k: &Coeffs<T>, v: T, x: T) -> T {
    let onset = k.onset * ((v - k.theta_rh) * k.per_delta_t).min(T::splat(80.0)).exp();
    k.v_leak + (v - k.v_leak) * k.decay + onset + x
}

/// Exponential integrate-and-fire neuron with a fixed decay per step, driven by impulses.
#[derive(Debug, Clone, Copy)]
pub struct EifDecay;

impl Neuron for EifDecay {
    const INFO: Info = Info {
        name: "eif_decay",
        class: "EIFDecay",
        summary: "exponential integrate-and-fire with a fixed decay per step, driven by impulses",
        equations: &[
            "v ← v_leak + (v − v_leak)·(1 − dt/tau_m) + onset_scale·dt/tau_m·delta_t·exp((v − theta_rh)/delta_t) + x",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &["Fourcaud-Trocmé et al. 2003, doi:10.1523/JNEUROSCI.23-37-11628.2003"],
        ..Info::IMPULSES
    };
    membrane!(Rate = NoRate, potential);

    fn dt_bound(p: &Params<f64>) -> f64 {
        p.tau_m / 3.0
    }
}
