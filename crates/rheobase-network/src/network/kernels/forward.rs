//! From inputs to outputs: out of events, or out of all values.

use std::ops::Range;

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level, prefetch};

use super::{GROUP, end, products};
use crate::network::signal::{Events, Signal};
use rheobase_base::vector::all_ones;

/// A step of the product `input · weights + bias` for a tile.
pub(crate) struct Product<'a> {
    /// `[input, output]`.
    pub(crate) weights: &'a [f32],
    pub(crate) bias: Option<&'a [f32]>,
    pub(crate) input: &'a Signal,
    pub(crate) outputs: usize,
    /// `[sample, output]`: written.
    pub(crate) out: &'a mut [f32],
}

/// Out of events where the signal has them, out of all values otherwise.
pub(crate) fn forward(level: Level, product: Product<'_>) {
    match &product.input.events {
        Some(events) => {
            let ones = all_ones(level, &events.value);
            f32::dispatch_wide(level, FromEvents { events, ones, product });
        }
        None => f32::dispatch_wide(level, FromAll(product)),
    }
}

struct FromEvents<'a> {
    events: &'a Events,
    /// Whether all values are 1.
    ones: bool,
    product: Product<'a>,
}

impl Kernel<f32> for FromEvents<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let p = self.product;
        for sample in 0..p.input.samples {
            let out = &mut p.out[sample * p.outputs..(sample + 1) * p.outputs];
            let (index, value) = self.events.of(sample);
            blocks!(V, p.outputs, 16 8, |o, N| {
                let end = end::<V, N>(o, p.outputs);
                let mut sums = [V::zero(); N];
                if self.ones {
                    for i in index {
                        let row = &p.weights[*i as usize * p.outputs + o..*i as usize * p.outputs + end];
                        for r in 0..N {
                            sums[r] = sums[r] + V::load(&row[r * V::WIDTH..]);
                        }
                    }
                } else {
                    for k in 0..index.len() {
                        let row = index[k] as usize * p.outputs;
                        let (row, v) = (&p.weights[row + o..row + end], V::broadcast(value[k]));
                        for r in 0..N {
                            sums[r] = sums[r] + v * V::load(&row[r * V::WIDTH..]);
                        }
                    }
                }
                finish::<V, N>(sums, p.bias, o, &mut out[o..end]);
            });
        }
    }
}

/// Adds the bias of the outputs from `o` on and writes the sums.
#[inline(always)]
fn finish<V: Lanes<Elem = f32>, const N: usize>(
    sums: [V; N],
    bias: Option<&[f32]>,
    o: usize,
    out: &mut [f32],
) {
    for r in 0..N {
        let at = r * V::WIDTH;
        let sum = match bias {
            Some(bias) => sums[r] + V::load(&bias[o + at..]),
            None => sums[r],
        };
        sum.store(&mut out[at..]);
    }
}

struct FromAll<'a>(Product<'a>);

/// Rows of weights that are read side by side, a line of each at a time: so few that a processor sees where each goes on. No
/// result depends on it.
const ROWS: usize = 16;

impl Kernel<f32> for FromAll<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let mut p = self.0;
        let (inputs, samples) = (p.input.width, p.input.samples);
        let grouped = samples / GROUP * GROUP;
        // Groups of samples share a loaded weight: `[group][input][sample]`.
        let mut values = vec![0.0; grouped * inputs];
        for s in 0..grouped {
            let (group, k) = (s / GROUP * GROUP * inputs, s % GROUP);
            let from = p.input.sample(s);
            for i in 0..inputs {
                values[group + i * GROUP + k] = from[i];
            }
        }
        // Some rows of weights for all samples, then the next: sums wait in their places.
        for start in (0..inputs.max(1)).step_by(ROWS) {
            let rows = Rows { range: start..inputs.min(start + ROWS), last: start + ROWS >= inputs };
            blocks!(V, p.outputs, 4 2, |o, N| {
                let end = end::<V, N>(o, p.outputs);
                for i in rows.range.clone() {
                    prefetch(&p.weights[i * p.outputs + o..i * p.outputs + end], N * V::WIDTH);
                }
                for first in (0..grouped).step_by(GROUP) {
                    let values = &values[first * inputs..(first + GROUP) * inputs];
                    rows.add::<V, GROUP, N>(&mut p, first, o, values);
                }
                let input = p.input;
                for sample in grouped..samples {
                    rows.add::<V, 1, N>(&mut p, sample, o, input.sample(sample));
                }
            });
        }
    }
}

/// Some rows of weights.
struct Rows {
    range: Range<usize>,
    /// Whether they are the last ones.
    last: bool,
}

impl Rows {
    /// Adds to `N` registers of outputs from `o` on, of `S` samples from `first` on whose values are `[input][sample]`.
    #[inline(always)]
    fn add<V: Lanes<Elem = f32>, const S: usize, const N: usize>(
        &self,
        p: &mut Product<'_>,
        first: usize,
        o: usize,
        values: &[f32],
    ) {
        let (end, outputs) = (end::<V, N>(o, p.outputs), p.outputs);
        let place = |s: usize| (first + s) * outputs + o..(first + s) * outputs + end;
        let mut sums = [[V::zero(); N]; S];
        if self.range.start > 0 {
            for s in 0..S {
                let from = &p.out[place(s)];
                for r in 0..N {
                    sums[s][r] = V::load(&from[r * V::WIDTH..]);
                }
            }
        }
        let weights = &p.weights[(self.range.start * outputs + o).min(p.weights.len())..];
        let values = &values[self.range.start * S..self.range.end * S];
        let sums = products::<V, S, N>(sums, values, weights, (outputs, end - o));
        let bias = if self.last { p.bias } else { None };
        for s in 0..S {
            finish::<V, N>(sums[s], bias, o, &mut p.out[place(s)]);
        }
    }
}
