//! Spike trains: the library's `SpikeTrains`, read from files or made from arrays.

use std::path::PathBuf;

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use rheobase::data::{self, SpikeEvent, SpikeEvents, SpikeTrains as Trains, SpikeValues, TrainOptions};
use rheobase::models::neuron::Time;
use rheobase::{Error, Result};

use crate::arrays::array;
use crate::enter::enter;
use crate::error::{Raise, raise};
use crate::figure::clock;

/// Spike times of neurons, which Python wraps in a class of its own.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct SpikeTrains(pub(crate) Trains);

/// Step, sample, neuron, value and offset of events.
type EventArrays<'py> = (
    PyReadonlyArray1<'py, u64>,
    PyReadonlyArray1<'py, u32>,
    PyReadonlyArray1<'py, u32>,
    PyReadonlyArray1<'py, f32>,
    PyReadonlyArray1<'py, f32>,
);

#[pymethods]
impl SpikeTrains {
    /// Trains from ascending times, sample by sample and within it neuron by neuron.
    #[new]
    fn new(
        times: Vec<PyReadonlyArray1<'_, f64>>,
        samples: usize,
        names: Vec<String>,
        window: (f64, f64),
        dt: Option<f64>,
        unit: &str,
    ) -> PyResult<Self> {
        let times = times.iter().map(|t| Ok(t.as_slice()?.to_vec())).collect::<PyResult<Vec<_>>>()?;
        check(&times, window).raised()?;
        let mut trains = Trains::silent(samples, names, window, dt, clock(unit));
        trains.times = times;
        Ok(SpikeTrains(trains))
    }

    /// The trains of a recording's events; `amplitude` is a spike's value where values count spikes.
    #[staticmethod]
    fn from_events(
        events: EventArrays<'_>,
        shape: [usize; 3],
        dt: f64,
        unit: &str,
        amplitude: Option<f64>,
    ) -> PyResult<Self> {
        let (step, batch, neuron) = (events.0.as_slice()?, events.1.as_slice()?, events.2.as_slice()?);
        let (value, offset) = (events.3.as_slice()?, events.4.as_slice()?);
        let event = |i: usize| SpikeEvent {
            step: step[i],
            batch: batch[i],
            neuron: neuron[i],
            value: value[i],
            offset: offset[i],
        };
        let events = SpikeEvents::from_events(shape, dt, (0..step.len()).map(event)).raised()?;
        let values = amplitude.map_or(SpikeValues::Single, SpikeValues::Counts);
        Ok(SpikeTrains(Trains::from_events(&events, clock(unit), values).raised()?))
    }

    /// The trains in a file.
    #[staticmethod]
    fn read(
        py: Python<'_>,
        path: PathBuf,
        dt: Option<f64>,
        array: Option<String>,
        neurons: Option<usize>,
    ) -> PyResult<Self> {
        let options = TrainOptions { dt, array, neurons };
        Ok(SpikeTrains(enter(py, usize::MAX, |_| data::read_trains(path, &options)).whole()?))
    }

    fn times<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.0.times.iter().map(|t| Ok(array(py, t.clone(), &[t.len()])?.into_any())).collect()
    }

    /// What the spikes of each train stand for; empty for plain spikes.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.0.values.iter().map(|v| Ok(array(py, v.clone(), &[v.len()])?.into_any())).collect()
    }

    #[getter]
    fn names(&self) -> Vec<String> {
        self.0.names.clone()
    }
    #[getter]
    fn samples(&self) -> usize {
        self.0.samples
    }
    #[getter]
    fn window(&self) -> (f64, f64) {
        self.0.window
    }
    #[getter]
    fn dt(&self) -> Option<f64> {
        self.0.dt
    }
    #[getter]
    fn unit(&self) -> &'static str {
        if self.0.clock == Time::Seconds { "s" } else { "steps" }
    }
    #[getter]
    fn spikes(&self) -> usize {
        self.0.spikes()
    }

    fn sample(&self, sample: usize) -> PyResult<Self> {
        Ok(SpikeTrains(self.0.clone().sample(sample).raised()?))
    }

    fn within(&self, start: f64, end: f64) -> PyResult<Self> {
        Ok(SpikeTrains(self.0.clone().within((start, end)).raised()?))
    }

    fn merged(&self) -> Self {
        SpikeTrains(self.0.clone().merged())
    }
}

/// Times must be finite, ascend, and lie in the window.
fn check(times: &[Vec<f64>], window: (f64, f64)) -> Result<()> {
    let fault = |field: String, index, value: f64, rule: String| Error::Value {
        place: "spike trains".into(),
        field,
        index,
        value: value.to_string(),
        rule,
    };
    let (start, end) = window;
    if !(start < end && start.is_finite() && end.is_finite()) {
        let rule = format!("must be finite and before the end, {end}");
        return Err(fault("window".into(), None, start, rule));
    }
    for (train, times) in times.iter().enumerate() {
        let field = || format!("times[{train}]");
        if let Some(i) = times.iter().position(|t| !(start..=end).contains(t)) {
            return Err(fault(
                field(),
                Some(i),
                times[i],
                format!("must lie in the window, from {start} to {end}"),
            ));
        }
        if let Some(i) = times.windows(2).position(|w| w[1] < w[0]) {
            return Err(fault(
                field(),
                Some(i + 1),
                times[i + 1],
                format!("must not come before {}", times[i]),
            ));
        }
    }
    Ok(())
}

impl SpikeTrains {
    /// Spike times of one train.
    pub(crate) fn train(&self, train: usize) -> PyResult<&[f64]> {
        let count = self.0.times.len();
        self.0.times.get(train).map(Vec::as_slice).ok_or_else(|| {
            raise(Error::Value {
                place: "spike trains".into(),
                field: "train".into(),
                index: None,
                value: train.to_string(),
                rule: format!("must be below the number of trains, {count}"),
            })
        })
    }
}
