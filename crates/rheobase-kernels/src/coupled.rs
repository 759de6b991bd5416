//! The step-by-step loop of a layer whose neurons see each other: competition, lateral edges, layer sums; and of any
//! layer when something is wanted that the fast loop does not keep.
//!
//! The phases run one after the other over all neurons of one sample. The numbers are the fast loop's, bit for bit.

use std::marker::PhantomData;

use rheobase_base::virtual_lane_sum;

use rheobase_models::Surrogate;
use rheobase_models::lanes::{Elem, Kernel, Lanes};
use rheobase_models::neuron::{Fired, Neuron, SETTLE, fire, settle};
use rheobase_models::real::Real;
use rheobase_models::record::Record;

use crate::column::Column;
use crate::compete::{Competition, Place};
use crate::fused::{all_finite, block, load_coeffs, load_state, store_field};
use crate::lateral::Lateral;
use crate::probe::{Quantity, Taken};
use crate::source::{Input, RowAt};

/// The part of a sample's state that belongs to the layer, not to the model.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerState<E> {
    /// Steps of silence left.
    pub held: Vec<E>,
    /// What left each neuron in the last step: the input of lateral edges.
    pub output: Vec<E>,
    /// Steps since each neuron's last spike.
    pub since_spike: Vec<E>,
    /// Steps since the last positive input, its own step included.
    pub since_injection: Vec<E>,
}

impl<E: Elem> LayerState<E> {
    /// Nothing held, nothing sent.
    pub fn new(neurons: usize) -> Self {
        let zeros = vec![E::default(); neurons];
        LayerState {
            held: zeros.clone(),
            output: zeros.clone(),
            since_spike: zeros.clone(),
            since_injection: zeros,
        }
    }
}

impl<E: Clone> LayerState<E> {
    /// The part of some neurons.
    pub fn part(&self, first: usize, count: usize) -> Self {
        let part = |v: &[E]| v[first..first + count].to_vec();
        LayerState {
            held: part(&self.held),
            output: part(&self.output),
            since_spike: part(&self.since_spike),
            since_injection: part(&self.since_injection),
        }
    }
}

/// What a layer is run with.
#[derive(Clone, Copy)]
pub struct Setting<'a, E: Elem> {
    /// Coefficients of the layer.
    pub coeffs: &'a [Column<E>],
    /// The input of the run.
    pub input: &'a Input<'a, E>,
    /// Where in the run and the layer the job begins.
    pub at: RowAt,
    /// Length of a step.
    pub dt: E,
    /// What a spike's derivative is replaced by.
    pub surrogate: Surrogate,
    /// How the neurons see each other.
    pub couplings: Couplings<'a, E>,
}

/// One sample of a layer through some steps.
pub struct CoupledJob<'a, E: Elem> {
    /// What the layer is run with.
    pub setting: Setting<'a, E>,
    /// State of the neurons of this job, field by field; advanced.
    pub state: &'a mut [Vec<E>],
    /// The part of the state that belongs to the layer; advanced.
    pub layer: &'a mut LayerState<E>,
    /// Steps to take.
    pub steps: usize,
    /// What is copied out.
    pub taken: &'a mut Taken<E>,
    /// Set to the step (of this job) in which the input was not finite.
    pub bad_input: &'a mut Option<usize>,
}

/// How the neurons of a layer see each other.
#[derive(Clone, Copy)]
pub struct Couplings<'a, E> {
    /// Winners, and whom they silence.
    pub competition: Option<&'a Competition>,
    /// Edges from the layer to itself.
    pub lateral: Option<&'a Lateral<E>>,
    /// Whether the model needs the layer's sum of spikes.
    pub layer_sum: bool,
    /// [C, H, W] of the layer.
    pub shape: [usize; 3],
}

pub(crate) struct CoupledKernel<'a, N, E: Elem> {
    job: CoupledJob<'a, E>,
    model: PhantomData<N>,
}

impl<'a, N, E: Elem> CoupledKernel<'a, N, E> {
    pub(crate) fn new(job: CoupledJob<'a, E>) -> Self {
        CoupledKernel { job, model: PhantomData }
    }
}

impl<N: Neuron, E: Elem> Kernel<E> for CoupledKernel<'_, N, E> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        let job = self.job;
        let mut layer = Layer::<N, V>::load(&job.setting, job.state);
        for t in 0..job.steps {
            let Some(seen) = layer.step(&job.setting, t, job.layer) else {
                *job.bad_input = Some(t);
                return;
            };
            layer.take(&job.setting, t, &seen, job.layer, job.taken);
        }
        for (i, field) in job.state.iter_mut().enumerate() {
            store_field::<N, V>(&layer.state, i, field);
        }
    }
}

/// A layer as records of lanes.
pub(crate) struct Layer<N: Neuron, V: Lanes> {
    pub(crate) state: Vec<N::State<V>>,
    pub(crate) coeffs: Vec<N::Coeffs<V>>,
    integrated: Vec<N::State<V>>,
    pub(crate) x: Vec<V>,
    own: Vec<V>,
    row: Vec<V::Elem>,
    scratch: Vec<V::Elem>,
    potential: Vec<V::Elem>,
    fired: Vec<V::Elem>,
}

/// What a step has shown besides the new state.
pub(crate) struct Seen<V: Lanes> {
    pub(crate) winners: Vec<Place>,
    outputs: Vec<V>,
    offsets: Vec<V>,
}

impl<N: Neuron, V: Lanes> Layer<N, V> {
    #[inline(always)]
    pub(crate) fn load(job: &Setting<'_, V::Elem>, state: &[Vec<V::Elem>]) -> Self {
        let count = job.at.count;
        let blocks = count.div_ceil(V::WIDTH);
        let state = load_state::<N, V>(state, blocks);
        let coeffs = load_coeffs::<N, V>(job.coeffs, job.at.first, blocks);
        let zeros = vec![V::Elem::default(); count];
        Layer {
            integrated: state.clone(),
            state,
            coeffs,
            x: vec![V::zero(); blocks],
            own: vec![V::zero(); blocks],
            row: zeros.clone(),
            scratch: zeros.clone(),
            potential: zeros.clone(),
            fired: zeros,
        }
    }

    /// One step; `None` if the input is not finite.
    #[inline(always)]
    pub(crate) fn step(
        &mut self,
        job: &Setting<'_, V::Elem>,
        t: usize,
        layer: &mut LayerState<V::Elem>,
    ) -> Option<Seen<V>> {
        let at = RowAt { step: job.at.step + t, since_reset: job.at.since_reset + t as u64, ..job.at };
        let row = job.input.row(at, &mut self.scratch);
        if !all_finite::<V>(row) {
            return None;
        }
        self.row.copy_from_slice(row);
        if let Some(lateral) = job.couplings.lateral {
            lateral.add::<V>(&layer.output, &mut self.row);
        }
        for (x, row) in self.x.iter_mut().zip(self.row.chunks(V::WIDTH)) {
            *x = V::load(row);
        }
        for (b, held) in layer.held.chunks(V::WIDTH).enumerate() {
            let b = block::<V>(b);
            let held = V::load(held).gt(V::zero());
            let s = N::integrate(&self.coeffs[b], self.state[b], self.x[b], held);
            self.own[b] = fire::<N, V>(&self.coeffs[b], &s, self.x[b], held, &job.surrogate);
            self.integrated[b] = s;
        }
        store(&self.own, &mut self.fired);
        let winners = self.compete(job, layer);
        let layer_sum =
            if job.couplings.layer_sum { V::broadcast(virtual_lane_sum(&self.fired)) } else { V::zero() };
        let blocks = self.state.len();
        let mut seen =
            Seen { winners, outputs: Vec::with_capacity(blocks), offsets: Vec::with_capacity(blocks) };
        let settling = (at.since_reset + 1).is_multiple_of(SETTLE);
        for b in 0..blocks {
            let b = block::<V>(b);
            let fired = Fired { own: self.own[b], layer: layer_sum };
            let (s, out) = N::emit(&self.coeffs[b], self.integrated[b], self.x[b], fired);
            self.state[b] = if settling { settle(s) } else { s };
            seen.outputs.push(out.value);
            seen.offsets.push(out.offset);
        }
        store(&seen.outputs, &mut layer.output);
        self.clock(layer);
        Some(seen)
    }

    /// Phase 3: winners, and the silence they impose from the next step on.
    #[inline(always)]
    fn compete(&mut self, job: &Setting<'_, V::Elem>, layer: &mut LayerState<V::Elem>) -> Vec<Place> {
        let Some(competition) = job.couplings.competition else { return Vec::new() };
        let one = V::Elem::one();
        for h in &mut layer.held {
            *h = (*h - one).max(V::Elem::zero());
        }
        potential::<N, V>(&self.integrated, &mut self.potential);
        let winners = competition.winners(job.couplings.shape, &self.fired, &self.potential);
        let silence = V::Elem::splat(f64::from(competition.silence));
        competition.silenced(job.couplings.shape, &winners, |i| layer.held[i] = silence);
        winners
    }

    /// Advances the clocks that count steps from spikes and from positive input: sums of dt would drift.
    #[inline(always)]
    fn clock(&self, layer: &mut LayerState<V::Elem>) {
        let (zero, one) = (V::Elem::zero(), V::Elem::one());
        for (since, out) in layer.since_spike.iter_mut().zip(&layer.output) {
            *since = if *out == zero { *since + one } else { zero };
        }
        for (since, x) in layer.since_injection.iter_mut().zip(&self.row) {
            *since = if *x > zero { one } else { *since + one };
        }
    }

    /// Copies out what was asked for.
    #[inline(always)]
    fn take(
        &self,
        job: &Setting<'_, V::Elem>,
        t: usize,
        seen: &Seen<V>,
        layer: &LayerState<V::Elem>,
        taken: &mut Taken<V::Elem>,
    ) {
        let count = job.at.count;
        if taken.outputs_wanted {
            extend(&mut taken.outputs, &seen.outputs, count);
            extend(&mut taken.offsets, &seen.offsets, count);
        }
        for winner in &seen.winners {
            taken.winners.push((t, *winner));
        }
        for probe in taken.probes.iter_mut().filter(|p| (t + 1).is_multiple_of(p.every)) {
            let data = &mut probe.data;
            match probe.quantity {
                Quantity::State(i) => {
                    let start = data.len();
                    data.resize(start + count, V::Elem::default());
                    store_field::<N, V>(&self.state, i, &mut data[start..]);
                }
                Quantity::Potential => {
                    let start = data.len();
                    data.resize(start + count, V::Elem::default());
                    potential::<N, V>(&self.integrated, &mut data[start..]);
                }
                Quantity::Thresholded => {
                    let mut u = vec![V::Elem::default(); count];
                    potential::<N, V>(&self.integrated, &mut u);
                    let keep = |(u, f): (&V::Elem, &V::Elem)| if *f == V::Elem::zero() { *f } else { *u };
                    data.extend(u.iter().zip(&self.fired).map(keep));
                }
                Quantity::Margin => self.extend_drive(data, count, false),
                Quantity::Slope => {
                    let start = data.len();
                    self.extend_drive(data, count, true);
                    for z in &mut data[start..] {
                        *z = job.surrogate.slope(*z);
                    }
                }
                Quantity::Input => data.extend_from_slice(&self.row),
                Quantity::Own => data.extend_from_slice(&self.fired),
                Quantity::Output => data.extend_from_slice(&layer.output),
                Quantity::Held => data.extend_from_slice(&layer.held),
                Quantity::SinceSpike => data.extend(layer.since_spike.iter().map(|n| *n * job.dt)),
                Quantity::SinceInjection => data.extend(layer.since_injection.iter().map(|n| *n * job.dt)),
            }
        }
    }

    /// Appends the margins that firing was decided on, or the places where the surrogate's slope is taken.
    #[inline(always)]
    fn extend_drive(&self, data: &mut Vec<V::Elem>, count: usize, through: bool) {
        let start = data.len();
        data.resize(start + count, V::Elem::default());
        for (b, to) in data[start..].chunks_mut(V::WIDTH).enumerate() {
            let b = block::<V>(b);
            let drive = N::drive(&self.coeffs[b], &self.integrated[b], self.x[b]);
            (if through { drive.through } else { drive.margin }).store(to);
        }
    }
}

/// The membrane potential of every neuron; 0 for models without one.
#[inline(always)]
fn potential<N: Neuron, V: Lanes>(state: &[N::State<V>], to: &mut [V::Elem]) {
    let field = N::INFO.potential.and_then(|name| N::State::<V>::FIELDS.iter().position(|f| f.name == name));
    match field {
        Some(i) => store_field::<N, V>(state, i, to),
        None => to.fill(V::Elem::default()),
    }
}

/// Copies lanes to numbers.
#[inline(always)]
pub(crate) fn store<V: Lanes>(from: &[V], to: &mut [V::Elem]) {
    for (from, to) in from.iter().zip(to.chunks_mut(V::WIDTH)) {
        from.store(to);
    }
}

/// Appends `count` numbers from lanes.
#[inline(always)]
fn extend<V: Lanes>(data: &mut Vec<V::Elem>, blocks: &[V], count: usize) {
    let start = data.len();
    data.resize(start + count, V::Elem::default());
    store(blocks, &mut data[start..]);
}
