//! A network of rates as one of spikes: the same description with other settings of its layers, and what stands around them.
//!
//! Names of nodes and parameters stay, so weights are handed over by name.

use std::collections::BTreeMap;

use super::describe::{Combine, Kind, Link, Network, Neurons, Node, RunAs, Scale, Synapse};

/// What becomes of the layers of a network that are run as rates.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// What they are run as from here on.
    pub run_as: RunAs,
    /// What their output goes through: `LAYER_synapse`.
    pub synapse: Option<Synapse>,
    /// By layer (`outer.inner` in networks within networks), the factor on its input, which its output is divided by again:
    /// `LAYER_in`, `LAYER_out`. Rates that are proportional to the input rise by it and mean the same.
    pub scales: BTreeMap<String, f64>,
}

impl Network {
    /// The layers that are run as rates, by name (`outer.inner` in networks within networks).
    pub fn rate_layers(&self) -> Vec<String> {
        self.neurons_by_name()
            .into_iter()
            .filter(|(_, n)| n.run_as != RunAs::Spikes)
            .map(|(name, _)| name)
            .collect()
    }

    /// All layers of neurons, by name (`outer.inner` in networks within networks).
    pub fn neurons_by_name(&self) -> Vec<(String, &Neurons)> {
        let mut found = Vec::new();
        for node in &self.nodes {
            match &node.kind {
                Kind::Neurons(neurons) => found.push((node.name.clone(), neurons)),
                Kind::Network(inner) => {
                    let inner = inner.neurons_by_name().into_iter();
                    found.extend(inner.map(|(name, n)| (format!("{}.{name}", node.name), n)));
                }
                _ => {}
            }
        }
        found
    }

    /// Lets every layer of neurons be changed, by name.
    pub fn each_neurons(&mut self, change: &mut dyn FnMut(&str, &mut Neurons)) {
        self.each_within("", change);
    }

    fn each_within(&mut self, prefix: &str, change: &mut dyn FnMut(&str, &mut Neurons)) {
        for node in &mut self.nodes {
            match &mut node.kind {
                Kind::Neurons(neurons) => change(&format!("{prefix}{}", node.name), neurons),
                Kind::Network(inner) => inner.each_within(&format!("{prefix}{}.", node.name), change),
                _ => {}
            }
        }
    }

    /// The network with its rate layers, curves no longer smoothed, run otherwise.
    #[must_use]
    pub fn converted(&self, to: &Converted) -> Network {
        self.within("", to)
    }

    fn within(&self, prefix: &str, to: &Converted) -> Network {
        let mut nodes = Vec::new();
        let mut renamed: BTreeMap<String, String> = BTreeMap::new();
        let mut before = "input".to_string();
        for node in &self.nodes {
            let mut node = node.clone();
            // The node before may get others behind it.
            if node.from.is_empty() {
                node.from = vec![Link::Now(before)];
            }
            before = node.name.clone();
            match &mut node.kind {
                Kind::Network(inner) => **inner = inner.within(&format!("{prefix}{}.", node.name), to),
                Kind::Neurons(neurons) if neurons.run_as != RunAs::Spikes => {
                    (neurons.run_as, neurons.sigma) = (to.run_as, None);
                    let name = node.name.clone();
                    let scale = to.scales.get(&format!("{prefix}{name}")).copied();
                    let last = around(node, scale, to.synapse, &mut nodes);
                    renamed.insert(name, last);
                    continue;
                }
                _ => {}
            }
            nodes.push(node);
        }
        let new_name = |name: &str| renamed.get(name).cloned().unwrap_or_else(|| name.to_string());
        let added: Vec<String> =
            renamed.iter().flat_map(|(name, last)| [name.clone(), last.clone()]).collect();
        for node in nodes.iter_mut() {
            // What stands directly behind a layer for its own sake.
            let own = added
                .iter()
                .any(|name| node.name == format!("{name}_out") || node.name == format!("{name}_synapse"));
            for link in node.from.iter_mut().filter(|_| !own) {
                match link {
                    Link::Now(name) | Link::Delayed { node: name, .. } => *name = new_name(name),
                }
            }
        }
        let output = if self.output.is_empty() { before } else { self.output.clone() };
        Network { nodes, output: new_name(&output), ..self.clone() }
    }
}

/// Appends a layer with what stands before and behind it; gives the name of the last.
fn around(mut layer: Node, scale: Option<f64>, synapse: Option<Synapse>, nodes: &mut Vec<Node>) -> String {
    let name = layer.name.clone();
    let then = |name: String, from: &str, kind: Kind| Node {
        name,
        from: vec![Link::Now(from.to_string())],
        combine: Combine::default(),
        kind,
    };
    if let Some(factor) = scale {
        let before = format!("{name}_in");
        let from = std::mem::replace(&mut layer.from, vec![Link::Now(before.clone())]);
        let combine = std::mem::take(&mut layer.combine);
        nodes.push(Node { name: before, from, combine, kind: Kind::Scale(Scale { factor }) });
    }
    nodes.push(layer);
    let mut last = name.clone();
    if let Some(factor) = scale {
        let after = format!("{name}_out");
        nodes.push(then(after.clone(), &last, Kind::Scale(Scale { factor: 1.0 / factor })));
        last = after;
    }
    if let Some(synapse) = synapse {
        let after = format!("{name}_synapse");
        nodes.push(then(after.clone(), &last, Kind::Synapse(synapse)));
        last = after;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{
        Layer, Placeholder, Sequential, Stack, SynapseShape, from, linear, lower, network, neurons,
    };

    fn spikes(scale: Option<f64>) -> Converted {
        let synapse = Some(Synapse { shape: SynapseShape::Exponential, tau: 0.005 });
        let scales = scale.map(|s| ("outer.lif".to_string(), s)).into_iter().collect();
        Converted { run_as: RunAs::Spikes, synapse, scales }
    }

    #[test]
    fn layers_within_and_recurrent_ones_are_converted_and_lower() {
        let rate = || neurons("lif").as_rate(Some(0.1));
        let inner = Sequential::new([linear(4), rate()]).input(&[]).unwrap();
        let layers = [
            Layer::new("outer", "input", [network(inner)]),
            Layer::new("own", Stack([from("outer"), Placeholder("own").delay(1)]), [linear(3), rate()]),
            Layer::new("spiking", "own", [neurons("lif")]),
        ];
        let described = Network::of(layers).input(&[5]).unwrap();
        assert_eq!(described.rate_layers(), ["outer.lif", "own"]);
        let spiking = described.converted(&spikes(Some(2.0)));
        assert!(spiking.rate_layers().is_empty());
        let program = lower(&spiking, 0).unwrap();
        let names: Vec<&str> = program.nodes().map(|(name, ..)| name).collect();
        for name in ["outer.lif_in", "outer.lif_out", "outer.lif_synapse", "own_synapse"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        // The layer's own links go to what stands behind it.
        let table = crate::network::table(&program);
        let stack = table.nodes.iter().find(|n| n.name == "own_linear.in").unwrap();
        assert_eq!(
            stack.inputs.iter().map(|e| (&e.node[..], e.delay)).collect::<Vec<_>>(),
            [("outer.lif_synapse", 0), ("own_synapse", 1)]
        );
        assert_eq!(table.output, "spiking");
        // Parameters keep their names.
        let names = |n: &Network| {
            lower(n, 0).unwrap().parameters().tensors.iter().map(|t| t.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&described), names(&spiking));
    }
}
