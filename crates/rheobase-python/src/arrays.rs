//! NumPy arrays out of vectors, without copies.

use numpy::{Element, PyArray, PyArrayDyn, PyArrayMethods};
use pyo3::prelude::*;

/// `numbers` as an array of this shape, which takes their memory over.
pub(crate) fn array<'py, T: Element>(
    py: Python<'py>,
    numbers: Vec<T>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    PyArray::from_vec(py, numbers).reshape(shape)
}

/// Lengths of a row: the batch, if it has an axis, and the layer.
pub(crate) fn row_shape(batch: Option<usize>, layer: &[usize]) -> Vec<usize> {
    batch.into_iter().chain(layer.iter().copied()).collect()
}
