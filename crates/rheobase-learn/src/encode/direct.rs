//! Direct encoding: values are currents, spikes stay spikes.

use serde::{Deserialize, Serialize};

use super::check::{Place, events_fit, parameter, steps_fit};
use super::{Encoder, SampleInput};
use rheobase_base::Result;
use rheobase_data::SampleView;

/// Feeds a sample as it is, times a gain: `I_i(t) = gain · x_i(t)`.
///
/// A static sample is held for all steps, so that the neurons of the first layer turn it into spikes; a series gives each
/// step its values; spikes stay spikes of value `gain · value`. Constant currents instead of spike trains spare the
/// noise of sampling: Rueckauer et al. 2017, doi:10.3389/fnins.2017.00682.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Direct {
    /// Current per unit of the input; finite, not 0.
    pub gain: f32,
}

impl Default for Direct {
    fn default() -> Self {
        Direct { gain: 1.0 }
    }
}

const NAME: &str = "encode.direct";

impl Direct {
    fn scaled(&self, place: Place, feature: usize, x: f32) -> Result<f32> {
        let y = x * self.gain;
        if y.is_finite() {
            return Ok(y);
        }
        Err(place.fault(feature, x, "must be finite, and finite times the gain"))
    }
}

impl Encoder for Direct {
    fn check(&self) -> Result<()> {
        let fine = self.gain.is_finite() && self.gain != 0.0;
        parameter(NAME, "gain", self.gain, fine, "must be finite and not 0")
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
        steps_fit(NAME, &sample, sample_id, steps, sample.features())?;
        let at = |step| Place { encoder: NAME, sample: sample_id, step };
        match sample {
            SampleView::Static(values) => {
                let out = out.constant();
                for (i, &x) in values.iter().enumerate() {
                    out.push(self.scaled(at(None), i, x)?);
                }
            }
            SampleView::Series { features, values } => {
                let out = out.dense(features);
                for (step, row) in values.chunks_exact(features.max(1)).take(steps).enumerate() {
                    for (i, &x) in row.iter().enumerate() {
                        out.push(self.scaled(at(Some(step)), i, x)?);
                    }
                }
            }
            SampleView::Events { features, steps: own, step, feature, value } => {
                events_fit(at(None), [step, feature], value, [own, features])?;
                let mut rows = out.take_spikes();
                let mut events = step.iter().zip(feature).zip(value).peekable();
                for t in 0..steps {
                    while let Some(((_, &i), &x)) = events.next_if(|((s, _), _)| **s as usize == t) {
                        let y = self.scaled(at(Some(t)), i as usize, x)?;
                        // Tiny values times a tiny gain leave nothing, and nothing is not a spike.
                        if y != 0.0 {
                            rows.push(i, y);
                        }
                    }
                    rows.end_step();
                }
                *out = SampleInput::Spikes(rows);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(gain: f32, sample: SampleView, steps: usize) -> Result<SampleInput> {
        let mut out = SampleInput::default();
        Direct { gain }.encode(sample, 4, 0, steps, &mut out).map(|()| out)
    }

    #[test]
    fn values_are_held_series_follow_spikes_stay() {
        let fixed = encode(2.0, SampleView::Static(&[0.5, -1.0]), 9).unwrap();
        assert_eq!(fixed, SampleInput::Constant(vec![1.0, -2.0]));
        let series = SampleView::Series { features: 2, values: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0] };
        let want = SampleInput::Dense { features: 2, values: vec![1.0, 2.0, 3.0, 4.0] };
        assert_eq!(encode(1.0, series, 2).unwrap(), want);
        let (step, feature, value) = (&[0, 2, 2, 3][..], &[1, 0, 1, 0][..], &[1.0, 2.0, -1.0, 1.0][..]);
        let events = SampleView::Events { features: 2, steps: 4, step, feature, value };
        let SampleInput::Spikes(spikes) = encode(0.5, events, 3).unwrap() else { panic!() };
        assert_eq!(spikes.offsets(), [0, 1, 1, 3]);
        assert_eq!((spikes.index(), spikes.value()), (&[1, 0, 1][..], &[0.5, 1.0, -0.5][..]));
    }

    #[test]
    fn faults_name_sample_step_and_feature() {
        let text = |r: Result<SampleInput>| r.unwrap_err().to_string();
        assert!(text(encode(1.0, SampleView::Static(&[0.0, f32::NAN]), 1)).contains("input[4][1] = NaN"));
        let series = SampleView::Series { features: 1, values: &[1.0, f32::INFINITY] };
        assert!(text(encode(1.0, series, 2)).contains("input[4][1][0] = inf"));
        assert!(text(encode(1.0, series, 3)).contains("only 2 steps"));
        assert!(text(encode(2.0, SampleView::Static(&[f32::MAX]), 1)).contains("times the gain"));
        let events = |step, feature, value| {
            let sample = SampleView::Events { features: 2, steps: 4, step, feature, value };
            text(encode(1.0, sample, 2))
        };
        assert!(events(&[1, 0], &[0, 0], &[1.0; 2]).contains("sorted"));
        assert!(events(&[1, 1], &[1, 1], &[1.0; 2]).contains("sorted"));
        assert!(events(&[4], &[0], &[1.0]).contains("outside the sample"));
        assert!(events(&[0], &[2], &[1.0]).contains("outside the sample"));
        assert!(events(&[0], &[1], &[f32::NAN]).contains("input[4][0][1] = NaN"));
        assert!(events(&[0], &[1], &[]).contains("every event needs"));
        assert!(text(encode(1.0, SampleView::Static(&[]), 1)).contains("no feature"));
        assert!(
            text(encode(1.0, SampleView::Series { features: 0, values: &[1.0] }, 1)).contains("no feature")
        );
        for gain in [0.0, f32::NAN, f32::INFINITY] {
            assert!(text(encode(gain, series, 1)).starts_with("encode.direct.gain"));
        }
    }
}
