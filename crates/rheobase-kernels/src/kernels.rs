//! `Kernels`: the door between a model's step and everything else — its phases over slices, and their derivatives.
//!
//! Three methods say all there is of a step. The other two are the same step in one pass, for speed; whoever does not
//! need that calls [`advance_by_phases`] and [`step_by_phases`] there. Populations, networks and training run any
//! implementation; a law holds every model of the catalogue against its phases alone.

use rheobase_models::Surrogate;
use rheobase_models::lanes::{Elem, Level};
use rheobase_models::phases::SETTLE;

use crate::advance::{Advance, Sink};
use crate::backward::Backward;
use crate::event::RawEvent;
use crate::phases::{Emit, Integrate};
use crate::source::RowAt;
use crate::step::Step;

/// The step of a model over numbers of type `E`, of many neurons at once. No result may depend on the SIMD level.
///
/// Slices have the lengths that the jobs say; implementations may panic where they have not.
pub trait Kernels<E: Elem>: Send + Sync {
    /// Phases 1 and 2: the state under the input, and who fires.
    fn integrate(&self, level: Level, job: Integrate<'_, E>);
    /// Phase 4: resets, jumps, and what leaves.
    fn emit(&self, level: Level, job: Emit<'_, E>);
    /// One step of the backward pass.
    fn backward(&self, level: Level, job: Backward<'_, E>);
    /// Some independent neurons of one sample through many steps.
    fn advance(&self, level: Level, job: Advance<'_, E>);
    /// One step of a network's layer of independent neurons.
    fn step(&self, level: Level, job: Step<'_, E>);
}

/// [`Kernels::advance`] by the two phases.
pub fn advance_by_phases<E: Elem>(kernels: &dyn Kernels<E>, level: Level, mut job: Advance<'_, E>) {
    let count = job.at.count;
    let numbers = || vec![E::default(); count];
    let (mut buffer, mut own, mut out, mut offsets) = (numbers(), numbers(), numbers(), numbers());
    for t in 0..job.steps {
        let since_reset = job.at.since_reset + t as u64;
        let x = job.input.row(RowAt { step: job.at.step + t, since_reset, ..job.at }, &mut buffer);
        if x.iter().any(|x| !x.to_f64().is_finite()) {
            job.bad_input.get_or_insert(t);
            return;
        }
        let (coeffs, first, state) = (job.coeffs, job.first, &mut *job.state);
        let integrate = Integrate { coeffs, first, state, at: 0, x, held: None, own: &mut own, drive: None };
        kernels.integrate(level, integrate);
        let emit = Emit {
            coeffs,
            first,
            state: &mut *job.state,
            at: 0,
            x,
            own: &own,
            layer: E::zero(),
            settling: (since_reset + 1).is_multiple_of(SETTLE),
            out: &mut out,
            offsets: Some(&mut offsets),
        };
        kernels.emit(level, emit);
        write(&mut job.sink, t, &out, &offsets);
        for probe in job.probes.iter_mut().filter(|p| (t + 1).is_multiple_of(p.every)) {
            probe.data.extend_from_slice(&job.state[probe.field][..count]);
        }
    }
    *job.has_nan = job.state.iter().flatten().any(|x| x.to_f64().is_nan());
}

/// Writes what left some neurons in step `t`.
pub(crate) fn write<E: Elem>(sink: &mut Sink<'_, E>, t: usize, out: &[E], offsets: &[E]) {
    match sink {
        Sink::None => {}
        Sink::Dense(dense) => dense.extend_from_slice(out),
        Sink::Bits(rows) => {
            let start = rows.len();
            rows.resize(start + out.len().div_ceil(64), 0);
            mark(out, &mut rows[start..]);
        }
        Sink::Events(list) => {
            for (i, (value, offset)) in out.iter().zip(offsets).enumerate() {
                if *value != E::zero() {
                    let (value, offset) = (value.to_f64() as f32, offset.to_f64() as f32);
                    list.push(RawEvent { step: t as u64, neuron: i as u32, value, offset });
                }
            }
        }
    }
}

/// Sets the bits of the numbers that are not 0.
fn mark<E: Elem>(numbers: &[E], bits: &mut [u64]) {
    for (i, _) in numbers.iter().enumerate().filter(|(_, x)| **x != E::zero()) {
        bits[i / 64] |= 1 << (i % 64);
    }
}

/// [`Kernels::step`] by the two phases.
pub fn step_by_phases<E: Elem>(kernels: &dyn Kernels<E>, level: Level, mut job: Step<'_, E>) {
    let n = job.neurons;
    let words = n.div_ceil(64);
    let (mut own, mut margin, mut through) = (vec![E::zero(); n], vec![E::zero(); n], vec![E::zero(); n]);
    job.spikes.fill(0);
    for sample in 0..job.samples {
        let lanes = sample * n..(sample + 1) * n;
        let (coeffs, x, at) = (job.coeffs, &job.x[lanes.clone()], lanes.start);
        let drive = job.reach.is_some().then_some((&mut margin[..], &mut through[..]));
        let (state, held) = (&mut *job.state, None);
        kernels.integrate(level, Integrate { coeffs, first: 0, state, at, x, held, own: &mut own, drive });
        if let Some(integrated) = &mut job.integrated {
            integrated[lanes.clone()].copy_from_slice(&job.state[0][lanes.clone()]);
        }
        let emit = Emit {
            coeffs,
            first: 0,
            state: &mut *job.state,
            at,
            x,
            own: &own,
            layer: E::zero(),
            settling: job.settling,
            out: &mut job.out[lanes.clone()],
            offsets: None,
        };
        kernels.emit(level, emit);
        let row = sample * words..(sample + 1) * words;
        mark(&job.out[lanes], &mut job.spikes[row.clone()]);
        if let Some((surrogate, reach)) = &mut job.reach {
            mark_reach(surrogate, &through, &mut reach[row]);
        }
    }
}

/// Sets the bits of the neurons whose spike has a slope; NaN counts as one.
fn mark_reach<E: Elem>(surrogate: &Surrogate, through: &[E], bits: &mut [u64]) {
    bits.fill(0);
    for (i, z) in through.iter().enumerate() {
        let none = surrogate.slope(*z).abs() <= E::zero();
        bits[i / 64] |= u64::from(!none) << (i % 64);
    }
}
