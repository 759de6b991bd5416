//! `Plan`: a network that has been checked, with nothing made yet that is as large as its weights or layers.

use std::collections::HashMap;

use rheobase_models::neuron::Emits;

use super::custom::custom;
use super::flatten::{Flat, check_format, flatten, order};
use super::shapes::{check_shape, infer_shapes};
use super::start::{DelayedStart, given};
use crate::network::describe::{Combine, Kind, Network, Node, RunAs};
use crate::network::library::Library;
use crate::network::op;
use crate::network::operator::Operator;
use crate::network::parameters::Parameter;
use rheobase_base::{Error, Result};

/// A network that has been checked: shapes inferred, nodes in order, parameters named.
pub(crate) struct Plan {
    pub(crate) nodes: Vec<Planned>,
    /// Shape of a sample in one step.
    pub(crate) input: Vec<usize>,
    /// Number of the source that the network gives.
    pub(crate) output: usize,
    /// The longest delay from each source.
    pub(crate) delays: Vec<usize>,
    /// What delayed edges carry before each source has sent anything, where that is given.
    pub(crate) given: Vec<Option<DelayedStart>>,
}

/// A node of a plan. Sources are numbered from 0, the network's input; node `n` of the list is number `n + 1`.
pub(crate) struct Planned {
    pub(crate) name: String,
    /// What it computes, in a word: `linear`, `lif`.
    pub(crate) what: String,
    /// Number of the source and delay.
    pub(crate) inputs: Vec<(usize, usize)>,
    pub(crate) shape: Vec<usize>,
    /// What it learns, the values left out.
    pub(crate) tensors: Vec<Parameter>,
    /// Whether it is a layer of neurons.
    pub(crate) layer: bool,
    /// Whether it sends spikes.
    pub(crate) spikes: bool,
    pub(super) make: Make,
}

/// Makes the operator of a node and the values that its tensors start with, as a seed says.
pub(super) type Make = Box<dyn FnOnce(u64) -> Result<(Box<dyn Operator>, Vec<Vec<f32>>)>>;

/// What a kind of node comes to.
struct Kinded {
    what: String,
    tensors: Vec<Parameter>,
    /// What leaves a layer of neurons.
    emits: Option<Emits>,
    make: Make,
}

/// What is known of a network while it is planned.
pub(super) struct Lowering<'a> {
    pub(super) library: &'a Library,
    /// Number of the source that each name stands for.
    pub(super) numbers: HashMap<String, usize>,
    /// Shape of each source, by number.
    pub(super) shapes: Vec<Vec<usize>>,
    nodes: Vec<Planned>,
}

/// Checks a network.
pub(crate) fn plan(network: &Network, library: &Library) -> Result<Plan> {
    let mut flat = Vec::new();
    check_format(network)?;
    let output = flatten(network, "", "input", &mut flat)?;
    let order = order(&flat)?;
    let mut lowering = Lowering {
        library,
        numbers: HashMap::from([("input".to_string(), 0)]),
        shapes: vec![network.input.clone()],
        nodes: Vec::new(),
    };
    check_shape("input", &network.input)?;
    // Numbers first: delayed edges may come from nodes that are planned later.
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
    Ok(Plan { nodes: lowering.nodes, input: network.input.clone(), output, delays, given })
}

pub(super) fn needs_combining(node: &Node) -> bool {
    node.from.len() > 1 && node.combine != Combine::List
}

/// A node without tensors whose operator is at hand.
fn plain(what: &str, operator: impl Operator + 'static) -> Kinded {
    let make: Make = Box::new(|_| Ok((Box::new(operator), Vec::new())));
    Kinded { what: what.into(), tensors: Vec::new(), emits: None, make }
}

impl Lowering<'_> {
    fn node(&mut self, flat: &Flat) -> Result<()> {
        let node = &flat.node;
        let mut inputs: Vec<(usize, usize)> =
            node.from.iter().map(|l| (self.numbers[l.node()], l.delay())).collect();
        if needs_combining(node) {
            let combining = match node.combine {
                Combine::Stack => plain("stack", op::Stack),
                _ => plain("sum", op::Sum),
            };
            self.push(format!("{}.in", node.name), inputs, combining);
            inputs = vec![(self.nodes.len(), 0)];
        }
        let shapes: Vec<Vec<usize>> = inputs.iter().map(|(s, _)| self.shapes[*s].clone()).collect();
        if inputs.len() != 1 && !matches!(node.kind, Kind::Custom(_)) {
            let what = "takes one input; combine several by `sum` or `stack`";
            return Err(Error::unsupported(node.name.clone(), what));
        }
        let kinded = self.kind(flat, &shapes)?;
        self.push(node.name.clone(), inputs, kinded);
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "a line or two for each kind of node")]
    fn kind(&self, flat: &Flat, shapes: &[Vec<usize>]) -> Result<Kinded> {
        let (name, input) = (flat.node.name.clone(), shapes.first().cloned().unwrap_or_default());
        Ok(match &flat.node.kind {
            Kind::Linear(l) => {
                let [n] = input[..] else {
                    let what =
                        format!("takes values in a row, not {input:?}; put a `flatten` node before it");
                    return Err(Error::unsupported(name, what));
                };
                let (outputs, bias) = (l.outputs, l.bias.then_some(l.outputs));
                let weights = self.weights(&name, vec![n, outputs], n, bias, l.start)?;
                let operator = op::Linear::new(n, outputs);
                let tensors = weights.tensors.clone();
                let make: Make = Box::new(move |seed| Ok((Box::new(operator), weights.values(seed))));
                Kinded { what: "linear".into(), tensors, emits: None, make }
            }
            Kind::Conv(c) => {
                let (shape, fan_in) = op::Conv::weight_shape(&name, c, &input)?;
                let weights = self.weights(&name, shape, fan_in, c.bias.then_some(c.outputs), c.start)?;
                let (conv, tensors) = (c.clone(), weights.tensors.clone());
                let make: Make = Box::new(move |seed| {
                    Ok((Box::new(op::Conv::new(&name, &conv, &input)?), weights.values(seed)))
                });
                Kinded { what: "conv".into(), tensors, emits: None, make }
            }
            Kind::FirstSpikeConv(c) => {
                let (shape, fan_in) = op::FireOnceConv::weight_shape(&name, c, &input)?;
                let weights = self.weights(&name, shape, fan_in, None, c.start)?;
                let mut tensors = weights.tensors.clone();
                tensors.push(op::FireOnceConv::threshold(&name, c)?);
                let conv = c.clone();
                let make: Make = Box::new(move |seed| {
                    let mut values = weights.values(seed);
                    values.push(vec![conv.threshold as f32; conv.outputs]);
                    Ok((Box::new(op::FireOnceConv::new(&name, &conv, &input)?), values))
                });
                Kinded { what: "first_spike_conv".into(), tensors, emits: None, make }
            }
            Kind::Pool(p) => {
                let pool = p.clone();
                let make: Make =
                    Box::new(move |_| Ok((Box::new(op::Pool::new(&name, &pool, &input)?), Vec::new())));
                Kinded { what: "pool".into(), tensors: Vec::new(), emits: None, make }
            }
            Kind::Dropout(d) => {
                let operator = op::Dropout::new(&name, d.probability)?;
                let make: Make = Box::new(|seed| Ok((Box::new(operator.seeded(seed)), Vec::new())));
                Kinded { what: "dropout".into(), tensors: Vec::new(), emits: None, make }
            }
            Kind::Pad(p) => plain("pad", op::Pad::new(&name, *p, &input)?),
            Kind::Fire(f) => plain("fire", op::Fire::new(&name, f.threshold, f.again, &input)?),
            Kind::Cumulate(_) => plain("cumulate", op::Cumulate { width: input.iter().product() }),
            Kind::PointwiseInhibition(_) => {
                plain("pointwise_inhibition", op::Inhibit::new(&name, 0, &input)?)
            }
            Kind::LateralInhibition(l) => {
                plain("lateral_inhibition", op::Inhibit::new(&name, l.radius, &input)?)
            }
            Kind::FeatureInhibition(f) => {
                plain("feature_inhibition", op::InhibitFeatures::new(&name, &f.features, &input)?)
            }
            Kind::KWinners(w) => plain("k_winners", op::KWinners::new(&name, w.k, w.radius, &input)?),
            Kind::Flatten(_) => plain("flatten", op::Identity),
            Kind::Identity(_) => plain("identity", op::Identity),
            Kind::Scale(s) => plain("scale", op::Scale::new(&name, s.factor)?),
            Kind::Synapse(s) => {
                plain("synapse", op::Synapse::new(&name, s, flat.dt, input.iter().product())?)
            }
            Kind::Relu(_) => plain("relu", op::Activation::Relu),
            Kind::Sigmoid(_) => plain("sigmoid", op::Activation::Sigmoid),
            Kind::Tanh(_) => plain("tanh", op::Activation::Tanh),
            Kind::Neurons(n) if n.run_as != RunAs::Spikes => {
                let rates = self.rates(&name, n, &input, flat.dt)?;
                let make: Make =
                    Box::new(move |seed| Ok((Box::new(op::Rates { seed, ..rates }), Vec::new())));
                Kinded { what: format!("{} as rate", n.model), tensors: Vec::new(), emits: None, make }
            }
            Kind::Neurons(n) => {
                let layer = self.neurons(&name, n, &input, flat.dt)?;
                let (tensors, emits) = (layer.tensors.clone(), Some(layer.emits()));
                let make: Make = Box::new(move |_| {
                    let values = layer.values();
                    Ok((Box::new(layer.operator()), values))
                });
                Kinded { what: n.model.clone(), tensors, emits, make }
            }
            Kind::Custom(c) => {
                let (operator, _) = custom(&self.library.operators, &name, c, shapes)?;
                let make: Make = Box::new(|_| Ok((operator, Vec::new())));
                Kinded { what: c.operator.clone(), tensors: Vec::new(), emits: None, make }
            }
            // Nested networks were flattened earlier.
            Kind::Network(_) => {
                let what = "is a network within a network and has not been flattened";
                return Err(Error::unsupported(name, what));
            }
        })
    }

    fn push(&mut self, name: String, inputs: Vec<(usize, usize)>, kinded: Kinded) {
        let shape = self.shapes[self.nodes.len() + 1].clone();
        let Kinded { what, tensors, emits, make } = kinded;
        let once = ["fire", "first_spike_conv"].contains(&&what[..]);
        let spikes = once || emits.is_some_and(|e| e != Emits::Analogue);
        self.nodes.push(Planned { name, what, inputs, shape, tensors, layer: emits.is_some(), spikes, make });
    }
}
