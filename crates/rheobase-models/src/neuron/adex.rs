//! AdEx: the adaptive exponential integrate-and-fire neuron.
//!
//! # Equations
//! `tau_m·dv/dt = (v_rest − v) + delta_t·exp((v − theta_rh)/delta_t) + R·(x − w)` with R = tau_m/c_m;
//! `tau_w·dw/dt = a·(v − v_rest) − w`; a spike where v ≥ v_th: v = v_reset, w += b.
//!
//! # What it is for
//! Fits recorded cortical neurons with two equations: regular spiking, bursting, adaptation, delayed firing.
//!
//! # Discretisation and order of events
//! Forward Euler. v is advanced, held at v_rest while refractory, clamped at v_min; w follows with the new v; then
//! the comparison with v_th, the reset, and the jump of w.
//!
//! # Limits
//! The exponent is capped at 80, so that v stays finite however strong the input. First order in dt.
//!
//! # Checked against
//! `SpykeTorch.neurons.AdEx` (SpykeTorch-Extended): there only a layer's winners become refractory, which is the
//! layer's competition here, with t_ref = 0.

use super::membrane::{clock, counted_down, membrane, membrane_coeffs};
use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.009_37, within(Range::above(0.0));
        /// Membrane capacitance.
        c_m: "nF" = 0.281, within(Range::above(0.0));
        /// Resting potential.
        v_rest: "mV" = -70.6;
        /// Potential at which a spike is counted and the neuron reset.
        v_th: "mV" = -40.4, threshold();
        /// Potential after a spike.
        v_reset: "mV" = -70.6;
        /// Lower bound of the potential; -inf for none.
        v_min: "mV" = f64::NEG_INFINITY, within(Range::LOWER_BOUND);
        /// Rheobase threshold, where the exponential takes over.
        theta_rh: "mV" = -50.4;
        /// Sharpness of the spike's onset.
        delta_t: "mV" = 2.0, within(Range::above(0.0));
        /// Subthreshold adaptation.
        a: "nS" = 4.0;
        /// Jump of the adaptation current with each spike.
        b: "pA" = 80.5;
        /// Time constant of the adaptation.
        tau_w: "s" = 0.144, within(Range::above(0.0));
        /// Refractory period of the neuron itself, in whole steps.
        t_ref: "s" = 0.0, within(Range::at_least(0.0));
    }
}

membrane_coeffs! { |p, dt|
    /// `dt / tau_m`.
    leak: "1" = dt / p.tau_m;
    /// Membrane resistance.
    resistance: "mV/pA" = p.tau_m / p.c_m;
    /// Rheobase threshold.
    theta_rh: "mV" = p.theta_rh;
    /// Sharpness.
    delta_t: "mV" = p.delta_t;
    /// `1 / delta_t`.
    per_delta_t: "1/mV" = T::one() / p.delta_t;
    /// Subthreshold adaptation.
    a: "nS" = p.a;
    /// Jump of the adaptation current.
    b: "pA" = p.b;
    /// `dt / tau_w`.
    leak_w: "1" = dt / p.tau_w;
}

crate::record! {
    /// State.
    pub struct State {
        /// Membrane potential.
        v: "mV" = 0.0;
        /// Adaptation current.
        w: "pA" = 0.0;
        /// Refractory steps left.
        refractory: "steps" = 0.0;
    }
}

/// Adaptive exponential integrate-and-fire neuron, forward Euler.
#[derive(Debug, Clone, Copy)]
pub struct AdEx;

impl Neuron for AdEx {
    const INFO: Info = Info {
        name: "adex",
        class: "AdEx",
        summary: "adaptive exponential integrate-and-fire, forward Euler",
        equations: &[
            "v ← v + dt/tau_m·((v_rest − v) + delta_t·exp((v − theta_rh)/delta_t) + (x − w)·tau_m/c_m)",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "w ← w + dt/tau_w·(a·(v − v_rest) − w)",
            "spike where v ≥ v_th:  v ← v_reset,  w ← w + b",
        ],
        references: &["Brette & Gerstner 2005, doi:10.1152/jn.00686.2005"],
        example_input: 800.0,
        ..Info::MILLIVOLTS
    };
    membrane!(Rate = NoRate, frame);

    #[inline(always)]
    fn rest<T: Real>(p: &Params<T>) -> State<T> {
        State { v: p.v_rest, w: T::zero(), refractory: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let held = held | s.refractory.gt(T::zero());
        let onset = k.delta_t * ((s.v - k.theta_rh) * k.per_delta_t).min(T::splat(80.0)).exp();
        let dv = ((k.v_rest - s.v) + onset + (x - s.w) * k.resistance) * k.leak;
        let v = T::select(held, k.v_rest, s.v + dv).max(k.v_min);
        let w = s.w + (k.a * (v - k.v_rest) - s.w) * k.leak_w;
        State { v, w, refractory: counted_down(s.refractory) }
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let state = State {
            v: T::gate(n.own, k.v_reset, s.v),
            w: s.w + k.b * n.own,
            refractory: T::gate(n.own, k.refractory_steps, s.refractory),
        };
        (state, Out::value(n.own))
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        let onset = p.delta_t * ((s.v - p.theta_rh) / p.delta_t).min(T::splat(80.0)).exp();
        Some(State {
            v: ((p.v_rest - s.v) + onset) / p.tau_m + (x - s.w) / p.c_m,
            w: (p.a * (s.v - p.v_rest) - s.w) / p.tau_w,
            refractory: clock(s.refractory),
        })
    }
    fn dt_bound(p: &Params<f64>) -> f64 {
        2.0 * p.tau_m.min(p.tau_w)
    }
}
