//! `Conv`: a convolution over one or two axes.

mod kernels;
#[cfg(test)]
mod tests;

use rheobase_models::lanes::Elem;

use self::kernels::{FromAll, FromEvents, ToInputs, ToWeights};
use crate::network::describe;
use crate::network::operator::{Back, Context, Operator, Seen};
use crate::network::signal::{Reach, Signal};
use crate::plasticity::Connection;
use crate::vision::Kernels;
use crate::vision::windows::{Axis, Lists, Run, Targets, Windows};
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
    columns: Targets,
    /// Output channels.
    outputs: usize,
    groups: usize,
    /// `[input channel, tap, output channel of the group]`: lanes run across output channels.
    weights: Vec<f32>,
    /// `[output channel, tap, input channel of the group]`: lanes run across input channels.
    back: Vec<f32>,
}

/// Where a feature of the input is.
#[derive(Clone, Copy)]
struct Place {
    channel: usize,
    row: Run,
    column: Run,
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
        Ok(Conv {
            name: place.into(),
            rows: Targets::new(&windows.rows),
            columns: Targets::new(&windows.columns),
            windows,
            outputs: conv.outputs,
            groups: conv.groups,
            weights: vec![0.0; size],
            back: vec![0.0; size],
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

    /// Where feature `i` of the input is.
    #[inline(always)]
    fn place(&self, i: usize) -> Place {
        let (places, columns) = (self.windows.places(), self.windows.columns.input);
        let at = i % places;
        Place { channel: i / places, row: self.rows.of(at / columns), column: self.columns.of(at % columns) }
    }

    /// Calls `f` for each weight with its position in the parameter, in `weights` and in `back`.
    fn each_weight(&self, mut f: impl FnMut(usize, usize, usize)) {
        let (taps, inputs, outputs) = (self.windows.taps(), self.inputs_of_group(), self.outputs_of_group());
        for o in 0..self.outputs {
            let group = o / outputs;
            for c in 0..inputs {
                for tap in 0..taps {
                    let forward = ((group * inputs + c) * taps + tap) * outputs + o % outputs;
                    f((o * inputs + c) * taps + tap, forward, (o * taps + tap) * inputs + c);
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

impl Operator for Conv {
    fn refresh(&mut self, parameters: &[&[f32]]) -> Result<()> {
        let Some((from, bias)) = parameters.split_first() else { return Ok(()) };
        let lengths = [("weight", from.len(), self.weights.len())];
        let of_bias = bias.first().map(|b| ("bias", b.len(), self.outputs));
        if let Some((field, got, want)) =
            lengths.into_iter().chain(of_bias).find(|(_, got, want)| got != want)
        {
            return Err(Error::Shape {
                place: self.name.clone(),
                field: field.into(),
                got: format!("[{got}]"),
                want: format!("{want} numbers are needed"),
            });
        }
        let (mut weights, mut back) = (std::mem::take(&mut self.weights), std::mem::take(&mut self.back));
        self.each_weight(|p, w, b| (weights[w], back[b]) = (from[p], from[p]));
        (self.weights, self.back) = (weights, back);
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
        out.zeros(input.samples, self.width());
        let (bias, out) = (parameters.get(1).copied(), &mut out.values[..]);
        match &input.events {
            Some(events) => f32::dispatch_wide(context.level, FromEvents { conv: self, events, bias, out }),
            None => {
                f32::dispatch_wide(context.level, FromAll { conv: self, values: &input.values, bias, out })
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

    fn gathers(&self) -> bool {
        true
    }

    fn gather(&self, context: &Context<'_>, seen: &[Seen<'_>], raw: &mut [Vec<f32>]) {
        f32::dispatch_wide(context.level, ToWeights { conv: self, seen, raw });
    }

    /// The gradient of the weights is gathered in the order of `weights`.
    fn settle_gradients(&self, mut raw: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        if let Some(weight) = raw.first_mut() {
            let from = std::mem::take(weight);
            weight.resize(from.len(), 0.0);
            self.each_weight(|p, w, _| weight[p] = from[w]);
        }
        raw
    }

    fn synaptic_operations(&self, inputs: &[&Signal], counted: &dyn Fn(usize) -> bool) -> u64 {
        let [input] = inputs else { return 0 };
        let windows = |i: usize| {
            let place = self.place(i);
            (place.row.count * place.column.count) as u64
        };
        let of = |sample: usize| -> u64 {
            match &input.events {
                Some(events) => events.of(sample).0.iter().map(|i| windows(*i as usize)).sum(),
                None => {
                    let active = input.sample(sample).iter().enumerate().filter(|(_, v)| **v != 0.0);
                    active.map(|(i, _)| windows(i)).sum()
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
