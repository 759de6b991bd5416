//! Cross-entropy: softmax over one score per class, read from spikes or from the potential.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::{Evaluated, Loss, Readout, Target, Trace, every_step, narrowed, softmax};
use crate::learn::check;
use rheobase_base::Result;

const PLACE: &str = "loss.cross_entropy";

/// What of an output's trace is its score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// How much was emitted: the sum of spikes over time.
    #[default]
    Count,
    /// The count divided by the sample's number of steps.
    Rate,
    /// The greatest potential; the first of equal ones takes the gradient.
    Max,
    /// The potential's mean over time.
    Mean,
    /// The potential in the last step.
    Last,
}

/// `−ln softmax(gain·score)` at the right class.
///
/// Softmax cross-entropy on spike counts and on the maximum of the potential: Zenke & Vogels 2021,
/// doi:10.1162/neco_a_01367. Smoothed labels: Szegedy et al. 2016, doi:10.1109/CVPR.2016.308. Scores of an
/// evaluation are without the gain.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrossEntropy {
    /// What is compared.
    pub readout: Score,
    /// Factor on the scores, an inverse temperature: in (0, 10⁶]. Rates lie within 1 of each other and need more
    /// than the default, 1.
    pub gain: f64,
    /// Share of every label that is spread evenly over all classes: in [0, 1), 0 by default.
    pub smoothing: f64,
}

impl Default for CrossEntropy {
    fn default() -> Self {
        CrossEntropy { readout: Score::default(), gain: 1.0, smoothing: 0.0 }
    }
}

impl CrossEntropy {
    /// Cross-entropy on `readout`, gain 1, labels not smoothed.
    pub fn on(readout: Score) -> Self {
        CrossEntropy { readout, ..Self::default() }
    }

    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with the setting and its rule.
    pub fn check(&self) -> Result<()> {
        check::within(PLACE, "gain", self.gain, Range { low_allowed: false, ..Range::between(0.0, 1e6) })?;
        let below_one = Range { high_allowed: false, ..Range::between(0.0, 1.0) };
        check::within(PLACE, "smoothing", self.smoothing, below_one)
    }
}

impl Loss for CrossEntropy {
    fn wants(&self) -> Readout {
        match self.readout {
            Score::Count | Score::Rate => Readout::Spikes,
            Score::Max | Score::Mean | Score::Last => Readout::Potential,
        }
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
        let class = trace.class(target)?;
        let peaks = if self.readout == Score::Max { peaks(&trace) } else { Vec::new() };
        let steps = trace.steps();
        let last = (steps - 1) * classes;
        let scores: Vec<f64> = match self.readout {
            Score::Count => trace.sums(),
            Score::Rate | Score::Mean => trace.sums().iter().map(|s| s / steps as f64).collect(),
            Score::Max => peaks.iter().map(|i| f64::from(trace.values[*i])).collect(),
            Score::Last => trace.values[last..].iter().map(|x| f64::from(*x)).collect(),
        };

        let logits: Vec<f64> = scores.iter().map(|s| self.gain * s).collect();
        let mut slopes = vec![0.0; classes];
        let loss = softmax::cross_entropy(&logits, class, self.smoothing, &mut slopes);

        let scale = if matches!(self.readout, Score::Rate | Score::Mean) { steps as f64 } else { 1.0 };
        for slope in &mut slopes {
            *slope = self.gain * *slope / scale;
        }
        match self.readout {
            Score::Count | Score::Rate | Score::Mean => every_step(&slopes, gradient),
            Score::Max => {
                gradient.fill(0.0);
                for (i, slope) in peaks.iter().zip(&slopes) {
                    gradient[*i] = check::narrow(*slope);
                }
            }
            Score::Last => {
                gradient.fill(0.0);
                every_step(&slopes, &mut gradient[last..]);
            }
        }
        Ok(Evaluated { loss, scores: narrowed(&scores) })
    }
}

/// Where in the trace each class has its first greatest value.
fn peaks(trace: &Trace<'_>) -> Vec<usize> {
    let mut peaks: Vec<usize> = (0..trace.classes).collect();
    for (t, row) in trace.rows().enumerate() {
        for (c, x) in row.iter().enumerate() {
            if *x > trace.values[peaks[c]] {
                peaks[c] = t * trace.classes + c;
            }
        }
    }
    peaks
}
