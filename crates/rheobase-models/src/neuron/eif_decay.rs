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

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// `1 − dt/tau_m`.
        decay: "1" = 0.0;
        /// Resting potential.
        v_rest: "mV" = 0.0;
        /// Potential that the membrane decays to.
        v_leak: "mV" = 0.0;
        /// Threshold.
        v_th: "mV" = 0.0;
        /// Potential after a spike.
        v_reset: "mV" = 0.0;
        /// Lower bound.
        v_min: "mV" = 0.0, within(Range::LOWER_BOUND);
        /// Rheobase threshold.
        theta_rh: "mV" = 0.0;
        /// `1 / delta_t`.
        per_delta_t: "1/mV" = 0.0;
        /// `onset_scale·dt/tau_m·delta_t`.
        onset: "mV" = 0.0;
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

/// Exponential integrate-and-fire neuron with a fixed decay per step, driven by impulses.
#[derive(Debug, Clone, Copy)]
pub struct EifDecay;

impl Neuron for EifDecay {
    const INFO: Info = Info {
        name: "eif_decay",
        class: "EIFDecay",
        summary: "exponential integrate-and-fire with a fixed decay per step, driven by impulses",
        family: "spyketorch",
        equations: &[
            "v ← v_leak + (v − v_leak)·(1 − dt/tau_m) + onset_scale·dt/tau_m·delta_t·exp((v − theta_rh)/delta_t) + x",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &["Fourcaud-Trocmé et al. 2003, doi:10.1523/JNEUROSCI.23-37-11628.2003"],
        potential: Some("v"),
        firing: Firing::Inclusive,
        emits: Emits::Binary,
        takes: Takes::Impulse,
        time: Time::Seconds,
        layer_sum: None,
        surrogate: Surrogate::FastSigmoid(1.0),
        input_unit: "mV",
        input_range: [-50.0, 100.0],
        example_input: 1.0,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = NoRate;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        let leak = dt / p.tau_m;
        Coeffs {
            decay: T::one() - leak,
            v_rest: p.v_rest,
            v_leak: p.v_leak,
            v_th: p.v_th,
            v_reset: p.v_reset,
            v_min: p.v_min,
            theta_rh: p.theta_rh,
            per_delta_t: T::one() / p.delta_t,
            onset: p.onset_scale * leak * p.delta_t,
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
        let onset = k.onset * ((s.v - k.theta_rh) * k.per_delta_t).min(T::splat(80.0)).exp();
        let v = k.v_leak + (s.v - k.v_leak) * k.decay + onset + x;
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
    fn dt_bound(p: &Params<f64>) -> f64 {
        p.tau_m / 3.0
    }
    fn broken_rule(p: &Params<f64>) -> Option<String> {
        floor_rule(p.v_min, p.v_rest)
    }
}
