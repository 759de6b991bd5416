//! The fast loop: a tile of neurons taken through many steps while its state stays in cache.
//!
//! Used where neurons of a layer do not see each other. Phases run inlined one after the other; the tile's state is
//! kept as records of lanes.

use std::marker::PhantomData;

use rheobase_models::lanes::{Elem, Kernel, Lanes};
use rheobase_models::neuron::{Neuron, step};
use rheobase_models::real::Mask;
use rheobase_models::record::Record;

use super::column::Column;
use super::recording::RawEvent;
use super::source::{Input, RowAt};

/// Where the spikes of a tile go.
pub(crate) enum Sink<'a, E> {
    /// Nowhere.
    None,
    /// One bit per neuron and step, `[time]` rows of whole words.
    Bits(&'a mut Vec<u64>),
    /// One value per neuron and step, `[time, tile]`.
    Dense(&'a mut Vec<E>),
    /// Events.
    Events(&'a mut Vec<RawEvent>),
}

/// One tile through some steps.
pub(crate) struct FusedJob<'a, E: Elem> {
    /// Coefficients, of the whole layer.
    pub(crate) coeffs: &'a [Column<E>],
    /// The first neuron of the tile.
    pub(crate) first: usize,
    /// State of the tile, field by field; advanced.
    pub(crate) state: &'a mut [Vec<E>],
    pub(crate) input: &'a Input<'a, E>,
    pub(crate) at: RowAt,
    pub(crate) steps: usize,
    pub(crate) sink: Sink<'a, E>,
    /// State fields to copy out and every how many steps: `[field][time / every, tile]`.
    pub(crate) probes: &'a mut [Probe<E>],
    /// Set to the step (of this job) in which the input was not finite.
    pub(crate) bad_input: &'a mut Option<usize>,
}

/// A state field to copy out.
pub(crate) struct Probe<E> {
    pub(crate) field: usize,
    pub(crate) every: usize,
    pub(crate) data: Vec<E>,
}

pub(super) struct FusedKernel<'a, N, E: Elem> {
    job: FusedJob<'a, E>,
    model: PhantomData<N>,
}

impl<'a, N, E: Elem> FusedKernel<'a, N, E> {
    pub(super) fn new(job: FusedJob<'a, E>) -> Self {
        FusedKernel { job, model: PhantomData }
    }
}

impl<N: Neuron, E: Elem> Kernel<E> for FusedKernel<'_, N, E> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        let mut job = self.job;
        let count = job.at.count;
        let blocks = count.div_ceil(V::WIDTH);
        let mut state: Vec<N::State<V>> = load_state::<N, V>(job.state, blocks);
        let shared = job.coeffs.iter().all(Column::is_shared);
        let coeffs: Vec<N::Coeffs<V>> = (0..if shared { 1 } else { blocks })
            .map(|b| {
                N::Coeffs::<V>::from_fn(
                    #[inline(always)]
                    |i| job.coeffs[i].lanes(job.first + b * V::WIDTH),
                )
            })
            .collect();
        let mut buffer = vec![E::default(); count];
        let mut done = 0;
        while done < job.steps {
            // Up to the next step after which a probe looks.
            let segment =
                job.probes.iter().map(|p| p.every - done % p.every).fold(job.steps - done, usize::min);
            for t in done..done + segment {
                let at =
                    RowAt { step: job.at.step + t, since_reset: job.at.since_reset + t as u64, ..job.at };
                let row = job.input.row(at, &mut buffer);
                if !matches!(job.input, Input::Constant(_)) && !all_finite::<V>(row) {
                    job.bad_input.get_or_insert(t);
                    return;
                }
                match &mut job.sink {
                    Sink::None if shared => silent::<N, V, true>(&coeffs, &mut state, row),
                    Sink::None => silent::<N, V, false>(&coeffs, &mut state, row),
                    sink if shared => recorded::<N, V, true>(&coeffs, &mut state, row, t, sink),
                    sink => recorded::<N, V, false>(&coeffs, &mut state, row, t, sink),
                }
            }
            done += segment;
            for probe in job.probes.iter_mut().filter(|p| done.is_multiple_of(p.every)) {
                let start = probe.data.len();
                probe.data.resize(start + count, E::default());
                store_field::<N, V>(&state, probe.field, &mut probe.data[start..]);
            }
        }
        for (i, field) in job.state.iter_mut().enumerate() {
            store_field::<N, V>(&state, i, field);
        }
    }
}

/// The state of a tile as records of lanes.
#[inline(always)]
pub(super) fn load_state<N: Neuron, V: Lanes>(fields: &[Vec<V::Elem>], blocks: usize) -> Vec<N::State<V>> {
    (0..blocks)
        .map(|b| {
            N::State::<V>::from_fn(
                #[inline(always)]
                |i| V::load(&fields[i][b * V::WIDTH..]),
            )
        })
        .collect()
}

/// Copies field `i` of the lanes to `to`.
#[inline(always)]
pub(super) fn store_field<N: Neuron, V: Lanes>(state: &[N::State<V>], i: usize, to: &mut [V::Elem]) {
    for (s, to) in state.iter().zip(to.chunks_mut(V::WIDTH)) {
        s.get(i).store(to);
    }
}

/// Whether every number is finite.
#[inline(always)]
pub(super) fn all_finite<V: Lanes>(row: &[V::Elem]) -> bool {
    let infinity = V::splat(f64::INFINITY);
    let mut bad = V::Mask::splat(false);
    for x in row.chunks(V::WIDTH) {
        bad = bad | !V::load(x).abs().lt(infinity);
    }
    !bad.any()
}

/// One step of all blocks; what leaves them is not looked at.
#[inline(always)]
fn silent<N: Neuron, V: Lanes, const SHARED: bool>(
    coeffs: &[N::Coeffs<V>],
    state: &mut [N::State<V>],
    row: &[V::Elem],
) {
    let held = V::Mask::splat(false);
    let surrogate = N::INFO.surrogate;
    let k0 = coeffs[0];
    for (b, (s, x)) in state.iter_mut().zip(row.chunks(V::WIDTH)).enumerate() {
        let k = if SHARED { k0 } else { coeffs[b] };
        *s = step::<N, V>(&k, *s, V::load(x), held, V::zero(), &surrogate).0;
    }
}

/// One step of all blocks, spikes to `sink`.
#[inline(always)]
fn recorded<N: Neuron, V: Lanes, const SHARED: bool>(
    coeffs: &[N::Coeffs<V>],
    state: &mut [N::State<V>],
    row: &[V::Elem],
    t: usize,
    sink: &mut Sink<'_, V::Elem>,
) {
    let held = V::Mask::splat(false);
    let surrogate = N::INFO.surrogate;
    let k0 = coeffs[0];
    let (mut words, mut values): (&mut [u64], &mut [V::Elem]) = (&mut [], &mut []);
    let mut events = None;
    match sink {
        Sink::None => {}
        Sink::Bits(rows) => {
            let start = rows.len();
            rows.resize(start + row.len().div_ceil(64), 0);
            words = &mut rows[start..];
        }
        Sink::Dense(dense) => {
            let start = dense.len();
            dense.resize(start + row.len(), V::Elem::default());
            values = &mut dense[start..];
        }
        Sink::Events(list) => events = Some(list),
    }
    for (b, (s, x)) in state.iter_mut().zip(row.chunks(V::WIDTH)).enumerate() {
        let k = if SHARED { k0 } else { coeffs[b] };
        let (next, _, out) = step::<N, V>(&k, *s, V::load(x), held, V::zero(), &surrogate);
        *s = next;
        let first = b * V::WIDTH;
        if let Some(word) = words.get_mut(first / 64) {
            let real = u64::MAX >> (64 - x.len());
            *word |= (V::bits(out.value.abs().gt(V::zero())) & real) << (first % 64);
        } else if let Some(to) = values.get_mut(first..first + x.len()) {
            out.value.store(to);
        }
        if let Some(list) = &mut events {
            let bits = V::bits(out.value.abs().gt(V::zero())) & (u64::MAX >> (64 - x.len()));
            if bits != 0 {
                push_events(list, t, first, bits, out.value, out.offset);
            }
        }
    }
}

/// Appends the lanes of `bits` as events.
#[inline(always)]
fn push_events<V: Lanes>(
    list: &mut Vec<RawEvent>,
    t: usize,
    first: usize,
    mut bits: u64,
    value: V,
    offset: V,
) {
    let (mut values, mut offsets) = ([V::Elem::default(); 16], [V::Elem::default(); 16]);
    value.store(&mut values);
    offset.store(&mut offsets);
    while bits != 0 {
        let lane = bits.trailing_zeros() as usize;
        bits &= bits - 1;
        list.push(RawEvent {
            step: t as u64,
            neuron: (first + lane) as u32,
            value: values[lane].to_f64() as f32,
            offset: offsets[lane].to_f64() as f32,
        });
    }
}
