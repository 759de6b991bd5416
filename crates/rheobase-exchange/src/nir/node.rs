//! A node of a graph, and the graph.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rheobase_base::{Error, Result};
use rheobase_network::network::Numbers;

use crate::layer::Layer;
use crate::tensor::{Tensor, all};

/// A node of a graph.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NirNode {
    pub(crate) name: String,
    pub(super) kind: String,
    pub(super) fields: BTreeMap<String, Tensor>,
    pub(super) words: BTreeMap<String, String>,
    pub(super) used: RefCell<BTreeSet<String>>,
}

/// A graph, flat: what was nested is joined by its edges.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Graph {
    pub(crate) version: String,
    pub(crate) nodes: Vec<NirNode>,
    pub(crate) edges: Vec<(usize, usize)>,
    /// What we wrote beside the graph, to read it back to the bit.
    pub(crate) own: BTreeMap<String, String>,
}

/// The kinds of neurons, each of which a dialect reads its own way.
pub(crate) const NEURONS: [&str; 6] = ["I", "LI", "IF", "LIF", "CubaLI", "CubaLIF"];

impl Graph {
    /// Whether there are neurons, and `rule` holds for all of them.
    pub(crate) fn neurons_all(&self, rule: impl Fn(&NirNode) -> bool) -> bool {
        let mut neurons = self.nodes.iter().filter(|n| n.is_neuron()).peekable();
        neurons.peek().is_some() && neurons.all(rule)
    }
}

impl NirNode {
    /// Whether `rule` holds for the numbers of these fields, neuron by neuron; one number stands for all.
    pub(crate) fn holds(&self, fields: &[&str], rule: impl Fn(&[f64]) -> bool) -> bool {
        let found: Option<Vec<&Tensor>> = fields.iter().map(|name| self.fields.get(*name)).collect();
        let Some(found) = found else { return false };
        let count = found.iter().map(|t| t.len()).max().unwrap_or(0);
        let fits = found.iter().all(|t| t.len() == 1 || t.len() == count);
        fits && (0..count).all(|i| {
            let row: Vec<f64> = found.iter().map(|t| t.at(if t.len() == 1 { 0 } else { i })).collect();
            rule(&row)
        })
    }

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
        self.find(name).ok_or_else(|| Error::value(self.place(), name, "nothing", "is needed"))
    }

    /// A field that must be there, taken out: what it holds is then nowhere else.
    pub(crate) fn take(&mut self, name: &str) -> Result<Tensor> {
        self.tensor(name)?;
        self.fields.remove(name).ok_or_else(|| Error::value(self.place(), name, "nothing", "is needed"))
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
        // An infinite time constant is one that never decays.
        match (0..tensor.len()).find(|i| tensor.at(*i).is_nan()) {
            None if !tensor.is_empty() => Ok(tensor.numbers()),
            bad => Err(Error::value(
                self.place(),
                name,
                bad.map_or("nothing".into(), |i| tensor.at(i).to_string()),
                "must be numbers, at least one",
            )
            .at(bad)),
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
        Err(Error::value(
            self.place(),
            name,
            format!("{numbers:?}"),
            format!("must be {x} in what this framework writes; choose another with `--from`"),
        ))
    }

    /// A layer of its name.
    pub(crate) fn layer(&self, class: &str) -> Layer {
        Layer::new(&self.name, class, Vec::new())
    }

    /// The error for a kind that a framework does not write.
    pub(crate) fn unknown(&self, framework: &str) -> Result<Layer> {
        let what = format!("{framework} writes no node of kind {}; choose another with `--from`", self.kind);
        Err(Error::unsupported(self.name.clone(), what))
    }
}
