//! LIFRate: the firing rate of the LIF neuron as a neuron without memory.
//!
//! # Equations
//! `output = amplitude/(t_ref + tau_m·ln(1 + 1/(x − 1)))` for x > 1, else 0, in Hz.
//!
//! # What it is for
//! Networks of rates that are later run with [`super::lif::Lif`], whose rate under constant input this is.
//!
//! # Discretisation and order of events
//! The output of a step is the curve at the input of that step; dt does not matter.
//!
//! # Limits
//! The slope grows without bound as x falls to 1: train with [`super::soft_lif_rate::SoftLifRate`]. In training (`training`)
//! x − 1 is taken to be at least 1e-15, and the slope is 0 below that.
//!
//! # Checked against
//! `nengo.LIFRate` 4.1.0; training and derivative against NengoDL 3.6.0 on TensorFlow.

use super::memoryless::{itself, memoryless};
use super::prelude::*;

/// Rate of the leaky integrate-and-fire neuron.
#[derive(Debug, Clone, Copy)]
pub struct LifRate;

impl Neuron for LifRate {
    const INFO: Info = Info {
        name: "lif_rate",
        class: "LIFRate",
        summary: "firing rate of the LIF neuron: a rate neuron without memory",
        equations: &["output = amplitude/(t_ref + tau_m·ln(1 + 1/(x − 1))) where x > 1, else 0"],
        references: &[
            "Lapicque 1907, translated: doi:10.1007/s00422-007-0189-6",
            "Bekolay et al. 2014 (Nengo), doi:10.3389/fninf.2013.00048",
        ],
        ..Info::RATE
    };
    memoryless!(Rate = LifCurve, LifCurveParams, itself);

    #[inline(always)]
    fn training<T: Real>(p: &LifCurveParams<T>, _: Option<T>, x: T) -> Option<T> {
        Some(LifCurve::training(p, None, x))
    }
}
