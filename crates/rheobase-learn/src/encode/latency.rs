//! Latency encoding: one spike per feature, the larger the value the earlier.

use rheobase_models::Real;
use serde::{Deserialize, Serialize};

use super::check::{Place, UNIT, parameter, steps_fit, unsupported};
use super::{Encoder, SampleInput};
use rheobase_base::Result;
use rheobase_data::SampleView;

/// Feature i spikes once, at a step that falls with `x_i` in [0, 1]; values up to `threshold` do not spike.
///
/// With T steps and threshold θ:
/// - linear: step `(T − 1) · (1 − x) / (1 − θ)`, rounded to the nearest (half up): x = 1 in the first step, x → θ in the last;
/// - logarithmic: step `⌊τ · ln(x / (x − θ))⌋`, when a membrane of time constant τ under the constant drive x crosses θ;
///   crossings after the last step are lost.
///
/// First spikes carry what a fast visual system can use: Thorpe, Delorme & Van Rullen 2001,
/// doi:10.1016/S0893-6080(01)00083-1; both curves in Eshraghian et al. 2023, doi:10.1109/JPROC.2023.3308088.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Latency {
    /// How the step follows from the value.
    pub curve: LatencyCurve,
    /// Values not above it do not spike; in [0, 1), above 0 if logarithmic.
    pub threshold: f32,
    /// Time constant in steps, above 0: needed if logarithmic, and only then.
    pub tau: Option<f32>,
    /// Take values outside [0, 1] as the nearest one within, instead of refusing them.
    pub clip: bool,
}

/// How the step of a spike follows from the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatencyCurve {
    /// In proportion to how much is missing to 1.
    #[default]
    Linear,
    /// As a leaky membrane crosses its threshold.
    Logarithmic,
}

impl Default for Latency {
    fn default() -> Self {
        Latency { curve: LatencyCurve::Linear, threshold: 0.0, tau: None, clip: false }
    }
}

const NAME: &str = "encode.latency";

impl Latency {
    /// The step in which `x`, which lies in [0, 1], spikes.
    fn step(&self, x: f64, steps: usize) -> Option<usize> {
        let threshold = f64::from(self.threshold);
        // Also where x = θ = 0.
        if x <= threshold {
            return None;
        }
        let step = match self.curve {
            LatencyCurve::Linear => ((steps - 1) as f64 * ((1.0 - x) / (1.0 - threshold)) + 0.5).floor(),
            LatencyCurve::Logarithmic => {
                let tau = f64::from(self.tau.unwrap_or_default());
                (tau * Real::ln(x / (x - threshold))).floor()
            }
        };
        (step < steps as f64).then_some(step as usize)
    }
}

impl Encoder for Latency {
    fn check(&self) -> Result<()> {
        let fine = self.threshold >= 0.0 && self.threshold < 1.0;
        parameter(NAME, "threshold", self.threshold, fine, "must be at least 0 and below 1")?;
        match (self.curve, self.tau) {
            (LatencyCurve::Linear, None) => Ok(()),
            (LatencyCurve::Linear, Some(tau)) => {
                parameter(NAME, "tau", tau, false, "is for the logarithmic curve; leave it away")
            }
            (LatencyCurve::Logarithmic, None) => parameter(
                NAME,
                "tau",
                "none",
                false,
                "the logarithmic curve needs its time constant in steps",
            ),
            (LatencyCurve::Logarithmic, Some(tau)) => {
                let fine = tau > 0.0 && tau.is_finite();
                parameter(NAME, "tau", format!("{tau} steps"), fine, "must be finite and above 0")?;
                let rule = "must be above 0 for the logarithmic curve: else every value crosses it at once";
                parameter(NAME, "threshold", self.threshold, self.threshold > 0.0, rule)
            }
        }
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.check()?;
        Ok(sample.to_vec())
    }

    fn encode(
        &self,
        sample: SampleView<'_>,
        sample_id: u64,
        _epoch: u64,
        steps: usize,
        out: &mut SampleInput,
    ) -> Result<()> {
        self.check()?;
        let SampleView::Static(values) = sample else {
            let what = "takes one value per feature, not values over time; use `direct`, `delta` or a rate";
            return Err(unsupported(NAME, what));
        };
        steps_fit(NAME, &sample, sample_id, steps, values.len())?;
        let place = Place { encoder: NAME, sample: sample_id, step: None };
        let mut spikes: Vec<(u32, u32)> = Vec::new();
        for (i, &x) in values.iter().enumerate() {
            let x = place.within(i, x, UNIT, self.clip)?;
            if let Some(step) = self.step(x, steps) {
                // Steps times features are below 2³².
                spikes.push((step as u32, i as u32));
            }
        }
        spikes.sort_unstable();
        let mut rows = out.take_spikes();
        let mut spikes = spikes.into_iter().peekable();
        for t in 0..steps {
            while let Some((_, i)) = spikes.next_if(|(step, _)| *step as usize == t) {
                rows.push(i, 1.0);
            }
            rows.end_step();
        }
        *out = SampleInput::Spikes(rows);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(threshold: f32) -> Latency {
        Latency { threshold, ..Latency::default() }
    }

    fn logarithmic(threshold: f32, tau: f32) -> Latency {
        Latency { curve: LatencyCurve::Logarithmic, threshold, tau: Some(tau), clip: false }
    }

    #[test]
    fn the_linear_curve_ends_in_the_first_and_last_step() {
        let steps = |x: f64| linear(0.0).step(x, 11);
        assert_eq!(
            [0.0, 1e-9, 0.05, 0.5, 0.96, 1.0].map(steps),
            [None, Some(10), Some(10), Some(5), Some(0), Some(0)]
        );
        let above = |x: f64| linear(0.5).step(x, 11);
        assert_eq!([0.0, 0.5, 0.501, 0.75, 1.0].map(above), [None, None, Some(10), Some(5), Some(0)]);
        assert_eq!(linear(0.0).step(0.3, 1), Some(0));
    }

    #[test]
    fn the_logarithmic_curve_is_when_a_membrane_crosses() {
        let encoder = logarithmic(0.1, 5.0);
        for x in [0.11_f64, 0.2, 0.5, 1.0] {
            let step = encoder.step(x, 100).unwrap();
            // The membrane itself: x (1 − exp(−t/τ)).
            let membrane = |t: f64| x * (1.0 - (-t / 5.0).exp());
            let threshold = f64::from(0.1_f32);
            assert!(
                membrane(step as f64) <= threshold && membrane(step as f64 + 1.0) > threshold,
                "{x} {step}"
            );
        }
        assert_eq!(encoder.step(0.1, 100), None);
        assert_eq!(encoder.step(0.1001, 10), None, "crosses after the last step");
    }

    #[test]
    fn spikes_are_sorted_and_single() {
        let mut out = SampleInput::default();
        linear(0.0).encode(SampleView::Static(&[1.0, 0.0, 0.5, 1.0]), 0, 0, 3, &mut out).unwrap();
        let SampleInput::Spikes(spikes) = out else { panic!() };
        assert_eq!((spikes.offsets(), spikes.index()), (&[0, 2, 3, 3][..], &[0, 3, 2][..]));
        assert_eq!(spikes.value(), [1.0; 3]);
    }

    #[test]
    fn parameters_are_checked() {
        for (encoder, field) in [
            (linear(-0.1), "threshold"),
            (linear(1.0), "threshold"),
            (linear(f32::NAN), "threshold"),
            (Latency { tau: Some(1.0), ..linear(0.0) }, "tau"),
            (Latency { tau: None, ..logarithmic(0.1, 1.0) }, "tau"),
            (logarithmic(0.1, 0.0), "tau"),
            (logarithmic(0.1, f32::NAN), "tau"),
            (logarithmic(0.0, 1.0), "threshold"),
        ] {
            let text = encoder.check().unwrap_err().to_string();
            assert!(text.starts_with(&format!("encode.latency.{field}")), "{text}");
        }
    }
}
