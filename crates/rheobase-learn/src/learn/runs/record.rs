//! A run as its folder holds it: settings, epochs, and the test's result.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::learn::{Epoch, TrainConfig};
use rheobase_base::{Error, Result};
use rheobase_data::{NonFinite, read_csv};

/// The file of everything that is needed to use a network or to go on.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
/// The file of all settings.
pub const CONFIG: &str = "config.toml";
/// The file of a line per epoch.
pub const METRICS: &str = "metrics.csv";
/// The file of the test's result, which a finished run has.
pub const REPORT: &str = "report.json";

/// A run in a folder.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// Its folder.
    pub folder: PathBuf,
    /// Its settings, defaults included; paths start from the folder.
    pub settings: TrainConfig,
    /// The epochs that were saved.
    pub epochs: Vec<Epoch>,
    /// What the test gave, once the run is finished.
    pub result: Option<RunResult>,
}

/// What a finished run has come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunResult {
    /// Share of the test samples that are classified right, in [0, 1].
    pub accuracy: f64,
    /// Mean loss of the test samples.
    pub loss: f64,
    /// Spikes per test sample.
    pub spikes: f64,
    /// Numbers that are learned.
    pub parameters: u64,
    /// Seconds that the last training took.
    pub seconds: f64,
    /// Hash of what was learned.
    pub fingerprint: String,
}

/// The part of `report.json` that is read here.
#[derive(Deserialize)]
struct Report {
    test: Test,
    #[serde(default)]
    parameters: u64,
    #[serde(default)]
    seconds: f64,
    #[serde(default)]
    fingerprint: String,
}

#[derive(Deserialize)]
struct Test {
    accuracy: f64,
    loss: Option<f64>,
    #[serde(default)]
    spikes_per_sample: f64,
}

impl RunRecord {
    /// Reads the run in `folder`.
    ///
    /// # Errors
    /// [`Error::File`] for a folder without settings, and for files in it that cannot be read; errors of settings.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        if !is_run(folder) {
            return Err(Error::file(
                folder,
                format!("holds no {CONFIG}; name the folder of a run, or one with such folders in it"),
            ));
        }
        let settings = TrainConfig::read(folder.join(CONFIG))?;
        let metrics = folder.join(METRICS);
        let epochs = if metrics.is_file() { epochs_of(&metrics)? } else { Vec::new() };
        let report = folder.join(REPORT);
        let result = if report.is_file() { Some(result_of(&report)?) } else { None };
        Ok(RunRecord { folder: folder.to_path_buf(), settings, epochs, result })
    }

    /// The last part of the folder's path.
    pub fn name(&self) -> String {
        let whole = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        whole.file_name().map_or_else(|| self.folder.display().to_string(), |n| n.to_string_lossy().into())
    }
}

fn is_run(folder: &Path) -> bool {
    folder.join(CONFIG).is_file()
}

/// The folders of runs that `path` names: itself, or those directly in it, in the order of their names.
///
/// # Errors
/// [`Error::File`] if it is neither, or cannot be read.
pub fn run_folders(path: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let path = path.as_ref();
    if is_run(path) {
        return Ok(vec![path.to_path_buf()]);
    }
    let fault = |e: std::io::Error| Error::file(path, format!("cannot be read: {e}"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fault)? {
        let inner = entry.map_err(fault)?.path();
        if is_run(&inner) {
            found.push(inner);
        }
    }
    if found.is_empty() {
        let what = format!("holds neither a {CONFIG} nor folders that do; name the folder of a run");
        return Err(Error::file(path, what));
    }
    // Numbers in names count as numbers: seed 2 stands before seed 10.
    found.sort_by_cached_key(|folder| in_order(&folder.display().to_string()));
    Ok(found)
}

/// The pieces of a name, its whole numbers padded so that text sorts as they count.
fn in_order(name: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for c in name.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        // Those behind a point are in order as they stand.
        match out.ends_with('.') {
            _ if digits.is_empty() => {}
            true => out += &digits,
            false => out += &format!("{digits:0>20}"),
        }
        digits.clear();
        out.push(c);
    }
    out
}

/// The epochs in a file of metrics.
fn epochs_of(path: &Path) -> Result<Vec<Epoch>> {
    let table = read_csv(path, NonFinite::Allow)?;
    let column = |name: &str| {
        let missing = || Error::unknown(path.display().to_string(), "column", name, names(&table.names));
        table.find(name).ok_or_else(missing)
    };
    let epochs = column("epoch")?;
    let [loss, accuracy] = [column("loss")?, column("accuracy")?];
    let [rate, learning_rate] = [column("rate")?, column("learning_rate")?];
    let at = |name: &str, i: usize| table.find(name).map(|c| c[i]).filter(|v| v.is_finite());
    let of = |i: usize| Epoch {
        epoch: epochs[i] as u64,
        learning_rate: learning_rate[i],
        loss: loss[i],
        accuracy: accuracy[i],
        rate: rate[i],
        validation_loss: at("validation_loss", i),
        validation_accuracy: at("validation_accuracy", i),
        test_loss: at("test_loss", i),
        test_accuracy: at("test_accuracy", i),
    };
    Ok((0..table.rows()).map(of).collect())
}

fn names(all: &[String]) -> impl Iterator<Item = &str> {
    all.iter().map(String::as_str)
}

fn result_of(path: &Path) -> Result<RunResult> {
    let text =
        std::fs::read_to_string(path).map_err(|e| Error::file(path, format!("cannot be read: {e}")))?;
    let report: Report = serde_json::from_str(&text)
        .map_err(|e| Error::file(path, format!("is not the report of a run: {e}; train it again")))?;
    Ok(RunResult {
        accuracy: report.test.accuracy,
        loss: report.test.loss.unwrap_or(f64::INFINITY),
        spikes: report.test.spikes_per_sample,
        parameters: report.parameters,
        seconds: report.seconds,
        fingerprint: report.fingerprint,
    })
}
