//! EIF: the exponential integrate-and-fire neuron.
//!
//! # Equations
//! `tau_m·dv/dt = (v_rest − v) + delta_t·exp((v − theta_rh)/delta_t) + x·tau_m/c_m`; a spike where v ≥ v_th: v = v_reset
//! for `t_ref`.
//!
//! # What it is for
//! Realistic spike onset: the response to fast inputs and the f–I curve near threshold of cortical neurons, with one
//! state.
//!
//! # Discretisation and order of events
//! Forward Euler. Held at v_rest while refractory or silenced, clamped at v_min; then the comparison and the reset.
//!
//! # Limits
//! The exponent is capped at 80, so that v stays finite however strong the input. First order in dt. With v_min =
//! v_rest a v_reset below rest is undone in the next step.
//!
//! # Checked against
//! `SpykeTorch.neurons.EIF` (SpykeTorch-Extended), with v_min = v_rest and t_ref = 0.

use super::membrane::{State, membrane, membrane_coeffs};
use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Membrane capacitance.
        c_m: "nF" = 0.281, within(Range::above(0.0));
        /// Resting potential.
        v_rest: "mV" = -65.0;
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
        /// Refractory period of the neuron itself, in whole steps.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
    }
}

membrane_coeffs! { |p, dt|
    /// `dt / tau_m`.
    leak: "1" = dt / p.tau_m;
    /// `dt / c_m`.
    gain: "mV/pA" = dt / p.c_m;
    /// Rheobase threshold.
    theta_rh: "mV" = p.theta_rh;
    /// Sharpness.
    delta_t: "mV" = p.delta_t;
    /// `1 / delta_t`.
    per_delta_t: "1/mV" = T::one() / p.delta_t;
}

/// `dv/dt`.
#[inline(always)]
fn slope<T: Real>(p: &Params<T>, v: T, x: T) -> T {
    let onset = p.delta_t * ((v - p.theta_rh) / p.delta_t).min(T::splat(80.0)).exp();
    ((p.v_rest - v) + onset) / p.tau_m + x / p.c_m
}

/// The potential after a step that nothing held.
#[inline(always)]
fn potential<T: Real>(k: &Coeffs<T>, v: T, x: T) -> T {
    let onset = k.delta_t * ((v - k.theta_rh) * k.per_delta_t).min(T::splat(80.0)).exp();
    v + (((k.v_rest - v) + onset) * k.leak + x * k.gain)
}

/// Exponential integrate-and-fire neuron, forward Euler.
#[derive(Debug, Clone, Copy)]
pub struct Eif;

impl Neuron for Eif {
    const INFO: Info = Info {
        name: "eif",
        class: "EIF",
        summary: "exponential integrate-and-fire, forward Euler",
        equations: &[
            "v ← v + dt/tau_m·((v_rest − v) + delta_t·exp((v − theta_rh)/delta_t)) + x·dt/c_m",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &["Fourcaud-Trocmé et al. 2003, doi:10.1523/JNEUROSCI.23-37-11628.2003"],
        ..Info::MILLIVOLTS
    };
    membrane!(Rate = NoRate, potential, slope);

    fn dt_bound(p: &Params<f64>) -> f64 {
        2.0 * p.tau_m
    }
}
