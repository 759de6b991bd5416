//! Discontinuous: a threshold without memory.
//!
//! # Equations
//! A spike where x > v_th.
//!
//! # What it is for
//! A binary activation between layers whose time is handled elsewhere.
//!
//! # Discretisation and order of events
//! The output depends on this step's input alone.
//!
//! # Limits
//! The surrogate's width is not scaled by the threshold.
//!
//! # Checked against
//! `rnnbuilder.snn.Discontinuous` 0.1.1, gradients included.

use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Threshold.
        v_th: "1" = 1.0, threshold();
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Threshold.
        v_th: "1" = 0.0;
    }
}

/// Threshold of the input, without state.
#[derive(Debug, Clone, Copy)]
pub struct Discontinuous;

impl Neuron for Discontinuous {
    const INFO: Info = Info {
        name: "discontinuous",
        class: "Discontinuous",
        summary: "a threshold of the input, without memory",
        equations: &["spike where x > v_th"],
        references: &[
            "McCulloch & Pitts 1943, doi:10.1007/BF02478259",
            "rnnbuilder 0.1.1, https://pypi.org/project/rnnbuilder/",
        ],
        potential: None,
        example_input: 1.5,
        ..Info::DISCRETE
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = Empty<T>;
    type Rate = NoRate;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, _: T) -> Coeffs<T> {
        Coeffs { v_th: p.v_th }
    }
    #[inline(always)]
    fn integrate<T: Real>(_: &Coeffs<T>, s: Empty<T>, _: T, _: T::Mask) -> Empty<T> {
        s
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, _: &Empty<T>, x: T) -> Drive<T> {
        Drive::at(x - k.v_th)
    }
    #[inline(always)]
    fn emit<T: Real>(_: &Coeffs<T>, s: Empty<T>, _: T, n: Fired<T>) -> (Empty<T>, Out<T>) {
        (s, Out::value(n.own))
    }
}
