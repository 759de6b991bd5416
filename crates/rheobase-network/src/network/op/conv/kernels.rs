//! The products of a convolution, with lanes: out of events or of all inputs, and to the weights; back to the inputs in `to_inputs.rs`.
//!
//! Every sum has one order, whatever the form, the SIMD level or the threads. A window sees a feature with at most one
//! tap, so an output that adds its inputs in ascending index goes through its weights in ascending order; adding each
//! event to all windows that see it is the same order. A term of 0 changes no sum.

use rheobase_models::lanes::{Kernel, Lanes};

use super::{Conv, Strip};
use crate::network::operator::StepError;
use crate::network::signal::Events;
use crate::network::turn::turn;

/// Out of events: each is added to the windows that see it, window after window of a row at once.
pub(super) struct FromEvents<'a> {
    pub(super) conv: &'a Conv,
    pub(super) events: &'a Events,
    pub(super) bias: Option<&'a [f32]>,
    /// `[sample, output channel, window]`: written.
    pub(super) out: &'a mut [f32],
}

impl Kernel<f32> for FromEvents<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let c = self.conv;
        let (mut buffer, groups) = (vec![0.0; c.width() + 16], c.width() / c.groups);
        let sums = aligned(&mut buffer);
        for sample in 0..self.out.len() / c.width() {
            let out = &mut self.out[sample * c.width()..(sample + 1) * c.width()];
            sums.fill(0.0);
            let (index, value) = self.events.of(sample);
            let mut e = 0;
            for channel in 0..c.windows.channels {
                let weights = c.weights_of(channel);
                let sums = &mut sums[channel / c.inputs_of_group() * groups..][..groups];
                let first = channel * c.seen.len();
                while e < index.len() && (index[e] as usize) < first + c.seen.len() {
                    let strips = c.strips_of(index[e] as usize - first);
                    for s in 0..strips.len() {
                        let (outputs, weights) = strips[s].of(sums, weights);
                        add_scaled::<V>(outputs, value[e], weights);
                    }
                    e += 1;
                }
            }
            finish::<V>(c, &sums[..c.width()], self.bias, out);
        }
    }
}

impl Conv {
    /// The weights of an input channel.
    #[inline(always)]
    fn weights_of(&self, channel: usize) -> &[f32] {
        let size = self.windows.taps() * self.outputs_of_group();
        &self.weights[channel * size..(channel + 1) * size]
    }
}

impl Strip {
    /// Its outputs of a group, and its weights of an input channel, whichever of them changes.
    #[inline(always)]
    fn of<'a>(&self, outputs: &'a mut [f32], weights: &'a [f32]) -> (&'a mut [f32], &'a [f32]) {
        (
            &mut outputs[self.outputs as usize..][..self.length as usize],
            &weights[self.weights as usize..][..self.length as usize],
        )
    }
}

/// The numbers from the first on that begins a line of the cache; of the last 16 some are left out.
#[inline(always)]
pub(super) fn aligned(numbers: &mut [f32]) -> &mut [f32] {
    let start = numbers.as_ptr().align_offset(64).min(16);
    let end = numbers.len() - 16 + start;
    &mut numbers[start..end]
}

/// `to += factor·from`.
#[inline(always)]
fn add_scaled<V: Lanes<Elem = f32>>(to: &mut [f32], factor: f32, from: &[f32]) {
    let factor = V::broadcast(factor);
    let (len, from) = (to.len(), &from[..to.len()]);
    let mut i = 0;
    while i + 4 * V::WIDTH <= len {
        let (to, from) = (&mut to[i..i + 4 * V::WIDTH], &from[i..i + 4 * V::WIDTH]);
        for r in 0..4 {
            let at = r * V::WIDTH;
            (V::load(&to[at..]) + factor * V::load(&from[at..])).store(&mut to[at..]);
        }
        i += 4 * V::WIDTH;
    }
    while i + V::WIDTH <= len {
        let to = &mut to[i..i + V::WIDTH];
        (V::load(to) + factor * V::load(&from[i..i + V::WIDTH])).store(to);
        i += V::WIDTH;
    }
    if i < len {
        let to = &mut to[i..];
        (V::load(to) + factor * V::load(&from[i..])).store(to);
    }
}

/// Adds the bias and turns `[group, window, output channel of the group]` into `[output channel, window]`.
#[inline(always)]
fn finish<V: Lanes<Elem = f32>>(c: &Conv, sums: &[f32], bias: Option<&[f32]>, out: &mut [f32]) {
    let (windows, outputs) = (c.windows.outputs(), c.outputs_of_group());
    for group in 0..c.groups {
        let places = group * windows * outputs..(group + 1) * windows * outputs;
        let bias = bias.map(
            #[inline(always)]
            |bias| &bias[group * outputs..(group + 1) * outputs],
        );
        turn::<V>(&sums[places.clone()], outputs, bias, &mut out[places]);
    }
}

/// Out of all inputs: windows add what they see, padding included.
pub(super) struct FromAll<'a> {
    pub(super) conv: &'a Conv,
    /// `[sample, feature]`.
    pub(super) values: &'a [f32],
    pub(super) bias: Option<&'a [f32]>,
    /// `[sample, output channel, window]`: written.
    pub(super) out: &'a mut [f32],
}

/// Windows side by side that share a loaded weight.
const TALL: usize = 4;

impl Kernel<f32> for FromAll<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let c = self.conv;
        let w = &c.windows;
        let (up, left) = (w.rows.padding, w.columns.padding);
        let (height, width) = (w.rows.padded(), w.columns.padded());
        let mut padded = vec![0.0; w.channels * height * width];
        let mut sums = vec![0.0; c.width()];
        let (rows, across) = (w.channels * w.rows.input, w.columns.input);
        for sample in 0..self.out.len() / c.width() {
            let out = &mut self.out[sample * c.width()..(sample + 1) * c.width()];
            for row in 0..rows {
                let (channel, y) = (row / w.rows.input, row % w.rows.input);
                let at = (channel * height + y + up) * width + left;
                let from = &self.values[(sample * rows + row) * across..][..across];
                padded[at..at + across].copy_from_slice(from);
            }
            for y in 0..w.rows.outputs {
                let mut x = 0;
                while x + TALL <= w.columns.outputs {
                    windows::<V, TALL>(c, &padded, y, x, &mut sums);
                    x += TALL;
                }
                while x < w.columns.outputs {
                    windows::<V, 1>(c, &padded, y, x, &mut sums);
                    x += 1;
                }
            }
            finish::<V>(c, &sums, self.bias, out);
        }
    }
}

/// All output channels of `T` windows from (y, x) on.
#[inline(always)]
fn windows<V: Lanes<Elem = f32>, const T: usize>(
    c: &Conv,
    padded: &[f32],
    y: usize,
    x: usize,
    sums: &mut [f32],
) {
    for group in 0..c.groups {
        let mut o = 0;
        while o < c.outputs_of_group() {
            if o + V::WIDTH < c.outputs_of_group() {
                block::<V, T, 2>(c, padded, group, o, (y, x), sums);
                o += 2 * V::WIDTH;
            } else {
                block::<V, T, 1>(c, padded, group, o, (y, x), sums);
                o += V::WIDTH;
            }
        }
    }
}

/// `N` registers of output channels from `o` on, of `T` windows.
#[inline(always)]
fn block<V: Lanes<Elem = f32>, const T: usize, const N: usize>(
    c: &Conv,
    padded: &[f32],
    group: usize,
    o: usize,
    (y, x): (usize, usize),
    out: &mut [f32],
) {
    let w = &c.windows;
    let (inputs, outputs) = (c.inputs_of_group(), c.outputs_of_group());
    let (height, width) = (w.rows.padded(), w.columns.padded());
    let mut sums = [[V::zero(); N]; T];
    for channel in group * inputs..(group + 1) * inputs {
        for i in 0..w.rows.kernel {
            let row = channel * height + y * w.rows.stride + i * w.rows.dilation;
            let line = &padded[row * width..][..width];
            for j in 0..w.columns.kernel {
                let tap = (channel * w.rows.kernel + i) * w.columns.kernel + c.order[j];
                let weights = &c.weights[tap * outputs..][..outputs];
                let mut loaded = [V::zero(); N];
                for n in 0..N {
                    loaded[n] = V::load(&weights[o + n * V::WIDTH..]);
                }
                for t in 0..T {
                    let v = V::broadcast(line[(x + t) * w.columns.stride + j * w.columns.dilation]);
                    for n in 0..N {
                        sums[t][n] = sums[t][n] + v * loaded[n];
                    }
                }
            }
        }
    }
    for t in 0..T {
        let at = (group * w.outputs() + y * w.columns.outputs + x + t) * outputs;
        let to = &mut out[at..at + outputs];
        for n in 0..N {
            sums[t][n].store(&mut to[o + n * V::WIDTH..]);
        }
    }
}

/// Adds the gradients of weights and bias: steps as given, samples ascending, inputs ascending. The weights of an input
/// channel are taken through all steps and samples before the next, so that they stay at hand.
pub(super) struct ToWeights<'a> {
    pub(super) conv: &'a Conv,
    /// Input and dL/d output of a step.
    pub(super) seen: &'a [StepError<'a>],
    /// Gradient of the weights, in the order of `Conv::weights`, and of the bias.
    pub(super) raw: &'a mut [Vec<f32>],
}

impl Kernel<f32> for ToWeights<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let c = self.conv;
        let Some((weights, bias)) = self.raw.split_first_mut() else { return };
        let samples = self.seen.iter().map(|s| s.input.samples).sum::<usize>();
        // `[step and sample, group, window, output channel of the group]`.
        let mut turned = vec![0.0; samples * c.width()];
        let mut at = 0;
        for StepError { error, input } in self.seen {
            for sample in 0..input.samples {
                let error = &error[sample * c.width()..(sample + 1) * c.width()];
                let to = &mut turned[at * c.width()..(at + 1) * c.width()];
                at += 1;
                // `[output channel, window]`.
                let size = c.outputs_of_group() * c.windows.outputs();
                for group in 0..c.groups {
                    let places = group * size..(group + 1) * size;
                    turn::<V>(&error[places.clone()], c.windows.outputs(), None, &mut to[places]);
                }
            }
        }
        // How many events of each step and sample have been taken.
        let mut taken = vec![0usize; samples];
        let size = c.windows.taps() * c.outputs_of_group();
        for channel in 0..c.windows.channels {
            let weights = &mut weights[channel * size..(channel + 1) * size];
            of_channel::<V>(c, self.seen, channel, &turned, &mut taken, weights);
        }
        if let Some(bias) = bias.first_mut() {
            let (windows, outputs) = (c.windows.outputs(), c.outputs_of_group());
            for n in 0..turned.len() / outputs {
                let group = n / windows % c.groups;
                let row = &turned[n * outputs..(n + 1) * outputs];
                add_scaled::<V>(&mut bias[group * outputs..(group + 1) * outputs], 1.0, row);
            }
        }
    }
}

/// Adds what all steps and samples give to the weights of an input channel.
#[inline(always)]
fn of_channel<V: Lanes<Elem = f32>>(
    c: &Conv,
    seen: &[StepError<'_>],
    channel: usize,
    turned: &[f32],
    taken: &mut [usize],
    weights: &mut [f32],
) {
    let places = channel * c.seen.len()..(channel + 1) * c.seen.len();
    let of_group = c.width() / c.groups;
    let group = channel / c.inputs_of_group() * of_group;
    let mut at = 0;
    for StepError { input: signal, .. } in seen {
        for sample in 0..signal.samples {
            let (errors, taken) = (&turned[at * c.width() + group..][..of_group], &mut taken[at]);
            at += 1;
            match &signal.events {
                Some(events) => {
                    let (index, value) = events.of(sample);
                    while *taken < index.len() && (index[*taken] as usize) < places.end {
                        of_value::<V>(
                            c.strips_of(index[*taken] as usize - places.start),
                            value[*taken],
                            errors,
                            weights,
                        );
                        *taken += 1;
                    }
                }
                None => {
                    let values = signal.sample(sample);
                    for i in places.clone() {
                        if values[i] != 0.0 {
                            of_value::<V>(c.strips_of(i - places.start), values[i], errors, weights);
                        }
                    }
                }
            }
        }
    }
}

/// Adds what one value gives to the weights it meets, of those of its channel.
#[inline(always)]
fn of_value<V: Lanes<Elem = f32>>(strips: &[Strip], value: f32, errors: &[f32], weights: &mut [f32]) {
    for s in 0..strips.len() {
        let Strip { outputs, weights: at, length } = strips[s];
        let from = &errors[outputs as usize..][..length as usize];
        add_scaled::<V>(&mut weights[at as usize..][..length as usize], value, from);
    }
}
