//! The products of a convolution, with lanes: out of events or of all inputs, and to the weights; back to the inputs in `to_inputs.rs`.
//!
//! Every sum has one order, whatever the form, the SIMD level or the threads. A window sees a feature with at most one
//! tap, so an output that adds its inputs in ascending index goes through its weights in ascending order; adding each
//! event to all windows that see it is the same order. A term of 0 changes no sum.

use rheobase_models::lanes::{Kernel, Lanes};

use super::slide::{self, OfChannel};
use super::{Conv, Strip};
use crate::network::operator::StepError;
use crate::network::signal::{Events, Signal};
use crate::network::turn::{Matrix, turn};

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
        let group = match &c.slide {
            Some(slide) => slide.group(c.outputs_of_group()),
            None => c.width() / c.groups,
        };
        let mut buffer = vec![0.0; c.groups * group + 16];
        let sums = aligned(&mut buffer);
        for sample in 0..self.out.len() / c.width() {
            let out = &mut self.out[sample * c.width()..(sample + 1) * c.width()];
            sums.fill(0.0);
            let (index, value) = self.events.of(sample);
            let mut e = 0;
            for channel in 0..c.windows.channels {
                let weights = c.weights_of(channel);
                let sums = &mut sums[channel / c.inputs_of_group() * group..][..group];
                let first = channel * c.seen.len();
                let start = e;
                while e < index.len() && (index[e] as usize) < first + c.seen.len() {
                    e += 1;
                }
                let (index, value) = (&index[start..e], &value[start..e]);
                if let Some(slide) = &c.slide {
                    let events = OfChannel { index, value, first: first as u32 };
                    slide::scatter::<V>(c, slide, events, weights, sums);
                    continue;
                }
                for k in 0..index.len() {
                    let strips = c.strips_of(index[k] as usize - first);
                    for s in 0..strips.len() {
                        let (outputs, weights) = strips[s].of(sums, weights);
                        add_scaled::<V>(outputs, value[k], weights);
                    }
                }
            }
            match &c.slide {
                Some(slide) => slide::finish::<V>(c, slide, sums, self.bias, out),
                None => finish::<V>(c, &sums[..c.width()], self.bias, out),
            }
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
        turn::<V>(&sums[places.clone()], Matrix::close(windows, outputs), bias, &mut out[places]);
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
        let outputs = c.outputs_of_group();
        let samples = self.seen.iter().map(|s| s.input.samples).sum::<usize>();
        let group = match &c.slide {
            Some(slide) => slide.group(outputs),
            None => c.width() / c.groups,
        };
        // `[step and sample, group, window, output channel of the group]`, and room for what is read at once.
        let mut turned = vec![0.0; samples * c.groups * group + 5 * 16];
        let mut at = 0;
        for StepError { error, input } in self.seen {
            for sample in 0..input.samples {
                let error = &error[sample * c.width()..(sample + 1) * c.width()];
                let to = &mut turned[at * c.groups * group..(at + 1) * c.groups * group];
                at += 1;
                match &c.slide {
                    Some(slide) => slide::spread_out::<V>(c, slide, error, to),
                    None => {
                        // `[output channel, window]`.
                        for g in 0..c.groups {
                            let places = g * group..(g + 1) * group;
                            let matrix = Matrix::close(outputs, c.windows.outputs());
                            turn::<V>(&error[places.clone()], matrix, None, &mut to[places]);
                        }
                    }
                }
            }
        }
        // The values that are not 0, of inputs that do not say so themselves.
        let mut found: Vec<Signal> = Vec::new();
        for StepError { input, .. } in self.seen.iter().filter(|s| s.input.events.is_none()) {
            let mut input = Signal::clone(input);
            input.find_events();
            found.push(input);
        }
        let mut found = found.iter();
        let mut all = Vec::with_capacity(samples);
        for StepError { input, .. } in self.seen {
            if let Some(events) = input.events.as_ref().or_else(|| found.next()?.events.as_ref()) {
                for sample in 0..input.samples {
                    all.push(events.of(sample));
                }
            }
        }
        let size = c.windows.taps() * outputs;
        let mut of_channel = Vec::with_capacity(samples);
        for channel in 0..c.windows.channels {
            let first = channel * c.seen.len();
            of_channel.clear();
            for at in 0..all.len() {
                let (index, value) = &mut all[at];
                let mut count = 0;
                while count < index.len() && (index[count] as usize) < first + c.seen.len() {
                    count += 1;
                }
                let errors = &turned[(at * c.groups + channel / c.inputs_of_group()) * group..];
                let events =
                    OfChannel { index: &index[..count], value: &value[..count], first: first as u32 };
                of_channel.push((events, errors));
                (*index, *value) = (&index[count..], &value[count..]);
            }
            let weights = &mut weights[channel * size..(channel + 1) * size];
            match &c.slide {
                Some(slide) => slide::meet::<V>(c, slide, &of_channel, weights),
                None => meet::<V>(c, &of_channel, weights),
            }
        }
        if let Some(bias) = bias.first_mut() {
            for n in 0..samples * c.groups * group / outputs {
                let g = n * outputs / group % c.groups;
                let row = &turned[n * outputs..(n + 1) * outputs];
                add_scaled::<V>(&mut bias[g * outputs..(g + 1) * outputs], 1.0, row);
            }
        }
    }
}

/// Adds what the events of all steps and samples meet to the weights of an input channel.
#[inline(always)]
fn meet<V: Lanes<Elem = f32>>(c: &Conv, seen: &[(OfChannel<'_>, &[f32])], weights: &mut [f32]) {
    for k in 0..seen.len() {
        let (events, errors) = seen[k];
        for e in 0..events.index.len() {
            let strips = c.strips_of((events.index[e] - events.first) as usize);
            for s in 0..strips.len() {
                let Strip { outputs, weights: at, length } = strips[s];
                let from = &errors[outputs as usize..][..length as usize];
                add_scaled::<V>(&mut weights[at as usize..][..length as usize], events.value[e], from);
            }
        }
    }
}
