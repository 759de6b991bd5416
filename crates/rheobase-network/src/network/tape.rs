//! `Tape`: what the backward pass through a chunk of time needs, and that pass itself.

use std::collections::VecDeque;

use super::operator::{Back, Context, Seen};
use super::program::{Program, State};
use super::signal::Signal;
use rheobase_base::vector::add;
use rheobase_sim::population::Memory;

/// The steps of a chunk of time: signals, and what the operators were before each step. Its memory is used again.
#[derive(Debug, Default)]
pub struct Tape {
    steps: usize,
    /// `[step][source]`.
    signals: Vec<Vec<Signal>>,
    /// `[step][node]`.
    before: Vec<Vec<Memory>>,
    /// What the sources had sent before the chunk, the latest first.
    past: Vec<VecDeque<Signal>>,
    /// Whether the values of a source are looked at in the backward pass; empty if there is none.
    wanted: Vec<bool>,
    /// Steps and errors from which a node is yet to gather, the latest first: `[node]`.
    errors: Vec<Vec<(usize, Vec<f32>)>>,
    /// Memory for further errors of a node: `[node]`.
    spare: Vec<Vec<Vec<f32>>>,
}

/// Errors from which a node gathers at once: as many numbers as stay in a processor's cache. No result depends on it.
const GATHERED: usize = 32 << 10;

/// What is carried backwards from chunk to chunk.
#[derive(Debug, Default)]
pub struct Adjoint {
    /// dL/d memory of each node.
    memories: Vec<Memory>,
    /// dL/d output of each source in the steps before, the latest first, as far as delayed edges reach back.
    earlier: Vec<VecDeque<Vec<f32>>>,
    /// Of each node, the errors of the steps since its input was last another one.
    still: Vec<Still>,
}

/// An input that stays the same, and the sum of the errors of its steps; empty where there is none.
#[derive(Debug, Clone, Default)]
struct Still {
    input: Signal,
    error: Vec<f32>,
}

impl Tape {
    /// Makes room for a chunk of steps; `taped` says which sources' gradients the backward pass will need, if there is one.
    pub(crate) fn begin(&mut self, program: &Program, state: &State, steps: usize, taped: Option<&[bool]>) {
        self.steps = steps;
        let kept = if taped.is_some() { steps } else { steps.min(2) };
        let (sources, nodes) = (program.nodes.len() + 1, program.nodes.len());
        self.signals.resize_with(kept.max(self.signals.len()), Vec::new);
        self.before.resize_with(kept.max(self.before.len()), Vec::new);
        for signals in &mut self.signals {
            signals.resize_with(sources, Signal::default);
        }
        for before in &mut self.before {
            before.resize_with(nodes, Memory::default);
        }
        self.wanted.clear();
        if let Some(taped) = taped {
            self.past.clone_from(&state.past);
            let nodes = || program.nodes.iter().zip(&taped[1..]);
            let own = nodes().map(|(n, taped)| *taped && n.operator.reads_output());
            self.wanted.extend([true].into_iter().chain(own));
            for (node, _) in nodes().filter(|(n, taped)| **taped && n.operator.reads_inputs()) {
                node.inputs.iter().for_each(|(source, _)| self.wanted[*source] = true);
            }
        }
    }

    /// The signals of the step before, those of step `t`, and the memories of step `t`. Without taping two steps'
    /// memory is used in turn.
    pub(crate) fn step(&mut self, t: usize) -> (Option<&[Signal]>, &mut [Signal], &mut [Memory]) {
        let slots = self.signals.len();
        let (now, last) = if self.steps <= slots { (t, t.wrapping_sub(1)) } else { (t % 2, (t + 1) % 2) };
        let before = &mut self.before[now][..];
        if t == 0 {
            return (None, &mut self.signals[now][..], before);
        }
        let (low, high) = self.signals.split_at_mut(now.max(last));
        let (earlier, signals) =
            if now > last { (&low[last][..], &mut high[0][..]) } else { (&high[0][..], &mut low[now][..]) };
        (Some(earlier), signals, before)
    }

    /// Drops the values of the step before `t` that its events say as well, or that nobody looks at.
    pub(crate) fn thin(&mut self, t: usize) {
        if self.wanted.is_empty() || t == 0 {
            return;
        }
        let (low, high) = self.signals.split_at_mut(t);
        for (source, signal) in low[t - 1].iter_mut().enumerate().skip(1) {
            if signal.events.is_some() || !self.wanted[source] {
                // The memory goes on to a later step.
                let values = std::mem::take(&mut signal.values);
                if high.len() > 1 && high[1][source].values.capacity() == 0 {
                    high[1][source].values = values;
                }
            }
        }
    }

    /// Memory in bytes.
    pub fn bytes(&self) -> usize {
        let signals = self.signals.iter().flatten().map(Signal::bytes).sum::<usize>();
        let errors = self.errors.iter().flatten().map(|(_, e)| e).chain(self.spare.iter().flatten());
        let errors = errors.map(|e| 4 * e.capacity()).sum::<usize>();
        signals + errors + self.before.iter().flatten().map(Memory::bytes).sum::<usize>()
    }

    fn input(&self, t: usize, source: usize, delay: usize) -> &Signal {
        match t.checked_sub(delay) {
            Some(t) => &self.signals[t][source],
            None => &self.past[source][delay - t - 1],
        }
    }
}

impl Program {
    /// The adjoint at the end of time.
    pub fn end(&self, state: &State) -> Adjoint {
        Adjoint {
            memories: state.memories.iter().map(Memory::zeros_like).collect(),
            earlier: (0..=self.nodes.len())
                .map(|s| {
                    let zeros = vec![0.0; state.samples * self.width(s)];
                    std::iter::repeat_n(zeros, self.delays[s]).collect()
                })
                .collect(),
            still: vec![Still::default(); self.nodes.len()],
        }
    }

    /// Raw gradients, all 0: `[node][part]`.
    pub fn raw_gradients(&self) -> Vec<Vec<Vec<f32>>> {
        let mut raw = Vec::new();
        self.reset_raw_gradients(&mut raw);
        raw
    }

    /// Makes `raw` raw gradients, all 0; its buffers are reused.
    pub fn reset_raw_gradients(&self, raw: &mut Vec<Vec<Vec<f32>>>) {
        raw.resize_with(self.nodes.len(), Vec::new);
        for (node, raw) in self.nodes.iter().zip(raw) {
            let tensors = &self.parameters.tensors[node.tensors.clone()];
            let lengths: Vec<usize> = tensors.iter().map(|t| t.values.len()).collect();
            let lengths = node.operator.raw(&lengths);
            raw.resize_with(lengths.len(), Vec::new);
            for (part, length) in raw.iter_mut().zip(lengths) {
                part.clear();
                part.resize(length, 0.0);
            }
        }
    }

    /// Goes back through the chunk on `tape`. `wanted` adds to dL/d signal, in each step of the chunk, of each source in
    /// `seen`: the numbers of those that the loss looks at, 0 the input, each once. `given` is shown dL/d input of the
    /// network of each step, if the input's gradient was asked for.
    ///
    /// # Panics
    /// If `seen` holds a number that no source has.
    pub fn back(
        &self,
        context: &Context<'_>,
        tape: &mut Tape,
        adjoint: &mut Adjoint,
        raw: &mut [Vec<Vec<f32>>],
        seen: &[usize],
        mut wanted: impl FnMut(usize, usize, &mut [f32]),
        mut given: impl FnMut(usize, &[f32]),
    ) {
        let samples = tape.signals.first().map_or(0, |s| s[0].samples);
        let nodes = self.nodes.len();
        tape.errors.resize_with(nodes, Vec::new);
        tape.spare.resize_with(nodes, Vec::new);
        // A gradient that is empty stands for zeros.
        let mut gradients: Vec<Vec<f32>> = vec![Vec::new(); nodes + 1];
        let input_wanted = tape.signals.first().is_some_and(|s| s[0].reach != super::signal::Reach::Nowhere);
        let needed = self.needs_gradient(input_wanted);
        for t in (0..tape.steps).rev() {
            for (source, gradient) in gradients.iter_mut().enumerate() {
                gradient.clear();
                if let Some(carried) = adjoint.earlier[source].pop_front() {
                    adjoint.earlier[source].push_back(std::mem::replace(gradient, carried));
                }
            }
            for source in seen.iter().copied().filter(|s| needed[*s]) {
                gradients[source].resize(samples * self.width(source), 0.0);
                wanted(t, source, &mut gradients[source]);
            }
            for (n, node) in self.nodes.iter().enumerate().rev().filter(|(n, _)| needed[n + 1]) {
                let mut mine = std::mem::take(&mut gradients[n + 1]);
                mine.resize(samples * node.width(), 0.0);
                if node.operator.passes_back() {
                    for (source, delay) in node.inputs.iter().filter(|(s, _)| needed[*s]) {
                        let to = match delay {
                            0 => &mut gradients[*source],
                            d => &mut adjoint.earlier[*source][d - 1],
                        };
                        if to.is_empty() {
                            to.extend_from_slice(&mine);
                        } else {
                            add(context.level, to, &mine);
                        }
                    }
                    gradients[n + 1] = mine;
                    continue;
                }
                let inputs: Vec<&Signal> =
                    node.inputs.iter().map(|(source, delay)| tape.input(t, *source, *delay)).collect();
                // Where two inputs have one source and delay, the second gets a place of its own.
                let mut places: Vec<Option<Vec<f32>>> = Vec::with_capacity(inputs.len());
                for (i, (source, delay)) in node.inputs.iter().enumerate() {
                    if !needed[*source] {
                        places.push(None);
                    } else if node.inputs[..i].contains(&(*source, *delay)) {
                        places.push(Some(vec![0.0; samples * self.width(*source)]));
                    } else {
                        let mut place = match delay {
                            0 => std::mem::take(&mut gradients[*source]),
                            d => std::mem::take(&mut adjoint.earlier[*source][d - 1]),
                        };
                        place.resize(samples * self.width(*source), 0.0);
                        places.push(Some(place));
                    }
                }
                let mut to: Vec<Option<&mut Vec<f32>>> = places.iter_mut().map(Option::as_mut).collect();
                node.operator.backward(
                    context,
                    &self.values_of(node),
                    Back {
                        inputs: &inputs,
                        before: &tape.before[t][n],
                        output: &tape.signals[t][n + 1],
                        upstream: &mine,
                        adjoint: &mut adjoint.memories[n],
                        gradients: &mut to,
                        raw: &mut raw[n],
                    },
                );
                for ((source, delay), place) in node.inputs.iter().zip(places) {
                    let Some(place) = place else { continue };
                    let home = match delay {
                        0 => &mut gradients[*source],
                        d => &mut adjoint.earlier[*source][d - 1],
                    };
                    if home.is_empty() {
                        *home = place;
                    } else {
                        add(context.level, home, &place);
                    }
                }
                gradients[n + 1] = mine;
                if node.operator.gathers() && !self.frozen[n] {
                    self.remember(context, tape, adjoint, n, t, &mut gradients[n + 1], &mut raw[n]);
                }
            }
            if input_wanted {
                gradients[0].resize(samples * self.width(0), 0.0);
                given(t, &gradients[0]);
            }
        }
        for n in 0..nodes {
            self.gather(context, tape, n, &mut raw[n]);
        }
    }

    /// Keeps the error of node `n` in step `t` for its gathering, and leaves a buffer of that length.
    fn remember(
        &self,
        context: &Context<'_>,
        tape: &mut Tape,
        adjoint: &mut Adjoint,
        n: usize,
        t: usize,
        error: &mut Vec<f32>,
        raw: &mut [Vec<f32>],
    ) {
        let Some((source, delay)) = self.nodes[n].inputs.first() else { return };
        let (still, input) = (&mut adjoint.still[n], tape.input(t, *source, *delay));
        if input.constant {
            // The step before has the same input: errors are summed first, and multiplied once.
            if still.error.is_empty() {
                still.input.clone_from(input);
                still.error.resize(error.len(), 0.0);
            }
            add(context.level, &mut still.error, error);
            return;
        }
        if !still.error.is_empty() {
            add(context.level, &mut still.error, error);
            std::mem::swap(&mut still.error, error);
            still.error.clear();
        }
        let mut kept = tape.spare[n].pop().unwrap_or_default();
        kept.resize(error.len(), 0.0);
        std::mem::swap(&mut kept, error);
        let length = kept.len();
        tape.errors[n].push((t, kept));
        if tape.errors[n].len() * length >= GATHERED {
            self.gather(context, tape, n, raw);
        }
    }

    /// Lets node `n` gather from the errors kept so far.
    fn gather(&self, context: &Context<'_>, tape: &mut Tape, n: usize, raw: &mut [Vec<f32>]) {
        let node = &self.nodes[n];
        let mut errors = std::mem::take(&mut tape.errors[n]);
        if let Some((source, delay)) = node.inputs.first()
            && !errors.is_empty()
        {
            let seen: Vec<Seen<'_>> = errors
                .iter()
                .map(|(t, error)| Seen { input: tape.input(*t, *source, *delay), error })
                .collect();
            node.operator.gather(context, &seen, raw);
        }
        tape.spare[n].extend(errors.drain(..).map(|(_, error)| error));
        tape.errors[n] = errors;
    }

    /// Adds the gradients of where operators start, and what was left to gather, after the backward pass through the first
    /// chunk.
    pub fn back_to_start(&self, context: &Context<'_>, adjoint: &Adjoint, raw: &mut [Vec<Vec<f32>>]) {
        for (n, node) in self.nodes.iter().enumerate() {
            // A run that began amid input that stays the same.
            let Still { input, error } = &adjoint.still[n];
            if !error.is_empty() {
                node.operator.gather(context, &[Seen { input, error }], &mut raw[n]);
            }
            // Every delayed edge began with the same first output.
            let mut first: Option<Vec<f32>> = None;
            let parts = adjoint.earlier[n + 1].iter().filter(|part| !part.is_empty());
            for part in parts.filter(|_| self.given[n + 1].is_none()) {
                match &mut first {
                    None => first = Some(part.clone()),
                    Some(sum) => add(context.level, sum, part),
                }
            }
            node.operator.start_gradient(&adjoint.memories[n], first.as_deref(), &mut raw[n]);
        }
    }

    /// The gradients of the parameters, in their order, from raw ones summed over tiles.
    pub fn settle_gradients(&self, raw: Vec<Vec<Vec<f32>>>) -> Vec<Vec<f32>> {
        self.nodes.iter().zip(raw).flat_map(|(node, raw)| node.operator.settle_gradients(raw)).collect()
    }
}

impl Adjoint {
    /// Cuts the backward pass here: what comes before gets no gradient from what comes after.
    pub fn cut(&mut self) {
        for memory in &mut self.memories {
            memory.fields.iter_mut().for_each(|f| f.fill(0.0));
            memory.kept.iter_mut().for_each(|f| f.fill(0.0));
        }
        for part in self.earlier.iter_mut().flatten() {
            part.fill(0.0);
        }
    }
}
