//! `Timed`: an operator that measures how long the one within it takes and counts what it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use rheobase::Result;
use rheobase::models::lanes::Level;
use rheobase::network::{Back, Context, Memory, Operation, Operator, Program, Reach, Signal, StepError};
use rheobase::plasticity::Connection;

/// What a node does in a training step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// From its inputs to its output.
    Forwards,
    /// From its output's errors to its inputs'.
    ToInputs,
    /// From its output's errors to its weights.
    ToWeights,
}

impl Phase {
    /// All of them.
    pub const ALL: [Phase; 3] = [Phase::Forwards, Phase::ToInputs, Phase::ToWeights];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Forwards => "forwards",
            Phase::ToInputs => "errors to inputs",
            Phase::ToWeights => "errors to weights",
        }
    }
}

/// What was measured of a node in one phase, over all threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Nanoseconds.
    pub nanoseconds: u64,
    /// Products of a number that is not 0 with a weight (of an input, or of an error that is wanted), each with an addition.
    pub products: u64,
    /// Where there are no products: bytes of the numbers that are read and written once.
    pub bytes: u64,
}

/// [`Spent`] while threads add to it.
#[derive(Default)]
struct Counter {
    nanoseconds: AtomicU64,
    products: AtomicU64,
    bytes: AtomicU64,
}

impl Counter {
    /// What came together since it was last taken.
    fn take(&self) -> Spent {
        Spent {
            nanoseconds: self.nanoseconds.swap(0, Ordering::Relaxed),
            products: self.products.swap(0, Ordering::Relaxed),
            bytes: self.bytes.swap(0, Ordering::Relaxed),
        }
    }
}

/// What is measured of a network.
#[derive(Default)]
pub struct Clock {
    counting: AtomicBool,
    /// `[node][phase]`.
    nodes: Vec<[Counter; 3]>,
}

impl Clock {
    /// Makes the operators of `program` measure.
    pub fn of(program: &mut Program) -> Arc<Clock> {
        let nodes = (0..program.list().len()).map(|_| Default::default()).collect();
        let clock = Arc::new(Clock { nodes, ..Clock::default() });
        let width =
            |n: usize| program.list()[n].inputs.first().map_or(0, |(source, _)| program.width(*source));
        let widths: Vec<usize> = (0..program.list().len()).map(width).collect();
        program.replace_operators(|node, inner| {
            let mut ones = Signal { samples: 1, width: widths[node], ..Signal::default() };
            ones.values = vec![1.0; ones.width];
            let dense = inner.synaptic_operations(&[&ones], &|_| true);
            Box::new(Timed { inner, node, dense, clock: Arc::clone(&clock) })
        });
        clock
    }

    /// What the nodes do in `f`, phase by phase: with the work counted, which takes time itself, or without.
    pub fn measure(&self, counting: bool, f: impl FnOnce()) -> Vec<[Spent; 3]> {
        let taken = || self.nodes.iter().map(|phases| phases.each_ref().map(Counter::take)).collect();
        let _before: Vec<[Spent; 3]> = taken();
        self.counting.store(counting, Ordering::Relaxed);
        f();
        taken()
    }
}

struct Timed {
    inner: Box<dyn Operator>,
    node: usize,
    /// Products of a sample whose inputs are all not 0.
    dense: u64,
    clock: Arc<Clock>,
}

fn add(to: &AtomicU64, by: u64) {
    to.fetch_add(by, Ordering::Relaxed);
}

fn share_of(hits: usize, all: usize) -> f64 {
    hits as f64 / all.max(1) as f64
}

/// Share of errors that are not 0.
fn active(errors: &[f32]) -> f64 {
    share_of(errors.iter().filter(|e| **e != 0.0).count(), errors.len())
}

/// Share of a signal's numbers whose gradient is wanted.
fn wanted(signal: &Signal) -> f64 {
    match &signal.reach {
        Reach::Nowhere => 0.0,
        Reach::Everywhere => 1.0,
        Reach::Bits(bits) => {
            let set = bits.iter().map(|word| word.count_ones() as usize).sum();
            share_of(set, signal.samples * signal.width)
        }
    }
}

fn numbers(memory: &Memory) -> usize {
    memory.fields.iter().chain(&memory.kept).map(Vec::len).sum()
}

impl Timed {
    /// Calls `f` and adds the time it takes.
    fn time(&self, phase: Phase, f: impl FnOnce()) {
        let start = Instant::now();
        f();
        add(&self.counter(phase).nanoseconds, start.elapsed().as_nanos() as u64);
    }

    fn counter(&self, phase: Phase) -> &Counter {
        &self.clock.nodes[self.node][phase as usize]
    }

    fn is_counting(&self) -> bool {
        self.clock.counting.load(Ordering::Relaxed)
    }

    /// Counts pairs of an input and an error of which neither is 0, as if the two had nothing to do with each other.
    fn count_gathered(&self, seen: &[StepError<'_>]) {
        if self.is_counting() {
            for step in seen {
                let all = self.inner.synaptic_operations(&[step.input], &|_| true);
                add(&self.counter(Phase::ToWeights).products, (all as f64 * active(step.error)) as u64);
            }
        }
    }
}

macro_rules! same_as_inner {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(fn $name(&self, $($argument: $type),*) -> $result { self.inner.$name($($argument),*) })*
    };
}

impl Operator for Timed {
    fn refresh(&mut self, parameters: &[&[f32]]) -> Result<()> {
        self.inner.refresh(parameters)
    }

    fn scale_smoothing(&mut self, factor: f64) {
        self.inner.scale_smoothing(factor);
    }

    fn raise_thresholds(&mut self, features: &[f32]) -> Result<bool> {
        self.inner.raise_thresholds(features)
    }

    fn operation(&self) -> Option<Operation<'_>> {
        self.inner.operation()
    }

    same_as_inner! {
        fresh(samples: usize) -> Memory;
        field_names() -> Vec<&'static str>;
        first_output(samples: usize, width: usize) -> Signal;
        passes_back() -> bool;
        blocks_gradient() -> bool;
        gathers() -> bool;
        gathers_tiles(samples: usize) -> bool;
        start_gradient(adjoint: &Memory, first: Option<&[f32]>, raw: &mut [Vec<f32>]) -> ();
        raw(parameters: &[usize]) -> Vec<usize>;
        finish_gradients(raw: Vec<Vec<f32>>) -> Vec<Vec<f32>>;
        synaptic_operations(inputs: &[&Signal], counted: &dyn Fn(usize) -> bool) -> u64;
        writes_gradients() -> bool;
        reads_inputs() -> bool;
        reads_memory() -> bool;
        reads_output() -> bool;
        is_static() -> bool;
        has_chance() -> bool;
        spikes() -> bool;
        connection(place: &str) -> Result<Option<Connection>>;
        threshold() -> Option<&'static str>;
    }

    fn forward(
        &self,
        context: &Context<'_>,
        parameters: &[&[f32]],
        inputs: &[&Signal],
        memory: &mut Memory,
        out: &mut Signal,
    ) {
        self.time(Phase::Forwards, || self.inner.forward(context, parameters, inputs, memory, out));
        if self.is_counting() {
            let products = self.inner.synaptic_operations(inputs, &|_| true);
            add(&self.counter(Phase::Forwards).products, products);
            if products == 0 {
                let ends =
                    inputs.iter().map(|s| s.samples * s.width).sum::<usize>() + out.samples * out.width;
                add(&self.counter(Phase::Forwards).bytes, 4 * (ends + 2 * numbers(memory)) as u64);
            }
        }
    }

    fn backward(&self, context: &Context<'_>, parameters: &[&[f32]], back: Back<'_>) {
        if self.is_counting() {
            let pairs = match back.gradients.first() {
                Some(Some(_)) => wanted(back.inputs[0]) * active(back.upstream),
                _ => 0.0,
            };
            let products = self.dense as f64 * back.inputs.first().map_or(0, |s| s.samples) as f64 * pairs;
            add(&self.counter(Phase::ToInputs).products, products as u64);
            if self.dense == 0 {
                let given = back.gradients.iter().flatten().map(|g| g.len()).sum::<usize>();
                let state = numbers(back.before) + 2 * numbers(back.adjoint);
                add(&self.counter(Phase::ToInputs).bytes, 4 * (given + back.upstream.len() + state) as u64);
            }
        }
        self.time(Phase::ToInputs, || self.inner.backward(context, parameters, back));
    }

    fn gather(&self, context: &Context<'_>, seen: &[StepError<'_>], raw: &mut [Vec<f32>]) {
        self.time(Phase::ToWeights, || self.inner.gather(context, seen, raw));
        self.count_gathered(seen);
    }

    fn gather_tiles(&self, level: Level, tiles: &[StepError<'_>], raw: &mut [Vec<f32>]) {
        // After the tiles, so that all threads are there for it.
        let start = Instant::now();
        self.inner.gather_tiles(level, tiles, raw);
        let threads = rayon::current_num_threads() as u64;
        add(&self.counter(Phase::ToWeights).nanoseconds, threads * start.elapsed().as_nanos() as u64);
        self.count_gathered(tiles);
    }
}

#[cfg(test)]
mod tests {
    use rheobase::network::{Counts, Feed, SampleInput, Sequential, Tape, TileInput, linear, lower, neurons};

    use super::*;

    #[test]
    fn products_of_what_is_not_zero_are_counted() {
        let network = Sequential::new([linear(3), neurons("lif_subtract"), linear(2)]).input(&[4]).unwrap();
        let mut program = lower(&network, 1).unwrap();
        let clock = Clock::of(&mut program);
        let samples = [SampleInput::Constant(vec![0.5, 0.0, 2.0, 0.25])];
        let input = TileInput { samples: &samples, lengths: None, width: 4, wanted: false };
        let context = Context {
            step: 0,
            sample_ids: &[0],
            epoch: 0,
            training: false,
            taping: false,
            level: Level::best(),
        };
        let (mut state, mut tape, mut counts) = (program.start(1), Tape::default(), Counts::default());
        let mut run = || {
            program.run(&context, &mut state, input.steps(0..1), &mut tape, &mut counts, |_, _| {}).unwrap();
        };
        let spent = clock.measure(true, &mut run);
        let [forwards, back, weights] = spent[0];
        assert_eq!((forwards.products, forwards.bytes), (9, 0));
        assert!(forwards.nanoseconds > 0);
        assert_eq!([back, weights], [Spent::default(); 2]);
        // Three inputs and outputs, and a state that is read and written.
        assert_eq!((spent[1][0].products, spent[1][0].bytes), (0, 4 * (3 + 3 + 2 * 3)));
        assert_eq!(clock.measure(false, || {}), vec![[Spent::default(); 3]; 3]);
    }
}
