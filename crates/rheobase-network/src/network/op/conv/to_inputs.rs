//! The errors of a convolution's inputs from those of its outputs, with lanes: spread where few are not 0, else as `dense.rs` has it.

mod dense;

use rheobase_models::lanes::{Kernel, Lanes};

use self::dense::{ABREAST, add_lines, add_where, gather_places, lines_pay, pad_lines};
use super::Conv;
use super::kernels::aligned;
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
        let (mut padded, mut found) = (Vec::new(), vec![Spreading::default(); w.outputs()]);
        let width = w.channels * places;
        let by_lines = lines_pay::<V>(c);
        for sample in 0..self.upstream.len() / c.width() {
            let error = &self.upstream[sample * c.width()..(sample + 1) * c.width()];
            let gradient = &mut self.gradient[sample * width..(sample + 1) * width];
            let dense = w.rows.stride == 1 && w.columns.stride == 1 && 3 * not_zero::<V>(error) > error.len();
            if dense {
                pad_lines(c, error, &mut padded);
            }
            for group in 0..c.groups {
                let first = group * inputs * places;
                let to = &mut gradient[first..first + inputs * places];
                let wanted = Wanted { reach: self.reach, sample, first, width };
                if dense && by_lines {
                    add_lines::<V>(c, &padded, group, &wanted, to);
                    continue;
                }
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
                        let error = &error[o * w.outputs()..(o + 1) * w.outputs()];
                        spread_channel::<V>(c, o, error, &mut found, sums);
                    }
                }
                collect::<V>(c, sums, &wanted, to);
            }
        }
    }
}

/// Which places of a group's channels are wanted, of a sample with so many features.
struct Wanted<'a> {
    reach: &'a Reach,
    sample: usize,
    /// The group's first feature.
    first: usize,
    width: usize,
}

impl Wanted<'_> {
    /// A bit for each of so many places from one on, at most 64.
    #[inline(always)]
    fn of(&self, place: usize, count: usize) -> u64 {
        self.reach.run(self.sample, self.first + place, count, self.width)
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

/// An error that is not 0, and the first number of the places that its window sees.
#[derive(Clone, Copy, Default)]
struct Spreading {
    place: usize,
    error: f32,
}

/// The errors of an output channel that are not 0; `found` has room for all.
#[inline(always)]
fn find<'a, V: Lanes<Elem = f32>>(c: &Conv, errors: &[f32], found: &'a mut [Spreading]) -> &'a [Spreading] {
    let zero = V::zero();
    let windows = &c.back.windows[..errors.len()];
    let mut count = 0;
    for first in (0..errors.len()).step_by(64) {
        let mut bits = 0;
        for at in (first..errors.len().min(first + 64)).step_by(V::WIDTH) {
            let e = V::load(&errors[at..errors.len().min(at + V::WIDTH)]);
            bits |= V::bits(!(e.le(zero) & e.ge(zero))) << (at - first);
        }
        while bits != 0 {
            let window = first + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            found[count] = Spreading { place: windows[window], error: errors[window] };
            count += 1;
        }
    }
    &found[..count]
}

/// Spreads the errors of an output channel; `found` is room for them.
#[inline(always)]
fn spread_channel<V: Lanes<Elem = f32>>(
    c: &Conv,
    o: usize,
    errors: &[f32],
    found: &mut [Spreading],
    sums: &mut [f32],
) {
    let back = &c.back;
    let size = back.places.len() * back.piece;
    let weights = &back.weights[o * size..(o + 1) * size];
    let found = find::<V>(c, errors, found);
    // What usual kernels have is known beforehand: there the loops unroll. All of a kernel's taps fit into 32 registers.
    match (back.places.len(), back.piece) {
        (3, 48) if V::WIDTH >= 16 => return spread_pieces::<V, 3, 3>(&back.places, found, weights, sums),
        (5, 80) if V::WIDTH >= 16 => return spread_pieces::<V, 5, 5>(&back.places, found, weights, sums),
        _ => {}
    }
    // Of the windows that see a place, the last ones do so by the first taps.
    for n in (0..back.places.len()).rev() {
        let (weights, sums) = (&weights[n * back.piece..(n + 1) * back.piece], &mut sums[back.places[n]..]);
        match back.piece {
            48 => spread_pieces::<V, 1, 3>(&[0], found, weights, sums),
            80 => spread_pieces::<V, 1, 5>(&[0], found, weights, sums),
            _ => {
                let (from, _) = weights.as_chunks();
                for k in 0..found.len() {
                    let (error, sums) = (V::broadcast(found[k].error), &mut sums[found[k].place..]);
                    let (to, _) = sums.as_chunks_mut();
                    for i in 0..from.len().min(to.len()) {
                        add_sixteen(&mut to[i], error, &from[i]);
                    }
                }
            }
        }
    }
}

/// Adds each error times `P` pieces of `C` times sixteen weights, which stay in registers, to the places that begin where it says,
/// piece by piece.
#[inline(always)]
fn spread_pieces<V: Lanes<Elem = f32>, const P: usize, const C: usize>(
    places: &[usize],
    found: &[Spreading],
    weights: &[f32],
    sums: &mut [f32],
) {
    let (weights, _) = weights.as_chunks::<16>();
    let (Some(places), true) = (places.first_chunk::<P>(), weights.len() >= P * C) else { return };
    let mut row = [[[V::zero(); 16]; C]; P];
    for n in 0..P {
        for i in 0..C {
            for r in 0..16 / V::WIDTH {
                row[n][i][r] = V::load(&weights[n * C + i][r * V::WIDTH..]);
            }
        }
    }
    for k in 0..found.len() {
        let error = V::broadcast(found[k].error);
        let sums = &mut sums[found[k].place..];
        for n in 0..P {
            let (to, _) = sums[places[n]..].as_chunks_mut::<16>();
            let Some(to) = to.first_chunk_mut::<C>() else { return };
            for i in 0..C {
                for r in 0..16 / V::WIDTH {
                    let to = &mut to[i][r * V::WIDTH..];
                    (V::load(to) + error * row[n][i][r]).store(to);
                }
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

/// Turns `[place, padding included; channel]` into `[channel, place]`, and adds it where it is wanted.
#[inline(always)]
fn collect<V: Lanes<Elem = f32>>(c: &Conv, sums: &[f32], wanted: &Wanted<'_>, to: &mut [f32]) {
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
                        add_where(square[j], wanted.of(first, width), place);
                    }
                }
            }
        }
    }
}
