//! `Feed`: what the samples of a tile are fed, step by step. [`TileInput`] and [`Rows`] are the two forms.

use std::ops::Range;

use rheobase_base::vector::nonzero;
use rheobase_models::lanes::Level;

use super::signal::{Reach, Signal};
use super::still::Still;
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

/// What the samples of a tile are fed.
///
/// A run takes [`Feed::steps`] of it.
pub trait Feed {
    /// Number of the source whose signal this is: 0 for the network's input. What comes before a later one does not run.
    fn source(&self) -> usize {
        0
    }
    /// Number of samples.
    fn samples(&self) -> usize;
    /// Features per step.
    fn width(&self) -> usize;
    /// Whether the gradient with respect to the input is wanted.
    fn wanted(&self) -> bool;
    /// Whether a sample has not ended before step `t`.
    fn goes_on(&self, sample: usize, t: usize) -> bool;
    /// Whether step `t` is the same as the one before.
    fn stays(&self, t: usize) -> bool;
    /// Writes step `t`.
    fn write(&self, t: usize, out: &mut Signal);
    /// Writes what node `n` sends in the steps of this input, where that is known beforehand, and says whether it is.
    fn known(&self, n: usize, out: &mut Signal) -> bool {
        let _ = (n, out);
        false
    }
    /// Some of its steps.
    fn steps(&self, range: Range<usize>) -> Steps<'_>
    where
        Self: Sized,
    {
        Steps { feed: self, range }
    }
}

/// Some steps of an input, which a run takes.
#[derive(Clone)]
pub struct Steps<'a> {
    /// The input.
    pub feed: &'a dyn Feed,
    /// Its steps: the first, and the one after the last.
    pub range: Range<usize>,
}

/// What the samples of a tile are fed in place of the signal of a node: nothing before that node runs.
#[derive(Debug, Clone, Copy)]
pub struct FromSource<'a> {
    /// Number of the source.
    pub source: usize,
    /// What it sends.
    pub signal: TileInput<'a>,
    /// What nodes send because of it, where that was computed beforehand, of a batch of which these samples begin with this one.
    pub still: Option<(&'a Still, usize)>,
}

/// Dense input of a batch, `[time, batch, feature]`, of which the tile has some samples; it is read where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// All numbers of the batch.
    pub values: &'a [f32],
    /// Samples of the batch.
    pub batch: usize,
    /// The tile's first sample.
    pub first: usize,
    /// The tile's samples.
    pub count: usize,
    /// Features per step.
    pub width: usize,
    /// Whether the gradient with respect to the input is wanted.
    pub wanted: bool,
    /// SIMD level. No result depends on it.
    pub level: Level,
}

/// One in so many numbers may differ from 0 for a step to be taken as events.
const SPARSE: usize = 4;

impl Rows<'_> {
    /// The tile's numbers in step `t`, `[sample, feature]`.
    pub fn step(&self, t: usize) -> &[f32] {
        &self.values[(t * self.batch + self.first) * self.width..][..self.count * self.width]
    }
}

impl Feed for Rows<'_> {
    fn samples(&self) -> usize {
        self.count
    }

    fn width(&self) -> usize {
        self.width
    }

    fn wanted(&self) -> bool {
        self.wanted
    }

    fn goes_on(&self, _: usize, _: usize) -> bool {
        true
    }

    fn stays(&self, _: usize) -> bool {
        false
    }

    fn write(&self, t: usize, out: &mut Signal) {
        let row = self.step(t);
        let mut events = out.events.take().unwrap_or_default();
        let (mut bits, mut count, mut ones) =
            (Vec::with_capacity(self.count * self.width.div_ceil(64)), 0, true);
        for sample in row.chunks_exact(self.width.max(1)) {
            let (here, all_ones) = nonzero(self.level, sample, &mut bits);
            count += here;
            ones &= all_ones;
        }
        (out.samples, out.width, out.constant) = (self.count, self.width, false);
        out.reach = if self.wanted { Reach::Everywhere } else { Reach::Nowhere };
        out.values.clear();
        let sparse = count * SPARSE <= row.len();
        if sparse {
            events.of_bits(self.level, &bits, row, self.width, ones);
        } else {
            out.values.extend_from_slice(row);
        }
        out.events = sparse.then_some(events);
    }
}

impl Feed for FromSource<'_> {
    fn source(&self) -> usize {
        self.source
    }

    fn samples(&self) -> usize {
        self.signal.samples()
    }

    fn width(&self) -> usize {
        self.signal.width()
    }

    fn wanted(&self) -> bool {
        self.signal.wanted()
    }

    fn goes_on(&self, sample: usize, t: usize) -> bool {
        self.signal.goes_on(sample, t)
    }

    fn stays(&self, t: usize) -> bool {
        self.signal.stays(t)
    }

    fn write(&self, t: usize, out: &mut Signal) {
        self.signal.write(t, out);
    }

    fn known(&self, n: usize, out: &mut Signal) -> bool {
        self.still.is_some_and(|(still, first)| still.write(n, first, self.samples(), out))
    }
}

impl Feed for TileInput<'_> {
    fn samples(&self) -> usize {
        self.samples.len()
    }

    fn width(&self) -> usize {
        self.width
    }

    fn wanted(&self) -> bool {
        self.wanted
    }

    fn goes_on(&self, sample: usize, t: usize) -> bool {
        self.lengths.is_none_or(|lengths| lengths.get(sample).is_some_and(|length| t < *length))
    }

    fn stays(&self, t: usize) -> bool {
        let ends = self.lengths.is_some_and(|lengths| lengths.contains(&t));
        t > 0 && !ends && self.samples.iter().all(|s| matches!(s, SampleInput::Constant(_)))
    }

    fn write(&self, t: usize, out: &mut Signal) {
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
