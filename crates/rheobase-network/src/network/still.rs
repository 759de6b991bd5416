//! `Still`: what nodes send throughout a batch whose input stays the same, computed for all of its tiles at once.

use rayon::prelude::*;
use rheobase_models::lanes::Level;

use super::feed::{Feed, TileInput};
use super::operator::Context;
use super::program::Program;
use super::sample_input::SampleInput;
use super::signal::Signal;
use rheobase_sim::population::Memory;

/// What some nodes send in every step of a batch whose input stays the same.
#[derive(Debug, Clone, Default)]
pub struct Still {
    /// Samples of a piece; the last may have fewer.
    piece: usize,
    /// A node, and what it sends piece by piece.
    nodes: Vec<(usize, Vec<Signal>)>,
}

impl Still {
    /// Writes what node `n` sends for samples `first..first + count` of the batch, and says whether that is known.
    pub(crate) fn write(&self, n: usize, first: usize, count: usize, out: &mut Signal) -> bool {
        let Some((_, pieces)) = self.nodes.iter().find(|(node, _)| *node == n) else { return false };
        out.reshape(count, pieces[0].width);
        for (sample, row) in (first..).zip(out.values.chunks_exact_mut(pieces[0].width.max(1))) {
            row.copy_from_slice(pieces[sample / self.piece].sample(sample % self.piece));
        }
        true
    }
}

impl Program {
    /// What nodes at `source` send for samples of which each stays the same: of nodes that have so many weights that it pays to
    /// read them once for all samples of a thread, not once a tile. No result depends on it.
    pub fn still(&self, level: Level, source: usize, samples: &[SampleInput]) -> Still {
        if samples.is_empty() {
            return Still::default();
        }
        let piece = samples.len().div_ceil(rayon::current_num_threads());
        let large = self.nodes.iter().enumerate().filter(|(_, node)| {
            node.inputs == [(source, 0)] && node.operator.is_static() && node.operator.gathers_tiles(samples.len())
        });
        let context = Context { step: 0, sample_ids: &[], epoch: 0, training: false, taping: false, level };
        let nodes = large.map(|(n, node)| {
            let send = |samples: &[SampleInput]| {
                let width = self.width(source);
                let (mut input, mut out) = (Signal::default(), Signal::default());
                TileInput { samples, lengths: None, width, wanted: false }.write(0, &mut input);
                let mut memory = Memory::default();
                node.operator.forward(&context, &self.values_of(node), &[&input], &mut memory, &mut out);
                out
            };
            (n, samples.par_chunks(piece).map(send).collect())
        });
        Still { piece, nodes: nodes.collect() }
    }
}
