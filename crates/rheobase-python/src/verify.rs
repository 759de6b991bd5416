//! Replays of what other libraries have recorded.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rheobase::verify::{find_traces, verify_file};

use crate::enter::enter;

/// What became of each trace in files and folders.
#[pyfunction]
pub(crate) fn verify<'py>(py: Python<'py>, paths: Vec<PathBuf>) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let reports = enter(py, usize::MAX, |cancel| {
        let all = find_traces(&paths)?;
        all.iter()
            .map(|path| cancel.check().map(|()| verify_file(path)))
            .collect::<rheobase::Result<Vec<_>>>()
    });
    let row = |report: rheobase::verify::FileReport| {
        let dict = PyDict::new(py);
        dict.set_item("file", report.file)?;
        dict.set_item("status", report.status.name())?;
        dict.set_item("quirks", report.quirks)?;
        dict.set_item("flips", report.flips)?;
        dict.set_item("missing", report.missing)?;
        dict.set_item("reason", report.reason)?;
        let arrays = report.arrays.into_iter().map(|a| (a.name, a.worst, a.agrees)).collect::<Vec<_>>();
        dict.set_item("arrays", arrays)?;
        Ok(dict)
    };
    reports.whole()?.into_iter().map(row).collect()
}
