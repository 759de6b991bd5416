//! Pictures: the figure of a run, and what every figure can do.

use std::path::PathBuf;

use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use rheobase::analyse::{self, Window};
use rheobase::draw::{self, Figure as Drawn, Simulation, Traces};
use rheobase::learn::Epoch;
use rheobase::models::neuron::Time;
use rheobase::show::training::learning_curves;
use rheobase::show::{self, PopulationRate, Rows, Spikes};

use crate::contents;
use crate::error::Raise;
use crate::trains::SpikeTrains;

/// A finished picture. A notebook shows it; :meth:`save` writes it.
#[pyclass(module = "rheobase", frozen)]
pub(crate) struct Figure(pub(crate) Drawn);

#[pymethods]
impl Figure {
    /// Writes the picture as SVG, PNG or PDF, by the ending of ``path``.
    ///
    /// Raises:
    ///     OSError: another ending, or a file that cannot be written.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.save(path)).raised()
    }

    /// The picture as the text of an SVG file.
    fn to_svg(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| self.0.to_svg()).raised()
    }

    /// The picture at other sizes: a copy. What is left out stays as it is.
    ///
    /// Args:
    ///     width: Width in mm: 30 to 1000.
    ///     height: Height in mm: 20 to 1000; not of maps and matrices, whose cells are square.
    ///     font: Size of the numbers at the axes in points: 4 to 40.
    ///     dpi: Dots per inch of PNG files: 30 to 2400.
    ///
    /// Raises:
    ///     ValueError: a size outside these, or a height that leaves no room between the letters (when the picture is written).
    #[pyo3(signature = (*, width=None, height=None, font=None, dpi=None))]
    fn sized(
        &self,
        width: Option<f64>,
        height: Option<f64>,
        font: Option<f64>,
        dpi: Option<f64>,
    ) -> PyResult<Figure> {
        let mut figure = self.0.clone();
        if let Some(mm) = width {
            figure = figure.width_mm(mm).raised()?;
        }
        if let Some(mm) = height {
            figure = figure.height_mm(mm).raised()?;
        }
        if let Some(points) = font {
            figure = figure.font_pt(points).raised()?;
        }
        if let Some(dpi) = dpi {
            figure = figure.dpi(dpi).raised()?;
        }
        Ok(Figure(figure))
    }

    /// The picture with a name and a value in the metadata of its files, after the version of the library: a copy.
    fn provenance(&self, name: &str, value: &str) -> Figure {
        Figure(self.0.clone().provenance(name, value))
    }

    /// The picture as the bytes of a PDF file.
    fn to_pdf<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &py.detach(|| self.0.to_pdf()).raised()?))
    }

    /// The picture as the bytes of a PNG file, 300 dots per inch unless it was sized otherwise.
    fn to_png<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &py.detach(|| self.0.to_png()).raised()?))
    }

    fn _repr_svg_(&self, py: Python<'_>) -> PyResult<String> {
        self.to_svg(py)
    }

    /// Draws the picture into axes of matplotlib, one for each panel from the top, and gives them back.
    ///
    /// Raises:
    ///     ValueError: as many axes as the picture does not have panels.
    fn draw<'py>(&self, py: Python<'py>, ax: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        py.import("rheobase._matplotlib")?.call_method1("draw", (self._contents(py)?, ax))
    }

    /// What each panel shows, as data.
    fn _contents<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.0.contents().into_iter().map(|c| contents::panel(py, c)).collect()
    }
}

/// What times are counted in, by its unit.
pub(crate) fn clock(unit: &str) -> Time {
    if unit == "steps" { Time::Steps } else { Time::Seconds }
}

/// Traces of some neurons: label, unit, times, values neuron by neuron, and the threshold with its name.
#[derive(FromPyObject)]
pub(crate) struct Lines<'py>(
    String,
    String,
    PyReadonlyArray1<'py, f64>,
    Vec<PyReadonlyArray1<'py, f64>>,
    Option<(String, f64)>,
);

impl Lines<'_> {
    fn traces(&self, clock: Time) -> PyResult<Traces<'_>> {
        let Lines(label, unit, times, series, threshold) = self;
        let unit = if unit == "1" { "" } else { unit };
        let values: Vec<&[f64]> = series.iter().map(|s| Ok(s.as_slice()?)).collect::<PyResult<_>>()?;
        let mut traces = Traces::new(times.as_slice()?, label, unit).clock(clock).neurons(&values);
        if let Some((name, value)) = threshold {
            traces = traces.threshold(*value).threshold_name(name);
        }
        Ok(traces)
    }
}

/// How the rows of a raster stand: their order, names and first neurons of groups, whether the rate stands below.
#[derive(FromPyObject)]
pub(crate) struct RowsArgument(String, Vec<(String, u32)>, Option<bool>);

impl RowsArgument {
    fn rows(self) -> PyResult<Rows> {
        let RowsArgument(order, groups, rate) = self;
        Ok(Rows { order: order.parse().raised()?, groups, rate })
    }
}

/// The figure of a run: its input, the potentials, and the raster, as far as they are given.
#[pyfunction]
pub(crate) fn draw_run(
    title: String,
    time: (String, f64, f64),
    input: Option<Lines<'_>>,
    potential: Option<Lines<'_>>,
    spikes: Option<(PyReadonlyArray1<'_, f64>, PyReadonlyArray1<'_, u32>, PyReadonlyArray1<'_, u64>)>,
    neurons: usize,
    rows: RowsArgument,
) -> PyResult<Figure> {
    let (unit, end, dt) = time;
    let (clock, rows) = (clock(&unit), rows.rows()?);
    let input = input.as_ref().map(|l| l.traces(clock)).transpose()?;
    let potential = potential.as_ref().map(|l| l.traces(clock)).transpose()?;
    let Some((times, who, counts)) = &spikes else {
        let panels =
            input.iter().chain(&potential).map(Traces::panel).collect::<Result<Vec<_>, _>>().raised()?;
        return Ok(Figure(draw::Figure::stack(panels).raised()?.title(title)));
    };
    let (times, who, counts) = (times.as_slice()?, who.as_slice()?, counts.as_slice()?);
    let mut figure = Simulation::new(0.0, end, times, who, neurons)
        .title(title)
        .clock(clock)
        .counts(counts)
        .order(rows.order);
    for (name, first) in &rows.groups {
        figure = figure.group(name, *first);
    }
    if let Some(traces) = input {
        figure = figure.input(traces);
    }
    if let Some(traces) = potential {
        figure = figure.potential(traces);
    }
    let window = Window::to_the_end(0.0, end);
    let spikes =
        Spikes { times, neurons: who, counts: Some(counts), count: neurons, window, dt: Some(dt), clock };
    let below = rows.with_rate(neurons, times.len());
    let rate = below.then(|| PopulationRate::new(&spikes, &rows.groups, None, 0.95)).transpose().raised()?;
    if let Some(rate) = &rate {
        figure = figure.rate(rate.rates());
    }
    Ok(Figure(figure.figure().raised()?))
}

/// A raster of all trains.
#[pyfunction]
pub(crate) fn draw_raster(trains: &SpikeTrains, title: String, rows: RowsArgument) -> PyResult<Figure> {
    Ok(Figure(show::raster(&trains.0, &rows.rows()?).raised()?.title(title)))
}

/// A histogram of the intervals of all trains.
#[pyfunction]
pub(crate) fn draw_intervals(trains: &SpikeTrains, bin: Option<f64>, title: String) -> PyResult<Figure> {
    let found = trains.0.times.iter().map(|t| analyse::intervals(t));
    let intervals = found.collect::<rheobase::Result<Vec<_>>>().raised()?.concat();
    let mut histogram = draw::Intervals::new(&intervals).clock(trains.0.clock).title(title);
    if let Some(dt) = trains.0.dt {
        histogram = histogram.step(dt);
    }
    if let Some(bin) = bin {
        histogram = histogram.bin(bin);
    }
    Ok(Figure(histogram.figure().raised()?))
}

/// A matrix of a measure of all pairs of trains.
#[pyfunction]
pub(crate) fn draw_matrix(
    values: PyReadonlyArray2<'_, f64>,
    label: String,
    unit: String,
    names: Vec<String>,
    title: String,
) -> PyResult<Figure> {
    let trains = numpy::PyUntypedArrayMethods::shape(&*values)[0];
    let matrix = draw::DistanceMatrix::new(values.as_slice()?, trains, label, unit).names(names);
    Ok(Figure(matrix.title(title).figure().raised()?))
}

/// Correlation over lag; `expected` is that of independent trains, with its interval.
#[pyfunction]
pub(crate) fn draw_correlogram(
    edges: PyReadonlyArray1<'_, f64>,
    values: PyReadonlyArray1<'_, f64>,
    expected: Option<(f64, f64, f64)>,
    unit: &str,
    title: String,
) -> PyResult<Figure> {
    let mut figure =
        draw::Correlogram::new(edges.as_slice()?, values.as_slice()?, "pairs").clock(clock(unit));
    if let Some((value, low, high)) = expected {
        figure = figure.expected(value, low, high);
    }
    Ok(Figure(figure.title(title).figure().raised()?))
}

/// A rate over time with its band.
#[pyfunction]
pub(crate) fn draw_rates(
    times: PyReadonlyArray1<'_, f64>,
    rate: PyReadonlyArray1<'_, f64>,
    band: Option<(PyReadonlyArray1<'_, f64>, PyReadonlyArray1<'_, f64>)>,
    unit: &str,
    title: String,
) -> PyResult<Figure> {
    let mut figure = draw::Rates::new(times.as_slice()?).clock(clock(unit));
    figure = match &band {
        Some((low, high)) => figure.rate_with_band("", rate.as_slice()?, low.as_slice()?, high.as_slice()?),
        None => figure.rate("", rate.as_slice()?),
    };
    Ok(Figure(figure.title(title).figure().raised()?))
}

/// Rate over input: points of a closed form, and simulated ones.
#[pyfunction]
pub(crate) fn draw_curve(
    title: String,
    unit: (String, String),
    inputs: PyReadonlyArray1<'_, f64>,
    closed: Option<PyReadonlyArray1<'_, f64>>,
    training: Option<PyReadonlyArray1<'_, f64>>,
    simulated: Option<PyReadonlyArray1<'_, f64>>,
    rheobase: Option<f64>,
) -> PyResult<Figure> {
    let (input_unit, time) = unit;
    let x = inputs.as_slice()?;
    let mut figure = draw::FiCurve::new("input", if input_unit == "1" { String::new() } else { input_unit })
        .clock(clock(&time));
    if let Some(closed) = &closed {
        figure = figure.closed_form("closed form", x, closed.as_slice()?);
    }
    if let Some(training) = &training {
        figure = figure.closed_form("as it is trained", x, training.as_slice()?);
    }
    if let Some(simulated) = &simulated {
        figure = figure.simulated("simulated", x, simulated.as_slice()?);
    }
    if let Some(current) = rheobase {
        figure = figure.rheobase(current);
    }
    Ok(Figure(figure.title(title).figure().raised()?))
}

/// Loss and accuracy of each epoch, with those of validation and test where there are any, on a logarithmic axis if asked for.
#[pyfunction]
pub(crate) fn draw_learning(epochs: Vec<[Option<f64>; 9]>, log: bool) -> PyResult<Figure> {
    // As the fields of an epoch stand in Python.
    let epoch = |e: &[Option<f64>; 9]| {
        let number = |i: usize| e[i].unwrap_or(f64::NAN);
        Epoch {
            epoch: number(0) as u64,
            learning_rate: number(1),
            loss: number(2),
            accuracy: number(3),
            rate: number(4),
            validation_loss: e[5],
            validation_accuracy: e[6],
            test_loss: e[7],
            test_accuracy: e[8],
        }
    };
    let history: Vec<Epoch> = epochs.iter().map(epoch).collect();
    Ok(Figure(learning_curves(&history, None, log).raised()?))
}

/// Maps `[map, row, column]` side by side on one scale.
#[pyfunction]
pub(crate) fn draw_maps(
    values: PyReadonlyArray3<'_, f64>,
    columns: Option<usize>,
    names: Vec<String>,
    label: String,
    title: String,
) -> PyResult<Figure> {
    let [maps, height, width] = [0, 1, 2].map(|axis| numpy::PyUntypedArrayMethods::shape(&*values)[axis]);
    let mut figure = draw::Weights::new(values.as_slice()?, maps, height, width).names(names);
    if let Some(columns) = columns {
        figure = figure.columns(columns);
    }
    Ok(Figure(figure.label(label, "").title(title).figure().raised()?))
}

/// How often samples of each class (rows) were taken for each (columns).
#[pyfunction]
pub(crate) fn draw_confusion(
    counts: PyReadonlyArray2<'_, u64>,
    names: Vec<String>,
    title: String,
) -> PyResult<Figure> {
    let classes = numpy::PyUntypedArrayMethods::shape(&*counts)[0];
    let figure = draw::Confusion::new(counts.as_slice()?, classes).names(names).title(title);
    Ok(Figure(figure.figure().raised()?))
}
