//! What a job has come to: its epochs, and how far the one under way is.

use serde::{Deserialize, Serialize};

use super::batch::Outcome;
use super::stage::StageProgress;
use super::warning::Activity;

/// What an epoch has brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: u64,
    /// Learning rate of its last update.
    pub learning_rate: f64,
    /// Mean loss of the samples as they were learned from.
    pub loss: f64,
    /// Share of them that was classified right.
    pub accuracy: f64,
    /// Spikes per neuron and step, over all layers that spike.
    pub rate: f64,
    /// Mean loss of the validation samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<f64>,
    /// Share of them that is classified right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// Mean loss of the test samples, in epochs that end with a test (`train.test_every`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_loss: Option<f64>,
    /// Share of them that is classified right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_accuracy: Option<f64>,
}

/// Where a job is after a batch, or after some samples of a stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progressed {
    /// Epoch, from 1; that of the stage in a stage.
    pub epoch: u64,
    /// Batches of the epoch that are done, and how many there are.
    pub batches: (usize, usize),
    /// Samples of the epoch that are done.
    pub samples: usize,
    /// Samples of them that are new: those of the batch.
    pub new: usize,
    /// Mean loss of the epoch so far.
    pub loss: f64,
    /// Share that was classified right so far.
    pub accuracy: f64,
    /// Spikes per neuron and step so far.
    pub rate: f64,
    /// Where the stage is, as long as one learns; loss, accuracy and rate are 0 then.
    pub stage: Option<StageProgress>,
}

/// Sums over the part of an epoch that is done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sums {
    pub(super) batches: usize,
    pub(super) samples: usize,
    pub(super) loss: f64,
    pub(super) correct: usize,
    pub(super) spikes: u64,
    pub(super) neuron_steps: u64,
    pub(super) learning_rate: f64,
    #[serde(default)]
    pub(super) activity: Activity,
}

impl Sums {
    /// Adds a batch of so many samples; `neurons` spike in the network.
    pub(super) fn add(&mut self, outcome: &Outcome, samples: usize, neurons: u64, learning_rate: f64) {
        self.batches += 1;
        self.samples += samples;
        self.loss += outcome.loss;
        self.correct += outcome.correct;
        self.spikes += outcome.counts.spikes.iter().sum::<u64>();
        self.neuron_steps += outcome.sample_steps * neurons;
        self.learning_rate = learning_rate;
        self.activity.add(outcome);
    }

    /// Where the job is, in epoch number `epoch` (from 0) of so many batches, after a batch of `new` samples.
    pub(super) fn progressed(&self, epoch: u64, batches: usize, new: usize) -> Progressed {
        let share = |x: f64, of: f64| if of > 0.0 { x / of } else { 0.0 };
        let samples = self.samples as f64;
        Progressed {
            epoch: epoch + 1,
            batches: (self.batches, batches),
            samples: self.samples,
            new,
            loss: share(self.loss, samples),
            accuracy: share(self.correct as f64, samples),
            rate: share(self.spikes as f64, self.neuron_steps as f64),
            stage: None,
        }
    }
}
