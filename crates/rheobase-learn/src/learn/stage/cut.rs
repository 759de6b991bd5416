//! `Cut`: the part of a network that a stage runs: what comes before its layer, and the layer with its neurons.

use crate::learn::check::broken;
use crate::learn::front::take_over;
use rheobase_base::{Error, Result};
use rheobase_network::network::{Kind, Network, Program, ancestors, lower_part};
use rheobase_network::plasticity::Connection;

/// The two programs of a stage. Nodes behind the layer's neurons are in neither.
pub(super) struct Cut {
    /// What the layer's input is computed from; `None` if that is the network's input, or depends on the layer itself.
    pub(super) front: Option<Program>,
    /// The layer and what follows it, up to its neurons; the whole way from the input without a front.
    pub(super) back: Program,
    /// Position of the layer within `back`.
    pub(super) layer: usize,
    /// Position of its neurons within `back`.
    pub(super) neurons: usize,
    /// Which weight lies between which input and output.
    pub(super) connection: Connection,
    /// Shape of what a feature of the layer sees at once: channel, row, column.
    pub(super) kernel: [usize; 3],
}

impl Cut {
    /// Cuts the part of the layer `name` out of a network; parameters are those of `program`.
    ///
    /// # Errors
    /// A layer that is not there, has no weights that a rule could change, or has a bias; no neurons behind it, several
    /// layers of them, or one of another shape.
    pub(super) fn new(network: &Network, program: &Program, name: &str) -> Result<Cut> {
        let place = format!("stage.{name}");
        let known = || program.nodes().map(|(name, ..)| name);
        let layer = known().position(|n| n == name);
        let layer = layer.ok_or_else(|| Error::unknown("stage.layer", "node", name, known()))?;
        let connection = connection(program, layer, &place)?;
        let neurons = neurons(program, layer, &place)?;
        // Only what the layer's own weights decide has to be run sample by sample.
        let network = &with_potentials(network, name);
        let (before, to) = (program.list()[layer].inputs[0].0, neurons + 1);
        let alone = before > 0 && !depends(program, before, layer + 1);
        let back = if alone { lower_part(network, program.library(), before, to)? } else { None };
        let mut front =
            if back.is_some() { lower_part(network, program.library(), 0, before)? } else { None };
        let mut back = match back {
            Some(back) => back,
            None => lower_part(network, program.library(), 0, to)?.ok_or_else(|| no_neurons(&place))?,
        };
        for part in front.iter_mut().chain([&mut back]) {
            take_over(part, program)?;
        }
        let kernel = kernel(program, layer);
        let (layer, neurons) = (back.node(name)?, back.node(&program.list()[neurons].name)?);
        Ok(Cut { front, back, layer, neurons, connection, kernel })
    }
}

/// The network, its node `name` sending potentials if it can: winners are found by them. Nothing else runs behind it here.
fn with_potentials(network: &Network, name: &str) -> Network {
    let mut network = network.clone();
    for node in &mut network.nodes {
        match &mut node.kind {
            Kind::FirstSpikeConv(conv) if node.name == name => conv.values = true,
            Kind::Network(inner) => {
                if let Some(name) = name.strip_prefix(&node.name).and_then(|rest| rest.strip_prefix('.')) {
                    **inner = with_potentials(inner, name);
                }
            }
            _ => {}
        }
    }
    network
}

/// Whether source `of` is computed from source `from`.
pub(super) fn depends(program: &Program, of: usize, from: usize) -> bool {
    ancestors(program.list().len(), |n| &program.list()[n].inputs, 0, of)[from]
}

/// The connection of a layer that a rule can change.
fn connection(program: &Program, layer: usize, place: &str) -> Result<Connection> {
    let node = &program.list()[layer];
    let Some(connection) = node.operator.connection(place)? else {
        let what = format!(
            "`{}` ({}) has no weights that a rule could change; name a `linear`, `conv` or `first_spike_conv` node",
            node.name, node.what
        );
        return Err(Error::unsupported(place, what));
    };
    let bias = format!("{}.bias", node.name);
    if program.parameters().tensors[node.tensors.clone()].iter().any(|t| t.name == bias) {
        let rule = format!("must be false in `{}`: no rule changes a bias", node.name);
        return Err(broken(place, "bias", true, rule));
    }
    Ok(connection.delayed(node.inputs[0].1))
}

/// The neurons that spike behind a layer: the first ones on every way, of which there has to be one layer.
fn neurons(program: &Program, layer: usize, place: &str) -> Result<usize> {
    let (mut found, mut seen, mut open) = (Vec::new(), vec![false; program.list().len()], vec![layer]);
    while let Some(n) = open.pop() {
        if std::mem::replace(&mut seen[n], true) {
            continue;
        }
        if program.list()[n].operator.spikes() {
            found.push(n);
            continue;
        }
        let follows = |node: &rheobase_network::network::ProgramNode| node.inputs.contains(&(n + 1, 0));
        open.extend(program.list().iter().enumerate().filter(|(_, node)| follows(node)).map(|(n, _)| n));
    }
    found.sort_unstable();
    match found[..] {
        [] => Err(no_neurons(place)),
        [n] => same_shape(program, layer, n, place),
        [a, b, ..] => {
            let what = format!(
                "both `{}` and `{}` follow it, and it is not clear whose spikes it learns from; put a `fire` or `neurons` \
                 node right behind it",
                program.list()[a].name,
                program.list()[b].name
            );
            Err(Error::unsupported(place, what))
        }
    }
}

fn same_shape(program: &Program, layer: usize, neurons: usize, place: &str) -> Result<usize> {
    let (layer, behind) = (&program.list()[layer], &program.list()[neurons]);
    if layer.shape == behind.shape {
        return Ok(neurons);
    }
    Err(Error::shape(
        place,
        behind.name.clone(),
        format!("{:?}", behind.shape),
        format!(
            "the neurons behind `{}` need its shape {:?}, one for each of its outputs; put a `fire` or `neurons` node right \
             behind it",
            layer.name, layer.shape
        ),
    ))
}

fn no_neurons(place: &str) -> Error {
    let what = "no neurons that spike follow it, and a rule learns from spikes; put a `fire` or `neurons` node behind it";
    Error::unsupported(place, what)
}

/// The shape of a kernel; of a dense layer that of the image that was flattened before it, if one was.
fn kernel(program: &Program, layer: usize) -> [usize; 3] {
    let node = &program.list()[layer];
    let shape = match program.parameters().tensors[node.tensors.start].shape[..] {
        [_, channels, columns] => vec![channels, 1, columns],
        [_, channels, rows, columns] => vec![channels, rows, columns],
        _ => flattened(program, node.inputs[0].0),
    };
    match shape[..] {
        [channels, rows, columns] => [channels, rows, columns],
        [channels, columns] => [channels, 1, columns],
        _ => [1, 1, shape.iter().product()],
    }
}

/// The shape of a signal before it was brought into a row.
fn flattened(program: &Program, source: usize) -> Vec<usize> {
    let Some(n) = source.checked_sub(1) else { return program.input_shape().to_vec() };
    let node = &program.list()[n];
    match (&node.what[..], &node.inputs[..]) {
        ("flatten", [(before, 0)]) => flattened(program, *before),
        _ => node.shape.clone(),
    }
}
