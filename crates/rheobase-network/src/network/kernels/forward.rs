//! From inputs to outputs: out of events, or out of all values.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use super::{GROUP, end, pack, products};
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
        for (sample, out) in p.out.chunks_exact_mut(p.outputs).enumerate() {
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
                    for (i, v) in index.iter().zip(value) {
                        let row = &p.weights[*i as usize * p.outputs + o..*i as usize * p.outputs + end];
                        let v = V::broadcast(*v);
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

impl Kernel<f32> for FromAll<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let mut p = self.0;
        let (inputs, samples) = (p.input.width, p.input.samples);
        let grouped = samples / GROUP * GROUP;
        // Groups of samples share a loaded weight: `[group][input][sample]`.
        let mut values = Vec::with_capacity(grouped * inputs);
        for group in p.input.values.chunks_exact((GROUP * inputs).max(1)) {
            for i in 0..inputs {
                for s in 0..GROUP {
                    values.push(group[s * inputs + i]);
                }
            }
        }
        let mut weights = Vec::new();
        blocks!(V, p.outputs, 4 2, |o, N| {
            let end = end::<V, N>(o, p.outputs);
            if grouped > 0 {
                weights.resize(inputs * N * V::WIDTH, 0.0);
                pack::<V, N>(p.weights.chunks_exact(p.outputs), o..end, &mut weights);
            }
            for first in (0..grouped).step_by(GROUP) {
                let sums = products::<V, N>(&values[first * inputs..(first + GROUP) * inputs], &weights);
                for s in 0..GROUP {
                    let start = (first + s) * p.outputs;
                    finish::<V, N>(sums[s], p.bias, o, &mut p.out[start + o..start + end]);
                }
            }
            for sample in grouped..samples {
                one::<V, N>(&mut p, sample, o);
            }
        });
    }
}

/// `N` registers of outputs from `o` on, of one sample.
#[inline(always)]
fn one<V: Lanes<Elem = f32>, const N: usize>(p: &mut Product<'_>, sample: usize, o: usize) {
    let (end, start) = (end::<V, N>(o, p.outputs), sample * p.outputs);
    let mut sums = [V::zero(); N];
    for (x, row) in p.input.sample(sample).iter().zip(p.weights.chunks_exact(p.outputs)) {
        let (x, row) = (V::broadcast(*x), &row[o..end]);
        for r in 0..N {
            sums[r] = sums[r] + x * V::load(&row[r * V::WIDTH..]);
        }
    }
    finish::<V, N>(sums, p.bias, o, &mut p.out[start + o..start + end]);
}
