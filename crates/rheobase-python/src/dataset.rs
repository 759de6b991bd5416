//! Data sets: from arrays, from spike events, from files.

use std::path::PathBuf;

use numpy::{PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rheobase::Error;
use rheobase::data::{
    self, Channels, CsvOptions, Dataset as Samples, EventInputs, Inputs, LabelColumn, NpzOptions,
    SpikeRows as Rows,
};
use rheobase::encode::{Encoder, SampleInput};

use crate::arrays::array;
use crate::enter::enter;
use crate::error::{Raise, raise};
use crate::learn::Settings;
use crate::rows::SpikeRows;

/// Samples with their labels, which Python wraps in a class of its own.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct Dataset(pub(crate) Samples);

/// Sample, step, feature and value of spikes, sorted in this order.
type Events<'py> = (
    PyReadonlyArray1<'py, u64>,
    PyReadonlyArray1<'py, u32>,
    PyReadonlyArray1<'py, u32>,
    PyReadonlyArray1<'py, f32>,
);

/// How a table is to be understood.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Table {
    label: Option<Label>,
    labelled: bool,
    header: Option<bool>,
    shape: Vec<usize>,
    scale: f32,
    class_names: Vec<String>,
}

#[derive(FromPyObject)]
enum Label {
    Position(usize),
    Name(String),
}

#[pymethods]
impl Dataset {
    /// Samples `[sample, …]`, or `[sample, time, …]` if they change over time.
    #[staticmethod]
    fn of_array(
        name: &str,
        x: PyReadonlyArrayDyn<'_, f32>,
        labels: Vec<u32>,
        series: bool,
    ) -> PyResult<Self> {
        let (shape, values) = (x.shape(), x.as_slice()?.to_vec());
        let samples = shape.first().copied().unwrap_or(0);
        let data = if series {
            let steps = shape.get(1).copied().unwrap_or(0);
            let starts = (0..=samples).map(|i| i * steps).collect();
            Samples::new(name, shape.get(2..).unwrap_or(&[]), Inputs::Series { starts, values }, labels)
        } else {
            Samples::new(name, shape.get(1..).unwrap_or(&[]), Inputs::Static(values), labels)
        };
        Ok(Dataset(data.raised()?))
    }

    /// Samples that are spikes.
    #[staticmethod]
    fn of_events(
        name: &str,
        shape: Vec<usize>,
        lengths: Vec<u32>,
        events: Events<'_>,
        labels: Vec<u32>,
    ) -> PyResult<Self> {
        let sample = events.0.as_slice()?;
        let starts = (0..=lengths.len() as u64).map(|i| sample.partition_point(|s| *s < i)).collect();
        let inputs = EventInputs {
            lengths,
            starts,
            step: events.1.as_slice()?.to_vec(),
            feature: events.2.as_slice()?.to_vec(),
            value: events.3.as_slice()?.to_vec(),
        };
        Ok(Dataset(Samples::new(name, shape, Inputs::Events(inputs), labels).raised()?))
    }

    #[staticmethod]
    fn read_idx(py: Python<'_>, images: PathBuf, labels: Option<PathBuf>) -> PyResult<Self> {
        let read = enter(py, usize::MAX, |_| data::read_idx_dataset(images, labels.as_deref()));
        Ok(Dataset(read.whole()?))
    }

    #[staticmethod]
    fn read_npz(py: Python<'_>, path: PathBuf, channels: Option<&str>, scale: f32) -> PyResult<Self> {
        let channels = channels.map(Channels::named).transpose().raised()?;
        let options = NpzOptions { channels, scale };
        Ok(Dataset(enter(py, usize::MAX, |_| data::read_npz_dataset(path, &options)).whole()?))
    }

    #[staticmethod]
    fn read_csv(py: Python<'_>, path: PathBuf, table: Table) -> PyResult<Self> {
        let label = match table.label {
            _ if !table.labelled => LabelColumn::Absent,
            None => LabelColumn::Last,
            Some(Label::Position(column)) => LabelColumn::Position(column),
            Some(Label::Name(name)) => LabelColumn::Name(name),
        };
        let (header, shape, scale) = (table.header, table.shape, table.scale);
        let options = CsvOptions { label, header, shape, scale, class_names: table.class_names };
        Ok(Dataset(enter(py, usize::MAX, |_| data::read_csv_dataset(path, &options)).whole()?))
    }

    /// The digits that come with the library: to train with, and to test with.
    #[staticmethod]
    fn digits() -> PyResult<(Self, Self)> {
        let (train, test) = data::digits_split(0).raised()?;
        Ok((Dataset(train), Dataset(test)))
    }

    #[getter]
    fn samples(&self) -> usize {
        self.0.samples()
    }
    #[getter]
    fn shape(&self) -> Vec<usize> {
        self.0.shape().to_vec()
    }
    #[getter]
    fn classes(&self) -> usize {
        self.0.classes()
    }
    #[getter]
    fn class_names(&self) -> Vec<String> {
        self.0.class_names().to_vec()
    }
    #[getter]
    fn feature_names(&self) -> Vec<String> {
        self.0.feature_names().to_vec()
    }
    /// `values`, `series` or `events`.
    #[getter]
    fn kind(&self) -> &'static str {
        match self.0.inputs() {
            Inputs::Static(_) => "values",
            Inputs::Series { .. } => "series",
            Inputs::Events(_) => "events",
        }
    }

    fn labels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let labels = self.0.labels().to_vec();
        let n = [labels.len()];
        Ok(array(py, labels, &n)?.into_any())
    }

    /// The values of all samples, where they do not change over time.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Inputs::Static(values) = self.0.inputs() else { return Ok(None) };
        let shape: Vec<usize> = [self.0.samples()].iter().chain(self.0.shape()).copied().collect();
        Ok(Some(array(py, values.clone(), &shape)?.into_any()))
    }

    /// One sample as numbers, `[time, …]` where it changes over time.
    fn sample<'py>(&self, py: Python<'py>, sample: usize) -> PyResult<Bound<'py, PyAny>> {
        let view = self.0.sample(sample).ok_or_else(|| raise(self.none(sample)))?;
        let steps = view.steps();
        let mut input = SampleInput::default();
        let plain = rheobase::encode::Encoding::default();
        plain.encode(view, sample as u64, 0, steps.unwrap_or(1), &mut input).raised()?;
        let dense = input.to_dense(steps.unwrap_or(1), self.0.features());
        let shape: Vec<usize> = steps.iter().chain(self.0.shape()).copied().collect();
        Ok(array(py, dense, &shape)?.into_any())
    }

    /// One sample as the encoder of some settings gives it to a network: numbers `[time, …]`, or spikes.
    fn encoded<'py>(
        &self,
        py: Python<'py>,
        settings: &Settings,
        sample: usize,
        epoch: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let config = &settings.0;
        let view = self.0.sample(sample).ok_or_else(|| raise(self.none(sample)))?;
        config.encode.check().raised()?;
        let encoding = config.encoding().for_samples(self.0.shape()).raised()?;
        let shape = encoding.shape(self.0.shape()).raised()?;
        let steps = view.steps().map_or(config.data.steps, |own| own.min(config.data.steps));
        let mut input = SampleInput::default();
        encoding.encode(view, sample as u64, epoch, steps, &mut input).raised()?;
        if let SampleInput::Spikes(rows) = input {
            return Ok(SpikeRows { rows, shape }.into_pyobject(py)?.into_any());
        }
        let dense = input.to_dense(steps, shape.iter().product());
        let axes: Vec<usize> = [steps].iter().chain(&shape).copied().collect();
        Ok(array(py, dense, &axes)?.into_any())
    }

    fn subset(&self, samples: Vec<usize>) -> PyResult<Self> {
        Ok(Dataset(self.0.subset(&samples).raised()?))
    }

    /// Parts with these shares, each with the classes in the same shares as the whole.
    fn split(&self, shares: Vec<f64>, seed: u64) -> PyResult<Vec<Self>> {
        Ok(self.0.split_stratified(&shares, seed).raised()?.into_iter().map(Dataset).collect())
    }
}

impl Dataset {
    fn none(&self, sample: usize) -> Error {
        Error::value(
            self.0.name(),
            "sample",
            sample,
            format!("there are {} samples, counted from 0", self.0.samples()),
        )
    }
}

/// Rows of spikes from sorted steps and indices.
pub(crate) fn rows_of(
    steps: usize,
    step: &[u32],
    index: &[u32],
    value: &[f32],
    features: usize,
) -> rheobase::Result<Rows> {
    let offsets = (0..=steps as u64).map(|t| step.partition_point(|s| u64::from(*s) < t) as u32).collect();
    Rows::new(offsets, index.to_vec(), value.to_vec(), features)
}
