//! LIFExp: the leaky integrate-and-fire neuron in physical units, with exact decay.
//!
//! # Equations
//! `dv/dt = (v_rest − v)/tau_m + x/c_m`; a spike where v ≥ v_th: v = v_reset for `t_ref`.
//!
//! # What it is for
//! The one-state neuron that a layer in millivolts and picoamperes usually wants: stable at any step.
//!
//! # Discretisation and order of events
//! The distance from rest decays by exactly exp(−dt/tau_m), then the charge of the step, x·dt, is added as an impulse
//! at its end. Held at v_rest while refractory or silenced, clamped at v_min; then the comparison and the reset.
//!
//! # Limits
//! First order in dt for a current; exact for impulses at the ends of steps. At most one spike per step.
//!
//! # Checked against
//! The closed form of decay and rate, and `SpykeTorch.neurons.LIF._f_ode`. The update of that class keeps two more
//! states and is [`super::lif_last_input::LifLastInput`].

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
    /// `exp(−dt/tau_m)`.
    decay: "1" = (-dt / p.tau_m).exp();
    /// `dt / c_m`.
    gain: "mV/pA" = dt / p.c_m;
}

/// `dv/dt`.
#[inline(always)]
fn slope<T: Real>(p: &Params<T>, v: T, x: T) -> T {
    (p.v_rest - v) / p.tau_m + x / p.c_m
}

/// The potential after a step that nothing held.
#[inline(always)]
fn potential<T: Real>(k: &Coeffs<T>, v: T, x: T) -> T {
    k.v_rest + ((v - k.v_rest) * k.decay + x * k.gain)
}

/// Leaky integrate-and-fire neuron with exact decay.
#[derive(Debug, Clone, Copy)]
pub struct LifExp;

impl Neuron for LifExp {
    const INFO: Info = Info {
        name: "lif_exp",
        class: "LIFExp",
        summary: "leaky integrate-and-fire in mV and pA, exact decay, input as an impulse per step",
        equations: &[
            "v ← v_rest + (v − v_rest)·exp(−dt/tau_m) + x·dt/c_m",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &["Abbott 1999 (on Lapicque 1907), doi:10.1016/S0361-9230(99)00161-6"],
        ..Info::MILLIVOLTS
    };
    membrane!(Rate = MembraneCurve, potential, slope);

    #[inline(always)]
    fn rate<T: Real>(p: &Params<T>) -> Option<MembraneParams<T>> {
        Some(MembraneParams {
            tau_m: p.tau_m,
            c_m: p.c_m,
            v_rest: p.v_rest,
            v_th: p.v_th,
            v_reset: p.v_reset,
            t_ref: p.t_ref,
        })
    }
}
