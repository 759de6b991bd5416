//! Nodes whose parameters no longer change, and the signals whose gradients nobody needs.

use std::ops::Range;

use super::parameters::Parameter;
use super::program::{Program, Version};
use rheobase_base::{Error, Result};

impl Program {
    /// Keeps the parameters of a node as they are: they get no gradient, and no work is spent on one.
    ///
    /// # Errors
    /// A node that the network does not have.
    pub fn freeze(&mut self, name: &str) -> Result<()> {
        let node = self.node(name)?;
        self.frozen[node] = true;
        Ok(())
    }

    /// Of each tensor of [`Program::parameters`], whether it is kept as it is.
    pub fn frozen_tensors(&self) -> Vec<bool> {
        let mut frozen = vec![false; self.parameters.tensors.len()];
        for (node, _) in self.nodes.iter().zip(&self.frozen).filter(|(_, frozen)| **frozen) {
            frozen[node.tensors.clone()].fill(true);
        }
        frozen
    }

    /// The position of the node called `name`.
    ///
    /// # Errors
    /// Unknown name, with the nearest known one.
    pub fn node(&self, name: &str) -> Result<usize> {
        let names = || self.nodes.iter().map(|n| &n.name[..]);
        names().position(|n| n == name).ok_or_else(|| Error::unknown("network", "node", name, names()))
    }

    /// Changes the parameters of one node and lets it take them in. After an error they are what `change` left.
    ///
    /// # Errors
    /// Those of `change`; values that are not in a tensor's range.
    pub fn update_node(
        &mut self,
        node: usize,
        change: impl FnOnce(&mut [Parameter]) -> Result<()>,
    ) -> Result<()> {
        self.version = Version::next();
        let node = &mut self.nodes[node];
        let tensors = &mut self.parameters.tensors[node.tensors.clone()];
        change(tensors)?;
        tensors.iter().try_for_each(|t| t.check(&t.values))?;
        let values: Vec<&[f32]> = tensors.iter().map(|t| &t.values[..]).collect();
        node.operator.refresh(&values)
    }

    /// The last source that training does not change: neither what it is computed from nor anything before it is learned or
    /// depends on chance, and what comes behind needs nothing else from there. `None` where no parameter lies before such a
    /// source: then there is nothing to gain.
    pub fn settled(&self) -> Option<usize> {
        let fixed = |n: &usize| {
            (self.frozen[*n] || self.nodes[*n].tensors.is_empty()) && !self.nodes[*n].operator.has_chance()
        };
        let end = (0..self.nodes.len()).take_while(fixed).count();
        let worth = |source: usize| self.nodes[..source].iter().any(|node| !node.tensors.is_empty());
        (1..=end).rev().find(|source| *source < self.output && self.cuts(*source) && worth(*source))
    }

    /// Whether what lies behind a source needs nothing else of what lies before, and the other way round.
    pub(crate) fn cuts(&self, source: usize) -> bool {
        let inputs = |range: Range<usize>| self.nodes[range].iter().flat_map(|node| &node.inputs);
        let behind = |(from, delay): &(usize, usize)| *from > source || (*from, *delay) == (source, 0);
        inputs(0..source).all(|(from, _)| *from <= source) && inputs(source..self.nodes.len()).all(behind)
    }

    /// Numbers that the nodes which gradients go back through send in a step of a sample.
    pub fn taped_width(&self) -> usize {
        let needed = self.needs_gradient(false);
        (0..needed.len()).filter(|source| needed[*source]).map(|source| self.width(source)).sum()
    }

    /// Of each source, whether some parameter that is learned depends on its gradient: one of its own, or one of a node
    /// that it is computed from. `input` says whether that of the network's input is wanted.
    pub(crate) fn needs_gradient(&self, input: bool) -> Vec<bool> {
        let learned = |n: usize| !self.frozen[n] && !self.nodes[n].tensors.is_empty();
        let own = (0..self.nodes.len()).map(learned);
        let mut needed: Vec<bool> = [input].into_iter().chain(own).collect();
        // Edges with a delay may lead back to earlier nodes: again until nothing changes.
        loop {
            let before = needed.iter().filter(|needed| **needed).count();
            for (n, node) in self.nodes.iter().enumerate() {
                needed[n + 1] |= node.inputs.iter().any(|(source, _)| needed[*source]);
            }
            if needed.iter().filter(|needed| **needed).count() == before {
                return needed;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::network::{Layer, Network, Sequential, Stack, dropout, flatten, from, linear, lower, neurons};

    #[test]
    fn what_has_settled_ends_where_something_learns_or_looks_back() {
        let layers = |second: Layer| {
            let first = Layer::new("a", "input", [linear(3), neurons("lif_subtract")]);
            Network::of([first, second]).input(&[2]).unwrap()
        };
        let settled = |network: &Network, frozen: &[&str]| {
            let mut program = lower(network, 0).unwrap();
            frozen.iter().for_each(|name| program.freeze(name).unwrap());
            program.settled().map(|source| program.list()[source - 1].name.clone())
        };
        let plain = layers(Layer::new("b", "a", [flatten(), linear(2)]));
        assert_eq!(settled(&plain, &[]), None);
        assert_eq!(settled(&plain, &["a_linear"]).as_deref(), Some("b_flatten"));
        // Nothing is left to learn: the output itself is no place to begin.
        assert_eq!(settled(&plain, &["a_linear", "b"]).as_deref(), Some("b_flatten"));
        let random = layers(Layer::new("b", "a", [dropout(0.5), linear(2)]));
        assert_eq!(settled(&random, &["a_linear"]).as_deref(), Some("a"));
        let late = layers(Layer::new("b", from("a").delay(1), [linear(2)]));
        assert_eq!(settled(&late, &["a_linear"]).as_deref(), Some("a_linear"));
        let past = layers(Layer::new("b", Stack([from("a"), from("input")]), [linear(2)]));
        assert_eq!(settled(&past, &["a_linear"]).as_deref(), Some("b.in"));
        let free = Sequential::new([flatten(), linear(2)]).input(&[2]).unwrap();
        assert_eq!(settled(&free, &[]), None);
    }

    #[test]
    fn only_what_leads_to_learned_parameters_needs_gradients() {
        let recurrent = Layer::new("b", Stack([from("a"), from("c").delay(1)]), [linear(2)]);
        let layers = [
            Layer::new("a", "input", [linear(2), neurons("lif_subtract")]),
            recurrent,
            Layer::new("c", "b", [neurons("lif_subtract")]),
        ];
        let network = Network::of(layers).input(&[3]).unwrap();
        let mut program = lower(&network, 0).unwrap();
        let names = |program: &crate::network::Program, needed: &[bool]| -> Vec<String> {
            let named = program.nodes().zip(&needed[1..]).filter(|(_, needed)| **needed);
            named.map(|((name, ..), _)| name.to_string()).collect()
        };
        assert!(program.needs_gradient(false)[1..].iter().all(|needed| *needed));
        program.freeze("a_linear").unwrap();
        assert_eq!(names(&program, &program.needs_gradient(false)), ["b.in", "b", "c"]);
        assert_eq!(program.frozen_tensors(), [true, true, false, false]);
        assert!(program.needs_gradient(true).iter().all(|needed| *needed));
        program.freeze("b").unwrap();
        assert!(names(&program, &program.needs_gradient(false)).is_empty());
        let error = program.freeze("a_linaer").unwrap_err().to_string();
        assert_eq!(error, "network: unknown node `a_linaer`; did you mean `a_linear`?");
    }
}
