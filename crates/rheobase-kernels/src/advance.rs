//! The fast loop: a tile of neurons taken through many steps while its state stays in cache.
//!
//! Used where neurons of a layer do not see each other. Phases run inlined one after the other; the tile's state is
//! kept as records of lanes.

// A counter beside a loop, not `enumerate`: an adaptor that is not inlined would fall out of the SIMD level.
#![allow(clippy::explicit_counter_loop)]

use std::marker::PhantomData;

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level, prefetch};
use rheobase_models::neuron::{Neuron, Out};
use rheobase_models::phases::{SETTLE, settle, step};
use rheobase_models::real::Mask;
use rheobase_models::record::Record;

use crate::column::Column;
use crate::event::RawEvent;
use crate::source::{Input, RowAt};

/// Where the spikes of a tile go.
pub enum Sink<'a, E> {
    /// Nowhere.
    None,
    /// One bit per neuron and step, `[time]` rows of whole words.
    Bits(&'a mut Vec<u64>),
    /// One value per neuron and step, `[time, tile]`.
    Dense(&'a mut Vec<E>),
    /// Events.
    Events(&'a mut Vec<RawEvent>),
}

/// Some independent neurons of one sample, through some steps.
pub struct Advance<'a, E: Elem> {
    /// Coefficients, of the whole layer.
    pub coeffs: &'a [Column<E>],
    /// The first neuron of the tile.
    pub first: usize,
    /// State of the tile, field by field; advanced.
    pub state: &'a mut [Vec<E>],
    /// The input of the run.
    pub input: &'a Input<'a, E>,
    /// Where in the run and the layer the job begins.
    pub at: RowAt,
    /// Steps to take.
    pub steps: usize,
    /// Where spikes go.
    pub sink: Sink<'a, E>,
    /// State fields to copy out and every how many steps: `[field][time / every, tile]`.
    pub probes: &'a mut [Probe<E>],
    /// Set to the step (of this job) in which the input was not finite.
    pub bad_input: &'a mut Option<usize>,
    /// Set to whether the state has become NaN somewhere.
    pub has_nan: &'a mut bool,
}

/// A state field to copy out.
pub struct Probe<E> {
    /// Position of the field.
    pub field: usize,
    /// Every how many steps it is copied.
    pub every: usize,
    /// What was copied, `[time / every, tile]`.
    pub data: Vec<E>,
}

/// Runs a job in the fastest way there is: with shared coefficients, where values are not wanted, over several
/// registers side by side. Gives it back where the level has no registers.
pub(crate) fn run<N: Neuron, E: Elem>(level: Level, job: Advance<'_, E>) -> Option<Advance<'_, E>> {
    let plain = matches!(job.sink, Sink::None | Sink::Bits(_));
    let job = match Shared::<N, E>::of(job.coeffs) {
        Some(shared) if plain => match E::dispatch_abreast(level, SharedKernel { job, shared }) {
            Ok(()) => return None,
            Err(kernel) => kernel.job,
        },
        _ => job,
    };
    let kernel = FusedKernel::<N, E> { job, model: PhantomData };
    E::dispatch_registers(level, kernel).err().map(|kernel| kernel.job)
}

/// Any coefficients, any sink.
struct FusedKernel<'a, N, E: Elem> {
    job: Advance<'a, E>,
    model: PhantomData<N>,
}

impl<N: Neuron, E: Elem> Kernel<E> for FusedKernel<'_, N, E> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        let blocks = if self.job.coeffs.iter().all(Column::is_shared) {
            1
        } else {
            self.job.at.count.div_ceil(V::WIDTH)
        };
        let coeffs = load_coeffs::<N, V>(self.job.coeffs, self.job.first, blocks);
        through_time::<N, V>(
            self.job,
            #[inline(always)]
            |row, state, t, sink| values::<N, V, _>(&coeffs, row, state, t, sink),
        );
    }
}

/// Shared coefficients; no spikes or bits.
struct SharedKernel<'a, N: Neuron, E: Elem> {
    job: Advance<'a, E>,
    shared: Shared<N, E>,
}

impl<N: Neuron, E: Elem> Kernel<E> for SharedKernel<'_, N, E> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        let shared = self.shared;
        through_time::<N, V>(
            self.job,
            #[inline(always)]
            |row, state, _, sink| match sink {
                Sink::Bits(rows) => bits::<N, V, _>(&shared, row, state, rows),
                _ => silent::<N, V, _>(&shared, row, state),
            },
        );
    }
}

/// Takes the job's neurons through its steps by `step`, which says whether the input was finite.
#[inline(always)]
fn through_time<N: Neuron, V: Lanes>(
    mut job: Advance<'_, V::Elem>,
    step: impl Fn(Row<'_, V::Elem>, &mut [N::State<V>], usize, &mut Sink<'_, V::Elem>) -> bool,
) {
    let count = job.at.count;
    let mut state: Vec<N::State<V>> = load_state::<N, V>(job.state, count.div_ceil(V::WIDTH));
    let mut buffer = vec![V::Elem::default(); count];
    let mut done = 0;
    while done < job.steps {
        // Up to the next step after which a probe looks or the state is settled.
        let since_reset = job.at.since_reset + done as u64;
        let to_settle = (SETTLE - since_reset % SETTLE) as usize;
        let segment = job
            .probes
            .iter()
            .map(|p| p.every - done % p.every)
            .fold(to_settle.min(job.steps - done), usize::min);
        for t in done..done + segment {
            let at = RowAt { step: job.at.step + t, since_reset: job.at.since_reset + t as u64, ..job.at };
            let row = Row::new(job.input.row(at, &mut buffer));
            if !step(row, &mut state, t, &mut job.sink) {
                job.bad_input.get_or_insert(t);
                return;
            }
        }
        done += segment;
        if segment == to_settle {
            for s in &mut state {
                *s = settle(*s);
            }
        }
        for probe in job.probes.iter_mut().filter(|p| done.is_multiple_of(p.every)) {
            let start = probe.data.len();
            probe.data.resize(start + count, V::Elem::default());
            store_field::<N, V>(&state, probe.field, &mut probe.data[start..]);
        }
    }
    *job.has_nan = any_nan::<N, V>(&state);
    for (i, field) in job.state.iter_mut().enumerate() {
        store_field::<N, V>(&state, i, field);
    }
}

/// Whether some number of the state is NaN.
#[inline(always)]
fn any_nan<N: Neuron, V: Lanes>(state: &[N::State<V>]) -> bool {
    let mut nan = V::Mask::splat(false);
    for s in state {
        for i in 0..N::State::<V>::FIELDS.len() {
            let x = s.get(i);
            nan = nan | !x.le(x);
        }
    }
    nan.any()
}

// Loops, not iterator adaptors, wherever lanes are touched: an adaptor that is not inlined would fall out of the
// function compiled for the SIMD level.

/// The state of a tile as records of lanes.
#[inline(always)]
pub(crate) fn load_state<N: Neuron, V: Lanes>(fields: &[Vec<V::Elem>], blocks: usize) -> Vec<N::State<V>> {
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
pub(crate) fn load_coeffs<N: Neuron, V: Lanes>(
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

/// Copies field `i` of the lanes to `to`.
#[inline(always)]
pub(crate) fn store_field<N: Neuron, V: Lanes>(state: &[N::State<V>], i: usize, to: &mut [V::Elem]) {
    for b in 0..state.len() {
        let first = (b * V::WIDTH).min(to.len());
        state[b].get(i).store(&mut to[first..]);
    }
}

/// `b` itself. In the plain loop, one number at a time, it is hidden from the optimiser, which would otherwise spend
/// minutes on finding out that a loop as long as a model's step is not worth vectorising.
#[inline(always)]
pub(crate) fn block<V: Lanes>(b: usize) -> usize {
    if V::WIDTH == 1 { std::hint::black_box(b) } else { b }
}

// Bodies of the step for what a run can want of it: with shared coefficients, a body that serves all is two to three
// times slower.

/// Where the coefficients of a block come from.
pub(crate) trait Coeffs<N: Neuron, V: Lanes> {
    fn at(&self, block: usize) -> N::Coeffs<V>;
}

/// The numbers that all neurons share: one load serves a whole block.
pub(crate) struct Shared<N: Neuron, E: Elem>(N::Coeffs<E>);

impl<N: Neuron, E: Elem> Shared<N, E> {
    #[inline(always)]
    pub(crate) fn of(columns: &[Column<E>]) -> Option<Self> {
        let shared = columns.iter().all(Column::is_shared);
        shared.then(|| Shared(N::Coeffs::from_fn(|i| columns[i].get(0))))
    }
}

impl<N: Neuron, V: Lanes> Coeffs<N, V> for Shared<N, V::Elem> {
    #[inline(always)]
    fn at(&self, _: usize) -> N::Coeffs<V> {
        N::Coeffs::<V>::from_fn(
            #[inline(always)]
            |i| V::broadcast(self.0.get(i)),
        )
    }
}

impl<N: Neuron, V: Lanes> Coeffs<N, V> for Vec<N::Coeffs<V>> {
    #[inline(always)]
    fn at(&self, block: usize) -> N::Coeffs<V> {
        // A single one serves all blocks.
        self[block * usize::from(self.len() > 1)]
    }
}

/// How many numbers ahead input is asked for: hardware does not look across pages of memory.
const AHEAD: usize = 2048;

/// The input of a step.
struct Row<'a, E> {
    all: &'a [E],
    /// The last numbers, padded with zeros, that do not fill the widest block.
    rest: [E; 64],
}

impl<'a, E: Elem> Row<'a, E> {
    #[inline(always)]
    fn new(all: &'a [E]) -> Self {
        let mut rest = [E::default(); 64];
        let last = &all[all.len() / 64 * 64..];
        if !last.is_empty() {
            rest[..last.len()].copy_from_slice(last);
        }
        Row { all, rest }
    }

    /// Block `b`.
    #[inline(always)]
    fn at<V: Lanes<Elem = E>>(&self, b: usize) -> V {
        let first = b * V::WIDTH;
        match self.all.get(first..first + V::WIDTH) {
            Some(whole) => {
                prefetch(whole, AHEAD);
                V::load(whole)
            }
            None => V::load(&self.rest[first % 64..][..V::WIDTH]),
        }
    }
}

/// The next state of block `b`, what leaves it, and 0·x: 0 where the input is finite, else NaN.
#[inline(always)]
fn next<N: Neuron, V: Lanes, C: Coeffs<N, V>>(
    coeffs: &C,
    row: &Row<'_, V::Elem>,
    b: usize,
    s: N::State<V>,
) -> (N::State<V>, Out<V>, V) {
    let b = block::<V>(b);
    let x: V = row.at(b);
    let held = V::Mask::splat(false);
    let (s, _, out) = step::<N, V>(&coeffs.at(b), s, x, held, V::zero(), &N::INFO.surrogate);
    (s, out, x * V::zero())
}

/// Whether no lane is NaN.
#[inline(always)]
pub(crate) fn is_number<V: Lanes>(x: V) -> bool {
    !(!x.le(x)).any()
}

/// One step of all blocks; what leaves them is not looked at. Whether the input was finite.
#[inline(always)]
fn silent<N: Neuron, V: Lanes, C: Coeffs<N, V>>(
    coeffs: &C,
    row: Row<'_, V::Elem>,
    state: &mut [N::State<V>],
) -> bool {
    let mut zero = V::zero();
    let mut b = 0;
    for s in state {
        let (state, _, none) = next::<N, V, C>(coeffs, &row, b, *s);
        *s = state;
        zero = zero + none;
        b += 1;
    }
    is_number(zero)
}

/// One step of all blocks, a bit for each neuron that something left, 64 neurons to the word.
#[inline(always)]
fn bits<N: Neuron, V: Lanes, C: Coeffs<N, V>>(
    coeffs: &C,
    row: Row<'_, V::Elem>,
    state: &mut [N::State<V>],
    rows: &mut Vec<u64>,
) -> bool {
    let count = row.all.len();
    let start = rows.len();
    rows.resize(start + count.div_ceil(64), 0);
    let mut zero = V::zero();
    let words = &mut rows[start..];
    for b in 0..state.len() {
        let (next, out, none) = next::<N, V, C>(coeffs, &row, b, state[b]);
        state[b] = next;
        zero = zero + none;
        words[b * V::WIDTH / 64] |= V::bits(out.value.abs().gt(V::zero())) << (b * V::WIDTH % 64);
    }
    let rest = count % 64;
    if rest > 0
        && let Some(last) = rows.last_mut()
    {
        // Lanes past the end of the tile are not neurons.
        *last &= u64::MAX >> (64 - rest);
    }
    is_number(zero)
}

/// One step of all blocks, what leaves them to `sink`.
#[inline(always)]
fn values<N: Neuron, V: Lanes, C: Coeffs<N, V>>(
    coeffs: &C,
    row: Row<'_, V::Elem>,
    state: &mut [N::State<V>],
    t: usize,
    sink: &mut Sink<'_, V::Elem>,
) -> bool {
    let count = row.all.len();
    let mut start = 0;
    let mut words = 0;
    if let Sink::Bits(rows) = sink {
        words = rows.len();
        rows.resize(words + count.div_ceil(64), 0);
    }
    if let Sink::Dense(dense) = sink {
        start = dense.len();
        dense.resize(start + count, V::Elem::default());
    }
    let mut zero = V::zero();
    let mut b = 0;
    for s in state {
        let (state, out, none) = next::<N, V, C>(coeffs, &row, b, *s);
        *s = state;
        zero = zero + none;
        let first = b * V::WIDTH;
        let real = V::WIDTH.min(count - first);
        b += 1;
        match sink {
            Sink::Dense(dense) => out.value.store(&mut dense[start + first..][..real]),
            Sink::Events(list) => {
                let bits = V::bits(out.value.abs().gt(V::zero()));
                push_events(list, t, first, bits, real, out.value, out.offset);
            }
            Sink::Bits(rows) => {
                let bits = V::bits(out.value.abs().gt(V::zero())) & (u64::MAX >> (64 - real));
                rows[words + first / 64] |= bits << (first % 64);
            }
            Sink::None => {}
        }
    }
    is_number(zero)
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
