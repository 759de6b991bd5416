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
            node.inputs == [(source, 0)]
                && node.operator.is_static()
                && node.operator.gathers_tiles(samples.len())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Counts, FromSource, Sequential, Tape, linear, lower, neurons};

    #[test]
    fn what_is_computed_for_a_batch_has_the_bits_of_what_each_tile_computes() {
        let network = Sequential::new([linear(90), neurons("lif_subtract"), linear(3)]).input(&[80]).unwrap();
        let program = lower(&network, 3).unwrap();
        let sample =
            |s: usize| SampleInput::Constant((0..80).map(|i| ((s * 31 + i * 7) % 19) as f32 / 3.0).collect());
        let samples: Vec<SampleInput> = (0..40).map(sample).collect();
        let run = |still: Option<&Still>, level: Level| {
            let mut sent = Vec::new();
            for first in (0..40).step_by(16) {
                let tile = &samples[first..40.min(first + 16)];
                let signal = TileInput { samples: tile, lengths: None, width: 80, wanted: false };
                let feed = FromSource { source: 0, signal, still: still.map(|still| (still, first)) };
                let ids = vec![0; tile.len()];
                let context =
                    Context { step: 0, sample_ids: &ids, epoch: 0, training: false, taping: false, level };
                let (mut state, mut counts) = (program.start(tile.len()), Counts::default());
                let see = |_: usize, signals: &[Signal]| {
                    sent.extend(signals.iter().flat_map(|s| s.dense(&mut Vec::new()).to_vec()));
                };
                let mut tape = Tape::default();
                program.run(&context, &mut state, feed.steps(0..3), &mut tape, &mut counts, see).unwrap();
            }
            sent.iter().map(|x| x.to_bits()).collect::<Vec<u32>>()
        };
        let want = run(None, Level::Scalar);
        for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
            for threads in [1, 2, 7] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let still = pool.install(|| program.still(level, 0, &samples));
                // The second layer of weights sees spikes.
                assert_eq!(still.nodes.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [0]);
                assert!(run(Some(&still), level) == want, "{level:?} {threads}");
            }
        }
        // So many samples take more memory than the weights, and of none there is nothing to know.
        assert!(program.still(Level::best(), 0, &[samples.clone(), samples].concat()).nodes.is_empty());
        assert!(program.still(Level::best(), 0, &[]).nodes.is_empty());
    }
}
