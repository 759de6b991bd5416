//! The two phases of a step that a model writes, over slices: what stands between them (firing, competition, probes)
//! needs to know no model.
//!
//! The numbers are those of the other loops, bit for bit.

use std::marker::PhantomData;

use rheobase_models::lanes::{Elem, Kernel, Lanes};
use rheobase_models::neuron::{Fired, Neuron};
use rheobase_models::phases::{fire, settle};
use rheobase_models::real::Mask;
use rheobase_models::record::Record;

use crate::advance::block;
use crate::column::Column;

/// Phases 1 and 2 of some neurons of one sample: the state is advanced under the input, and it is decided who fires.
/// Slices have one number per neuron.
pub struct Integrate<'a, E: Elem> {
    /// Coefficients of the layer.
    pub coeffs: &'a [Column<E>],
    /// The first of the neurons within the layer.
    pub first: usize,
    /// State, field by field: in, before the step; out, integrated and not yet reset.
    pub state: &'a mut [Vec<E>],
    /// Where in each field these neurons begin.
    pub at: usize,
    /// Input.
    pub x: &'a [E],
    /// Which neurons the layer holds silent (> 0), if it can.
    pub held: Option<&'a [E]>,
    /// What each neuron fires: 0, 1 or a count.
    pub own: &'a mut [E],
    /// What firing was decided on, and where the surrogate's slope is to be taken, if they are wanted.
    pub drive: Option<(&'a mut [E], &'a mut [E])>,
}

/// Phase 4 of the same neurons: resets, jumps, and what leaves.
pub struct Emit<'a, E: Elem> {
    /// Coefficients of the layer.
    pub coeffs: &'a [Column<E>],
    /// The first of the neurons within the layer.
    pub first: usize,
    /// State, field by field: in, integrated; out, after the step.
    pub state: &'a mut [Vec<E>],
    /// Where in each field these neurons begin.
    pub at: usize,
    /// Input.
    pub x: &'a [E],
    /// What each neuron fired.
    pub own: &'a [E],
    /// The sum of what the layer fired, for models that ask for it; else 0.
    pub layer: E,
    /// Whether the state is settled after this step.
    pub settling: bool,
    /// What leaves.
    pub out: &'a mut [E],
    /// When within the step it leaves, if that is wanted.
    pub offsets: Option<&'a mut [E]>,
}

pub(crate) struct IntegrateKernel<'a, N, E: Elem> {
    job: Integrate<'a, E>,
    model: PhantomData<N>,
}

impl<'a, N, E: Elem> IntegrateKernel<'a, N, E> {
    pub(crate) fn new(job: Integrate<'a, E>) -> Self {
        IntegrateKernel { job, model: PhantomData }
    }
}

impl<N: Neuron, E: Elem> Kernel<E> for IntegrateKernel<'_, N, E> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        let mut job = self.job;
        let count = job.x.len();
        for b in 0..count.div_ceil(V::WIDTH) {
            let start = block::<V>(b) * V::WIDTH;
            let k = coeffs::<N, V>(job.coeffs, job.first + start);
            let s = load::<N, V>(job.state, job.at + start, job.at + count);
            let x = V::load(&job.x[start..]);
            let held = match job.held {
                Some(held) => V::load(&held[start..]).gt(V::zero()),
                None => V::Mask::splat(false),
            };
            let s = N::integrate(&k, s, x, held);
            fire::<N, V>(&k, &s, x, held, &N::INFO.surrogate).store(&mut job.own[start..]);
            if let Some((margin, through)) = &mut job.drive {
                let drive = N::drive(&k, &s, x);
                drive.margin.store(&mut margin[start..]);
                drive.through.store(&mut through[start..]);
            }
            store::<N, V>(s, job.state, job.at + start, job.at + count);
        }
    }
}

pub(crate) struct EmitKernel<'a, N, E: Elem> {
    job: Emit<'a, E>,
    model: PhantomData<N>,
}

impl<'a, N, E: Elem> EmitKernel<'a, N, E> {
    pub(crate) fn new(job: Emit<'a, E>) -> Self {
        EmitKernel { job, model: PhantomData }
    }
}

impl<N: Neuron, E: Elem> Kernel<E> for EmitKernel<'_, N, E> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        let mut job = self.job;
        let layer = V::broadcast(job.layer);
        let count = job.x.len();
        for b in 0..count.div_ceil(V::WIDTH) {
            let start = block::<V>(b) * V::WIDTH;
            let k = coeffs::<N, V>(job.coeffs, job.first + start);
            let s = load::<N, V>(job.state, job.at + start, job.at + count);
            let fired = Fired { own: V::load(&job.own[start..]), layer };
            let (s, out) = N::emit(&k, s, V::load(&job.x[start..]), fired);
            let s = if job.settling { settle(s) } else { s };
            store::<N, V>(s, job.state, job.at + start, job.at + count);
            out.value.store(&mut job.out[start..]);
            if let Some(offsets) = &mut job.offsets {
                out.offset.store(&mut offsets[start..]);
            }
        }
    }
}

/// The coefficients of the neurons from `first` on.
#[inline(always)]
fn coeffs<N: Neuron, V: Lanes>(columns: &[Column<V::Elem>], first: usize) -> N::Coeffs<V> {
    N::Coeffs::<V>::from_fn(
        #[inline(always)]
        |i| columns[i].lanes(first),
    )
}

/// The state of the neurons from `start` on, before `end`.
#[inline(always)]
fn load<N: Neuron, V: Lanes>(state: &[Vec<V::Elem>], start: usize, end: usize) -> N::State<V> {
    N::State::<V>::from_fn(
        #[inline(always)]
        |i| V::load(&state[i][start..end]),
    )
}

/// Writes it back.
#[inline(always)]
fn store<N: Neuron, V: Lanes>(s: N::State<V>, state: &mut [Vec<V::Elem>], start: usize, end: usize) {
    for i in 0..N::State::<V>::FIELDS.len() {
        s.get(i).store(&mut state[i][start..end]);
    }
}
