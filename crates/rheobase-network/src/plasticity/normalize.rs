//! Normalisation: the weights of an output keep their sum.

use serde::{Deserialize, Serialize};

use super::Connection;
use crate::vision::windows::value_error;
use rheobase_base::Result;

/// After every sample the weights of each feature that may have changed are multiplied so that their sum is `sum`, then
/// brought within the bounds. Features whose weights sum to 0 or less are left as they are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalize {
    /// Sum over the weights of a feature; finite and above 0.
    pub sum: f64,
}

impl Normalize {
    pub(super) fn check(&self, place: &str, bounds: [f32; 2]) -> Result<()> {
        if !(self.sum > 0.0 && self.sum.is_finite()) {
            let rule = "must be finite and above 0: the sum over the weights of a feature";
            return Err(value_error(place, "normalize.sum", None, self.sum, rule));
        }
        if bounds[1] <= 0.0 {
            let rule =
                format!("cannot be reached by weights of at most {}: raise the upper bound", bounds[1]);
            return Err(value_error(place, "normalize.sum", None, self.sum, rule));
        }
        Ok(())
    }

    /// Restores the sum of one feature.
    pub(super) fn apply(
        &self,
        connection: &Connection,
        weights: &mut [f32],
        bounds: [f32; 2],
        feature: usize,
    ) {
        let mut sum = 0.0;
        connection.weights_of(feature, |w| sum += f64::from(weights[w]));
        if sum > 0.0 {
            let factor = self.sum / sum;
            connection.weights_of(feature, |w| {
                weights[w] = ((f64::from(weights[w]) * factor) as f32).clamp(bounds[0], bounds[1]);
            });
        }
    }
}
