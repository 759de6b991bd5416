//! NIR: graphs of neurons in HDF5 files, as `nir` 1.0.1 to 1.0.8 write them (doi:10.1038/s41467-024-52259-9).

mod file;
mod graph;
mod read;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rheobase::network::Numbers;
use rheobase::{Error, Result};

use crate::layer::Layer;
use crate::tensor::{Tensor, all};

pub(crate) use file::read_graph;
pub use read::{Settings, read};

/// A node of a graph.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NirNode {
    pub(crate) name: String,
    kind: String,
    fields: BTreeMap<String, Tensor>,
    words: BTreeMap<String, String>,
    used: RefCell<BTreeSet<String>>,
}

/// A graph, flat: what was nested is joined by its edges.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Graph {
    pub(crate) version: String,
    pub(crate) nodes: Vec<NirNode>,
    pub(crate) edges: Vec<(usize, usize)>,
}

/// The kinds of neurons, each of which a dialect reads its own way.
pub(crate) const NEURONS: [&str; 6] = ["I", "LI", "IF", "LIF", "CubaLI", "CubaLIF"];

impl NirNode {
    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }

    pub(crate) fn is_neuron(&self) -> bool {
        NEURONS.contains(&&self.kind[..])
    }

    fn place(&self) -> String {
        format!("{} ({})", self.name, self.kind)
    }

    /// A field that must be there.
    pub(crate) fn tensor(&self, name: &str) -> Result<&Tensor> {
        self.find(name).ok_or_else(|| Error::Value {
            place: self.place(),
            field: name.into(),
            index: None,
            value: "nothing".into(),
            rule: "is needed".into(),
        })
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Tensor> {
        self.used(name);
        self.fields.get(name)
    }

    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        self.used(name);
        self.words.get(name).map(String::as_str)
    }

    /// Numbers of a field that must be there.
    pub(crate) fn numbers(&self, name: &str) -> Result<Numbers> {
        let tensor = self.tensor(name)?;
        match tensor.first_not_finite() {
            None if !tensor.is_empty() => Ok(tensor.numbers()),
            bad => Err(Error::Value {
                place: self.place(),
                field: name.into(),
                index: bad,
                value: bad.map_or("nothing".into(), |i| tensor.at(i).to_string()),
                rule: "must be finite numbers, at least one".into(),
            }),
        }
    }

    /// Numbers of a field, or `default` where the file has none.
    pub(crate) fn numbers_or(&self, name: &str, default: f64) -> Result<Numbers> {
        if self.fields.contains_key(name) { self.numbers(name) } else { Ok(Numbers::One(default)) }
    }

    /// Notes that a field is taken care of.
    pub(crate) fn used(&self, name: &str) {
        self.used.borrow_mut().insert(name.into());
    }

    /// Fields that nobody has asked for.
    pub(crate) fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        self.fields.keys().chain(self.words.keys()).filter(|k| !used.contains(*k)).cloned().collect()
    }

    /// Checks a field that this dialect's exporter always writes alike.
    pub(crate) fn must_be(&self, name: &str, x: f64) -> Result<()> {
        let numbers = self.numbers_or(name, x)?;
        if all(&numbers, |y| y == x) {
            return Ok(());
        }
        Err(Error::Value {
            place: self.place(),
            field: name.into(),
            index: None,
            value: format!("{numbers:?}"),
            rule: format!("must be {x} in what this framework writes; choose another with `--from`"),
        })
    }

    /// A layer of its name.
    pub(crate) fn layer(&self, class: &str) -> Layer {
        Layer::new(&self.name, class, Vec::new())
    }

    /// The error for a kind that a framework does not write.
    pub(crate) fn unknown(&self, framework: &str) -> Result<Layer> {
        let what = format!("{framework} writes no node of kind {}; choose another with `--from`", self.kind);
        Err(Error::Unsupported { place: self.name.clone(), what })
    }
}
