//! LeakyReLU: the leaky rectified linear unit as a neuron without memory.
//!
//! # Equations
//! `output = amplitude·(x where x > 0, negative_slope·x where x < 0)`, in Hz.
//!
//! # What it is for
//! A rate neuron whose gradient does not vanish below 0, and what its spiking counterpart [`super::spiking_leaky_relu::SpikingLeakyRelu`]
//! is trained as.
//!
//! # Discretisation and order of events
//! The output of a step is the curve at the input of that step; dt does not matter.
//!
//! # Limits
//! The derivative at exactly 0 is 0, as in the source. Outputs below 0 are not rates; they are allowed all the same.
//!
//! # Checked against
//! `nengo_dl.LeakyReLU` 3.6.0, in NumPy and, derivative included, on TensorFlow.

use super::memoryless::memoryless;
use super::prelude::*;

crate::record! {
    /// Parameters, which are the coefficients too.
    pub struct Params {
        /// Slope for negative input, relative to that for positive input.
        negative_slope: "1" = 0.3;
        /// Output per unit of positive input.
        amplitude: "1" = 1.0, within(Range::above(0.0));
    }
}

/// Leaky rectified linear rate neuron.
#[derive(Debug, Clone, Copy)]
pub struct LeakyRelu;

impl Neuron for LeakyRelu {
    const INFO: Info = Info {
        name: "leaky_relu",
        class: "LeakyReLU",
        summary: "leaky rectified linear unit: a rate neuron without memory",
        equations: &["output = amplitude·(x where x > 0, negative_slope·x where x < 0)"],
        references: &["Rasmussen 2019 (NengoDL), doi:10.1007/s12021-019-09424-z"],
        ..Info::RECTIFIED
    };
    memoryless!(Rate = RectifiedCurve, Params, curve);
}

#[inline(always)]
fn curve<T: Real>(p: &Params<T>) -> RectifiedParams<T> {
    RectifiedParams { amplitude: p.amplitude, negative_slope: p.negative_slope }
}
