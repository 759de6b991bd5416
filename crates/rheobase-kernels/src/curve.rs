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
use crate::source::RowAt;

/// Whether `N` has no state.
pub(crate) const fn is_curve<N: Neuron>() -> bool {
    N::State::<f64>::FIELDS.is_empty()
}

/// [`Kernels::advance`](crate::Kernels::advance) of a model without state.
pub(crate) fn run<N: Neuron, E: Elem>(level: Level, mut job: Advance<'_, E>) {
    let count = job.at.count;
    let numbers = || vec![E::default(); count];
    let (mut buffer, mut out, mut offsets) = (numbers(), numbers(), numbers());
    for t in 0..job.steps {
        let at = RowAt { step: job.at.step + t, since_reset: job.at.since_reset + t as u64, ..job.at };
        let x = job.input.row(at, &mut buffer);
        let (coeffs, first) = (job.coeffs, job.first);
        let (out, offsets) = (&mut out[..], &mut offsets[..]);
        let finite = match job.sink {
            // Nothing is left of such a step.
            Sink::None => E::dispatch(level, Finite(x)),
            _ => {
                E::dispatch(level, CurveKernel::<N, E> { coeffs, first, x, out, offsets, model: PhantomData })
            }
        };
        if !finite {
            job.bad_input.get_or_insert(t);
            return;
        }
        write(&mut job.sink, t, out, offsets);
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
            out.offset.store(&mut self.offsets[start..]);
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
