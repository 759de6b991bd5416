//! `Splits`: the data of a job in parts: to learn from, to judge by while learning, to judge by at the end.

use std::path::Path;

use super::config::{Source, TrainConfig};
use super::prepare::missing;
use super::trained::same_names;
use rheobase_base::{Error, Result};
use rheobase_data as data;
use rheobase_data::{Dataset, labels};
use rheobase_network::network::Program;

/// The parts of the data.
#[derive(Debug, Clone)]
pub struct Splits {
    /// To learn from.
    pub train: Dataset,
    /// To judge by while learning; absent if its share is 0.
    pub validation: Option<Dataset>,
    /// To judge by at the end.
    pub test: Dataset,
}

impl Splits {
    /// `all` in the parts that the settings ask for: what is not given is split off, a share for the test and one for the
    /// validation (none, if its share is 0).
    ///
    /// # Errors
    /// Data without labels; too few samples to split.
    pub fn of(
        all: Dataset,
        validation: Option<Dataset>,
        test: Option<Dataset>,
        config: &TrainConfig,
    ) -> Result<Splits> {
        all.require_labels()?;
        let seed = config.train.seed;
        let (train, test) = match test {
            Some(test) => (all, test),
            None => two_parts(&all, config.data.test, seed)?,
        };
        let (train, validation) = match validation {
            Some(validation) => (train, Some(validation)),
            None if config.data.validation > 0.0 => {
                let (train, validation) = two_parts(&train, config.data.validation, seed)?;
                (train, Some(validation))
            }
            None => (train, None),
        };
        Ok(Splits { train, validation, test })
    }

    /// Those that there are.
    pub fn parts(&self) -> impl Iterator<Item = &Dataset> {
        [Some(&self.train), self.validation.as_ref(), Some(&self.test)].into_iter().flatten()
    }
}

/// Reads the data of a job and splits them.
///
/// # Errors
/// Files that cannot be used, data without labels.
pub fn splits(config: &TrainConfig) -> Result<Splits> {
    let (all, test) = match &config.data.source {
        Source::Digits => {
            // The split is part of the data set: every seed trains and tests on the same samples.
            let (train, test) = data::digits_split(0)?;
            (train, Some(test))
        }
        Source::Idx(files) => {
            let files = files.files()?;
            let read = |images: &Path, labels: &Path| data::read_idx_dataset(images, Some(labels));
            let test = match (&files.test_images, &files.test_labels) {
                (Some(images), Some(labels)) => Some(read(images, labels)?),
                _ => None,
            };
            (read(&files.images, &files.labels)?, test)
        }
        Source::Csv(files) => {
            let read = |path: &Path| data::read_csv_dataset(path, &files.options());
            (read(&files.train)?, files.test.as_deref().map(read).transpose()?)
        }
        Source::Npz(files) => {
            let read = |path: &Path| data::read_npz_dataset(path, &files.options());
            (read(&files.train)?, files.test.as_deref().map(read).transpose()?)
        }
        Source::Events(files) => {
            let read = |path: &Path| match path.is_dir() {
                true => data::read_class_folders(path, &files.options()),
                false => data::read_shd_dataset(path, &files.options()),
            };
            (read(&files.train)?, files.test.as_deref().map(read).transpose()?)
        }
        Source::Given => {
            let what =
                "the samples were given by the program that began the run, which alone can go on with it";
            return Err(Error::unsupported("data.source", what));
        }
    };
    Splits::of(all, None, test, config)
}

/// Splits a share off.
fn two_parts(dataset: &Dataset, share: f64, seed: u64) -> Result<(Dataset, Dataset)> {
    let mut parts = dataset.split_stratified(&[1.0 - share, share], seed)?.into_iter();
    match (parts.next(), parts.next()) {
        (Some(rest), Some(part)) => Ok((rest, part)),
        _ => Err(missing(0)),
    }
}

/// The network must have an output for each class, and the parts samples of one shape.
pub(super) fn check_classes(program: &Program, splits: &Splits) -> Result<()> {
    splits.parts().try_for_each(|part| check_part(program, &splits.train, part))
}

/// A batch in hand must have samples and labels that go with the job's own.
pub(super) fn check_batch(program: &Program, train: &Dataset, batch: &Dataset) -> Result<()> {
    batch.require_labels()?;
    check_part(program, train, batch)
}

fn check_part(program: &Program, train: &Dataset, part: &Dataset) -> Result<()> {
    let outputs: usize = program.output_shape().iter().product();
    if part.shape() != train.shape() {
        return Err(Error::shape(
            part.name(),
            "samples",
            format!("{:?}", part.shape()),
            format!("{:?} is needed, the shape of the training samples", train.shape()),
        ));
    }
    same_names(train.class_names(), part)?;
    if part.classes() > outputs {
        return Err(Error::shape(
            "network",
            "output",
            format!("{outputs} values"),
            format!(
                "one for each of the {} classes of the data is needed{}",
                part.classes(),
                labels::hint(part.labels())
            ),
        ));
    }
    Ok(())
}
