//! `TileInput`: the inputs of the samples of a tile, step by step.

use super::signal::{Reach, Signal};
use crate::encode::SampleInput;

/// The inputs of the samples of a tile.
#[derive(Debug, Clone, Copy)]
pub struct TileInput<'a> {
    /// One per sample. After its last step a sample's input is 0.
    pub samples: &'a [SampleInput],
    /// Features per step.
    pub width: usize,
    /// Whether the gradient with respect to the input is wanted.
    pub wanted: bool,
}

impl TileInput<'_> {
    /// Writes step `t`; `after` says whether it follows another step of this input.
    pub(crate) fn write(&self, t: usize, after: bool, out: &mut Signal) {
        let events = out.events.take();
        out.zeros(self.samples.len(), self.width);
        out.reach = if self.wanted { Reach::Everywhere } else { Reach::Nowhere };
        if self.samples.iter().all(|s| matches!(s, SampleInput::Spikes(_))) {
            let mut events = events.unwrap_or_default();
            events.clear();
            for sample in self.samples {
                if let SampleInput::Spikes(rows) = sample
                    && t < rows.steps()
                {
                    let (index, value) = rows.step(t);
                    for (i, v) in
                        index.iter().zip(value).filter(|(i, v)| (**i as usize) < self.width && **v != 0.0)
                    {
                        events.push(*i, *v);
                    }
                }
                events.end_sample();
            }
            // Values are made from the events by whoever needs them.
            out.values.clear();
            out.events = Some(events);
            return;
        }
        out.constant = after && self.samples.iter().all(|s| matches!(s, SampleInput::Constant(_)));
        for (sample, row) in self.samples.iter().zip(out.values.chunks_exact_mut(self.width.max(1))) {
            match sample {
                SampleInput::Constant(values) => row.iter_mut().zip(values).for_each(|(r, v)| *r = *v),
                SampleInput::Dense { features, values } => {
                    let from = values.chunks_exact((*features).max(1)).nth(t).unwrap_or_default();
                    row.iter_mut().zip(from).for_each(|(r, v)| *r = *v);
                }
                SampleInput::Spikes(rows) if t < rows.steps() => {
                    let (index, value) = rows.step(t);
                    for (i, v) in index.iter().zip(value) {
                        if let Some(r) = row.get_mut(*i as usize) {
                            *r = *v;
                        }
                    }
                }
                SampleInput::Spikes(_) => {}
            }
        }
    }
}
