//! Going on with a job: in which settings two jobs differ, and which of them may change.

use std::fmt;

use toml::{Table, Value};

use super::TrainConfig;
use rheobase_base::{Error, Result};
use rheobase_network::toml_text;

/// Settings that may change when a run is resumed: how long it takes, how fast it learns from here on, and where
/// its files lie (their contents are compared). All others say what was learned, and from what.
const MAY_CHANGE: [&str; 18] = [
    "train.epochs",
    "train.threads",
    "train.memory",
    "train.checkpoint_every",
    "train.test_every",
    "train.early_stopping.patience",
    "optimise.learning_rate",
    "optimise.schedule",
    "network.file",
    "data.source.idx.folder",
    "data.source.idx.images",
    "data.source.idx.labels",
    "data.source.idx.test_images",
    "data.source.idx.test_labels",
    "data.source.csv.train",
    "data.source.csv.test",
    "data.source.npz",
    "control",
];
/// Settings that say when a stage ends.
const ENDS_STAGE: [&str; 2] = ["epochs", "converged"];
/// Letters of a value that are shown.
const LETTERS: usize = 60;

/// A setting that a run was made with, and another value that is wanted.
///
/// Shown as `train.epochs = 40 (it was 30)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The setting, as [`TrainConfig::set`] takes it.
    pub key: String,
    /// The run's value, as TOML; none if it is not set.
    pub before: Option<String>,
    /// The value that is wanted.
    pub wanted: Option<String>,
}

impl Difference {
    /// Whether a run may be resumed under the other value.
    ///
    /// | setting | why |
    /// |---|---|
    /// | `train.epochs`, `train.early_stopping.patience` | when it ends |
    /// | `stage.LAYER.epochs`, `stage.LAYER.converged` | when the stage ends, as long as nothing has been learned after it |
    /// | `optimise.learning_rate`, `optimise.schedule` | how fast it learns from here on |
    /// | `train.threads`, `train.memory`, `train.checkpoint_every`, `train.test_every` | no result depends on them |
    /// | `control` | what it is compared with when it is done |
    /// | files of `data.source`, `network.file` | where they lie; the training samples and the network must be the same |
    pub fn may_change(&self) -> bool {
        MAY_CHANGE.iter().any(|key| {
            self.key.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }) || ends_stage(&self.key)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".into());
        write!(f, "{} = {} (it was {})", self.key, text(&self.wanted), text(&self.before))
    }
}

impl TrainConfig {
    /// The settings that are others in `wanted`, key by key; threads and memory, on which nothing depends, are left out.
    ///
    /// # Errors
    /// Those of [`TrainConfig::to_toml`].
    pub fn differences(&self, wanted: &TrainConfig) -> Result<Vec<Difference>> {
        let tables = [self, wanted].map(|config| toml_text::table_of(config, "settings"));
        let [before, wanted] = tables;
        let mut found = Vec::new();
        in_tables("", &before?, &wanted?, &mut found);
        found.retain(|difference| !["train.threads", "train.memory"].contains(&&difference.key[..]));
        Ok(found)
    }

    /// What changes if a run with these settings is resumed as `wanted`; `source` says where those come from.
    ///
    /// # Errors
    /// [`Error::Unsupported`] with every setting that may not change ([`Difference::may_change`]) and both its values.
    pub fn resumed_as(&self, wanted: &TrainConfig, source: &str) -> Result<Vec<Difference>> {
        let all = self.differences(wanted)?;
        let fixed: Vec<String> = all.iter().filter(|d| !d.may_change()).map(Difference::to_string).collect();
        if fixed.is_empty() {
            return Ok(all);
        }
        let what = format!(
            "differs from the run in what must stay: {}; take that back to go on with the run, or start a new one",
            fixed.join("; ")
        );
        Err(Error::unsupported(source, what))
    }
}

/// Whether `key` is `stage.LAYER.` and a setting that says when the stage ends.
fn ends_stage(key: &str) -> bool {
    let rest = key.strip_prefix("stage.").and_then(|rest| rest.rsplit_once('.'));
    rest.is_some_and(|(_, last)| ENDS_STAGE.contains(&last))
}

fn in_tables(place: &str, before: &Table, wanted: &Table, found: &mut Vec<Difference>) {
    let mut keys: Vec<&String> = before.keys().chain(wanted.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
        in_values(&place, before.get(key), wanted.get(key), found);
    }
}

fn in_values(place: &str, before: Option<&Value>, wanted: Option<&Value>, found: &mut Vec<Difference>) {
    let empty = Table::new();
    match (before, wanted) {
        (before, wanted) if before == wanted => {}
        (Some(Value::Table(before)), Some(Value::Table(wanted))) => in_tables(place, before, wanted, found),
        (Some(Value::Table(before)), None) => in_tables(place, before, &empty, found),
        (None, Some(Value::Table(wanted))) => in_tables(place, &empty, wanted, found),
        (Some(Value::Array(a)), Some(Value::Array(b))) if same_names(a, b) => {
            for (before, wanted) in a.iter().zip(b) {
                let place = format!("{place}.{}", name(before).unwrap_or_default());
                in_values(&place, Some(before), Some(wanted), found);
            }
        }
        (before, wanted) => found.push(Difference {
            key: place.to_string(),
            before: before.map(brief),
            wanted: wanted.map(brief),
        }),
    }
}

/// The name of a node of the network, or the layer of a stage.
fn name(item: &Value) -> Option<&str> {
    item.get("name").or_else(|| item.get("layer")).and_then(Value::as_str)
}

fn same_names(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| name(a).is_some() && name(a) == name(b))
}

/// A value as TOML, or the names of nodes; its first letters if it is long.
fn brief(value: &Value) -> String {
    let nodes = value.as_array().and_then(|list| list.iter().map(name).collect::<Option<Vec<_>>>());
    let text = match nodes.filter(|names| !names.is_empty()) {
        Some(names) => names.join(", "),
        None => value.to_string(),
    };
    if text.chars().count() <= LETTERS {
        text
    } else {
        text.chars().take(LETTERS).chain("…".chars()).collect()
    }
}
