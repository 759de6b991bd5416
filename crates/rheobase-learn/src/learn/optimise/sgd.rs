//! Stochastic gradient descent, with momentum or Nesterov's.

use rheobase_models::Real;
use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::rule::{MOST, Rule, take};
use super::{Half, Moments, Optimiser, Update};
use crate::learn::check;
use rheobase_base::Result;

/// `m ← μ·m + g`, then `p ← p − η·m`, or with Nesterov `p ← p − η·(g + μ·m)`.
///
/// Sutskever et al. 2013, Proc. ICML 28:1139–1147; the form with the learning rate outside of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sgd {
    /// μ in [0, 1), by default 0: no moment is kept.
    pub momentum: f64,
    /// Whether the step looks ahead; needs momentum.
    pub nesterov: bool,
}

struct Plain {
    learning_rate: f64,
}

impl Rule for Plain {
    const MOMENTS: &'static [&'static str] = &[];

    #[inline(always)]
    fn apply<T: Real>(&self, parameter: T, gradient: T, _: &mut [T; MOST]) -> T {
        parameter - T::splat(self.learning_rate) * gradient
    }
}

struct WithMomentum {
    momentum: f64,
    nesterov: bool,
    learning_rate: f64,
}

impl Rule for WithMomentum {
    const MOMENTS: &'static [&'static str] = &["momentum"];

    #[inline(always)]
    fn apply<T: Real>(&self, parameter: T, gradient: T, moments: &mut [T; MOST]) -> T {
        let momentum = T::splat(self.momentum);
        moments[0] = momentum * moments[0] + gradient;
        let direction = if self.nesterov { gradient + momentum * moments[0] } else { moments[0] };
        parameter - T::splat(self.learning_rate) * direction
    }
}

impl Optimiser for Sgd {
    fn moments(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { Plain::MOMENTS } else { WithMomentum::MOMENTS }
    }

    fn check(&self) -> Result<()> {
        let range = Range { high_allowed: false, ..Range::between(0.0, 1.0) };
        check::within("optimiser.sgd", "momentum", self.momentum, range)?;
        if self.nesterov && self.momentum == 0.0 {
            let rule = "needs momentum above 0; set momentum = 0.9 or leave nesterov out";
            return Err(check::broken("optimiser.sgd", "nesterov", true, rule));
        }
        Ok(())
    }

    fn half(
        &self,
        half: Half<'_>,
        gradient: &[f32],
        moments: &mut Moments,
        update: &Update<'_>,
    ) -> Result<()> {
        self.check()?;
        let (momentum, nesterov, learning_rate) = (self.momentum, self.nesterov, update.learning_rate);
        if momentum == 0.0 {
            return take(&Plain { learning_rate }, half, gradient, moments, update);
        }
        take(&WithMomentum { momentum, nesterov, learning_rate }, half, gradient, moments, update)
    }
}
