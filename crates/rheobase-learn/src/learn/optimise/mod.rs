//! Optimisers: from a gradient to an update, over flat slices of one named parameter at a time.
//!
//! An update is elementwise, of operations that round once, so it has the same bits at every SIMD level and however
//! parameters are split among threads.

mod adam;
mod adamw;
mod moments;
mod project;
mod rule;
mod sgd;

pub use adam::Adam;
pub use adamw::AdamW;
pub use moments::Moments;
pub use project::project;
pub use sgd::Sgd;

use rheobase_models::lanes::Level;
use serde::{Deserialize, Serialize};

use super::check;
use rheobase_base::Result;

/// What an optimiser needs to know besides numbers: which parameter, how far, and how often before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update<'a> {
    /// The parameter's name, for errors.
    pub name: &'a str,
    /// Learning rate: ≥ 0 and finite.
    pub learning_rate: f64,
    /// Updates this parameter has had before: 0 for the first.
    pub done: u64,
    /// The SIMD level to run at; all give the same bits.
    pub level: Level,
}

impl Update<'_> {
    /// Refuses what no optimiser can work with; gradients must be of at most the magnitude `limit`.
    fn check(&self, parameter: &[f32], gradient: &[f32], limit: f32) -> Result<()> {
        let range = rheobase_models::record::Range::at_least(0.0);
        check::within(self.name, "learning_rate", self.learning_rate, range)?;
        check::same_length(self.name, "gradient", gradient.len(), parameter.len(), "the parameter")?;
        let rule = if limit == f32::MAX {
            "must be finite: lower the learning rate, clip gradients, or check the loss's input"
        } else {
            "must be finite and of magnitude at most 1e18, as its square is kept: clip gradients or lower the learning rate"
        };
        check::bounded(self.name, "gradient", gradient, limit, rule)
    }

    fn check_after(&self, parameter: &[f32]) -> Result<()> {
        let rule = "left the finite numbers in this update: lower the learning rate or clip gradients";
        check::bounded(self.name, "value", parameter, f32::MAX, rule)
    }
}

/// A rule that turns gradients into updates.
pub trait Optimiser {
    /// Names of the moments it keeps, one array each as long as the parameter.
    fn moments(&self) -> &'static [&'static str];

    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with the setting and its rule.
    fn check(&self) -> Result<()>;

    /// Updates `parameter` against `gradient`, and the moments (from [`Moments::new`] of the same optimiser).
    ///
    /// # Errors
    /// [`rheobase_base::Error::Shape`] if lengths differ or the moments are another optimiser's; [`rheobase_base::Error::Value`] for
    /// settings out of range and for a gradient that is not finite (nothing has changed then), or if an updated value
    /// is not finite (the parameter is then unusable).
    fn step(
        &self,
        parameter: &mut [f32],
        gradient: &[f32],
        moments: &mut Moments,
        update: &Update<'_>,
    ) -> Result<()>;
}

/// Every optimiser of the library as plain data: `{ kind = "adam", beta1 = 0.9 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[non_exhaustive]
pub enum OptimiserKind {
    /// See [`Sgd`].
    Sgd(Sgd),
    /// See [`Adam`].
    Adam(Adam),
    /// See [`AdamW`].
    AdamW(AdamW),
}

impl Default for OptimiserKind {
    fn default() -> Self {
        OptimiserKind::Adam(Adam::default())
    }
}

impl OptimiserKind {
    /// The same optimiser without weight decay, for parameters that are not weights: a time constant must not decay
    /// to 0. Its moments are the same.
    pub fn without_decay(self) -> Self {
        match self {
            OptimiserKind::AdamW(adamw) => OptimiserKind::Adam(adamw.adam()),
            other => other,
        }
    }

    fn as_optimiser(&self) -> &dyn Optimiser {
        match self {
            OptimiserKind::Sgd(optimiser) => optimiser,
            OptimiserKind::Adam(optimiser) => optimiser,
            OptimiserKind::AdamW(optimiser) => optimiser,
        }
    }
}

impl Optimiser for OptimiserKind {
    fn moments(&self) -> &'static [&'static str] {
        self.as_optimiser().moments()
    }

    fn check(&self) -> Result<()> {
        self.as_optimiser().check()
    }

    fn step(
        &self,
        parameter: &mut [f32],
        gradient: &[f32],
        moments: &mut Moments,
        update: &Update<'_>,
    ) -> Result<()> {
        self.as_optimiser().step(parameter, gradient, moments, update)
    }
}

#[cfg(test)]
mod tests;
