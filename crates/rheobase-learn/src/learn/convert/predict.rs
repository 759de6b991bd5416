//! What a presentation will cost, before it is run: rates as whole numbers of spikes.

use crate::encode::Encoding;
use crate::learn::batch::Pass;
use crate::learn::prepare::{prepare, targets};
use crate::learn::trainer::Trainer;
use rheobase_base::Result;
use rheobase_data::Dataset;

/// How often every sample is drawn.
const DRAWS: u64 = 8;
/// Samples that are taken through the network at once.
const AT_ONCE: usize = 256;

/// The share of samples that will be classified right, expected of a network whose layers are run as counts: its curves, the
/// variance of counts of that presentation, and its weights decide it. Every sample is drawn several times, from random numbers
/// addressed by draw and sample.
pub(super) fn predicted(
    counting: &Trainer,
    pass: &Pass,
    dataset: &Dataset,
    encoding: &Encoding,
    steps: usize,
) -> Result<f64> {
    let all: Vec<usize> = (0..dataset.samples()).collect();
    let mut correct = 0;
    for indices in all.chunks(AT_ONCE) {
        let prepared = prepare(dataset, indices, encoding, steps, 0)?;
        let targets = targets(dataset, indices)?;
        for draw in 0..DRAWS {
            correct += counting.evaluate(pass, &prepared.batch(&targets, draw))?.correct;
        }
    }
    Ok(correct as f64 / (DRAWS as f64 * dataset.samples() as f64))
}
