//! SpikingLeakyReLU: integrates its input and emits whole spikes, negative ones for negative input.
//!
//! # Equations
//! `v ← v + dt·(x if x > 0 else negative_slope·x)`; n = trunc(v) spikes leave; `v ← v − n`.
//!
//! # What it is for
//! The spiking counterpart of the leaky rectified linear unit: its rate is the curve exactly, and it is trained as
//! the curve.
//!
//! # Discretisation and order of events
//! The input, a rate in Hz, is integrated over the step; any whole part leaves at once.
//!
//! # Limits
//! Several spikes per step, so values exceed 1; the remainder never leaves (−1, 1).
//!
//! # Checked against
//! `nengo_dl.SpikingLeakyReLU` 3.6.0 in its NumPy form (truncation towards zero); the TensorFlow form rounds
//! exact negative integers differently.

use super::{Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time};
use crate::rate::{RateCurve, RectifiedCurve, RectifiedParams};
use crate::real::Real;
use crate::record::Range;
use crate::surrogate::Surrogate;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Slope for negative input, relative to that for positive input.
        negative_slope: "1" = 0.3;
        /// Value of a spike.
        amplitude: "1" = 1.0, within(Range::above(0.0));
    }
}

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// Length of the step.
        dt: "s" = 0.0;
        /// Slope for negative input.
        negative_slope: "1" = 0.0;
        /// Value of a spike.
        amplitude: "1" = 0.0;
    }
}

crate::record! {
    /// State.
    pub struct State {
        /// Spikes accumulated and not yet emitted.
        v: "1" = 0.0;
    }
}

/// Spiking leaky rectified linear unit with signed spike counts.
#[derive(Debug, Clone, Copy)]
pub struct SpikingLeakyRelu;

impl Neuron for SpikingLeakyRelu {
    const INFO: Info = Info {
        name: "spiking_leaky_relu",
        class: "SpikingLeakyReLU",
        summary: "leaky rectified linear unit that emits signed whole spikes",
        family: "nengo",
        equations: &[
            "v ← v + dt·(x where x > 0, negative_slope·x where x < 0)",
            "n = trunc(v) spikes",
            "v ← v − n",
        ],
        references: &["Rasmussen 2019 (NengoDL), doi:10.1007/s12021-019-09424-z"],
        potential: Some("v"),
        firing: Firing::Count,
        emits: Emits::Signed,
        takes: Takes::Current,
        time: Time::Seconds,
        layer_sum: None,
        surrogate: Surrogate::StraightThrough,
        input_unit: "Hz",
        input_range: [-1000.0, 1000.0],
        example_input: 20.0,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = RectifiedCurve;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs { dt, negative_slope: p.negative_slope, amplitude: p.amplitude }
    }
    #[inline(always)]
    fn rest<T: Real>(_: &Params<T>) -> State<T> {
        State { v: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let zero = T::zero();
        let positive = T::select(x.gt(zero), x, zero);
        let negative = T::select(x.lt(zero), k.negative_slope * x, zero);
        State { v: T::select(held, zero, s.v + (positive + negative) * k.dt) }
    }
    #[inline(always)]
    fn drive<T: Real>(_: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v)
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        (State { v: s.v - n.own }, Out::value(k.amplitude * n.own))
    }
    #[inline(always)]
    fn rate<T: Real>(p: &Params<T>) -> Option<<RectifiedCurve as RateCurve>::Params<T>> {
        Some(RectifiedParams { amplitude: p.amplitude, negative_slope: p.negative_slope })
    }
}
