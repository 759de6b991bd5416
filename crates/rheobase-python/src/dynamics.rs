//! A model's equations: right-hand side, Jacobian, phase plane, fixed points, excitability.

use std::sync::Arc;

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rheobase::dynamics::{
    Axis, Dynamics as Equations, FixedPoint, FixedPoints, Pulse, Search, Threshold, draw_line, draw_plane,
};
use rheobase::{Catalog, Result};

use crate::arrays::array;
use crate::enter::enter;
use crate::error::Raise;
use crate::figure::Figure;

/// A model with its parameters as a dynamical system.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct Dynamics(Equations);

/// A state field, and from where to where it is looked at.
type AxisArgument = (String, Option<(f64, f64)>);

/// Largest silent value, smallest that fires, and what it follows from.
type Between = (f64, f64, &'static str);

fn between(t: &Threshold) -> Between {
    (t.silent, t.fires, t.source.name())
}

/// Names with numbers, borrowed.
fn pairs(given: &[(String, f64)]) -> Vec<(&str, f64)> {
    given.iter().map(|(name, x)| (name.as_str(), *x)).collect()
}

#[pymethods]
impl Dynamics {
    #[new]
    fn new(model: &str, parameters: Vec<(String, f64)>) -> PyResult<Self> {
        let model = Catalog::standard().get(model).raised()?;
        Ok(Dynamics(Equations::new(Arc::clone(&model), &pairs(&parameters)).raised()?))
    }

    /// Names of the state fields that move by the differential equation.
    fn variables(&self) -> Vec<&'static str> {
        self.0.variables().iter().map(|f| f.name).collect()
    }

    fn rhs(&self, state: PyReadonlyArray1<'_, f64>, input: f64) -> PyResult<Vec<f64>> {
        self.0.rhs(state.as_slice()?, input).raised()
    }

    fn jacobian<'py>(
        &self,
        py: Python<'py>,
        state: PyReadonlyArray1<'_, f64>,
        input: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let state = state.as_slice()?;
        let n = state.len();
        Ok(array(py, self.0.jacobian(state, input).raised()?, &[n, n])?.into_any())
    }

    fn rest(&self) -> Vec<f64> {
        self.0.rest()
    }

    /// Smallest constant current that makes a neuron at rest fire.
    fn rheobase(&self, py: Python<'_>, dt: Option<f64>, horizon: Option<f64>) -> PyResult<Between> {
        let how = self.search(dt, horizon);
        enter(py, usize::MAX, |_| self.0.rheobase(how)).whole().map(|t| between(&t))
    }

    /// Shortest duration at which twice that makes it fire.
    fn chronaxie(&self, py: Python<'_>, dt: Option<f64>, horizon: Option<f64>) -> PyResult<Between> {
        let how = self.search(dt, horizon);
        enter(py, usize::MAX, |_| self.0.chronaxie(how)).whole().map(|t| between(&t))
    }

    /// Smallest currents for each duration; none where no allowed one is strong enough.
    fn strength_duration(
        &self,
        py: Python<'_>,
        durations: PyReadonlyArray1<'_, f64>,
        dt: Option<f64>,
        horizon: Option<f64>,
    ) -> PyResult<Vec<Option<Between>>> {
        let (durations, how) = (durations.as_slice()?, self.search(dt, horizon));
        let found = enter(py, usize::MAX, |_| self.0.strength_duration(durations, how)).whole()?;
        Ok(found.iter().map(|t| t.as_ref().map(between)).collect())
    }

    /// What one neuron does under a constant input and a pulse (amplitude, start, duration).
    fn respond<'py>(
        &self,
        py: Python<'py>,
        background: f64,
        pulse: Option<(f64, f64, f64)>,
        time: f64,
        dt: Option<f64>,
        start: Vec<(String, f64)>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let pulse = pulse.map(|(amplitude, start, duration)| Pulse { amplitude, start, duration });
        let (start, dt) = (pairs(&start), self.search(dt, None).dt);
        let found = enter(py, usize::MAX, |_| self.0.respond(background, pulse, time, dt, &start)).whole()?;
        let dict = PyDict::new(py);
        let vector = |numbers: Vec<f64>| array(py, numbers.clone(), &[numbers.len()]);
        dict.set_item("time", vector(found.times())?)?;
        for (field, numbers) in self.0.model().state().iter().zip(found.states) {
            dict.set_item(field.name, vector(numbers)?)?;
        }
        dict.set_item("input", vector(found.input)?)?;
        dict.set_item("potential", vector(found.potential)?)?;
        dict.set_item("output", vector(found.output)?)?;
        dict.set_item("spikes", vector(found.spikes)?)?;
        Ok(dict)
    }

    /// What is seen in the plane of two variables (or along one): per input the fixed points, nullclines and threshold;
    /// and the picture.
    fn portrait<'py>(
        &self,
        py: Python<'py>,
        axes: Vec<AxisArgument>,
        inputs: Vec<f64>,
        held: Vec<(String, f64)>,
    ) -> PyResult<(Bound<'py, PyDict>, Figure)> {
        let held = pairs(&held);
        let seen = enter(py, usize::MAX, |_| match &axes[..] {
            [x] => self.line(x, &inputs, &held),
            [x, y, ..] => self.plane(x, y, &inputs, &held),
            [] => Err(rheobase::Error::unsupported(
                self.0.model().info().name,
                "is not a differential equation but a rule from step to step, so it has no phase plane",
            )),
        });
        let Seen { axes, found, nullclines, threshold, figure } = seen.whole()?;
        let dict = PyDict::new(py);
        let shown: Vec<_> = axes.iter().map(|a| (a.field.clone(), a.low, a.high)).collect();
        dict.set_item("axes", shown)?;
        let points: Vec<Vec<_>> = found.iter().map(|f| f.points.iter().map(point).collect()).collect();
        dict.set_item("fixed_points", points)?;
        dict.set_item("nullclines", chains(py, nullclines)?)?;
        dict.set_item("threshold", chains(py, vec![threshold])?.pop())?;
        Ok((dict, Figure(figure)))
    }
}

/// Chains of points.
type Chains = Vec<Vec<[f64; 2]>>;

/// What is seen in a section.
struct Seen {
    axes: Vec<Axis>,
    found: Vec<FixedPoints>,
    /// Of the last input, variable by variable.
    nullclines: Vec<Chains>,
    threshold: Chains,
    figure: rheobase::draw::Figure,
}

impl Dynamics {
    fn search(&self, dt: Option<f64>, horizon: Option<f64>) -> Search {
        let usual = self.0.usual_search();
        Search { dt: dt.unwrap_or(usual.dt), horizon: horizon.unwrap_or(usual.horizon) }
    }

    fn axis(&self, (field, span): &AxisArgument, inputs: &[f64]) -> Result<Axis> {
        match span {
            Some((low, high)) => Ok(Axis::new(field, *low, *high)),
            None => self.0.usual_axis(field, inputs),
        }
    }

    fn line(&self, x: &AxisArgument, inputs: &[f64], held: &[(&str, f64)]) -> Result<Seen> {
        let axis = self.axis(x, inputs)?;
        let line = self.0.line(&axis, held)?;
        let found = FixedPoints::along(&line, inputs)?;
        let figure = draw_line(&self.0, &line, &axis, &found)?;
        Ok(Seen { axes: vec![axis], found, nullclines: Vec::new(), threshold: Vec::new(), figure })
    }

    fn plane(
        &self,
        x: &AxisArgument,
        y: &AxisArgument,
        inputs: &[f64],
        held: &[(&str, f64)],
    ) -> Result<Seen> {
        let axes = [self.axis(x, inputs)?, self.axis(y, inputs)?];
        let plane = self.0.plane(&axes[0], &axes[1], held)?;
        let found = FixedPoints::within(&plane, inputs)?;
        let last = inputs.last().copied().unwrap_or(0.0);
        let response = self.0.respond(last, None, self.0.usual_time(), self.0.usual_search().dt, &[])?;
        let figure = draw_plane(&self.0, &plane, &axes, &found, &response)?;
        let [first, second] = plane.nullclines(last)?;
        let threshold = plane.threshold(last)?;
        Ok(Seen { axes: axes.into(), found, nullclines: vec![first, second], threshold, figure })
    }
}

/// Where a fixed point is, its kind, whether it is stable, and its eigenvalues.
type Point = (Vec<f64>, &'static str, bool, Vec<(f64, f64)>);

fn point(p: &FixedPoint) -> Point {
    let eigenvalues = p.eigenvalues.iter().map(|e| (e.re, e.im)).collect();
    (p.at.clone(), p.kind.name(), p.kind.is_stable(), eigenvalues)
}

/// Each chain as an array `[point, 2]`.
fn chains(py: Python<'_>, all: Vec<Chains>) -> PyResult<Vec<Vec<Bound<'_, PyAny>>>> {
    let one = |chain: &Vec<[f64; 2]>| Ok(array(py, chain.concat(), &[chain.len(), 2])?.into_any());
    all.iter().map(|chains| chains.iter().map(one).collect()).collect()
}
