//! Models without state through time: each step is a curve of its input, so what the other loops carry does not exist.
//!
//! The numbers are those of the other loops, bit for bit.

use std::marker::PhantomData;

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};
use rheobase_models::neuron::Neuron;
use rheobase_models::phases::step;
use rheobase_models::real::Mask;
use rheobase_models::record::Record;

use crate::advance::{Advance, Sink, block, is_number};
use crate::column::Column;
use crate::kernels::write;
use crate::source::{Input, RowAt};

/// Whether `N` has no state.
pub(crate) const fn is_curve<N: Neuron>() -> bool {
    N::State::<f64>::FIELDS.is_empty()
}

/// [`Kernels::advance`](crate::Kernels::advance) of a model without state.
pub(crate) fn run<N: Neuron, E: Elem>(level: Level, mut job: Advance<'_, E>) {
    let count = job.at.count;
    // An array is read where it stands, dense output is written where it stays, and events alone have offsets.
    let numbers = |needed: bool| vec![E::default(); if needed { count } else { 0 }];
    let mut buffer = numbers(!matches!(job.input, Input::Array(_)));
    let mut out = numbers(matches!(job.sink, Sink::Bits(_) | Sink::Events(_)));
    let mut offsets = numbers(matches!(job.sink, Sink::Events(_)));
    for t in 0..job.steps {
        let at = RowAt { step: job.at.step + t, since_reset: job.at.since_reset + t as u64, ..job.at };
        let x = job.input.row(at, &mut buffer);
        let (coeffs, first) = (job.coeffs, job.first);
        let mut curve = |out: &mut [E]| {
            let (offsets, model) = (&mut offsets[..], PhantomData);
            E::dispatch(level, CurveKernel::<N, E> { coeffs, first, x, out, offsets, model })
        };
        let finite = match &mut job.sink {
            // Nothing is left of such a step.
            Sink::None => E::dispatch(level, Finite(x)),
            Sink::Dense(dense) => {
                let start = dense.len();
                dense.resize(start + count, E::default());
                curve(&mut dense[start..])
            }
            Sink::Bits(_) | Sink::Events(_) => curve(&mut out),
        };
        if !finite {
            job.bad_input.get_or_insert(t);
            return;
        }
        if !out.is_empty() {
            write(&mut job.sink, t, &out, &offsets);
        }
    }
    *job.has_nan = false;
}

/// What leaves some neurons in one step, and whether their input was finite.
struct CurveKernel<'a, N, E: Elem> {
    coeffs: &'a [Column<E>],
    first: usize,
    x: &'a [E],
    out: &'a mut [E],
    offsets: &'a mut [E],
    model: PhantomData<N>,
}

impl<N: Neuron, E: Elem> Kernel<E> for CurveKernel<'_, N, E> {
    type Output = bool;

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) -> bool {
        let held = V::Mask::splat(false);
        let mut zero = V::zero();
        for b in 0..self.x.len().div_ceil(V::WIDTH) {
            let start = block::<V>(b) * V::WIDTH;
            let k = N::Coeffs::<V>::from_fn(
                #[inline(always)]
                |i| self.coeffs[i].lanes(self.first + start),
            );
            let none = N::State::<V>::from_fn(
                #[inline(always)]
                |_| V::zero(),
            );
            let x = V::load(&self.x[start..]);
            let (_, _, out) = step::<N, V>(&k, none, x, held, V::zero(), &N::INFO.surrogate);
            out.value.store(&mut self.out[start..]);
            if !self.offsets.is_empty() {
                out.offset.store(&mut self.offsets[start..]);
            }
            zero = zero + x * V::zero();
        }
        is_number(zero)
    }
}

/// Whether all numbers are finite.
struct Finite<'a, E>(&'a [E]);

impl<E: Elem> Kernel<E> for Finite<'_, E> {
    type Output = bool;

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) -> bool {
        let mut zero = V::zero();
        for b in 0..self.0.len().div_ceil(V::WIDTH) {
            zero = zero + V::load(&self.0[block::<V>(b) * V::WIDTH..]) * V::zero();
        }
        is_number(zero)
    }
}
