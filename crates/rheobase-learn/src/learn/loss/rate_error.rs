//! Squared error of rates: every output should fire at its own rate.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::{Evaluated, Loss, Readout, Target, Trace, every_step, narrowed};
use crate::learn::check;
use rheobase_base::Result;

const PLACE: &str = "loss.rate_error";

/// `mean over outputs of (rate − wanted)²`, rates in spikes per step.
///
/// A class wants `correct` from its own output and `incorrect` from the others; [`Target::Rates`] wants what it says.
/// As a loss on target firing rates: Eshraghian et al. 2023, doi:10.1109/JPROC.2023.3308088. The scores are the rates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateError {
    /// Expected rate of the right class's output, in spikes per step: ≥ 0, by default 0.8.
    pub correct: f64,
    /// Expected rate of the other outputs, in spikes per step: ≥ 0, by default 0.2.
    pub incorrect: f64,
}

impl Default for RateError {
    fn default() -> Self {
        RateError { correct: 0.8, incorrect: 0.2 }
    }
}

impl RateError {
    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with the setting and its rule.
    pub fn check(&self) -> Result<()> {
        let range = Range::between(0.0, 1e6);
        check::within(PLACE, "correct", self.correct, range)?;
        check::within(PLACE, "incorrect", self.incorrect, range)
    }

    fn wanted(&self, trace: &Trace<'_>, target: &Target<'_>) -> Result<Vec<f64>> {
        match target {
            Target::Class(_) => {
                let class = trace.class(target)?;
                let wanted = |c| if c == class { self.correct } else { self.incorrect };
                Ok((0..trace.classes).map(wanted).collect())
            }
            Target::Rates(rates) => {
                check::same_length(PLACE, "target", rates.len(), trace.classes, "the output layer")?;
                check::bounded(PLACE, "target", rates, f32::MAX, "must be finite")?;
                Ok(rates.iter().map(|r| f64::from(*r)).collect())
            }
            Target::Trace(_) => Err(trace.wrong_target(target, "a class or rates")),
        }
    }
}

impl Loss for RateError {
    fn wants(&self) -> Readout {
        Readout::Spikes
    }

    fn evaluate(
        &self,
        trace: &[f32],
        classes: usize,
        target: &Target<'_>,
        gradient: &mut [f32],
    ) -> Result<Evaluated> {
        self.check()?;
        let trace = Trace::new(PLACE, trace, classes, gradient)?;
        let wanted = self.wanted(&trace, target)?;
        let steps = trace.steps() as f64;
        let rates: Vec<f64> = trace.sums().iter().map(|s| s / steps).collect();
        let mut loss = 0.0;
        let mut slopes = vec![0.0; classes];
        for ((slope, rate), wanted) in slopes.iter_mut().zip(&rates).zip(&wanted) {
            let error = rate - wanted;
            loss += error * error;
            *slope = 2.0 * error / (classes as f64 * steps);
        }
        every_step(&slopes, gradient);
        Ok(Evaluated { loss: loss / classes as f64, scores: narrowed(&rates) })
    }
}
