//! `Stages`: the stages of a job, one after the other.

use std::collections::BTreeMap;
use std::path::Path;

use rheobase_models::lanes::Level;
use serde_json::Value;

use super::cut::depends;
use super::run::{Record, StageRun};
use super::{Stage, StageEpoch, StageProgress};
use crate::encode::Encoding;
use crate::learn::augment::Augmentation;
use crate::learn::check::broken;
use crate::learn::checkpoint::Checkpoint;
use crate::learn::config::TrainConfig;
use crate::learn::history::Progressed;
use crate::learn::settled::Origin;
use crate::learn::trainer::Trainer;
use crate::learn::warning::Warning;
use rheobase_base::{Error, Result};
use rheobase_data::Dataset;
use rheobase_network::network::{Network, Program};
use rheobase_signals::tensor::Tensor;

/// Group of the tensors of stages in a checkpoint.
const GROUP: &str = "stage";

/// The epochs of each stage of a job, as the header of a checkpoint holds them; none where it has no stages.
pub(in crate::learn) fn histories(
    config: &TrainConfig,
    records: Option<Value>,
) -> std::result::Result<Vec<Vec<StageEpoch>>, serde_json::Error> {
    let records: Option<BTreeMap<String, Record>> = records.map(serde_json::from_value).transpose()?;
    let mut records = records.unwrap_or_default();
    let of = |layer: &String| records.remove(layer).unwrap_or_default().into_history();
    Ok(config.stage.iter().map(|stage| &stage.layer).map(of).collect())
}

/// What stages learn with.
pub(in crate::learn) struct Learning<'a> {
    pub(in crate::learn) network: &'a Network,
    pub(in crate::learn) trainer: &'a mut Trainer,
    pub(in crate::learn) data: &'a Dataset,
    pub(in crate::learn) encoding: &'a Encoding,
    pub(in crate::learn) augment: Option<&'a Augmentation>,
    pub(in crate::learn) steps: usize,
    pub(in crate::learn) seed: u64,
}

impl Learning<'_> {
    /// The samples on their way through the network.
    pub(super) fn origin(&self, level: Level) -> Origin<'_> {
        let (network, program) = (self.network, self.trainer.program());
        let Learning { data, encoding, steps, .. } = *self;
        Origin { network, program, data, encoding, steps, level, limit: None }
    }
}

/// The stages of a job; the first that is not done is the one that learns.
pub(in crate::learn) struct Stages {
    runs: Vec<StageRun>,
}

impl Stages {
    /// All at their start.
    ///
    /// # Errors
    /// Those of [`Stage::new`] for each; a stage whose layer feeds that of an earlier one; more samples than there are;
    /// classes that features cannot stand for.
    pub(in crate::learn) fn new(
        config: &TrainConfig,
        network: &Network,
        program: &Program,
        data: &Dataset,
    ) -> Result<Stages> {
        let mut runs: Vec<StageRun> = Vec::new();
        for settings in &config.stage {
            let stage = Stage::new(network, program, settings)?;
            let place = settings.place();
            if let Some(n) = settings.samples.filter(|n| *n > data.samples()) {
                let rule = format!("must be at most {}, the samples to learn from", data.samples());
                return Err(broken(&place, "samples", n, rule));
            }
            if settings.plasticity.reward.is_some() {
                stage.class_of([0; 3], data.classes())?;
                stage.needs_winners()?;
            }
            let source = |layer: &str| program.node(layer).map(|n| n + 1);
            for earlier in &runs {
                let (before, now) = (source(&earlier.config().layer)?, source(&settings.layer)?);
                if depends(program, before, now) && !depends(program, now, before) {
                    let what = format!(
                        "its layer feeds `{}`, whose stage comes before it and would have learned from what then changes; put \
                         this stage first",
                        earlier.config().layer
                    );
                    return Err(Error::unsupported(place, what));
                }
            }
            runs.push(StageRun::new(&stage));
        }
        Ok(Stages { runs })
    }

    pub(in crate::learn) fn runs(&self) -> &[StageRun] {
        &self.runs
    }

    pub(in crate::learn) fn are_done(&self) -> bool {
        self.runs.iter().all(StageRun::is_done)
    }

    /// Learns from the next samples; says where that has led, and what there is to warn of if the stage has ended.
    pub(in crate::learn) fn learn(&mut self, with: &mut Learning<'_>) -> Result<(Progressed, Vec<Warning>)> {
        let stages = self.runs.len();
        let Some(stage) = self.runs.iter().position(|run| !run.is_done()) else {
            return Err(Error::unsupported("stage", "all stages have ended"));
        };
        let run = &mut self.runs[stage];
        let new = run.learn(with)?;
        let (samples, of, progress) = run.progress(with.data.samples())?;
        let done = run.history().len() as u64;
        let progressed = Progressed {
            epoch: if samples == of { done } else { done + 1 },
            batches: (samples, of),
            samples,
            new,
            loss: 0.0,
            accuracy: progress.accuracy.unwrap_or(0.0),
            rate: 0.0,
            stage: Some(StageProgress { stage, stages, ..progress }),
        };
        let warnings = if run.is_done() { run.warnings() } else { Vec::new() };
        Ok((progressed, warnings))
    }

    /// Adds all that is needed to go on to a checkpoint; gives what belongs into its header.
    pub(in crate::learn) fn save(&self, checkpoint: &mut Checkpoint) -> Result<Value> {
        let mut records = BTreeMap::new();
        for run in &self.runs {
            let layer = &run.config().layer;
            for (name, tensor) in run.tensors()? {
                checkpoint.insert(GROUP, &format!("{layer}/learner.{name}"), tensor)?;
            }
            run.course().save(checkpoint, GROUP, layer)?;
            records.insert(layer.clone(), run.record());
        }
        serde_json::to_value(records)
            .map_err(|e| Error::unsupported("stage", format!("cannot be written to a checkpoint: {e}")))
    }

    /// Goes to where the stages were when a checkpoint was written; `updates` have followed them.
    ///
    /// # Errors
    /// A header that is damaged; a stage that is to go on although others have learned from what it gave.
    pub(in crate::learn) fn restore(
        &mut self,
        path: &Path,
        checkpoint: &Checkpoint,
        records: Value,
        updates: u64,
    ) -> Result<()> {
        if self.runs.is_empty() {
            return Ok(());
        }
        let damaged = |what: String| Error::file(path, format!("holds a damaged header: {what}"));
        let mut records: BTreeMap<String, Record> =
            serde_json::from_value(records).map_err(|e| damaged(e.to_string()))?;
        for run in &mut self.runs {
            let layer = run.config().layer.clone();
            let record = records.remove(&layer).ok_or_else(|| damaged(format!("no stage of `{layer}`")))?;
            let prefix = format!("{layer}/learner.");
            let kept: Vec<(String, Tensor)> = checkpoint
                .group(GROUP)
                .filter_map(|(name, tensor)| Some((name.strip_prefix(&prefix)?.to_string(), tensor.clone())))
                .collect();
            run.restore(record, kept);
            run.course_mut().restore(checkpoint, GROUP, &layer);
        }
        self.check_order(path, updates)
    }

    /// What has learned from a layer cannot have it changed afterwards.
    fn check_order(&self, path: &Path, updates: u64) -> Result<()> {
        let Some(open) = self.runs.iter().position(|run| !run.is_done()) else { return Ok(()) };
        if updates == 0 && !self.runs[open + 1..].iter().any(StageRun::has_begun) {
            return Ok(());
        }
        let what = format!(
            "the stage of `{}` has ended, and more was learned after it: its `epochs` and `converged` can change no more; take \
             that back to go on with the run, or start a new one",
            self.runs[open].config().layer
        );
        Err(Error::file(path, what))
    }
}
