//! Errors of the library as exceptions of Python, in the library's own words.

use std::path::Path;

use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use rheobase::Error;

/// The exception for an error: `OSError` for files, with the file's name; `TypeError` for a parameter or a state field
/// that a model does not have, as for unknown keywords; else `ValueError`.
pub(crate) fn raise(error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::File { path, .. } if !is_content(&path) => PyOSError::new_err(message),
        Error::Unknown { kind: "parameter" | "state field", .. } => PyTypeError::new_err(message),
        _ => PyValueError::new_err(message),
    }
}

/// Whether the path of an error is a label of text that came from Python, not of a file.
fn is_content(path: &Path) -> bool {
    path.as_os_str() == TEXT || path.as_os_str() == PART
}

/// The label of the text of a part of a network.
pub(crate) const PART: &str = "part";

/// The label of text that came from Python where the library wants the name of a file.
pub(crate) const TEXT: &str = "<text>";

/// Results of the library as results of Python.
pub(crate) trait Raise<T> {
    /// The same with the error as an exception.
    fn raised(self) -> Result<T, PyErr>;
}

impl<T> Raise<T> for rheobase::Result<T> {
    fn raised(self) -> Result<T, PyErr> {
        self.map_err(raise)
    }
}
