//! AdaptiveLIFRate: the rate of the LIF neuron with an adaptation current.
//!
//! # Equations
//! `output = amplitude/(t_ref + tau_m·ln(1 + 1/(x − w − 1)))` for x − w > 1, else 0, in Hz;
//! `tau_w·dw/dt = inc_w·output − w`.
//!
//! # What it is for
//! Rate networks with spike-frequency adaptation; the counterpart of [`super::adaptive_lif::AdaptiveLif`].
//!
//! # Discretisation and order of events
//! The output from the adaptation of the step before; then w by forward Euler from that output.
//!
//! # Limits
//! The curve is infinitely steep at x − w = 1, so with a large inc_w·dt/tau_w the output can alternate there.
//!
//! # Checked against
//! `nengo.AdaptiveLIFRate` 4.1.0.

use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Refractory period.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
        /// Output per spike.
        amplitude: "1" = 1.0, within(Range::above(0.0));
        /// Time constant of the adaptation.
        tau_w: "s" = 1.0, within(Range::above(0.0));
        /// Adaptation that an output of 1 Hz settles at.
        inc_w: "1/Hz" = 0.01, within(Range::at_least(0.0));
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Membrane time constant.
        tau_m: "s" = 0.0;
        /// Refractory period.
        t_ref: "s" = 0.0;
        /// Output per spike.
        amplitude: "1" = 0.0;
        /// `dt / tau_w`.
        decay_w: "1" = 0.0;
        /// Adaptation per Hz.
        inc_w: "1/Hz" = 0.0;
    }

    /// State.
    pub struct State {
        /// Adaptation, subtracted from the input.
        w: "1" = 0.0;
    }
}

/// Rate of the leaky integrate-and-fire neuron with an adaptation current.
#[derive(Debug, Clone, Copy)]
pub struct AdaptiveLifRate;

impl Neuron for AdaptiveLifRate {
    const INFO: Info = Info {
        name: "adaptive_lif_rate",
        class: "AdaptiveLIFRate",
        summary: "firing rate of the LIF neuron with an adaptation current",
        equations: &[
            "output = amplitude/(t_ref + tau_m·ln(1 + 1/(x − w − 1))) where x − w > 1, else 0",
            "w ← w + dt/tau_w·(inc_w·output − w)",
        ],
        references: &[
            "Benda & Herz 2003, doi:10.1162/089976603322385063",
            "Bekolay et al. 2014 (Nengo), doi:10.3389/fninf.2013.00048",
        ],
        example_input: 1.5,
        ..Info::RATE
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs {
            tau_m: p.tau_m,
            t_ref: p.t_ref,
            amplitude: p.amplitude,
            decay_w: dt / p.tau_w,
            inc_w: p.inc_w,
        }
    }
    #[inline(always)]
    fn integrate<T: Real>(_: &Coeffs<T>, s: State<T>, _: T, _: T::Mask) -> State<T> {
        s
    }
    #[inline(always)]
    fn drive<T: Real>(_: &Coeffs<T>, _: &State<T>, _: T) -> Drive<T> {
        Drive::at(T::zero())
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, _: Fired<T>) -> (State<T>, Out<T>) {
        let curve = LifCurveParams { tau_m: k.tau_m, t_ref: k.t_ref, amplitude: k.amplitude };
        let output = LifCurve::rate(&curve, x - s.w);
        (State { w: s.w + k.decay_w * (k.inc_w * output - s.w) }, Out::value(output))
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        let curve = LifCurveParams { tau_m: p.tau_m, t_ref: p.t_ref, amplitude: p.amplitude };
        Some(State { w: (p.inc_w * LifCurve::rate(&curve, x - s.w) - s.w) / p.tau_w })
    }
    fn dt_bound(p: &Params<f64>) -> f64 {
        2.0 * p.tau_w
    }
}
