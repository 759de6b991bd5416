//! Time to first spike: the right class should fire first.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::{Evaluated, Loss, Readout, Target, Trace, narrowed, softmax};
use crate::learn::check;
use rheobase_base::Result;

const PLACE: &str = "loss.first_spike";

/// `−ln softmax(−t/τ)` at the right class, t the step of each output's first spike.
///
/// Cross-entropy on negative spike times: Mostafa 2018, doi:10.1109/TNNLS.2017.2726060; with a time scale: Göltz et
/// al. 2021, doi:10.1038/s42256-021-00388-x.
///
/// **First-spike rule.** With s_k the spike of step k (0 or 1) and L steps, `t = Σ_{j<L} Π_{k≤j} (1 − s_k)`: the step
/// of the first spike, counted from 0. An output that stays silent has t = L, as if it fired right after the sample.
///
/// **Derivative.** That sum is linear in every single s_k, so `∂t/∂s_k` is exactly the difference that a spike in step k
/// makes, all others as they are: before the first spike `k − t`, at the first spike minus the steps until the next
/// (or until L), after it 0, and `k − L` everywhere in a silent output, which so gets a gradient towards firing. From
/// the spikes on, the layer's surrogate takes over. Scores are `−t`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FirstSpike {
    /// τ, in steps: at least 10⁻³, by default 10.
    pub tau: f64,
}

impl Default for FirstSpike {
    fn default() -> Self {
        FirstSpike { tau: 10.0 }
    }
}

impl FirstSpike {
    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with the setting and its rule.
    pub fn check(&self) -> Result<()> {
        check::within(PLACE, "tau", self.tau, Range::at_least(1e-3))
    }
}

impl Loss for FirstSpike {
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
        let class = trace.class(target)?;
        refuse_other_than_spikes(&trace)?;
        let times = first(&trace);
        let logits: Vec<f64> = times.iter().map(|t| -t / self.tau).collect();
        let mut slopes = vec![0.0; classes];
        let loss = softmax::cross_entropy(&logits, class, 0.0, &mut slopes);
        for slope in &mut slopes {
            *slope /= self.tau;
        }
        // A logit falls with its time and the time with every spike: the signs cancel.
        derivative(&trace, slopes, gradient);
        let scores: Vec<f64> = times.iter().map(|t| -t).collect();
        Ok(Evaluated { loss, scores: narrowed(&scores) })
    }
}

fn refuse_other_than_spikes(trace: &Trace<'_>) -> Result<()> {
    let Some(i) = trace.values.iter().position(|s| !(0.0..=1.0).contains(s)) else { return Ok(()) };
    let field = format!("trace[step {}, class {}]", i / trace.classes, i % trace.classes);
    let rule = "must be a spike, 0 or 1; for counts and signed spikes take another loss";
    Err(check::broken(PLACE, &field, trace.values[i], rule))
}

/// `Σ_j Π_{k≤j} (1 − s_k)` of every class.
fn first(trace: &Trace<'_>) -> Vec<f64> {
    let mut times = vec![0.0; trace.classes];
    let mut silent = vec![1.0; trace.classes];
    for row in trace.rows() {
        for ((time, silent), s) in times.iter_mut().zip(&mut silent).zip(row) {
            *silent *= 1.0 - f64::from(*s);
            *time += *silent;
        }
    }
    times
}

/// Writes `slope · Π_{k<i} (1 − s_k) · (1 + (1 − s_{i+1})·(1 + …))` of every class to step i.
fn derivative(trace: &Trace<'_>, slopes: Vec<f64>, gradient: &mut [f32]) {
    // How long an output would stay silent from a step on, were its spike there taken away.
    let mut silence = vec![1.0; trace.values.len()];
    let classes = trace.classes;
    for i in (0..trace.values.len() - classes).rev() {
        silence[i] = 1.0 + (1.0 - f64::from(trace.values[i + classes])) * silence[i + classes];
    }
    // The slope, until the output has fired; 0 from then on.
    let mut reached = slopes;
    let rows = gradient.chunks_exact_mut(classes).zip(silence.chunks_exact(classes)).zip(trace.rows());
    for ((to, silence), spikes) in rows {
        for (((to, silence), s), reached) in to.iter_mut().zip(silence).zip(spikes).zip(&mut reached) {
            *to = check::narrow(*reached * silence);
            *reached *= 1.0 - f64::from(*s);
        }
    }
}
