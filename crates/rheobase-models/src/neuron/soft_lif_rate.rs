//! SoftLIFRate: the LIF rate smoothed at threshold, with a slowly decaying tail below it.
//!
//! # Equations
//! `z = sigma·ln(1 + exp((x − 1)/sigma))`; `output = amplitude/(t_ref + tau_m·ln(1 + 1/z))`, in Hz; where
//! `(x − 1)/sigma ≤ −20` the logarithm is `−(x − 1)/sigma − ln sigma`.
//!
//! # What it is for
//! Training networks that are later run with [`super::lif::Lif`]: the slope is bounded at threshold and never vanishes
//! below it.
//!
//! # Discretisation and order of events
//! The output of a step is the curve at the input of that step; dt does not matter.
//!
//! # Limits
//! The output is never exactly 0: far below threshold it is about `amplitude·sigma/(tau_m·|x − 1|)`. Gain and bias
//! from maximum rates and intercepts are those of the sharp curve.
//!
//! # Checked against
//! `nengo_dl.SoftLIFRate` 3.6.0, in NumPy and, derivative included, on TensorFlow.

use super::memoryless::{itself, memoryless};
use super::prelude::*;

/// Smoothed rate of the leaky integrate-and-fire neuron, with a tail.
#[derive(Debug, Clone, Copy)]
pub struct SoftLifRate;

impl Neuron for SoftLifRate {
    const INFO: Info = Info {
        name: "soft_lif_rate",
        class: "SoftLIFRate",
        summary: "LIF rate smoothed at threshold, with a slowly decaying tail below",
        equations: &[
            "z = sigma·ln(1 + exp((x − 1)/sigma))",
            "output = amplitude/(t_ref + tau_m·q) with q = ln(1 + 1/z), or −(x − 1)/sigma − ln(sigma) where (x − 1)/sigma ≤ −20",
        ],
        references: &[
            "Hunsberger & Eliasmith 2015, arXiv:1510.08829",
            "Rasmussen 2019 (NengoDL), doi:10.1007/s12021-019-09424-z",
        ],
        ..Info::RATE
    };
    memoryless!(Rate = SoftLifCurve, SoftLifCurveParams, itself);
}
