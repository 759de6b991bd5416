//! `Trained`: the network of a checkpoint, ready to be used on other samples than it was trained with.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::batch::{Outcome, Pass};
use super::checkpoint::{Checkpoint, Protection};
use super::config::TrainConfig;
use super::fingerprint::fingerprint_of_data;
use super::history::Epoch;
use super::job;
use super::session::Session;
use super::splits::Splits;
use super::stage::{self, StageEpoch};
use super::trainer::Trainer;
use super::warning::{self, Warning};
use crate::encode::{Encoder, Encoding};
use rheobase_base::{Cancel, Error, Result};
use rheobase_data::{Dataset, labels};
use rheobase_network::network::{Library, Network, Program, lower_with};
use rheobase_network::toml_text;
use rheobase_sim::threads;

/// A trained network with the settings of its job; it needs none of the job's data.
pub struct Trained {
    config: TrainConfig,
    network: Network,
    trainer: Trainer,
    pass: Pass,
    encoding: Encoding,
    pool: Arc<rayon::ThreadPool>,
    history: Vec<Epoch>,
    stages: Vec<Vec<StageEpoch>>,
    samples: Samples,
    protection: Protection,
}

impl Trained {
    /// Reads the checkpoint of a training job; `threads` of 0 for as many as there are cores.
    ///
    /// # Errors
    /// [`Error::File`] for a file that is damaged or no checkpoint of training; more threads than [`threads::MOST`].
    pub fn read(path: &Path, threads: usize) -> Result<Self> {
        Trained::read_with(path, threads, &Library::default())
    }

    /// [`Trained::read`] of a network with models and operators of one's own.
    ///
    /// # Errors
    /// Those of [`Trained::read`].
    pub fn read_with(path: &Path, threads: usize, library: &Library) -> Result<Self> {
        let pool = threads::pool("job", (threads > 0).then_some(threads))?;
        let checkpoint = Checkpoint::read(path)?;
        let mut config = settings(path, &checkpoint)?;
        config.train.threads = threads;
        let header = &checkpoint.header;
        let damaged = |e: serde_json::Error| Error::file(path, format!("holds a damaged header: {e}"));
        let network: Network =
            toml_text::read_value(&header.architecture, &format!("{}: header", path.display()))?;
        let part = |name: &str| header.extra.get(name).cloned();
        let history = part("history").map_or(Ok(Vec::new()), serde_json::from_value).map_err(damaged)?;
        let stages = stage::histories(&config, part("stages")).map_err(damaged)?;
        let samples =
            part("samples").map_or(Ok(Samples::default()), serde_json::from_value).map_err(damaged)?;
        let mut trainer =
            Trainer::new(lower_with(&network, config.train.seed, library)?, &config.optimise.rule);
        trainer.restore(path, &checkpoint, &header.architecture)?;
        let losses: Vec<f64> = history.iter().map(|e: &Epoch| e.validation_loss.unwrap_or(e.loss)).collect();
        job::smooth_after(&config, &mut trainer, history.len() as u64, &losses);
        Ok(Trained {
            pass: job::pass(&config)?,
            encoding: config.encoding().for_samples(&samples.shape)?,
            pool,
            config,
            network,
            trainer,
            history,
            stages,
            samples,
            protection: checkpoint.protection(),
        })
    }

    /// How the checkpoint's file was protected against damage.
    pub fn protection(&self) -> Protection {
        self.protection
    }
    /// The settings of the job.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }
    /// The network's description.
    pub fn network(&self) -> &Network {
        &self.network
    }
    /// The network.
    pub fn program(&self) -> &Program {
        self.trainer.program()
    }
    /// The epochs that were done.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }
    /// The layers that learned in stages, in their order, with the epochs of each.
    pub fn stages(&self) -> impl Iterator<Item = (&str, &[StageEpoch])> {
        self.config.stage.iter().zip(&self.stages).map(|(stage, epochs)| (&stage.layer[..], &epochs[..]))
    }
    /// What the samples were that it was trained on.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }
    /// Hash of the network's parameters.
    ///
    /// # Errors
    /// Those of [`Trainer::fingerprint`].
    pub fn fingerprint(&self) -> Result<String> {
        self.trainer.fingerprint()
    }

    /// The network fed step by step, `samples` samples side by side.
    ///
    /// # Errors
    /// Those of [`Session::new`].
    pub fn session(&self, samples: usize) -> Result<Session<&Program>> {
        Session::new(self.program(), samples)
    }

    /// Takes a data set through the network; without labels, loss and hits are 0.
    ///
    /// # Errors
    /// Samples of another shape, labels that the network has no output for, classes of other names; encoders that
    /// refuse a sample; NaN.
    pub fn outcome(&self, dataset: &Dataset) -> Result<Outcome> {
        self.check(dataset)?;
        let steps = self.config.data.steps;
        let cancel = Cancel::current();
        let outcome = || job::outcome_of(dataset, &self.trainer, &self.pass, &self.encoding, steps);
        self.pool.install(|| cancel.scope(outcome))
    }

    /// What of a data set the network will not take as it is: values that the encoder clips, labels that start at 1, layers
    /// that are fed far less than makes them fire. [`Outcome::warnings`] tells what came of it.
    ///
    /// # Errors
    /// Those of [`Trained::outcome`] but NaN.
    pub fn warnings(&self, dataset: &Dataset) -> Result<Vec<Warning>> {
        self.check(dataset)?;
        let mut warnings = warning::of_data(dataset, &self.config.encode)?;
        let steps = self.config.data.steps;
        let tried =
            self.pool.install(|| job::tried(dataset, &self.trainer, &self.pass, &self.encoding, steps));
        warning::note(&mut warnings, tried);
        Ok(warnings)
    }

    /// Takes a data set through another network of the same settings.
    pub(super) fn outcome_by(&self, trainer: &Trainer, dataset: &Dataset) -> Result<Outcome> {
        job::outcome_of(dataset, trainer, &self.pass, &self.encoding, self.config.data.steps)
    }
    pub(super) fn encoding(&self) -> &Encoding {
        &self.encoding
    }
    pub(super) fn pass(&self) -> &Pass {
        &self.pass
    }
    pub(super) fn pool(&self) -> &rayon::ThreadPool {
        &self.pool
    }
    /// What the names in its network stand for.
    pub(super) fn library(&self) -> &Library {
        self.program().library()
    }

    fn check(&self, dataset: &Dataset) -> Result<()> {
        let shape = self.encoding.shape(dataset.shape())?;
        if shape != self.network.input {
            let want = &self.network.input;
            return Err(Error::shape(
                dataset.name(),
                "samples",
                format!("{:?}", dataset.shape()),
                format!("the network was trained on {:?}, encoded {want:?}", self.samples.shape),
            ));
        }
        same_names(&self.samples.class_names, dataset)?;
        let outputs: usize = self.program().output_shape().iter().product();
        match dataset.labels().iter().position(|l| *l as usize >= outputs) {
            Some(i) => Err(Error::value(
                dataset.name(),
                "labels",
                dataset.labels()[i],
                format!(
                    "must be below {outputs}, the number of the network's outputs{}",
                    labels::hint(dataset.labels())
                ),
            )
            .at(i)),
            None => Ok(()),
        }
    }
}

/// What a checkpoint says of the samples it was trained on, so that others can be read alike.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    /// Their shape, before the encoder.
    pub shape: Vec<usize>,
    /// Names of the classes; empty if they have none.
    pub class_names: Vec<String>,
    /// Hash of all samples that were learned from or judged by while learning ([`fingerprint_of_data`]); empty in
    /// checkpoints that did not state it.
    #[serde(default)]
    pub fingerprint: String,
}

impl Samples {
    pub(super) fn of(splits: &Splits) -> Self {
        let Splits { train, validation, .. } = splits;
        Samples {
            shape: train.shape().to_vec(),
            class_names: train.class_names().to_vec(),
            fingerprint: fingerprint_of_data([Some(train), validation.as_ref()].into_iter().flatten()),
        }
    }
}

/// The settings in a checkpoint.
pub(super) fn settings(path: &Path, checkpoint: &Checkpoint) -> Result<TrainConfig> {
    let settings = checkpoint.header.extra.get("config").and_then(Value::as_str);
    let settings = settings
        .ok_or_else(|| Error::file(path, "is not a checkpoint of a training job: it holds no settings"))?;
    TrainConfig::from_toml(settings, &path.display().to_string())
}

/// Refuses a data set whose classes are named otherwise than `names`.
pub(super) fn same_names(names: &[String], part: &Dataset) -> Result<()> {
    let own = part.class_names();
    match names.iter().zip(own).position(|(a, b)| a != b) {
        Some(i) => Err(Error::value(
            part.name(),
            "class_names",
            format!("`{}`", own[i]),
            format!("must be `{}`, as in the training data; every class needs samples in both", names[i]),
        )
        .at(i)),
        None => Ok(()),
    }
}
