//! Stimuli of the Python side, ready for a run.

use std::sync::Arc;

use numpy::{PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rheobase::stimulus::{RunShape, Signal, Stimulus};
use rheobase::{Catalog, data};

use crate::error::Raise;

/// A sum of stimuli, ready for runs of one shape.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct Prepared(Signal);

impl Prepared {
    pub(crate) fn signal(&self) -> &Signal {
        &self.0
    }
}

/// One stimulus: its kind and numbers, or an array with its three axes.
#[derive(FromPyObject)]
enum Part<'py> {
    Numbers(String, Vec<f64>),
    Array(PyReadonlyArrayDyn<'py, f64>),
}

impl Part<'_> {
    fn stimulus(&self) -> PyResult<Stimulus> {
        Ok(match self {
            Part::Numbers(kind, numbers) => match (kind.as_str(), &numbers[..]) {
                ("constant", [x]) => Stimulus::Constant(*x),
                ("uniform", [low, high]) => Stimulus::Uniform { low: *low, high: *high },
                ("step", [on, amplitude, off]) => {
                    Stimulus::Step { on: *on, amplitude: *amplitude, off: *off }
                }
                ("ramp", [from, to]) => Stimulus::Ramp { from: *from, to: *to },
                ("sine", [mean, amplitude, hertz]) => {
                    Stimulus::Sine { mean: *mean, amplitude: *amplitude, hertz: *hertz }
                }
                ("noise", [mean, std]) => Stimulus::Noise { mean: *mean, std: *std },
                ("poisson", [rate, weight]) => Stimulus::Poisson { rate: *rate, weight: *weight },
                _ => return Err(pyo3::exceptions::PyValueError::new_err(format!("unknown stimulus {kind}"))),
            },
            Part::Array(numbers) => match *numbers.shape() {
                [_] => Stimulus::Each(numbers.as_slice()?.to_vec()),
                [steps, batch, neurons] => {
                    let (shape, data) = ([steps, batch, neurons], numbers.as_slice()?.to_vec());
                    Stimulus::Data(Arc::new(data::Input { shape, data, times: None }))
                }
                _ => {
                    return Err(pyo3::exceptions::PyValueError::new_err(
                        "a stimulus needs one axis or three",
                    ));
                }
            },
        })
    }
}

#[pymethods]
impl Prepared {
    #[new]
    fn new(
        parts: Vec<Part<'_>>,
        model: &str,
        steps: usize,
        batch: usize,
        neurons: usize,
        dt: f64,
        seed: u64,
    ) -> PyResult<Self> {
        let model = Catalog::standard().get(model).raised()?;
        let stimuli = parts.iter().map(Part::stimulus).collect::<PyResult<Vec<_>>>()?;
        let run = RunShape { model: &*model, steps, batch, neurons, dt, seed };
        Ok(Prepared(Signal::new(&stimuli, &run).raised()?))
    }

    /// The input of some neurons of one sample, `[step, neuron]`.
    fn rows<'py>(
        &self,
        py: Python<'py>,
        first_step: u64,
        steps: usize,
        sample: usize,
        neurons: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut out = vec![0.0f64; steps * neurons];
        for (t, row) in out.chunks_mut(neurons.max(1)).enumerate() {
            self.0.fill(first_step + t as u64, sample, 0, row);
        }
        Ok(crate::arrays::array(py, out, &[steps, neurons])?.into_any())
    }
}
