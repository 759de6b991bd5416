//! AdamW: Adam with weight decay that the moments do not scale.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::{Adam, Half, Moments, Optimiser, Update, adam};
use crate::learn::check;
use rheobase_base::Result;

/// `p ← (1 − η·λ)·p`, then a step of [`Adam`].
///
/// Loshchilov & Hutter 2019, arXiv:1711.05101, with the decay multiplied by the learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamW {
    /// β₁ in [0, 1), by default 0.9.
    pub beta1: f64,
    /// β₂ in [0, 1), by default 0.999.
    pub beta2: f64,
    /// ε in [10⁻³⁰, 1], by default 10⁻⁸.
    pub epsilon: f64,
    /// λ ≥ 0, by default 0.01; `learning rate · λ` must be at most 1.
    pub weight_decay: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        let Adam { beta1, beta2, epsilon } = Adam::default();
        AdamW { beta1, beta2, epsilon, weight_decay: 0.01 }
    }
}

impl AdamW {
    /// The same without decay.
    pub fn adam(&self) -> Adam {
        Adam { beta1: self.beta1, beta2: self.beta2, epsilon: self.epsilon }
    }
}

impl Optimiser for AdamW {
    fn moments(&self) -> &'static [&'static str] {
        adam::MOMENTS
    }

    fn check(&self) -> Result<()> {
        self.adam().check_as("optimiser.adamw")?;
        check::within("optimiser.adamw", "weight_decay", self.weight_decay, Range::between(0.0, 1e6))
    }

    fn half(
        &self,
        half: Half<'_>,
        gradient: &[f32],
        moments: &mut Moments,
        update: &Update<'_>,
    ) -> Result<()> {
        self.check()?;
        let decay = update.learning_rate * self.weight_decay;
        if decay > 1.0 {
            let rule = "times the learning rate must be at most 1, or weights change sign; lower one of them";
            return Err(check::broken("optimiser.adamw", "weight_decay", self.weight_decay, rule));
        }
        self.adam().half_keeping(1.0 - decay, half, gradient, moments, update)
    }
}
