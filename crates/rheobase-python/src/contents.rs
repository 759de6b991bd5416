//! What a figure shows, as dictionaries: for those who draw it into axes of their own.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rheobase::draw::contents::{AxisContents, Contents, Item, Key, Rgb};

use crate::arrays::array;

type Dict<'py> = PyResult<Bound<'py, PyDict>>;

/// Points as an array `[point, 2]`.
fn points(py: Python<'_>, points: Vec<[f64; 2]>) -> PyResult<Bound<'_, PyAny>> {
    let shape = [points.len(), 2];
    Ok(array(py, points.concat(), &shape)?.into_any())
}

fn vector(py: Python<'_>, numbers: Vec<f64>) -> PyResult<Bound<'_, PyAny>> {
    let shape = [numbers.len()];
    Ok(array(py, numbers, &shape)?.into_any())
}

fn axis<'py>(py: Python<'py>, axis: AxisContents) -> Dict<'py> {
    let dict = PyDict::new(py);
    dict.set_item("label", axis.label)?;
    dict.set_item("unit", axis.unit)?;
    dict.set_item("range", (axis.from, axis.to))?;
    dict.set_item("names", axis.names)?;
    dict.set_item("hidden", axis.hidden)?;
    Ok(dict)
}

fn key(key: Key) -> (&'static str, Rgb, &'static str) {
    match key {
        Key::Line(colour, dashed) => ("line", colour, if dashed { "dashed" } else { "solid" }),
        Key::Points(colour, shape) => ("points", colour, shape),
        Key::Area(colour) => ("area", colour, ""),
    }
}

fn item<'py>(py: Python<'py>, item: Item) -> Dict<'py> {
    let dict = PyDict::new(py);
    let kind = match item {
        Item::Line { points: p, colour, width, dashed } => {
            dict.set_item("points", points(py, p)?)?;
            dict.set_item("width", width)?;
            dict.set_item("dashed", dashed)?;
            ("line", Some(colour))
        }
        Item::Band { x, lower, upper, colour } => {
            dict.set_item("x", vector(py, x)?)?;
            dict.set_item("lower", vector(py, lower)?)?;
            dict.set_item("upper", vector(py, upper)?)?;
            ("band", Some(colour))
        }
        Item::Points { points: p, shape, colour, radius } => {
            dict.set_item("points", points(py, p)?)?;
            dict.set_item("shape", shape)?;
            dict.set_item("radius", radius)?;
            ("points", Some(colour))
        }
        Item::Bars { edges, heights, colour } => {
            dict.set_item("edges", vector(py, edges)?)?;
            dict.set_item("heights", vector(py, heights)?)?;
            ("bars", Some(colour))
        }
        Item::Rule { vertical, at, colour } => {
            dict.set_item("vertical", vertical)?;
            dict.set_item("at", at)?;
            ("rule", Some(colour))
        }
        Item::Flags { x, colour } => {
            dict.set_item("x", vector(py, x)?)?;
            ("flags", Some(colour))
        }
        Item::Arrows { at, by, colour } => {
            dict.set_item("at", points(py, at)?)?;
            dict.set_item("by", points(py, by)?)?;
            ("arrows", Some(colour))
        }
        Item::Word { at, text, size, colour } => {
            dict.set_item("at", at)?;
            dict.set_item("text", text)?;
            dict.set_item("size", size)?;
            ("word", Some(colour))
        }
        Item::Spikes { times, rows, groups } => {
            dict.set_item("times", vector(py, times)?)?;
            dict.set_item("rows", array(py, rows.clone(), &[rows.len()])?)?;
            dict.set_item("groups", groups)?;
            ("spikes", None)
        }
        Item::Cells { colours, shape, x, y } => {
            dict.set_item("colours", array(py, colours.concat(), &[shape[0], shape[1], 3])?)?;
            dict.set_item("x", x)?;
            dict.set_item("y", y)?;
            ("cells", None)
        }
    };
    dict.set_item("kind", kind.0)?;
    dict.set_item("colour", kind.1)?;
    Ok(dict)
}

/// Title, note, axes, items, legend and scale of colours of a panel.
pub(crate) fn panel<'py>(py: Python<'py>, contents: Contents) -> Dict<'py> {
    let Contents { title, note, x, y, items, legend, scale } = contents;
    let dict = PyDict::new(py);
    dict.set_item("title", title)?;
    dict.set_item("note", note)?;
    dict.set_item("x", axis(py, x)?)?;
    dict.set_item("y", axis(py, y)?)?;
    dict.set_item("items", items.into_iter().map(|i| item(py, i)).collect::<PyResult<Vec<_>>>()?)?;
    let legend: Vec<_> = legend.into_iter().map(|(k, words)| (key(k), words)).collect();
    dict.set_item("legend", legend)?;
    let scale = scale.map(|(a, colours)| Ok::<_, PyErr>((axis(py, a)?, colours))).transpose()?;
    dict.set_item("scale", scale)?;
    Ok(dict)
}
