//! Models of other frameworks: read, written, replayed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use numpy::{PyArrayDyn, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rheobase::exchange::{
    Data, Foreign, Options, Reading, Report, Target, Tensor, Weights, described_layers, from_layers, outputs,
    read, replay, write,
};
use rheobase::network::outline;
use rheobase::{Error, Result};

use crate::arrays::array;
use crate::enter::enter;
use crate::error::{Raise, TEXT};
use crate::network::Network;

/// A model of another framework as it is here, with what became of its parameters.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct Exchanged(Reading);

/// Numbers by name.
type Named<'py> = Vec<(String, PyReadonlyArrayDyn<'py, f64>)>;

/// An array by its name.
type NamedArray<'py> = (String, Bound<'py, PyArrayDyn<f32>>);

fn tensors(named: Named<'_>) -> Result<Weights> {
    let one = |(name, array): (String, PyReadonlyArrayDyn<'_, f64>)| {
        let shape = array.shape().to_vec();
        let values = array.as_array().iter().copied().collect();
        Ok((name.clone(), Tensor::new("weights", &name, shape, Data::F64(values))?))
    };
    named.into_iter().map(one).collect()
}

fn text(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|e| Error::file(TEXT, e.to_string())).raised()
}

#[pymethods]
impl Exchanged {
    /// Reads a file.
    #[staticmethod]
    fn read(
        py: Python<'_>,
        path: PathBuf,
        framework: Option<String>,
        settings: BTreeMap<String, String>,
        weights: Option<PathBuf>,
        network: Option<PathBuf>,
        input: Vec<usize>,
    ) -> PyResult<Self> {
        let options = Options { from: framework, settings, weights, network, input };
        Ok(Exchanged(enter(py, usize::MAX, |_| read(&path, &options)).whole()?))
    }

    /// A model of layers that a description in JSON names, with their tensors.
    #[staticmethod]
    fn layers(description: &str, named: Named<'_>) -> PyResult<Self> {
        let made = tensors(named)
            .and_then(|weights| Foreign::from_json(description, TEXT, &weights))
            .and_then(|foreign| from_layers(&foreign));
        Ok(Exchanged(made.raised()?))
    }

    /// The description and the tensors of a file that was written for a framework.
    #[staticmethod]
    fn described<'py>(py: Python<'py>, path: PathBuf) -> PyResult<(String, Vec<NamedArray<'py>>)> {
        let found = enter(py, usize::MAX, |_| described_layers(&path)).whole()?;
        let what = "holds no layers of a framework; `rheobase convert --to FRAMEWORK` writes them";
        let (text, weights) = found.ok_or_else(|| Error::file(&path, what)).raised()?;
        let one = |(name, tensor): (String, Tensor)| Ok((name, array(py, tensor.to_f32(), tensor.shape())?));
        Ok((text, weights.into_iter().map(one).collect::<PyResult<_>>()?))
    }

    /// The network; what was refused is an error.
    fn network(&self) -> PyResult<Network> {
        Ok(Network(self.0.model().raised()?.network.clone()))
    }

    /// Names of the network's tensors.
    fn names(&self) -> PyResult<Vec<String>> {
        Ok(self.0.model().raised()?.weights.keys().cloned().collect())
    }

    /// A tensor of the network.
    fn weight<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
        let model = self.0.model().raised()?;
        let table = outline(&model.network).raised()?;
        let found = table.nodes.iter().flat_map(|n| &n.tensors).find(|t| t.name == name);
        let values = model.weights.get(name).zip(found);
        let (values, row) = values
            .ok_or_else(|| Error::unknown("model", "tensor", name, model.weights.keys().map(|n| &n[..])))
            .raised()?;
        array(py, values.clone(), &row.shape)
    }

    /// What became of every parameter, as JSON.
    fn report(&self) -> PyResult<String> {
        text(&self.0.report)
    }

    /// Writes a file; gives back the report as JSON.
    fn write(
        &self,
        py: Python<'_>,
        path: PathBuf,
        like: Option<PathBuf>,
        to: Option<String>,
        v_reset: bool,
        strict: bool,
    ) -> PyResult<String> {
        let target = Target { like, to, v_reset, strict };
        let mut report = Report::default();
        enter(py, usize::MAX, |_| write(self.0.model()?, &path, &target, &mut report)).whole()?;
        text(&report)
    }

    /// Replays what a framework recorded; gives back what came of it as JSON.
    fn replay(&self, py: Python<'_>, run: PathBuf) -> PyResult<String> {
        let done = enter(py, usize::MAX, |_| replay(self.0.model()?, &run));
        text(&done.whole()?)
    }

    /// The network's outputs `[time, sample, output]` for inputs `[time, sample, input]`.
    fn outputs<'py>(
        &self,
        py: Python<'py>,
        input: PyReadonlyArrayDyn<'py, f32>,
    ) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
        let model = self.0.model().raised()?;
        let (steps, samples) = (input.shape()[0], input.shape()[1]);
        let values: Vec<f32> = input.as_array().iter().copied().collect();
        let done = enter(py, usize::MAX, |_| outputs(model, steps, samples, &values));
        let (shape, values) = done.whole()?;
        let shape: Vec<usize> = [steps, samples].into_iter().chain(shape).collect();
        array(py, values, &shape)
    }
}
