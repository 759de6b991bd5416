//! QIF: the quadratic integrate-and-fire neuron.
//!
//! # Equations
//! `tau_m·dv/dt = a·(v − v_rest)·(v − v_c) + x·tau_m/c_m`; a spike where v ≥ v_th: v = v_reset for `t_ref`.
//!
//! # What it is for
//! The normal form of a neuron near the onset of regular firing (a saddle-node on a circle); mean-field theory.
//! Between v_rest and the cut-off v_c the potential returns to rest, above v_c it escapes.
//!
//! # Discretisation and order of events
//! Forward Euler. Held at v_rest while refractory or silenced, clamped at v_min; then the comparison and the reset.
//!
//! # Limits
//! First order in dt; the escape towards v_th takes few steps, so spike times depend on dt. Far below v_rest the
//! parabola is steep: without v_min a strong negative input may overshoot.
//!
//! # Checked against
//! `SpykeTorch.neurons.QIF` (SpykeTorch-Extended), with v_min = v_rest and t_ref = 0.

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
        /// Cut-off: above it the potential escapes without input.
        v_c: "mV" = -50.0;
        /// Curvature.
        a: "1/mV" = 0.04;
        /// Refractory period of the neuron itself, in whole steps.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
    }
}

membrane_coeffs! { |p, dt|
    /// `a·dt / tau_m`.
    curvature: "1/mV" = p.a * dt / p.tau_m;
    /// `dt / c_m`.
    gain: "mV/pA" = dt / p.c_m;
    /// Cut-off.
    v_c: "mV" = p.v_c;
}

/// `dv/dt`.
#[inline(always)]
fn slope<T: Real>(p: &Params<T>, v: T, x: T) -> T {
    p.a * (v - p.v_rest) * (v - p.v_c) / p.tau_m + x / p.c_m
}

/// The potential after a step that nothing held.
#[inline(always)]
fn potential<T: Real>(k: &Coeffs<T>, v: T, x: T) -> T {
    v + ((v - k.v_rest) * (v - k.v_c) * k.curvature + x * k.gain)
}

/// Quadratic integrate-and-fire neuron, forward Euler.
#[derive(Debug, Clone, Copy)]
pub struct Qif;

impl Neuron for Qif {
    const INFO: Info = Info {
        name: "qif",
        class: "QIF",
        summary: "quadratic integrate-and-fire, forward Euler",
        equations: &[
            "v ← v + a·(v − v_rest)·(v − v_c)·dt/tau_m + x·dt/c_m",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &[
            "Latham et al. 2000, doi:10.1152/jn.2000.83.2.808",
            "Ermentrout & Kopell 1986, doi:10.1137/0146017",
        ],
        input_range: [-200.0, 5000.0],
        example_input: 250.0,
        ..Info::MILLIVOLTS
    };
    membrane!(Rate = NoRate, potential, slope);
}
