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

use super::{Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time, floor_rule};
use crate::rate::NoRate;
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

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// `a·dt / tau_m`.
        curvature: "1/mV" = 0.0;
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
        /// Cut-off.
        v_c: "mV" = 0.0;
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

/// Quadratic integrate-and-fire neuron, forward Euler.
#[derive(Debug, Clone, Copy)]
pub struct Qif;

impl Neuron for Qif {
    const INFO: Info = Info {
        name: "qif",
        class: "QIF",
        summary: "quadratic integrate-and-fire, forward Euler",
        family: "spyketorch",
        equations: &[
            "v ← v + a·(v − v_rest)·(v − v_c)·dt/tau_m + x·dt/c_m",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &[
            "Latham et al. 2000, doi:10.1152/jn.2000.83.2.808",
            "Ermentrout & Kopell 1986, doi:10.1137/0146017",
        ],
        potential: Some("v"),
        firing: Firing::Inclusive,
        emits: Emits::Binary,
        takes: Takes::Current,
        time: Time::Seconds,
        layer_sum: None,
        surrogate: Surrogate::FastSigmoid(1.0),
        input_unit: "pA",
        input_range: [-200.0, 5000.0],
        example_input: 250.0,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = NoRate;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs {
            curvature: p.a * dt / p.tau_m,
            gain: dt / p.c_m,
            v_rest: p.v_rest,
            v_th: p.v_th,
            v_reset: p.v_reset,
            v_min: p.v_min,
            v_c: p.v_c,
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
        let v = s.v + ((s.v - k.v_rest) * (s.v - k.v_c) * k.curvature + x * k.gain);
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
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        Some(State {
            v: p.a * (s.v - p.v_rest) * (s.v - p.v_c) / p.tau_m + x / p.c_m,
            refractory: T::select(s.refractory.gt(T::zero()), -T::one(), T::zero()),
        })
    }
    fn broken_rule(p: &Params<f64>) -> Option<String> {
        floor_rule(p.v_min, p.v_rest)
    }
}
