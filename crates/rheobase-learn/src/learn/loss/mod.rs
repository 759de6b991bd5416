//! Losses: how wrong one sample's output was, and the gradient of that with respect to the output at every step.
//!
//! A loss sees one sample at a time, so results do not depend on how a batch is put together. The mean over a batch
//! of B samples is the caller's: every gradient times 1/B.
//!
//! | loss | reads | file |
//! |---|---|---|
//! | cross-entropy on counts, rates | spikes | [`CrossEntropy`] |
//! | cross-entropy on maximum, mean, last potential | potential | [`CrossEntropy`] |
//! | squared error of rates | spikes | [`RateError`] |
//! | squared error of a trace | either | [`TraceError`] |
//! | time to first spike | spikes | [`FirstSpike`] |

mod cross_entropy;
mod first_spike;
mod rate_error;
mod softmax;
#[cfg(test)]
mod tests;
mod trace_error;

pub use cross_entropy::{CrossEntropy, Score};
pub use first_spike::FirstSpike;
pub use rate_error::RateError;
pub use trace_error::TraceError;

use serde::{Deserialize, Serialize};

use super::check;
use rheobase_base::{Error, Result};

/// Which of the output layer's traces a loss reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readout {
    /// What the layer emits, in each step.
    Spikes,
    /// The potential (before reset), in each step.
    #[default]
    Potential,
}

/// What a sample's output should have been.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Target<'a> {
    /// This class, counted from 0.
    Class(u32),
    /// These rates, one per output, in spikes per step.
    Rates(&'a [f32]),
    /// This trace, `[time, output]`, as long as the sample.
    Trace(&'a [f32]),
}

/// What a loss says of one sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The loss, finite.
    pub loss: f64,
    /// One score per class, the higher the likelier.
    pub scores: Vec<f32>,
}

impl Evaluated {
    /// The class of the highest score, the first one if several are equal.
    pub fn prediction(&self) -> usize {
        let mut best = 0;
        for (class, score) in self.scores.iter().enumerate() {
            if *score > self.scores[best] {
                best = class;
            }
        }
        best
    }
}

/// A loss on the output of one sample.
pub trait Loss {
    /// Which trace [`Loss::evaluate`] reads.
    fn wants(&self) -> Readout;

    /// The loss of one sample and its gradient.
    ///
    /// `trace` is `[time, class]`, only the steps the sample has; `gradient`, of the same shape, is overwritten with
    /// the derivative of the loss with respect to every element of `trace` (at most the largest finite `f32`).
    ///
    /// # Errors
    /// [`Error::Value`] if a setting is out of range, the trace is empty or not finite (with step and class), or the
    /// target is of another kind than the loss compares with or not among the classes; [`Error::Shape`] if `trace`,
    /// `gradient` and `target` do not fit each other. `gradient` is then unspecified.
    fn evaluate(
        &self,
        trace: &[f32],
        classes: usize,
        target: &Target<'_>,
        gradient: &mut [f32],
    ) -> Result<Evaluated>;
}

/// Every loss of the library as plain data: `{ kind = "cross_entropy", readout = "count" }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LossKind {
    /// See [`CrossEntropy`].
    CrossEntropy(CrossEntropy),
    /// See [`RateError`].
    RateError(RateError),
    /// See [`TraceError`].
    TraceError(TraceError),
    /// See [`FirstSpike`].
    FirstSpike(FirstSpike),
}

impl Default for LossKind {
    fn default() -> Self {
        LossKind::CrossEntropy(CrossEntropy::default())
    }
}

impl LossKind {
    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`Error::Value`] with the setting and its rule.
    pub fn check(&self) -> Result<()> {
        match self {
            LossKind::CrossEntropy(loss) => loss.check(),
            LossKind::RateError(loss) => loss.check(),
            LossKind::TraceError(_) => Ok(()),
            LossKind::FirstSpike(loss) => loss.check(),
        }
    }

    fn as_loss(&self) -> &dyn Loss {
        match self {
            LossKind::CrossEntropy(loss) => loss,
            LossKind::RateError(loss) => loss,
            LossKind::TraceError(loss) => loss,
            LossKind::FirstSpike(loss) => loss,
        }
    }
}

impl Loss for LossKind {
    fn wants(&self) -> Readout {
        self.as_loss().wants()
    }

    fn evaluate(
        &self,
        trace: &[f32],
        classes: usize,
        target: &Target<'_>,
        gradient: &mut [f32],
    ) -> Result<Evaluated> {
        self.as_loss().evaluate(trace, classes, target, gradient)
    }
}

/// A checked trace: at least one step, at least one class, all finite.
#[derive(Clone, Copy)]
struct Trace<'a> {
    place: &'static str,
    values: &'a [f32],
    classes: usize,
}

impl<'a> Trace<'a> {
    fn new(place: &'static str, values: &'a [f32], classes: usize, gradient: &[f32]) -> Result<Self> {
        if classes == 0 {
            return Err(check::broken(place, "classes", 0, "must be at least 1"));
        }
        if values.is_empty() || !values.len().is_multiple_of(classes) {
            return Err(Error::shape(
                place,
                "trace",
                format!("[{}]", values.len()),
                format!("[time, {classes}] with at least one step is needed"),
            ));
        }
        check::same_length(place, "gradient", gradient.len(), values.len(), "the trace")?;
        if let Some(i) = values.iter().position(|x| !x.is_finite()) {
            return Err(check::broken(
                place,
                &format!("trace[step {}, class {}]", i / classes, i % classes),
                values[i],
                "must be finite: look at the output layer's input and parameters, or lower the learning rate",
            ));
        }
        Ok(Trace { place, values, classes })
    }

    fn steps(&self) -> usize {
        self.values.len() / self.classes
    }

    fn rows(&self) -> std::slice::ChunksExact<'a, f32> {
        self.values.chunks_exact(self.classes)
    }

    /// The sum over time of each class, in ascending time.
    fn sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.classes];
        for row in self.rows() {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += f64::from(*x);
            }
        }
        sums
    }

    /// The class that `target` names.
    fn class(&self, target: &Target<'_>) -> Result<usize> {
        let Target::Class(class) = *target else { return Err(self.wrong_target(target, "a class")) };
        if (class as usize) < self.classes {
            return Ok(class as usize);
        }
        let rule =
            format!("must be a class below {}, the number of outputs; look at the labels", self.classes);
        Err(check::broken(self.place, "target", class, rule))
    }

    fn wrong_target(&self, target: &Target<'_>, wanted: &str) -> Error {
        let given = match target {
            Target::Class(_) => "a class",
            Target::Rates(_) => "rates",
            Target::Trace(_) => "a trace",
        };
        check::broken(self.place, "target", given, format!("this loss compares with {wanted}"))
    }
}

/// Writes the same slope per class into every step.
fn every_step(slopes: &[f64], gradient: &mut [f32]) {
    for row in gradient.chunks_exact_mut(slopes.len()) {
        for (to, slope) in row.iter_mut().zip(slopes) {
            *to = check::narrow(*slope);
        }
    }
}

fn narrowed(scores: &[f64]) -> Vec<f32> {
    scores.iter().map(|s| check::narrow(*s)).collect()
}
