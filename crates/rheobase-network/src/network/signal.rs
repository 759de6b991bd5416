//! `Signal`: what a node sends in one step, for the samples of a tile.

use rheobase_base::vector::{all_ones, nonzero, resize};
use rheobase_models::lanes::{Level, compress, places};

/// Values `[sample, feature]` of one step, as events where that is what they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Signal {
    /// Samples in the tile.
    pub samples: usize,
    /// Features of a sample.
    pub width: usize,
    /// All values, `[sample, feature]`. A signal with events may leave them out: [`Signal::dense`] makes them.
    pub values: Vec<f32>,
    /// What is not 0, if the signal is sparse.
    pub events: Option<Events>,
    /// Where the gradient of this signal is wanted: elsewhere it would be multiplied by 0.
    pub reach: Reach,
    /// Whether this is the same as in the step before.
    pub constant: bool,
}

/// The values of a tile that are not 0, sample by sample, in ascending feature.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events {
    /// The events of sample `s` stand at `starts[s]..starts[s + 1]`.
    pub starts: Vec<u32>,
    /// Features.
    pub index: Vec<u32>,
    /// Values; empty where all are 1 and that was found out ([`Events::of`] says them).
    pub value: Vec<f32>,
}

/// Values of as many spikes as a sample may have for them to be left out.
static ONES: [f32; 4096] = [1.0; 4096];

/// Where a gradient is wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Reach {
    /// Nowhere.
    #[default]
    Nowhere,
    /// Everywhere.
    Everywhere,
    /// Where a bit is set, whole words per sample.
    Bits(Vec<u64>),
}

impl Events {
    /// The events of a sample.
    pub fn of(&self, sample: usize) -> (&[u32], &[f32]) {
        let range = self.starts[sample] as usize..self.starts[sample + 1] as usize;
        let value = if self.value.is_empty() { &ONES[..range.len()] } else { &self.value[range.clone()] };
        (&self.index[range], value)
    }

    /// Becomes the events of `[sample, feature]` values, of which bits say where they are not 0, whole words per sample; `ones` says that
    /// all of those are known to be 1.
    pub(crate) fn of_bits(&mut self, level: Level, bits: &[u64], values: &[f32], width: usize, ones: bool) {
        self.clear();
        let words = width.div_ceil(64).max(1);
        places(level, bits, words, &mut self.index, &mut self.starts);
        if !(ones && self.are_few()) {
            self.value.reserve_exact(self.index.len() + 16);
            for (sample, row) in bits.chunks_exact(words).zip(values.chunks_exact(width.max(1))) {
                compress(level, row, sample, &mut self.value);
            }
        }
    }

    /// Whether no sample has more of them than [`Events::of`] has ones for.
    fn are_few(&self) -> bool {
        self.starts.windows(2).all(|pair| (pair[1] - pair[0]) as usize <= ONES.len())
    }

    /// Whether all values are 1, so that they may be left out.
    pub(crate) fn are_ones(&self, level: Level) -> bool {
        self.are_few() && all_ones(level, &self.value)
    }

    fn copy_from(&mut self, other: &Events) {
        self.starts.clone_from(&other.starts);
        self.index.clone_from(&other.index);
        self.value.clone_from(&other.value);
    }

    /// No samples yet; its buffers are reused.
    pub(crate) fn clear(&mut self) {
        self.starts.clear();
        self.starts.push(0);
        self.index.clear();
        self.value.clear();
    }

    /// Ends the sample whose events were pushed last.
    pub(crate) fn end_sample(&mut self) {
        self.starts.push(self.index.len() as u32);
    }

    pub(crate) fn push(&mut self, index: u32, value: f32) {
        self.index.push(index);
        self.value.push(value);
    }
}

impl Signal {
    /// An analogue signal of zeros; its buffers are reused.
    pub(crate) fn zeros(&mut self, samples: usize, width: usize) {
        (self.samples, self.width, self.constant) = (samples, width, false);
        self.values.clear();
        resize(&mut self.values, samples * width);
        self.events = None;
        self.reach = Reach::Everywhere;
    }

    /// A signal without features, which nobody wants a gradient of.
    pub(crate) fn nothing(&mut self, samples: usize) {
        self.zeros(samples, 0);
        self.reach = Reach::Nowhere;
    }

    /// An analogue signal whose values are all yet to be written; its buffers are reused.
    pub(crate) fn reshape(&mut self, samples: usize, width: usize) {
        (self.samples, self.width, self.constant) = (samples, width, false);
        resize(&mut self.values, samples * width);
        self.events = None;
        self.reach = Reach::Everywhere;
    }

    /// Becomes a copy of `other` reusing its buffers, without the values where events say them.
    pub(crate) fn copy_from(&mut self, other: &Signal) {
        (self.samples, self.width, self.constant) = (other.samples, other.width, other.constant);
        self.values.clear();
        match &other.events {
            Some(events) => self.events.get_or_insert_default().copy_from(events),
            None => {
                self.events = None;
                self.values.extend_from_slice(&other.values);
            }
        }
        match (&mut self.reach, &other.reach) {
            (Reach::Bits(to), Reach::Bits(from)) => to.clone_from(from),
            (to, from) => *to = from.clone(),
        }
    }

    /// The values of a sample. Signals that are events may have none: see [`Signal::dense`].
    pub fn sample(&self, sample: usize) -> &[f32] {
        &self.values[sample * self.width..(sample + 1) * self.width]
    }

    /// All values, written to `buffer` from the events if need be.
    pub fn dense<'a>(&'a self, buffer: &'a mut Vec<f32>) -> &'a [f32] {
        if self.values.len() == self.samples * self.width {
            return &self.values;
        }
        buffer.clear();
        resize(buffer, self.samples * self.width);
        if let Some(events) = &self.events {
            for sample in 0..self.samples {
                let (index, value) = events.of(sample);
                for (i, v) in index.iter().zip(value) {
                    buffer[sample * self.width + *i as usize] = *v;
                }
            }
        }
        buffer
    }

    /// Finds the events of the values again, after these were written.
    pub(crate) fn find_events(&mut self) {
        let (level, mut bits) = (Level::best(), Vec::new());
        for row in self.values.chunks_exact(self.width.max(1)) {
            nonzero(level, row, &mut bits);
        }
        let mut events = self.events.take().unwrap_or_default();
        events.of_bits(level, &bits, &self.values, self.width, false);
        self.events = Some(events);
    }

    /// Whether `other` has the same values, to the bit and in the same form.
    pub(crate) fn sends(&self, other: &Signal) -> bool {
        let same = |a: &[f32], b: &[f32]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
        };
        let events = match (&self.events, &other.events) {
            (Some(a), Some(b)) => a.starts == b.starts && a.index == b.index && same(&a.value, &b.value),
            (None, None) => true,
            _ => false,
        };
        events
            && (self.samples, self.width) == (other.samples, other.width)
            && same(&self.values, &other.values)
    }

    /// Values that are not 0, over the samples that `counted` names.
    pub fn active(&self, counted: &dyn Fn(usize) -> bool) -> usize {
        let of = |sample: usize| match &self.events {
            Some(events) => events.of(sample).0.len(),
            None => self.sample(sample).iter().filter(|v| **v != 0.0).count(),
        };
        (0..self.samples).filter(|s| counted(*s)).map(of).sum()
    }

    /// Memory in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let events = self.events.as_ref().map_or(0, |e| 4 * (e.starts.len() + e.index.len() + e.value.len()));
        let reach = if let Reach::Bits(bits) = &self.reach { 8 * bits.len() } else { 0 };
        4 * self.values.len() + events + reach
    }
}

impl Reach {
    /// Whether feature `i` of sample `s` is reached, of `width` features.
    pub fn at(&self, sample: usize, i: usize, width: usize) -> bool {
        match self {
            Reach::Nowhere => false,
            Reach::Everywhere => true,
            Reach::Bits(bits) => bits[sample * width.div_ceil(64) + i / 64] >> (i % 64) & 1 == 1,
        }
    }

    /// The same of `count` features from `i` on, at most 64, as bits.
    #[inline(always)]
    pub(crate) fn run(&self, sample: usize, i: usize, count: usize, width: usize) -> u64 {
        let all = u64::MAX >> (64 - count);
        match self {
            Reach::Nowhere => 0,
            Reach::Everywhere => all,
            Reach::Bits(bits) => {
                let words = &bits[sample * width.div_ceil(64)..][..width.div_ceil(64)];
                let (word, shift) = (i / 64, i % 64);
                let next = if shift + count > 64 { words[word + 1] << (64 - shift) } else { 0 };
                (words[word] >> shift | next) & all
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_leaves_out_what_events_say() {
        let mut spikes =
            Signal { samples: 1, width: 3, values: vec![0.0, 1.0, 0.5], constant: true, ..Signal::default() };
        let mut copy = Signal::default();
        copy.copy_from(&spikes);
        assert_eq!(copy, spikes);
        spikes.reach = Reach::Bits(vec![5]);
        spikes.find_events();
        copy.copy_from(&spikes);
        assert!(copy.values.is_empty());
        assert_eq!((&copy.events, &copy.reach), (&spikes.events, &spikes.reach));
        assert_eq!(copy.dense(&mut Vec::new()), spikes.values);
        // What was there before leaves no trace.
        let still = Signal { samples: 2, width: 1, values: vec![4.0, 5.0], ..Signal::default() };
        copy.copy_from(&still);
        assert_eq!(copy, still);
    }
}
