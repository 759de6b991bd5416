//! `lower`: from a description to a program. The only step that can fail: names, shapes, values, cycles.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rheobase_models::Surrogate;
use rheobase_models::record::{Kind as FieldKind, Range};
use rheobase_models::surrogate::SURROGATES;

use super::describe::{self, Combine, FORMAT, Kind, Link, Network, Node, Numbers, WeightStart, Word};
use super::op;
use super::operator::Operator;
use super::parameters::{Parameter, Parameters};
use super::program::{Program, ProgramNode};
use crate::population::{Catalog, Initial, Population};
use crate::random::Stream;
use crate::{Error, Result};

/// Makes an operator of the user's from its settings and the shapes of its inputs, with the shape of its output.
type Maker =
    dyn Fn(&BTreeMap<String, f64>, &[Vec<usize>]) -> Result<(Box<dyn Operator>, Vec<usize>)> + Send + Sync;

/// Operators of the user's, by name.
#[derive(Clone, Default)]
pub struct Operators {
    makers: BTreeMap<String, Arc<Maker>>,
}

impl Operators {
    /// These and one more.
    pub fn with(
        mut self,
        name: &str,
        make: impl Fn(&BTreeMap<String, f64>, &[Vec<usize>]) -> Result<(Box<dyn Operator>, Vec<usize>)>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.makers.insert(name.to_string(), Arc::new(make));
        self
    }
}

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

/// A node with names made unique and inputs given.
struct Flat {
    node: Node,
    dt: f64,
    /// The shape that a sub-network says its input has, where this is its entry.
    entry: Option<Vec<usize>>,
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

fn check_format(network: &Network) -> Result<()> {
    if network.format != FORMAT {
        let rule = format!("must be {FORMAT}, the only format this version knows");
        return Err(value_error("network", "format", network.format, rule));
    }
    if !(network.dt > 0.0 && network.dt.is_finite()) {
        return Err(value_error("network", "dt", network.dt, "must be > 0 and finite"));
    }
    Ok(())
}

fn check_shape(place: &str, shape: &[usize]) -> Result<()> {
    let size = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).filter(|n| *n > 0 && *n < 1 << 31);
    if size.is_none() || shape.is_empty() || shape.len() > 3 {
        let rule = "must be [N], [C, L] or [C, H, W], at least one and less than 2^31 values";
        return Err(value_error(place, "shape", format!("{shape:?}"), rule));
    }
    Ok(())
}

/// Appends the nodes of `network`, with `prefix` before their names; gives the name of its output.
fn flatten(network: &Network, prefix: &str, input: &str, flat: &mut Vec<Flat>) -> Result<String> {
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
fn order(flat: &[Flat]) -> Result<Vec<usize>> {
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
    Error::Unsupported {
        place: "network".into(),
        what: format!(
            "a cycle without a delay: {}; give one of its edges a delay of at least 1",
            names.join(" → ")
        ),
    }
}

/// What delayed edges carry before their sources have sent anything, by source, where that is given.
fn given(lowering: &Lowering<'_>, flat: &[Flat]) -> Result<Vec<Option<Vec<f32>>>> {
    let mut given: Vec<Option<Vec<f32>>> = vec![None; lowering.shapes.len()];
    for (place, link) in flat.iter().flat_map(|f| f.node.from.iter().map(move |l| (&f.node.name, l))) {
        let Some(numbers) = link.initial() else { continue };
        let source = lowering.numbers[link.node()];
        let width: usize = lowering.shapes[source].iter().product();
        let values = match numbers {
            Numbers::One(x) => vec![*x as f32; width],
            Numbers::Each(xs) => xs.iter().map(|x| *x as f32).collect(),
        };
        let field = format!("initial of the edge from {}", link.node());
        if values.len() != width {
            let want = format!("one number, or one for each of its {width} values, is needed");
            return Err(Error::Shape {
                place: place.clone(),
                field,
                got: format!("[{}]", values.len()),
                want,
            });
        }
        if let Some(bad) = values.iter().find(|x| !x.is_finite()) {
            return Err(value_error(place, &field, bad, "must be a finite number"));
        }
        if given[source].as_ref().is_some_and(|before| *before != values) {
            let rule = "must be the same on all edges from this node";
            return Err(value_error(place, &field, format!("{values:?}"), rule));
        }
        given[source] = Some(values);
    }
    Ok(given)
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

/// Finds the shapes of all sources; those of recurrent networks need several rounds.
fn infer_shapes(lowering: &mut Lowering<'_>, flat: &[Flat], order: &[usize]) -> Result<()> {
    let mut shapes: HashMap<String, Vec<usize>> = HashMap::new();
    shapes.insert("input".into(), lowering.shapes[0].clone());
    // A node whose output's shape does not depend on its input's is known at once.
    for f in flat {
        if let Kind::Linear(l) = &f.node.kind {
            shapes.insert(f.node.name.clone(), vec![l.outputs]);
        }
    }
    loop {
        let known = shapes.len();
        for n in order {
            let node = &flat[*n].node;
            let inputs: Vec<Option<&Vec<usize>>> = node.from.iter().map(|l| shapes.get(l.node())).collect();
            let all: Option<Vec<Vec<usize>>> = inputs.iter().map(|s| s.cloned()).collect();
            // The sum of several has the shape of any.
            let shape = match (&all, node.combine) {
                (None, Combine::Sum) => inputs.iter().flatten().next().map(|s| vec![(*s).clone()]),
                (None, _) => None,
                (Some(all), Combine::Sum) => Some(all[..1.min(all.len())].to_vec()),
                (Some(all), Combine::Stack) => Some(vec![stacked(&node.name, all)?]),
                (Some(all), Combine::List) => Some(all.clone()),
            };
            if let Some(inputs) = shape {
                let shape = output_shape(lowering, node, &inputs)?;
                shapes.insert(node.name.clone(), shape);
            }
        }
        if shapes.len() == flat.len() + 1 {
            break;
        }
        if shapes.len() == known {
            let open = flat.iter().find(|f| !shapes.contains_key(&f.node.name)).map(|f| f.node.name.clone());
            return Err(Error::Unsupported {
                place: open.unwrap_or_default(),
                what: "its shape follows from itself around a cycle; put a `linear` node into the cycle"
                    .into(),
            });
        }
    }
    for n in order {
        let node = &flat[*n].node;
        let of = |l: &Link| shapes.get(l.node()).cloned().unwrap_or_default();
        let inputs: Vec<Vec<usize>> = node.from.iter().map(of).collect();
        if needs_combining(node) {
            let combined = match node.combine {
                Combine::Stack => stacked(&node.name, &inputs)?,
                _ => summed(node, &inputs)?,
            };
            lowering.shapes.push(combined);
        }
        // An empty shape says nothing.
        let says = |entry: &&Vec<usize>| !entry.is_empty() && **entry != shapes[&node.name];
        if let Some(entry) = flat[*n].entry.as_ref().filter(says) {
            return Err(Error::Shape {
                place: node.name.clone(),
                field: "input".into(),
                got: format!("{:?}", shapes[&node.name]),
                want: format!("{entry:?} is needed, as the network within says"),
            });
        }
        lowering.shapes.push(shapes[&node.name].clone());
    }
    Ok(())
}

fn summed(node: &Node, inputs: &[Vec<usize>]) -> Result<Vec<usize>> {
    let first = inputs.first().cloned().unwrap_or_default();
    match inputs.iter().zip(&node.from).find(|(s, _)| **s != first) {
        None => Ok(first),
        Some((shape, link)) => Err(Error::Shape {
            place: node.name.clone(),
            field: format!("input from {}", link.node()),
            got: format!("{shape:?}"),
            want: format!("{first:?} is needed, the shape of `{}`, to add them", node.from[0].node()),
        }),
    }
}

fn stacked(place: &str, inputs: &[Vec<usize>]) -> Result<Vec<usize>> {
    let mut shape = inputs.first().cloned().unwrap_or_default();
    for other in inputs.iter().skip(1) {
        if other.len() != shape.len() || other[1..] != shape[1..] {
            return Err(Error::Shape {
                place: place.into(),
                field: "inputs".into(),
                got: format!("{inputs:?}"),
                want: "all axes but the first must agree to stack them".into(),
            });
        }
        shape[0] += other[0];
    }
    Ok(shape)
}

/// The shape of what a node sends, from those of its inputs (one, unless it takes a list).
fn output_shape(lowering: &Lowering<'_>, node: &Node, inputs: &[Vec<usize>]) -> Result<Vec<usize>> {
    let input = inputs.first().cloned().unwrap_or_default();
    let place = &node.name;
    let shape = match &node.kind {
        Kind::Linear(l) => vec![l.outputs],
        Kind::Conv(c) => op::Conv::shape(place, c, &input)?,
        Kind::Pool(p) => op::Pool::shape(place, p, &input)?,
        Kind::Flatten(_) => vec![input.iter().product()],
        Kind::Custom(c) => custom(lowering, place, c, inputs)?.1,
        _ => input,
    };
    check_shape(place, &shape)?;
    Ok(shape)
}

fn custom(
    lowering: &Lowering<'_>,
    place: &str,
    custom: &describe::Custom,
    inputs: &[Vec<usize>],
) -> Result<(Box<dyn Operator>, Vec<usize>)> {
    let makers = &lowering.operators.makers;
    let maker = makers.get(&custom.operator).ok_or_else(|| {
        Error::unknown(place, "operator", &custom.operator, makers.keys().map(String::as_str))
    })?;
    maker(&custom.settings, inputs)
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
            Kind::Network(_) => unreachable!("flattened before"),
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

    /// Weights and biases at their start.
    fn weights(
        &self,
        place: &str,
        shape: Vec<usize>,
        fan_in: usize,
        bias: Option<usize>,
        start: WeightStart,
    ) -> Result<Vec<Parameter>> {
        let (WeightStart::Uniform(gain) | WeightStart::Normal(gain) | WeightStart::Constant(gain)) = start;
        if !gain.is_finite() {
            return Err(value_error(place, "start", gain, "must be a finite number"));
        }
        let size = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).filter(|n| *n > 0 && *n < 1 << 31);
        let Some(size) = size else {
            let rule = "must have at least one and less than 2^31 weights";
            return Err(value_error(place, "weight", format!("{shape:?}"), rule));
        };
        let spread = gain / (fan_in.max(1) as f64).sqrt();
        let draw = |kind: &str, len: usize, noise: bool| -> Vec<f32> {
            let stream = Stream::new(self.seed, "weight", &format!("{place}.{kind}"));
            let one = |i: usize| match start {
                WeightStart::Constant(x) if noise => x,
                WeightStart::Uniform(_) => spread * (2.0 * stream.uniform(0, 0, i as u32) - 1.0),
                WeightStart::Normal(_) if noise => spread * stream.normal(0, 0, i as u32),
                WeightStart::Normal(_) | WeightStart::Constant(_) => 0.0,
            };
            (0..len).map(|i| one(i) as f32).collect()
        };
        let mut tensors = vec![Parameter {
            name: format!("{place}.weight"),
            shape,
            values: draw("weight", size, true),
            range: Range::FINITE,
            weight: true,
        }];
        if let Some(outputs) = bias {
            tensors.push(Parameter {
                name: format!("{place}.bias"),
                shape: vec![outputs],
                values: draw("bias", outputs, false),
                range: Range::FINITE,
                weight: false,
            });
        }
        Ok(tensors)
    }

    /// A layer of neurons and what it learns.
    fn neurons(
        &self,
        place: &str,
        spec: &describe::Neurons,
        shape: &[usize],
        dt: f64,
    ) -> Result<(op::Neurons, Vec<Parameter>)> {
        let model = self.catalog.get(&spec.model)?;
        let info = model.info();
        // A layer of [C, L] is one of [C, L, 1].
        let layer: Vec<usize> = if shape.len() == 2 { vec![shape[0], shape[1], 1] } else { shape.to_vec() };
        let dt = if info.time == rheobase_models::neuron::Time::Steps { 1.0 } else { dt };
        let mut builder = Population::<f32>::builder(model.clone(), &layer)
            .name(place)
            .dt(dt)
            .detach_reset(spec.detach_reset)
            .surrogate(surrogate(place, &spec.surrogate)?.unwrap_or(info.surrogate));
        for (name, numbers) in &spec.set {
            builder = match numbers {
                Numbers::One(x) => builder.set(name, *x),
                Numbers::Each(xs) => builder.set_each(name, xs),
            };
        }
        for (name, numbers) in &spec.initial {
            let initial = match numbers {
                Numbers::One(x) => Initial::Value(*x),
                Numbers::Each(xs) => Initial::Each(xs.clone()),
            };
            builder = builder.initial(name, initial);
        }
        if let Some(competition) = spec.competition {
            builder = builder.competition(competition);
        }
        let population = builder.build()?;
        let neurons = population.neurons();
        let (mut learned, mut tensors) = (Vec::new(), Vec::new());
        for word in &spec.learn {
            let (name, each) = word.strip_suffix("[]").map_or((&word[..], false), |name| (name, true));
            let (name, initial) = name.strip_prefix("initial.").map_or((name, false), |name| (name, true));
            let fields = if initial { model.state() } else { model.params() };
            let kind = if initial { "state field" } else { "parameter" };
            let field = crate::population::position(fields, name, place, kind)?;
            if fields[field].kind != FieldKind::Real {
                let what = format!("`{name}` is a switch or whole number, which cannot be learned");
                return Err(Error::Unsupported { place: place.into(), what });
            }
            let value = |n: usize| match initial {
                true => population.initial_value(field, 0, n) as f32,
                false => population.params_of(n)[field] as f32,
            };
            let len = if each { neurons } else { 1 };
            tensors.push(Parameter {
                name: format!("{place}.{}{name}", if initial { "initial." } else { "" }),
                shape: if each { shape.to_vec() } else { vec![1] },
                values: (0..len).map(value).collect(),
                range: if initial { Range::FINITE } else { fields[field].range },
                weight: false,
            });
            learned.push(op::Learned { field, initial, each });
        }
        Ok((op::Neurons::new(population, learned), tensors))
    }
}

/// The surrogate that words name: `["triangle", 0.5]`.
fn surrogate(place: &str, words: &[Word]) -> Result<Option<Surrogate>> {
    let Some((name, numbers)) = words.split_first() else { return Ok(None) };
    let Word::Name(name) = name else {
        return Err(value_error(place, "surrogate", format!("{words:?}"), "must begin with a name"));
    };
    let mut values = Vec::new();
    for word in numbers {
        let Word::Number(x) = word else {
            return Err(value_error(
                place,
                "surrogate",
                format!("{words:?}"),
                "must be a name and then numbers",
            ));
        };
        values.push(*x);
    }
    let known = SURROGATES.iter().find(|s| s.name == name);
    let info =
        known.ok_or_else(|| Error::unknown(place, "surrogate", name, SURROGATES.iter().map(|s| s.name)))?;
    let defaults = info.parameters.iter().skip(values.len()).map(|f| f.default);
    let given = values.len();
    let values: Vec<f64> = values.iter().copied().chain(defaults).collect();
    let surrogate = Surrogate::named(name, &values).filter(|_| given <= info.parameters.len());
    surrogate.map(Some).ok_or_else(|| {
        let names: Vec<&str> = info.parameters.iter().map(|f| f.name).collect();
        value_error(place, "surrogate", format!("{name} {values:?}"), format!("takes {names:?}"))
    })
}
