//! What a program carries from step to step as plain numbers, a row for each sample: for whoever keeps states, and gradients
//! with respect to them, in arrays.

use super::adjoint::Adjoint;
use super::program::{Program, State};
use super::raw::Raw;
use super::signal::Signal;
use rheobase_base::{Error, Result};

/// A part of what a sample carries: a field of a node, or what a source sent some steps ago.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// Name: the node's, a dot, and the field's or `sent` and the number of steps.
    pub name: String,
    /// Its place in a sample's row.
    pub at: std::ops::Range<usize>,
    /// Shape of its numbers.
    pub shape: Vec<usize>,
}

impl Program {
    /// The parts of what a sample carries, one after the other.
    ///
    /// # Errors
    /// Layers whose neurons compete: what they carry is more than numbers of the samples.
    pub fn carried(&self) -> Result<Vec<Carried>> {
        let mut parts: Vec<Carried> = Vec::new();
        let mut add = |name: String, width: usize, shape: &[usize]| {
            let start = parts.last().map_or(0, |part| part.at.end);
            let shape = if shape.iter().product::<usize>() == width { shape.to_vec() } else { vec![width] };
            parts.push(Carried { name, at: start..start + width, shape });
        };
        for node in &self.nodes {
            let memory = node.operator.fresh(1);
            if !memory.layers.is_empty() {
                return Err(Error::unsupported(
                    node.name.clone(),
                    "its neurons see each other, and their state cannot be handed over as numbers; leave competition away",
                ));
            }
            let names = node.operator.field_names();
            for (i, field) in memory.fields.iter().enumerate() {
                let name = names.get(i).map_or_else(|| i.to_string(), ToString::to_string);
                add(format!("{}.{name}", node.name), field.len(), &node.shape);
            }
        }
        for (source, delay) in self.delays.iter().enumerate() {
            let (name, shape) = match source.checked_sub(1) {
                Some(n) => (&self.nodes[n].name[..], &self.nodes[n].shape),
                None => ("input", &self.input),
            };
            for ago in 1..=*delay {
                add(format!("{name}.sent.{ago}"), self.width(source), shape);
            }
        }
        Ok(parts)
    }

    /// Whether the backward pass finds the gradient of all that a sample carries although that of the input is not asked for.
    pub fn learns_from_all_carried(&self) -> bool {
        let needed = self.needs_gradient(false);
        let carries = |source: usize| {
            let fields = source.checked_sub(1).map_or(0, |n| self.nodes[n].operator.fresh(1).fields.len());
            fields > 0 || self.delays[source] > 0
        };
        (0..=self.nodes.len()).all(|source| needed[source] || !carries(source))
    }

    /// The state that [`Program::state_to`] wrote.
    pub fn state_from(&self, rows: &[f32], samples: usize) -> State {
        let mut state = self.start(samples);
        let mut columns = Columns::new(rows, samples);
        for field in state.memories.iter_mut().flat_map(|m| &mut m.fields) {
            columns.read(field);
        }
        for (source, past) in state.past.iter_mut().enumerate() {
            let spikes = source.checked_sub(1).is_some_and(|n| self.nodes[n].operator.spikes());
            for signal in past {
                signal.zeros(samples, self.width(source));
                columns.read(&mut signal.values);
                if spikes {
                    signal.find_events();
                }
            }
        }
        state
    }

    /// Writes a state as rows `[sample, number]`, in the order of [`Program::carried`].
    pub fn state_to(&self, state: &State, rows: &mut [f32]) {
        let mut at = 0;
        let mut buffer = Vec::new();
        for field in state.memories.iter().flat_map(|m| &m.fields) {
            write(rows, state.samples, &mut at, field);
        }
        for signal in state.past.iter().flatten() {
            write(rows, state.samples, &mut at, Signal::dense(signal, &mut buffer));
        }
    }

    /// The adjoint at the end of time from dL/d state, rows as of [`Program::state_to`], in the buffers of `raw`.
    pub fn end_from(&self, state: &State, rows: &[f32], raw: Raw) -> Adjoint {
        let mut adjoint = self.end(state, raw);
        let mut columns = Columns::new(rows, state.samples);
        let fields = adjoint.memories.iter_mut().flat_map(|m| &mut m.fields);
        for field in fields.chain(adjoint.earlier.iter_mut().flatten()) {
            columns.read(field);
        }
        adjoint
    }

    /// Writes dL/d state before the first step as rows, after the backward pass.
    pub fn adjoint_to(&self, adjoint: &Adjoint, samples: usize, rows: &mut [f32]) {
        let mut at = 0;
        let fields = adjoint.memories.iter().flat_map(|m| &m.fields);
        for part in fields.chain(adjoint.earlier.iter().flatten()) {
            write(rows, samples, &mut at, part);
        }
    }
}

/// Rows `[sample, number]`, read part by part.
struct Columns<'a> {
    rows: &'a [f32],
    samples: usize,
    at: usize,
}

impl<'a> Columns<'a> {
    fn new(rows: &'a [f32], samples: usize) -> Self {
        Columns { rows, samples, at: 0 }
    }

    /// The next part, `[sample, number]`, as many numbers as `to` has.
    fn read(&mut self, to: &mut [f32]) {
        let (all, width) = (self.rows.len() / self.samples.max(1), to.len() / self.samples.max(1));
        if width > 0 {
            for (row, to) in self.rows.chunks_exact(all).zip(to.chunks_exact_mut(width)) {
                to.copy_from_slice(&row[self.at..self.at + width]);
            }
        }
        self.at += width;
    }
}

/// Writes the next part, `[sample, number]`, into rows.
fn write(rows: &mut [f32], samples: usize, at: &mut usize, part: &[f32]) {
    let (all, width) = (rows.len() / samples.max(1), part.len() / samples.max(1));
    if width > 0 {
        for (row, part) in rows.chunks_exact_mut(all).zip(part.chunks_exact(width)) {
            row[*at..*at + width].copy_from_slice(part);
        }
    }
    *at += width;
}
