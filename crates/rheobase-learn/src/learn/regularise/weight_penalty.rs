//! Penalties on weights: L1 for few, L2 for small ones.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use crate::learn::check;
use rheobase_base::Result;

const PLACE: &str = "regularise.weights";

/// `l1·Σ|w| + ½·l2·Σw²`: with l2 its gradient is what other libraries call weight decay of plain SGD.
///
/// For decay that is not scaled by Adam's moments see [`crate::learn::optimise::AdamW`].
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeightPenalty {
    /// Factor of the sum of magnitudes: ≥ 0, by default 0.
    pub l1: f64,
    /// Factor of half the sum of squares: ≥ 0, by default 0.
    pub l2: f64,
}

impl WeightPenalty {
    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with the setting and its rule.
    pub fn check(&self) -> Result<()> {
        check::within(PLACE, "l1", self.l1, Range::between(0.0, 1e6))?;
        check::within(PLACE, "l2", self.l2, Range::between(0.0, 1e6))
    }

    /// The term for one array of weights.
    pub fn value(&self, weights: &[f32]) -> f64 {
        let (mut magnitudes, mut squares) = (0.0, 0.0);
        for w in weights {
            let w = f64::from(*w);
            magnitudes += w.abs();
            squares += w * w;
        }
        self.l1 * magnitudes + 0.5 * self.l2 * squares
    }

    /// Adds the term's derivative to `gradient`; that of |w| at 0 is 0.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Shape`] if the slices differ in length; [`rheobase_base::Error::Value`] for settings out of range.
    pub fn add_gradient(&self, weights: &[f32], gradient: &mut [f32]) -> Result<()> {
        self.check()?;
        check::same_length(PLACE, "gradient", gradient.len(), weights.len(), "the weights")?;
        if *self == WeightPenalty::default() {
            return Ok(());
        }
        let (l1, l2) = (self.l1 as f32, self.l2 as f32);
        for (to, w) in gradient.iter_mut().zip(weights) {
            let sign = f32::from(u8::from(*w > 0.0)) - f32::from(u8::from(*w < 0.0));
            *to += l1 * sign + l2 * w;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_added_and_is_a_central_difference() {
        let penalty = WeightPenalty { l1: 0.25, l2: 0.5 };
        let weights = [0.5f32, -2.0, 0.0];
        let mut gradient = [10.0, 10.0, 10.0];
        penalty.add_gradient(&weights, &mut gradient).unwrap();
        for i in 0..3 {
            let value = |step: f32| {
                let mut moved = weights;
                moved[i] += step;
                penalty.value(&moved)
            };
            let difference = (value(0.125) - value(-0.125)) / 0.25;
            assert!(
                (difference + 10.0 - f64::from(gradient[i])).abs() < 1e-6,
                "{i}: {difference} {gradient:?}"
            );
        }
    }

    #[test]
    fn negative_factors_and_wrong_lengths_are_refused() {
        assert!(WeightPenalty { l1: -1.0, l2: 0.0 }.check().is_err());
        assert!(WeightPenalty { l1: 0.0, l2: f64::NAN }.check().is_err());
        assert!(WeightPenalty::default().add_gradient(&[1.0], &mut []).is_err());
    }
}
