//! `Prepared`: samples of a data set, encoded, as a network takes them.

use rayon::prelude::*;

use super::augment::Augmentation;
use super::batch::Batch;
use super::loss::Target;
use crate::encode::{Encoder, Encoding};
use rheobase_base::{Error, Result};
use rheobase_data::{Dataset, SampleView};
use rheobase_network::network::SampleInput;

/// Encoded samples.
pub(super) struct Prepared {
    /// Number of the source that the inputs stand for: 0 for the network's input.
    pub(super) source: usize,
    pub(super) inputs: Vec<SampleInput>,
    pub(super) lengths: Vec<usize>,
    pub(super) ids: Vec<u64>,
}

impl Prepared {
    pub(super) fn batch<'a>(&'a self, targets: &'a [Target<'a>], epoch: u64) -> Batch<'a> {
        let (inputs, lengths, ids) = (&self.inputs, &self.lengths, &self.ids);
        Batch { source: self.source, inputs, targets, lengths, ids, epoch }
    }
}

/// Encodes the samples `indices`; those without a length of their own last `steps` steps.
pub(super) fn prepare(
    dataset: &Dataset,
    indices: &[usize],
    encoding: &Encoding,
    steps: usize,
    epoch: u64,
) -> Result<Prepared> {
    prepare_moved(dataset, indices, encoding, steps, epoch, None)
}

/// The same, images moved by `augment`.
pub(super) fn prepare_moved(
    dataset: &Dataset,
    indices: &[usize],
    encoding: &Encoding,
    steps: usize,
    epoch: u64,
    augment: Option<&Augmentation>,
) -> Result<Prepared> {
    let done: Vec<(SampleInput, usize)> = indices
        .par_iter()
        .map(|i| {
            let sample = dataset.sample(*i).ok_or_else(|| missing(*i))?;
            let moved = match (augment, sample) {
                (Some(augment), SampleView::Static(image)) => augment.moved(image, *i as u64, epoch)?,
                _ => Vec::new(),
            };
            let sample = if moved.is_empty() { sample } else { SampleView::Static(&moved) };
            let length = sample.steps().map_or(steps, |own| own.min(steps));
            let mut input = SampleInput::default();
            encoding.encode(sample, *i as u64, epoch, length, &mut input)?;
            Ok((input, length))
        })
        .collect::<Result<_>>()?;
    let (inputs, lengths) = done.into_iter().unzip();
    Ok(Prepared { source: 0, inputs, lengths, ids: indices.iter().map(|i| *i as u64).collect() })
}

/// The classes of the samples `indices`.
pub(super) fn targets<'a>(dataset: &Dataset, indices: &[usize]) -> Result<Vec<Target<'a>>> {
    let labels = dataset.require_labels()?;
    Ok(indices.iter().map(|i| Target::Class(labels[*i])).collect())
}

/// A sample that is not there.
pub(super) fn missing(sample: usize) -> Error {
    Error::value("data", "sample", sample, "must be a sample of the data set")
}
