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
    /// Refuses a learning rate out of range, and a gradient that is not as long as the parameter.
    fn check(&self, gradient: usize, parameter: usize) -> Result<()> {
        let range = rheobase_models::record::Range::at_least(0.0);
        check::within(self.name, "learning_rate", self.learning_rate, range)?;
        check::same_length(self.name, "gradient", gradient, parameter, "the parameter")
    }

    /// Refuses gradients that are not finite or of a magnitude above `limit`, and what has become of the parameter if that
    /// is not finite.
    fn refuse(&self, gradient: &[f32], limit: f32, updated: &[f32]) -> Result<()> {
        let rule = if limit == f32::MAX {
            "must be finite: lower the learning rate, clip gradients, or check the loss's input"
        } else {
            "must be finite and of magnitude at most 1e18, as its square is kept: clip gradients or lower the learning rate"
        };
        check::bounded(self.name, "gradient", gradient, limit, rule)?;
        let rule = "left the finite numbers in this update: lower the learning rate or clip gradients";
        check::bounded(self.name, "value", updated, f32::MAX, rule)
    }
}

/// Half of a step: what of it is written. A step that is refused is so in its first half, when nothing has changed yet.
#[derive(Debug)]
pub enum Half<'a> {
    /// The parameter.
    Parameter {
        /// What it is before the step.
        from: &'a [f32],
        /// What it is after it: written.
        to: &'a mut [f32],
    },
    /// The moments.
    Moments,
}

impl Half<'_> {
    fn reborrow(&mut self) -> Half<'_> {
        match self {
            Half::Parameter { from, to } => Half::Parameter { from, to },
            Half::Moments => Half::Moments,
        }
    }
}

impl<'a> Half<'a> {
    /// The same of the first `middle` elements, and of the others.
    fn split_at(self, middle: usize) -> (Half<'a>, Half<'a>) {
        match self {
            Half::Parameter { from, to } => {
                let (from, to) = (from.split_at(middle), to.split_at_mut(middle));
                (Half::Parameter { from: from.0, to: to.0 }, Half::Parameter { from: from.1, to: to.1 })
            }
            Half::Moments => (Half::Moments, Half::Moments),
        }
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

    /// Takes half of a step against `gradient`: the parameter's first, from moments as they were (from [`Moments::new`] of
    /// the same optimiser), then the moments' own with the same gradient. Large parameters are shared out among threads.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Shape`] if lengths differ or the moments are another optimiser's; of the parameter's half
    /// [`rheobase_base::Error::Value`] for settings out of range, for a gradient that is not finite, and if an updated
    /// value is not finite.
    fn half(
        &self,
        half: Half<'_>,
        gradient: &[f32],
        moments: &mut Moments,
        update: &Update<'_>,
    ) -> Result<()>;

    /// Updates `parameter` against `gradient`, and the moments: both halves of a step.
    ///
    /// # Errors
    /// Those of [`Optimiser::half`]; then nothing has changed.
    fn step(
        &self,
        parameter: &mut [f32],
        gradient: &[f32],
        moments: &mut Moments,
        update: &Update<'_>,
    ) -> Result<()> {
        let mut to = vec![0.0; parameter.len()];
        self.half(Half::Parameter { from: parameter, to: &mut to }, gradient, moments, update)?;
        self.half(Half::Moments, gradient, moments, update)?;
        parameter.copy_from_slice(&to);
        Ok(())
    }
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

    fn half(
        &self,
        half: Half<'_>,
        gradient: &[f32],
        moments: &mut Moments,
        update: &Update<'_>,
    ) -> Result<()> {
        self.as_optimiser().half(half, gradient, moments, update)
    }
}

#[cfg(test)]
mod tests;
