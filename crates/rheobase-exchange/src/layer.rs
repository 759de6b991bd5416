//! `Layer`: a layer of another framework: its class, its numbers by the framework's own names, and where its input comes
//! from.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rheobase_base::{Error, Result, brief};
use rheobase_network::network::Numbers;
use serde_json::Value as Json;

use crate::tensor::{Data, Tensor};

/// Tensors by their names in a file.
pub type Weights = BTreeMap<String, Tensor>;

/// Where an input comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// A layer, or `input`.
    pub layer: String,
    /// Steps ago.
    pub delay: usize,
}

/// A value of a layer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Python's `None`.
    Nothing,
    /// A truth value.
    Flag(bool),
    /// A word.
    Text(String),
    /// Numbers.
    Tensor(Tensor),
    /// Values by name.
    Record(BTreeMap<String, Value>),
}

/// A layer as its framework describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// Its class: `snntorch.Leaky`.
    pub class: String,
    /// Where its input comes from; several are added.
    pub inputs: Vec<Source>,
    /// Its values.
    pub values: BTreeMap<String, Value>,
    /// Names that have been asked for.
    used: RefCell<BTreeSet<String>>,
}

/// What descriptions say for people to read, or again.
const REMARKS: [&str; 22] = [
    "call",
    "update",
    "comparison",
    "initial",
    "layout",
    "weight_layout",
    "recurrent",
    "mode",
    "time_unit",
    "in",
    "out",
    "in_channels",
    "out_channels",
    "learn_beta",
    "learn_threshold",
    "reciprocal_tau",
    "reciprocal_tau_is",
    "current",
    "detach_reset",
    "learn_alpha",
    "step_mode",
    "surrogate",
];

impl Layer {
    /// A layer without values, fed by the layer `input`.
    pub fn new(name: &str, class: &str, inputs: Vec<Source>) -> Layer {
        let (name, class) = (name.into(), class.into());
        Layer { name, class, inputs, values: BTreeMap::new(), used: RefCell::default() }
    }

    /// The same layer with all its values; arrays of two axes and more stay here no longer.
    pub(crate) fn take_matrices(&mut self) -> Layer {
        let whole = self.clone();
        self.values.retain(|_, value| !matches!(value, Value::Tensor(t) if t.shape().len() > 1));
        whole
    }

    /// With a value.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Layer {
        self.values.insert(name.into(), value);
        self
    }

    /// With numbers.
    pub(crate) fn with_numbers(self, name: &str, numbers: &Numbers) -> Layer {
        let tensor = match numbers {
            Numbers::One(x) => Tensor::scalar(*x),
            Numbers::Each(xs) => Tensor::scalar(0.0).filled(xs),
        };
        self.with(name, Value::Tensor(tensor))
    }

    /// A value, noted as used.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.used.borrow_mut().insert(name.into());
        self.values.get(name).filter(|v| **v != Value::Nothing)
    }

    /// A tensor.
    pub(crate) fn tensor(&self, name: &str) -> Result<Option<&Tensor>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Tensor(t)) => Ok(Some(t)),
            Some(other) => Err(self.wrong(name, other, "must be numbers")),
        }
    }

    /// A tensor that must be there, taken out: what it holds is then nowhere else.
    pub(crate) fn take(&mut self, name: &str) -> Result<Tensor> {
        self.needed(name)?;
        match self.values.remove(name) {
            Some(Value::Tensor(tensor)) => Ok(tensor),
            _ => Err(self.missing(name)),
        }
    }

    /// A tensor that must be there.
    pub(crate) fn needed(&self, name: &str) -> Result<&Tensor> {
        self.tensor(name)?.ok_or_else(|| self.missing(name))
    }

    /// Numbers for its neurons.
    pub(crate) fn numbers(&self, name: &str) -> Result<Option<Numbers>> {
        Ok(self.tensor(name)?.map(Tensor::numbers))
    }

    /// Numbers that must be there.
    pub(crate) fn needed_numbers(&self, name: &str) -> Result<Numbers> {
        self.numbers(name)?.ok_or_else(|| self.missing(name))
    }

    /// One number, the same for all neurons.
    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>> {
        match self.numbers(name)? {
            None => Ok(None),
            Some(Numbers::One(x)) => Ok(Some(x)),
            Some(Numbers::Each(_)) => Err(self.fault(name, "numbers that differ", "must be one number")),
        }
    }

    /// A truth value.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.value(name) {
            None => Ok(default),
            Some(Value::Flag(x)) => Ok(*x),
            Some(Value::Tensor(t)) if t.len() == 1 => Ok(t.at(0) != 0.0),
            Some(other) => Err(self.wrong(name, other, "must be true or false")),
        }
    }

    /// A word.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Text(x)) => Ok(Some(x)),
            Some(other) => Err(self.wrong(name, other, "must be a word")),
        }
    }

    /// Whole numbers, one per axis.
    pub(crate) fn lengths(&self, name: &str) -> Result<Option<Vec<usize>>> {
        let Some(tensor) = self.tensor(name)? else { return Ok(None) };
        let whole = |x: f64| x >= 0.0 && x.fract() == 0.0 && x < 1e9;
        match tensor.to_f64() {
            xs if xs.iter().all(|x| whole(*x)) && !xs.is_empty() && xs.len() <= 2 => {
                Ok(Some(xs.iter().map(|x| *x as usize).collect()))
            }
            xs => Err(self.fault(name, brief(&xs), "must be whole numbers of at least 0, one per axis")),
        }
    }

    /// Values that nobody asked for.
    pub(crate) fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        let known = |name: &String| used.contains(name) || REMARKS.contains(&&name[..]);
        self.values
            .iter()
            .filter(|(n, v)| !known(n) && **v != Value::Nothing)
            .map(|(n, _)| n.clone())
            .collect()
    }

    pub(crate) fn fault(&self, field: &str, value: impl ToString, rule: impl Into<String>) -> Error {
        Error::value(format!("{} ({})", self.name, self.class), field, value, rule)
    }

    fn wrong(&self, name: &str, value: &Value, rule: &str) -> Error {
        let what = match value {
            Value::Nothing => "nothing".into(),
            Value::Flag(x) => x.to_string(),
            Value::Text(x) => format!("`{x}`"),
            Value::Tensor(t) => format!("numbers {:?}", t.shape()),
            Value::Record(_) => "a record".into(),
        };
        self.fault(name, what, rule)
    }

    fn missing(&self, name: &str) -> Error {
        self.fault(name, "nothing", "is needed; is it in the file of weights?")
    }
}

impl Tensor {
    /// A row of these numbers.
    pub(crate) fn filled(self, values: &[f64]) -> Tensor {
        Tensor::new("", "", vec![values.len()], Data::F64(values.to_vec())).unwrap_or(self)
    }
}

/// A model of another framework, layer by layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign {
    /// The framework: `snntorch`.
    pub framework: String,
    /// Length of a step in seconds, where the framework has one.
    pub dt: Option<f64>,
    /// Shape of a sample in one step; empty where it is not known.
    pub input: Vec<usize>,
    /// Its layers, in order.
    pub layers: Vec<Layer>,
    /// The layer whose output is the model's; the last one if empty.
    pub output: String,
}

impl Foreign {
    /// A description in JSON: `framework`, `dt`, `input`, and `layers`, each with `name`, `class`, `inputs` (the layer before if
    /// absent; `previous:x` is layer x one step before) and its values; `{"tensor": NAME}` stands for a tensor of `weights`.
    ///
    /// # Errors
    /// Text that is no such description; tensors that are not there.
    pub fn from_json(text: &str, place: &str, weights: &Weights) -> Result<Foreign> {
        let json: Json =
            serde_json::from_str(text).map_err(|e| Error::file(place, format!("is not JSON: {e}")))?;
        let word = |name: &str| json[name].as_str().unwrap_or_default().to_string();
        let layers = json["layers"]
            .as_array()
            .filter(|l| !l.is_empty())
            .ok_or_else(|| Error::file(place, "has no `layers`: a list of at least one layer is needed"))?;
        let mut before = "input".to_string();
        let mut read = Vec::new();
        for (n, layer) in layers.iter().enumerate() {
            let text = |key: &str| {
                layer[key]
                    .as_str()
                    .ok_or_else(|| Error::file(place, format!("layers[{n}]: `{key}` is missing")))
            };
            let (name, class) = (text("name")?, text("class")?);
            let inputs = match layer["inputs"].as_array() {
                None => vec![Source { layer: before.clone(), delay: 0 }],
                Some(list) => list.iter().filter_map(Json::as_str).map(source).collect(),
            };
            let mut made = Layer::new(name, class, inputs);
            for (key, value) in layer.as_object().into_iter().flatten() {
                if !matches!(&key[..], "name" | "class" | "inputs") {
                    made.values.insert(key.clone(), self::value(value, place, weights)?);
                }
            }
            before = name.into();
            read.push(made);
        }
        let lengths = |json: &Json| -> Vec<usize> {
            json.as_array().into_iter().flatten().filter_map(|x| x.as_u64().map(|x| x as usize)).collect()
        };
        Ok(Foreign {
            framework: word("framework"),
            dt: json["dt"].as_f64(),
            input: lengths(&json["input"]),
            layers: read,
            output: word("output_layer"),
        })
    }
}

fn source(text: &str) -> Source {
    match text.strip_prefix("previous:") {
        Some(layer) => Source { layer: layer.into(), delay: 1 },
        None => Source { layer: text.into(), delay: 0 },
    }
}

/// A value of a description.
fn value(json: &Json, place: &str, weights: &Weights) -> Result<Value> {
    Ok(match json {
        Json::Null => Value::Nothing,
        Json::Bool(x) => Value::Flag(*x),
        Json::Number(x) => Value::Tensor(Tensor::scalar(x.as_f64().unwrap_or(f64::NAN))),
        Json::String(x) => Value::Text(x.clone()),
        Json::Array(_) => {
            let mut shape = Vec::new();
            let mut data = Vec::new();
            if !array(json, 0, &mut shape, &mut data) {
                return Err(Error::file(place, format!("{json}: must be numbers, all rows of one length")));
            }
            Value::Tensor(Tensor::new(place, "list", shape, Data::F64(data))?)
        }
        Json::Object(map) => match map.get("tensor").and_then(Json::as_str) {
            Some(name) if map.len() == 1 => {
                let known = weights.get(name);
                let unknown = || Error::unknown(place, "tensor", name, weights.keys().map(|k| &k[..]));
                Value::Tensor(known.ok_or_else(unknown)?.clone())
            }
            _ => {
                let one = |(k, v): (&String, &Json)| Ok((k.clone(), value(v, place, weights)?));
                Value::Record(map.iter().map(one).collect::<Result<_>>()?)
            }
        },
    })
}

/// Numbers within lists, all rows of one length.
fn array(json: &Json, depth: usize, shape: &mut Vec<usize>, data: &mut Vec<f64>) -> bool {
    let Json::Array(items) = json else {
        data.push(json.as_f64().unwrap_or(f64::NAN));
        return depth == shape.len() && json.is_number();
    };
    if data.is_empty() && shape.len() == depth {
        shape.push(items.len());
    }
    depth < 8
        && shape.get(depth) == Some(&items.len())
        && items.iter().all(|x| array(x, depth + 1, shape, data))
}
