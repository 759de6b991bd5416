//! RectifiedLinear: the rectified linear unit as a neuron without memory.
//!
//! # Equations
//! `output = amplitude·max(0, x)`, in Hz.
//!
//! # What it is for
//! The rate neuron of deep learning, and what its spiking counterpart [`super::spiking_rectified_linear::SpikingRectifiedLinear`] is trained as.
//!
//! # Discretisation and order of events
//! The output of a step is the curve at the input of that step; dt does not matter.
//!
//! # Limits
//! The derivative at exactly 0 is 0.
//!
//! # Checked against
//! `nengo.RectifiedLinear` 4.1.0; the derivative against NengoDL 3.6.0 on TensorFlow.

use super::memoryless::memoryless;
use super::prelude::*;

crate::record! {
    /// Parameters, which are the coefficients too.
    pub struct Params {
        /// Output per unit of positive input.
        amplitude: "1" = 1.0, within(Range::above(0.0));
    }
}

/// Rectified linear rate neuron.
#[derive(Debug, Clone, Copy)]
pub struct RectifiedLinear;

impl Neuron for RectifiedLinear {
    const INFO: Info = Info {
        name: "rectified_linear",
        class: "RectifiedLinear",
        summary: "rectified linear unit: a rate neuron without memory",
        equations: &["output = amplitude·max(0, x)"],
        references: &["Bekolay et al. 2014 (Nengo), doi:10.3389/fninf.2013.00048"],
        ..Info::RECTIFIED
    };
    memoryless!(Rate = RectifiedCurve, Params, curve);
}

#[inline(always)]
fn curve<T: Real>(p: &Params<T>) -> RectifiedParams<T> {
    RectifiedParams { amplitude: p.amplitude, negative_slope: T::zero() }
}
