//! First spikes: of events, each feature's first.

use serde::{Deserialize, Serialize};

use super::check::{Place, events_fit, steps_fit, unsupported};
use super::{Encoder, SampleInput};
use rheobase_base::Result;
use rheobase_data::SampleView;

/// Every feature's first spike and no other: events of a camera as first-spike coding, in the steps in which its pixels first saw
/// something, bright and dark apart.
///
/// What [`IntensityToLatency`](super::IntensityToLatency) is for images, for recordings: layers that learn from the order of first
/// spikes take both.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FirstSpikes {
    /// Whether a spike has the value of its event; else its sign.
    pub values: bool,
}

const NAME: &str = "encode.first_spikes";

impl Encoder for FirstSpikes {
    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
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
        let SampleView::Events { features, steps: own, step, feature, value } = sample else {
            let what = "takes samples that are spikes, such as events of a camera; for images use `intensity_to_latency`, for \
                        series `delta`";
            return Err(unsupported(NAME, what));
        };
        steps_fit(NAME, &sample, sample_id, steps, features)?;
        let place = Place { encoder: NAME, sample: sample_id, step: None };
        events_fit(place, [step, feature], value, [own, features])?;
        let mut rows = out.take_spikes();
        let mut fired = vec![false; features];
        let mut events = step.iter().zip(feature).zip(value).peekable();
        for t in 0..steps {
            while let Some(((_, &i), &x)) = events.next_if(|((s, _), _)| **s as usize == t) {
                if x != 0.0 && !std::mem::replace(&mut fired[i as usize], true) {
                    rows.push(i, if self.values { x } else { x.signum() });
                }
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

    fn encode(values: bool, sample: SampleView<'_>, steps: usize) -> Result<SampleInput> {
        let mut out = SampleInput::default();
        FirstSpikes { values }.encode(sample, 4, 0, steps, &mut out).map(|()| out)
    }

    fn events<'a>(step: &'a [u32], feature: &'a [u32], value: &'a [f32]) -> SampleView<'a> {
        SampleView::Events { features: 3, steps: 5, step, feature, value }
    }

    #[test]
    fn only_the_first_event_of_a_feature_is_left() {
        let sample = events(&[0, 1, 1, 2, 4, 4], &[1, 0, 1, 1, 0, 2], &[3.0, -2.0, 1.0, 1.0, 5.0, 1.0]);
        let SampleInput::Spikes(rows) = encode(false, sample, 5).unwrap() else { panic!() };
        assert_eq!(rows.offsets(), [0, 1, 2, 2, 2, 3]);
        assert_eq!((rows.index(), rows.value()), (&[1, 0, 2][..], &[1.0, -1.0, 1.0][..]));
        let SampleInput::Spikes(rows) = encode(true, sample, 3).unwrap() else { panic!() };
        assert_eq!((rows.steps(), rows.index(), rows.value()), (3, &[1, 0][..], &[3.0, -2.0][..]));
    }

    #[test]
    fn what_is_no_spike_and_events_that_do_not_fit_are_refused() {
        let text = |r: Result<SampleInput>| r.unwrap_err().to_string();
        assert!(text(encode(false, SampleView::Static(&[1.0]), 1)).contains("intensity_to_latency"));
        let series = SampleView::Series { features: 1, values: &[1.0] };
        assert!(text(encode(false, series, 1)).contains("takes samples that are spikes"));
        assert!(text(encode(false, events(&[1, 0], &[0, 0], &[1.0; 2]), 5)).contains("sorted"));
        assert!(text(encode(false, events(&[0], &[3], &[1.0]), 5)).contains("outside the sample"));
        assert!(text(encode(false, events(&[0], &[0], &[1.0]), 6)).contains("only 5 steps"));
    }
}
