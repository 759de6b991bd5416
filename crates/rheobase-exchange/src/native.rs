//! A model as a chain of a framework's own layers: a checkpoint under the framework's names, and a description of the layers.

use std::collections::BTreeMap;

use rheobase_base::{Error, Result};
use rheobase_network::network::{Conv, Kind, Link, Neurons, Node, Numbers, Pool, PoolOf, outline};
use serde_json::{Map, Value as Json, json};

use crate::dialect::{Dialect, Writes};
use crate::layer::{Layer, Value, Weights};
use crate::model::Model;
use crate::report::{Fate, Report};
use crate::step::Step;
use crate::tensor::{Data, Tensor};

/// The key of the description among a file's metadata.
pub(crate) const DESCRIPTION: &str = "rheobase.description";

/// A checkpoint and the description of its layers, in the words of [`crate::Foreign::from_json`].
pub(crate) struct Native {
    /// Tensors by the framework's names.
    pub(crate) weights: Weights,
    /// The description.
    pub(crate) description: String,
}

/// Writes `model` as layers of `dialect`; what has no counterpart is in the report.
///
/// # Errors
/// A model that cannot be built; a framework that nothing is written for.
pub(crate) fn native(model: &Model, dialect: &Dialect, report: &mut Report) -> Result<Native> {
    let writes = dialect.writes()?;
    let mut chain = Chain { model, dialect, writes, report, weights: Weights::new(), layers: Vec::new() };
    let rows = outline(&model.network)?.nodes;
    let mut before = ("input".to_string(), model.network.input.clone());
    for (node, row) in model.network.nodes.iter().zip(&rows) {
        let follows = match &node.from[..] {
            [] => true,
            [Link::Now(from)] => *from == before.0,
            _ => false,
        };
        if !follows {
            let how = "only chains of layers are written for a framework: each fed by the one before, in the same step; \
                       a NIR graph holds the rest";
            chain.report.say(&node.name, "from", Fate::Refused, how);
            break;
        }
        chain.node(node, &row.shape)?;
        before = (node.name.clone(), row.shape.clone());
    }
    let last = &model.network.output;
    if !last.is_empty() && *last != before.0 && chain.report.worst() < Fate::Refused {
        chain.report.say(last, "output", Fate::Refused, "the output of a chain is its last layer");
    }
    let Chain { weights, layers, .. } = chain;
    let described = json!({
        "framework": dialect.name, "input": model.network.input, "dt": model.network.dt, "layers": layers,
    });
    Ok(Native { weights, description: described.to_string() })
}

impl Dialect {
    /// How it is written.
    ///
    /// # Errors
    /// A framework that nothing is written for.
    pub(crate) fn writes(&self) -> Result<Writes> {
        let what = "nothing is written for it: snntorch, norse, spikingjelly, sinabs and rockpool have layers, the others NIR";
        self.writes.ok_or_else(|| Error::unsupported(format!("to {}", self.name), what))
    }
}

impl Model {
    /// What the neurons of a node have learned, by field.
    pub(crate) fn learned(&self, node: &str) -> BTreeMap<String, Numbers> {
        let own = self.weights.iter().filter_map(|(name, values)| {
            let (of, field) = name.rsplit_once('.')?;
            (of == node).then(|| (field.to_string(), Tensor::row(values.clone()).numbers()))
        });
        own.collect()
    }
}

struct Chain<'a> {
    model: &'a Model,
    dialect: &'a Dialect,
    writes: Writes,
    report: &'a mut Report,
    weights: Weights,
    layers: Vec<Json>,
}

impl Chain<'_> {
    fn node(&mut self, node: &Node, shape: &[usize]) -> Result<()> {
        let own = self.dialect.name == "rockpool";
        match &node.kind {
            Kind::Linear(l) => {
                let class = if own { "rockpool.LinearTorch" } else { "torch.nn.Linear" };
                let name = self.begin(class);
                self.map(&name, node, &[l.outputs], !own)?;
                self.push(&name, class, Map::new());
            }
            Kind::Conv(c) if !own => self.conv(node, c)?,
            Kind::Pool(p) if !own => self.pool(node, p, shape),
            Kind::Flatten(_) if !own => {
                let name = self.begin("torch.nn.Flatten");
                self.push(&name, "torch.nn.Flatten", Map::new());
                self.report.say(&node.name, "flatten", Fate::Exact, "");
            }
            Kind::Identity(_) | Kind::Dropout(_) if !own => {
                let name = self.begin("torch.nn.Identity");
                self.push(&name, "torch.nn.Identity", Map::new());
                self.report.say(&node.name, node.kind.word(), Fate::Exact, "nothing is done in evaluation");
            }
            Kind::Neurons(n) => self.neurons(node, n, shape),
            kind => {
                let how = format!("{} has no layer for `{}`", self.dialect.name, kind.word());
                self.report.say(&node.name, kind.word(), Fate::Refused, how);
            }
        }
        Ok(())
    }

    /// The name of the next layer: its place in the chain, and in Rockpool its class.
    fn begin(&self, class: &str) -> String {
        let class = class.rsplit('.').next().unwrap_or(class);
        match self.dialect.name {
            "rockpool" => format!("{}_{class}", self.layers.len()),
            _ => self.layers.len().to_string(),
        }
    }

    fn push(&mut self, name: &str, class: &str, mut values: Map<String, Json>) {
        values.insert("name".into(), name.into());
        values.insert("class".into(), class.into());
        for field in ["weight", "bias"] {
            let tensor = format!("{name}.{field}");
            if !values.contains_key(field) && self.weights.contains_key(&tensor) {
                values.insert(field.into(), json!({ "tensor": tensor }));
            }
        }
        self.layers.push(Json::Object(values));
    }

    /// The weight and the bias of a map; `turned` where the framework has `[out, in]`.
    fn map(&mut self, layer: &str, node: &Node, shape: &[usize], turned: bool) -> Result<()> {
        let values = &self.model.weights[&format!("{}.weight", node.name)];
        let weight = match shape {
            [outputs] => {
                let inputs = values.len() / (*outputs).max(1);
                let own =
                    Tensor::new(&node.name, "weight", vec![inputs, *outputs], Data::F32(values.clone()))?;
                match turned {
                    true => Tensor::row(own.turned(&node.name, "weight")?).reshaped(vec![*outputs, inputs]),
                    false => own,
                }
            }
            shape => Tensor::new(&node.name, "weight", shape.to_vec(), Data::F32(values.clone()))?,
        };
        let (fate, how) = match shape.len() == 1 && turned {
            true => (Fate::Rewritten, "[in, out] is turned to [out, in]"),
            false => (Fate::Exact, ""),
        };
        self.report.say(&node.name, "weight", fate, how);
        self.weights.insert(format!("{layer}.weight"), weight);
        if let Some(bias) = self.model.weights.get(&format!("{}.bias", node.name)) {
            self.weights.insert(format!("{layer}.bias"), Tensor::row(bias.clone()));
            self.report.say(&node.name, "bias", Fate::Exact, "");
        }
        Ok(())
    }

    fn conv(&mut self, node: &Node, conv: &Conv) -> Result<()> {
        let class = format!("torch.nn.Conv{}d", conv.kernel.len());
        let name = self.begin(&class);
        let taps: usize = conv.kernel.iter().product::<usize>() * conv.outputs;
        let inputs = self.model.weights[&format!("{}.weight", node.name)].len() / taps.max(1);
        let shape: Vec<usize> =
            [conv.outputs, inputs].into_iter().chain(conv.kernel.iter().copied()).collect();
        self.map(&name, node, &shape, false)?;
        let values = json!({
            "stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation, "groups": conv.groups,
        });
        self.push(&name, &class, values.as_object().cloned().unwrap_or_default());
        Ok(())
    }

    fn pool(&mut self, node: &Node, pool: &Pool, shape: &[usize]) {
        let axes = shape.len() - 1;
        let class = match pool.of {
            PoolOf::Average => format!("torch.nn.AvgPool{axes}d"),
            PoolOf::Max => format!("torch.nn.MaxPool{axes}d"),
            PoolOf::Sum if self.dialect.name == "sinabs" => "sinabs.SumPool2d".to_string(),
            PoolOf::Sum => {
                self.report.say(&node.name, "pool", Fate::Refused, "only Sinabs has a layer that sums");
                return;
            }
        };
        let name = self.begin(&class);
        let stride = if pool.stride.is_empty() { &pool.kernel } else { &pool.stride };
        let values = json!({ "kernel": pool.kernel, "stride": stride, "padding": pool.padding });
        self.push(&name, &class, values.as_object().cloned().unwrap_or_default());
        self.report.say(&node.name, "pool", Fate::Exact, "");
    }

    fn neurons(&mut self, node: &Node, neurons: &Neurons, shape: &[usize]) {
        let learned = self.model.learned(&node.name);
        let made =
            Step::of(neurons, &learned, self.model.network.dt).and_then(|step| (self.writes.layer)(&step));
        let written = match made {
            Ok(written) => written,
            Err(how) => return self.report.say(&node.name, &neurons.model, Fate::Refused, how),
        };
        for (parameter, fate, how) in written.said {
            self.report.say(&node.name, parameter, fate, how);
        }
        let class = written.layer.class.clone();
        let name = self.begin(&class);
        let layer = shaped(written.layer, shape);
        for (field, tensor) in (self.writes.state)(&layer, shape.iter().product()) {
            self.weights.insert(format!("{name}.{field}"), tensor);
        }
        let values = layer.values.iter().map(|(name, value)| (name.clone(), described(value))).collect();
        self.push(&name, &class, values);
    }
}

/// With numbers for each neuron in the shape of the layer.
fn shaped(mut layer: Layer, shape: &[usize]) -> Layer {
    let count: usize = shape.iter().product();
    for value in layer.values.values_mut() {
        if let Value::Tensor(tensor) = value
            && tensor.shape().len() == 1
            && tensor.len() == count
        {
            *tensor = tensor.clone().reshaped(shape.to_vec());
        }
    }
    layer
}

fn described(value: &Value) -> Json {
    match value {
        Value::Nothing => Json::Null,
        Value::Flag(x) => (*x).into(),
        Value::Text(x) => x.as_str().into(),
        Value::Tensor(tensor) => nested(tensor, tensor.shape(), 0),
        Value::Record(values) => {
            values.iter().map(|(k, v)| (k.clone(), described(v))).collect::<Map<_, _>>().into()
        }
    }
}

/// Lists within lists, from element `at` on.
fn nested(tensor: &Tensor, shape: &[usize], at: usize) -> Json {
    match shape {
        [] => tensor.at(at).into(),
        [rows, rest @ ..] => {
            let wide: usize = rest.iter().product();
            (0..*rows).map(|row| nested(tensor, rest, at + row * wide)).collect::<Vec<_>>().into()
        }
    }
}
