//! Runs in folders: compared, and made for every combination of some settings.

use std::path::PathBuf;

use pyo3::prelude::*;
use rheobase::learn::runs::run_folders;
use rheobase::learn::{self, Grid, RunRecord};
use rheobase::show::training::comparison;

use crate::enter::enter;
use crate::error::Raise;
use crate::figure::Figure;
use crate::learn::Settings;

/// Runs side by side.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct Comparison(learn::Comparison);

#[pymethods]
impl Comparison {
    #[new]
    fn new(paths: Vec<PathBuf>) -> PyResult<Self> {
        let found = || {
            let mut folders: Vec<PathBuf> = Vec::new();
            for path in &paths {
                for folder in run_folders(path)? {
                    if !folders.contains(&folder) {
                        folders.push(folder);
                    }
                }
            }
            let runs = folders.iter().map(RunRecord::read).collect::<rheobase::Result<_>>()?;
            learn::Comparison::new(runs)
        };
        Ok(Comparison(found().raised()?))
    }

    fn to_json(&self) -> String {
        self.0.to_json().to_string()
    }

    fn to_csv(&self) -> String {
        self.0.to_csv()
    }

    fn figure(&self, log: bool) -> PyResult<Figure> {
        Ok(Figure(comparison(&self.0, log).raised()?))
    }
}

/// Trains a run for every combination of the settings, under every seed; `say` hears a line per run.
#[pyfunction]
pub(crate) fn sweep(
    py: Python<'_>,
    settings: &Settings,
    grid: Vec<(String, Vec<String>)>,
    seeds: Vec<u64>,
    out: PathBuf,
    jobs: Option<usize>,
    progress: bool,
) -> PyResult<Comparison> {
    let grid = Grid { settings: grid, seeds };
    let say = |line: &str| {
        if progress {
            eprintln!("{line}");
        }
    };
    let found =
        enter(py, usize::MAX, |_| rheobase_cli::sweep(&settings.0, &grid, &out, jobs, &say)).whole()?;
    Ok(Comparison(found))
}
