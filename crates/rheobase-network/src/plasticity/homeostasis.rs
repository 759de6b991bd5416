//! Homeostasis: who wins often finds it harder to win.

use rheobase_models::Real;
use serde::{Deserialize, Serialize};

use super::check::at_least_zero;
use crate::vision::windows::value_error;
use rheobase_base::Result;

/// What is added to the threshold of each feature: it rises by `rise` with every win of the feature (with every spike where
/// there are no winners), and decays to 0 with a time constant of `tau` samples. [`super::Learner::thresholds`] has it.
/// Diehl & Cook 2015, doi:10.3389/fncom.2015.00099.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Homeostasis {
    /// In units of the potential; finite and at least 0.
    pub rise: f64,
    /// Samples, above 0; nothing decays if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tau: Option<f64>,
    /// Whether the thresholds stay as high as they are when a stage ends: they are then the layer's own, which have to be a
    /// parameter, one for each feature or neuron. Else all goes as soon as the layer learns no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

impl Homeostasis {
    pub(super) fn check(&self, place: &str) -> Result<()> {
        at_least_zero(place, "homeostasis.rise", self.rise)?;
        match self.tau.filter(|tau| !(*tau > 0.0 && tau.is_finite())) {
            None => Ok(()),
            Some(tau) => {
                let rule = "must be a finite number of samples above 0; leave it out for no decay";
                Err(value_error(place, "homeostasis.tau", None, tau, rule))
            }
        }
    }

    /// A sample is over: first everything decays, then those that fired rise.
    pub(super) fn sample(&self, thresholds: &mut [f32], fired: impl Iterator<Item = usize>) {
        let kept = self.tau.map_or(1.0, |tau| Real::exp(-1.0 / tau) as f32);
        thresholds.iter_mut().for_each(|x| *x *= kept);
        for feature in fired {
            thresholds[feature] += self.rise as f32;
        }
    }
}
