//! ngc-learn's SLIFCell.

use std::path::PathBuf;

use numpy::PyReadonlyArrayDyn;
use pyo3::prelude::*;
use rheobase::Error;
use rheobase::cells::{SlifCell as Cell, SlifOptions, SlifSurrogate};

use crate::arrays::array;
use crate::error::{Raise, raise};

/// A layer of SLIF cells, which Python wraps in a class of its own.
#[pyclass(module = "rheobase._native")]
pub(crate) struct SlifCell(Cell);

/// Arguments as the Python side gathers them.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Options<'py> {
    tau_m: f64,
    resist_m: f64,
    thr: f64,
    resist_inh: f64,
    thr_persist: bool,
    thr_gain: f64,
    thr_leak: f64,
    rho_b: f64,
    refract_time: f64,
    sticky_spikes: bool,
    thr_jitter: f64,
    batch_size: usize,
    seed: u64,
    keep_input: bool,
    surrogate: String,
    threshold0: Option<PyReadonlyArrayDyn<'py, f64>>,
    inh_weights: Option<PyReadonlyArrayDyn<'py, f64>>,
}

fn vector(given: &Option<PyReadonlyArrayDyn<'_, f64>>) -> PyResult<Option<Vec<f64>>> {
    given.as_ref().map(|a| Ok(a.as_slice()?.to_vec())).transpose()
}

#[pymethods]
impl SlifCell {
    #[new]
    fn new(name: &str, n_units: usize, o: Options<'_>) -> PyResult<Self> {
        let surrogate = match o.surrogate.as_str() {
            "sech" => SlifSurrogate::Sech,
            "sech_squared" => SlifSurrogate::SechSquared,
            other => return Err(raise(Error::unknown(name, "surrogate", other, ["sech", "sech_squared"]))),
        };
        let options = SlifOptions {
            tau_m: o.tau_m,
            resist_m: o.resist_m,
            thr: o.thr,
            resist_inh: o.resist_inh,
            thr_persist: o.thr_persist,
            thr_gain: o.thr_gain,
            thr_leak: o.thr_leak,
            rho_b: o.rho_b,
            refract_time: o.refract_time,
            sticky_spikes: o.sticky_spikes,
            thr_jitter: o.thr_jitter,
            batch_size: o.batch_size,
            seed: o.seed,
            keep_input: o.keep_input,
            surrogate,
            threshold0: vector(&o.threshold0)?,
            inh_weights: vector(&o.inh_weights)?,
        };
        Ok(SlifCell(Cell::new(name, n_units, options).raised()?))
    }

    fn advance(&mut self, t: f64, dt: f64) -> PyResult<()> {
        self.0.advance(t, dt).raised()
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn get<'py>(&self, py: Python<'py>, compartment: &str) -> PyResult<Bound<'py, PyAny>> {
        let n = self.0.n_units();
        let first = if compartment == "inh_weights" { n } else { self.0.batch_size() };
        Ok(array(py, self.0.get(compartment).raised()?, &[first, n])?.into_any())
    }

    fn set(&mut self, compartment: &str, values: PyReadonlyArrayDyn<'_, f32>) -> PyResult<()> {
        self.0.set(compartment, values.as_slice()?).raised()
    }

    fn save(&self, directory: PathBuf) -> PyResult<PathBuf> {
        self.0.save(directory).raised()
    }

    fn load(&mut self, directory: PathBuf) -> PyResult<()> {
        self.0.load(directory).raised()
    }

    fn help(&self) -> String {
        self.0.description().to_string()
    }

    fn compartments(&self) -> Vec<&'static str> {
        self.0.description().compartments.iter().map(|c| c.name).collect()
    }
}
