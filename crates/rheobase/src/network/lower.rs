//! `lower`: from a description to a program. The only step that can fail: names, shapes, values, cycles.

mod custom;
mod flatten;
mod neurons;
mod shapes;
mod start;

use std::collections::HashMap;

pub use custom::Operators;
use custom::custom;
use flatten::{Flat, check_format, flatten, order};
use shapes::{check_shape, infer_shapes};
use start::given;

use super::describe::{Combine, Kind, Network, Node};
use super::op;
use super::operator::Operator;
use super::parameters::{Parameter, Parameters};
use super::program::{Program, ProgramNode};
use crate::population::Catalog;
use crate::{Error, Result};

/// Checks a network and makes it ready to run; weights start as `seed` says.
///
/// # Errors
/// Unknown or repeated names, wrong shapes, values out of range, cycles without a delay: with the node's name.
pub fn lower(network: &Network, seed: u64) -> Result<Program> {
    lower_with(network, seed, Catalog::standard(), &Operators::default())
}

/// [`lower`] with models and operators of the user's.
pub fn lower_with(network: &Network, seed: u64, catalog: &Catalog, operators: &Operators) -> Result<Program> {
    let mut flat = Vec::new();
    check_format(network)?;
    let output = flatten(network, "", "input", &mut flat)?;
    let order = order(&flat)?;
    let mut lowering = Lowering {
        seed,
        catalog,
        operators,
        numbers: HashMap::from([("input".to_string(), 0)]),
        shapes: vec![network.input.clone()],
        nodes: Vec::new(),
        tensors: Vec::new(),
    };
    check_shape("input", &network.input)?;
    // Numbers first: delayed edges may come from nodes that are lowered later.
    let mut numbers = 0;
    for n in &order {
        numbers += 1 + usize::from(needs_combining(&flat[*n].node));
        lowering.numbers.insert(flat[*n].node.name.clone(), numbers);
    }
    infer_shapes(&mut lowering, &flat, &order)?;
    for n in order {
        lowering.node(&flat[n])?;
    }
    let output = lowering.numbers.get(&output).copied().unwrap_or(0);
    let mut delays = vec![0; lowering.nodes.len() + 1];
    for (source, delay) in lowering.nodes.iter().flat_map(|n| &n.inputs) {
        delays[*source] = delays[*source].max(*delay);
    }
    let given = given(&lowering, &flat)?;
    let parameters = Parameters { tensors: lowering.tensors };
    let input = network.input.clone();
    let mut program = Program { nodes: lowering.nodes, parameters, input, output, delays, given };
    program.refresh()?;
    Ok(program)
}

fn value_error(place: &str, field: &str, value: impl ToString, rule: impl Into<String>) -> Error {
    Error::Value {
        place: place.into(),
        field: field.into(),
        index: None,
        value: value.to_string(),
        rule: rule.into(),
    }
}

fn needs_combining(node: &Node) -> bool {
    node.from.len() > 1 && node.combine != Combine::List
}

struct Lowering<'a> {
    seed: u64,
    catalog: &'a Catalog,
    operators: &'a Operators,
    /// Number of the source that each name stands for.
    numbers: HashMap<String, usize>,
    /// Shape of each source, by number.
    shapes: Vec<Vec<usize>>,
    nodes: Vec<ProgramNode>,
    tensors: Vec<Parameter>,
}

impl Lowering<'_> {
    fn node(&mut self, flat: &Flat) -> Result<()> {
        let node = &flat.node;
        let mut inputs: Vec<(usize, usize)> =
            node.from.iter().map(|l| (self.numbers[l.node()], l.delay())).collect();
        if needs_combining(node) {
            let (operator, what): (Box<dyn Operator>, _) = match node.combine {
                Combine::Stack => (Box::new(op::Stack), "stack"),
                _ => (Box::new(op::Sum), "sum"),
            };
            self.push(format!("{}.in", node.name), what, operator, inputs, Vec::new(), false);
            inputs = vec![(self.nodes.len(), 0)];
        }
        let shapes: Vec<Vec<usize>> = inputs.iter().map(|(s, _)| self.shapes[*s].clone()).collect();
        if inputs.len() != 1 && !matches!(node.kind, Kind::Custom(_)) {
            let what = "takes one input; combine several by `sum` or `stack`";
            return Err(Error::Unsupported { place: node.name.clone(), what: what.into() });
        }
        let input = shapes.first().cloned().unwrap_or_default();
        let name = node.name.clone();
        let (operator, what, tensors): (Box<dyn Operator>, &str, Vec<Parameter>) = match &node.kind {
            Kind::Linear(l) => {
                let [n] = input[..] else {
                    let what =
                        format!("takes values in a row, not {input:?}; put a `flatten` node before it");
                    return Err(Error::Unsupported { place: name, what });
                };
                let weight =
                    self.weights(&name, vec![n, l.outputs], n, l.bias.then_some(l.outputs), l.start)?;
                (Box::new(op::Linear { inputs: n, outputs: l.outputs }), "linear", weight)
            }
            Kind::Conv(c) => {
                let conv = op::Conv::new(&name, c, &input)?;
                let bias = c.bias.then_some(c.outputs);
                let weight = self.weights(&name, conv.weight_shape(), conv.fan_in(), bias, c.start)?;
                (Box::new(conv), "conv", weight)
            }
            Kind::Pool(p) => (Box::new(op::Pool::new(&name, p, &input)?), "pool", Vec::new()),
            Kind::Flatten(_) => (Box::new(op::Identity), "flatten", Vec::new()),
            Kind::Identity(_) => (Box::new(op::Identity), "identity", Vec::new()),
            Kind::Scale(s) => (Box::new(op::Scale::new(&name, s.factor)?), "scale", Vec::new()),
            Kind::Dropout(d) => {
                (Box::new(op::Dropout::new(&name, d.probability, self.seed)?), "dropout", Vec::new())
            }
            Kind::Relu(_) => (Box::new(op::Activation::Relu), "relu", Vec::new()),
            Kind::Sigmoid(_) => (Box::new(op::Activation::Sigmoid), "sigmoid", Vec::new()),
            Kind::Tanh(_) => (Box::new(op::Activation::Tanh), "tanh", Vec::new()),
            Kind::Neurons(n) => {
                let (operator, tensors) = self.neurons(&name, n, &input, flat.dt)?;
                let shape = self.shapes[self.nodes.len() + 1].clone();
                self.tensors_of(name, &n.model, Box::new(operator), inputs, shape, tensors, true);
                return Ok(());
            }
            Kind::Custom(c) => {
                let (operator, _) = custom(self, &name, c, &shapes)?;
                (operator, &c.operator[..], Vec::new())
            }
            // Those were put in place of their nodes before.
            Kind::Network(_) => {
                let what = "is a network within a network and has not been flattened".into();
                return Err(Error::Unsupported { place: name, what });
            }
        };
        self.push(name, what, operator, inputs, tensors, false);
        Ok(())
    }

    fn push(
        &mut self,
        name: String,
        what: &str,
        operator: Box<dyn Operator>,
        inputs: Vec<(usize, usize)>,
        tensors: Vec<Parameter>,
        layer: bool,
    ) {
        let shape = self.shapes[self.nodes.len() + 1].clone();
        self.tensors_of(name, what, operator, inputs, shape, tensors, layer);
    }

    fn tensors_of(
        &mut self,
        name: String,
        what: &str,
        operator: Box<dyn Operator>,
        inputs: Vec<(usize, usize)>,
        shape: Vec<usize>,
        tensors: Vec<Parameter>,
        layer: bool,
    ) {
        let first = self.tensors.len();
        self.tensors.extend(tensors);
        let tensors = first..self.tensors.len();
        self.nodes.push(ProgramNode { name, what: what.into(), operator, inputs, shape, tensors, layer });
    }
}
