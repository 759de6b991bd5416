//! Bounds on firing rates: a layer neither falls silent nor fires without end.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use crate::learn::check;
use rheobase_base::{Error, Result};

const PLACE: &str = "regularise.rates";

/// Whose rate is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateOf {
    /// Every neuron's own.
    #[default]
    Neuron,
    /// The layer's mean.
    Layer,
}

/// `strength · mean of (max(0, lower − r)² + max(0, r − upper)²)` over the neurons of a layer, or of their mean rate.
///
/// r is the number of spikes in one sample divided by its steps (a rate in Hz is r/dt). It is taken sample by sample,
/// so that the gradient does not depend on how a batch is split. Bounds from below per neuron and from above on the
/// population: Zenke & Vogels 2021, doi:10.1162/neco_a_01367.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateBounds {
    /// Rates below are pulled up, in spikes per step: ≥ 0; none by default.
    pub lower: Option<f64>,
    /// Rates above are pulled down, in spikes per step: ≥ `lower`; none by default.
    pub upper: Option<f64>,
    /// Weight of the term beside the loss: ≥ 0, by default 1.
    pub strength: f64,
    /// Whose rate.
    pub of: RateOf,
}

impl Default for RateBounds {
    fn default() -> Self {
        RateBounds { lower: None, upper: None, strength: 1.0, of: RateOf::Neuron }
    }
}

impl RateBounds {
    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`Error::Value`] with the setting and its rule.
    pub fn check(&self) -> Result<()> {
        let range = Range::between(0.0, 1e6);
        check::within(PLACE, "strength", self.strength, range)?;
        check::within(PLACE, "lower", self.lower.unwrap_or(0.0), range)?;
        let lower = self.lower.unwrap_or(0.0);
        check::within(PLACE, "upper", self.upper.unwrap_or(lower), Range::between(lower, 1e6))
    }

    /// The term for one layer and one sample of `steps` steps, in which its neurons emitted `counts`.
    ///
    /// `slope`, one number per neuron, is overwritten with the derivative with respect to that neuron's spike in any
    /// step (the same in all of them): it adds to the error of every step of this sample.
    ///
    /// # Errors
    /// [`Error::Value`] for settings out of range, no steps, or counts that are not finite; [`Error::Shape`] if the
    /// slices differ in length or are empty.
    pub fn evaluate(&self, counts: &[f32], steps: usize, slope: &mut [f32]) -> Result<f64> {
        self.check()?;
        check::same_length(PLACE, "slope", slope.len(), counts.len(), "the layer")?;
        check::bounded(PLACE, "counts", counts, f32::MAX, "must be finite")?;
        if steps == 0 {
            return Err(check::broken(PLACE, "steps", 0, "must be at least 1"));
        }
        if counts.is_empty() {
            return Err(Error::shape(PLACE, "counts", "[0]", "a layer has at least one neuron"));
        }
        let (neurons, steps) = (counts.len() as f64, steps as f64);
        let mut term = 0.0;
        match self.of {
            RateOf::Neuron => {
                for (to, count) in slope.iter_mut().zip(counts) {
                    let excess = self.excess(f64::from(*count) / steps);
                    term += excess * excess;
                    *to = check::narrow(self.strength * 2.0 * excess / (neurons * steps));
                }
                term /= neurons;
            }
            RateOf::Layer => {
                let mut total = 0.0;
                for count in counts {
                    total += f64::from(*count);
                }
                let excess = self.excess(total / (neurons * steps));
                term = excess * excess;
                slope.fill(check::narrow(self.strength * 2.0 * excess / (neurons * steps)));
            }
        }
        Ok(self.strength * term)
    }

    /// How far `rate` is beyond a bound: negative below the lower, positive above the upper.
    fn excess(&self, rate: f64) -> f64 {
        match (self.lower, self.upper) {
            (Some(lower), _) if rate < lower => rate - lower,
            (_, Some(upper)) if rate > upper => rate - upper,
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_central_differences() {
        for of in [RateOf::Neuron, RateOf::Layer] {
            for (lower, upper) in [(0.9, 0.95), (0.05, 0.1), (0.3, 0.6)] {
                let bounds = RateBounds { lower: Some(lower), upper: Some(upper), strength: 2.5, of };
                let counts = [0.0, 7.0, 12.0];
                let mut slope = [f32::NAN; 3];
                bounds.evaluate(&counts, 10, &mut slope).unwrap();
                for n in 0..3 {
                    let term = |step: f32| {
                        let mut moved = counts;
                        moved[n] += step;
                        bounds.evaluate(&moved, 10, &mut [0.0; 3]).unwrap()
                    };
                    let difference = (term(0.125) - term(-0.125)) / 0.25;
                    assert!(
                        (difference - f64::from(slope[n])).abs() < 1e-6,
                        "{of:?} {n}: {difference} {slope:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn without_bounds_and_within_them_nothing_happens() {
        let mut slope = [1.0; 2];
        assert_eq!(RateBounds::default().evaluate(&[0.0, 50.0], 5, &mut slope), Ok(0.0));
        let bounds = RateBounds { lower: Some(0.1), upper: Some(0.5), ..RateBounds::default() };
        assert_eq!(bounds.evaluate(&[1.0, 5.0], 10, &mut slope), Ok(0.0));
        assert_eq!(slope, [0.0, 0.0]);
    }

    #[test]
    fn bad_settings_and_sizes_are_refused() {
        let crossed = RateBounds { lower: Some(0.5), upper: Some(0.1), ..RateBounds::default() };
        let text = crossed.check().unwrap_err().to_string();
        assert!(text.contains("regularise.rates.upper = 0.1"), "{text}");
        assert!(RateBounds { strength: f64::NAN, ..RateBounds::default() }.check().is_err());
        let bounds = RateBounds::default();
        assert!(bounds.evaluate(&[], 1, &mut []).is_err());
        assert!(bounds.evaluate(&[1.0], 0, &mut [0.0]).is_err());
        assert!(bounds.evaluate(&[1.0], 1, &mut []).is_err());
        assert!(bounds.evaluate(&[f32::NAN], 1, &mut [0.0]).is_err());
    }
}
