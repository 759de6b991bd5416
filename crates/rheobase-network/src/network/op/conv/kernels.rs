//! The products of a convolution, with lanes: out of events or of all inputs, back to the inputs, and to the weights.
//!
//! Every sum has one order, whatever the form, the SIMD level or the threads. A window sees a feature with at most one
//! tap, so an output that adds its inputs in ascending index goes through its weights in ascending order; adding each
//! event to all windows that see it is the same order. A term of 0 changes no sum.

use rheobase_models::lanes::{Kernel, Lanes};

use super::turn::turn;
use super::{Conv, Spread, Strip};
use crate::network::operator::StepError;
use crate::network::signal::{Events, Reach};

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
fn aligned(numbers: &mut [f32]) -> &mut [f32] {
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

/// Adds dL/d input where it is wanted, outputs in ascending index. Where few errors are not 0, each of these is spread over
/// the places that its window sees; else places add what the windows that see them have.
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
        let w = &c.windows;
        let (places, inputs, channels) = (w.places(), c.inputs_of_group(), c.back.channels);
        // `[place, padding included; input channel of the group]`, and room for what fills up the last piece.
        let mut buffer = vec![0.0; w.rows.padded() * w.columns.padded() * channels + 32];
        let sums = aligned(&mut buffer);
        let mut padded = Vec::new();
        let width = w.channels * places;
        for sample in 0..self.upstream.len() / c.width() {
            let error = &self.upstream[sample * c.width()..(sample + 1) * c.width()];
            let gradient = &mut self.gradient[sample * width..(sample + 1) * width];
            let dense = w.rows.stride == 1 && w.columns.stride == 1 && 3 * not_zero::<V>(error) > error.len();
            if dense {
                pad_lines(c, error, &mut padded);
            }
            for group in 0..c.groups {
                if dense {
                    let mut channel = 0;
                    while channel + V::WIDTH < inputs {
                        gather_places::<V, 2, 4>(c, &padded, group, channel, sums);
                        channel += 2 * V::WIDTH;
                    }
                    if channel < inputs {
                        gather_places::<V, 1, ABREAST>(c, &padded, group, channel, sums);
                    }
                } else {
                    sums.fill(0.0);
                    for o in group * c.outputs_of_group()..(group + 1) * c.outputs_of_group() {
                        spread_channel::<V>(c, o, &error[o * w.outputs()..(o + 1) * w.outputs()], sums);
                    }
                }
                let first = group * inputs * places;
                let to = &mut gradient[first..first + inputs * places];
                collect::<V>(
                    c,
                    sums,
                    #[inline(always)]
                    |i, n| self.reach.run(sample, first + i, n, width),
                    to,
                );
            }
        }
    }
}

/// How many numbers are not 0.
#[inline(always)]
fn not_zero<V: Lanes<Elem = f32>>(numbers: &[f32]) -> usize {
    let zero = V::zero();
    let mut count = 0;
    for i in (0..numbers.len()).step_by(V::WIDTH) {
        let x = V::load(&numbers[i..numbers.len().min(i + V::WIDTH)]);
        count += V::bits(!(x.le(zero) & x.ge(zero))).count_ones() as usize;
    }
    count
}

/// Spreads the errors of an output channel.
#[inline(always)]
fn spread_channel<V: Lanes<Elem = f32>>(c: &Conv, o: usize, errors: &[f32], sums: &mut [f32]) {
    let (rows, columns, back) = (&c.windows.rows, &c.windows.columns, &c.back);
    let size = rows.kernel * back.pieces * back.piece;
    let weights = &back.weights[o * size..(o + 1) * size];
    let zero = V::zero();
    for y in 0..rows.outputs {
        let line = &errors[y * columns.outputs..(y + 1) * columns.outputs];
        for first in (0..line.len()).step_by(V::WIDTH) {
            let found = &line[first..line.len().min(first + V::WIDTH)];
            let e = V::load(found);
            let mut bits = V::bits(!(e.le(zero) & e.ge(zero)));
            while bits != 0 {
                let k = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let place = y * rows.stride * columns.padded() + (first + k) * columns.stride;
                spread::<V>(back, weights, found[k], place, sums);
            }
        }
    }
}

/// Adds an error times the weights of its channel to the places that its window sees, from `place` on. What usual kernels have
/// is known beforehand: there the loops unroll.
#[inline(always)]
fn spread<V: Lanes<Elem = f32>>(back: &Spread, weights: &[f32], error: f32, place: usize, sums: &mut [f32]) {
    let (error, sums) = (V::broadcast(error), &mut sums[place * back.channels..]);
    match back.piece {
        48 => spread_pieces::<V, 3>(&back.places, weights, error, sums),
        80 => spread_pieces::<V, 5>(&back.places, weights, error, sums),
        piece => {
            for n in 0..back.places.len() {
                let (from, _) = weights[n * piece..(n + 1) * piece].as_chunks();
                let (to, _) = sums[back.places[n]..][..piece].as_chunks_mut();
                for i in 0..from.len().min(to.len()) {
                    add_sixteen(&mut to[i], error, &from[i]);
                }
            }
        }
    }
}

/// The same with pieces of `C` times sixteen numbers.
#[inline(always)]
fn spread_pieces<V: Lanes<Elem = f32>, const C: usize>(
    places: &[usize],
    weights: &[f32],
    error: V,
    sums: &mut [f32],
) {
    let (weights, _) = weights.as_chunks::<16>();
    let (weights, _) = weights.as_chunks::<C>();
    for n in 0..places.len().min(weights.len()) {
        let (to, _) = sums[places[n]..].as_chunks_mut::<16>();
        if let Some(to) = to.first_chunk_mut::<C>() {
            for i in 0..C {
                add_sixteen(&mut to[i], error, &weights[n][i]);
            }
        }
    }
}

/// `to += factor·from`.
#[inline(always)]
fn add_sixteen<V: Lanes<Elem = f32>>(to: &mut [f32; 16], factor: V, from: &[f32; 16]) {
    let mut at = 0;
    while at < 16 {
        (V::load(&to[at..]) + factor * V::load(&from[at..])).store(&mut to[at..]);
        at += V::WIDTH;
    }
}

/// Puts as many zeros around the lines of errors as taps reach beyond them.
#[inline(always)]
fn pad_lines(c: &Conv, error: &[f32], padded: &mut Vec<f32>) {
    let columns = &c.windows.columns;
    let around = (columns.kernel - 1) * columns.dilation;
    let width = columns.outputs + 2 * around;
    let lines = error.len() / columns.outputs;
    padded.clear();
    // And as many more as the last block of places has beyond the last place.
    padded.resize(lines * width + MET, 0.0);
    for line in 0..lines {
        let from = &error[line * columns.outputs..(line + 1) * columns.outputs];
        padded[line * width + around..][..columns.outputs].copy_from_slice(from);
    }
}

/// The most places side by side that share a loaded weight.
const ABREAST: usize = 8;

/// Errors that a block of places meets in a line, at most, where the number of taps is known beforehand.
const MET: usize = 16;

/// A line of errors that a line of places meets, and the row of taps with which it does: where they stand.
#[derive(Clone, Copy)]
struct Meeting {
    line: usize,
    weights: usize,
}

/// Writes the sums of `N` registers of channels of a group, from `channel` on, at all places, `P` of a line at a time.
#[inline(always)]
fn gather_places<V: Lanes<Elem = f32>, const N: usize, const P: usize>(
    c: &Conv,
    padded: &[f32],
    group: usize,
    channel: usize,
    sums: &mut [f32],
) {
    let (rows, columns, back) = (&c.windows.rows, &c.windows.columns, &c.back);
    let (outputs, row_size) = (c.outputs_of_group(), back.pieces * back.piece);
    let width = columns.outputs + 2 * (columns.kernel - 1) * columns.dilation;
    let mut met = Vec::with_capacity(outputs * rows.kernel);
    for y in 0..rows.input {
        let run = c.rows.of(y);
        met.clear();
        for o in group * outputs..(group + 1) * outputs {
            for r in 0..run.count {
                let (window, i) = c.rows.nth(run, r);
                met.push(Meeting {
                    line: (o * rows.outputs + window) * width + columns.padding,
                    weights: (o * rows.kernel + i) * row_size + channel,
                });
            }
        }
        let mut x = 0;
        while x < columns.input {
            let lines = &padded[x..];
            let sixteen = back.pieces == 1 && back.channels == 16 && channel == 0 && N * V::WIDTH <= 16;
            let lanes = match columns.kernel {
                3 if sixteen => add_taps::<V, N, P, 3>(&met, lines, &back.weights),
                5 if sixteen => add_taps::<V, N, P, 5>(&met, lines, &back.weights),
                _ => add_all_taps::<V, N, P>(&met, c, lines),
            };
            let first = ((y + rows.padding) * columns.padded() + columns.padding + x) * back.channels;
            for p in 0..P.min(columns.input - x) {
                for n in 0..N {
                    let at = channel + n * V::WIDTH;
                    let to = &mut sums[first + p * back.channels + at..];
                    lanes[p][n].store(&mut to[..V::WIDTH.min(back.channels - at)]);
                }
            }
            x += P;
        }
    }
}

/// The sums of `P` places, of which each meets `T` errors of each line, times the weights of a row of taps of sixteen channels.
/// Window v sees place x with tap (x + padding − v)/dilation: the first window has the last tap.
#[inline(always)]
fn add_taps<V: Lanes<Elem = f32>, const N: usize, const P: usize, const T: usize>(
    met: &[Meeting],
    lines: &[f32],
    weights: &[f32],
) -> [[V; N]; P] {
    const { assert!(T + P <= MET + 1) };
    let mut lanes = [[V::zero(); N]; P];
    let (weights, _) = weights.as_chunks::<16>();
    for k in 0..met.len() {
        let errors = lines[met[k].line..].first_chunk::<MET>();
        let weights = weights[met[k].weights / 16..].first_chunk::<T>();
        let (Some(errors), Some(weights)) = (errors, weights) else { break };
        for t in 0..T {
            let mut weight = [V::zero(); N];
            for n in 0..N {
                weight[n] = V::load(&weights[T - 1 - t][n * V::WIDTH..]);
            }
            for p in 0..P {
                let error = V::broadcast(errors[t + p]);
                for n in 0..N {
                    lanes[p][n] = lanes[p][n] + error * weight[n];
                }
            }
        }
    }
    lanes
}

/// The same for any number of taps and channels, however far apart.
#[inline(always)]
fn add_all_taps<V: Lanes<Elem = f32>, const N: usize, const P: usize>(
    met: &[Meeting],
    c: &Conv,
    lines: &[f32],
) -> [[V; N]; P] {
    let (columns, back) = (&c.windows.columns, &c.back);
    let apart = if back.pieces == 1 { back.channels } else { back.piece };
    let mut lanes = [[V::zero(); N]; P];
    for k in 0..met.len() {
        let Meeting { line, weights } = met[k];
        for j in (0..columns.kernel).rev() {
            let errors = &lines[line + (columns.kernel - 1 - j) * columns.dilation..][..P];
            let from = &back.weights[weights + j * apart..];
            let mut weight = [V::zero(); N];
            for n in 0..N {
                weight[n] = V::load(&from[n * V::WIDTH..]);
            }
            for p in 0..P {
                let error = V::broadcast(errors[p]);
                for n in 0..N {
                    lanes[p][n] = lanes[p][n] + error * weight[n];
                }
            }
        }
    }
    lanes
}

/// Turns `[place, padding included; channel]` into `[channel, place]`, and adds it where it is wanted: `wanted` has a bit for
/// each of so many places from one on.
#[inline(always)]
fn collect<V: Lanes<Elem = f32>>(
    c: &Conv,
    sums: &[f32],
    wanted: impl Fn(usize, usize) -> u64,
    to: &mut [f32],
) {
    let (rows, columns, channels) = (&c.windows.rows, &c.windows.columns, c.back.channels);
    for y in 0..rows.input {
        let line = &sums[((y + rows.padding) * columns.padded() + columns.padding) * channels..];
        for channel in (0..c.inputs_of_group()).step_by(V::WIDTH) {
            let height = V::WIDTH.min(c.inputs_of_group() - channel);
            for x in (0..columns.input).step_by(V::WIDTH) {
                let width = V::WIDTH.min(columns.input - x);
                let mut square = [V::zero(); 16];
                for i in 0..V::WIDTH {
                    if i < width {
                        square[i] = V::load(&line[(x + i) * channels + channel..]);
                    }
                }
                let square = V::transposed(square);
                for j in 0..V::WIDTH {
                    if j < height {
                        let first = ((channel + j) * rows.input + y) * columns.input + x;
                        let place = &mut to[first..first + width];
                        let before = V::load(place);
                        V::select(V::mask(wanted(first, width)), before + square[j], before).store(place);
                    }
                }
            }
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
