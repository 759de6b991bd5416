//! NumPy arrays out of vectors, without copies.

use numpy::ndarray::ArrayD;
use numpy::{Element, PyArray, PyArrayDyn};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// `numbers` as an array of this shape, which takes their memory over.
pub(crate) fn array<'py, T: Element>(
    py: Python<'py>,
    numbers: Vec<T>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    let shaped = ArrayD::from_shape_vec(shape, numbers).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok(PyArray::from_owned_array(py, shaped))
}

/// Lengths of a row: the batch, if it has an axis, and the layer.
pub(crate) fn row_shape(batch: Option<usize>, layer: &[usize]) -> Vec<usize> {
    batch.into_iter().chain(layer.iter().copied()).collect()
}
