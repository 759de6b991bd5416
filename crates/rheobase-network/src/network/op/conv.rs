//! `Conv`: a convolution over one or two axes.

mod kernels;
mod slide;
#[cfg(test)]
mod tests;
mod to_inputs;

use rheobase_models::lanes::Elem;

use self::kernels::{FromAll, FromEvents, ToWeights};
use self::slide::Slide;
use self::to_inputs::ToInputs;
use crate::network::describe;
use crate::network::operation::Operation;
use crate::network::operator::{Back, Context, Operator, StepError};
use crate::network::signal::{Events, Reach, Signal};
use crate::plasticity::Connection;
use crate::vision::Kernels;
use crate::vision::windows::{Axis, Lists, Targets, Windows};
use rheobase_base::{Error, Result};
use rheobase_sim::population::Memory;

/// `out[o, y, x] = Σ in[c, y·stride + i·dilation − padding, …]·weight[o, c, i, j] + bias[o]` (a cross-correlation), in
/// ascending index of the input. Parameters: `weight [out, in/groups, k]` or `[out, in/groups, kh, kw]`, and
/// `bias [out]` if there is one.
#[derive(Debug, Clone)]
pub(crate) struct Conv {
    /// Name of the node.
    name: String,
    windows: Windows,
    rows: Targets,
    /// Output channels.
    outputs: usize,
    groups: usize,
    /// `[input channel, row of taps, tap as ordered, output channel of the group]`: lanes run across output channels.
    weights: Vec<f32>,
    /// Where each tap of a row stands in `weights`: those with which neighbouring windows see a place, side by side.
    order: Vec<usize>,
    /// The windows that see each place of a map.
    seen: Vec<Seen>,
    /// Those windows, row by row.
    strips: Vec<Strip>,
    /// Where windows slide by one place.
    slide: Option<Slide>,
    /// What the errors of outputs are multiplied with.
    back: Spread,
}

/// Weights as the errors of outputs meet them: a row of taps lies over a row of places, so that lanes run across taps and
/// input channels.
#[derive(Debug, Clone)]
struct Spread {
    /// `[output channel, row of taps, piece, tap, input channel of the group]`; what fills up channels and pieces is 0.
    weights: Vec<f32>,
    /// Pieces of a row: one, unless taps are further apart than places.
    pieces: usize,
    /// Taps of a piece.
    taps: usize,
    /// Numbers of a tap: its channels, filled up to whole registers where that is cheaper than to cross lines of the cache.
    channels: usize,
    /// Numbers of a piece, filled up to whole registers.
    piece: usize,
    /// Where each piece lies from the first place of a window on, in numbers of `[place, padding included; channel]`.
    places: Vec<usize>,
    /// Where the first place of each window lies, in the same numbers.
    windows: Vec<usize>,
}

impl Spread {
    fn new(windows: &Windows, inputs: usize, outputs: usize) -> Spread {
        let columns = &windows.columns;
        let (pieces, taps) = if columns.dilation == 1 { (1, columns.kernel) } else { (columns.kernel, 1) };
        let (filled, close) = (taps * inputs.next_multiple_of(16), (taps * inputs).next_multiple_of(16));
        let channels = if filled <= 2 * close { filled / taps } else { inputs };
        let piece = (taps * channels).next_multiple_of(16);
        // And room for the last channels read at once.
        let size = outputs * windows.rows.kernel * pieces * piece + 16;
        let row = |i: usize| i * windows.rows.dilation * columns.padded();
        let of_row = |i: usize| (0..pieces).map(move |j| (row(i) + j * columns.dilation) * channels);
        let places = (0..windows.rows.kernel).flat_map(of_row).collect();
        let rows = &windows.rows;
        let first =
            |(y, x): (usize, usize)| (y * rows.stride * columns.padded() + x * columns.stride) * channels;
        let all = (0..rows.outputs).flat_map(|y| (0..columns.outputs).map(move |x| (y, x)));
        let windows = all.map(first).collect();
        Spread { weights: vec![0.0; size], pieces, taps, channels, piece, places, windows }
    }

    /// Where the weight of a tap and channel stands, in row `row` of an output channel's taps.
    #[inline(always)]
    fn at(&self, row: usize, tap: usize, channel: usize) -> usize {
        (row * self.pieces + tap / self.taps) * self.piece + tap % self.taps * self.channels + channel
    }
}

/// The windows that see a place.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Where their strips stand.
    first: u32,
    end: u32,
    /// How many they are.
    windows: u32,
}

/// Windows side by side that see a place, and the weights that they see it with: numbers of a group and of an input channel.
#[derive(Debug, Clone, Copy)]
struct Strip {
    /// The first output, in `[window, output channel of the group]`.
    outputs: u32,
    /// The first weight, in `[row of taps, tap as ordered, output channel of the group]`.
    weights: u32,
    /// How many numbers either has.
    length: u32,
}

/// The strips of all places of a map, and where those of each place stand.
fn strips(
    windows: &Windows,
    (rows, columns): (&Targets, &Targets),
    order: &[usize],
    outputs: usize,
) -> (Vec<Seen>, Vec<Strip>) {
    let (mut seen, mut strips) = (Vec::new(), Vec::new());
    for (y, x) in (0..windows.rows.input).flat_map(|y| (0..windows.columns.input).map(move |x| (y, x))) {
        let (down, across) = (rows.of(y), columns.of(x));
        let first = strips.len() as u32;
        // Neighbours are one strip.
        let (count, length) = if columns.are_neighbours() { (1, across.count) } else { (across.count, 1) };
        for (row, i) in (0..down.count).map(|r| rows.nth(down, r)) {
            for (column, j) in (0..count).filter(|_| length > 0).map(|c| columns.nth(across, c)) {
                strips.push(Strip {
                    outputs: ((row * windows.columns.outputs + column) * outputs) as u32,
                    weights: ((i * windows.columns.kernel + order[j]) * outputs) as u32,
                    length: (length * outputs) as u32,
                });
            }
        }
        let windows = (down.count * across.count) as u32;
        seen.push(Seen { first, end: strips.len() as u32, windows });
    }
    (seen, strips)
}

impl Conv {
    /// Shape of the output for an input `[C, L]` or `[C, H, W]`.
    ///
    /// # Errors
    /// Inputs of another rank; settings out of range or of the wrong length; kernels larger than the padded input; groups
    /// that do not divide the channels.
    pub(crate) fn shape(place: &str, conv: &describe::Conv, input: &[usize]) -> Result<Vec<usize>> {
        Ok(check(place, conv, input)?.shape(conv.outputs))
    }

    /// The operator; its weights are 0 until it takes in others.
    ///
    /// # Errors
    /// Those of [`Conv::shape`].
    pub(crate) fn new(place: &str, conv: &describe::Conv, input: &[usize]) -> Result<Conv> {
        let windows = check(place, conv, input)?;
        let size = conv.outputs * (windows.channels / conv.groups) * windows.taps();
        let (rows, columns) = (Targets::new(&windows.rows), Targets::new(&windows.columns));
        let order = columns.order(windows.columns.kernel);
        let (seen, strips) = strips(&windows, (&rows, &columns), &order, conv.outputs / conv.groups);
        Ok(Conv {
            name: place.into(),
            seen,
            strips,
            slide: Slide::new(&windows),
            rows,
            order,
            back: Spread::new(&windows, windows.channels / conv.groups, conv.outputs),
            windows,
            outputs: conv.outputs,
            groups: conv.groups,
            weights: vec![0.0; size],
        })
    }

    /// Shape of the weights for an input, `[out, in/groups, k]` or `[out, in/groups, kh, kw]`, and the inputs of a
    /// window.
    ///
    /// # Errors
    /// Those of [`Conv::shape`].
    pub(crate) fn weight_shape(
        place: &str,
        conv: &describe::Conv,
        input: &[usize],
    ) -> Result<(Vec<usize>, usize)> {
        let w = check(place, conv, input)?;
        let inputs = w.channels / conv.groups;
        let rows = (w.axes == 2).then_some(w.rows.kernel);
        let shape = [conv.outputs, inputs].into_iter().chain(rows).chain([w.columns.kernel]).collect();
        Ok((shape, inputs * w.taps()))
    }

    fn inputs_of_group(&self) -> usize {
        self.windows.channels / self.groups
    }

    fn outputs_of_group(&self) -> usize {
        self.outputs / self.groups
    }

    /// Features of the output.
    fn width(&self) -> usize {
        self.outputs * self.windows.outputs()
    }

    /// The windows that see a place of a map.
    #[inline(always)]
    fn strips_of(&self, place: usize) -> &[Strip] {
        let seen = self.seen[place];
        &self.strips[seen.first as usize..seen.end as usize]
    }

    /// Calls `f` for each weight with its position in the parameter, in `weights` and in `back`.
    fn each_weight(&self, mut f: impl FnMut(usize, usize, usize)) {
        let (inputs, outputs, back) = (self.inputs_of_group(), self.outputs_of_group(), &self.back);
        let (height, width) = (self.windows.rows.kernel, self.windows.columns.kernel);
        let mut p = 0;
        for o in 0..self.outputs {
            for c in 0..inputs {
                let channel = o / outputs * inputs + c;
                for i in 0..height {
                    for j in 0..width {
                        let forward =
                            ((channel * height + i) * width + self.order[j]) * outputs + o % outputs;
                        f(p, forward, back.at(o * height + i, j, c));
                        p += 1;
                    }
                }
            }
        }
    }
}

/// The windows of a convolution whose settings are right.
fn check(place: &str, conv: &describe::Conv, input: &[usize]) -> Result<Windows> {
    let lists = Lists {
        kernel: &conv.kernel,
        stride: &conv.stride,
        padding: &conv.padding,
        dilation: &conv.dilation,
    };
    let windows = Windows::new(place, &lists, input)?;
    windows.check_outputs(place, conv.outputs, conv.groups)?;
    Ok(windows)
}

/// Whether taking all values is cheaper than taking the events: a value costs about half as much as an event, as windows
/// side by side share what they load.
fn crowded(events: &Events, input: &Signal) -> bool {
    2 * events.index.len() > input.samples * input.width
}

impl Operator for Conv {
    fn refresh(&mut self, parameters: &[&[f32]]) -> Result<()> {
        let Some((from, bias)) = parameters.split_first() else { return Ok(()) };
        let lengths = [("weight", from.len(), self.weights.len())];
        let of_bias = bias.first().map(|b| ("bias", b.len(), self.outputs));
        if let Some((field, got, want)) =
            lengths.into_iter().chain(of_bias).find(|(_, got, want)| got != want)
        {
            return Err(Error::shape(
                self.name.clone(),
                field,
                format!("[{got}]"),
                format!("{want} numbers are needed"),
            ));
        }
        let mut weights = std::mem::take(&mut self.weights);
        let mut back = std::mem::take(&mut self.back.weights);
        self.each_weight(|p, w, b| (weights[w], back[b]) = (from[p], from[p]));
        (self.weights, self.back.weights) = (weights, back);
        Ok(())
    }

    fn forward(
        &self,
        context: &Context<'_>,
        parameters: &[&[f32]],
        inputs: &[&Signal],
        _: &mut Memory,
        out: &mut Signal,
    ) {
        let [input] = inputs else { return };
        out.reshape(input.samples, self.width());
        let (bias, out) = (parameters.get(1).copied(), &mut out.values[..]);
        match &input.events {
            Some(events) if !crowded(events, input) => {
                f32::dispatch_wide(context.level, FromEvents { conv: self, events, bias, out });
            }
            _ => {
                let mut buffer = Vec::new();
                let values = input.dense(&mut buffer);
                f32::dispatch_wide(context.level, FromAll { conv: self, values, bias, out });
            }
        }
    }

    fn backward(&self, context: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        if let ([input], [Some(gradient)]) = (back.inputs, back.gradients)
            && input.reach != Reach::Nowhere
        {
            let (reach, upstream) = (&input.reach, back.upstream);
            f32::dispatch_wide(context.level, ToInputs { conv: self, reach, upstream, gradient });
        }
    }

    fn operation(&self) -> Option<Operation<'_>> {
        Some(Operation::Conv { windows: self.windows.at(), groups: self.groups })
    }

    fn gathers(&self) -> bool {
        true
    }

    fn gather(&self, context: &Context<'_>, seen: &[StepError<'_>], raw: &mut [Vec<f32>]) {
        f32::dispatch_wide(context.level, ToWeights { conv: self, seen, raw });
    }

    /// The gradient of the weights is gathered in the order of `weights`.
    fn finish_gradients(&self, mut raw: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        if let Some(weight) = raw.first_mut() {
            let from = std::mem::take(weight);
            weight.resize(from.len(), 0.0);
            self.each_weight(|p, w, _| weight[p] = from[w]);
        }
        raw
    }

    fn synaptic_operations(&self, inputs: &[&Signal], counted: &dyn Fn(usize) -> bool) -> u64 {
        let [input] = inputs else { return 0 };
        let places = self.seen.len();
        let of = |sample: usize| -> u64 {
            match &input.events {
                Some(events) => {
                    let place = |i: &u32| &self.seen[(*i % places as u32) as usize];
                    events.of(sample).0.iter().map(|i| u64::from(place(i).windows)).sum()
                }
                None => {
                    let maps = input.sample(sample).chunks_exact(places);
                    let active = maps.flat_map(|map| map.iter().zip(&self.seen)).filter(|(v, _)| **v != 0.0);
                    active.map(|(_, seen)| u64::from(seen.windows)).sum()
                }
            }
        };
        let sum: u64 = (0..input.samples).filter(|s| counted(*s)).map(of).sum();
        sum * self.outputs_of_group() as u64
    }

    fn reads_output(&self) -> bool {
        false
    }

    fn is_static(&self) -> bool {
        true
    }

    fn connection(&self, place: &str) -> Result<Option<Connection>> {
        let w = &self.windows;
        let axes = &[w.rows, w.columns][2 - w.axes..];
        let each = |f: fn(&Axis) -> usize| axes.iter().map(f).collect::<Vec<usize>>();
        let input: Vec<usize> = [w.channels].into_iter().chain(each(|a| a.input)).collect();
        let kernels = Kernels {
            outputs: self.outputs,
            kernel: &each(|a| a.kernel),
            stride: &each(|a| a.stride),
            padding: &each(|a| a.padding),
            dilation: &each(|a| a.dilation),
            groups: self.groups,
        };
        Connection::convolution(place, kernels, &input).map(Some)
    }
}
