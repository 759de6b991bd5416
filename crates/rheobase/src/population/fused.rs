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
        let coeffs = load_coeffs::<N, V>(job.coeffs, job.first, if shared { 1 } else { blocks });
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
                advance::<N, V>(&coeffs, &mut state, row, t, &mut job.sink);
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

// Loops, not iterator adaptors, wherever lanes are touched: an adaptor that is not inlined would fall out of the
// function compiled for the SIMD level.

/// The state of a tile as records of lanes.
#[inline(always)]
pub(super) fn load_state<N: Neuron, V: Lanes>(fields: &[Vec<V::Elem>], blocks: usize) -> Vec<N::State<V>> {
    let mut state = Vec::with_capacity(blocks);
    for b in 0..blocks {
        state.push(N::State::<V>::from_fn(
            #[inline(always)]
            |i| V::load(&fields[i][b * V::WIDTH..]),
        ));
    }
    state
}

/// The coefficients of `blocks` blocks from neuron `first` on.
#[inline(always)]
pub(super) fn load_coeffs<N: Neuron, V: Lanes>(
    columns: &[Column<V::Elem>],
    first: usize,
    blocks: usize,
) -> Vec<N::Coeffs<V>> {
    let mut coeffs = Vec::with_capacity(blocks);
    for b in 0..blocks {
        coeffs.push(N::Coeffs::<V>::from_fn(
            #[inline(always)]
            |i| columns[i].lanes(first + b * V::WIDTH),
        ));
    }
    coeffs
}

/// Numbers as lanes.
#[inline(always)]
pub(super) fn load<V: Lanes>(numbers: &[V::Elem]) -> Vec<V> {
    let mut lanes = Vec::with_capacity(numbers.len().div_ceil(V::WIDTH));
    for x in numbers.chunks(V::WIDTH) {
        lanes.push(V::load(x));
    }
    lanes
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

/// `b` itself. In the plain loop, one number at a time, it is hidden from the optimiser, which would otherwise spend
/// minutes on finding out that a loop as long as a model's step is not worth vectorising.
#[inline(always)]
pub(super) fn block<V: Lanes>(b: usize) -> usize {
    if V::WIDTH == 1 { std::hint::black_box(b) } else { b }
}

/// One step of all blocks, what leaves them to `sink`.
///
/// One body serves every sink and both kinds of parameters: the bits of a word are found in any case (it costs less
/// than another copy of every model's step), shared coefficients are read from the first cache again and again.
#[inline(always)]
fn advance<N: Neuron, V: Lanes>(
    coeffs: &[N::Coeffs<V>],
    state: &mut [N::State<V>],
    row: &[V::Elem],
    t: usize,
    sink: &mut Sink<'_, V::Elem>,
) {
    let held = V::Mask::splat(false);
    let surrogate = N::INFO.surrogate;
    let stride = usize::from(coeffs.len() > 1);
    let per_word = 64 / V::WIDTH;
    let mut start = 0;
    if let Sink::Dense(dense) = sink {
        start = dense.len();
        dense.resize(start + row.len(), V::Elem::default());
    }
    let by_value = matches!(sink, Sink::Dense(_) | Sink::Events(_));
    for (w, (state, row)) in state.chunks_mut(per_word).zip(row.chunks(64)).enumerate() {
        let mut word = 0;
        for (i, (s, x)) in state.iter_mut().zip(row.chunks(V::WIDTH)).enumerate() {
            let b = block::<V>(w * per_word + i);
            let (next, _, out) =
                step::<N, V>(&coeffs[b * stride], *s, V::load(x), held, V::zero(), &surrogate);
            *s = next;
            let bits = V::bits(out.value.abs().gt(V::zero()));
            word |= bits << (i * V::WIDTH);
            if by_value {
                let first = b * V::WIDTH;
                match sink {
                    Sink::Dense(dense) => out.value.store(&mut dense[start + first..][..x.len()]),
                    Sink::Events(list) => push_events(list, t, first, bits, x.len(), out.value, out.offset),
                    Sink::None | Sink::Bits(_) => {}
                }
            }
        }
        if let Sink::Bits(rows) = sink {
            rows.push(word & (u64::MAX >> (64 - row.len())));
        }
    }
}

/// Appends the lanes of `bits` as events, those of the `real` first neurons.
#[inline(always)]
fn push_events<V: Lanes>(
    list: &mut Vec<RawEvent>,
    t: usize,
    first: usize,
    bits: u64,
    real: usize,
    value: V,
    offset: V,
) {
    let mut bits = bits & (u64::MAX >> (64 - real));
    if bits == 0 {
        return;
    }
    let (mut values, mut offsets) = ([V::Elem::default(); 64], [V::Elem::default(); 64]);
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
