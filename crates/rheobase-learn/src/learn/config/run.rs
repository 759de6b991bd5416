//! How a job learns: `[optimise]`, `[regularise]`, `[train]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::network::NetworkConfig;
use crate::learn::check::broken;
use crate::learn::{
    Clip, EarlyStopping, Optimiser as _, OptimiserKind, RateBounds, Schedule as _, ScheduleKind,
    WeightPenalty,
};
use rheobase_base::{Error, Result};
use rheobase_sim::threads;

/// How weights follow from gradients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimiseConfig {
    /// Length of an update: finite and above 0, by default 0.005.
    pub learning_rate: f64,
    /// The optimiser: by default Adam.
    #[serde(deserialize_with = "rheobase_network::kind_or_table::kind")]
    pub rule: OptimiserKind,
    /// Factor on the learning rate over the run: by default 0.95 per epoch.
    #[serde(deserialize_with = "rheobase_network::kind_or_table::kind")]
    pub schedule: ScheduleKind,
    /// What shortens long gradients: by default nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "rheobase_network::kind_or_table::kind_or_none")]
    pub clip: Option<Clip>,
}

impl Default for OptimiseConfig {
    fn default() -> Self {
        OptimiseConfig {
            learning_rate: 0.005,
            rule: OptimiserKind::default(),
            schedule: ScheduleKind::Exponential(crate::learn::schedule::Exponential::default()),
            clip: None,
        }
    }
}

impl OptimiseConfig {
    pub(super) fn check(&self) -> Result<()> {
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            let rule = "must be finite and above 0";
            return Err(broken("optimise", "learning_rate", self.learning_rate, rule));
        }
        self.rule.check()?;
        self.schedule.check()?;
        self.clip.as_ref().map_or(Ok(()), Clip::check)
    }
}

/// What is asked of rates and weights besides a small loss.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegulariseConfig {
    /// Bounds on the rates of layers, by the node's name; none by default.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rates: BTreeMap<String, RateBounds>,
    /// Penalties on all weights; none by default.
    pub weights: WeightPenalty,
}

impl RegulariseConfig {
    pub(super) fn check(&self, network: &NetworkConfig) -> Result<()> {
        let names = network.names();
        for (node, bounds) in &self.rates {
            if let Some(names) = names.as_ref().filter(|names| !names.contains(node)) {
                let names = names.iter().map(String::as_str);
                return Err(Error::unknown("regularise.rates", "node", node, names));
            }
            bounds.check()?;
        }
        self.weights.check()
    }
}

/// How long, in what portions, and on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// How often every sample is learned from: by default 30; 0 only where stages learn.
    pub epochs: u64,
    /// Samples per update: at least 1, by default 32.
    pub batch: usize,
    /// What all random numbers follow from: below 2^63, by default 0.
    pub seed: u64,
    /// Threads: at most 4096; 0, the default, for as many as there are cores. No result depends on it.
    pub threads: usize,
    /// Steps that gradients go back at most: at least 1; by default through the whole sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate: Option<usize>,
    /// What weights, gradients and tapes may take, such as `"500 MB"`; by default as much as they take. Where whole samples
    /// take more, parts of them are run again from checkpoints. No result depends on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// Epochs between checkpoints: by default 1; 0 for one at the end only.
    pub checkpoint_every: u64,
    /// Epochs between tests: by default 0, which tests at the end only. What they give is shown beside the training and decides nothing.
    pub test_every: u64,
    /// Factor, over the run, on the width over which curves of layers that are run as rates are smoothed; where it is 0, they
    /// are not smoothed. By default 1 throughout.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "rheobase_network::kind_or_table::kind_or_none")]
    pub smoothing: Option<ScheduleKind>,
    /// When to stop before the last epoch: by default never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
}

impl Default for RunConfig {
    fn default() -> Self {
        RunConfig {
            epochs: 30,
            batch: 32,
            seed: 0,
            threads: 0,
            truncate: None,
            memory: None,
            checkpoint_every: 1,
            test_every: 0,
            smoothing: None,
            early_stopping: None,
        }
    }
}

impl RunConfig {
    /// `staged` says whether there are stages, which may learn alone.
    pub(super) fn check(&self, staged: bool) -> Result<()> {
        let wrong = |field, value: u64, rule: &str| Err(broken("train", field, value, rule));
        if self.epochs == 0 && !staged {
            return wrong(
                "epochs",
                0,
                "must be at least 1; only with a [[stage]] that learns, or a [readout], may it be 0",
            );
        }
        if self.batch == 0 {
            return wrong("batch", 0, "must be at least 1");
        }
        if self.seed > i64::MAX as u64 {
            return wrong("seed", self.seed, "must be below 2^63, to be written to files");
        }
        if self.truncate == Some(0) {
            return wrong("truncate", 0, "must be at least 1 step; leave it out for whole samples");
        }
        if let Some(text) = &self.memory
            && bytes(text).is_none()
        {
            let rule = "must be a number with its unit, such as \"500 MB\": B, kB, MB, GB, KiB, MiB or GiB";
            return Err(broken("train", "memory", format!("{text:?}"), rule));
        }
        if self.threads > 0 {
            threads::check("train", self.threads)?;
        }
        self.smoothing.as_ref().map_or(Ok(()), ScheduleKind::check)?;
        self.early_stopping.as_ref().map_or(Ok(()), EarlyStopping::check)
    }
}

/// The bytes that a text such as `500 MB` stands for; above 0.
pub(in crate::learn) fn bytes(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let unit = match text[end..].trim_start() {
        "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        _ => return None,
    };
    let number: f64 = text[..end].parse().ok()?;
    (number > 0.0 && number.is_finite()).then_some(number * unit)
}
