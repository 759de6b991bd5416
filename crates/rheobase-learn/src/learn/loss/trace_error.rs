//! Squared error of traces: the output should follow a given course.

use serde::{Deserialize, Serialize};

use super::{Evaluated, Loss, Readout, Target, Trace, narrowed};
use crate::learn::check;
use rheobase_base::Result;

const PLACE: &str = "loss.trace_error";

/// `mean over steps and outputs of (trace − wanted)²`, for regression and for teaching a course of the potential.
///
/// Only the steps a sample has count. Scores are the outputs' means over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TraceError {
    /// Which trace is compared; the potential by default.
    pub readout: Readout,
}

impl Loss for TraceError {
    fn wants(&self) -> Readout {
        self.readout
    }

    fn evaluate(
        &self,
        trace: &[f32],
        classes: usize,
        target: &Target<'_>,
        gradient: &mut [f32],
    ) -> Result<Evaluated> {
        let trace = Trace::new(PLACE, trace, classes, gradient)?;
        let Target::Trace(wanted) = *target else { return Err(trace.wrong_target(target, "a trace")) };
        check::same_length(PLACE, "target", wanted.len(), trace.values.len(), "the sample's trace")?;
        check::bounded(PLACE, "target", wanted, f32::MAX, "must be finite")?;
        let count = wanted.len() as f64;
        let mut loss = 0.0;
        for ((to, x), wanted) in gradient.iter_mut().zip(trace.values).zip(wanted) {
            let error = f64::from(*x) - f64::from(*wanted);
            loss += error * error;
            *to = check::narrow(2.0 * error / count);
        }
        let means: Vec<f64> = trace.sums().iter().map(|s| s / trace.steps() as f64).collect();
        Ok(Evaluated { loss: loss / count, scores: narrowed(&means) })
    }
}
