//! One step of a layer of independent neurons for several samples: what a network needs of it.
//!
//! The numbers are those of the other two loops, bit for bit.

use std::marker::PhantomData;

use rheobase_models::Surrogate;
use rheobase_models::lanes::{Elem, Kernel, Lanes};
use rheobase_models::neuron::{BackwardReads, Fired, Neuron};
use rheobase_models::phases::{fire, settle};
use rheobase_models::real::Mask;
use rheobase_models::record::Record;

use crate::advance::block;
use crate::column::Column;

/// One step of all neurons of some samples.
pub struct Step<'a, E: Elem> {
    /// Coefficients of the layer.
    pub coeffs: &'a [Column<E>],
    /// Neurons of the layer.
    pub neurons: usize,
    /// Samples.
    pub samples: usize,
    /// State, field by field, `[sample, neuron]`; advanced.
    pub state: &'a mut [Vec<E>],
    /// Whether the state is settled after this step.
    pub settling: bool,
    /// Input, `[sample, neuron]`.
    pub x: &'a [E],
    /// What leaves, `[sample, neuron]`.
    pub out: &'a mut [E],
    /// A bit for every neuron that something left, whole words per sample.
    pub spikes: &'a mut [u64],
    /// A bit for every neuron whose spike has a slope, whole words per sample; not looked for if absent.
    pub reach: Option<(&'a Surrogate, &'a mut [u64])>,
    /// The potential before the reset, `[sample, neuron]`, of a model of which the backward pass reads nothing else; not written if absent.
    pub integrated: Option<&'a mut [E]>,
}

pub(crate) struct StepKernel<'a, N, E: Elem> {
    pub(crate) job: Step<'a, E>,
    model: PhantomData<N>,
}

impl<'a, N, E: Elem> StepKernel<'a, N, E> {
    pub(crate) fn new(job: Step<'a, E>) -> Self {
        StepKernel { job, model: PhantomData }
    }
}

impl<N: Neuron, E: Elem> Kernel<E> for StepKernel<'_, N, E> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        samples::<N, V>(self.job);
    }
}

#[inline(always)]
fn samples<N: Neuron, V: Lanes>(job: Step<'_, V::Elem>) {
    let words = job.neurons.div_ceil(64);
    let held = V::Mask::splat(false);
    job.spikes.fill(0);
    let (mut reach, mut integrated) = (job.reach, job.integrated);
    if let Some((_, reach)) = &mut reach {
        reach.fill(0);
    }
    for sample in 0..job.samples {
        let start = sample * job.neurons;
        let mut first = 0;
        while first < job.neurons {
            let b = block::<V>(first / V::WIDTH);
            let count = V::WIDTH.min(job.neurons - first);
            let lanes = start + first..start + first + count;
            let s = N::State::<V>::from_fn(
                #[inline(always)]
                |i| V::load(&job.state[i][lanes.clone()]),
            );
            let k = N::Coeffs::<V>::from_fn(
                #[inline(always)]
                |i| job.coeffs[i].lanes(b * V::WIDTH),
            );
            let x = V::load(&job.x[lanes.clone()]);
            let s = N::integrate(&k, s, x, held);
            if const { matches!(N::INFO.backward_reads, BackwardReads::Potential) }
                && let Some(integrated) = &mut integrated
            {
                s.get(0).store(&mut integrated[lanes.clone()]);
            }
            if let Some((surrogate, reach)) = &mut reach {
                let slope = V::slope(*surrogate, N::drive(&k, &s, x).through);
                let there = V::bits(!slope.abs().le(V::zero())) & low_bits(count);
                reach[sample * words + first / 64] |= there << (first % 64);
            }
            let own = fire::<N, V>(&k, &s, x, held, &N::INFO.surrogate);
            let (s, out) = N::emit(&k, s, x, Fired { own, layer: V::zero() });
            let s = if job.settling { settle(s) } else { s };
            for i in 0..N::State::<V>::FIELDS.len() {
                s.get(i).store(&mut job.state[i][lanes.clone()]);
            }
            let left = V::bits(out.value.abs().gt(V::zero())) & low_bits(count);
            job.spikes[sample * words + first / 64] |= left << (first % 64);
            out.value.store(&mut job.out[lanes]);
            first += V::WIDTH;
        }
    }
}

/// The lowest `count` bits.
#[inline(always)]
fn low_bits(count: usize) -> u64 {
    u64::MAX >> (64 - count)
}
