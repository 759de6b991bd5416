//! `Tape`: what the backward pass through a chunk of time needs.

use std::collections::VecDeque;

use super::program::{Program, State, Version};
use super::signal::Signal;
use rheobase_models::lanes::Level;
use rheobase_sim::population::Memory;

/// The steps of a chunk of time: signals, and what the operators were before each step. Its memory is used again.
#[derive(Debug, Default)]
pub struct Tape {
    pub(super) steps: usize,
    /// Where two slots are used in turn: that of step 0.
    turn: Option<usize>,
    /// What the last run without taping left in the slot before: of which program, and fed at which source.
    held: Option<(Version, usize)>,
    /// `[step][source]`. What stays the same stands in the last step of which that is so.
    signals: Vec<Vec<Signal>>,
    /// Whether a source sends the same as in the step before: `[step][source]`.
    same: Vec<Vec<bool>>,
    /// `[step][node]`.
    pub(super) before: Vec<Vec<Memory>>,
    /// What the sources had sent before the chunk, the latest first.
    past: Vec<VecDeque<Signal>>,
    /// Whether the values of a source are looked at in the backward pass; empty if there is none.
    wanted: Vec<bool>,
    /// Steps and errors from which a node is yet to gather, the latest first: `[node]`.
    pub(super) errors: Vec<Vec<(usize, Vec<f32>)>>,
    /// Memory for further errors of a node: `[node]`.
    pub(super) spare: Vec<Vec<Vec<f32>>>,
}

/// The places of a step on the tape.
pub(crate) struct Slots<'a> {
    /// Signals and memories of the step before.
    pub(crate) earlier: Option<(&'a mut [Signal], &'a [Memory])>,
    pub(crate) signals: &'a mut [Signal],
    pub(crate) before: &'a mut [Memory],
    /// Whether a source sends the same as in the step before.
    pub(crate) same: &'a mut [bool],
}

impl Tape {
    /// Makes room for a chunk of steps fed at `source`; `taped` says which sources' gradients the backward pass will need, if
    /// there is one.
    pub(crate) fn begin(
        &mut self,
        program: &Program,
        state: &State,
        (steps, source): (usize, usize),
        taped: Option<&[bool]>,
    ) {
        self.steps = steps;
        self.held = self.held.filter(|held| taped.is_none() && *held == (program.version, source));
        self.turn = match (taped, self.turn) {
            (Some(_), _) => None,
            (None, Some(turn)) if self.held.is_some() => Some(turn),
            (None, _) => Some(0),
        };
        let kept = if taped.is_some() { steps.max(1) } else { 2 };
        let (sources, nodes) = (program.nodes.len() + 1, program.nodes.len());
        self.signals.resize_with(kept.max(self.signals.len()), Vec::new);
        self.before.resize_with(kept.max(self.before.len()), Vec::new);
        for signals in &mut self.signals {
            signals.resize_with(sources, Signal::default);
        }
        for before in &mut self.before {
            before.resize_with(nodes, Memory::default);
        }
        if self.held.is_none() {
            self.take_up(sources);
        }
        self.same.resize_with(kept.max(self.same.len()), Vec::new);
        for same in &mut self.same {
            same.clear();
            same.resize(sources, false);
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

    /// What stayed the same to the end of a chunk stands there; the next one begins with its buffer.
    fn take_up(&mut self, sources: usize) {
        let ends = |source: usize| {
            let same = |t: usize| self.same.get(t).is_some_and(|same| same.get(source) == Some(&true));
            (1..self.same.len()).find(|t| same(*t) && !same(t + 1))
        };
        let ends: Vec<Option<usize>> = (0..sources).map(ends).collect();
        let (first, later) = self.signals.split_at_mut(1);
        for (source, end) in ends.into_iter().enumerate() {
            if let Some(end) = end {
                std::mem::swap(&mut first[0][source], &mut later[end - 1][source]);
            }
        }
    }

    /// Keeps what a run without taping ends with for the next.
    pub(crate) fn hold(&mut self, version: Version, source: usize) {
        if let Some(turn) = &mut self.turn {
            *turn = (*turn + self.steps) % 2;
            self.held = Some((version, source));
        }
    }

    /// The places of step `t` and of the one before. Without taping two steps' memory is used in turn.
    pub(crate) fn step(&mut self, t: usize) -> Slots<'_> {
        let (now, last) = match self.turn {
            Some(turn) => ((turn + t) % 2, (turn + t + 1) % 2),
            None => (t, t.wrapping_sub(1)),
        };
        let same = &mut self.same[now][..];
        if t == 0 && self.held.is_none() {
            return Slots {
                earlier: None,
                signals: &mut self.signals[now],
                before: &mut self.before[now],
                same,
            };
        }
        let (low, high) = self.signals.split_at_mut(now.max(last));
        let (before, after) = self.before.split_at_mut(now.max(last));
        let (earlier, signals, memories, before) = if now > last {
            (&mut low[last], &mut high[0], &before[last], &mut after[0])
        } else {
            (&mut high[0], &mut low[now], &after[0], &mut before[now])
        };
        Slots { earlier: Some((earlier, memories)), signals, before, same }
    }

    /// Drops the values of the step before `t` that its events say as well, or that nobody looks at, and those of events that are
    /// all 1.
    pub(crate) fn thin(&mut self, level: Level, t: usize) {
        if self.wanted.is_empty() || t == 0 {
            return;
        }
        let (low, high) = self.signals.split_at_mut(t);
        for (source, signal) in low[t - 1].iter_mut().enumerate() {
            // The memory goes on to a later step.
            let mut later = if t + 1 < self.steps { Some(&mut high[1][source]) } else { None };
            if source > 0 && (signal.events.is_some() || !self.wanted[source]) {
                let values = std::mem::take(&mut signal.values);
                if let Some(later) = later.as_mut().filter(|later| later.values.capacity() == 0) {
                    later.values = values;
                }
            }
            if let Some(events) = signal.events.as_mut().filter(|events| events.are_ones(level)) {
                let value = std::mem::take(&mut events.value);
                let later = later.map(|later| later.events.get_or_insert_default());
                if let Some(later) = later.filter(|later| later.value.capacity() == 0) {
                    later.value = value;
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

    /// What a source sent `delay` steps before step `t`.
    pub(super) fn input(&self, t: usize, source: usize, delay: usize) -> &Signal {
        let Some(mut t) = t.checked_sub(delay) else { return &self.past[source][delay - t - 1] };
        while t + 1 < self.steps && self.same[t + 1][source] {
            t += 1;
        }
        &self.signals[t][source]
    }

    /// The only input from `source` in all steps of the chunk, which began with it, and the only error of node `n`: taken from
    /// the tape, if that is so.
    pub(super) fn only(&mut self, source: Option<&(usize, usize)>, n: usize) -> Option<(Signal, Vec<f32>)> {
        let Some((source, 0)) = source else { return None };
        let one = self.steps > 1 && (0..self.steps).all(|t| self.same[t][*source] == (t > 0));
        if !one || self.errors[n].len() != 1 {
            return None;
        }
        let input = self.input(0, *source, 0).clone();
        self.errors[n].pop().map(|(_, error)| (input, error))
    }

    /// Whether that was the same as in the step before.
    pub(super) fn stays(&self, t: usize, source: usize, delay: usize) -> bool {
        match t.checked_sub(delay) {
            Some(t) => self.same[t][source],
            None => self.past[source][delay - t - 1].constant,
        }
    }
}
