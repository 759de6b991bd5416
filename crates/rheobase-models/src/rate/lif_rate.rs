//! The rate of a leaky integrate-and-fire neuron under constant current, sharp or smoothed at threshold.
//!
//! Lapicque (1907); smoothing: Hunsberger & Eliasmith 2015, arXiv:1510.08829.

use super::targets::check_targets;
use super::{GainBias, RateCurve, RateError, checked};
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

/// Smallest `x − 1` in training: nearer to threshold the slope is taken to be 0.
const TRAINING_EXCESS: f64 = 1e-15;

/// `σ·ln(1 + exp(x/σ))`: x for large x, and 0 (to the last bit) for very negative x.
#[inline(always)]
pub fn softplus<T: Real>(x: T, sigma: T) -> T {
    sigma * (x / sigma).softplus()
}

/// Rate of the LIF neuron at an input that exceeds the threshold by `j` > 0.
#[inline(always)]
pub fn lif_j<T: Real>(p: &LifCurveParams<T>, j: T) -> T {
    p.amplitude / (p.t_ref + p.tau_m * (T::one() / j).ln_1p())
}

impl LifCurve {
    /// Why no gain and bias in double precision give `rate`, and what to do.
    fn reason(p: &LifCurveParams<f64>, rate: f64) -> String {
        let LifCurveParams { tau_m, t_ref, .. } = *p;
        // At twice the resolution of numbers above 1 the logarithm of the curve is 35.
        let lowest = 1.0 / (t_ref + 35.0 * tau_m);
        if rate < lowest {
            let up = (lowest * 1000.0).ceil() / 1000.0;
            let lowest = if lowest > 0.01 { up.to_string() } else { format!("{lowest:.3e}") };
            return format!(
                "with tau_m = {tau_m} s and t_ref = {t_ref} s the current would exceed the threshold by less than they \
                 can tell; ask for at least {lowest} Hz, or make tau_m smaller"
            );
        }
        if rate * t_ref > 0.999_999 {
            return format!(
                "ask for less; {} Hz, the limit that t_ref = {t_ref} s sets, is too near",
                1.0 / t_ref
            );
        }
        format!("make tau_m = {tau_m} s smaller, or choose an intercept further from 1 and nearer to 0")
    }

    /// What neurons with this curve are trained as: the curve, or with `smoothing` the smoothed curve of that sigma.
    ///
    /// Within 1e-15 above threshold the sharp curve is flat, so that its slope, which grows without bound towards
    /// the threshold, stays finite (NengoDL: Rasmussen 2019, doi:10.1007/s12021-019-09424-z).
    #[inline(always)]
    pub fn training<T: Real>(p: &LifCurveParams<T>, smoothing: Option<T>, x: T) -> T {
        match smoothing {
            Some(sigma) => {
                let LifCurveParams { tau_m, t_ref, amplitude } = *p;
                SoftLifCurve::rate(&SoftLifCurveParams { tau_m, t_ref, amplitude, sigma }, x)
            }
            None => {
                let excess = x - T::one();
                let rate = lif_j(p, excess.max(T::splat(TRAINING_EXCESS)));
                T::select(excess.gt(T::zero()), rate, T::zero())
            }
        }
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
        T::select(above, lif_j(p, excess), T::zero())
    }
    fn gain_bias(
        p: &LifCurveParams<f64>,
        max_rates: &[f64],
        intercepts: &[f64],
    ) -> Result<GainBias, RateError> {
        check_targets(max_rates, intercepts, 1.0 / p.t_ref)?;
        let gain: Vec<f64> = max_rates
            .iter()
            .zip(intercepts)
            .map(|(rate, intercept)| {
                let x = 1.0 / (1.0 - Real::exp((p.t_ref - 1.0 / rate) / p.tau_m));
                (1.0 - x) / (intercept - 1.0)
            })
            .collect();
        let bias = gain.iter().zip(intercepts).map(|(g, i)| 1.0 - g * i).collect();
        let once = LifCurveParams { amplitude: 1.0, ..*p };
        checked((gain, bias), max_rates, intercepts, |x| Self::rate(&once, x), |rate| Self::reason(p, rate))
    }
    fn max_rates_intercepts(p: &LifCurveParams<f64>, gain: &[f64], bias: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let intercepts: Vec<f64> = gain.iter().zip(bias).map(|(g, b)| (1.0 - b) / g).collect();
        let max_rates = gain
            .iter()
            .zip(&intercepts)
            .map(|(g, i)| 1.0 / (p.t_ref - p.tau_m * Real::ln_1p(1.0 / (g * (i - 1.0) - 1.0))))
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
    ) -> Result<GainBias, RateError> {
        LifCurve::gain_bias(&sharp(p), max_rates, intercepts)
    }
    fn max_rates_intercepts(p: &SoftLifCurveParams<f64>, gain: &[f64], bias: &[f64]) -> (Vec<f64>, Vec<f64>) {
        LifCurve::max_rates_intercepts(&sharp(p), gain, bias)
    }
}

/// The sharp curve that the smoothed one approaches: gain and bias are those of it, as in the sources.
pub(super) fn sharp(p: &SoftLifCurveParams<f64>) -> LifCurveParams<f64> {
    LifCurveParams { tau_m: p.tau_m, t_ref: p.t_ref, amplitude: p.amplitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dual;

    #[test]
    fn training_is_flat_at_threshold_and_steep_just_above() {
        let constant = Dual::<f64, [f64; 1]>::constant;
        let p = LifCurveParams { tau_m: constant(0.02), t_ref: constant(0.002), amplitude: constant(1.0) };
        let at = |x: f64| {
            let y = LifCurve::training(&p, None, Dual::variable(x, 0));
            (y.value, y.tangent[0])
        };
        assert_eq!(at(1.0), (0.0, 0.0));
        assert_eq!(at(-3.0), (0.0, 0.0));
        let clamped = 1.0 / (0.002 + 0.02 * 1e15f64.ln());
        let (value, slope) = at(1.0 + f64::EPSILON);
        assert!((value / clamped - 1.0).abs() < 1e-9 && slope == 0.0);
        assert!(at(1.0 + 1e-12).1 > 1e10);
    }
}
