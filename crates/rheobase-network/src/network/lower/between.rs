//! `lower_part`: the part of a network between two of its signals, as a program of its own.

use super::made;
use super::plan::{Plan, plan};
use crate::network::describe::Network;
use crate::network::library::Library;
use crate::network::program::Program;
use rheobase_base::Result;

/// The nodes that source number `to` of a network is computed from, as far back as number `from`, whose signal becomes the
/// input (0: that of the network). `None` if they also need the input of the whole network, or what `from` sent in
/// earlier steps. Numbers are those of the whole network's program; weights start as seed 0 says.
///
/// # Errors
/// Those of [`super::lower()`].
pub fn lower_part(network: &Network, library: &Library, from: usize, to: usize) -> Result<Option<Program>> {
    let plan = plan(network, library)?;
    between(plan, from, to).map(|part| made(part, 0, library)).transpose()
}

/// Which sources number `to` is computed from, itself included, through edges with and without delay; the search goes no
/// further back than `from`. `inputs` gives the inputs of each node.
pub fn ancestors<'a>(
    nodes: usize,
    inputs: impl Fn(usize) -> &'a [(usize, usize)],
    from: usize,
    to: usize,
) -> Vec<bool> {
    let mut found = vec![false; nodes + 1];
    let mut open = vec![to];
    while let Some(source) = open.pop() {
        if !std::mem::replace(&mut found[source], true) && source != from && source > 0 {
            open.extend(inputs(source - 1).iter().map(|(source, _)| *source));
        }
    }
    found
}

fn between(plan: Plan, from: usize, to: usize) -> Option<Plan> {
    let needed = ancestors(plan.nodes.len(), |n| &plan.nodes[n].inputs, from, to);
    let kept: Vec<bool> = (0..needed.len()).map(|s| needed[s] && s != from && s > 0).collect();
    let late =
        plan.nodes.iter().zip(&kept[1..]).any(|(node, kept)| {
            *kept && node.inputs.iter().any(|(source, delay)| *source == from && *delay > 0)
        });
    if from > 0 && (needed[0] || late) {
        return None;
    }
    let mut numbers = vec![0; kept.len()];
    for (number, source) in (1..kept.len()).filter(|s| kept[*s]).enumerate() {
        numbers[source] = number + 1;
    }
    let Plan { nodes, mut input, mut delays, mut given, .. } = plan;
    if from > 0 {
        input = nodes[from - 1].shape.clone();
        (delays[0], given[0]) = (0, None);
    }
    let mut sources = 0..;
    delays.retain(|_| sources.next().is_some_and(|s: usize| s == 0 || kept[s]));
    let mut sources = 0..;
    given.retain(|_| sources.next().is_some_and(|s: usize| s == 0 || kept[s]));
    let nodes = nodes.into_iter().enumerate().filter(|(n, _)| kept[n + 1]).map(|(_, mut node)| {
        node.inputs.iter_mut().for_each(|(source, _)| *source = numbers[*source]);
        node
    });
    Some(Plan { nodes: nodes.collect(), input, output: numbers[to], delays, given })
}
