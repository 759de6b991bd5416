//! LIFEuler: the leaky integrate-and-fire neuron in physical units, by forward Euler.
//!
//! # Equations
//! `dv/dt = (v_rest − v)/tau_m + x/c_m`; a spike where v ≥ v_th: v = v_reset for `t_ref`.
//!
//! # What it is for
//! Models and hardware that are defined by the Euler step. Otherwise [`super::lif_exp::LifExp`] costs the same.
//!
//! # Discretisation and order of events
//! Forward Euler. Held at v_rest while refractory or silenced, clamped at v_min; then the comparison and the reset.
//!
//! # Limits
//! First order in dt; stable for dt < 2·tau_m. At most one spike per step.
//!
//! # Checked against
//! `SpykeTorch.neurons.LIF_ode` (SpykeTorch-Extended), where v_reset = v_rest and there is no lower bound.

use super::lif_exp::LifExp;
use super::membrane::{State, membrane, membrane_coeffs};
use super::prelude::*;

pub use super::lif_exp::Params;

membrane_coeffs! { |p, dt|
    /// `dt / tau_m`.
    leak: "1" = dt / p.tau_m;
    /// `dt / c_m`.
    gain: "mV/pA" = dt / p.c_m;
}

/// The potential after a step that nothing held.
#[inline(always)]
fn potential<T: Real>(k: &Coeffs<T>, v: T, x: T) -> T {
    v + ((k.v_rest - v) * k.leak + x * k.gain)
}

/// Leaky integrate-and-fire neuron by forward Euler.
#[derive(Debug, Clone, Copy)]
pub struct LifEuler;

impl Neuron for LifEuler {
    const INFO: Info = Info {
        name: "lif_euler",
        class: "LIFEuler",
        summary: "leaky integrate-and-fire in mV and pA, forward Euler",
        equations: &[
            "v ← v + dt·((v_rest − v)/tau_m + x/c_m)",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &["Abbott 1999 (on Lapicque 1907), doi:10.1016/S0361-9230(99)00161-6"],
        ..Info::MILLIVOLTS
    };
    membrane!(Rate = MembraneCurve, potential);

    #[inline(always)]
    fn rate<T: Real>(p: &Params<T>) -> Option<MembraneParams<T>> {
        LifExp::rate(p)
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        LifExp::rhs(p, s, x)
    }
    fn dt_bound(p: &Params<f64>) -> f64 {
        2.0 * p.tau_m
    }
}
