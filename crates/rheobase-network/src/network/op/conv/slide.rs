//! Convolutions whose windows slide by one place: every place is seen by as many windows as there are taps, if windows that hang over
//! the ends are counted. So what an event adds to is a block of lines side by side, the same for all events.

use rheobase_models::lanes::Lanes;

use super::Conv;
use crate::network::turn::{Matrix, turn};
use crate::vision::windows::{Axis, Windows};

/// Where windows stand that slide by one place.
#[derive(Debug, Clone)]
pub(super) struct Slide {
    /// Windows in a line, those that hang over its ends included, and lines.
    across: usize,
    down: usize,
    /// How many hang over the near ends: in a line, and lines.
    over: (usize, usize),
    /// Of each place, the first window that sees it.
    first: Vec<u32>,
}

impl Slide {
    /// Where the windows slide so, unless too many of those that see a place would hang over.
    pub(super) fn new(windows: &Windows) -> Option<Slide> {
        let by_one = |axis: &Axis| axis.stride == 1 && axis.dilation == 1 && axis.padding < axis.kernel;
        let few_hang_over = 2 * windows.places() <= 3 * windows.outputs();
        if !(by_one(&windows.rows) && by_one(&windows.columns) && few_hang_over) {
            return None;
        }
        let all = |axis: &Axis| axis.input + axis.kernel - 1;
        let over = |axis: &Axis| axis.kernel - 1 - axis.padding;
        let (across, down) = (all(&windows.columns), all(&windows.rows));
        let place = |n: usize| n / windows.columns.input * across + n % windows.columns.input;
        Some(Slide {
            across,
            down,
            over: (over(&windows.columns), over(&windows.rows)),
            first: (0..windows.places()).map(|n| place(n) as u32).collect(),
        })
    }

    /// Numbers of a group, `[window, output channel of the group]`.
    pub(super) fn group(&self, outputs: usize) -> usize {
        self.across * self.down * outputs
    }

    /// Where the first window of a line that does not hang over stands.
    fn line(&self, y: usize) -> usize {
        (y + self.over.1) * self.across + self.over.0
    }
}

/// Events of an input channel: places within it, and values.
#[derive(Clone, Copy)]
pub(super) struct OfChannel<'a> {
    pub(super) index: &'a [u32],
    pub(super) value: &'a [f32],
    /// The channel's first feature.
    pub(super) first: u32,
}

/// Adds events of a channel to the windows of a group that see them, `sums`; weights are `[row of taps, tap as ordered, output]`.
#[inline(always)]
pub(super) fn scatter<V: Lanes<Elem = f32>>(
    c: &Conv,
    slide: &Slide,
    events: OfChannel<'_>,
    weights: &[f32],
    sums: &mut [f32],
) {
    let length = c.windows.columns.kernel * c.outputs_of_group();
    match length.div_ceil(V::WIDTH) {
        1 => scatter_lines::<V, 1>(c, slide, events, weights, sums),
        2 => scatter_lines::<V, 2>(c, slide, events, weights, sums),
        3 => scatter_lines::<V, 3>(c, slide, events, weights, sums),
        5 => scatter_lines::<V, 5>(c, slide, events, weights, sums),
        6 => scatter_lines::<V, 6>(c, slide, events, weights, sums),
        10 => scatter_lines::<V, 10>(c, slide, events, weights, sums),
        _ => scatter_lines::<V, 0>(c, slide, events, weights, sums),
    }
}

/// The same where a row of taps fills `N` registers, or any number if `N` is 0. Of the last one what is beyond the row stays as it
/// is: windows beyond a row of taps are others.
#[inline(always)]
fn scatter_lines<V: Lanes<Elem = f32>, const N: usize>(
    c: &Conv,
    slide: &Slide,
    events: OfChannel<'_>,
    weights: &[f32],
    sums: &mut [f32],
) {
    let (taps, outputs) = (c.windows.columns.kernel, c.outputs_of_group());
    let (length, line) = (taps * outputs, slide.across * outputs);
    let registers = if N > 0 { N } else { length.div_ceil(V::WIDTH) };
    for k in 0..events.index.len() {
        let place = slide.first[(events.index[k] - events.first) as usize] as usize * outputs;
        let value = V::broadcast(events.value[k]);
        for i in 0..c.windows.rows.kernel {
            // The first line of windows has the last row of taps.
            let to = &mut sums[place + (c.windows.rows.kernel - 1 - i) * line..][..length];
            let from = &weights[i * length..][..length];
            for n in 0..registers {
                let at = n * V::WIDTH;
                let (to, from) = (&mut to[at..], &from[at..]);
                (V::load(to) + value * V::load(from)).store(to);
            }
        }
    }
}

/// Adds the bias and writes the windows that do not hang over as `[output channel, window]`.
#[inline(always)]
pub(super) fn finish<V: Lanes<Elem = f32>>(
    c: &Conv,
    slide: &Slide,
    sums: &[f32],
    bias: Option<&[f32]>,
    out: &mut [f32],
) {
    let (outputs, size, w) = (c.outputs_of_group(), slide.group(c.outputs_of_group()), &c.windows);
    let columns = w.columns.outputs;
    let matrix = Matrix { rows: columns, columns: outputs, apart: outputs, turned_apart: w.outputs() };
    for group in 0..c.groups {
        let bias = bias.map(
            #[inline(always)]
            |bias| &bias[group * outputs..(group + 1) * outputs],
        );
        for y in 0..w.rows.outputs {
            let from = &sums[group * size + slide.line(y) * outputs..][..columns * outputs];
            turn::<V>(from, matrix, bias, &mut out[group * outputs * w.outputs() + y * columns..]);
        }
    }
}

/// Turns errors `[output channel, window]` into `[group, window, output channel of the group]`, between the 0 of the windows that hang
/// over.
#[inline(always)]
pub(super) fn spread_out<V: Lanes<Elem = f32>>(c: &Conv, slide: &Slide, errors: &[f32], to: &mut [f32]) {
    let (outputs, size, w) = (c.outputs_of_group(), slide.group(c.outputs_of_group()), &c.windows);
    let columns = w.columns.outputs;
    let matrix = Matrix { rows: outputs, columns, apart: w.outputs(), turned_apart: outputs };
    for group in 0..c.groups {
        for y in 0..w.rows.outputs {
            let from = &errors[group * outputs * w.outputs() + y * columns..];
            let at = group * size + slide.line(y) * outputs;
            turn::<V>(from, matrix, None, &mut to[at..at + columns * outputs]);
        }
    }
}

/// Adds to the weights of an input channel what its events meet: those of each step and sample, with the errors of its group,
/// `[window, output channel of the group]`. Sums wait in registers until all events have come.
#[inline(always)]
pub(super) fn meet<V: Lanes<Elem = f32>>(
    c: &Conv,
    slide: &Slide,
    seen: &[(OfChannel<'_>, &[f32])],
    weights: &mut [f32],
) {
    let length = c.windows.columns.kernel * c.outputs_of_group();
    for i in 0..c.windows.rows.kernel {
        let line = (c.windows.rows.kernel - 1 - i) * slide.across * c.outputs_of_group();
        let weights = &mut weights[i * length..(i + 1) * length];
        let mut at = 0;
        while at < length {
            match (length - at).div_ceil(V::WIDTH) {
                5.. => at += meet_block::<V, 5>(c, slide, seen, line + at, &mut weights[at..]),
                3.. => at += meet_block::<V, 3>(c, slide, seen, line + at, &mut weights[at..]),
                _ => at += meet_block::<V, 1>(c, slide, seen, line + at, &mut weights[at..]),
            }
        }
    }
}

/// `N` registers of weights, of which the last may not be full, whose errors stand `from` numbers after those of the first window; says
/// how many numbers these are.
#[inline(always)]
fn meet_block<V: Lanes<Elem = f32>, const N: usize>(
    c: &Conv,
    slide: &Slide,
    seen: &[(OfChannel<'_>, &[f32])],
    from: usize,
    weights: &mut [f32],
) -> usize {
    let outputs = c.outputs_of_group();
    let mut sums = [V::zero(); N];
    for n in 0..N {
        sums[n] = V::load(&weights[n * V::WIDTH..]);
    }
    for k in 0..seen.len() {
        let (events, errors) = seen[k];
        for e in 0..events.index.len() {
            let place = slide.first[(events.index[e] - events.first) as usize] as usize * outputs;
            let errors = &errors[place + from..][..N * V::WIDTH];
            let value = V::broadcast(events.value[e]);
            for n in 0..N {
                sums[n] = sums[n] + value * V::load(&errors[n * V::WIDTH..]);
            }
        }
    }
    for n in 0..N {
        sums[n].store(&mut weights[n * V::WIDTH..]);
    }
    N * V::WIDTH
}
