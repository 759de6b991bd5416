//! The order of a graph's nodes, and which of its edges lead back.

use std::collections::BTreeSet;

use rheobase_base::{Error, Result};

use super::node::Graph;

/// Nodes in an order in which every source comes first, but for edges that lead back.
pub(crate) struct Order {
    /// Numbers of nodes.
    pub(crate) nodes: Vec<usize>,
    /// Edges that carry what was sent a step before.
    pub(crate) delayed: BTreeSet<(usize, usize)>,
    /// Nodes that are part of a cycle.
    pub(crate) recurrent: BTreeSet<usize>,
}

impl Graph {
    pub(crate) fn sources(&self, node: usize) -> Vec<usize> {
        self.edges.iter().filter(|(_, b)| *b == node).map(|(a, _)| *a).collect()
    }

    pub(crate) fn out_of(&self, node: usize) -> Vec<usize> {
        self.edges.iter().filter(|(a, _)| *a == node).map(|(_, b)| *b).collect()
    }

    /// The only node of kind `Input` or `Output`.
    pub(crate) fn only(&self, kind: &str) -> Result<usize> {
        let mut found = self.nodes.iter().enumerate().filter(|(_, n)| n.kind() == kind).map(|(i, _)| i);
        match (found.next(), found.next()) {
            (Some(n), None) => Ok(n),
            (None, _) => {
                let what = format!("the graph has no {kind}: one is needed");
                Err(Error::unsupported("nir", what))
            }
            _ => {
                let what = format!("the graph has several nodes of kind {kind}: networks here have one");
                Err(Error::unsupported("nir", what))
            }
        }
    }

    /// Orders the nodes that the input reaches, depth first; an edge back to a node that is still open closes a cycle.
    pub(crate) fn order(&self) -> Result<Order> {
        let count = self.nodes.len();
        let start = self.only("Input")?;
        let (mut state, mut finished, mut back) = (vec![0u8; count], Vec::new(), Vec::new());
        let mut recurrent = BTreeSet::new();
        // Node and how many of its edges have been followed.
        let mut open: Vec<(usize, Vec<usize>)> = vec![(start, self.out_of(start))];
        state[start] = 1;
        while let Some((node, rest)) = open.last_mut() {
            let node = *node;
            match rest.pop() {
                None => {
                    state[node] = 2;
                    finished.push(node);
                    open.pop();
                }
                Some(next) if state[next] == 0 => {
                    state[next] = 1;
                    open.push((next, self.out_of(next)));
                }
                Some(next) if state[next] == 1 => {
                    back.push((node, next));
                    let from = open.iter().position(|(n, _)| *n == next).unwrap_or(0);
                    recurrent.extend(open[from..].iter().map(|(n, _)| *n));
                }
                Some(_) => {}
            }
        }
        finished.reverse();
        let delayed = back.into_iter().map(|edge| self.delayed_edge(edge)).collect();
        // A delay that was moved towards the neurons leaves maps without a source in this step: they come after.
        let order = Order { nodes: finished, delayed, recurrent };
        self.sorted(order)
    }

    /// The delay is put behind the neuron that the edge's signal comes from, in front of maps: so a map's bias acts from the
    /// first step.
    fn delayed_edge(&self, (mut from, mut to): (usize, usize)) -> (usize, usize) {
        for _ in 0..self.nodes.len() {
            let sources = self.sources(from);
            if self.nodes[from].is_neuron() || sources.len() != 1 || self.out_of(from).len() != 1 {
                break;
            }
            (from, to) = (sources[0], from);
        }
        (from, to)
    }

    /// The order again, now that it is known which edges are delayed.
    fn sorted(&self, order: Order) -> Result<Order> {
        let reached: BTreeSet<usize> = order.nodes.iter().copied().collect();
        let now = |(a, b): &&(usize, usize)| {
            reached.contains(a) && reached.contains(b) && !order.delayed.contains(&(*a, *b))
        };
        let edges: Vec<(usize, usize)> = self.edges.iter().filter(now).copied().collect();
        let mut waits: Vec<usize> = vec![0; self.nodes.len()];
        edges.iter().for_each(|(_, b)| waits[*b] += 1);
        let mut nodes = Vec::with_capacity(order.nodes.len());
        let mut left = order.nodes.clone();
        while !left.is_empty() {
            let Some(at) = left.iter().position(|n| waits[*n] == 0) else {
                let what = "a cycle without a neuron in it has no meaning step by step";
                return Err(Error::unsupported(self.nodes[left[0]].name.clone(), what));
            };
            let node = left.remove(at);
            edges.iter().filter(|(a, _)| *a == node).for_each(|(_, b)| waits[*b] -= 1);
            nodes.push(node);
        }
        Ok(Order { nodes, ..order })
    }
}
