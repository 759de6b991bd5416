//! The rate of a leaky integrate-and-fire neuron under constant current, sharp or smoothed at threshold.
//!
//! Lapicque (1907); smoothing: Hunsberger & Eliasmith 2015, arXiv:1510.08829.

use super::{RateCurve, RateError, check_targets};
use crate::real::Real;
use crate::record::Range;

crate::record! {
    /// Parameters of the LIF rate curve.
    pub struct LifCurveParams {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Refractory period.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
        /// Output per spike.
        amplitude: "1" = 1.0, within(Range::above(0.0));
    }
}

crate::record! {
    /// Parameters of the smoothed LIF rate curve.
    pub struct SoftLifCurveParams {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Refractory period.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
        /// Output per spike.
        amplitude: "1" = 1.0, within(Range::above(0.0));
        /// Width of the smooth passage at threshold, in units of the threshold current.
        sigma: "1" = 1.0, within(Range::above(0.0));
    }
}

/// `amplitude / (t_ref + tau_m·ln(1 + 1/(x−1)))` for x > 1, else 0.
#[derive(Debug, Clone, Copy)]
pub struct LifCurve;

impl RateCurve for LifCurve {
    type Params<T: Real> = LifCurveParams<T>;

    #[inline(always)]
    fn rate<T: Real>(p: &LifCurveParams<T>, x: T) -> T {
        let one = T::one();
        let above = x.gt(one);
        // Where the neuron is silent any positive number keeps the discarded branch finite.
        let excess = T::select(above, x - one, one);
        let rate = p.amplitude / (p.t_ref + p.tau_m * (one / excess).ln_1p());
        T::select(above, rate, T::zero())
    }
    fn gain_bias(
        p: &LifCurveParams<f64>,
        max_rates: &[f64],
        intercepts: &[f64],
    ) -> Result<(Vec<f64>, Vec<f64>), RateError> {
        check_targets(max_rates, intercepts, 1.0 / p.t_ref)?;
        let gain: Vec<f64> = max_rates
            .iter()
            .zip(intercepts)
            .map(|(rate, intercept)| {
                let x = 1.0 / (1.0 - ((p.t_ref - 1.0 / rate) / p.tau_m).exp());
                (1.0 - x) / (intercept - 1.0)
            })
            .collect();
        let bias = gain.iter().zip(intercepts).map(|(g, i)| 1.0 - g * i).collect();
        Ok((gain, bias))
    }
    fn max_rates_intercepts(p: &LifCurveParams<f64>, gain: &[f64], bias: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let intercepts: Vec<f64> = gain.iter().zip(bias).map(|(g, b)| (1.0 - b) / g).collect();
        let max_rates = gain
            .iter()
            .zip(&intercepts)
            .map(|(g, i)| 1.0 / (p.t_ref - p.tau_m * (1.0 / (g * (i - 1.0) - 1.0)).ln_1p()))
            .collect();
        (max_rates, intercepts)
    }
}

/// The LIF curve at `z = σ·ln(1 + exp((x−1)/σ))` instead of `x − 1`: never exactly 0.
///
/// For `(x−1)/σ ≤ −20` the logarithm is replaced by its limit `−(x−1)/σ − ln σ`, so the curve keeps a slowly
/// decaying tail where `z` itself would underflow.
#[derive(Debug, Clone, Copy)]
pub struct SoftLifCurve;

impl RateCurve for SoftLifCurve {
    type Params<T: Real> = SoftLifCurveParams<T>;

    #[inline(always)]
    fn rate<T: Real>(p: &SoftLifCurveParams<T>, x: T) -> T {
        let js = (x - T::one()) / p.sigma;
        let tail = js.le(T::splat(-20.0));
        let z = p.sigma * T::select(tail, T::zero(), js).softplus();
        let q = T::select(tail, -js - p.sigma.ln(), (T::one() / z).ln_1p());
        p.amplitude / (p.t_ref + p.tau_m * q)
    }
    fn gain_bias(
        p: &SoftLifCurveParams<f64>,
        max_rates: &[f64],
        intercepts: &[f64],
    ) -> Result<(Vec<f64>, Vec<f64>), RateError> {
        LifCurve::gain_bias(&sharp(p), max_rates, intercepts)
    }
    fn max_rates_intercepts(p: &SoftLifCurveParams<f64>, gain: &[f64], bias: &[f64]) -> (Vec<f64>, Vec<f64>) {
        LifCurve::max_rates_intercepts(&sharp(p), gain, bias)
    }
}

/// The sharp curve that the smoothed one approaches: gain and bias are those of it, as in the sources.
fn sharp(p: &SoftLifCurveParams<f64>) -> LifCurveParams<f64> {
    LifCurveParams { tau_m: p.tau_m, t_ref: p.t_ref, amplitude: p.amplitude }
}
