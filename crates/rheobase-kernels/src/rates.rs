//! Neurons as their rate curves: what they send in the mean under constant input, with its derivative.

use std::marker::PhantomData;

use rheobase_models::dual::Dual;
use rheobase_models::lanes::{Kernel, Lanes};
use rheobase_models::neuron::Neuron;
use rheobase_models::record::Record;

use crate::advance::block;
use crate::column::Column;

/// The curves of all neurons of some samples.
pub struct Rates<'a> {
    /// Parameters of the layer, in the model's order.
    pub params: &'a [Column<f32>],
    /// Width of the smoothing at threshold, if the curve is smoothed.
    pub smoothing: Option<f32>,
    /// Neurons of the layer.
    pub neurons: usize,
    /// Input, `[sample, neuron]`.
    pub x: &'a [f32],
    /// The curve at the input, `[sample, neuron]`; left as it is where the model has no curve.
    pub values: &'a mut [f32],
    /// Its derivative with respect to the input, if that is wanted.
    pub slopes: Option<&'a mut [f32]>,
}

impl Rates<'_> {
    /// The same number by number: `curve` gives value and derivative from a neuron's parameters and input.
    pub fn one_by_one(self, curve: impl Fn(&[f64], Option<f64>, f64) -> Option<(f64, f64)>) {
        let Rates { params, smoothing, neurons, x, values, mut slopes } = self;
        for (i, x) in x.iter().enumerate() {
            let params: Vec<f64> = params.iter().map(|c| f64::from(c.get(i % neurons.max(1)))).collect();
            let Some((value, slope)) = curve(&params, smoothing.map(f64::from), f64::from(*x)) else {
                return;
            };
            values[i] = value as f32;
            if let Some(slopes) = &mut slopes {
                slopes[i] = slope as f32;
            }
        }
    }
}

pub(crate) struct RatesKernel<'a, N> {
    job: Rates<'a>,
    model: PhantomData<N>,
}

impl<'a, N> RatesKernel<'a, N> {
    pub(crate) fn new(job: Rates<'a>) -> Self {
        RatesKernel { job, model: PhantomData }
    }
}

impl<N: Neuron> Kernel<f32> for RatesKernel<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let Rates { params, smoothing, neurons, x, values, mut slopes } = self.job;
        for first in (0..x.len()).step_by(neurons.max(1)) {
            let row = first..(first + neurons).min(x.len());
            for b in 0..row.len().div_ceil(V::WIDTH) {
                let start = block::<V>(b) * V::WIDTH;
                let lanes = row.start + start..row.end;
                let p = N::Params::<Dual<V, [V; 1]>>::from_fn(
                    #[inline(always)]
                    |i| Dual::constant(params[i].lanes(start)),
                );
                let smoothing = smoothing.map(
                    #[inline(always)]
                    |sigma| Dual::constant(V::broadcast(sigma)),
                );
                let x = Dual { value: V::load(&x[lanes.clone()]), tangent: [V::one()] };
                let Some(y) = N::training(&p, smoothing, x) else { return };
                y.value.store(&mut values[lanes.clone()]);
                if let Some(slopes) = &mut slopes {
                    y.tangent[0].store(&mut slopes[lanes]);
                }
            }
        }
    }
}
