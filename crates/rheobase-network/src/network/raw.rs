//! `Raw`: raw gradients, and how those of tiles are summed.

use rheobase_base::vector::add;
use rheobase_models::lanes::Level;

use super::operator::{Operator, StepError};
use super::program::Program;
use super::signal::Signal;

/// Raw gradients: what [`Program::finish_gradients`] makes the gradients of parameters of. Those of tiles are summed in the
/// order of the tiles by [`Raw::add`].
#[derive(Debug, Clone, Default)]
pub struct Raw {
    /// `[node][part]`; a part that is empty stands for zeros.
    pub(super) parts: Vec<Vec<Vec<f32>>>,
    /// What a node has yet to gather from, tile by tile.
    held: Vec<Vec<Held>>,
    /// Samples of the batch where nodes may leave that to the end, else 0.
    held_batch: usize,
}

/// The input of a node that was the same in all steps of a tile, and the sum of the errors of these steps.
#[derive(Debug, Clone)]
struct Held {
    level: Level,
    input: Signal,
    error: Vec<f32>,
}

impl Held {
    fn step_error(&self) -> StepError<'_> {
        StepError { input: &self.input, error: &self.error }
    }
}

impl Raw {
    /// Nothing yet.
    pub fn new() -> Raw {
        Raw::default()
    }

    /// The same buffers for a tile of a batch of `still` samples whose inputs stay the same in all of their steps, as many for
    /// each; 0 where that is not so. Weights of such an input are gathered once, from all tiles, when gradients are finished,
    /// where that takes less memory. No result depends on it.
    pub fn of_tile(mut self, still: usize) -> Raw {
        self.held_batch = still;
        self
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds the gradients of the next tile; its buffers may be used again.
    pub fn add(&mut self, level: Level, tile: &mut Raw) {
        if self.is_empty() {
            std::mem::swap(self, tile);
            return;
        }
        for (sum, part) in self.parts.iter_mut().flatten().zip(tile.parts.iter_mut().flatten()) {
            match (sum.is_empty(), part.is_empty()) {
                (_, true) => {}
                (true, false) => std::mem::swap(sum, part),
                (false, false) => add(level, sum, part),
            }
        }
        for (sum, held) in self.held.iter_mut().zip(&mut tile.held) {
            sum.append(held);
        }
    }

    /// Whether node `n` has gathered nothing yet, and `operator` may leave it to the end.
    pub(super) fn may_hold(&self, n: usize, operator: &dyn Operator) -> bool {
        self.leaves(operator) && self.parts[n].iter().all(Vec::is_empty) && self.held[n].is_empty()
    }

    fn leaves(&self, operator: &dyn Operator) -> bool {
        self.held_batch > 0 && operator.gathers_tiles(self.held_batch)
    }

    /// Leaves it to the end that node `n` gathers.
    pub(super) fn hold(&mut self, level: Level, n: usize, input: Signal, error: Vec<f32>) {
        self.held[n].push(Held { level, input, error });
    }
}

impl Program {
    /// Raw gradients, all 0, in the buffers of `raw`: those of an earlier pass, or none.
    pub fn raw_gradients(&self, mut raw: Raw) -> Raw {
        raw.parts.resize_with(self.nodes.len(), Vec::new);
        raw.held.resize_with(self.nodes.len(), Vec::new);
        raw.held.iter_mut().for_each(Vec::clear);
        for n in 0..self.nodes.len() {
            let lengths = self.raw_lengths(n);
            let later = raw.leaves(&*self.nodes[n].operator);
            let parts = &mut raw.parts[n];
            parts.resize_with(lengths.len(), Vec::new);
            for (part, length) in parts.iter_mut().zip(lengths) {
                part.clear();
                part.resize(if later { 0 } else { length }, 0.0);
            }
        }
        raw
    }

    /// Lengths of the raw gradients of node `n`.
    fn raw_lengths(&self, n: usize) -> Vec<usize> {
        let tensors = &self.parameters.tensors[self.nodes[n].tensors.clone()];
        let lengths: Vec<usize> = tensors.iter().map(|t| t.values.len()).collect();
        self.nodes[n].operator.raw(&lengths)
    }

    /// The raw gradients of node `n`, none of them empty.
    pub(super) fn parts<'a>(&self, n: usize, raw: &'a mut Raw) -> &'a mut [Vec<f32>] {
        let parts = &mut raw.parts[n];
        for (part, length) in parts.iter_mut().zip(self.raw_lengths(n)) {
            part.resize(length, 0.0);
        }
        parts
    }

    /// The gradients of the parameters, in their order, from raw ones summed over tiles.
    pub fn finish_gradients(&self, mut raw: Raw) -> Vec<Vec<f32>> {
        let mut gradients = Vec::with_capacity(self.parameters.tensors.len());
        for (n, node) in self.nodes.iter().enumerate() {
            let held = raw.held.get_mut(n).map(std::mem::take).unwrap_or_default();
            let parts = self.parts(n, &mut raw);
            if let Some(Held { level, .. }) = held.first() {
                let tiles: Vec<StepError<'_>> = held.iter().map(Held::step_error).collect();
                node.operator.gather_tiles(*level, &tiles, parts);
            }
            gradients.extend(node.operator.finish_gradients(std::mem::take(&mut raw.parts[n])));
        }
        gradients
    }
}
