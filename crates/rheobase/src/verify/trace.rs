//! A reference trace: its meta and its arrays.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::data::{Npz, read_npz};
use crate::{Error, Result};

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
        Err(Error::Shape {
            place: self.meta.name.clone(),
            field: "input".into(),
            got: format!("{shape:?}"),
            want: format!("at least one step and {rank} dimensions, time first, are needed"),
        })
    }
    /// Whether an array holds 32-bit numbers.
    pub fn is_single(&self, name: &str) -> bool {
        self.arrays.find(name).is_some_and(|a| matches!(a.data(), crate::data::ArrayData::F32(_)))
    }
    /// Names of all arrays but `meta`.
    pub fn names(&self) -> Vec<String> {
        self.arrays.names().filter(|n| *n != "meta").map(String::from).collect()
    }
}
