//! `TileInput`: the inputs of the samples of a tile, step by step.

use super::signal::{Reach, Signal};
use crate::network::SampleInput;

/// The inputs of the samples of a tile.
#[derive(Debug, Clone, Copy)]
pub struct TileInput<'a> {
    /// One per sample.
    pub samples: &'a [SampleInput],
    /// How many steps each sample has: after them its input is 0, and nothing of it is counted. `None`: all go on to
    /// the end.
    pub lengths: Option<&'a [usize]>,
    /// Features per step.
    pub width: usize,
    /// Whether the gradient with respect to the input is wanted.
    pub wanted: bool,
}

impl TileInput<'_> {
    /// Whether a sample has not ended before step `t`.
    pub(crate) fn goes_on(&self, sample: usize, t: usize) -> bool {
        self.lengths.is_none_or(|lengths| lengths.get(sample).is_some_and(|length| t < *length))
    }

    /// Whether step `t` is the same as the one before.
    pub(crate) fn stays(&self, t: usize) -> bool {
        let ends = self.lengths.is_some_and(|lengths| lengths.contains(&t));
        t > 0 && !ends && self.samples.iter().all(|s| matches!(s, SampleInput::Constant(_)))
    }

    /// Writes step `t`.
    pub(crate) fn write(&self, t: usize, out: &mut Signal) {
        let events = out.events.take();
        let reach = if self.wanted { Reach::Everywhere } else { Reach::Nowhere };
        if self.samples.iter().all(|s| matches!(s, SampleInput::Spikes(_))) {
            let mut events = events.unwrap_or_default();
            events.clear();
            for (number, sample) in self.samples.iter().enumerate() {
                if let SampleInput::Spikes(rows) = sample
                    && t < rows.steps()
                    && self.goes_on(number, t)
                {
                    let (index, value) = rows.step(t);
                    let within = match index.last() {
                        Some(last) if *last as usize >= self.width => {
                            index.partition_point(|i| (*i as usize) < self.width)
                        }
                        _ => index.len(),
                    };
                    events.index.extend_from_slice(&index[..within]);
                    events.value.extend_from_slice(&value[..within]);
                }
                events.end_sample();
            }
            // Values are made from the events by whoever needs them.
            (out.samples, out.width, out.constant) = (self.samples.len(), self.width, false);
            out.values.clear();
            (out.events, out.reach) = (Some(events), reach);
            return;
        }
        out.reshape(self.samples.len(), self.width);
        out.reach = reach;
        let rows = out.values.chunks_exact_mut(self.width.max(1));
        for ((number, sample), row) in self.samples.iter().enumerate().zip(rows) {
            match sample {
                _ if !self.goes_on(number, t) => row.fill(0.0),
                SampleInput::Constant(values) => copy(row, values),
                SampleInput::Dense { features, values } => {
                    copy(row, values.chunks_exact((*features).max(1)).nth(t).unwrap_or_default());
                }
                SampleInput::Spikes(rows) => {
                    row.fill(0.0);
                    let (index, value) = if t < rows.steps() { rows.step(t) } else { Default::default() };
                    for (i, v) in index.iter().zip(value) {
                        if let Some(r) = row.get_mut(*i as usize) {
                            *r = *v;
                        }
                    }
                }
            }
        }
    }
}

/// Copies as many numbers as there are; what is left becomes 0.
fn copy(to: &mut [f32], from: &[f32]) {
    let n = to.len().min(from.len());
    to[..n].copy_from_slice(&from[..n]);
    to[n..].fill(0.0);
}
