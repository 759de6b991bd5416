//! One step backwards: the adjoint pulled through a step's local Jacobian.
//!
//! No model has a backward pass of its own: the step is evaluated over duals, and the adjoint of what it gave is
//! applied to its Jacobian. Going back through time is calling this from the last step to the first.

use std::marker::PhantomData;

use rheobase_models::Surrogate;
use rheobase_models::dual::{Dual, Tangent};
use rheobase_models::lanes::{Elem, Kernel, Lanes};
use rheobase_models::neuron::{BackwardReads, Fired, Neuron};
use rheobase_models::phases::fire;
use rheobase_models::real::{Mask, Real};
use rheobase_models::record::Record;

use crate::advance::block;
use crate::column::{Coefficients, Column};
use rheobase_base::virtual_lane_sum;

/// One step of all neurons of some samples, backwards.
pub struct Backward<'a, E: Elem> {
    /// Coefficients of the layer.
    pub coeffs: &'a [Column<E>],
    /// The first neuron of this job within the layer.
    pub first: usize,
    /// Neurons of this job.
    pub neurons: usize,
    /// Samples of this job.
    pub samples: usize,
    /// What a spike's derivative is replaced by.
    pub surrogate: &'a Surrogate,
    /// Whether the gradient stops at the reset.
    pub detach_reset: bool,
    /// State before the step, field by field, `[sample, neuron]`. Empty for 0, where [`BackwardReads`] says that no state is read: `x` then
    /// is the potential before the reset, or anything if that is not read either.
    pub state: &'a [&'a [E]],
    /// Input of the step.
    pub x: &'a [E],
    /// Which neurons the layer held (> 0), if it can.
    pub held: Option<&'a [E]>,
    /// The layer's sum of spikes, if the model was given one; then there is one sample.
    pub layer_sum: Option<E>,
    /// dL/d output.
    pub output: &'a [E],
    /// dL/d state, field by field: in, after the step; out, before it.
    pub adjoint: &'a mut [Vec<E>],
    /// dL/d input: written.
    pub input: &'a mut [E],
    /// dL/d coefficient, per neuron, sample by sample added to; empty if they are not wanted.
    pub of_coeffs: &'a mut [Vec<E>],
}

pub(crate) struct BackwardKernel<'a, N, E: Elem> {
    job: Backward<'a, E>,
    model: PhantomData<N>,
}

impl<'a, N, E: Elem> BackwardKernel<'a, N, E> {
    pub(crate) fn new(job: Backward<'a, E>) -> Self {
        BackwardKernel { job, model: PhantomData }
    }
}

type Jet<N, V> = <<N as Neuron>::State<V> as Record<V>>::Jet;

impl<N: Neuron, E: Elem> Kernel<E> for BackwardKernel<'_, N, E> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        let mut job = self.job;
        let coeffs = Coefficients::of(job.coeffs);
        let layer_adjoint = match job.layer_sum {
            Some(_) if const { N::INFO.layer_sum.is_some() } => layer_adjoint::<N, V>(&job, &coeffs),
            _ => V::zero(),
        };
        let words = job.neurons.div_ceil(V::WIDTH);
        for sample in 0..job.samples {
            for b in 0..words {
                let b = block::<V>(b);
                back::<N, V>(&mut job, &coeffs, sample, b, layer_adjoint);
            }
        }
    }
}

/// A block of neurons as it went into the step.
struct StepInputs<N: Neuron, V: Lanes> {
    k: N::Coeffs<V>,
    s: N::State<V>,
    x: V,
    held: V::Mask,
    layer: V,
    adjoint: N::State<V>,
    upstream: V,
}

impl<N: Neuron, V: Lanes> StepInputs<N, V> {
    #[inline(always)]
    fn load(job: &Backward<'_, V::Elem>, coeffs: &Coefficients<'_, N, V>, sample: usize, b: usize) -> Self {
        let first = b * V::WIDTH;
        let count = V::WIDTH.min(job.neurons - first);
        let start = sample * job.neurons + first;
        let lanes = start..start + count;
        StepInputs {
            k: coeffs.at(job.first + first),
            s: N::State::<V>::from_fn(
                #[inline(always)]
                |i| {
                    if const { !matches!(N::INFO.backward_reads, BackwardReads::StateAndInput) }
                        && job.state.is_empty()
                    {
                        V::zero()
                    } else {
                        V::load(&job.state[i][lanes.clone()])
                    }
                },
            ),
            x: V::load(&job.x[lanes.clone()]),
            held: match job.held {
                Some(held) => V::load(&held[lanes.clone()]).gt(V::zero()),
                None => V::Mask::splat(false),
            },
            layer: job.layer_sum.map_or(V::zero(), V::broadcast),
            adjoint: N::State::<V>::from_fn(
                #[inline(always)]
                |i| V::load(&job.adjoint[i][lanes.clone()]),
            ),
            upstream: V::load(&job.output[lanes]),
        }
    }
}

/// Block `b` of a sample, backwards.
#[inline(always)]
fn back<N: Neuron, V: Lanes>(
    job: &mut Backward<'_, V::Elem>,
    coeffs: &Coefficients<'_, N, V>,
    sample: usize,
    b: usize,
    layer_adjoint: V,
) {
    let fields = N::State::<V>::FIELDS.len();
    let directions = fields + 1;
    let before = StepInputs::<N, V>::load(job, coeffs, sample, b);
    let first = b * V::WIDTH;
    let count = V::WIDTH.min(job.neurons - first);
    let through = Through { layer_adjoint, detach_reset: job.detach_reset, surrogate: job.surrogate };
    // First the coefficients, as many at a time as there are directions; last state and input.
    let passes = job.of_coeffs.len().div_ceil(directions);
    for pass in 0..=passes {
        let on_state = pass == passes;
        let skipped = pass * directions;
        let k = N::Coeffs::<Dual<V, Jet<N, V>>>::from_fn(
            #[inline(always)]
            |i| seeded(before.k.get(i), !on_state, i.wrapping_sub(skipped)),
        );
        let s = N::State::<Dual<V, Jet<N, V>>>::from_fn(
            #[inline(always)]
            |i| seeded(before.s.get(i), on_state, i),
        );
        let x = seeded(before.x, on_state, fields);
        let g = pulled::<N, V>(&k, s, x, &before, through);
        if on_state {
            let start = sample * job.neurons + first;
            for i in 0..fields {
                g.get(i).store(&mut job.adjoint[i][start..start + count]);
            }
            let input = &mut job.input[start..start + count];
            // As a sum of one: no −0.
            (V::zero() + g.get(fields)).store(input);
        } else {
            for (i, sums) in job.of_coeffs.iter_mut().skip(skipped).take(directions).enumerate() {
                let sum = &mut sums[first..first + count];
                (V::load(sum) + g.get(i)).store(sum);
            }
        }
    }
}

/// What the derivatives of a step pass through besides the step itself.
#[derive(Clone, Copy)]
struct Through<'a, V> {
    layer_adjoint: V,
    detach_reset: bool,
    surrogate: &'a Surrogate,
}

/// `value` as the variable number `i` if `on`, else as a constant.
#[inline(always)]
fn seeded<V: Lanes, D: Tangent<V>>(value: V, on: bool, i: usize) -> Dual<V, D> {
    Dual {
        value,
        tangent: D::from_fn(
            #[inline(always)]
            |j| if on && i == j { V::one() } else { V::zero() },
        ),
    }
}

/// The adjoint pulled back through one step, along each direction of the tangents that were seeded.
#[inline(always)]
fn pulled<N: Neuron, V: Lanes>(
    k: &N::Coeffs<Dual<V, Jet<N, V>>>,
    s: N::State<Dual<V, Jet<N, V>>>,
    x: Dual<V, Jet<N, V>>,
    before: &StepInputs<N, V>,
    through: Through<'_, V>,
) -> Jet<N, V> {
    let s = N::integrate(k, s, x, before.held);
    let own = fire::<N, Dual<V, Jet<N, V>>>(k, &s, x, before.held, through.surrogate);
    let layer = Dual::constant(before.layer);
    // Two calls, so that the spike that resets can be cut off while the spike that leaves is not.
    let resetting = if through.detach_reset { own.detach() } else { own };
    let (state, _) = N::emit(k, s, x, Fired { own: resetting, layer });
    let (_, out) = N::emit(k, s, x, Fired { own, layer });
    Jet::<N, V>::from_fn(
        #[inline(always)]
        |j| {
            let mut sum = before.upstream * out.value.tangent.get(j);
            for i in 0..N::State::<V>::FIELDS.len() {
                sum = sum + before.adjoint.get(i) * state.get(i).tangent.get(j);
            }
            if const { N::INFO.layer_sum.is_some() } {
                sum = sum + through.layer_adjoint * own.tangent.get(j);
            }
            sum
        },
    )
}

/// dL/d(sum of the layer's spikes), which every neuron's own spike is part of.
#[inline(always)]
fn layer_adjoint<N: Neuron, V: Lanes>(job: &Backward<'_, V::Elem>, coeffs: &Coefficients<'_, N, V>) -> V {
    type One<V> = Dual<V, [V; 1]>;
    let mut parts = vec![V::Elem::zero(); job.neurons];
    for b in 0..job.neurons.div_ceil(V::WIDTH) {
        let b = block::<V>(b);
        let before = StepInputs::<N, V>::load(job, coeffs, 0, b);
        let s = N::integrate(&before.k, before.s, before.x, before.held);
        let own = fire::<N, V>(&before.k, &s, before.x, before.held, job.surrogate);
        let k = N::Coeffs::<One<V>>::from_fn(
            #[inline(always)]
            |i| Dual::constant(before.k.get(i)),
        );
        let s = N::State::<One<V>>::from_fn(
            #[inline(always)]
            |i| Dual::constant(s.get(i)),
        );
        let layer = Dual { value: before.layer, tangent: [V::one()] };
        let fired = Fired { own: Dual::constant(own), layer };
        let (state, out) = N::emit(&k, s, Dual::constant(before.x), fired);
        let mut sum = before.upstream * out.value.tangent[0];
        for i in 0..N::State::<V>::FIELDS.len() {
            sum = sum + before.adjoint.get(i) * state.get(i).tangent[0];
        }
        let first = b * V::WIDTH;
        let end = job.neurons.min(first + V::WIDTH);
        sum.store(&mut parts[first..end]);
    }
    V::broadcast(virtual_lane_sum(&parts))
}
