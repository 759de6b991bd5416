//! The catalogue of models as plain dictionaries: what classes in Python are made from.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rheobase::Catalog;
use rheobase::models::neuron::{Emits, Firing, Takes, Time};
use rheobase::models::record::{Field, Kind};
use rheobase::models::surrogate::SURROGATES;
use rheobase::population::{Model, probe};
use rheobase::verify::originals::originals;

/// Every model of the library, in the catalogue's order.
#[pyfunction]
pub(crate) fn catalogue(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    PyList::new(
        py,
        Catalog::standard().models().iter().map(|m| model(py, &**m)).collect::<PyResult<Vec<_>>>()?,
    )
}

fn model<'py>(py: Python<'py>, model: &dyn Model) -> PyResult<Bound<'py, PyDict>> {
    let info = model.info();
    let dict = PyDict::new(py);
    dict.set_item("name", info.name)?;
    dict.set_item("class", info.class)?;
    dict.set_item("summary", info.summary)?;
    dict.set_item("family", info.family)?;
    dict.set_item("equations", info.equations)?;
    dict.set_item("references", info.references)?;
    dict.set_item("potential", info.potential)?;
    dict.set_item("threshold", model.threshold().map(|f| f.name))?;
    dict.set_item("fires", info.firing != Firing::Never)?;
    dict.set_item("emits", emits(info.emits))?;
    dict.set_item("takes", if info.takes == Takes::Current { "current" } else { "impulses" })?;
    dict.set_item("time", if info.time == Time::Seconds { "s" } else { "steps" })?;
    dict.set_item("surrogate", (info.surrogate.info().name, info.surrogate.parameters()))?;
    dict.set_item("input_unit", info.input_unit)?;
    dict.set_item("input_range", (info.input_range[0], info.input_range[1]))?;
    dict.set_item("example_input", info.example_input)?;
    dict.set_item("parameters", fields(py, model.params())?)?;
    dict.set_item("state", fields(py, model.state())?)?;
    Ok(dict)
}

fn emits(emits: Emits) -> &'static str {
    match emits {
        Emits::Binary => "spikes",
        Emits::Count => "counts",
        Emits::Signed => "signed counts",
        Emits::Analogue => "numbers",
    }
}

/// Name, unit, default, rule and meaning of each field.
fn fields<'py>(py: Python<'py>, fields: &[Field]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for field in fields {
        let dict = PyDict::new(py);
        dict.set_item("name", field.name)?;
        dict.set_item("unit", field.unit)?;
        dict.set_item("default", field.default)?;
        dict.set_item("range", rule(field))?;
        dict.set_item("doc", field.doc.trim())?;
        dict.set_item("kind", kind(field.kind))?;
        list.append(dict)?;
    }
    Ok(list)
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Real => "real",
        Kind::Switch => "switch",
        Kind::Whole => "whole",
    }
}

/// The rule of a field as text: `must be > 0 and finite`.
fn rule(field: &Field) -> String {
    match field.kind {
        Kind::Switch => "must be 0 (off) or 1 (on)".into(),
        _ => field.range.to_string(),
    }
}

/// Names and meanings of the probes that every model has.
#[pyfunction]
pub(crate) fn probes() -> Vec<(&'static str, &'static str)> {
    probe::COMMON.iter().map(|(name, _, doc)| (*name, *doc)).collect()
}

/// Name, formula, parameters and source of every surrogate.
#[pyfunction]
pub(crate) fn surrogates(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for surrogate in &SURROGATES {
        let dict = PyDict::new(py);
        dict.set_item("name", surrogate.name)?;
        dict.set_item("slope", surrogate.slope)?;
        dict.set_item("source", surrogate.source)?;
        dict.set_item("parameters", fields(py, surrogate.parameters)?)?;
        list.append(dict)?;
    }
    Ok(list)
}

/// What published libraries call models and parameters: `(library, classes, parameters)`, each a list of their name and ours.
#[pyfunction]
pub(crate) fn names_elsewhere() -> Vec<(&'static str, Vec<Pair>, Vec<Pair>)> {
    originals().into_iter().map(|o| (o.name, o.classes, o.parameters)).collect()
}

type Pair = (&'static str, &'static str);
