//! Spikes of a layer by step: what encoders give, what plasticity and vision take.

use numpy::{PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rheobase::Error;
use rheobase::data::SpikeRows as Rows;
use rheobase::encode::SampleInput;

use crate::arrays::array;
use crate::dataset::rows_of;
use crate::error::{Raise, raise};

/// Spikes of a layer of `shape`, sorted by step and neuron.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct SpikeRows {
    pub(crate) rows: Rows,
    pub(crate) shape: Vec<usize>,
}

impl SpikeRows {
    /// The shape as feature, row and column.
    pub(crate) fn maps(&self) -> PyResult<[usize; 3]> {
        self.shape[..].try_into().map_err(|_| {
            raise(Error::shape(
                "spikes",
                "shape",
                format!("{:?}", self.shape),
                "(feature, row, column) is needed",
            ))
        })
    }
}

#[pymethods]
impl SpikeRows {
    /// From steps and neurons, sorted in this order.
    #[new]
    fn new(
        shape: Vec<usize>,
        steps: usize,
        step: PyReadonlyArray1<'_, u32>,
        index: PyReadonlyArray1<'_, u32>,
        value: PyReadonlyArray1<'_, f32>,
    ) -> PyResult<Self> {
        let features = shape.iter().product();
        let rows = rows_of(steps, step.as_slice()?, index.as_slice()?, value.as_slice()?, features);
        Ok(SpikeRows { rows: rows.raised()?, shape })
    }

    /// What is not 0 in an array `[time, …]`.
    #[staticmethod]
    fn of_dense(dense: PyReadonlyArrayDyn<'_, f32>) -> PyResult<Self> {
        let shape = dense.shape().get(1..).unwrap_or(&[]).to_vec();
        let (features, numbers) = (shape.iter().product::<usize>(), dense.as_slice()?);
        let (mut offsets, mut index, mut value) = (vec![0], Vec::new(), Vec::new());
        for row in numbers.chunks_exact(features.max(1)) {
            for (i, v) in row.iter().enumerate().filter(|(_, v)| **v != 0.0) {
                index.push(i as u32);
                value.push(*v);
            }
            offsets.push(index.len() as u32);
        }
        Ok(SpikeRows { rows: Rows::new(offsets, index, value, features).raised()?, shape })
    }

    #[getter]
    fn shape(&self) -> Vec<usize> {
        self.shape.clone()
    }
    #[getter]
    fn steps(&self) -> usize {
        self.rows.steps()
    }
    #[getter]
    fn spikes(&self) -> usize {
        self.rows.len()
    }

    fn step<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let steps = self.rows.offsets().windows(2).enumerate();
        let steps: Vec<u32> =
            steps.flat_map(|(t, w)| std::iter::repeat_n(t as u32, (w[1] - w[0]) as usize)).collect();
        let n = [steps.len()];
        Ok(array(py, steps, &n)?.into_any())
    }
    fn index<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(array(py, self.rows.index().to_vec(), &[self.rows.len()])?.into_any())
    }
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(array(py, self.rows.value().to_vec(), &[self.rows.len()])?.into_any())
    }

    /// The values `[time, …]`, 0 where there is no spike.
    fn dense<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (steps, features) = (self.rows.steps(), self.shape.iter().product());
        let dense = SampleInput::Spikes(self.rows.clone()).to_dense(steps, features);
        let axes: Vec<usize> = [steps].iter().chain(&self.shape).copied().collect();
        Ok(array(py, dense, &axes)?.into_any())
    }
}
