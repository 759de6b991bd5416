//! `Program`: a network that has been checked, and its run through time.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use super::feed::{Feed, Steps};
use super::library::Library;
use super::operator::{Context, Operator};
use super::parameters::{Parameter, Parameters};
use super::signal::Signal;
use super::tape::{Slots, Tape};
use rheobase_base::vector::any_nan;
use rheobase_base::{Cancel, Error, Result};
use rheobase_models::lanes::Level;
use rheobase_sim::population::Memory;

/// A node of a program. Sources are numbered from 0, the network's input; node `n` of the list is number `n + 1`.
pub struct ProgramNode {
    /// Its name.
    pub name: String,
    /// What it computes, in a word: `linear`, `lif`.
    pub what: String,
    /// What it computes.
    pub operator: Box<dyn Operator>,
    /// Number of each source, and the delay of its edge in steps.
    pub inputs: Vec<(usize, usize)>,
    /// Shape of what it sends in one step.
    pub shape: Vec<usize>,
    /// Its tensors within the parameters.
    pub tensors: std::ops::Range<usize>,
    /// Whether it is a layer of neurons.
    pub layer: bool,
}

impl ProgramNode {
    /// Numbers that a source sends per sample and step.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// What arrives at it in a step: what its sources send now, or sent a delay ago.
    fn signals<'a>(&self, now: &'a [Signal], past: &'a [VecDeque<Signal>]) -> Vec<&'a Signal> {
        let sent = |&(source, delay): &(usize, usize)| match delay {
            0 => &now[source],
            d => &past[source][d - 1],
        };
        self.inputs.iter().map(sent).collect()
    }

    /// Whether it sends the same again, where its sources that are marked in `held` do.
    fn repeats(&self, held: &[bool]) -> bool {
        self.operator.is_static() && self.inputs.iter().all(|(source, delay)| *delay == 0 && held[*source])
    }

    /// Synaptic operations of a step; `last` keeps those of the step before, which inputs that stay the same come to again.
    fn operations(&self, inputs: &[&Signal], counted: &dyn Fn(usize) -> bool, last: &mut Option<u64>) -> u64 {
        let still = inputs.iter().all(|s| s.constant);
        let now =
            last.filter(|_| still).unwrap_or_else(|| self.operator.synaptic_operations(inputs, counted));
        *last = Some(now);
        now
    }
}

/// A network that has been checked: shapes inferred, nodes in order, parameters named.
pub struct Program {
    pub(crate) nodes: Vec<ProgramNode>,
    pub(crate) parameters: Parameters,
    pub(crate) input: Vec<usize>,
    /// Number of the node that the network gives.
    pub(crate) output: usize,
    /// The longest delay from each source.
    pub(crate) delays: Vec<usize>,
    /// What delayed edges carry before each source has sent anything, where that is given.
    pub(crate) given: Vec<Option<Vec<f32>>>,
    /// Which nodes keep their parameters as they are ([`Program::freeze`]).
    pub(crate) frozen: Vec<bool>,
    /// What the names in its description stood for.
    pub(crate) library: Library,
    pub(crate) version: Version,
}

/// A number of its own for what a program was from one change of its nodes to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Version(u64);

impl Version {
    pub(crate) fn next() -> Version {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Version(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What a program carries from step to step for the samples of a tile: the caller's to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub(crate) memories: Vec<Memory>,
    /// What each source has sent, the latest first, as far back as edges reach.
    pub(crate) past: Vec<VecDeque<Signal>>,
    pub(crate) step: u64,
    pub(crate) samples: usize,
}

impl State {
    /// What each node carries, in their order.
    pub fn memories(&self) -> &[Memory] {
        &self.memories
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Steps since the last reset.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Ends a step in which the sources have sent these.
    fn take_in(&mut self, signals: &[Signal]) {
        self.step += 1;
        for (source, past) in self.past.iter_mut().enumerate().filter(|(_, p)| !p.is_empty()) {
            // The oldest signal's memory is used again.
            if let Some(mut oldest) = past.pop_back() {
                oldest.copy_from(&signals[source]);
                past.push_front(oldest);
            }
        }
    }
}

/// What a run has counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// Spikes of each node; 0 for nodes that do not spike.
    pub spikes: Vec<u64>,
    /// Synaptic operations of each node: events × the targets each of them has.
    pub operations: Vec<u64>,
}

impl Counts {
    /// Adds another run's.
    pub fn add(&mut self, other: &Counts) {
        self.spikes.resize(other.spikes.len().max(self.spikes.len()), 0);
        self.operations.resize(self.spikes.len(), 0);
        for (a, b) in self.spikes.iter_mut().zip(&other.spikes) {
            *a += b;
        }
        for (a, b) in self.operations.iter_mut().zip(&other.operations) {
            *a += b;
        }
    }
}

impl Program {
    /// What is learned.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Changes what is learned and lets the nodes take it in.
    ///
    /// # Errors
    /// Those of `change`; parameters that a model refuses, in which case nothing has changed.
    pub fn update(&mut self, change: impl FnOnce(&mut Parameters) -> Result<()>) -> Result<()> {
        let before = self.parameters.clone();
        let done = change(&mut self.parameters).and_then(|()| self.refresh());
        if done.is_err() {
            self.parameters = before;
            self.refresh()?;
        }
        done
    }

    /// Exchanges the values of all tensors for `values`, in their order, and lets the nodes take them in; an empty list stands
    /// for a tensor that stays as it is. Nothing is copied: what the values were is left in `values`.
    ///
    /// # Errors
    /// Another number of tensors or values; values that are not in their range, or that a model refuses. Then nothing has
    /// changed.
    pub fn exchange(&mut self, values: &mut [Vec<f32>]) -> Result<()> {
        let tensors = &self.parameters.tensors;
        let fit = |(t, v): (&Parameter, &Vec<f32>)| v.is_empty() || v.len() == t.values.len();
        if tensors.len() != values.len() || !tensors.iter().zip(&*values).all(fit) {
            let lengths = |of: &mut dyn Iterator<Item = usize>| format!("{:?}", of.collect::<Vec<_>>());
            let got = lengths(&mut values.iter().map(Vec::len));
            let want = lengths(&mut tensors.iter().map(|t| t.values.len()));
            let rule = format!("{want} are needed, or none of a tensor that stays");
            return Err(Error::shape("network", "parameters", format!("{got} values"), rule));
        }
        self.swap(values);
        let done = self.refresh();
        if done.is_err() {
            self.swap(values);
            self.refresh()?;
        }
        done
    }

    fn swap(&mut self, values: &mut [Vec<f32>]) {
        let pairs = self.parameters.tensors.iter_mut().zip(values);
        for (tensor, values) in pairs.filter(|(_, values)| !values.is_empty()) {
            std::mem::swap(&mut tensor.values, values);
        }
    }

    pub(crate) fn refresh(&mut self) -> Result<()> {
        self.version = Version::next();
        for node in &mut self.nodes {
            let tensors = &self.parameters.tensors[node.tensors.clone()];
            for t in tensors {
                t.check(&t.values)?;
            }
            let values: Vec<&[f32]> = tensors.iter().map(|t| &t.values[..]).collect();
            node.operator.refresh(&values)?;
        }
        Ok(())
    }

    /// Smooths the curves of layers that are run as rates by this factor times the width that they were described with.
    pub fn scale_smoothing(&mut self, factor: f64) {
        self.version = Version::next();
        self.nodes.iter_mut().for_each(|node| node.operator.scale_smoothing(factor));
    }

    /// Shape of a sample in one step.
    pub fn input_shape(&self) -> &[usize] {
        &self.input
    }

    /// Shape of what the network gives in one step.
    pub fn output_shape(&self) -> &[usize] {
        match self.output.checked_sub(1) {
            Some(n) => &self.nodes[n].shape,
            None => &self.input,
        }
    }

    /// All nodes in order; node `n` is source number `n + 1`.
    pub fn list(&self) -> &[ProgramNode] {
        &self.nodes
    }

    /// Exchanges the operator of every node for what `by` makes of it, told the node's number: one that measures, logs or
    /// checks what the operator within it does, say. What stands there must behave as the operator before did towards shapes
    /// and parameters.
    pub fn replace_operators(&mut self, mut by: impl FnMut(usize, Box<dyn Operator>) -> Box<dyn Operator>) {
        self.version = Version::next();
        let nodes = std::mem::take(&mut self.nodes).into_iter().enumerate();
        self.nodes = nodes.map(|(n, node)| ProgramNode { operator: by(n, node.operator), ..node }).collect();
    }

    /// Number of the source that the network gives: of the signals of a step, this one is the answer.
    pub fn output(&self) -> usize {
        self.output
    }

    /// Raises the thresholds of node `n`, one amount per feature; `false` if it has none that rise.
    ///
    /// # Errors
    /// Amounts that the node refuses.
    pub fn raise_thresholds(&mut self, n: usize, by: &[f32]) -> Result<bool> {
        self.version = Version::next();
        self.nodes.get_mut(n).map_or(Ok(false), |node| node.operator.raise_thresholds(by))
    }

    /// Whether node `n` keeps its parameters as they are ([`Program::freeze`]).
    pub fn is_frozen(&self, n: usize) -> bool {
        self.frozen.get(n) == Some(&true)
    }

    /// What the names in its description stood for.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Names, kinds and shapes of the nodes, in order.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, &str, &[usize])> {
        self.nodes.iter().map(|n| (&n.name[..], &n.what[..], &n.shape[..]))
    }

    /// Which nodes are neurons that send spikes: layers of a model that spikes, and `fire`.
    pub fn spiking(&self) -> impl Iterator<Item = bool> {
        self.nodes.iter().map(|n| n.operator.spikes())
    }

    /// Numbers that a source sends per sample and step.
    pub fn width(&self, source: usize) -> usize {
        match source.checked_sub(1) {
            Some(n) => self.nodes[n].width(),
            None => self.input.iter().product(),
        }
    }

    pub(crate) fn values_of(&self, node: &ProgramNode) -> Vec<&[f32]> {
        self.parameters.tensors[node.tensors.clone()].iter().map(|t| &t.values[..]).collect()
    }

    /// The state of `samples` samples after a reset.
    pub fn start(&self, samples: usize) -> State {
        let memories = self.nodes.iter().map(|n| n.operator.fresh(samples)).collect();
        let past = (0..=self.nodes.len())
            .map(|source| {
                let width = self.width(source);
                let first = match source.checked_sub(1) {
                    _ if self.given[source].is_some() => self.given_first(source, samples),
                    Some(n) if self.delays[source] > 0 => self.nodes[n].operator.first_output(samples, width),
                    _ => {
                        let mut zeros = Signal::default();
                        zeros.zeros(samples, width);
                        zeros
                    }
                };
                std::iter::repeat_n(first, self.delays[source]).collect()
            })
            .collect();
        State { memories, past, step: 0, samples }
    }

    /// The given first signal of a source, for every sample.
    fn given_first(&self, source: usize, samples: usize) -> Signal {
        let values = self.given[source].as_deref().unwrap_or_default();
        let mut signal = Signal::default();
        signal.zeros(samples, values.len());
        signal.values.chunks_exact_mut(values.len().max(1)).for_each(|row| row.copy_from_slice(values));
        if source.checked_sub(1).is_some_and(|n| self.nodes[n].operator.spikes()) {
            signal.find_events();
        }
        signal
    }

    /// Takes `state` through steps of an input; `tape` keeps what the backward pass needs,
    /// `see` is shown the signal of every node after each step (by number, 0 the input). Of an input that stands for a
    /// later source ([`Feed::source`]) only what comes behind that runs: [`Program::settled`] says where that is enough.
    ///
    /// # Errors
    /// NaN that arises, with step, node, sample and neuron; input of the wrong width.
    pub fn run(
        &self,
        context: &Context<'_>,
        state: &mut State,
        steps: Steps<'_>,
        tape: &mut Tape,
        counts: &mut Counts,
        mut see: impl FnMut(usize, &[Signal]),
    ) -> Result<()> {
        let Steps { feed: input, range } = steps;
        let (first, steps, source) = (range.start, range.len(), input.source());
        self.check_feed(input, state)?;
        counts.spikes.resize(self.nodes.len(), 0);
        counts.operations.resize(self.nodes.len(), 0);
        // Nodes that the backward pass never visits leave nothing on the tape.
        let taped = if context.taping {
            self.needs_gradient(input.wanted())
        } else {
            vec![false; self.nodes.len() + 1]
        };
        tape.begin(self, state, (steps, source), context.taping.then_some(&taped[..]));
        let mut operations = vec![None; self.nodes.len()];
        // Of the first step's signals, whether an earlier run ended with the same.
        let mut held = vec![false; self.nodes.len() + 1];
        let cancel = Cancel::current();
        for t in 0..steps {
            cancel.check()?;
            let Slots { mut earlier, signals, before, same } = tape.step(t);
            let counted = |sample: usize| input.goes_on(sample, first + t);
            let same_input = input.stays(first + t);
            if !same_input {
                // A sample may have ended, which no longer counts where its input goes on, too.
                operations.fill(None);
            }
            match &mut earlier {
                Some((earlier, _)) if same_input && t > 0 => {
                    std::mem::swap(&mut signals[source], &mut earlier[source]);
                }
                _ => input.write(first + t, &mut signals[source]),
            }
            if t == 0 {
                held[source] = earlier.as_ref().is_some_and(|(held, _)| held[source].sends(&signals[source]));
            }
            signals[source].constant = same_input;
            same[source] = same_input;
            if source > 0 {
                signals[0].nothing(state.samples);
            }
            for (n, node) in self.nodes.iter().enumerate().skip(source) {
                let memory = &mut state.memories[n];
                if taped[n + 1] && node.operator.reads_memory() {
                    before[n].copy_from(memory);
                }
                let mut out = std::mem::take(&mut signals[n + 1]);
                let inputs = node.signals(signals, &state.past);
                let context = Context { step: state.step, ..*context };
                let stays = node.operator.is_static() && inputs.iter().all(|s| s.constant);
                // Signals of an earlier run need not have been those of the same samples in the step before.
                let again = if t > 0 { stays } else { node.repeats(&held) };
                held[n + 1] = again;
                match &mut earlier {
                    Some((signals, memories)) if again => {
                        std::mem::swap(&mut out, &mut signals[n + 1]);
                        if input.wanted() {
                            before[n].choices.clone_from(&memories[n].choices);
                        }
                    }
                    _ if input.known(n, &mut out) => {}
                    _ => {
                        node.operator.forward(&context, &self.values_of(node), &inputs, memory, &mut out);
                        if taped[n + 1] {
                            std::mem::swap(&mut before[n].kept, &mut memory.kept);
                            std::mem::swap(&mut before[n].choices, &mut memory.choices);
                            memory.choices.clear();
                        }
                    }
                }
                out.constant = stays;
                same[n + 1] = stays;
                if node.operator.spikes() {
                    counts.spikes[n] += out.active(&counted) as u64;
                }
                counts.operations[n] += node.operations(&inputs, &counted, &mut operations[n]);
                signals[n + 1] = out;
            }
            see(t, signals);
            state.take_in(signals);
            tape.thin(context.level, t);
        }
        tape.thin(context.level, steps);
        tape.hold(self.version, source);
        // What was kept for the backward pass is on the tape.
        state.memories.iter_mut().for_each(|memory| memory.kept.clear());
        self.check_nan(context.level, state)
    }

    /// What is fed must be as wide as the source that it stands for, and of as many samples as the state.
    fn check_feed(&self, input: &dyn Feed, state: &State) -> Result<()> {
        let source = input.source();
        if source > 0 && !(source < self.output && self.cuts(source)) {
            let rule = "must be 0 for the network's input, or a source before its output that alone feeds what comes behind it";
            return Err(Error::value("network", "source", source, rule));
        }
        let width = self.width(source);
        if input.width() == width && input.samples() == state.samples {
            return Ok(());
        }
        Err(Error::shape(
            "network",
            "input",
            format!("[{} samples, {} features]", input.samples(), input.width()),
            format!("[{}, {width}] is needed", state.samples),
        ))
    }

    /// Looks for NaN in the state.
    fn check_nan(&self, level: Level, state: &State) -> Result<()> {
        for (node, memory) in self.nodes.iter().zip(&state.memories) {
            for (f, field) in memory.fields.iter().enumerate().filter(|(_, field)| any_nan(level, field)) {
                if let Some(i) = field.iter().position(|x| x.is_nan()) {
                    let width = (field.len() / state.samples.max(1)).max(1);
                    let at = [state.step as usize - 1, i / width, i % width];
                    return Err(Error::not_a_number(&node.name, format!("state field {f}"), at));
                }
            }
        }
        Ok(())
    }
}
