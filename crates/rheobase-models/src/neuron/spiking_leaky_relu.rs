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

use super::prelude::*;
use super::spiking_rectified_linear::{self, SpikingRectifiedLinear};

pub use super::spiking_rectified_linear::State;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Slope for negative input, relative to that for positive input.
        negative_slope: "1" = 0.3;
        /// Value of a spike.
        amplitude: "1" = 1.0, within(Range::above(0.0));
    }

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

/// Spiking leaky rectified linear unit with signed spike counts.
#[derive(Debug, Clone, Copy)]
pub struct SpikingLeakyRelu;

impl Neuron for SpikingLeakyRelu {
    const INFO: Info = Info {
        name: "spiking_leaky_relu",
        class: "SpikingLeakyReLU",
        summary: "leaky rectified linear unit that emits signed whole spikes",
        equations: &[
            "v ← v + dt·(x where x > 0, negative_slope·x where x < 0)",
            "n = trunc(v) spikes",
            "v ← v − n",
        ],
        references: &["Rasmussen 2019 (NengoDL), doi:10.1007/s12021-019-09424-z"],
        potential: Some("v"),
        firing: Firing::Count,
        emits: Emits::Signed,
        ..Info::RECTIFIED
    };
    own_records!(Rate = RectifiedCurve);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs { dt, negative_slope: p.negative_slope, amplitude: p.amplitude }
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
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let spikes = spiking_rectified_linear::Coeffs { dt: k.dt, amplitude: k.amplitude };
        SpikingRectifiedLinear::emit(&spikes, s, x, n)
    }
    #[inline(always)]
    fn rate<T: Real>(p: &Params<T>) -> Option<<RectifiedCurve as RateCurve>::Params<T>> {
        Some(RectifiedParams { amplitude: p.amplitude, negative_slope: p.negative_slope })
    }
}
