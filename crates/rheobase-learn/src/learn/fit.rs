//! `fit`: a network trained on samples that a program has in hand, instead of files that settings name.

use std::path::Path;

use super::checkpoint::Checkpoint;
use super::config::{Source, TrainConfig};
use super::job::Job;
use super::splits::Splits;
use super::trained::settings;
use rheobase_base::Result;
use rheobase_network::network::{Library, Network};

/// Trains `network` on `data` to the end of the job that `settings` describe, whatever they say of network and source. A
/// network without `input` takes the shape of the samples.
///
/// ```
/// # mod rheobase { pub use {rheobase_base::Error, rheobase_data as data, rheobase_learn::*, rheobase_network::*}; }
/// use rheobase::data::digits_split;
/// use rheobase::learn::{Splits, TrainConfig, fit};
/// use rheobase::network::{Sequential, flatten, linear, neurons};
/// let mut settings = TrainConfig::digits();
/// settings.train.epochs = 1;
/// let network = Sequential::new([flatten(), linear(10), neurons("leaky_integrator")]).input(&[])?;
/// let (train, test) = digits_split(0)?;
/// let job = fit(&network, Splits::of(train, None, Some(test), &settings)?, &settings)?;
/// assert!(job.history()[0].accuracy > 0.5);
/// # Ok::<(), rheobase::Error>(())
/// ```
///
/// # Errors
/// Those of [`Job::with_data`] and [`Job::run`].
pub fn fit(network: &Network, data: Splits, settings: &TrainConfig) -> Result<Job> {
    let mut job = Job::with_data(given(network, settings), data, &Library::default())?;
    job.run(|_, _, _| Ok(true))?;
    Ok(job)
}

/// The settings of a job of `network` on samples in hand.
fn given(network: &Network, settings: &TrainConfig) -> TrainConfig {
    let mut config = settings.clone();
    config.network = network.clone().into();
    config.data.source = Source::Given;
    config
}

impl Job {
    /// A job of `network` on samples in hand, at the start of its training.
    ///
    /// # Errors
    /// Those of [`Job::with_data`].
    pub fn given(network: &Network, data: Splits, settings: &TrainConfig) -> Result<Job> {
        Job::with_data(given(network, settings), data, &Library::default())
    }

    /// [`Job::resume_with`] on the samples in hand that it was trained on before.
    ///
    /// # Errors
    /// As [`Job::resume_with`].
    pub fn resume_given(
        path: &Path,
        data: Splits,
        change: impl FnOnce(TrainConfig) -> Result<TrainConfig>,
    ) -> Result<Job> {
        let checkpoint = Checkpoint::read(path)?;
        let before = settings(path, &checkpoint)?;
        let config = change(before.clone())?;
        before.resumed_as(&config, "settings")?;
        let mut job = Job::with_data(config, data, &Library::default())?;
        job.restore(path, &checkpoint)?;
        Ok(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase_data::{Dataset, digits_split};
    use rheobase_network::network::{Sequential, flatten, linear, neurons};

    fn parts() -> Result<(Network, TrainConfig, Dataset, Dataset)> {
        let mut settings = TrainConfig::digits();
        settings.train.epochs = 2;
        settings.data.steps = 4;
        let network = Sequential::new([flatten(), linear(10), neurons("leaky_integrator")]).input(&[])?;
        let (train, test) = digits_split(0)?;
        let some: Vec<usize> = (0..64).collect();
        Ok((network, settings, train.subset(&some)?, test.subset(&some)?))
    }

    #[test]
    fn samples_in_hand_and_samples_in_a_source_give_the_same_network() -> Result<()> {
        let (network, mut settings, _, _) = parts()?;
        settings.train.epochs = 1;
        settings.network = network.clone().into();
        let mut of_source = Job::new(settings.clone())?;
        of_source.run(|_, _, _| Ok(true))?;
        let (train, test) = digits_split(0)?;
        let of_hand = fit(&network, Splits::of(train, None, Some(test), &settings)?, &settings)?;
        assert_eq!(of_hand.fingerprint()?, of_source.fingerprint()?);
        Ok(())
    }

    #[test]
    fn batches_in_hand_are_the_batches_of_a_job() -> Result<()> {
        let (network, mut settings, train, test) = parts()?;
        settings.train.batch = 64;
        let data = || Splits::of(train.clone(), None, Some(test.clone()), &settings);
        let whole = fit(&network, data()?, &settings)?;
        let mut job = Job::given(&network, data()?, &settings)?;
        assert!(job.end_batches().is_err());
        while !job.is_done() {
            // One batch of all samples, in the order in which the job takes them.
            let stream = rheobase_base::random::Stream::new(settings.train.seed, "order", "train");
            let order = rheobase_data::shuffle::order(64, &stream, job.history().len() as u64);
            assert_eq!(job.learn_batch(&train.subset(&order)?, 1)?.batches, (1, 1));
            job.end_batches()?;
        }
        assert_eq!(job.fingerprint()?, whole.fingerprint()?);
        let narrow = Dataset::new("narrow", [3], rheobase_data::Inputs::Static(vec![0.0; 3]), vec![0])?;
        assert!(job.learn_batch(&narrow, 1).is_err() && job.history().len() == 2);
        Ok(())
    }

    #[test]
    fn a_job_on_samples_in_hand_goes_on_from_its_checkpoint() -> Result<()> {
        let (network, settings, train, test) = parts()?;
        let data = || Splits::of(train.clone(), None, Some(test.clone()), &settings);
        let whole = fit(&network, data()?, &settings)?;
        let mut half = Job::given(&network, data()?, &settings)?;
        half.run(|_, _, epoch| Ok(epoch.is_none()))?;
        let folder =
            tempfile::tempdir().map_err(|e| rheobase_base::Error::file("temporary", e.to_string()))?;
        let file = folder.path().join("checkpoint.safetensors");
        half.checkpoint()?.write(&file)?;
        let mut resumed = Job::resume_given(&file, data()?, Ok)?;
        resumed.run(|_, _, _| Ok(true))?;
        assert_eq!(resumed.fingerprint()?, whole.fingerprint()?);
        // Nobody else has the samples, and other samples are refused.
        let error = Job::resume(&file).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("given by the program"), "{error}");
        let other = Splits::of(test.clone(), None, Some(train.clone()), &settings)?;
        let error = Job::resume_given(&file, other, Ok).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("was trained on other data"), "{error}");
        Ok(())
    }

    #[test]
    fn what_is_not_given_is_split_off() -> Result<()> {
        let (_, mut settings, train, _) = parts()?;
        settings.data.validation = 0.25;
        let splits = Splits::of(train.clone(), None, None, &settings)?;
        let sizes =
            [splits.train.samples(), splits.validation.map_or(0, |v| v.samples()), splits.test.samples()];
        assert_eq!(sizes.iter().sum::<usize>(), 64);
        assert!(sizes.iter().all(|n| *n > 5), "{sizes:?}");
        let unlabelled = Dataset::new("x", [1], rheobase_data::Inputs::Static(vec![0.0]), Vec::new())?;
        assert!(Splits::of(unlabelled, None, None, &settings).is_err());
        Ok(())
    }
}
