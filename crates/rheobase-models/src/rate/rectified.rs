//! The rectified linear curve, with a slope for negative input.

use super::targets::check_targets;
use super::{GainBias, RateCurve, RateError, checked};
use crate::real::Real;
use crate::record::Range;

crate::record! {
    /// Parameters of the rectified linear curve.
    pub struct RectifiedParams {
        /// Output per unit of positive input.
        amplitude: "1" = 1.0, within(Range::above(0.0));
        /// Slope for negative input, relative to that for positive input.
        negative_slope: "1" = 0.0;
    }
}

/// `amplitude·x` for x > 0, `amplitude·negative_slope·x` for x < 0.
#[derive(Debug, Clone, Copy)]
pub struct RectifiedCurve;

impl RateCurve for RectifiedCurve {
    type Params<T: Real> = RectifiedParams<T>;

    #[inline(always)]
    fn rate<T: Real>(p: &RectifiedParams<T>, x: T) -> T {
        // Two one-sided selections: the derivative at exactly 0 is 0.
        let zero = T::zero();
        let positive = T::select(x.gt(zero), x, zero);
        let negative = T::select(x.lt(zero), p.negative_slope * x, zero);
        p.amplitude * (positive + negative)
    }
    fn gain_bias(
        p: &RectifiedParams<f64>,
        max_rates: &[f64],
        intercepts: &[f64],
    ) -> Result<GainBias, RateError> {
        check_targets(max_rates, intercepts, f64::INFINITY)?;
        let gain: Vec<f64> = max_rates.iter().zip(intercepts).map(|(r, i)| r / (1.0 - i)).collect();
        let bias = gain.iter().zip(intercepts).map(|(g, i)| -i * g).collect();
        let once = RectifiedParams { amplitude: 1.0, ..*p };
        let reason = |_| "choose an intercept further from 1 and nearer to 0, or a rate of usual size".into();
        checked((gain, bias), max_rates, intercepts, |x| Self::rate(&once, x), reason)
    }
    fn max_rates_intercepts(_: &RectifiedParams<f64>, gain: &[f64], bias: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let intercepts: Vec<f64> = gain.iter().zip(bias).map(|(g, b)| -b / g).collect();
        let max_rates = gain.iter().zip(&intercepts).map(|(g, i)| g * (1.0 - i)).collect();
        (max_rates, intercepts)
    }
}
