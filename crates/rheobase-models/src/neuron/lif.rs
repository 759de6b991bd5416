//! LIF: the leaky integrate-and-fire neuron, integrated exactly, with the spike time interpolated.
//!
//! # Equations
//! `tau_m·dv/dt = x − v`; a spike when v passes 1, then v = 0 for `t_ref`.
//!
//! # What it is for
//! The standard neuron of the Neural Engineering Framework, in normalised units: the threshold is 1, the input is
//! in units of the current that just reaches it.
//!
//! # Discretisation and order of events
//! The input is constant during a step, so v is advanced exactly over the part of the step outside the refractory
//! period. The time of the threshold crossing is solved for, and the refractory period counts from there: rates do
//! not depend on dt. Spike where v > 1; then `v_min`; then reset.
//!
//! # Limits
//! At most one spike per step. A neuron that starts above threshold fires at the start of the step.
//!
//! # Checked against
//! `nengo.LIF` 4.1.0 and NengoDL 3.6.0; rates against the closed form.

use super::{Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time};
use crate::rate::{LifCurve, LifCurveParams};
use crate::real::Real;
use crate::record::Range;
use crate::surrogate::Surrogate;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Refractory period, from the spike's time within its step.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
        /// Lower bound of the potential; -inf for none.
        v_min: "1" = 0.0, within(Range { high: 0.0, high_allowed: true, ..Range::LOWER_BOUND });
        /// Value of a spike.
        amplitude: "1" = 1.0, within(Range::above(0.0));
    }
}

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// Length of the step.
        dt: "s" = 0.0;
        /// Membrane time constant.
        tau_m: "s" = 0.0;
        /// `1 − exp(−dt/tau_m)`.
        gain: "1" = 0.0;
        /// Refractory period.
        t_ref: "s" = 0.0;
        /// Lower bound of the potential.
        v_min: "1" = 0.0, within(Range::LOWER_BOUND);
        /// Value of a spike.
        amplitude: "1" = 0.0;
    }
}

crate::record! {
    /// State.
    pub struct State {
        /// Membrane potential in units of the threshold.
        v: "1" = 0.0;
        /// Time left of the refractory period at the end of the step; falls below 0 while the neuron may fire.
        refractory: "s" = 0.0;
    }
}

/// Leaky integrate-and-fire neuron with exact integration and interpolated spike time.
#[derive(Debug, Clone, Copy)]
pub struct Lif;

impl Neuron for Lif {
    const INFO: Info = Info {
        name: "lif",
        class: "LIF",
        summary: "leaky integrate-and-fire, integrated exactly, spike time interpolated",
        family: "nengo",
        equations: &[
            "δ = clip(dt − (refractory − dt), 0, dt)",
            "v ← v + (x − v)·(1 − exp(−δ/tau_m))",
            "spike where v > 1, at t* = dt + tau_m·ln(1 − (v − 1)/(x − 1)) after the start of the step",
            "v ← max(v, v_min);  v ← 0, refractory ← t_ref + t* after a spike",
        ],
        references: &[
            "Lapicque 1907, translated: doi:10.1007/s00422-007-0189-6",
            "Bekolay et al. 2014 (Nengo), doi:10.3389/fninf.2013.00048",
        ],
        potential: Some("v"),
        firing: Firing::Strict,
        emits: Emits::Binary,
        takes: Takes::Current,
        time: Time::Seconds,
        layer_sum: None,
        surrogate: Surrogate::FastSigmoid(25.0),
        input_unit: "threshold current",
        input_range: [-10.0, 100.0],
        example_input: 1.2,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = LifCurve;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs {
            dt,
            tau_m: p.tau_m,
            gain: -(-dt / p.tau_m).exp_m1(),
            t_ref: p.t_ref,
            v_min: p.v_min,
            amplitude: p.amplitude,
        }
    }
    #[inline(always)]
    fn rest<T: Real>(_: &Params<T>) -> State<T> {
        State { v: T::zero(), refractory: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let zero = T::zero();
        let refractory = s.refractory - k.dt;
        let free = refractory.le(zero);
        let silent = refractory.ge(k.dt);
        // Only a neuron that leaves its refractory period within this step needs the exponential.
        let gain = T::select(free, k.gain, zero);
        let gain = T::rare(
            !(free | silent),
            gain,
            #[inline(always)]
            || -((refractory - k.dt) / k.tau_m).exp_m1(),
        );
        let v = s.v + (x - s.v) * gain;
        State { v: T::select(held, zero, v), refractory }
    }
    #[inline(always)]
    fn drive<T: Real>(_: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - T::one())
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let (zero, one) = (T::zero(), T::one());
        let fired = n.own.gt(zero);
        let crossing = T::rare(
            fired,
            zero,
            #[inline(always)]
            || {
                // Within a step only a drive above threshold can cross it; a neuron that already was above it fires
                // at once.
                let rising = fired & x.gt(one);
                let beyond = (s.v - one) / (T::select(rising, x, T::splat(2.0)) - one);
                let crossed = rising & beyond.lt(one);
                let beyond = T::select(crossed, beyond, zero);
                T::select(crossed, (k.dt + k.tau_m * (-beyond).ln_1p()).max(zero), zero)
            },
        );
        let state = State {
            v: T::gate(n.own, zero, s.v.max(k.v_min)),
            refractory: T::gate(n.own, k.t_ref + crossing, s.refractory),
        };
        (state, Out { value: k.amplitude * n.own, offset: crossing })
    }
    #[inline(always)]
    fn rate<T: Real>(p: &Params<T>) -> Option<LifCurveParams<T>> {
        Some(LifCurveParams { tau_m: p.tau_m, t_ref: p.t_ref, amplitude: p.amplitude })
    }
    #[inline(always)]
    fn training<T: Real>(p: &Params<T>, smoothing: Option<T>, x: T) -> Option<T> {
        Some(LifCurve::training(&Self::rate(p)?, smoothing, x))
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        Some(State {
            v: (x - s.v) / p.tau_m,
            refractory: T::select(s.refractory.gt(T::zero()), -T::one(), T::zero()),
        })
    }
}
