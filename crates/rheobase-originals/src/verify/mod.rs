//! Verification against reference traces: runs recorded by the libraries whose neurons are offered here.
//!
//! A trace is an npz file: input, outputs and states of one original run, and a `meta` with its class and
//! parameters. [`verify_file`] maps class and parameters to a model of this library, runs it on the trace's input and
//! compares array by array ([`compare`]). Where the library differs on purpose, a rule says so ([`rules`]): over a
//! trace's meta, never its file name. [`originals`] lists what is what, [`quirks`] where the originals surprise.
//!
//! A trace may also name a model of the catalogue itself, with parameters as they are called here; with [`verify_with`]
//! that can be a model of your own.

mod bounds;
pub mod compare;
mod expected;
mod native;
mod nengo;
pub mod originals;
pub mod quirks;
mod replay;
mod rnnbuilder;
pub mod rules;
mod slif;
mod spyketorch;
mod trace;

use std::path::{Path, PathBuf};

use serde::Serialize;

use compare::Comparison;
use expected::Expected;
use rheobase_base::Result;
use rheobase_sim::Catalog;
pub use trace::{Meta, TraceFile};

/// How a file has come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every array agrees.
    Pass,
    /// Some array disagrees, and no rule says why.
    Fail,
    /// Every array agrees but those that a rule exempts.
    Different,
    /// The trace is of something this library does not have yet.
    NotCovered,
}

impl Status {
    /// The word in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Fail => "fail",
            Status::Different => "different",
            Status::NotCovered => "not_covered",
        }
    }
}

/// One compared array.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArrayReport {
    /// Name in the trace.
    pub name: String,
    /// Largest relative difference; `null` in JSON where it is not finite.
    pub worst: f64,
    /// Where: index into the array.
    pub at: Vec<usize>,
    /// Whether it is within tolerance.
    #[serde(skip)]
    pub agrees: bool,
    /// The rule that exempts it, where it is not.
    #[serde(skip)]
    pub rule: Option<&'static str>,
}

/// One verified file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileReport {
    /// The file.
    pub file: PathBuf,
    /// How it has come out.
    pub status: Status,
    /// Identifiers of the rules that were needed.
    pub quirks: Vec<&'static str>,
    /// Spikes on the edge of the threshold that fell the other way.
    pub flips: usize,
    /// How many arrays were compared.
    pub compared: usize,
    /// Arrays that a trace of its kind has, and it does not.
    pub missing: Vec<String>,
    /// Every array that was compared, and those that should have been and were not.
    pub arrays: Vec<ArrayReport>,
    /// Why it is not covered, could not be read, or was not compared as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a replay has found: comparisons and flips, or why there is none.
pub(crate) enum Outcome {
    /// The arrays were compared.
    Compared {
        /// Every array.
        arrays: Vec<Comparison>,
        /// Spikes that fell the other way within tolerance.
        flips: usize,
    },
    /// The trace is of something that is not there yet.
    NotCovered(String),
}

/// Verifies one trace.
///
/// # Errors
/// None: a file that cannot be read or run is reported as a fail with its reason.
pub fn verify_file(path: &Path) -> FileReport {
    verify_with(Catalog::standard(), path)
}

/// [`verify_file`] with the models of `catalog`, for traces whose target is `rheobase.NAME`.
///
/// # Errors
/// None: a file that cannot be read or run is reported as a fail with its reason.
pub fn verify_with(catalog: &Catalog, path: &Path) -> FileReport {
    match TraceFile::read(path) {
        Ok(trace) => report(path, &trace, replay_of(catalog, &trace)),
        Err(e) => FileReport { status: Status::Fail, reason: Some(e.to_string()), ..FileReport::of(path) },
    }
}

impl FileReport {
    /// Of a file in which nothing has been compared.
    fn of(path: &Path) -> Self {
        FileReport {
            file: path.to_path_buf(),
            status: Status::Pass,
            quirks: Vec::new(),
            flips: 0,
            compared: 0,
            missing: Vec::new(),
            arrays: Vec::new(),
            reason: None,
        }
    }

    /// Takes over how an array has compared.
    fn add(&mut self, meta: &Meta, c: Comparison) {
        let rule = if c.agrees { None } else { rules::exempting(meta, &c.name) };
        self.status = match (c.agrees, rule, self.status) {
            (true, _, status) => status,
            (false, Some(_), Status::Pass) => Status::Different,
            (false, Some(_), status) => status,
            (false, None, _) => Status::Fail,
        };
        if let Some(id) = rule
            && !self.quirks.contains(&id)
        {
            self.quirks.push(id);
        }
        self.arrays.push(ArrayReport { name: c.name, worst: c.worst, at: c.at, agrees: c.agrees, rule });
    }

    fn fail(&mut self, reason: String) {
        self.status = Status::Fail;
        self.reason = Some(reason);
    }
}

/// Finds the replay for a trace by what produced it.
fn replay_of(catalog: &Catalog, trace: &TraceFile) -> Result<Outcome> {
    let target = trace.meta.target.as_str();
    if let Some(model) = target.strip_prefix(native::PREFIX) {
        native::replay(catalog, trace, model)
    } else if target.starts_with("SpykeTorch.") {
        spyketorch::replay(trace)
    } else if target.starts_with("rnnbuilder") {
        rnnbuilder::replay(trace)
    } else if target.contains("SLIFCell") || target.contains("secant_lif_estimator") {
        slif::replay(trace)
    } else if target.starts_with("nengo") || target.starts_with("ndl_neurons") {
        nengo::replay(trace)
    } else {
        Ok(Outcome::NotCovered(format!("no model for {target} yet")))
    }
}

/// The report of a replay: its comparisons, and whether every array that the trace should have was compared.
fn report(path: &Path, trace: &TraceFile, outcome: Result<Outcome>) -> FileReport {
    let mut report = FileReport::of(path);
    let expected = Expected::of(trace);
    let (arrays, flips) = match outcome {
        Ok(Outcome::NotCovered(reason)) => {
            (report.status, report.reason) = (Status::NotCovered, Some(reason));
            return report;
        }
        Ok(Outcome::Compared { arrays, flips }) => (arrays, flips),
        Err(e) => {
            report.fail(e.to_string());
            (Vec::new(), 0)
        }
    };
    report.flips = flips;
    report.compared = arrays.len();
    for comparison in arrays {
        report.add(&trace.meta, comparison);
    }
    let names: Vec<&str> = report.arrays.iter().map(|a| a.name.as_str()).collect();
    let unheard = expected.unheard(trace, &names);
    report.missing = expected.missing(trace);
    if !report.missing.is_empty() {
        let target = &trace.meta.target;
        report.fail(format!("{} missing: traces of {target} have it", listed(&report.missing)));
    } else if report.reason.is_none() && report.arrays.is_empty() {
        report.fail("nothing in the trace was compared".into());
    } else if report.reason.is_none() && !unheard.is_empty() {
        report.fail(format!("{} not compared with anything", listed(&unheard)));
    }
    for name in unheard.into_iter().filter(|_| report.compared > 0) {
        let (worst, at) = (f64::INFINITY, Vec::new());
        report.arrays.push(ArrayReport { name, worst, at, agrees: false, rule: None });
    }
    report
}

/// ``array `a` is``, ``arrays `a`, `b` are``.
fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match &quoted[..] {
        [one] => format!("array {one} is"),
        several => format!("arrays {} are", several.join(", ")),
    }
}

/// All `.npz` files among `paths` and in the folders among them and below those, sorted, each once. Links to folders
/// are followed only where they are given, so that no circle of links is walked.
///
/// # Errors
/// A path that does not exist or a folder that cannot be listed.
pub fn find_traces(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let unreadable = |e: std::io::Error| rheobase_base::Error::file(path, format!("cannot be read: {e}"));
        if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            find_in_folder(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn find_in_folder(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let unreadable = |e: std::io::Error| rheobase_base::Error::file(folder, format!("cannot be read: {e}"));
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            find_in_folder(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "npz") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_to_the_bottom() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("a/b.npz")).unwrap();
        for name in ["z.npz", "a/y.npz", "a/b.npz/x.npz", "a/readme.txt"] {
            std::fs::write(at(name), "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), at("a/circle")).unwrap();
        let found = find_traces(&[folder.path().to_path_buf(), at("z.npz")]).unwrap();
        assert_eq!(found, [at("a/b.npz/x.npz"), at("a/y.npz"), at("z.npz")]);
        assert!(find_traces(&[at("nowhere")]).is_err());
    }
}
