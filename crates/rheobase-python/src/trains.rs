//! Spike trains: the library's `SpikeTrains`, read from files or made from arrays.

use std::path::PathBuf;

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rheobase::data::{
    self, SpikeEvent, SpikeEvents, SpikeTrains as Trains, SpikeValues, Stepping, TrainOptions,
};
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

/// Times, columns, rows and polarities of a camera's events.
type EventColumns<'py> = [Bound<'py, PyAny>; 4];
/// Values of spikes train by train, and windows of samples.
type Rest<'py> = (Vec<Bound<'py, PyAny>>, Vec<(f64, f64)>);

#[pymethods]
impl SpikeTrains {
    /// Trains from ascending times, sample by sample and within it neuron by neuron, one after the other: train `i` ends before
    /// `times[ends[i]]`, where the next begins.
    #[new]
    fn new(
        times: PyReadonlyArray1<'_, f64>,
        ends: PyReadonlyArray1<'_, i64>,
        samples: usize,
        names: Vec<String>,
        window: (f64, f64),
        dt: Option<f64>,
        unit: &str,
    ) -> PyResult<Self> {
        let times = parts(times.as_slice()?, ends.as_slice()?).raised()?;
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

    /// The trains in a file, what was understood of it, and what else should be known.
    #[staticmethod]
    fn read(
        py: Python<'_>,
        path: PathBuf,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<(Self, String, Vec<String>)> {
        let options = read_options(options)?;
        let read = enter(py, usize::MAX, |_| data::read_recording(path, &options)).whole()?;
        Ok((SpikeTrains(read.trains), read.understood, read.notes))
    }

    /// The events in a camera's file: t (µs), x, y, p, and width and height.
    #[staticmethod]
    fn read_events<'py>(
        py: Python<'py>,
        path: PathBuf,
        options: &Bound<'py, PyDict>,
    ) -> PyResult<(EventColumns<'py>, (usize, usize))> {
        let options = read_options(options)?;
        let read = enter(py, usize::MAX, |_| data::read_events(path, &options)).whole()?;
        let n = [read.t.len()];
        let columns = [
            array(py, read.t, &n)?.into_any(),
            array(py, read.x, &n)?.into_any(),
            array(py, read.y, &n)?.into_any(),
            array(py, read.p, &n)?.into_any(),
        ];
        Ok((columns, (read.width, read.height)))
    }

    /// Writes a file, whose ending says how.
    fn write(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        enter(py, usize::MAX, |_| data::write_trains(path, &self.0)).whole()
    }

    /// The spikes in steps, as values [time, batch, neuron].
    fn to_dense<'py>(
        &self,
        py: Python<'py>,
        dt: f64,
        start: Option<f64>,
        stop: Option<f64>,
        doubles: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let doubles = doubles.parse().map_err(PyValueError::new_err)?;
        let stepping = Stepping { dt, start, stop, doubles };
        let (values, shape) = enter(py, usize::MAX, |_| {
            let events = self.0.to_steps(&stepping)?;
            Ok::<_, Error>((events.to_dense()?, events.shape()))
        })
        .whole()?;
        Ok(array(py, values, &shape)?.into_any())
    }

    /// The times of all trains one after the other, and where each ends.
    fn times<'py>(&self, py: Python<'py>) -> PyResult<[Bound<'py, PyAny>; 2]> {
        let ends = self.0.times.iter().scan(0, |end, train| {
            *end += train.len() as i64;
            Some(*end)
        });
        let (times, ends) = (self.0.times.concat(), ends.collect::<Vec<_>>());
        let lengths = [[times.len()], [ends.len()]];
        Ok([array(py, times, &lengths[0])?.into_any(), array(py, ends, &lengths[1])?.into_any()])
    }

    /// Values of each train's spikes, empty for plain ones, and windows of the samples, none where all have the same.
    fn rest<'py>(&self, py: Python<'py>) -> PyResult<Rest<'py>> {
        let values = self.0.values.iter().map(|v| Ok(array(py, v.clone(), &[v.len()])?.into_any()));
        Ok((values.collect::<PyResult<_>>()?, self.0.windows.clone()))
    }

    /// The same times with what `rest` of such trains gave.
    fn with_rest(&self, values: Vec<PyReadonlyArray1<'_, f64>>, windows: Vec<(f64, f64)>) -> PyResult<Self> {
        let values = values.iter().map(|v| Ok(v.as_slice()?.to_vec())).collect::<PyResult<Vec<_>>>()?;
        let fits = |(v, t): (&Vec<f64>, &Vec<f64>)| v.is_empty() || v.len() == t.len();
        let as_many = values.len() == self.0.times.len() && [0, self.0.samples].contains(&windows.len());
        if !as_many || !values.iter().zip(&self.0.times).all(fits) {
            let rule = "are needed for each train's spikes, and a window for each sample, or none";
            return Err(Error::value("spike trains", "values", values.len(), rule)).raised();
        }
        Ok(SpikeTrains(Trains { values, windows, ..self.0.clone() }))
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

/// What a file does not say, by the names that Python has for it.
fn read_options(given: &Bound<'_, PyDict>) -> PyResult<TrainOptions> {
    let wrong = |what: String| PyValueError::new_err(what);
    let mut options = TrainOptions::default();
    for (key, value) in given {
        let key: String = key.extract()?;
        let text = || value.extract::<String>();
        match &key[..] {
            "dt" => options.dt = Some(value.extract()?),
            "array" => options.array = Some(text()?),
            "neurons" => options.neurons = Some(value.extract()?),
            "holds" => options.holds = Some(text()?.parse().map_err(|e| wrong(format!("holds: {e}")))?),
            "unit" => options.unit = Some(text()?.parse().map_err(|e| wrong(format!("unit: {e}")))?),
            "columns" => {
                options.columns = data::parse_columns(&text()?).map_err(|e| wrong(format!("columns: {e}")))?
            }
            "time_axis" => options.time_axis = Some(value.extract()?),
            "start" => options.start = value.extract()?,
            "stop" => options.stop = value.extract()?,
            "verdict" => options.verdicts = value.extract()?,
            "polarity" => {
                options.pixels.polarity = text()?.parse().map_err(|e| wrong(format!("polarity: {e}")))?
            }
            "pool" => options.pixels.pool = value.extract()?,
            "crop" => options.pixels.crop = Some(value.extract()?),
            _ => return Err(wrong(format!("`{key}` is not an option of reading"))),
        }
    }
    Ok(options)
}

/// `times` in parts, which end in front of these places.
fn parts(times: &[f64], ends: &[i64]) -> Result<Vec<Vec<f64>>> {
    let mut start = 0;
    let part = |end: &i64| {
        let part = usize::try_from(*end).ok().and_then(|end| Some((times.get(start..end)?, end)));
        let wrong = || Error::value("spike trains", "ends", end, "must ascend, up to the number of times");
        let (part, end) = part.ok_or_else(wrong)?;
        start = end;
        Ok(part.to_vec())
    };
    ends.iter().map(part).collect()
}

/// Times must be finite, ascend, and lie in the window.
fn check(times: &[Vec<f64>], window: (f64, f64)) -> Result<()> {
    let fault = |field: String, index, value: f64, rule: String| {
        Error::value("spike trains", field, value, rule).at(index)
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
            raise(Error::value(
                "spike trains",
                "train",
                train,
                format!("must be below the number of trains, {count}"),
            ))
        })
    }
}
