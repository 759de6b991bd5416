//! Plasticity: one connection whose weights follow spikes.

use numpy::{PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rheobase::data::{Tensor, TensorData};
use rheobase::plasticity::{self, Activity, Connection, Learned, Learner as Rule, Plasticity};

use crate::arrays::array;
use crate::error::{PART, Raise};
use crate::rows::SpikeRows;
use crate::vision::Geometry;

/// A connection that learns, which Python wraps in a class of its own.
#[pyclass(module = "rheobase._native")]
pub(crate) struct Learner {
    rule: Rule,
    weights: Vec<f32>,
    shape: Vec<usize>,
}

/// All to all, or a convolution over an input of some shape.
#[derive(FromPyObject)]
enum Kind {
    Dense((usize, usize)),
    Convolution((Geometry, Vec<usize>)),
}

#[pymethods]
impl Learner {
    #[new]
    fn new(
        name: &str,
        settings: &str,
        kind: Kind,
        delay: usize,
        dt: f64,
        weights: PyReadonlyArrayDyn<'_, f32>,
    ) -> PyResult<Self> {
        let settings = Plasticity::from_toml(settings, PART).raised()?;
        let connection = match kind {
            Kind::Dense((inputs, outputs)) => Connection::dense(name, inputs, outputs),
            Kind::Convolution((geometry, input)) => Connection::convolution(name, geometry.kernels(), &input),
        };
        let rule = Rule::new(name, &settings, connection.raised()?.delayed(delay), dt).raised()?;
        let (shape, weights) = (weights.shape().to_vec(), weights.as_slice()?.to_vec());
        rule.check(&weights).raised()?;
        Ok(Learner { rule, weights, shape })
    }

    /// Learns from a whole sample, or (`part`) from some steps of one: winners and features whose weights may have changed.
    fn learn(
        &mut self,
        pre: &SpikeRows,
        post: &SpikeRows,
        winners: Option<Vec<[usize; 3]>>,
        reward: Vec<f32>,
        part: bool,
    ) -> PyResult<(Vec<[usize; 3]>, Vec<u32>)> {
        let mut activity = Activity::new(&pre.rows, &post.rows).reward(&reward);
        if let Some(winners) = &winners {
            activity = activity.winners(winners);
        }
        let learned = match part {
            true => self.rule.steps(&mut self.weights, &activity),
            false => self.rule.sample(&mut self.weights, &activity),
        };
        let Learned { winners, features } = learned.raised()?;
        Ok((winners, features))
    }

    fn reset(&mut self) {
        self.rule.reset();
    }

    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(array(py, self.weights.clone(), &self.shape)?.into_any())
    }

    fn set_weights(&mut self, weights: PyReadonlyArrayDyn<'_, f32>) -> PyResult<()> {
        let weights = weights.as_slice()?;
        self.rule.check(weights).raised()?;
        self.weights.copy_from_slice(weights);
        Ok(())
    }

    fn thresholds<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let all = self.rule.thresholds().to_vec();
        let n = [all.len()];
        Ok(array(py, all, &n)?.into_any())
    }
    fn wins<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let all = self.rule.wins().to_vec();
        let n = [all.len()];
        Ok(array(py, all, &n)?.into_any())
    }
    /// `ltp` and `ltd` of each feature.
    fn rates<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let all = self.rule.rates();
        Ok(array(py, all.concat(), &[all.len(), 2])?.into_any())
    }
    fn set_rates(&mut self, feature: Option<usize>, rates: [f32; 2]) -> PyResult<()> {
        self.rule.set_rates(feature, rates).raised()
    }
    #[getter]
    fn samples(&self) -> u64 {
        self.rule.samples()
    }
    fn outputs(&self) -> usize {
        self.rule.connection().outputs()
    }
    fn inputs(&self) -> usize {
        self.rule.connection().inputs()
    }
    fn output_shape(&self) -> [usize; 3] {
        self.rule.connection().output_shape()
    }
    fn convergence(&self) -> PyResult<f64> {
        plasticity::convergence(&self.weights, self.rule.settings().bounds).raised()
    }

    /// All that is carried from sample to sample, by name.
    fn save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, tensor) in self.rule.tensors().raised()? {
            let shape = tensor.shape();
            let of = match tensor.data() {
                TensorData::F32(all) => array(py, all.clone(), shape)?.into_any(),
                TensorData::U64(all) => array(py, all.clone(), shape)?.into_any(),
            };
            dict.set_item(name, of)?;
        }
        Ok(dict)
    }

    /// Takes back what `save` gave.
    fn restore(&mut self, kept: Vec<(String, Kept<'_>)>) -> PyResult<()> {
        let tensor = |kept: &Kept<'_>| -> PyResult<Tensor> {
            match kept {
                Kept::F32(all) => Tensor::f32(all.shape(), all.as_slice()?.to_vec()).raised(),
                Kept::U64(all) => Tensor::u64(all.shape(), all.as_slice()?.to_vec()).raised(),
            }
        };
        let kept = kept.into_iter().map(|(name, kept)| Ok((name, tensor(&kept)?)));
        self.rule.restore(&kept.collect::<PyResult<Vec<_>>>()?).raised()
    }
}

/// An array that was kept.
#[derive(FromPyObject)]
enum Kept<'py> {
    F32(PyReadonlyArrayDyn<'py, f32>),
    U64(PyReadonlyArrayDyn<'py, u64>),
}
