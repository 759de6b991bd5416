//! Networks as functions of sequences: what modules of other frameworks are made of.

use numpy::{PyReadonlyArray1, PyReadonlyArrayDyn, PyReadwriteArrayDyn};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rheobase::learn::{Keep, Sequence as Function, Upstream};
use rheobase::network::Network as Described;

use crate::arrays::array;
use crate::enter::enter;
use crate::error::{Raise, TEXT};
use crate::operations::operations;

/// A network as a function of an input, a state and parameters.
#[pyclass(module = "rheobase._native")]
pub(crate) struct Sequence(Function);

/// Bytes of tapes that a run keeps for its backward pass where nobody says how many.
#[pyfunction]
pub(crate) fn tapes() -> usize {
    Keep::default().bytes
}

type Numbers<'py> = PyReadonlyArrayDyn<'py, f32>;

#[pymethods]
impl Sequence {
    /// The network of a TOML text.
    #[new]
    fn new(text: &str, seed: u64) -> PyResult<Self> {
        let network = Described::from_toml(text, TEXT).raised()?;
        Ok(Sequence(Function::new(&network, seed).raised()?))
    }

    /// Names, shapes and values of the parameters.
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
        let tensors = &self.0.parameters().tensors;
        tensors
            .iter()
            .map(|t| Ok((t.name.clone(), array(py, t.values.clone(), &t.shape)?.into_any())))
            .collect()
    }

    /// Shapes of a sample's input and output in one step.
    fn shapes(&self) -> (Vec<usize>, Vec<usize>) {
        (self.0.input_shape().to_vec(), self.0.output_shape().to_vec())
    }

    /// What every node computes, as data.
    ///
    /// Raises what cannot be said.
    fn operations<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        operations(py, self.0.program())
    }

    /// Number of the node whose output is the network's; 0 is the input.
    fn output(&self) -> usize {
        self.0.program().output()
    }

    /// Names and shapes of the parts of a sample's state, one after the other.
    fn carried(&self) -> Vec<(String, Vec<usize>)> {
        self.0.carried().iter().map(|part| (part.name.clone(), part.shape.clone())).collect()
    }

    /// The state of a sample after a reset.
    fn reset_state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let row = self.0.reset_state();
        let width = row.len();
        Ok(array(py, row, &[width])?.into_any())
    }

    /// Holds values of parameter number `n` against its range.
    fn check(&self, n: usize, values: PyReadonlyArray1<'_, f32>) -> PyResult<()> {
        let values = values.as_slice()?;
        self.0.parameters().tensors.get(n).map_or(Ok(()), |tensor| tensor.check(values)).raised()
    }

    fn set_parameters(&mut self, values: Vec<PyReadonlyArray1<'_, f32>>) -> PyResult<()> {
        let values = values.iter().map(|v| Ok(v.as_slice()?)).collect::<PyResult<Vec<_>>>()?;
        self.0.set_parameters(&values).raised()
    }

    /// Runs; writes output and state. What is kept, for dL/d input too and how many bytes of tapes, see `Sequence::run`.
    fn run(
        &self,
        py: Python<'_>,
        x: Numbers<'_>,
        how: ((usize, usize), Option<(bool, usize)>),
        state: Numbers<'_>,
        mut output: PyReadwriteArrayDyn<'_, f32>,
        mut after: PyReadwriteArrayDyn<'_, f32>,
    ) -> PyResult<()> {
        let (size, keep) = how;
        let keep = keep.map(|(of_input, bytes)| Keep { of_input, bytes });
        let (x, state) = (x.as_slice()?, state.as_slice()?);
        let (output, after) = (output.as_slice_mut()?, after.as_slice_mut()?);
        enter(py, self.work(x.len()), |_| self.0.run(x, size, state, output, after, keep)).whole()
    }

    /// Drops what was kept of the last run.
    fn forget(&self) {
        self.0.forget();
    }

    /// Goes back from dL/d output and dL/d state: dL/d input (if asked for), dL/d state, dL/d parameters; `(of_input, last)`.
    fn back<'py>(
        &self,
        py: Python<'py>,
        x: Numbers<'_>,
        size: (usize, usize),
        state: Numbers<'_>,
        upstream: (Option<Numbers<'_>>, Option<Numbers<'_>>),
        asked: (bool, bool),
    ) -> PyResult<Bound<'py, PyDict>> {
        let (of_output, of_state) = &upstream;
        let upstream = Upstream {
            output: of_output.as_ref().map(|o| o.as_slice()).transpose()?,
            state: of_state.as_ref().map(|s| s.as_slice()).transpose()?,
        };
        let (x, state) = (x.as_slice()?, state.as_slice()?);
        let entered =
            enter(py, self.work(x.len()), |_| self.0.back(x, size, state, &upstream, asked.0, asked.1));
        let found = entered.whole()?;
        let flat = |numbers: Vec<f32>| -> PyResult<Bound<'py, PyAny>> {
            let length = numbers.len();
            Ok(array(py, numbers, &[length])?.into_any())
        };
        let dict = PyDict::new(py);
        dict.set_item("input", flat(found.input)?)?;
        dict.set_item("state", flat(found.state)?)?;
        dict.set_item("parameters", found.parameters.into_iter().map(flat).collect::<PyResult<Vec<_>>>()?)?;
        Ok(dict)
    }
}

impl Sequence {
    /// About how many numbers a run over an input of this length computes.
    fn work(&self, numbers: usize) -> usize {
        let weights: usize = self.0.parameters().count();
        let width: usize = self.0.input_shape().iter().product();
        numbers / width.max(1) * weights.max(width) / 8
    }
}
