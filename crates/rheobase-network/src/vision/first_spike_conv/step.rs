//! A step of a convolution whose neurons fire once, with lanes across features.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use super::{FirstSpikeConv, REGISTER};

/// One bit per window, or per output: whole words for each map.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    /// Windows that have seen something in this step.
    touched: Vec<u64>,
    /// Outputs that fire in this step.
    crossed: Vec<u64>,
    /// Windows that are silent, where one feature silences the others.
    pub(super) silent: Vec<u64>,
}

/// A step: adds what arrives, and finds whose potential is above threshold; of the features at a place only one, if `ALONE`.
pub(crate) struct Step<'a, const ALONE: bool> {
    pub(crate) conv: &'a FirstSpikeConv,
    pub(crate) index: &'a [u32],
    pub(crate) value: &'a [f32],
    pub(crate) sums: &'a mut [f32],
    pub(crate) seen: &'a mut [f32],
    pub(crate) scratch: &'a mut Scratch,
}

impl<const ALONE: bool> Step<'_, ALONE> {
    /// Calls `fire` with each neuron that fires and its potential, in ascending index.
    pub(crate) fn run(self, level: Level, mut fire: impl FnMut(u32, f32)) {
        let Step { conv, index, value, sums, seen, scratch } = self;
        if index.is_empty() {
            return;
        }
        let (windows, of_group) = (conv.windows.outputs(), conv.outputs / conv.groups);
        let words = windows.div_ceil(64);
        scratch.touched.clear();
        scratch.touched.resize(words, 0);
        scratch.crossed.clear();
        scratch.crossed.resize(conv.outputs * words, 0);
        scratch.silent.resize(words, 0);
        let step = Step::<ALONE> { conv, index, value, sums: &mut *sums, seen, scratch: &mut *scratch };
        f32::dispatch_wide(level, step);
        for (feature, crossed) in scratch.crossed.chunks_exact(words).enumerate() {
            let lane = feature / of_group * conv.lanes + feature % of_group;
            bits(crossed, |window| {
                let sum = &mut sums[window * conv.groups * conv.lanes + lane];
                fire((feature * windows + window) as u32, sum.min(f32::MAX));
                *sum = f32::NEG_INFINITY;
            });
        }
    }
}

/// Calls `f` with the number of each bit that is set, ascending.
#[inline(always)]
fn bits(words: &[u64], mut f: impl FnMut(usize)) {
    for word in 0..words.len() {
        let mut left = words[word];
        while left != 0 {
            f(64 * word + left.trailing_zeros() as usize);
            left &= left - 1;
        }
    }
}

impl<const ALONE: bool> Kernel<f32> for Step<'_, ALONE> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let (c, w) = (self.conv, &self.conv.windows);
        let (across, taps, width) = (w.columns.outputs, w.taps(), w.columns.kernel);
        let (places, row_length) = (w.places() as u32, w.columns.input as u32);
        let of_group = w.channels / c.groups;
        // Whole registers of known length: no lane is masked.
        let (blocks, stride) = (c.lanes / REGISTER, c.groups * c.lanes / REGISTER);
        let (weights, _) = c.weights.as_chunks::<REGISTER>();
        let (sums, _) = self.sums.as_chunks_mut::<REGISTER>();
        let Scratch { touched, silent, .. } = &mut *self.scratch;
        for e in 0..self.index.len() {
            let i = self.index[e];
            if std::mem::replace(&mut self.seen[i as usize], 1.0) != 0.0 {
                continue;
            }
            let (channel, at) = ((i / places) as usize, i % places);
            let row = c.rows.of((at / row_length) as usize);
            let column = c.columns.of((at % row_length) as usize);
            let factor = V::broadcast(self.value[e]);
            let group = channel / of_group * blocks;
            for r in 0..row.count {
                let (y, tap) = c.rows.nth(row, r);
                let from = &weights[(channel * taps + tap * width) * blocks..][..width * blocks];
                let to = &mut sums[y * across * stride..][..across * stride];
                // Bits of the word at hand stay in registers: written one by one, each would wait for the one before.
                let (mut word, mut bits, mut quiet) = (usize::MAX, 0, 0);
                for s in 0..column.count {
                    let (x, j) = c.columns.nth(column, s);
                    let window = y * across + x;
                    if window / 64 != word {
                        if word != usize::MAX {
                            touched[word] |= bits;
                        }
                        (word, bits, quiet) = (window / 64, 0, silent[window / 64]);
                    }
                    if ALONE && quiet >> (window % 64) & 1 == 1 {
                        continue;
                    }
                    bits |= 1 << (window % 64);
                    let to = &mut to[x * stride + group..][..blocks];
                    let from = &from[j * blocks..][..blocks];
                    for block in 0..blocks {
                        let mut lane = 0;
                        while lane < REGISTER {
                            let sum = V::load(&to[block][lane..]) + factor * V::load(&from[block][lane..]);
                            sum.store(&mut to[block][lane..]);
                            lane += V::WIDTH;
                        }
                    }
                }
                if word != usize::MAX {
                    touched[word] |= bits;
                }
            }
        }
        mark::<V, ALONE>(c, self.sums, self.scratch);
    }
}

/// Marks the outputs above threshold in the windows that were touched.
#[inline(always)]
fn mark<V: Lanes<Elem = f32>, const ALONE: bool>(c: &FirstSpikeConv, sums: &[f32], scratch: &mut Scratch) {
    let (words, stride) = (scratch.touched.len(), c.groups * c.lanes / REGISTER);
    let ((sums, _), (thresholds, _)) = (sums.as_chunks::<REGISTER>(), c.thresholds.as_chunks::<REGISTER>());
    for word in 0..words {
        let mut left = scratch.touched[word];
        while left != 0 {
            let window = 64 * word + left.trailing_zeros() as usize;
            left &= left - 1;
            let at = &sums[window * stride..][..stride];
            let bit = 1 << (window % 64);
            let (mut best, mut largest) = (usize::MAX, f32::NEG_INFINITY);
            for block in 0..stride {
                let (at, thresholds) = (&at[block], &thresholds[block]);
                let (mut fired, mut lane) = (0, 0);
                while lane < REGISTER {
                    fired |= V::bits(V::load(&at[lane..]).gt(V::load(&thresholds[lane..]))) << lane;
                    lane += V::WIDTH;
                }
                while fired != 0 {
                    let here = fired.trailing_zeros() as usize;
                    fired &= fired - 1;
                    if !ALONE {
                        let feature = c.features[block * REGISTER + here] as usize;
                        scratch.crossed[feature * words + word] |= bit;
                    } else if at[here] > largest {
                        (best, largest) = (block * REGISTER + here, at[here]);
                    }
                }
            }
            if ALONE && best != usize::MAX {
                scratch.crossed[c.features[best] as usize * words + word] |= bit;
                scratch.silent[word] |= bit;
            }
        }
    }
}
