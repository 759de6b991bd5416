//! A reference trace: its meta and its arrays.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use rheobase_base::{Error, Result};
use rheobase_data::{Npz, read_npz};

/// What a trace says of itself.
#[derive(Debug, Clone, Deserialize)]
pub struct Meta {
    /// Name of the trace.
    pub name: String,
    /// The class or function that was run.
    pub target: String,
    /// What the run shows.
    #[serde(default)]
    pub desc: String,
    /// Arguments of the original and settings of the run.
    #[serde(default)]
    pub params: Map<String, Value>,
}

impl Meta {
    /// A number among the parameters; the string `inf` or `-inf` is infinite. `None` if it is not there or null.
    pub fn number(&self, name: &str) -> Option<f64> {
        number(self.params.get(name)?)
    }
    /// A number among the parameters, or `default`.
    pub fn number_or(&self, name: &str, default: f64) -> f64 {
        self.number(name).unwrap_or(default)
    }
    /// A number among the parameters, or one for each neuron. `None` if it is not there or null.
    ///
    /// # Errors
    /// Anything else.
    pub(super) fn constant(&self, name: &str) -> Result<Option<Constant>> {
        let value = self.params.get(name).unwrap_or(&Value::Null);
        constant(&self.name, &format!("params.{name}"), value)
    }
    /// That the parameters called `names` are numbers where they are there.
    ///
    /// # Errors
    /// One that is not: it would be ignored.
    pub(super) fn check_numbers<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
        for name in names {
            if let Some(Constant::Each(_)) = self.constant(name)? {
                let value = self.params.get(name).unwrap_or(&Value::Null);
                return Err(not_a_constant(&self.name, &format!("params.{name}"), value, "must be a number"));
            }
        }
        Ok(())
    }
    /// A text among the parameters.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.as_str()
    }
    /// Whether a switch among the parameters is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.params.get(name).and_then(Value::as_bool).unwrap_or(false)
    }
    /// A list of whole numbers among the parameters; empty if it is not there.
    pub fn steps(&self, name: &str) -> Vec<usize> {
        let list = self.params.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_u64).map(|n| n as usize).collect()
    }
    /// The last part of the target: the class.
    pub fn class(&self) -> &str {
        self.target.rsplit('.').next().unwrap_or(&self.target)
    }
}

/// A JSON number, or one of the texts `inf`, `-inf`, `nan`.
pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// A parameter of neurons.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    /// One for all.
    One(f64),
    /// One for each.
    Each(Vec<f64>),
}

/// A JSON value as a parameter of neurons; `None` if it is null.
///
/// # Errors
/// What is neither a number nor a list of numbers.
pub(super) fn constant(place: &str, field: &str, value: &Value) -> Result<Option<Constant>> {
    match value {
        Value::Null => Ok(None),
        Value::Array(list) if !list.is_empty() => {
            let each = list.iter().map(number).collect::<Option<Vec<f64>>>();
            let each = each.ok_or_else(|| not_a_constant(place, field, value, "must hold numbers only"))?;
            Ok(Some(Constant::Each(each)))
        }
        _ => match number(value) {
            Some(x) => Ok(Some(Constant::One(x))),
            None => {
                Err(not_a_constant(place, field, value, "must be a number, or a list of one for each neuron"))
            }
        },
    }
}

fn not_a_constant(place: &str, field: &str, value: &Value, rule: &str) -> Error {
    Error::value(place, field, value, rule)
}

/// A trace as it was read.
#[derive(Debug)]
pub struct TraceFile {
    /// What it says of itself.
    pub meta: Meta,
    arrays: Npz,
}

impl TraceFile {
    /// Reads a trace.
    ///
    /// # Errors
    /// What is not an npz file of plain arrays with a `meta` of JSON.
    pub fn read(path: &Path) -> Result<Self> {
        let arrays = read_npz(path)?;
        let text =
            arrays.get("meta")?.as_text().ok_or_else(|| Error::file(path, "array `meta` is not a text"))?;
        let meta = serde_json::from_str(text)
            .map_err(|e| Error::file(path, format!("array `meta` is not the JSON of a trace: {e}")))?;
        Ok(TraceFile { meta, arrays })
    }

    /// Whether the trace has the array.
    pub fn has(&self, name: &str) -> bool {
        self.arrays.find(name).is_some()
    }
    /// An array's numbers.
    pub fn array(&self, name: &str) -> Result<Vec<f64>> {
        self.arrays.get(name)?.to_f64()
    }
    /// An array's shape.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        Ok(self.arrays.get(name)?.shape().to_vec())
    }
    /// The shape of `input`, which must have steps and at least `rank` dimensions.
    ///
    /// # Errors
    /// An input of another shape.
    pub(super) fn input_shape(&self, rank: usize) -> Result<Vec<usize>> {
        let shape = self.shape("input")?;
        if shape.len() >= rank && shape.first().is_some_and(|steps| *steps > 0) {
            return Ok(shape);
        }
        Err(Error::shape(
            self.meta.name.clone(),
            "input",
            format!("{shape:?}"),
            format!("at least one step and {rank} dimensions, time first, are needed"),
        ))
    }
    /// Whether an array holds 32-bit numbers.
    pub fn is_single(&self, name: &str) -> bool {
        self.arrays.find(name).is_some_and(|a| matches!(a.data(), rheobase_data::ArrayData::F32(_)))
    }
    /// Names of all arrays but `meta`.
    pub fn names(&self) -> Vec<String> {
        self.arrays.names().filter(|n| *n != "meta").map(String::from).collect()
    }
}
