//! The smoothed LIF rate by its formula as it stands: exactly 0 where it underflows.
//!
//! Hunsberger & Eliasmith 2015, arXiv:1510.08829.

use super::lif_rate::sharp;
use super::{LifCurve, RateCurve, RateError, SoftLifCurveParams, softplus};
use crate::real::Real;

/// The LIF curve at `z = sigma·ln(1 + exp((x−1)/sigma))` instead of `x − 1`, and 0 where 1/z overflows.
#[derive(Debug, Clone, Copy)]
pub struct SoftLifExactCurve;

impl RateCurve for SoftLifExactCurve {
    type Params<T: Real> = SoftLifCurveParams<T>;

    #[inline(always)]
    fn rate<T: Real>(p: &SoftLifCurveParams<T>, x: T) -> T {
        let one = T::one();
        let z = softplus(x - one, p.sigma);
        let silent = (one / z).ge(T::splat(f64::INFINITY));
        let z = T::select(silent, one, z);
        // ln(1 + 1/z); for small z in a form whose derivative does not overflow on the way.
        let small = z.lt(T::splat(0.01));
        let q = (one / T::select(small, one, z)).ln_1p();
        let q = T::rare(
            small,
            q,
            #[inline(always)]
            || z.ln_1p() - z.ln(),
        );
        T::select(silent, T::zero(), p.amplitude / (p.t_ref + p.tau_m * q))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dual;

    #[test]
    fn value_and_slope_end_in_an_exact_zero_without_overflow() {
        let constant = Dual::<f64, [f64; 1]>::constant;
        let p = SoftLifCurveParams {
            tau_m: constant(0.02),
            t_ref: constant(0.002),
            amplitude: constant(1.0),
            sigma: constant(0.02),
        };
        for js in [-1e9, -800.0, -746.0, -720.0, -710.0] {
            let y = SoftLifExactCurve::rate(&p, Dual::variable(1.0 + 0.02 * js, 0));
            assert_eq!((y.value, y.tangent[0]), (0.0, 0.0), "{js}");
        }
        for js in [-700.0, -400.0, -100.0, -30.0] {
            let y = SoftLifExactCurve::rate(&p, Dual::variable(1.0 + 0.02 * js, 0));
            let tail = 0.02 * y.value * y.value / 0.02;
            assert!((y.tangent[0] / tail - 1.0).abs() < 1e-9, "{js}: {} {tail}", y.tangent[0]);
        }
    }
}
