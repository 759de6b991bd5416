//! The errors of a convolution's inputs from those of its outputs, with lanes.

use rheobase_models::lanes::{Kernel, Lanes};

use super::kernels::aligned;
use super::{Conv, Spread};
use crate::network::signal::Reach;

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
