//! `table` and `outline`: what a program or a description consists of, as data to be printed or read.

use serde::Serialize;

use super::describe::Network;
use super::library::Library;
use super::lower::plan;
use super::parameters::Parameter;
use super::program::Program;
use rheobase_base::Result;

/// A program in rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Shape of a sample in one step.
    pub input: Vec<usize>,
    /// The nodes, in the order in which a step goes through them.
    pub nodes: Vec<Row>,
    /// Name of the node whose signal the network gives; `input` if there is none.
    pub output: String,
    /// Number of values that are learned.
    pub parameters: usize,
    /// The longest delay, in steps; 0 in a network without delays.
    pub longest_delay: usize,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What it computes, in a word: `linear`, `lif`.
    pub what: String,
    /// Whether it is a layer of neurons.
    pub layer: bool,
    /// Whether it is neurons that send spikes: a layer of a model that spikes, or `fire`.
    pub spikes: bool,
    /// Where its inputs come from, in order.
    pub inputs: Vec<Edge>,
    /// Shape of what it sends.
    pub shape: Vec<usize>,
    /// What it learns.
    pub tensors: Vec<TensorRow>,
    /// Number of values that it learns.
    pub parameters: usize,
}

/// An input of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// Name of the node it comes from, or `input`.
    pub node: String,
    /// Steps of delay.
    pub delay: usize,
}

/// A tensor that is learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TensorRow {
    /// Its name within the network: `hidden.weight`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Number of its values.
    pub count: usize,
}

/// What `program` consists of.
pub fn table(program: &Program) -> Table {
    let nodes = program.nodes.iter().zip(program.spiking()).map(|(node, spikes)| RowSource {
        name: &node.name,
        what: &node.what,
        layer: node.layer,
        spikes,
        inputs: &node.inputs,
        shape: &node.shape,
        tensors: &program.parameters.tensors[node.tensors.clone()],
    });
    rows(&nodes.collect::<Vec<_>>(), &program.input, program.output, &program.delays)
}

/// What `network` consists of, from its description: everything is checked, but no weights are drawn and no layers made,
/// so that it takes no time and memory to speak of.
///
/// # Errors
/// Those of [`lower`](super::lower()), but for what does not fit into memory.
pub fn outline(network: &Network) -> Result<Table> {
    outline_with(network, &Library::default())
}

/// [`outline`] with models and operators of the user's.
///
/// # Errors
/// Those of [`outline`].
pub fn outline_with(network: &Network, library: &Library) -> Result<Table> {
    let plan = plan(network, library)?;
    let nodes = plan.nodes.iter().map(|node| RowSource {
        name: &node.name,
        what: &node.what,
        layer: node.layer,
        spikes: node.spikes,
        inputs: &node.inputs,
        shape: &node.shape,
        tensors: &node.tensors,
    });
    Ok(rows(&nodes.collect::<Vec<_>>(), &plan.input, plan.output, &plan.delays))
}

/// What a row is made from.
struct RowSource<'a> {
    name: &'a str,
    what: &'a str,
    layer: bool,
    spikes: bool,
    inputs: &'a [(usize, usize)],
    shape: &'a [usize],
    tensors: &'a [Parameter],
}

fn rows(parts: &[RowSource<'_>], input: &[usize], output: usize, delays: &[usize]) -> Table {
    let name = |source: usize| source.checked_sub(1).map_or("input", |n| parts[n].name).to_string();
    let row = |part: &RowSource<'_>| {
        let tensor =
            |t: &Parameter| TensorRow { name: t.name.clone(), shape: t.shape.clone(), count: t.count() };
        let tensors: Vec<TensorRow> = part.tensors.iter().map(tensor).collect();
        Row {
            name: part.name.into(),
            what: part.what.into(),
            layer: part.layer,
            spikes: part.spikes,
            inputs: part.inputs.iter().map(|(s, delay)| Edge { node: name(*s), delay: *delay }).collect(),
            shape: part.shape.to_vec(),
            parameters: tensors.iter().map(|t| t.count).sum(),
            tensors,
        }
    };
    let nodes: Vec<Row> = parts.iter().map(row).collect();
    Table {
        input: input.to_vec(),
        parameters: nodes.iter().map(|n| n.parameters).sum(),
        nodes,
        output: name(output),
        longest_delay: delays.iter().copied().max().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use crate::network::{Edge, Layer, Network, Stack, from, linear, lower, neurons, outline, table};

    #[test]
    fn rows_say_inputs_delays_shapes_and_what_is_learned() {
        let stack = Stack([from("input"), from("hidden").delay(2)]);
        let hidden = neurons("lif_subtract").learn("tau[]");
        let layers = [
            Layer::new("hidden", stack, [linear(5), hidden]),
            Layer::new("out", "hidden", [linear(3).without_bias()]),
        ];
        let network = Network::of(layers).input(&[4]).unwrap();
        let table = table(&lower(&network, 0).unwrap());
        assert_eq!(outline(&network).unwrap(), table);
        let names: Vec<(&str, &str, bool)> =
            table.nodes.iter().map(|n| (&n.name[..], &n.what[..], n.spikes)).collect();
        let expected = [
            ("hidden_linear.in", "stack", false),
            ("hidden_linear", "linear", false),
            ("hidden", "lif_subtract", true),
            ("out", "linear", false),
        ];
        assert_eq!(names, expected);
        let edge = |node: &str, delay| Edge { node: node.into(), delay };
        assert_eq!(table.nodes[0].inputs, [edge("input", 0), edge("hidden", 2)]);
        assert_eq!(table.nodes[2].inputs, [edge("hidden_linear", 0)]);
        assert_eq!((table.longest_delay, &table.output[..]), (2, "out"));
        assert_eq!(table.nodes[1].shape, [5]);
        assert_eq!(table.nodes[1].parameters, 9 * 5 + 5);
        assert_eq!(table.nodes[2].tensors[0].name, "hidden.tau");
        assert_eq!(table.parameters, 50 + 5 + 15);
    }
}
