//! The products of a convolution, with lanes: out of events or of all inputs, back to the inputs, and to the weights.
//!
//! Every sum has one order, whatever the form, the SIMD level or the threads. A window sees a feature with at most one
//! tap, so an output that adds its inputs in ascending index goes through its weights in ascending order; adding each
//! event to all windows that see it is the same order. A term of 0 changes no sum.

use rheobase_models::lanes::{Kernel, Lanes};

use super::Conv;
use crate::network::operator::Seen;
use crate::network::signal::{Events, Reach};

/// Out of events: each is added to the windows that see it.
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
        let (inputs, outputs) = (c.inputs_of_group(), c.outputs_of_group());
        let (height, width) = (c.windows.rows.kernel, c.windows.columns.kernel);
        let across = c.windows.columns.outputs;
        // `[window, output channel]`.
        let mut sums = vec![0.0; c.width()];
        for (sample, out) in self.out.chunks_exact_mut(c.width()).enumerate() {
            sums.fill(0.0);
            let (index, value) = self.events.of(sample);
            for e in 0..index.len() {
                let place = c.place(index[e] as usize);
                let first = place.channel / inputs * outputs;
                for r in 0..place.row.count {
                    let (y, i) = c.rows.nth(place.row, r);
                    let taps = (place.channel * height + i) * width;
                    for s in 0..place.column.count {
                        let (x, j) = c.columns.nth(place.column, s);
                        let to = &mut sums[(y * across + x) * c.outputs + first..][..outputs];
                        add_scaled::<V>(to, value[e], &c.weights[(taps + j) * outputs..][..outputs]);
                    }
                }
            }
            finish(&sums, self.bias, c.outputs, out);
        }
    }
}

/// `to += factor·from`.
#[inline(always)]
fn add_scaled<V: Lanes<Elem = f32>>(to: &mut [f32], factor: f32, from: &[f32]) {
    let factor = V::broadcast(factor);
    let mut o = 0;
    while o < to.len() {
        let sum = V::load(&to[o..]) + factor * V::load(&from[o..]);
        sum.store(&mut to[o..]);
        o += V::WIDTH;
    }
}

/// Adds the bias and turns `[window, output channel]` into `[output channel, window]`.
#[inline(always)]
fn finish(sums: &[f32], bias: Option<&[f32]>, outputs: usize, out: &mut [f32]) {
    let windows = sums.len() / outputs;
    for o in 0..outputs {
        let row = &mut out[o * windows..(o + 1) * windows];
        match bias {
            Some(bias) => {
                for w in 0..windows {
                    row[w] = sums[w * outputs + o] + bias[o];
                }
            }
            None => {
                for w in 0..windows {
                    row[w] = sums[w * outputs + o];
                }
            }
        }
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
        let samples = self.values.chunks_exact(w.channels * w.places());
        for (values, out) in samples.zip(self.out.chunks_exact_mut(c.width())) {
            for (row, from) in values.chunks_exact(w.columns.input).enumerate() {
                let (channel, y) = (row / w.rows.input, row % w.rows.input);
                let at = (channel * height + y + up) * width + left;
                padded[at..at + w.columns.input].copy_from_slice(from);
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
            finish(&sums, self.bias, c.outputs, out);
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
                let tap = (channel * w.rows.kernel + i) * w.columns.kernel + j;
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
        let at = (y * w.columns.outputs + x + t) * c.outputs + group * outputs;
        let to = &mut out[at..at + outputs];
        for n in 0..N {
            sums[t][n].store(&mut to[o + n * V::WIDTH..]);
        }
    }
}

/// Adds dL/d input where it is wanted, outputs in ascending index.
pub(super) struct ToInputs<'a> {
    pub(super) conv: &'a Conv,
    pub(super) reach: &'a Reach,
    /// `[sample, output channel, window]`.
    pub(super) upstream: &'a [f32],
    /// `[sample, feature]`.
    pub(super) gradient: &'a mut [f32],
}

impl Kernel<f32> for ToInputs<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let c = self.conv;
        let places = c.windows.places();
        let (width, inputs) = (c.windows.channels * places, c.inputs_of_group());
        let samples = self.upstream.chunks_exact(c.width()).zip(self.gradient.chunks_exact_mut(width));
        for (sample, (error, gradient)) in samples.enumerate() {
            for place in 0..places {
                for group in 0..c.groups {
                    let mut i = 0;
                    while i < inputs {
                        let count = V::WIDTH.min(inputs - i);
                        let first = (group * inputs + i) * places + place;
                        let mut wanted = [false; 16];
                        let mut any = false;
                        for l in 0..count {
                            wanted[l] = self.reach.at(sample, first + l * places, width);
                            any |= wanted[l];
                        }
                        if any {
                            let mut lanes = [0.0f32; 16];
                            errors::<V>(c, error, group, i, place).store(&mut lanes);
                            for l in 0..count {
                                if wanted[l] {
                                    gradient[first + l * places] += lanes[l];
                                }
                            }
                        }
                        i += V::WIDTH;
                    }
                }
            }
        }
    }
}

/// dL/d input of a register of channels, from `channel` of the group on, at one place.
#[inline(always)]
fn errors<V: Lanes<Elem = f32>>(c: &Conv, error: &[f32], group: usize, channel: usize, place: usize) -> V {
    let (inputs, outputs) = (c.inputs_of_group(), c.outputs_of_group());
    let (windows, across, taps) = (c.windows.outputs(), c.windows.columns.outputs, c.windows.taps());
    let place = c.place(place);
    let mut sum = V::zero();
    for o in group * outputs..(group + 1) * outputs {
        for r in 0..place.row.count {
            let (y, i) = c.rows.nth(place.row, r);
            for s in 0..place.column.count {
                let (x, j) = c.columns.nth(place.column, s);
                let e = error[o * windows + y * across + x];
                if e != 0.0 {
                    let tap = o * taps + i * c.windows.columns.kernel + j;
                    let weights = &c.back[tap * inputs..][..inputs];
                    sum = sum + V::broadcast(e) * V::load(&weights[channel..]);
                }
            }
        }
    }
    sum
}

/// Adds the gradients of weights and bias: steps as given, samples ascending, inputs ascending.
pub(super) struct ToWeights<'a> {
    pub(super) conv: &'a Conv,
    /// Input and dL/d output of a step.
    pub(super) seen: &'a [Seen<'a>],
    /// Gradient of the weights, in the order of `Conv::weights`, and of the bias.
    pub(super) raw: &'a mut [Vec<f32>],
}

impl Kernel<f32> for ToWeights<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let c = self.conv;
        let Some((weights, bias)) = self.raw.split_first_mut() else { return };
        // `[window, output channel]`.
        let mut turned = vec![0.0; c.width()];
        for Seen { input: signal, error: upstream } in self.seen {
            for (sample, error) in upstream.chunks_exact(c.width()).enumerate() {
                turn(error, c.outputs, &mut turned);
                match &signal.events {
                    Some(events) => {
                        let (index, value) = events.of(sample);
                        for e in 0..index.len() {
                            to_weights::<V>(c, index[e] as usize, value[e], &turned, weights);
                        }
                    }
                    None => {
                        for (i, v) in signal.sample(sample).iter().enumerate() {
                            if *v != 0.0 {
                                to_weights::<V>(c, i, *v, &turned, weights);
                            }
                        }
                    }
                }
                if let Some(bias) = bias.first_mut() {
                    for row in turned.chunks_exact(c.outputs) {
                        add_scaled::<V>(bias, 1.0, row);
                    }
                }
            }
        }
    }
}

/// Turns `[output channel, window]` into `[window, output channel]`.
#[inline(always)]
fn turn(error: &[f32], outputs: usize, turned: &mut [f32]) {
    let windows = error.len() / outputs;
    for o in 0..outputs {
        let row = &error[o * windows..(o + 1) * windows];
        for w in 0..windows {
            turned[w * outputs + o] = row[w];
        }
    }
}

/// Adds what one value gives to the weights it meets.
#[inline(always)]
fn to_weights<V: Lanes<Elem = f32>>(c: &Conv, index: usize, value: f32, turned: &[f32], weights: &mut [f32]) {
    let outputs = c.outputs_of_group();
    let place = c.place(index);
    let first = place.channel / c.inputs_of_group() * outputs;
    for r in 0..place.row.count {
        let (y, i) = c.rows.nth(place.row, r);
        let taps = (place.channel * c.windows.rows.kernel + i) * c.windows.columns.kernel;
        for s in 0..place.column.count {
            let (x, j) = c.columns.nth(place.column, s);
            let from = &turned[(y * c.windows.columns.outputs + x) * c.outputs + first..][..outputs];
            add_scaled::<V>(&mut weights[(taps + j) * outputs..][..outputs], value, from);
        }
    }
}
