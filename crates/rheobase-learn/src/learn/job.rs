//! `Job`: a training job from its settings to a trained network: epochs, validation, checkpoints to go on from.

mod resume;

use std::sync::Arc;

use rheobase_models::lanes::Level;

use super::augment::Augmentation;
use super::batch::{Batch, Outcome, Pass};
use super::checkpoint::Protection;
use super::config::{TrainConfig, bytes};
use super::history::{Epoch, Progressed, Sums};
use super::loss::Target;
use super::prepare::{missing, prepare, prepare_moved, targets};
use super::readout::hand_over;
use super::room;
use super::schedule::{Progress, Schedule};
use super::settled::{Origin, Settled};
use super::splits::{Splits, check_batch, check_classes, splits};
use super::stage::{Learning, StageRun, Stages};
use super::stopping::Verdict;
use super::tile::TILE;
use super::trained::Samples;
use super::trainer::{Rule, Trainer};
use super::warning::{self, Warning};
use crate::encode::Encoding;
use rheobase_base::random::Stream;
use rheobase_base::{Cancel, Error, Result};
use rheobase_data::{Dataset, shuffle};
use rheobase_network::network::SampleInput;
use rheobase_network::network::{Library, Network, Program, lower_with, outline_with};
use rheobase_sim::threads;

/// Steps that a tape holds: longer samples are run again from checkpoints in the backward pass.
const CHUNK: usize = 256;
/// Samples that are taken through the network at once where nothing is learned.
const EVALUATED: usize = 256;

/// A training job: settings, data, network and the state of its training.
pub struct Job {
    config: TrainConfig,
    network: Network,
    splits: Splits,
    trainer: Trainer,
    pass: Pass,
    rule: Rule,
    encoding: Encoding,
    augment: Option<Augmentation>,
    pool: Arc<rayon::ThreadPool>,
    samples: Samples,
    stages: Stages,
    history: Vec<Epoch>,
    sums: Sums,
    /// What training does not change, once it is known; nothing inside where it is not worth while.
    settled: Option<Option<Settled>>,
    /// Whether the weights of the readout are computed, if there is one.
    read_out: bool,
    best: Option<Vec<Vec<f32>>>,
    protection: Protection,
    warnings: Vec<Warning>,
}

impl Job {
    /// Reads the data and makes the network, at the start of its training.
    ///
    /// # Errors
    /// Settings, files, shapes and labels that do not fit, with what to change.
    pub fn new(config: TrainConfig) -> Result<Self> {
        Job::new_with(config, &Library::default())
    }

    /// [`Job::new`] of a network with models and operators of one's own.
    ///
    /// # Errors
    /// Those of [`Job::new`].
    pub fn new_with(config: TrainConfig, library: &Library) -> Result<Self> {
        config.check()?;
        let splits = splits(&config)?;
        Job::with_data(config, splits, library)
    }

    /// [`Job::new_with`] on samples that are in hand, whatever `config` says of their source ([`Splits::of`] makes parts of them).
    ///
    /// # Errors
    /// Settings, shapes and labels that do not fit, with what to change.
    pub fn with_data(config: TrainConfig, splits: Splits, library: &Library) -> Result<Self> {
        config.check()?;
        let pool = threads::pool("train", (config.train.threads > 0).then_some(config.train.threads))?;
        let network = config.network(splits.train.shape())?;
        let (parts, samples) = (outline_with(&network, library)?, splits.train.samples());
        let chunk = room::chunk(&parts, &library.catalog, &config, samples, CHUNK)?;
        room::check(&parts, &library.catalog, &config, samples, chunk)?;
        let program = lower_with(&network, config.train.seed, library)?;
        check_classes(&program, &splits)?;
        config.readout.iter().try_for_each(|readout| readout.check_in(&program))?;
        let mut warnings = Vec::new();
        for part in splits.parts() {
            warning::note(&mut warnings, warning::of_data(part, &config.encode)?);
        }
        let pass = Pass { chunk, ..pass(&config)? };
        let optimise = &config.optimise;
        let rule = Rule { optimiser: optimise.rule, clip: optimise.clip, weights: config.regularise.weights };
        let stages = Stages::new(&config, &network, &program, &splits.train)?;
        let mut trainer = Trainer::new(program, &rule.optimiser);
        config.stage.iter().try_for_each(|stage| trainer.freeze(&stage.layer))?;
        // Thresholds that rose while a layer learned belong to what it has learned.
        let keeps = |stage: &&StageRun| stage.config().plasticity.homeostasis.is_some_and(|h| h.keep);
        stages.runs().iter().filter(keeps).try_for_each(|stage| trainer.freeze(stage.neurons()))?;
        let bounded = pass.rates.iter().map(|(name, _)| &name[..]);
        warning::note(&mut warnings, warning::of_gradients(trainer.program(), bounded));
        let mut job = Job {
            encoding: config.encoding().for_samples(splits.train.shape())?,
            augment: Augmentation::new(config.data.augment, &splits.train, config.train.seed)?,
            config,
            network,
            samples: Samples::of(&splits),
            splits,
            trainer,
            pass,
            rule,
            pool,
            stages,
            history: Vec::new(),
            sums: Sums::default(),
            settled: None,
            read_out: false,
            best: None,
            protection: Protection::Whole,
            warnings,
        };
        let tried = job.pool.install(|| {
            tried(&job.splits.train, &job.trainer, &job.pass, &job.encoding, job.config.data.steps)
        });
        warning::note(&mut job.warnings, tried);
        Ok(job)
    }

    /// The settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }
    /// The network's description.
    pub fn network(&self) -> &Network {
        &self.network
    }
    /// The data.
    pub fn splits(&self) -> &Splits {
        &self.splits
    }
    /// The network as it is now.
    pub fn program(&self) -> &Program {
        self.trainer.program()
    }
    /// Its stages, those that are done, learn and are yet to come.
    pub fn stages(&self) -> &[StageRun] {
        self.stages.runs()
    }
    /// The epochs that are done.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }
    /// What is of no use so far, with what to change: data and input from the start, layers after each epoch.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
    /// How the checkpoint that it goes on from was protected against damage; what it writes is protected whole.
    pub fn protection(&self) -> Protection {
        self.protection
    }
    /// Hash of the network's parameters.
    ///
    /// # Errors
    /// Those of [`Trainer::fingerprint`].
    pub fn fingerprint(&self) -> Result<String> {
        self.trainer.fingerprint()
    }
    /// Whether there is nothing left to learn.
    pub fn is_done(&self) -> bool {
        let stopped = self.verdict().is_some_and(|verdict| verdict.stop);
        let computed = self.read_out || self.config.readout.is_none();
        self.stages.are_done()
            && computed
            && (stopped || self.history.len() as u64 >= self.config.train.epochs)
    }

    /// What early stopping says of the epochs so far.
    fn verdict(&self) -> Option<Verdict> {
        let stopping = self.config.train.early_stopping.as_ref()?;
        let history: Vec<f64> = self.history.iter().filter_map(|e| e.validation_loss).collect();
        Some(stopping.judge(&history))
    }

    /// Batches of an epoch.
    fn batches(&self) -> usize {
        self.splits.train.samples().div_ceil(self.config.train.batch)
    }

    /// Learns until the job is done or `watch` says false: it is shown the progress after every batch, and every epoch
    /// when it is done. In a stage it is shown the progress after some samples; an epoch of a stage is done when all its
    /// samples are. [`Job::checkpoint`] then holds where to go on.
    ///
    /// # Errors
    /// Those of [`Trainer::learn`]; encoders that refuse a sample; a call that was asked to end ([`Cancel`]), which is where
    /// the last whole batch or sample has led.
    pub fn run(
        &mut self,
        mut watch: impl FnMut(&Job, &Progressed, Option<&Epoch>) -> Result<bool>,
    ) -> Result<()> {
        let pool = self.pool.clone();
        let cancel = Cancel::current();
        while !self.stages.are_done() {
            let progress = pool.install(|| cancel.scope(|| self.learn_stage()))?;
            if !watch(self, &progress, None)? {
                return Ok(());
            }
        }
        pool.install(|| cancel.scope(|| self.read_out()))?;
        while !self.is_done() {
            let epoch = self.history.len() as u64;
            let order = shuffle::order(
                self.splits.train.samples(),
                &Stream::new(self.config.train.seed, "order", "train"),
                epoch,
            );
            let batches: Vec<&[usize]> = order.chunks(self.config.train.batch).collect();
            loop {
                // None is left where a run was ended while it judged the epoch.
                let batch = batches.get(self.sums.batches).copied().unwrap_or_default();
                if !batch.is_empty() {
                    pool.install(|| cancel.scope(|| self.learn(epoch, batch)))?;
                }
                let done = if self.sums.batches == batches.len() {
                    Some(pool.install(|| cancel.scope(|| self.end_epoch()))?)
                } else {
                    None
                };
                let progress = self.sums.progressed(epoch, batches.len(), batch.len());
                if done.is_some() {
                    self.sums = Sums::default();
                }
                if !watch(self, &progress, done.as_ref())? {
                    return Ok(());
                }
                if done.is_some() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Some samples of the stage that learns.
    fn learn_stage(&mut self) -> Result<Progressed> {
        let mut with = Learning {
            network: &self.network,
            trainer: &mut self.trainer,
            data: &self.splits.train,
            encoding: &self.encoding,
            augment: self.augment.as_ref(),
            steps: self.config.data.steps,
            seed: self.config.train.seed,
        };
        let (progress, warnings) = self.stages.learn(&mut with)?;
        warning::note(&mut self.warnings, warnings);
        Ok(progress)
    }

    /// One update.
    fn learn(&mut self, epoch: u64, indices: &[usize]) -> Result<()> {
        let rate = self.rate(self.batches());
        self.settle()?;
        let (train, steps) = (&self.splits.train, self.config.data.steps);
        let settled = self.settled.as_ref().and_then(Option::as_ref);
        let prepared = match settled {
            Some(settled) => settled.prepared(indices),
            None => prepare_moved(train, indices, &self.encoding, steps, epoch, self.augment.as_ref())?,
        };
        let before = settled.map(|settled| settled.spikes(indices)).unwrap_or_default();
        let targets = targets(train, indices)?;
        self.take(&prepared.batch(&targets, epoch), &before, rate)
    }

    /// Lets every epoch compute everything: what tests compare with.
    #[cfg(test)]
    pub(super) fn never_settle(&mut self) {
        self.settled = Some(None);
    }

    /// The source that was computed once, if one was.
    #[cfg(test)]
    pub(super) fn settled_source(&self) -> Option<usize> {
        self.settled.as_ref().and_then(Option::as_ref).map(Settled::source)
    }

    /// Computes what training will not change, unless that is done.
    fn settle(&mut self) -> Result<()> {
        if self.settled.is_some() {
            return Ok(());
        }
        let program = self.trainer.program();
        let judged =
            |source| self.pass.rates.iter().all(|(name, _)| program.node(name).is_ok_and(|n| n >= source));
        let source = program.settled().filter(|source| self.augment.is_none() && judged(*source));
        let settled = source.map(|source| Settled::new(&self.origin(), source)).transpose()?.flatten();
        self.settled = Some(settled);
        Ok(())
    }

    /// The training samples on their way through the network.
    fn origin(&self) -> Origin<'_> {
        Origin {
            network: &self.network,
            program: self.trainer.program(),
            data: &self.splits.train,
            encoding: &self.encoding,
            steps: self.config.data.steps,
            level: self.pass.level,
            limit: self.config.train.memory.as_deref().and_then(bytes),
        }
    }

    /// Computes the weights of the readout, if there is one.
    fn read_out(&mut self) -> Result<()> {
        if let Some(readout) = self.config.readout.as_ref().filter(|_| !self.read_out) {
            let tensors = readout.fit(&self.origin(), self.splits.train.require_labels()?)?;
            hand_over(&mut self.trainer, tensors)?;
        }
        self.read_out = true;
        Ok(())
    }

    /// Sets the smoothing of the next update, in an epoch of so many; gives its learning rate.
    fn rate(&mut self, batches: usize) -> f64 {
        let history: Vec<f64> = self.history.iter().map(|e| e.validation_loss.unwrap_or(e.loss)).collect();
        let progress = Progress {
            epoch: self.history.len() as u64,
            step: self.trainer.updates(),
            steps_per_epoch: batches as u64,
            history: &history,
        };
        if let Some(schedule) = &self.config.train.smoothing {
            self.trainer.scale_smoothing(schedule.factor(&progress));
        }
        self.config.optimise.learning_rate * self.config.optimise.schedule.factor(&progress)
    }

    /// One update from samples that are ready; `before` are the spikes of nodes that did not have to run.
    fn take(&mut self, batch: &Batch<'_>, before: &[u64], rate: f64) -> Result<()> {
        let mut outcome = self.trainer.learn(&self.pass, &self.rule, rate, batch)?;
        outcome.counts.spikes.iter_mut().zip(before).for_each(|(spikes, n)| *spikes += n);
        let neurons = spiking_neurons(self.trainer.program());
        self.sums.add(&outcome, batch.ids.len(), neurons, rate);
        Ok(())
    }

    /// One update from a batch in hand, whatever the job's own samples are; its epoch has `batches` of them. Whoever learns so
    /// says where epochs end ([`Job::end_batches`]).
    ///
    /// # Errors
    /// Those of [`Job::run`]; samples of another shape than the job's, labels that the network has no output for.
    pub fn learn_batch(&mut self, batch: &Dataset, batches: usize) -> Result<Progressed> {
        check_batch(self.program(), &self.splits.train, batch)?;
        let (epoch, first) = (self.history.len() as u64, self.sums.samples as u64);
        let indices: Vec<usize> = (0..batch.samples()).collect();
        let (pool, cancel, rate) = (self.pool.clone(), Cancel::current(), self.rate(batches));
        let mut prepared = prepare(batch, &indices, &self.encoding, self.config.data.steps, epoch)?;
        prepared.ids.iter_mut().for_each(|id| *id += first);
        let targets = targets(batch, &indices)?;
        pool.install(|| cancel.scope(|| self.take(&prepared.batch(&targets, epoch), &[], rate)))?;
        Ok(self.sums.progressed(epoch, batches, indices.len()))
    }

    /// Ends an epoch of batches in hand: judges it, as [`Job::run`] does.
    ///
    /// # Errors
    /// An epoch without a batch; those of [`Job::evaluate`] on the validation samples.
    pub fn end_batches(&mut self) -> Result<Epoch> {
        if self.sums.batches == 0 {
            let what = "an epoch had no batch; give an iterable that can be gone through again, such as a list, or a function's \
                        generator by its function";
            return Err(Error::unsupported("batches", what));
        }
        let (pool, cancel) = (self.pool.clone(), Cancel::current());
        let epoch = pool.install(|| cancel.scope(|| self.end_epoch()))?;
        self.sums = Sums::default();
        Ok(epoch)
    }

    /// Judges an epoch.
    fn end_epoch(&mut self) -> Result<Epoch> {
        self.smooth(self.history.len() as u64 + 1);
        let progress = self.sums.progressed(self.history.len() as u64, self.sums.batches, 0);
        let mut epoch = Epoch {
            epoch: progress.epoch,
            learning_rate: self.sums.learning_rate,
            loss: progress.loss,
            accuracy: progress.accuracy,
            rate: progress.rate,
            validation_loss: None,
            validation_accuracy: None,
            test_loss: None,
            test_accuracy: None,
        };
        let judged = |data: &Dataset| -> Result<[Option<f64>; 2]> {
            let (outcome, samples) = (self.outcome_of(data)?, data.samples() as f64);
            Ok([outcome.loss / samples, outcome.correct as f64 / samples].map(Some))
        };
        if let Some(validation) = &self.splits.validation {
            [epoch.validation_loss, epoch.validation_accuracy] = judged(validation)?;
        }
        let every = self.config.train.test_every;
        if every > 0 && epoch.epoch.is_multiple_of(every) {
            [epoch.test_loss, epoch.test_accuracy] = judged(&self.splits.test)?;
        }
        self.history.push(epoch.clone());
        let during = format!("epoch {}", epoch.epoch);
        warning::note(&mut self.warnings, self.sums.activity.warnings(self.trainer.program(), &during));
        if self.verdict().is_some_and(|verdict| verdict.improved) {
            let tensors = &self.trainer.program().parameters().tensors;
            self.best = Some(tensors.iter().map(|t| t.values.clone()).collect());
        }
        let restore = self.config.train.early_stopping.as_ref().is_some_and(|stopping| stopping.restore_best);
        if let (true, true, Some(best)) = (restore, self.is_done(), &self.best) {
            self.trainer.set_values(best)?;
        }
        Ok(epoch)
    }

    /// Smooths curves as they are to be after so many epochs.
    fn smooth(&mut self, epochs: u64) {
        let history: Vec<f64> = self.history.iter().map(|e| e.validation_loss.unwrap_or(e.loss)).collect();
        smooth_after(&self.config, &mut self.trainer, epochs, &history);
    }

    /// Takes a data set through the network as it is.
    ///
    /// # Errors
    /// A data set without labels or of another shape; encoders that refuse a sample; NaN.
    pub fn evaluate(&self, dataset: &Dataset) -> Result<Outcome> {
        let cancel = Cancel::current();
        self.pool.clone().install(|| cancel.scope(|| self.outcome_of(dataset)))
    }

    /// [`Job::evaluate`] of samples that may be without labels; loss and hits are 0 then.
    ///
    /// # Errors
    /// Those of [`Job::evaluate`], but for labels.
    pub fn outcome(&self, dataset: &Dataset) -> Result<Outcome> {
        let cancel = Cancel::current();
        self.pool.clone().install(|| cancel.scope(|| self.taken(dataset)))
    }

    fn outcome_of(&self, dataset: &Dataset) -> Result<Outcome> {
        dataset.require_labels()?;
        self.taken(dataset)
    }

    fn taken(&self, dataset: &Dataset) -> Result<Outcome> {
        outcome_of(dataset, &self.trainer, &self.pass, &self.encoding, self.config.data.steps)
    }

    /// The encoded input of a sample and the steps it lasts, as the network is shown them.
    ///
    /// # Errors
    /// A sample that is not there, or that the encoder refuses.
    pub fn input(&self, dataset: &Dataset, sample: usize) -> Result<(SampleInput, usize)> {
        let mut prepared = prepare(dataset, &[sample], &self.encoding, self.config.data.steps, 0)?;
        match (prepared.inputs.pop(), prepared.lengths.pop()) {
            (Some(input), Some(length)) => Ok((input, length)),
            _ => Err(missing(sample)),
        }
    }
}

/// Smooths the curves of a network as its settings have it after so many epochs, with these losses.
pub(super) fn smooth_after(config: &TrainConfig, trainer: &mut Trainer, epochs: u64, history: &[f64]) {
    if let Some(schedule) = &config.train.smoothing {
        let step = trainer.updates();
        // An epoch is judged before its own loss is known.
        let known = history.len().min((epochs as usize).saturating_sub(1));
        let history = &history[..known];
        let at = Progress { epoch: epochs, step, steps_per_epoch: step / epochs.max(1), history };
        trainer.scale_smoothing(schedule.factor(&at));
    }
}

/// How batches are taken through the network.
pub(super) fn pass(config: &TrainConfig) -> Result<Pass> {
    let level = Level::from_env().map_err(|what| Error::unsupported("training", what))?;
    Ok(Pass {
        loss: config.loss,
        rates: config.regularise.rates.iter().map(|(name, bounds)| (name.clone(), *bounds)).collect(),
        truncate: config.train.truncate.unwrap_or(0),
        chunk: CHUNK,
        level,
    })
}

/// Takes a data set through a network; without labels, loss and hits are 0.
pub(super) fn outcome_of(
    dataset: &Dataset,
    trainer: &Trainer,
    pass: &Pass,
    encoding: &Encoding,
    steps: usize,
) -> Result<Outcome> {
    let all: Vec<usize> = (0..dataset.samples()).collect();
    let labelled = !dataset.labels().is_empty();
    let mut total = Outcome::default();
    for indices in all.chunks(EVALUATED) {
        let prepared = prepare(dataset, indices, encoding, steps, 0)?;
        // Scores do not depend on the class that is compared with.
        let targets =
            if labelled { targets(dataset, indices)? } else { vec![Target::Class(0); indices.len()] };
        let mut outcome = trainer.evaluate(pass, &prepared.batch(&targets, 0))?;
        if !labelled {
            (outcome.loss, outcome.correct) = (0.0, 0);
        }
        total.add(outcome);
    }
    Ok(total)
}

/// Takes the first samples through the network, to see what reaches its layers; what fails there fails again when they
/// are learned from or tested, with a reason.
pub(super) fn tried(
    dataset: &Dataset,
    trainer: &Trainer,
    pass: &Pass,
    encoding: &Encoding,
    steps: usize,
) -> Vec<Warning> {
    let some: Vec<usize> = (0..dataset.samples().min(TILE)).collect();
    let prepared = prepare(dataset, &some, encoding, steps, 0);
    let tried =
        prepared.and_then(|some| warning::of_inputs(trainer.program(), &some.batch(&[], 0), pass.level));
    tried.unwrap_or_default()
}

/// Neurons of the layers that spike.
pub(crate) fn spiking_neurons(program: &Program) -> u64 {
    let widths = program.nodes().map(|(_, _, shape)| shape.iter().product::<usize>() as u64);
    widths.zip(program.spiking()).filter(|(_, spikes)| *spikes).map(|(n, _)| n).sum()
}
