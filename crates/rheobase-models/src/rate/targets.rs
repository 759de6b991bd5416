//! Maximum rates and intercepts: which can be met, and whether gains and biases that were found meet them.

use super::{RateError, current};

/// Gains and biases.
pub(crate) type GainBias = (Vec<f64>, Vec<f64>);

/// How far the rate at 1 may be from the one asked for, as a fraction of it. One unit in the last place of the
/// current changes the rate of a LIF neuron close to threshold by 2 %; a neuron that rounding has silenced is off by
/// all of it.
const TOLERANCE: f64 = 0.05;

/// Checks that every maximum rate is in (0, bound) and every intercept below 1.
pub(crate) fn check_targets(max_rates: &[f64], intercepts: &[f64], bound: f64) -> Result<(), RateError> {
    for (index, &max_rate) in max_rates.iter().enumerate() {
        if !(max_rate > 0.0 && max_rate < bound) {
            return Err(RateError::Unreachable { index, max_rate, bound });
        }
    }
    for (index, &intercept) in intercepts.iter().enumerate() {
        if !(intercept < 1.0 && intercept.is_finite()) {
            return Err(RateError::Intercept { index, intercept });
        }
    }
    Ok(())
}

/// The gains and biases, if they are finite, the gains above 0, and `rate`, the curve without amplitude, is at `u = 1`
/// what was asked for. `reason` says what the rate asked for is too much for, and what to do.
pub(crate) fn checked(
    (gain, bias): GainBias,
    max_rates: &[f64],
    intercepts: &[f64],
    rate: impl Fn(f64) -> f64,
    reason: impl Fn(f64) -> String,
) -> Result<GainBias, RateError> {
    for (index, (&max_rate, &intercept)) in max_rates.iter().zip(intercepts).enumerate() {
        let (g, b) = (gain[index], bias[index]);
        let met = |rate: f64| (rate - max_rate).abs() <= TOLERANCE * max_rate;
        if !(g > 0.0 && g.is_finite() && b.is_finite() && met(rate(current(1.0, g, b)))) {
            let reason = reason(max_rate);
            return Err(RateError::Imprecise { index, max_rate, intercept, gain: g, bias: b, reason });
        }
    }
    Ok((gain, bias))
}
