//! SpikingRectifiedLinear: integrates positive input and emits whole spikes.
//!
//! # Equations
//! `v ← v + dt·max(0, x)`; n = trunc(v) spikes leave; `v ← v − n`.
//!
//! # What it is for
//! The spiking counterpart of the rectified linear unit: its rate is the curve exactly, and it is trained as the
//! curve.
//!
//! # Discretisation and order of events
//! The input, a rate in Hz, is integrated over the step; any whole part leaves at once.
//!
//! # Limits
//! Several spikes per step, so values exceed 1; the remainder stays within [0, 1) if it starts there.
//!
//! # Checked against
//! `nengo.SpikingRectifiedLinear` 4.1.0 and NengoDL 3.6.0 on TensorFlow.

use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Value of a spike.
        amplitude: "1" = 1.0, within(Range::above(0.0));
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Length of the step.
        dt: "s" = 0.0;
        /// Value of a spike.
        amplitude: "1" = 0.0;
    }

    /// State.
    pub struct State {
        /// Spikes accumulated and not yet emitted.
        v: "1" = 0.0;
    }
}

/// Spiking rectified linear unit.
#[derive(Debug, Clone, Copy)]
pub struct SpikingRectifiedLinear;

impl Neuron for SpikingRectifiedLinear {
    const INFO: Info = Info {
        name: "spiking_rectified_linear",
        class: "SpikingRectifiedLinear",
        summary: "rectified linear unit that emits whole spikes",
        equations: &["v ← v + dt·max(0, x)", "n = trunc(v) spikes", "v ← v − n"],
        references: &["Bekolay et al. 2014 (Nengo), doi:10.3389/fninf.2013.00048"],
        potential: Some("v"),
        firing: Firing::Count,
        emits: Emits::Count,
        ..Info::RECTIFIED
    };
    own_records!(Rate = RectifiedCurve);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs { dt, amplitude: p.amplitude }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let zero = T::zero();
        State { v: T::select(held, zero, s.v + T::select(x.gt(zero), x, zero) * k.dt) }
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
        Some(RectifiedParams { amplitude: p.amplitude, negative_slope: T::zero() })
    }
}
