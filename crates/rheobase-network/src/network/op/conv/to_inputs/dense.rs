//! The errors of a convolution's inputs where most of those of its outputs are not 0: places add what the windows that see them
//! have. Lanes run across channels, or across the places of a line.

use rheobase_models::lanes::Lanes;

use super::Wanted;
use crate::network::op::conv::Conv;

/// How far the taps of a row reach beyond the first.
fn reach_of_taps(c: &Conv) -> usize {
    (c.windows.columns.kernel - 1) * c.windows.columns.dilation
}

/// Numbers of a line of errors with zeros at both ends.
fn padded_width(c: &Conv) -> usize {
    c.windows.columns.outputs + 2 * reach_of_taps(c)
}

/// Puts as many zeros around the lines of errors as taps reach beyond them.
#[inline(always)]
pub(super) fn pad_lines(c: &Conv, error: &[f32], padded: &mut Vec<f32>) {
    let columns = &c.windows.columns;
    let (around, width) = (reach_of_taps(c), padded_width(c));
    let lines = error.len() / columns.outputs;
    padded.clear();
    // And as many more as the last block of places has beyond the last place.
    padded.resize(lines * width + 2 * MET + around, 0.0);
    for line in 0..lines {
        let from = &error[line * columns.outputs..(line + 1) * columns.outputs];
        padded[line * width + around..][..columns.outputs].copy_from_slice(from);
    }
}

/// The most places side by side that share a loaded weight.
pub(super) const ABREAST: usize = 8;

/// Errors that a block of places meets in a line, at most, where the number of taps is known beforehand.
const MET: usize = 16;

/// A line of errors that a line of places meets, and the row of taps with which it does: where they stand.
#[derive(Clone, Copy)]
struct Meeting {
    line: usize,
    weights: usize,
}

/// The lines of errors that the places of line `y` meet, and the rows of taps of the group's channels from `channel` on.
#[inline(always)]
fn meet(c: &Conv, group: usize, (y, channel): (usize, usize), met: &mut Vec<Meeting>) {
    let (rows, columns, back) = (&c.windows.rows, &c.windows.columns, &c.back);
    let (outputs, row_size) = (c.outputs_of_group(), back.pieces * back.piece);
    let width = padded_width(c);
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
}

/// Registers of places of a line, and channels, that are summed at once: more where there are more registers than those of AVX2.
const fn at_once<V: Lanes>() -> (usize, usize) {
    if V::WIDTH >= 16 { (1, 8) } else { (2, 4) }
}

/// Whether lanes that run across the places of a line take fewer registers than lanes across channels.
pub(super) fn lines_pay<V: Lanes<Elem = f32>>(c: &Conv) -> bool {
    let across = c.windows.columns.input;
    let (registers, channels) = at_once::<V>();
    let of_lines =
        across.next_multiple_of(registers * V::WIDTH) * c.inputs_of_group().next_multiple_of(channels);
    of_lines <= across * c.inputs_of_group().next_multiple_of(V::WIDTH)
}

/// Adds the sums of a group's places to `to`, `[channel, place]`, where it is wanted, with lanes across places.
#[inline(always)]
pub(super) fn add_lines<V: Lanes<Elem = f32>>(
    c: &Conv,
    padded: &[f32],
    group: usize,
    wanted: &Wanted<'_>,
    to: &mut [f32],
) {
    match const { at_once::<V>() } {
        (1, _) => add_blocks::<V, 1, 8>(c, padded, group, wanted, to),
        _ => add_blocks::<V, 2, 4>(c, padded, group, wanted, to),
    }
}

/// `R` registers of places of a line, `C` channels at a time.
#[inline(always)]
fn add_blocks<V: Lanes<Elem = f32>, const R: usize, const C: usize>(
    c: &Conv,
    padded: &[f32],
    group: usize,
    wanted: &Wanted<'_>,
    to: &mut [f32],
) {
    let (rows, columns, inputs) = (&c.windows.rows, &c.windows.columns, c.inputs_of_group());
    let mut met = Vec::with_capacity(c.outputs_of_group() * rows.kernel);
    let near = c.back.pieces == 1;
    for y in 0..rows.input {
        meet(c, group, (y, 0), &mut met);
        for x in (0..columns.input).step_by(R * V::WIDTH) {
            let lines = &padded[x..];
            for channel in (0..inputs).step_by(C) {
                let weights = &c.back.weights[channel..];
                let lanes = match columns.kernel {
                    3 if near => line_of_taps::<V, R, C, 3>(&met, c, lines, weights),
                    5 if near => line_of_taps::<V, R, C, 5>(&met, c, lines, weights),
                    _ => line_of_all_taps::<V, R, C>(&met, c, lines, weights),
                };
                for k in 0..C.min(inputs - channel) {
                    for r in 0..R {
                        let at = x + r * V::WIDTH;
                        if at < columns.input {
                            let first = ((channel + k) * rows.input + y) * columns.input + at;
                            let width = V::WIDTH.min(columns.input - at);
                            add_where(lanes[k][r], wanted.of(first, width), &mut to[first..first + width]);
                        }
                    }
                }
            }
        }
    }
}

/// Adds lanes where they are wanted.
#[inline(always)]
pub(super) fn add_where<V: Lanes<Elem = f32>>(lanes: V, wanted: u64, to: &mut [f32]) {
    let before = V::load(to);
    V::select(V::mask(wanted), before + lanes, before).store(to);
}

/// The sums of `R` registers of places of a line in `C` channels: each place meets `T` errors of each line.
#[inline(always)]
fn line_of_taps<V: Lanes<Elem = f32>, const R: usize, const C: usize, const T: usize>(
    met: &[Meeting],
    c: &Conv,
    lines: &[f32],
    weights: &[f32],
) -> [[V; R]; C] {
    let mut lanes = [[V::zero(); R]; C];
    let apart = c.back.channels;
    let (errors, taps) = (R * V::WIDTH + T - 1, (T - 1) * apart + C);
    for k in 0..met.len() {
        let errors = &lines[met[k].line..][..errors];
        let weights = &weights[met[k].weights..][..taps];
        for t in 0..T {
            add_tap(&mut lanes, &errors[t..], &weights[(T - 1 - t) * apart..]);
        }
    }
    lanes
}

/// The same for any number of taps, however far apart.
#[inline(always)]
fn line_of_all_taps<V: Lanes<Elem = f32>, const R: usize, const C: usize>(
    met: &[Meeting],
    c: &Conv,
    lines: &[f32],
    weights: &[f32],
) -> [[V; R]; C] {
    let (columns, back) = (&c.windows.columns, &c.back);
    let apart = if back.pieces == 1 { back.channels } else { back.piece };
    let mut lanes = [[V::zero(); R]; C];
    for k in 0..met.len() {
        let Meeting { line, weights: row } = met[k];
        for t in 0..columns.kernel {
            let weights = &weights[row + (columns.kernel - 1 - t) * apart..];
            add_tap(&mut lanes, &lines[line + t * columns.dilation..], weights);
        }
    }
    lanes
}

/// Adds what a tap brings: the weight of each channel times the errors.
#[inline(always)]
fn add_tap<V: Lanes<Elem = f32>, const R: usize, const C: usize>(
    lanes: &mut [[V; R]; C],
    errors: &[f32],
    weights: &[f32],
) {
    let mut met = [V::zero(); R];
    for r in 0..R {
        met[r] = V::load(&errors[r * V::WIDTH..][..V::WIDTH]);
    }
    let weights = &weights[..C];
    for k in 0..C {
        let weight = V::broadcast(weights[k]);
        for r in 0..R {
            lanes[k][r] = lanes[k][r] + met[r] * weight;
        }
    }
}

/// Writes the sums of `N` registers of channels of a group, from `channel` on, at all places, `P` of a line at a time.
#[inline(always)]
pub(super) fn gather_places<V: Lanes<Elem = f32>, const N: usize, const P: usize>(
    c: &Conv,
    padded: &[f32],
    group: usize,
    channel: usize,
    sums: &mut [f32],
) {
    let (rows, columns, back) = (&c.windows.rows, &c.windows.columns, &c.back);
    let mut met = Vec::with_capacity(c.outputs_of_group() * rows.kernel);
    for y in 0..rows.input {
        meet(c, group, (y, channel), &mut met);
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
