//! Pictures: the figure of a run, and what every figure can do.

use std::path::PathBuf;

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rheobase::draw::{self, Figure as Drawn, Simulation, Traces};
use rheobase::models::neuron::Time;

use crate::error::Raise;

/// A finished picture. A notebook shows it; :meth:`save` writes it.
#[pyclass(module = "rheobase", frozen)]
pub(crate) struct Figure(pub(crate) Drawn);

#[pymethods]
impl Figure {
    /// Writes the picture as SVG or PNG, by the ending of ``path``.
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

    /// The picture as the bytes of a PNG file, 200 dots per inch.
    fn to_png<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &py.detach(|| self.0.to_png()).raised()?))
    }

    fn _repr_svg_(&self, py: Python<'_>) -> PyResult<String> {
        self.to_svg(py)
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
    /// One line stands for all where they are equal and would hide each other.
    fn traces(&self, clock: Time) -> PyResult<Traces<'_>> {
        let Lines(label, unit, times, series, threshold) = self;
        let unit = if unit == "1" { "" } else { unit };
        let values: Vec<&[f64]> = series.iter().map(|s| Ok(s.as_slice()?)).collect::<PyResult<_>>()?;
        let same = values.windows(2).all(|w| w[0] == w[1]);
        let mut traces = Traces::new(times.as_slice()?, label, unit).clock(clock);
        for (n, line) in values.iter().take(if same { 1 } else { values.len() }).enumerate() {
            let name = if same { String::new() } else { format!("neuron {n}") };
            traces = traces.trace(name, line);
        }
        if let Some((name, value)) = threshold {
            traces = traces.threshold(*value).threshold_name(name);
        }
        Ok(traces)
    }
}

/// The figure of a run: its input, the potentials, and the raster, as far as they are given.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "what the figure shows")]
pub(crate) fn draw_run(
    title: String,
    unit: &str,
    end: f64,
    input: Option<Lines<'_>>,
    potential: Option<Lines<'_>>,
    spikes: Option<(PyReadonlyArray1<'_, f64>, PyReadonlyArray1<'_, u32>, PyReadonlyArray1<'_, u64>)>,
    neurons: usize,
) -> PyResult<Figure> {
    let clock = clock(unit);
    let input = input.as_ref().map(|l| l.traces(clock)).transpose()?;
    let potential = potential.as_ref().map(|l| l.traces(clock)).transpose()?;
    let Some((times, who, counts)) = &spikes else {
        let panels =
            input.iter().chain(&potential).map(Traces::panel).collect::<Result<Vec<_>, _>>().raised()?;
        return Ok(Figure(draw::Figure::stack(panels).raised()?.title(title)));
    };
    let mut figure = Simulation::new(0.0, end, times.as_slice()?, who.as_slice()?, neurons)
        .title(title)
        .clock(clock)
        .counts(counts.as_slice()?);
    if let Some(traces) = input {
        figure = figure.input(traces);
    }
    if let Some(traces) = potential {
        figure = figure.potential(traces);
    }
    Ok(Figure(figure.figure().raised()?))
}
