//! Cumulative waves: what has spiked goes on.

use serde::{Deserialize, Serialize};

use super::check::unsupported;
use super::{Encoder, Encoding, SampleInput, SpikeRows};
use rheobase_base::Result;
use rheobase_data::SampleView;

/// The spikes of another encoder, each of which goes on to the end with its first value: the waves that SpykeTorch's layers
/// take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cumulative {
    /// The encoder whose spikes go on; its output must be spikes.
    #[serde(deserialize_with = "rheobase_network::kind_or_table::name")]
    pub of: Box<Encoding>,
}

impl Default for Cumulative {
    fn default() -> Self {
        Cumulative { of: Box::new(Encoding::IntensityToLatency(super::IntensityToLatency::default())) }
    }
}

const NAME: &str = "encode.cumulative";

impl Encoder for Cumulative {
    fn check(&self) -> Result<()> {
        self.of.check()
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.of.shape(sample)
    }

    fn encode(
        &self,
        sample: SampleView<'_>,
        sample_id: u64,
        epoch: u64,
        steps: usize,
        out: &mut SampleInput,
    ) -> Result<()> {
        self.of.encode(sample, sample_id, epoch, steps, out)?;
        let SampleInput::Spikes(once) = out else {
            let what =
                "takes an encoder that sends spikes; its `of` sends values, put a latency or a rate there";
            return Err(unsupported(NAME, what));
        };
        let cells = u32::try_from(once.len()).ok().and_then(|n| n.checked_mul(steps as u32));
        if cells.is_none() {
            let what =
                format!("{} spikes that go on for {steps} steps are too many: 2³² or more", once.len());
            return Err(unsupported(NAME, &what));
        }
        *out = SampleInput::Spikes(held(once));
        Ok(())
    }
}

/// Every spike in every later step too.
fn held(once: &SpikeRows) -> SpikeRows {
    let mut rows = SpikeRows::default();
    let mut now: Vec<(u32, f32)> = Vec::new();
    let mut next: Vec<(u32, f32)> = Vec::new();
    for step in 0..once.steps() {
        let (index, value) = once.step(step);
        let mut new = index.iter().copied().zip(value.iter().copied()).peekable();
        next.clear();
        for held in &now {
            while let Some(spike) = new.next_if(|spike| spike.0 < held.0) {
                next.push(spike);
            }
            // Its first value stays.
            new.next_if(|spike| spike.0 == held.0);
            next.push(*held);
        }
        next.extend(new);
        std::mem::swap(&mut now, &mut next);
        now.iter().for_each(|(i, v)| rows.push(*i, *v));
        rows.end_step();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_go_on_with_their_first_value() {
        let once = SpikeRows::new(vec![0, 2, 4, 4], vec![1, 4, 0, 4], vec![2.0, 1.0, 3.0, 9.0], 5).unwrap();
        let rows = held(&once);
        assert_eq!(rows.step(0), once.step(0));
        for step in [1, 2] {
            assert_eq!(rows.step(step), (&[0, 1, 4][..], &[3.0, 2.0, 1.0][..]));
        }
    }

    #[test]
    fn it_takes_spikes() {
        let of = Box::new(Encoding::named("direct").unwrap());
        let mut out = SampleInput::default();
        let error = Cumulative { of }.encode(SampleView::Static(&[1.0]), 0, 0, 2, &mut out).unwrap_err();
        assert!(error.to_string().contains("sends values"), "{error}");
    }
}
