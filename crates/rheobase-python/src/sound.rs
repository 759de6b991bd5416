//! Sound, read from wav files.

use std::path::PathBuf;

use numpy::PyArrayDyn;
use pyo3::prelude::*;
use rheobase::data::{self, ArrayData};

use crate::arrays::array;
use crate::enter::enter;

/// Samples per second, and values [time, channel].
#[pyfunction]
pub(crate) fn read_wav(py: Python<'_>, path: PathBuf) -> PyResult<(f64, Bound<'_, PyArrayDyn<f32>>)> {
    let sound = enter(py, usize::MAX, |_| data::read_wav(&path)).whole()?;
    let (shape, values) = sound.values.into_parts();
    let values = match values {
        ArrayData::F32(values) => values,
        _ => Vec::new(),
    };
    Ok((sound.rate, array(py, values, &shape)?))
}
