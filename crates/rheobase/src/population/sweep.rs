//! Back-propagation through time: the reverse sweep over local Jacobians.
//!
//! No model has a backward pass of its own. From a checkpoint the chunk is run again while the state before every
//! step is kept; then, from the last step to the first, the step is evaluated over duals and its Jacobian applied to
//! the adjoint.

use std::marker::PhantomData;

use rheobase_models::dual::{Dual, Tangent};
use rheobase_models::lanes::{Elem, Kernel, Lanes};
use rheobase_models::neuron::{Fired, Neuron, fire};
use rheobase_models::real::Real;
use rheobase_models::record::Record;

use super::column::splat;
use super::coupled::{CoupledJob, Layer, Setting, store, virtual_lane_sum};
use super::fused::block;

/// One chunk of one sample, backwards.
pub(crate) struct SweepJob<'a, E: Elem> {
    /// The chunk as it ran forwards, from its checkpoint.
    pub(crate) forward: CoupledJob<'a, E>,
    /// Whether the gradient stops at the reset.
    pub(crate) detach_reset: bool,
    /// dL/d output `[time, neuron]` of the chunk, if there is one.
    pub(crate) output: Option<Vec<E>>,
    /// dL/d state after the step, by field, `[time, neuron]`.
    pub(crate) states: Vec<(usize, Vec<E>)>,
    /// The adjoint of the state, field by field: in, after the chunk; out, before it.
    pub(crate) adjoint: &'a mut [Vec<E>],
    /// The adjoint of the output that lateral edges carry into the next chunk: in and out.
    pub(crate) carried: &'a mut Vec<E>,
    /// dL/d input `[time, neuron]` of the chunk.
    pub(crate) input: &'a mut Vec<E>,
    /// dL/d of every coefficient, per neuron, added to; empty if they are not wanted.
    pub(crate) coeffs: &'a mut [Vec<E>],
}

pub(super) struct SweepKernel<'a, N, E: Elem> {
    job: SweepJob<'a, E>,
    model: PhantomData<N>,
}

impl<'a, N, E: Elem> SweepKernel<'a, N, E> {
    pub(super) fn new(job: SweepJob<'a, E>) -> Self {
        SweepKernel { job, model: PhantomData }
    }
}

/// A step before it was taken.
struct Taped<N: Neuron, V: Lanes> {
    state: Vec<N::State<V>>,
    x: Vec<V>,
    held: Vec<V>,
    layer_sum: V,
}

type Jet<N, V> = <<N as Neuron>::State<V> as Record<V>>::Jet;

impl<N: Neuron, E: Elem> Kernel<E> for SweepKernel<'_, N, E> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        let job = self.job;
        let run = job.forward;
        let forward = run.setting;
        let count = forward.at.count;
        let mut layer = Layer::<N, V>::load(&forward, run.state);
        let mut tape = Vec::with_capacity(run.steps);
        for t in 0..run.steps {
            let state = layer.state.clone();
            let held = super::fused::load::<V>(&run.layer.held);
            let Some(seen) = layer.step(&forward, t, run.layer) else { return };
            tape.push(Taped::<N, V> { state, x: layer.x.clone(), held, layer_sum: seen.layer_sum });
        }

        let fields = N::State::<V>::FIELDS.len();
        let blocks = layer.state.len();
        let directions = fields + 1;
        let coeff_passes = job.coeffs.len().div_ceil(directions);
        let mut adjoint = super::fused::load_state::<N, V>(job.adjoint, blocks);
        let mut row = vec![E::zero(); count];
        job.input.resize(run.steps * count, E::zero());
        let zeros = vec![E::zero(); count];
        for (t, taped) in tape.iter().enumerate().rev() {
            let range = t * count..(t + 1) * count;
            for (field, states) in &job.states {
                for (a, g) in adjoint.iter_mut().zip(states[range.clone()].chunks(V::WIDTH)) {
                    let g = V::load(g);
                    *a = N::State::<V>::from_fn(
                        #[inline(always)]
                        |i| if i == *field { a.get(i) + g } else { a.get(i) },
                    );
                }
            }
            let given = job.output.as_ref().map_or(&zeros[..], |o| &o[range.clone()]);
            for ((row, g), c) in row.iter_mut().zip(given).zip(job.carried.iter()) {
                *row = *g + *c;
            }
            let upstream: Vec<V> = super::fused::load(&row);

            // dL/d of the layer's sum of spikes, which every neuron's own spike is part of.
            let layer_adjoint: V = if const { N::INFO.layer_sum.is_some() } && forward.couplings.layer_sum {
                let mut parts = Vec::with_capacity(blocks);
                for b in 0..blocks {
                    let b = block::<V>(b);
                    let k = &layer.coeffs[b];
                    parts.push(layer_slope::<N, V>(k, taped, b, &forward, &adjoint[b], upstream[b]));
                }
                store(&parts, &mut row);
                splat(virtual_lane_sum(&row))
            } else {
                V::zero()
            };
            let through = Through { layer_adjoint, detach_reset: job.detach_reset };

            let to = &mut job.input[range.clone()];
            for b in 0..blocks {
                let b = block::<V>(b);
                // First the coefficients, as many at a time as there are directions; last state and input.
                for pass in 0..=coeff_passes {
                    let on_state = pass == coeff_passes;
                    let first = pass * directions;
                    let k = N::Coeffs::<Dual<V, Jet<N, V>>>::from_fn(
                        #[inline(always)]
                        |i| seeded(layer.coeffs[b].get(i), !on_state, i.wrapping_sub(first)),
                    );
                    let s = N::State::<Dual<V, Jet<N, V>>>::from_fn(
                        #[inline(always)]
                        |i| seeded(taped.state[b].get(i), on_state, i),
                    );
                    let x = seeded(taped.x[b], on_state, fields);
                    let g = pulled::<N, V>(&k, s, x, taped, b, &forward, &adjoint[b], upstream[b], through);
                    let lanes = b * V::WIDTH..count.min((b + 1) * V::WIDTH);
                    if on_state {
                        adjoint[b] = N::State::<V>::from_fn(
                            #[inline(always)]
                            |i| g.get(i),
                        );
                        g.get(fields).store(&mut to[lanes]);
                    } else {
                        for (i, sums) in job.coeffs.iter_mut().skip(first).take(directions).enumerate() {
                            let sum = &mut sums[lanes.clone()];
                            (V::load(sum) + g.get(i)).store(sum);
                        }
                    }
                }
            }
            if let Some(lateral) = forward.couplings.lateral {
                lateral.pull_back(&job.input[range], job.carried);
            }
        }
        for (i, field) in job.adjoint.iter_mut().enumerate() {
            super::fused::store_field::<N, V>(&adjoint, i, field);
        }
    }
}

/// What the derivatives of a step pass through besides the step itself.
#[derive(Clone, Copy)]
struct Through<V> {
    layer_adjoint: V,
    detach_reset: bool,
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

/// The adjoint pulled back through one step of block `b`, along each direction of the tangents that were seeded.
#[inline(always)]
fn pulled<N: Neuron, V: Lanes>(
    k: &N::Coeffs<Dual<V, Jet<N, V>>>,
    s: N::State<Dual<V, Jet<N, V>>>,
    x: Dual<V, Jet<N, V>>,
    taped: &Taped<N, V>,
    b: usize,
    forward: &Setting<'_, V::Elem>,
    adjoint: &N::State<V>,
    upstream: V,
    through: Through<V>,
) -> Jet<N, V> {
    let held = taped.held[b].gt(V::zero());
    let s = N::integrate(k, s, x, held);
    let own = fire::<N, Dual<V, Jet<N, V>>>(k, &s, x, held, &forward.surrogate);
    let layer = Dual::constant(taped.layer_sum);
    // Two calls, so that the spike that resets can be cut off while the spike that leaves is not.
    let resetting = if through.detach_reset { own.detach() } else { own };
    let (state, _) = N::emit(k, s, x, Fired { own: resetting, layer });
    let (_, out) = N::emit(k, s, x, Fired { own, layer });
    Jet::<N, V>::from_fn(
        #[inline(always)]
        |j| {
            let mut sum = upstream * out.value.tangent.get(j);
            for i in 0..N::State::<V>::FIELDS.len() {
                sum = sum + adjoint.get(i) * state.get(i).tangent.get(j);
            }
            if const { N::INFO.layer_sum.is_some() } {
                sum = sum + through.layer_adjoint * own.tangent.get(j);
            }
            sum
        },
    )
}

/// dL/d(sum of the layer's spikes) as far as it passes through block `b`.
#[inline(always)]
fn layer_slope<N: Neuron, V: Lanes>(
    k: &N::Coeffs<V>,
    taped: &Taped<N, V>,
    b: usize,
    forward: &Setting<'_, V::Elem>,
    adjoint: &N::State<V>,
    upstream: V,
) -> V {
    type One<V> = Dual<V, [V; 1]>;
    let held = taped.held[b].gt(V::zero());
    let s = N::integrate(k, taped.state[b], taped.x[b], held);
    let own = fire::<N, V>(k, &s, taped.x[b], held, &forward.surrogate);
    let k = N::Coeffs::<One<V>>::from_fn(
        #[inline(always)]
        |i| Dual::constant(k.get(i)),
    );
    let s = N::State::<One<V>>::from_fn(
        #[inline(always)]
        |i| Dual::constant(s.get(i)),
    );
    let layer = Dual { value: taped.layer_sum, tangent: [V::one()] };
    let (state, out) = N::emit(&k, s, Dual::constant(taped.x[b]), Fired { own: Dual::constant(own), layer });
    let mut sum = upstream * out.value.tangent[0];
    for i in 0..N::State::<V>::FIELDS.len() {
        sum = sum + adjoint.get(i) * state.get(i).tangent[0];
    }
    sum
}
