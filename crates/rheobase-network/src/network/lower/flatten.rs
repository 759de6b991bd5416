//! Networks within networks become one list of nodes, in an order in which every source comes first.

use std::collections::HashMap;

use super::value_error;
use crate::network::describe::{self, FORMAT, Kind, Link, Network, Node};
use rheobase_base::{Error, Result};

/// A node with names made unique and inputs given.
pub(super) struct Flat {
    pub(super) node: Node,
    pub(super) dt: f64,
    /// The shape that a sub-network says its input has, where this is its entry.
    pub(super) entry: Option<Vec<usize>>,
}

pub(super) fn check_format(network: &Network) -> Result<()> {
    if network.format != FORMAT {
        let rule = format!("must be {FORMAT}, the only format this version knows");
        return Err(value_error("network", "format", network.format, rule));
    }
    if !(network.dt > 0.0 && network.dt.is_finite()) {
        return Err(value_error("network", "dt", network.dt, "must be > 0 and finite"));
    }
    Ok(())
}

/// Appends the nodes of `network`, with `prefix` before their names; gives the name of its output.
pub(super) fn flatten(network: &Network, prefix: &str, input: &str, flat: &mut Vec<Flat>) -> Result<String> {
    let mut names: HashMap<&str, String> = HashMap::from([("input", input.to_string())]);
    let mut known: Vec<&str> = vec!["input"];
    for node in &network.nodes {
        let odd = |c: char| !(c.is_alphanumeric() || c == '_' || c == '-');
        if node.name.is_empty() || node.name.contains(odd) {
            let rule = "must be letters, digits, `_` and `-`, at least one";
            return Err(value_error("network", "node.name", format!("`{}`", node.name), rule));
        }
        let full = format!("{prefix}{}", node.name);
        // A sub-network is known by the name of its output.
        let full = match &node.kind {
            Kind::Network(inner) => format!("{full}.{}", output_name(inner, &full)?),
            _ => full,
        };
        if names.insert(&node.name, full).is_some() {
            let rule = "must be the name of one node only, and not `input`";
            return Err(value_error("network", "node.name", format!("`{}`", node.name), rule));
        }
        known.push(&node.name);
    }
    let resolve = |name: &str, place: &str| {
        names.get(name).cloned().ok_or_else(|| Error::unknown(place, "node", name, known.iter().copied()))
    };
    let mut before = "input".to_string();
    for node in &network.nodes {
        let place = format!("{prefix}{}", node.name);
        let from = if node.from.is_empty() { vec![Link::Now(before.clone())] } else { node.from.clone() };
        let mut links = Vec::with_capacity(from.len());
        for link in from {
            let source = resolve(link.node(), &place)?;
            links.push(match link {
                Link::Now(_) => Link::Now(source),
                Link::Delayed { delay: 0, .. } => {
                    return Err(value_error(&place, "delay", 0, "must be at least 1; leave it out for none"));
                }
                Link::Delayed { delay, .. } if delay > 1 << 20 => {
                    return Err(value_error(&place, "delay", delay, "must be at most 2^20 steps"));
                }
                Link::Delayed { delay, initial, .. } => Link::Delayed { node: source, delay, initial },
            });
        }
        before = node.name.clone();
        if let Kind::Network(inner) = &node.kind {
            check_format(inner)?;
            if inner.dt != network.dt {
                let rule = format!(
                    "must be that of the network around it, {}: all nodes take the same steps",
                    network.dt
                );
                return Err(value_error(&place, "dt", inner.dt, rule));
            }
            // What comes in is combined before it enters.
            let entry = format!("{place}.input");
            let node = Node {
                name: entry.clone(),
                from: links,
                combine: node.combine,
                kind: Kind::Identity(describe::Nothing {}),
            };
            flat.push(Flat { node, dt: inner.dt, entry: Some(inner.input.clone()) });
            flatten(inner, &format!("{place}."), &entry, flat)?;
            continue;
        }
        let node = Node { name: place, from: links, combine: node.combine, kind: node.kind.clone() };
        flat.push(Flat { node, dt: network.dt, entry: None });
    }
    let output = if network.output.is_empty() { before } else { network.output.clone() };
    resolve(&output, "network.output")
}

fn output_name(network: &Network, place: &str) -> Result<String> {
    let last = network.nodes.last().map(|n| n.name.clone());
    let name = if network.output.is_empty() { last } else { Some(network.output.clone()) };
    let name =
        name.ok_or_else(|| value_error(place, "network", "no nodes", "must have at least one node"))?;
    match network.nodes.iter().find(|n| n.name == name).map(|n| &n.kind) {
        Some(Kind::Network(inner)) => Ok(format!("{name}.{}", output_name(inner, place)?)),
        _ => Ok(name),
    }
}

/// The nodes in an order in which every input without delay comes before its node: the given order where it can be.
pub(super) fn order(flat: &[Flat]) -> Result<Vec<usize>> {
    let position: HashMap<&str, usize> =
        flat.iter().enumerate().map(|(i, f)| (&f.node.name[..], i)).collect();
    let now = |i: usize| {
        let links = flat[i].node.from.iter().filter(|l| l.delay() == 0);
        links.filter_map(|l| position.get(l.node()).copied())
    };
    let mut done = vec![false; flat.len()];
    let mut order = Vec::with_capacity(flat.len());
    while order.len() < flat.len() {
        let ready = (0..flat.len()).find(|i| !done[*i] && now(*i).all(|j| done[j]));
        let Some(i) = ready else { return Err(cycle(flat, &done, now)) };
        done[i] = true;
        order.push(i);
    }
    Ok(order)
}

/// The error that names the edges of a cycle without delay.
fn cycle<I: Iterator<Item = usize>>(flat: &[Flat], done: &[bool], now: impl Fn(usize) -> I) -> Error {
    let mut path = vec![(0..flat.len()).find(|i| !done[*i]).unwrap_or(0)];
    loop {
        let last = path[path.len() - 1];
        let Some(next) = now(last).find(|j| !done[*j]) else { break };
        if let Some(start) = path.iter().position(|p| *p == next) {
            path.push(next);
            path.drain(..start);
            break;
        }
        path.push(next);
    }
    let names: Vec<&str> = path.iter().rev().map(|i| &flat[*i].node.name[..]).collect();
    Error::unsupported(
        "network",
        format!(
            "a cycle without a delay: {}; give one of its edges a delay of at least 1",
            names.join(" → ")
        ),
    )
}
