//! SoftLIFRateExact: the LIF rate smoothed at threshold, by its formula as it stands, so that it ends in an exact 0.
//!
//! # Equations
//! `z = sigma·ln(1 + exp((x − 1)/sigma))`; `output = amplitude/(t_ref + tau_m·ln(1 + 1/z))`, in Hz, and 0 where
//! 1/z overflows.
//!
//! # What it is for
//! As [`super::soft_lif_rate::SoftLifRate`], whose values it shares for (x − 1)/sigma above −20 and nearly so below; an input that
//! lies hundreds of sigma below threshold gives no output and no gradient.
//!
//! # Discretisation and order of events
//! The output of a step is the curve at the input of that step; dt does not matter.
//!
//! # Limits
//! Where the curve ends depends on the precision: about (x − 1)/sigma = −709 in 64 bits and −88 in 32 bits.
//!
//! # Checked against
//! `nengo_extras.neurons.SoftLIFRate` 0.5.0 with its `derivative`.

use super::memoryless::{itself, memoryless};
use super::prelude::*;

/// Smoothed rate of the leaky integrate-and-fire neuron, exactly 0 where it underflows.
#[derive(Debug, Clone, Copy)]
pub struct SoftLifRateExact;

impl Neuron for SoftLifRateExact {
    const INFO: Info = Info {
        name: "soft_lif_rate_exact",
        class: "SoftLIFRateExact",
        summary: "LIF rate smoothed at threshold, exactly 0 far below it",
        equations: &[
            "z = sigma·ln(1 + exp((x − 1)/sigma))",
            "output = amplitude/(t_ref + tau_m·ln(1 + 1/z)), and 0 where 1/z overflows",
        ],
        references: &[
            "Hunsberger & Eliasmith 2015, arXiv:1510.08829",
            "nengo-extras 0.5.0, https://pypi.org/project/nengo-extras/",
        ],
        ..Info::RATE
    };
    memoryless!(Rate = SoftLifExactCurve, SoftLifCurveParams, itself);
}
