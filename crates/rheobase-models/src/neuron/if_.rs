//! IF: the integrate-and-fire neuron without leak.
//!
//! # Equations
//! `c_m·dv/dt = x`; a spike where v ≥ v_th: v = v_reset for `t_ref`.
//!
//! # What it is for
//! The simplest neuron that turns a current into a rate: converted rate networks, latency codes, a lower bound on
//! what a leak costs.
//!
//! # Discretisation and order of events
//! Exact for an input that is constant during a step. v is advanced, held at v_rest while refractory or silenced,
//! clamped at v_min; then the comparison with v_th and the reset.
//!
//! # Limits
//! At most one spike per step, and what v exceeds v_th by is lost in the reset: rates near 1/dt are too low. Without
//! v_min negative input is remembered for ever.
//!
//! # Checked against
//! `SpykeTorch.neurons.IF` (SpykeTorch-Extended), where v_reset = v_rest and there is no lower bound.

use super::membrane::{State, membrane, membrane_coeffs};
use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
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
    /// `dt / c_m`.
    gain: "mV/pA" = dt / p.c_m;
}

/// `dv/dt`.
#[inline(always)]
fn slope<T: Real>(p: &Params<T>, _: T, x: T) -> T {
    x / p.c_m
}

/// The potential after a step that nothing held.
#[inline(always)]
fn potential<T: Real>(k: &Coeffs<T>, v: T, x: T) -> T {
    v + x * k.gain
}

/// Integrate-and-fire neuron without leak.
#[derive(Debug, Clone, Copy)]
pub struct If;

impl Neuron for If {
    const INFO: Info = Info {
        name: "if",
        class: "IF",
        summary: "integrate-and-fire without leak",
        equations: &[
            "v ← v + x·dt/c_m",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &[
            "Abbott 1999 (on Lapicque 1907), doi:10.1016/S0361-9230(99)00161-6",
            "Mozafari et al. 2019 (SpykeTorch), doi:10.3389/fnins.2019.00625",
        ],
        example_input: 200.0,
        ..Info::MILLIVOLTS
    };
    membrane!(Rate = IntegratorCurve, potential, slope);

    #[inline(always)]
    fn rate<T: Real>(p: &Params<T>) -> Option<IntegratorParams<T>> {
        Some(IntegratorParams { c_m: p.c_m, v_th: p.v_th, v_reset: p.v_reset, t_ref: p.t_ref })
    }
}
