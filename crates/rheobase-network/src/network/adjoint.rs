//! `Adjoint`: what is carried backwards, and the backward pass through the chunk of time on a tape.

use std::collections::VecDeque;

use super::operator::{Back, Context, StepError};
use super::program::{Program, State};
use super::raw::Raw;
use super::signal::Signal;
use super::tape::Tape;
use rheobase_base::vector::{add, resize};
use rheobase_base::{Cancel, Result};
use rheobase_sim::population::Memory;

/// Errors from which a node gathers at once: as many numbers as stay in a processor's cache. No result depends on it.
const GATHERED: usize = 32 << 10;

/// What is carried backwards from chunk to chunk.
#[derive(Debug, Default)]
pub struct Adjoint {
    /// What was added up so far.
    pub raw: Raw,
    /// dL/d memory of each node.
    pub(super) memories: Vec<Memory>,
    /// dL/d output of each source in the steps before, the latest first, as far as delayed edges reach back.
    pub(super) earlier: Vec<VecDeque<Vec<f32>>>,
    /// Of each node, the errors of the steps since its input was last another one.
    still: Vec<HeldInput>,
}

/// What stays the same, and the sum of the errors of its steps; empty where there is none.
#[derive(Debug, Clone, Default)]
struct HeldInput {
    /// What goes into the node and, last, what comes out: set at the start of a chunk, should all begin there.
    signals: Vec<Signal>,
    /// What the node keeps of it, where the errors have yet to go through the node.
    before: Option<Memory>,
    error: Vec<f32>,
}

/// A step of a node as the backward pass sees it.
struct StepBack<'a> {
    inputs: &'a [&'a Signal],
    before: &'a Memory,
    output: &'a Signal,
    /// Which sources' gradients are needed.
    needed: &'a [bool],
}

/// Where the gradient of what a source sent `delay` steps before is gathered.
fn home<'a>(
    gradients: &'a mut [Vec<f32>],
    earlier: &'a mut [VecDeque<Vec<f32>>],
    source: usize,
    delay: usize,
) -> &'a mut Vec<f32> {
    match delay {
        0 => &mut gradients[source],
        d => &mut earlier[source][d - 1],
    }
}

/// Fills up a gradient with zeros; an empty one in the buffer that waits for it.
fn fill(gradient: &mut Vec<f32>, buffer: &mut Vec<f32>, size: usize) {
    if gradient.is_empty() {
        *gradient = std::mem::take(buffer);
        gradient.clear();
    }
    resize(gradient, size);
}

impl Program {
    /// The adjoint at the end of time, its raw gradients all 0: in the buffers of `raw`, those of an earlier pass or none.
    pub fn end(&self, state: &State, raw: Raw) -> Adjoint {
        Adjoint {
            raw: self.raw_gradients(raw),
            memories: state.memories.iter().map(Memory::zeros_like).collect(),
            earlier: (0..=self.nodes.len())
                .map(|s| {
                    let zeros = vec![0.0; state.samples * self.width(s)];
                    std::iter::repeat_n(zeros, self.delays[s]).collect()
                })
                .collect(),
            still: vec![HeldInput::default(); self.nodes.len()],
        }
    }

    /// Goes back through the chunk on `tape`. `wanted` adds to dL/d signal, in each step of the chunk, of each source in
    /// `seen`: the numbers of those that the loss looks at, 0 the input, each once. `given` is shown dL/d input of the
    /// network of each step, if the input's gradient was asked for.
    ///
    /// # Errors
    /// A call that was asked to end ([`Cancel`]); the tape then begins anew with the next run.
    ///
    /// # Panics
    /// If `seen` holds a number that no source has.
    pub fn back(
        &self,
        context: &Context<'_>,
        tape: &mut Tape,
        adjoint: &mut Adjoint,
        seen: &[usize],
        mut wanted: impl FnMut(usize, usize, &mut [f32]),
        mut given: impl FnMut(usize, &[f32]),
    ) -> Result<()> {
        let input = (tape.steps > 0).then(|| tape.input(0, 0, 0));
        let samples = input.map_or(0, |s| s.samples);
        let input_wanted = input.is_some_and(|s| s.reach != super::signal::Reach::Nowhere);
        let nodes = self.nodes.len();
        tape.errors.resize_with(nodes, Vec::new);
        // A pass that was ended early has left some.
        tape.errors.iter_mut().for_each(Vec::clear);
        tape.spare.resize_with(nodes, Vec::new);
        // A gradient that is empty stands for zeros; its buffer waits with what it held.
        let mut gradients: Vec<Vec<f32>> = vec![Vec::new(); nodes + 1];
        let mut buffers = gradients.clone();
        let needed = self.needs_gradient(input_wanted);
        let in_place = self.adds_in_place(input_wanted, seen);
        let cancel = Cancel::current();
        for t in (0..tape.steps).rev() {
            cancel.check()?;
            for (source, gradient) in gradients.iter_mut().enumerate() {
                if gradient.capacity() > 0 {
                    buffers[source] = std::mem::take(gradient);
                }
                if in_place[source] {
                    *gradient = std::mem::take(&mut adjoint.still[source - 1].error);
                }
                if let Some(carried) = adjoint.earlier[source].pop_front() {
                    *gradient = carried;
                    let mut last = std::mem::take(&mut buffers[source]);
                    last.clear();
                    adjoint.earlier[source].push_back(last);
                }
            }
            for source in seen.iter().copied().filter(|s| needed[*s]) {
                fill(&mut gradients[source], &mut buffers[source], samples * self.width(source));
                wanted(t, source, &mut gradients[source]);
            }
            for n in (0..nodes).rev().filter(|n| needed[n + 1]) {
                let mut mine = std::mem::take(&mut gradients[n + 1]);
                fill(&mut mine, &mut buffers[n + 1], samples * self.nodes[n].width());
                if input_wanted || self.comes_up(context, tape, adjoint, n, t, &mut mine) {
                    let inputs: Vec<&Signal> =
                        self.nodes[n].inputs.iter().map(|(s, delay)| tape.input(t, *s, *delay)).collect();
                    let (before, output) = (&tape.before[t][n], tape.input(t, n + 1, 0));
                    let step = StepBack { inputs: &inputs, before, output, needed: &needed };
                    self.through(context, n, &step, &mine, adjoint, (&mut gradients, &mut buffers));
                    if self.nodes[n].operator.gathers() && !self.frozen[n] {
                        self.remember(context, tape, adjoint, n, t, &mut mine);
                    }
                }
                gradients[n + 1] = mine;
            }
            if input_wanted {
                fill(&mut gradients[0], &mut buffers[0], samples * self.width(0));
                given(t, &gradients[0]);
            }
        }
        for n in 0..nodes {
            if adjoint.raw.may_hold(n, &*self.nodes[n].operator)
                && let Some((input, error)) = tape.only(self.nodes[n].inputs.first(), n)
            {
                adjoint.raw.hold(context.level, n, input, error);
            }
            self.gather(context, tape, n, &mut adjoint.raw);
        }
        // Another tape's pass needs as many: they do not pile up.
        tape.spare.clear();
        Ok(())
    }

    /// Of each source, whether the errors that wait while it stays the same are added to where they arise: one edge alone leads
    /// from it, so that they come in the order in which they are added up.
    fn adds_in_place(&self, input_wanted: bool, seen: &[usize]) -> Vec<bool> {
        let mut edges = vec![0; self.nodes.len() + 1];
        self.nodes.iter().flat_map(|node| &node.inputs).for_each(|(source, _)| edges[*source] += 1);
        let lone = |s: usize| edges[s] == 1 && self.delays[s] == 0 && !seen.contains(&s);
        let is_static = |s: usize| s > 0 && self.nodes[s - 1].operator.is_static();
        (0..=self.nodes.len()).map(|s| !input_wanted && lone(s) && is_static(s)).collect()
    }

    /// Whether the error of node `n` in step `t` goes on to its inputs. While its output stays the same it waits, and is
    /// added to those of the steps before: what does not change is gone back through once.
    fn comes_up(
        &self,
        context: &Context<'_>,
        tape: &Tape,
        adjoint: &mut Adjoint,
        n: usize,
        t: usize,
        error: &mut Vec<f32>,
    ) -> bool {
        let still = &mut adjoint.still[n];
        if !still.error.is_empty() {
            add(context.level, &mut still.error, error);
            std::mem::swap(&mut still.error, error);
            still.error.clear();
        }
        let stays = tape.stays(t, n + 1, 0);
        if stays {
            if t == 0 {
                let around = self.nodes[n].inputs.iter().copied().chain([(n + 1, 0)]);
                still.signals = around.map(|(s, delay)| tape.input(t, s, delay).clone()).collect();
                still.before = Some(tape.before[t][n].clone());
            }
            std::mem::swap(&mut still.error, error);
        }
        !stays
    }

    /// Takes the error of node `n` through it to its inputs.
    fn through(
        &self,
        context: &Context<'_>,
        n: usize,
        step: &StepBack<'_>,
        mine: &[f32],
        adjoint: &mut Adjoint,
        (gradients, buffers): (&mut [Vec<f32>], &mut [Vec<f32>]),
    ) {
        let (node, needed) = (&self.nodes[n], step.needed);
        let Adjoint { raw, memories, earlier, .. } = adjoint;
        if node.operator.passes_back() {
            for (source, delay) in node.inputs.iter().filter(|(s, _)| needed[*s]) {
                let to = home(gradients, earlier, *source, *delay);
                if to.is_empty() {
                    if *delay == 0 {
                        *to = std::mem::take(&mut buffers[*source]);
                        to.clear();
                    }
                    to.extend_from_slice(mine);
                } else {
                    add(context.level, to, mine);
                }
            }
            return;
        }
        // Where two inputs have one source and delay, the second gets a place of its own.
        let mut places: Vec<Option<Vec<f32>>> = Vec::with_capacity(node.inputs.len());
        for (i, (source, delay)) in node.inputs.iter().enumerate() {
            let size = step.output.samples * self.width(*source);
            places.push(if !needed[*source] {
                None
            } else if node.inputs[..i].contains(&(*source, *delay)) {
                Some(vec![0.0; size])
            } else if node.operator.writes_gradients() {
                let mut place = std::mem::take(&mut buffers[*source]);
                resize(&mut place, size);
                Some(place)
            } else {
                let mut place = std::mem::take(home(gradients, earlier, *source, *delay));
                match delay {
                    0 => fill(&mut place, &mut buffers[*source], size),
                    _ => resize(&mut place, size),
                }
                Some(place)
            });
        }
        let mut to: Vec<Option<&mut Vec<f32>>> = places.iter_mut().map(Option::as_mut).collect();
        let back = Back {
            inputs: step.inputs,
            before: step.before,
            output: step.output,
            upstream: mine,
            adjoint: &mut memories[n],
            gradients: &mut to,
            raw: &mut raw.parts[n],
        };
        node.operator.backward(context, &self.values_of(node), back);
        for ((source, delay), place) in node.inputs.iter().zip(places) {
            let Some(place) = place else { continue };
            let home = home(gradients, earlier, *source, *delay);
            if home.is_empty() {
                *home = place;
            } else {
                add(context.level, home, &place);
                buffers[*source] = place;
            }
        }
    }

    /// Keeps the error of node `n` in step `t` for its gathering, and leaves another buffer, which may hold anything.
    fn remember(
        &self,
        context: &Context<'_>,
        tape: &mut Tape,
        adjoint: &mut Adjoint,
        n: usize,
        t: usize,
        error: &mut Vec<f32>,
    ) {
        let Some((source, delay)) = self.nodes[n].inputs.first() else { return };
        let still = &mut adjoint.still[n];
        if tape.stays(t, *source, *delay) {
            // The step before has the same input: errors are summed first, and multiplied once.
            if still.error.is_empty() {
                still.signals = vec![tape.input(t, *source, *delay).clone()];
                resize(&mut still.error, error.len());
            }
            add(context.level, &mut still.error, error);
            return;
        }
        if !still.error.is_empty() {
            add(context.level, &mut still.error, error);
            std::mem::swap(&mut still.error, error);
            still.error.clear();
        }
        let mut kept = tape.spare[n].pop().filter(|_| t > 0).unwrap_or_default();
        std::mem::swap(&mut kept, error);
        let length = kept.len();
        tape.errors[n].push((t, kept));
        // The first step's go with what is left at the end of the chunk.
        if t > 0 && tape.errors[n].len() * length >= GATHERED {
            self.gather(context, tape, n, &mut adjoint.raw);
        }
    }

    /// Lets node `n` gather from the errors kept so far.
    fn gather(&self, context: &Context<'_>, tape: &mut Tape, n: usize, raw: &mut Raw) {
        let node = &self.nodes[n];
        let mut errors = std::mem::take(&mut tape.errors[n]);
        if let Some((source, delay)) = node.inputs.first()
            && !errors.is_empty()
        {
            let seen: Vec<StepError<'_>> = errors
                .iter()
                .map(|(t, error)| StepError { input: tape.input(*t, *source, *delay), error })
                .collect();
            node.operator.gather(context, &seen, self.parts(n, raw));
        }
        tape.spare[n].extend(errors.drain(..).map(|(_, error)| error));
        tape.errors[n] = errors;
    }

    /// Adds the gradients of where operators start, and what was left to gather, after the backward pass through the first
    /// chunk.
    pub fn back_to_start(&self, context: &Context<'_>, adjoint: &mut Adjoint) {
        self.back_through_still(context, adjoint);
        for (n, node) in self.nodes.iter().enumerate() {
            // Every delayed edge began with the same first output.
            let mut first: Option<Vec<f32>> = None;
            let parts = adjoint.earlier[n + 1].iter().filter(|part| !part.is_empty());
            for part in parts.filter(|_| self.given[n + 1].is_none()) {
                match &mut first {
                    None => first = Some(part.clone()),
                    Some(sum) => add(context.level, sum, part),
                }
            }
            node.operator.start_gradient(&adjoint.memories[n], first.as_deref(), &mut adjoint.raw.parts[n]);
        }
    }

    /// Goes back through what was the same from the first step on: where a run began amid input that stays the same.
    fn back_through_still(&self, context: &Context<'_>, adjoint: &mut Adjoint) {
        let mut gradients = vec![Vec::new(); self.nodes.len() + 1];
        let mut buffers = gradients.clone();
        let needed = self.needs_gradient(false);
        for n in (0..self.nodes.len()).rev() {
            let HeldInput { signals, before, mut error } = std::mem::take(&mut adjoint.still[n]);
            let (false, Some((output, inputs))) = (error.is_empty(), signals.split_last()) else { continue };
            if !gradients[n + 1].is_empty() {
                add(context.level, &mut error, &gradients[n + 1]);
            }
            if let Some(before) = &before {
                let inputs: Vec<&Signal> = inputs.iter().collect();
                let step = StepBack { inputs: &inputs, before, output, needed: &needed };
                self.through(context, n, &step, &error, adjoint, (&mut gradients, &mut buffers));
            }
            if self.nodes[n].operator.gathers() && !self.frozen[n] {
                let seen = [StepError { input: &signals[0], error: &error }];
                self.nodes[n].operator.gather(context, &seen, self.parts(n, &mut adjoint.raw));
            }
        }
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
