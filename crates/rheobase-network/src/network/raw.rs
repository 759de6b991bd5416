//! `Raw`: raw gradients, and how those of tiles are summed.

use rheobase_base::vector::{add, resize};
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
                resize(part, if later { 0 } else { length });
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
            resize(part, length);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{
        Context, Counts, Feed, SampleInput, Sequential, Tape, TileInput, linear, lower, neurons,
    };
    use rheobase_base::random::Stream;

    const STEPS: usize = 5;

    fn bits(gradients: &[Vec<f32>]) -> Vec<Vec<u32>> {
        gradients.iter().map(|g| g.iter().map(|x| x.to_bits()).collect()).collect()
    }

    /// Raw gradients of a tile of `count` samples, in chunks of `chunk` steps.
    fn tile(program: &Program, (tile, count): (usize, usize), chunk: usize, level: Level, raw: Raw) -> Raw {
        let stream = Stream::new(5, "raw", "input");
        let sample = |s: usize| {
            let number = |i| 2.0 * stream.uniform(tile as u64, s as u32, i) as f32;
            SampleInput::Constant((0..70).map(number).collect())
        };
        let samples: Vec<SampleInput> = (0..count).map(sample).collect();
        let (ids, lengths) = (vec![0; count], vec![STEPS; count]);
        let input = TileInput { samples: &samples, lengths: Some(&lengths), width: 70, wanted: false };
        let context = Context { step: 0, sample_ids: &ids, epoch: 0, training: true, taping: true, level };
        let (mut state, mut tape, mut counts) = (program.start(count), Tape::default(), Counts::default());
        let mut befores = Vec::new();
        for first in (0..STEPS).step_by(chunk) {
            befores.push((first, state.clone()));
            let range = first..STEPS.min(first + chunk);
            program.run(&context, &mut state, input.steps(range), &mut tape, &mut counts, |_, _| {}).unwrap();
        }
        let mut adjoint = program.end(&state, raw);
        for (first, mut before) in befores.into_iter().rev() {
            let range = first..STEPS.min(first + chunk);
            program
                .run(&context, &mut before, input.steps(range), &mut tape, &mut counts, |_, _| {})
                .unwrap();
            let wanted = |t: usize, _: usize, gradient: &mut [f32]| {
                for (i, g) in gradient.iter_mut().enumerate() {
                    *g += stream.uniform((first + t) as u64, 99, i as u32) as f32 - 0.5;
                }
            };
            let seen = [program.output()];
            program.back(&context, &mut tape, &mut adjoint, &seen, wanted, |_, _| {}).unwrap();
        }
        program.back_to_start(&context, &mut adjoint);
        adjoint.raw
    }

    #[test]
    fn what_is_gathered_at_the_end_has_the_bits_of_what_each_tile_gathers() {
        let network = Sequential::new([linear(85), neurons("lif_subtract"), linear(3)]).input(&[70]).unwrap();
        let program = lower(&network, 3).unwrap();
        let tiles = [(0, 16), (1, 16), (2, 3)];
        let sum = |chunk: usize, level: Level, still: usize| {
            let (mut sum, mut spare) = (Raw::new(), Raw::new());
            for part in tiles {
                let mut raw = tile(&program, part, chunk, level, std::mem::take(&mut spare).of_tile(still));
                sum.add(level, &mut raw);
                spare = raw;
            }
            sum
        };
        let want = program.finish_gradients(sum(STEPS, Level::Scalar, 0));
        assert!(want.iter().all(|g| g.iter().any(|x| *x != 0.0)));
        for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
            for chunk in [STEPS, 2, 1] {
                let held = sum(chunk, level, 35);
                // A chunk of one step does not say whether the next is the same.
                let by_node: Vec<usize> = held.held.iter().map(Vec::len).collect();
                assert_eq!(by_node, [if chunk > 1 { tiles.len() } else { 0 }, 0, 0], "{chunk}");
                assert_eq!(bits(&program.finish_gradients(held)), bits(&want), "{level:?} {chunk}");
            }
            // So many samples would take more memory than the weights.
            let many = sum(STEPS, level, 39);
            assert!(many.held.iter().all(Vec::is_empty));
            assert_eq!(bits(&program.finish_gradients(many)), bits(&want), "{level:?}");
        }
    }
}
