//! Runs side by side: the settings in which they differ, their results, and what is the same but for the seed.

use crate::learn::{Epoch, RunRecord};
use rheobase_base::{Error, Result};

/// The setting that tells runs of one group apart.
const SEED: &str = "train.seed";
/// What stands for a setting that a run does not have.
const NONE: &str = "none";

/// Runs side by side.
#[derive(Debug, Clone)]
pub struct Comparison {
    runs: Vec<RunRecord>,
    columns: Vec<Column>,
}

/// A setting in which the runs differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The setting, as [`TrainConfig::set`](crate::learn::TrainConfig::set) takes it.
    pub key: String,
    /// Each run's value, as TOML; `none` where it is not set.
    pub values: Vec<String>,
}

impl Column {
    /// The key without what stands before its last part.
    pub fn short(&self) -> &str {
        self.key.rsplit('.').next().unwrap_or(&self.key)
    }
}

/// Runs that differ in their seed at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Settings in which groups differ, with the value they have here.
    pub settings: Vec<(String, String)>,
    /// Numbers of its runs, from 0.
    pub runs: Vec<usize>,
}

/// What a curve of learning shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Mean loss of the samples that are learned from.
    Loss,
    /// Share of them that is classified right.
    Accuracy,
    /// Mean loss of the validation samples.
    ValidationLoss,
    /// Share of them that is classified right.
    ValidationAccuracy,
    /// Mean loss of the test samples.
    TestLoss,
    /// Share of them that is classified right.
    TestAccuracy,
}

impl Measure {
    /// Its value in an epoch, if that has it.
    pub fn of(self, epoch: &Epoch) -> Option<f64> {
        match self {
            Measure::Loss => Some(epoch.loss),
            Measure::Accuracy => Some(epoch.accuracy),
            Measure::ValidationLoss => epoch.validation_loss,
            Measure::ValidationAccuracy => epoch.validation_accuracy,
            Measure::TestLoss => epoch.test_loss,
            Measure::TestAccuracy => epoch.test_accuracy,
        }
    }
}

/// A curve over epochs: the mean of several runs, and the lowest and highest of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// The epochs, from 1.
    pub epochs: Vec<f64>,
    /// Mean of the runs, epoch by epoch.
    pub mean: Vec<f64>,
    /// The lowest of them.
    pub low: Vec<f64>,
    /// The highest.
    pub high: Vec<f64>,
}

impl Comparison {
    /// Puts runs side by side.
    ///
    /// # Errors
    /// No run; settings that cannot be written as TOML.
    pub fn new(runs: Vec<RunRecord>) -> Result<Self> {
        let Some(first) = runs.first() else {
            return Err(Error::value("comparison", "runs", "none", "must be at least one run"));
        };
        let mut columns: Vec<Column> = Vec::new();
        for (i, run) in runs.iter().enumerate().skip(1) {
            for found in first.settings.differences(&run.settings)? {
                let text = |value: Option<String>| value.unwrap_or_else(|| NONE.into());
                let (before, value) = (text(found.before), text(found.wanted));
                if let Some(column) = columns.iter_mut().find(|c| c.key == found.key) {
                    column.values[i] = value;
                } else {
                    let mut values = vec![before; runs.len()];
                    values[i] = value;
                    columns.push(Column { key: found.key, values });
                }
            }
        }
        // The seed stands last: it names a run within its group.
        columns.sort_by_key(|c| c.key == SEED);
        Ok(Comparison { runs, columns })
    }

    /// The runs, in the order in which they were given.
    pub fn runs(&self) -> &[RunRecord] {
        &self.runs
    }

    /// The settings in which the runs differ; the seed last.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The runs by their settings, the seed aside, in the order in which they were given.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for i in 0..self.runs.len() {
            let told = self.columns.iter().filter(|c| c.key != SEED);
            let settings: Vec<_> = told.map(|c| (c.key.clone(), c.values[i].clone())).collect();
            match groups.iter_mut().find(|g| g.settings == settings) {
                Some(group) => group.runs.push(i),
                None => groups.push(Group { settings, runs: vec![i] }),
            }
        }
        groups
    }

    /// The words that tell a group from the others: `learning_rate = 0.01, batch = 32`; the only run's name where
    /// nothing else does.
    pub fn label(&self, group: &Group) -> String {
        let told = group.settings.iter().map(|(key, value)| {
            let short = key.rsplit('.').next().unwrap_or(key);
            let unclear =
                group.settings.iter().filter(|(k, _)| k.rsplit('.').next() == Some(short)).count() > 1;
            format!("{} = {}", if unclear { key } else { short }, value.trim_matches('"'))
        });
        let told = told.collect::<Vec<_>>().join(", ");
        match (&told[..], &group.runs[..]) {
            ("", [only]) => self.runs[*only].name(),
            ("", _) => "all runs".into(),
            _ => told,
        }
    }

    /// A measure over the epochs in which all runs of the group have it; none if there is no such epoch.
    pub fn band(&self, group: &Group, measure: Measure) -> Option<Band> {
        let all = || group.runs.iter().map(|i| &self.runs[*i].epochs);
        let length = all().map(Vec::len).min().unwrap_or(0);
        let at = |i: usize| all().map(|epochs| measure.of(&epochs[i])).collect::<Option<Vec<f64>>>();
        let known: Vec<(f64, Vec<f64>)> =
            (0..length).filter_map(|i| Some(((i + 1) as f64, at(i)?))).collect();
        let each = |of: &dyn Fn(&[f64]) -> f64| known.iter().map(|(_, values)| of(values)).collect();
        (!known.is_empty()).then(|| Band {
            epochs: known.iter().map(|(epoch, _)| *epoch).collect(),
            mean: each(&|values| values.iter().sum::<f64>() / values.len() as f64),
            low: each(&|values| values.iter().copied().fold(f64::INFINITY, f64::min)),
            high: each(&|values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        })
    }

    /// Mean and standard deviation (n − 1; none of a single run) of the test accuracy of a group's finished runs.
    pub fn accuracy(&self, group: &Group) -> Option<(f64, Option<f64>)> {
        let results = group.runs.iter().filter_map(|i| self.runs[*i].result.as_ref());
        let all: Vec<f64> = results.map(|r| r.accuracy).collect();
        let n = all.len() as f64;
        let mean = all.iter().sum::<f64>() / n;
        let spread = all.iter().map(|a| (a - mean) * (a - mean)).sum::<f64>() / (n - 1.0);
        (!all.is_empty()).then(|| (mean, (all.len() > 1).then(|| spread.sqrt())))
    }
}
