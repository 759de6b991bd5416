//! From inputs to outputs: out of events, or out of all values.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use super::end;
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
        // The weights of some outputs for all samples, then those of the next: so they stay at hand.
        blocks!(V, p.outputs, 4 2, |o, N| {
            let mut sample = 0;
            // Samples that share a loaded weight.
            while sample + 4 <= p.input.samples {
                block::<V, 4, N>(&mut p, sample, o);
                sample += 4;
            }
            while sample < p.input.samples {
                block::<V, 1, N>(&mut p, sample, o);
                sample += 1;
            }
        });
    }
}

/// `N` registers of outputs from `o` on, of `S` samples.
#[inline(always)]
fn block<V: Lanes<Elem = f32>, const S: usize, const N: usize>(p: &mut Product<'_>, first: usize, o: usize) {
    let (inputs, end) = (p.input.width, end::<V, N>(o, p.outputs));
    let values = &p.input.values[first * inputs..(first + S) * inputs];
    let mut sums = [[V::zero(); N]; S];
    for (i, row) in p.weights.chunks_exact(p.outputs).enumerate() {
        let row = &row[o..end];
        let mut w = [V::zero(); N];
        for r in 0..N {
            w[r] = V::load(&row[r * V::WIDTH..]);
        }
        for s in 0..S {
            let x = V::broadcast(values[s * inputs + i]);
            for r in 0..N {
                sums[s][r] = sums[s][r] + x * w[r];
            }
        }
    }
    for s in 0..S {
        let start = (first + s) * p.outputs;
        finish::<V, N>(sums[s], p.bias, o, &mut p.out[start + o..start + end]);
    }
}
