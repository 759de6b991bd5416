//! What a job writes down, and how it goes on from there.

use std::path::Path;

use serde_json::{Value, json};

use super::Job;
use crate::learn::checkpoint::Checkpoint;
use crate::learn::config::TrainConfig;
use crate::learn::trained::{Samples, settings};
use rheobase_base::{Error, Result};
use rheobase_network::network::Library;
use rheobase_signals::tensor::Tensor;

impl Job {
    /// Everything that is needed to go on from here.
    ///
    /// # Errors
    /// Parameters that a file cannot hold.
    pub fn checkpoint(&self) -> Result<Checkpoint> {
        // The number of threads is not part of a run: the same run has the same bytes.
        let mut settings = self.config.clone();
        settings.train.threads = 0;
        let extra = json!({
            "config": settings.to_toml()?,
            "history": self.history,
            "sums": self.sums,
            "samples": self.samples,
        });
        let mut checkpoint =
            self.trainer.checkpoint(&self.architecture()?, self.history.len() as u64, extra)?;
        if !self.stages.runs().is_empty() {
            let stages = self.stages.save(&mut checkpoint)?;
            checkpoint.header.extra["stages"] = stages;
        }
        if let Some(best) = &self.best {
            for (tensor, values) in self.trainer.program().parameters().tensors.iter().zip(best) {
                checkpoint.insert("best", &tensor.name, Tensor::f32(&tensor.shape, values.clone())?)?;
            }
        }
        Ok(checkpoint)
    }

    /// The network as the checkpoint's header holds it.
    fn architecture(&self) -> Result<Value> {
        serde_json::to_value(&self.network)
            .map_err(|e| Error::unsupported("network", format!("cannot be written to a checkpoint: {e}")))
    }

    /// The job that a checkpoint was written by, at the point where it was written.
    ///
    /// # Errors
    /// A file that is not a checkpoint of training, or of another network; those of [`Job::new`].
    pub fn resume(path: &Path) -> Result<Self> {
        Job::resume_with(path, &Library::default(), Ok)
    }

    /// [`Job::resume`] of a network with models and operators of one's own, and with settings changed: more epochs, other
    /// threads; see [`Difference::may_change`].
    ///
    /// [`Difference::may_change`]: crate::learn::Difference::may_change
    ///
    /// # Errors
    /// As [`Job::resume`], those of `change`, settings that may not change, other data than it was trained on.
    pub fn resume_with<E: From<Error>>(
        path: &Path,
        library: &Library,
        change: impl FnOnce(TrainConfig) -> std::result::Result<TrainConfig, E>,
    ) -> std::result::Result<Self, E> {
        let checkpoint = Checkpoint::read(path)?;
        let before = settings(path, &checkpoint)?;
        let config = change(before.clone())?;
        before.resumed_as(&config, "settings")?;
        let mut job = Job::new_with(config, library)?;
        job.restore(path, &checkpoint)?;
        Ok(job)
    }

    /// Goes to where the job was when the checkpoint was written.
    pub(in crate::learn) fn restore(&mut self, path: &Path, checkpoint: &Checkpoint) -> Result<()> {
        self.trainer.restore(path, checkpoint, &self.architecture()?)?;
        let extra = &checkpoint.header.extra;
        let part = |name: &str| extra.get(name).cloned().unwrap_or(Value::Null);
        let damaged = |e: serde_json::Error| Error::file(path, format!("holds a damaged header: {e}"));
        self.history = serde_json::from_value(part("history")).map_err(damaged)?;
        self.sums = serde_json::from_value(part("sums")).map_err(damaged)?;
        let samples: Samples = serde_json::from_value(part("samples")).map_err(damaged)?;
        self.check_data(path, &samples)?;
        self.smooth(self.history.len() as u64);
        self.stages.restore(path, checkpoint, part("stages"), self.trainer.updates())?;
        let tensors = &self.trainer.program().parameters().tensors;
        let best: Vec<Vec<f32>> = tensors
            .iter()
            .filter_map(|t| checkpoint.f32("best", &t.name).ok().map(<[f32]>::to_vec))
            .collect();
        self.best = (best.len() == tensors.len() && !best.is_empty()).then_some(best);
        self.protection = checkpoint.protection();
        Ok(())
    }

    /// What was learned, and the order of samples within an epoch, are of these data and no others.
    fn check_data(&self, path: &Path, before: &Samples) -> Result<()> {
        let now = &self.samples;
        if !before.fingerprint.is_empty() && before.fingerprint != now.fingerprint {
            let (then, now) = (&before.fingerprint, &now.fingerprint);
            let what = format!(
                "was trained on other data: their fingerprint was {then} and is {now}; bring the samples back \
                 as they were (their files may lie elsewhere), or start a new run"
            );
            return Err(Error::file(path, what));
        }
        let (batch, batches) = (self.sums.batches, self.batches());
        if batch > batches {
            let what = format!(
                "is at batch {batch} of an epoch of {batches}: the data have changed; start a new run"
            );
            return Err(Error::file(path, what));
        }
        Ok(())
    }
}
