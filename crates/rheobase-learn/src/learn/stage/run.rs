//! `StageRun`: a stage of a job: its epochs, what they brought, and where it is.

use serde::{Deserialize, Serialize};

use super::course::{Course, Point};
use super::stages::Learning;
use super::{Feedback, Stage};
use crate::learn::config::StageConfig;
use crate::learn::prepare::{Prepared, prepare_moved};
use crate::learn::settled::Settled;
use rheobase_base::random::Stream;
use rheobase_base::{Cancel, Result};
use rheobase_network::network::SampleInput;
use rheobase_signals::tensor::Tensor;

/// Samples that are encoded, and taken to the layer, at once. No result depends on it.
const AT_ONCE: usize = 64;

/// What an epoch of a stage has brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageEpoch {
    /// From 1.
    pub epoch: u64,
    /// Samples that were learned from.
    pub samples: usize,
    /// Those in which no neuron won (or spiked, where there are no winners): nothing was learned from them.
    pub silent: usize,
    /// How often each feature won; where there are no winners, how often it spiked.
    pub wins: Vec<u64>,
    /// [`rheobase_network::plasticity::convergence`] of the weights at its end.
    pub convergence: f64,
    /// Share of the samples in which the first winner stood for the right class, where that is rewarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
}

/// Where a stage is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageProgress {
    /// Which one, from 0.
    pub stage: usize,
    /// How many there are.
    pub stages: usize,
    /// Epochs that it takes at most.
    pub epochs: u64,
    /// How far its weights are from their bounds.
    pub convergence: f64,
    /// Features that have won so far.
    pub won: usize,
    /// Features that it has.
    pub features: usize,
    /// Share of right first winners in this epoch, where classes are rewarded.
    pub accuracy: Option<f64>,
}

/// Sums over the part of an epoch that is done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Sums {
    samples: usize,
    silent: usize,
    right: usize,
    /// Wins of each feature before the epoch.
    before: Vec<u64>,
}

/// What is kept of a stage besides tensors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    history: Vec<StageEpoch>,
    points: Vec<Point>,
    sums: Sums,
}

impl Record {
    /// The epochs alone.
    pub(super) fn into_history(self) -> Vec<StageEpoch> {
        self.history
    }
}

/// A stage of a job.
pub struct StageRun {
    config: StageConfig,
    history: Vec<StageEpoch>,
    sums: Sums,
    course: Course,
    kernel: [usize; 3],
    features: usize,
    neurons: String,
    /// What the learner carried when it was last saved.
    kept: Vec<(String, Tensor)>,
    /// What comes before the layer, once it is known; nothing inside where it is computed again in every epoch.
    settled: Option<Option<Settled>>,
    /// Only while it learns.
    pub(super) stage: Option<Stage>,
}

impl StageRun {
    /// At its start; `stage` shows that it can learn.
    pub(super) fn new(stage: &Stage) -> StageRun {
        StageRun {
            config: stage.settings().clone(),
            history: Vec::new(),
            sums: Sums::default(),
            course: Course::default(),
            kernel: stage.kernel(),
            features: stage.features(),
            neurons: stage.neurons().to_string(),
            kept: Vec::new(),
            settled: None,
            stage: None,
        }
    }

    /// The settings.
    pub fn config(&self) -> &StageConfig {
        &self.config
    }
    /// The epochs that are done.
    pub fn history(&self) -> &[StageEpoch] {
        &self.history
    }
    /// The weights over its samples.
    pub fn course(&self) -> &Course {
        &self.course
    }
    /// Shape of what a feature of the layer sees at once: channel, row, column.
    pub fn kernel(&self) -> [usize; 3] {
        self.kernel
    }
    /// Features of the layer.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The node whose spikes it learns from.
    pub fn neurons(&self) -> &str {
        &self.neurons
    }

    /// How often each feature won in all epochs that are done.
    pub fn wins(&self) -> Vec<u64> {
        let mut wins = vec![0; self.features];
        for epoch in &self.history {
            wins.iter_mut().zip(&epoch.wins).for_each(|(sum, n)| *sum += n);
        }
        wins
    }

    /// Whether its weights have come close enough to their bounds.
    pub fn has_converged(&self) -> bool {
        self.history.last().is_some_and(|e| e.convergence < self.config.converged)
    }

    /// Whether it has nothing left to learn.
    pub fn is_done(&self) -> bool {
        self.history.len() as u64 >= self.config.epochs || self.has_converged()
    }

    /// Whether it has learned from a sample.
    pub(super) fn has_begun(&self) -> bool {
        !self.history.is_empty() || self.sums.samples > 0
    }

    /// Samples of an epoch.
    fn samples(&self, all: usize) -> usize {
        self.config.samples.map_or(all, |n| n.min(all))
    }

    /// Learns from the next samples, and ends the epoch if they were its last; says how many there were.
    pub(super) fn learn(&mut self, with: &mut Learning<'_>) -> Result<usize> {
        let mut stage = match self.stage.take() {
            Some(stage) => stage,
            None => self.begin(with)?,
        };
        let epoch = self.history.len() as u64;
        let all = with.data.samples();
        let name = format!("stage {}", self.config.layer);
        let order = rheobase_data::shuffle::order(all, &Stream::new(with.seed, "order", &name), epoch);
        let end = self.samples(all).min(self.sums.samples + AT_ONCE);
        let chosen = &order[self.sums.samples..end];
        let (shown, lengths) = match self.shown(&stage, with, chosen, epoch) {
            Ok(shown) => shown,
            Err(error) => {
                self.stage = Some(stage);
                return Err(error);
            }
        };
        let classes = with.data.classes();
        let cancel = Cancel::current();
        let mut done = 0;
        for ((input, steps), sample) in shown.iter().zip(lengths).zip(chosen) {
            // How many are taken at once changes no result, and a sample is learned from as a whole.
            if cancel.is_asked() {
                break;
            }
            let class = with.data.labels()[*sample] as usize;
            let rewarded = self.config.plasticity.reward.is_some();
            let feedback = if rewarded { Feedback::Class { class, classes } } else { Feedback::None };
            let before: u64 = stage.wins().iter().sum();
            let learned = Cancel::default().scope(|| stage.learn_behind(input, steps, feedback))?;
            self.sums.samples += 1;
            done += 1;
            self.sums.silent += usize::from(stage.wins().iter().sum::<u64>() == before);
            if let (true, Some(first)) = (rewarded, learned.winners.first()) {
                self.sums.right += usize::from(stage.class_of(*first, classes)? == class);
            }
            self.course.look(stage.samples(), stage.parameter(), self.config.plasticity.bounds, false)?;
        }
        with.trainer.set(&stage.parameter().name, stage.weights())?;
        if self.sums.samples == self.samples(all) {
            self.end_epoch(&stage)?;
        }
        if self.is_done() {
            self.settled = None;
            self.kept = stage.tensors()?;
            if let Some((threshold, values)) = stage.kept_threshold()? {
                with.trainer.set(&threshold, &values)?;
            }
        } else {
            self.stage = Some(stage);
        }
        Ok(done)
    }

    /// What the layer is shown of some samples, and for how many steps. Where there are several epochs, what comes before the
    /// layer runs once for all of them.
    fn shown(
        &mut self,
        stage: &Stage,
        with: &Learning<'_>,
        chosen: &[usize],
        epoch: u64,
    ) -> Result<(Vec<SampleInput>, Vec<usize>)> {
        let all = self.samples(with.data.samples()) == with.data.samples();
        let again = self.config.epochs > 1 && all && with.augment.is_none();
        if self.settled.is_none() {
            let source = stage.front(with.trainer.program())?.filter(|_| again);
            let settled = source.map(|source| Settled::new(&with.origin(stage.level), source)).transpose()?;
            self.settled = Some(settled.flatten());
        }
        if let Some(Some(settled)) = &self.settled {
            let Prepared { inputs, lengths, .. } = settled.prepared(chosen);
            return Ok((inputs, lengths));
        }
        let own = with.augment.map(|augment| augment.of_name(&format!("stage {}", self.config.layer)));
        let prepared = prepare_moved(with.data, chosen, with.encoding, with.steps, epoch, own.as_ref())?;
        let lengths = prepared.lengths.clone();
        Ok((stage.ahead(prepared)?, lengths))
    }

    /// The stage at the point where it is.
    fn begin(&mut self, with: &Learning<'_>) -> Result<Stage> {
        let mut stage = Stage::new(with.network, with.trainer.program(), &self.config)?;
        if !self.kept.is_empty() {
            stage.restore(&self.kept)?;
        }
        if !self.has_begun() {
            self.sums.before = vec![0; self.features];
            self.course.look(0, stage.parameter(), self.config.plasticity.bounds, true)?;
        }
        Ok(stage)
    }

    fn end_epoch(&mut self, stage: &Stage) -> Result<()> {
        self.course.look(stage.samples(), stage.parameter(), self.config.plasticity.bounds, true)?;
        let sums = std::mem::take(&mut self.sums);
        let share = sums.right as f64 / sums.samples as f64;
        self.history.push(StageEpoch {
            epoch: self.history.len() as u64 + 1,
            samples: sums.samples,
            silent: sums.silent,
            wins: stage.wins().iter().zip(&sums.before).map(|(now, before)| now - before).collect(),
            convergence: stage.convergence()?,
            accuracy: self.config.plasticity.reward.as_ref().map(|_| share),
        });
        self.sums.before = stage.wins().to_vec();
        Ok(())
    }

    /// Where it is: samples of the epoch that are done, of how many, and what there is to tell.
    pub(super) fn progress(&self, all: usize) -> Result<(usize, usize, StageProgress)> {
        let of = self.samples(all);
        let last = self.history.last();
        // Right after its end an epoch still is the one to tell of.
        let ended = self.sums.samples == 0 && last.is_some();
        let wins = self.stage.as_ref().map_or_else(|| self.wins(), |s| s.wins().to_vec());
        let convergence = match (&self.stage, last) {
            (Some(stage), _) => stage.convergence()?,
            (None, last) => last.map_or(0.0, |e| e.convergence),
        };
        let so_far = self.sums.right as f64 / self.sums.samples.max(1) as f64;
        let rewarded = self.config.plasticity.reward.is_some();
        let accuracy = if ended { last.and_then(|e| e.accuracy) } else { rewarded.then_some(so_far) };
        let progress = StageProgress {
            stage: 0,
            stages: 1,
            epochs: self.config.epochs,
            convergence,
            won: wins.iter().filter(|n| **n > 0).count(),
            features: self.features,
            accuracy,
        };
        Ok((if ended { of } else { self.sums.samples }, of, progress))
    }

    /// What is kept besides tensors.
    pub(super) fn record(&self) -> Record {
        Record { history: self.history.clone(), points: self.course.points.clone(), sums: self.sums.clone() }
    }

    /// What the learner carries, as it is now or was when it ended.
    pub(super) fn tensors(&self) -> Result<Vec<(String, Tensor)>> {
        self.stage.as_ref().map_or_else(|| Ok(self.kept.clone()), Stage::tensors)
    }

    /// Goes to where it was when all that was kept.
    pub(super) fn restore(&mut self, record: Record, kept: Vec<(String, Tensor)>) {
        (self.history, self.sums, self.course.points) = (record.history, record.sums, record.points);
        self.kept = kept;
        self.settled = None;
        self.stage = None;
    }

    /// The kernels over time, to be saved and restored.
    pub(super) fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }
}
