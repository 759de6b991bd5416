//! `Model`: a network of ours with its weights, as it was read or will be written.

use std::collections::BTreeMap;

use rheobase_base::{Error, Result};
use rheobase_network::network::{Kind, Library, Network, Program, lower_with, outline};
use serde::{Deserialize, Serialize};

/// A layer that was read, and where its output is found here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Its name in the model that was read.
    pub layer: String,
    /// The node that sends what it sends.
    pub node: String,
    /// The node of its neurons, where they are neurons.
    pub cell: Option<String>,
}

/// A network and the values of its weights, by the names its program gives them.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The network.
    pub network: Network,
    /// Values of its tensors: `NODE.weight` `[in, out]`, `NODE.bias`.
    pub weights: BTreeMap<String, Vec<f32>>,
    /// The layers it was read from, in order.
    pub layers: Vec<Shown>,
}

impl Model {
    /// A network of ours with its weights: every node is a layer.
    pub fn new(network: Network, weights: BTreeMap<String, Vec<f32>>) -> Model {
        let shown = |node: &rheobase_network::network::Node| {
            let cell = matches!(node.kind, Kind::Neurons(_)).then(|| node.name.clone());
            Shown { layer: node.name.clone(), node: node.name.clone(), cell }
        };
        let layers = network.nodes.iter().map(shown).collect();
        Model { network, weights, layers }
    }

    /// The network ready to run, with its weights.
    ///
    /// # Errors
    /// A network that cannot be built; weights of names or lengths that it does not have, and tensors that have no value.
    pub fn program(&self) -> Result<Program> {
        self.fits()?;
        let mut program = lower_with(&self.network, 0, &Library::default())?;
        program.update(|parameters| {
            self.weights.iter().try_for_each(|(name, values)| parameters.set(name, values))
        })?;
        Ok(program)
    }

    /// Checks the network and whether the weights are what it needs, without making them.
    ///
    /// # Errors
    /// Those of [`Model::program`].
    pub fn fits(&self) -> Result<()> {
        let table = outline(&self.network)?;
        let tensors = table.nodes.iter().flat_map(|n| &n.tensors);
        let wrong = tensors.clone().find(|t| self.weights.get(&t.name).map(Vec::len) != Some(t.count));
        if let Some(tensor) = wrong {
            let got =
                self.weights.get(&tensor.name).map_or("nothing".into(), |w| format!("{} numbers", w.len()));
            return Err(Error::shape(
                "model",
                tensor.name.clone(),
                got,
                format!("{:?} is needed", tensor.shape),
            ));
        }
        let known: Vec<&str> = tensors.map(|t| &t.name[..]).collect();
        match self.weights.keys().find(|name| !known.contains(&&name[..])) {
            None => Ok(()),
            Some(name) => Err(Error::unknown("model", "tensor", name, known)),
        }
    }
}
