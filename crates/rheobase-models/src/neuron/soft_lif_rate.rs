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

use super::{Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time};
use crate::rate::{RateCurve, SoftLifCurve, SoftLifCurveParams};
use crate::real::Real;
use crate::record::Empty;
use crate::surrogate::Surrogate;

/// Smoothed rate of the leaky integrate-and-fire neuron, with a tail.
#[derive(Debug, Clone, Copy)]
pub struct SoftLifRate;

impl Neuron for SoftLifRate {
    const INFO: Info = Info {
        name: "soft_lif_rate",
        class: "SoftLIFRate",
        summary: "LIF rate smoothed at threshold, with a slowly decaying tail below",
        family: "nengo",
        equations: &[
            "z = sigma·ln(1 + exp((x − 1)/sigma))",
            "output = amplitude/(t_ref + tau_m·q) with q = ln(1 + 1/z), or −(x − 1)/sigma − ln(sigma) where (x − 1)/sigma ≤ −20",
        ],
        references: &[
            "Hunsberger & Eliasmith 2015, arXiv:1510.08829",
            "Rasmussen 2019 (NengoDL), doi:10.1007/s12021-019-09424-z",
        ],
        potential: None,
        firing: Firing::Never,
        emits: Emits::Analogue,
        takes: Takes::Current,
        time: Time::Seconds,
        layer_sum: None,
        surrogate: Surrogate::StraightThrough,
        input_unit: "threshold current",
        input_range: [-10.0, 100.0],
        example_input: 1.2,
    };
    type Params<T: Real> = SoftLifCurveParams<T>;
    type Coeffs<T: Real> = SoftLifCurveParams<T>;
    type State<T: Real> = Empty<T>;
    type Rate = SoftLifCurve;

    #[inline(always)]
    fn prepare<T: Real>(p: &SoftLifCurveParams<T>, _: T) -> SoftLifCurveParams<T> {
        *p
    }
    #[inline(always)]
    fn rest<T: Real>(_: &SoftLifCurveParams<T>) -> Empty<T> {
        Empty::new()
    }
    #[inline(always)]
    fn integrate<T: Real>(_: &SoftLifCurveParams<T>, s: Empty<T>, _: T, _: T::Mask) -> Empty<T> {
        s
    }
    #[inline(always)]
    fn drive<T: Real>(_: &SoftLifCurveParams<T>, _: &Empty<T>, _: T) -> Drive<T> {
        Drive::at(T::zero())
    }
    #[inline(always)]
    fn emit<T: Real>(k: &SoftLifCurveParams<T>, s: Empty<T>, x: T, _: Fired<T>) -> (Empty<T>, Out<T>) {
        (s, Out::value(SoftLifCurve::rate(k, x)))
    }
    #[inline(always)]
    fn rate<T: Real>(p: &SoftLifCurveParams<T>) -> Option<SoftLifCurveParams<T>> {
        Some(*p)
    }
}
