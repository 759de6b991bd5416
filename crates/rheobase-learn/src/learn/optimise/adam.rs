//! Adam: steps scaled by running means of the gradient and of its square.

use rheobase_models::Real;
use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::rule::{MOST, Rule, take};
use super::{Half, Moments, Optimiser, Update};
use crate::learn::check;
use crate::learn::power::power;
use rheobase_base::Result;

/// `m ← m + (1−β₁)(g − m)`, `v ← β₂v + (1−β₂)g²`, `p ← p − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)`, t from 1.
///
/// Kingma & Ba 2015, arXiv:1412.6980.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adam {
    /// β₁ in [0, 1), by default 0.9.
    pub beta1: f64,
    /// β₂ in [0, 1), by default 0.999.
    pub beta2: f64,
    /// ε in [10⁻³⁰, 1], by default 10⁻⁸.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

pub(super) const MOMENTS: &[&str] = &["first", "second"];

struct AdamRule {
    keep: f64,
    blend1: f64,
    beta2: f64,
    blend2: f64,
    root_correction: f64,
    epsilon: f64,
    step_size: f64,
}

impl Rule for AdamRule {
    const MOMENTS: &'static [&'static str] = MOMENTS;

    /// Their squares still are `f32`s.
    const LARGEST: f32 = 1e18;

    #[inline(always)]
    fn apply<T: Real>(&self, parameter: T, gradient: T, moments: &mut [T; MOST]) -> T {
        let first = moments[0] + T::splat(self.blend1) * (gradient - moments[0]);
        let second = T::splat(self.beta2) * moments[1] + T::splat(self.blend2) * gradient * gradient;
        moments[0] = first;
        moments[1] = second;
        let scale = second.sqrt() / T::splat(self.root_correction) + T::splat(self.epsilon);
        T::splat(self.keep) * parameter - T::splat(self.step_size) * first / scale
    }
}

impl Adam {
    /// Refuses settings out of range, in the name of `place`.
    pub(super) fn check_as(&self, place: &str) -> Result<()> {
        let below_one = Range { high_allowed: false, ..Range::between(0.0, 1.0) };
        check::within(place, "beta1", self.beta1, below_one)?;
        check::within(place, "beta2", self.beta2, below_one)?;
        check::within(place, "epsilon", self.epsilon, Range::between(1e-30, 1.0))
    }

    /// Half of a step after the parameter has been multiplied by `keep`.
    pub(super) fn half_keeping(
        &self,
        keep: f64,
        half: Half<'_>,
        gradient: &[f32],
        moments: &mut Moments,
        update: &Update<'_>,
    ) -> Result<()> {
        let t = update.done.saturating_add(1);
        let rule = AdamRule {
            keep,
            blend1: 1.0 - self.beta1,
            beta2: self.beta2,
            blend2: 1.0 - self.beta2,
            root_correction: (1.0 - power(self.beta2, t)).sqrt(),
            epsilon: self.epsilon,
            step_size: update.learning_rate / (1.0 - power(self.beta1, t)),
        };
        take(&rule, half, gradient, moments, update)
    }
}

impl Optimiser for Adam {
    fn moments(&self) -> &'static [&'static str] {
        MOMENTS
    }

    fn check(&self) -> Result<()> {
        self.check_as("optimiser.adam")
    }

    fn half(
        &self,
        half: Half<'_>,
        gradient: &[f32],
        moments: &mut Moments,
        update: &Update<'_>,
    ) -> Result<()> {
        self.check()?;
        self.half_keeping(1.0, half, gradient, moments, update)
    }
}
