//! Jobs to compare a job with, in the same run: `[[control]]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Value;

use super::TrainConfig;
use crate::learn::check::broken;
use rheobase_base::{Error, Result};

/// What a job is compared with: the same job with other settings, which is tested on the same samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlConfig {
    /// What reports call it.
    pub name: String,
    /// Its settings where they are others: by key, as [`TrainConfig::set`] names them, `"train.epochs" = 5`. A key that names
    /// a table replaces the whole of it; `none` takes an optional setting away; shorter keys go first.
    pub set: BTreeMap<String, Value>,
}

impl ControlConfig {
    /// The job of this control beside `job`.
    ///
    /// # Errors
    /// Unknown keys, with the nearest known one; values of a wrong type or out of range.
    pub fn job(&self, job: &TrainConfig) -> Result<TrainConfig> {
        let mut config = TrainConfig { control: Vec::new(), ..job.clone() };
        let mut changes: Vec<(&String, &Value)> = self.set.iter().collect();
        changes.sort_by_key(|(key, _)| key.split('.').count());
        let named = |e: Error| Error::unsupported(self.place(), e.to_string());
        for (key, value) in changes {
            config = config.changed(key, value.clone()).map_err(named)?;
        }
        config.check().map_err(named)?;
        Ok(config)
    }

    fn place(&self) -> String {
        format!("control.{}", self.name)
    }
}

/// Refuses controls without a name or with that of another, and those that are no jobs.
pub(super) fn check(job: &TrainConfig) -> Result<()> {
    for (i, control) in job.control.iter().enumerate() {
        if control.name.trim().is_empty() {
            return Err(broken("control", "name", "``", "must say what the control is"));
        }
        if job.control[..i].iter().any(|earlier| earlier.name == control.name) {
            let rule = "names another control already; give each its own name";
            return Err(broken("control", "name", format!("`{}`", control.name), rule));
        }
        control.job(job)?;
    }
    Ok(())
}
