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

use super::{Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time, floor_rule};
use crate::rate::{MembraneCurve, MembraneParams};
use crate::real::{Real, whole_steps};
use crate::record::Range;
use crate::surrogate::Surrogate;

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

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// `exp(−dt/tau_m)`.
        decay: "1" = 0.0;
        /// `dt / c_m`.
        gain: "mV/pA" = 0.0;
        /// Resting potential.
        v_rest: "mV" = 0.0;
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

/// Leaky integrate-and-fire neuron with exact decay.
#[derive(Debug, Clone, Copy)]
pub struct LifExp;

impl Neuron for LifExp {
    const INFO: Info = Info {
        name: "lif_exp",
        class: "LIFExp",
        summary: "leaky integrate-and-fire in mV and pA, exact decay, input as an impulse per step",
        family: "spyketorch",
        equations: &[
            "v ← v_rest + (v − v_rest)·exp(−dt/tau_m) + x·dt/c_m",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &["Abbott 1999 (on Lapicque 1907), doi:10.1016/S0361-9230(99)00161-6"],
        potential: Some("v"),
        firing: Firing::Inclusive,
        emits: Emits::Binary,
        takes: Takes::Current,
        time: Time::Seconds,
        layer_sum: None,
        surrogate: Surrogate::FastSigmoid(1.0),
        input_unit: "pA",
        input_range: [-2000.0, 5000.0],
        example_input: 300.0,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = MembraneCurve;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs {
            decay: (-dt / p.tau_m).exp(),
            gain: dt / p.c_m,
            v_rest: p.v_rest,
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
        let v = k.v_rest + ((s.v - k.v_rest) * k.decay + x * k.gain);
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
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        Some(State {
            v: (p.v_rest - s.v) / p.tau_m + x / p.c_m,
            refractory: T::select(s.refractory.gt(T::zero()), -T::one(), T::zero()),
        })
    }
    fn broken_rule(p: &Params<f64>) -> Option<String> {
        floor_rule(p.v_min, p.v_rest)
    }
}
