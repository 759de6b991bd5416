//! From a network of ours to a NIR graph.

use std::collections::{BTreeMap, HashMap};

use rheobase_base::{Error, Result};
use rheobase_network::network::{
    Combine, Conv, Kind, Link, Network, Neurons, Node, Numbers, Pool, PoolOf, Row, outline,
};
use rheobase_sim::model::Catalog;

use super::neuron::neuron;
use crate::dialect::Writes;
use crate::hdf5::{Group, Item};
use crate::model::Model;
use crate::ours;
use crate::report::{Fate, Report};
use crate::step::Step;
use crate::tensor::{Data, Tensor};

/// What a graph is written with.
pub(crate) struct Written {
    /// Whether neurons have their `v_reset`.
    pub(crate) v_reset: bool,
    /// How the framework that will read it takes neurons; by NIR's own equations if it is none.
    pub(crate) writes: Option<Writes>,
    /// Whether its reader knows no Linear, only Affine.
    pub(crate) affine: bool,
}

/// The version of `nir` whose files these are.
const VERSION: &str = "1.0.8";

/// The graph of a model, as a tree of groups.
///
/// # Errors
/// Networks within networks; a network that cannot be built. What has no counterpart is in the report.
pub(crate) fn to_nir(model: &Model, written: &Written, report: &mut Report) -> Result<Group> {
    let table = outline(&model.network)?;
    let rows: HashMap<&str, &Row> = table.nodes.iter().map(|r| (&r.name[..], r)).collect();
    let (nodes, own, edges, through) = (Group::default(), Group::default(), Vec::new(), HashMap::new());
    let mut writer = Writer { model, written, report, rows, nodes, own, edges, through };
    writer.network(&model.network)?;
    let mut node = Group::default();
    node.insert("type", word("NIRGraph"));
    let count = writer.edges.len();
    let names = writer.edges.iter().flat_map(|(a, b)| [a.clone(), b.clone()]).collect();
    node.insert("edges", Item::Words(vec![count, 2], names));
    node.insert("nodes", Item::Group(writer.nodes));
    let mut root = Group::default();
    root.insert("version", word(VERSION));
    root.insert("node", Item::Group(node));
    // Beside the graph, where no reader looks: in a node, nir before 1.0.6 raises an error on it.
    root.insert(ours::GROUP, Item::Group(writer.own));
    Ok(root)
}

fn word(text: &str) -> Item {
    Item::Words(Vec::new(), vec![text.into()])
}

fn wholes(values: &[usize]) -> Item {
    let data = Data::I64(values.iter().map(|x| *x as i64).collect());
    Item::Numbers(Tensor::new("", "", vec![values.len()], data).unwrap_or(Tensor::scalar(0.0)))
}

struct Writer<'a> {
    model: &'a Model,
    written: &'a Written,
    report: &'a mut Report,
    rows: HashMap<&'a str, &'a Row>,
    nodes: Group,
    /// What we read back to the bit.
    own: Group,
    edges: Vec<(String, String)>,
    /// Nodes that only pass on, and where what they pass comes from.
    through: HashMap<String, Vec<String>>,
}

impl Writer<'_> {
    fn network(&mut self, network: &Network) -> Result<()> {
        let mut input = Group::default();
        input.insert("type", word("Input"));
        input.insert("shape", wholes(&network.input));
        self.own.insert(ours::NETWORK, word(&network.to_toml()?));
        self.own.insert(ours::LAYERS, word(&ours::layers(self.model)?));
        let mut before = "input".to_string();
        for node in &network.nodes {
            for tensor in self.rows.get(&node.name[..]).into_iter().flat_map(|r| &r.tensors) {
                if matches!(node.kind, Kind::Neurons(_)) {
                    let text = serde_json::to_string(&self.model.weights[&tensor.name]);
                    self.own
                        .insert(&tensor.name, word(&text.map_err(|e| Error::file("nir", e.to_string()))?));
                }
            }
            let from = if node.from.is_empty() { vec![Link::Now(before)] } else { node.from.clone() };
            self.node(network, node, &from)?;
            before = node.name.clone();
        }
        self.nodes.insert("input", Item::Group(input));
        let last = if network.output.is_empty() { before } else { network.output.clone() };
        let mut output = Group::default();
        output.insert("type", word("Output"));
        output.insert("shape", wholes(self.shape(network, &last)));
        let name = self.free("output");
        self.nodes.insert(&name, Item::Group(output));
        let sources = self.sources(&last);
        self.edges.extend(sources.into_iter().map(|source| (source, name.clone())));
        self.edges.sort();
        self.edges.dedup();
        Ok(())
    }

    fn shape<'a>(&'a self, network: &'a Network, node: &str) -> &'a [usize] {
        self.rows.get(node).map_or(&network.input, |row| &row.shape)
    }

    /// The nodes that send what `node` sends.
    fn sources(&self, node: &str) -> Vec<String> {
        self.through.get(node).cloned().unwrap_or_else(|| vec![node.into()])
    }

    /// A name that no node has.
    fn free(&self, wish: &str) -> String {
        let taken = |name: &str| {
            self.nodes.items.contains_key(name) || self.model.network.nodes.iter().any(|n| n.name == name)
        };
        let mut name = wish.to_string();
        for n in 2usize.. {
            if !taken(&name) {
                break;
            }
            name = format!("{wish}_{n}");
        }
        name
    }

    fn refuse(&mut self, node: &Node, how: &str) {
        self.report.say(&node.name, node.kind.word(), Fate::Refused, how);
    }

    fn node(&mut self, network: &Network, node: &Node, from: &[Link]) -> Result<()> {
        if from.len() > 1 && node.combine != Combine::Sum {
            self.refuse(node, "NIR adds inputs, it does not put them one after the other");
            return Ok(());
        }
        let source = from.first().map_or("input", |l| l.node());
        let entering = self.shape(network, source).to_vec();
        let group = match &node.kind {
            Kind::Linear(l) => {
                let weight = &self.model.weights[&format!("{}.weight", node.name)];
                let shape = vec![weight.len() / l.outputs.max(1), l.outputs];
                let turned = Tensor::new(&node.name, "weight", shape.clone(), Data::F32(weight.clone()))?;
                let turned =
                    Tensor::row(turned.turned(&node.name, "weight")?).reshaped(vec![shape[1], shape[0]]);
                let mut group = typed(if l.bias || self.written.affine { "Affine" } else { "Linear" });
                group.insert("weight", Item::Numbers(turned));
                if l.bias {
                    group.insert("bias", self.row(&format!("{}.bias", node.name)));
                } else if self.written.affine {
                    group.insert("bias", Item::Numbers(Tensor::row(vec![0.0; l.outputs])));
                }
                self.report.say(&node.name, "weight", Fate::Rewritten, "[in, out] is turned to [out, in]");
                group
            }
            Kind::Conv(c) => self.conv(node, c, &entering)?,
            Kind::Pool(p) if p.of != PoolOf::Max && entering.len() == 3 => self.pool(node, p),
            Kind::Flatten(_) => {
                let mut group = typed("Flatten");
                // Readers count from 0 with the axis of samples or without; all count alike from the end.
                group.insert("start_dim", whole(-(entering.len() as i64)));
                group.insert("end_dim", whole(-1));
                group.insert("input_type", wholes(&entering));
                self.report.say(&node.name, "flatten", Fate::Exact, "");
                group
            }
            Kind::Scale(s) => {
                let mut group = typed("Scale");
                let count = entering.iter().product();
                group.insert(
                    "scale",
                    Item::Numbers(Tensor::row(vec![s.factor as f32; count]).reshaped(entering)),
                );
                self.report.say(&node.name, "factor", Fate::Exact, "scale");
                group
            }
            Kind::Neurons(n) => match self.neurons(node, n, &entering)? {
                Some(group) => group,
                None => return Ok(()),
            },
            // Few readers know a Scale.
            Kind::Identity(_) | Kind::Dropout(_) if from.iter().all(|link| link.delay() == 0) => {
                let sources = from.iter().flat_map(|link| self.sources(link.node())).collect();
                self.through.insert(node.name.clone(), sources);
                self.report.say(&node.name, node.kind.word(), Fate::Rewritten, "edges pass it by");
                return Ok(());
            }
            Kind::Identity(_) | Kind::Dropout(_) => {
                let mut group = typed("Scale");
                let count = entering.iter().product();
                group.insert("scale", Item::Numbers(Tensor::row(vec![1.0; count]).reshaped(entering)));
                self.report.say(&node.name, node.kind.word(), Fate::Rewritten, "a Scale by 1");
                group
            }
            Kind::Network(_) => {
                self.refuse(
                    node,
                    "networks within networks are not written: put their nodes into one network",
                );
                return Ok(());
            }
            _ => {
                self.refuse(node, "NIR has no such node");
                return Ok(());
            }
        };
        let kind = group.word("type").unwrap_or_default();
        if self.written.writes.is_some_and(|writes| !writes.kinds.contains(&kind)) {
            self.refuse(node, &format!("its reader knows no {kind}"));
            return Ok(());
        }
        self.nodes.insert(&node.name, Item::Group(group));
        from.iter().for_each(|link| self.edge(network, node, link));
        Ok(())
    }

    /// An edge; what is delayed goes through a Delay, but for the step that a cycle takes anyway.
    fn edge(&mut self, network: &Network, node: &Node, link: &Link) {
        let place = |name: &str| network.nodes.iter().position(|n| n.name == name);
        let leads_back = link.delay() > 0 && place(link.node()) >= place(&node.name);
        let steps = link.delay() - usize::from(leads_back);
        if leads_back {
            let how = format!(
                "the edge from `{}` closes a cycle, whose one step NIR leaves to the reader",
                link.node()
            );
            let fate = if self.written.writes.is_some() { Fate::Lost } else { Fate::Rewritten };
            self.report.say(&node.name, "delay", fate, how);
        }
        let sources = self.sources(link.node());
        if steps == 0 {
            self.edges.extend(sources.into_iter().map(|source| (source, node.name.clone())));
            return;
        }
        if self.written.writes.is_some_and(|writes| !writes.kinds.contains(&"Delay")) {
            self.refuse(node, "its reader knows no Delay");
        }
        let shape = self.shape(network, link.node()).to_vec();
        let count: usize = shape.iter().product();
        let mut group = typed("Delay");
        let delay = (steps as f64 * network.dt) as f32;
        group.insert("delay", Item::Numbers(Tensor::row(vec![delay; count]).reshaped(shape)));
        let name = self.free(&format!("{}_delay", node.name));
        self.nodes.insert(&name, Item::Group(group));
        self.edges.extend(sources.into_iter().map(|source| (source, name.clone())));
        self.edges.push((name, node.name.clone()));
        self.report.say(&node.name, "delay", Fate::Rewritten, format!("a Delay of {delay} s"));
    }

    fn row(&self, name: &str) -> Item {
        Item::Numbers(Tensor::row(self.model.weights[name].clone()))
    }

    fn conv(&mut self, node: &Node, conv: &Conv, entering: &[usize]) -> Result<Group> {
        let axes = conv.kernel.len();
        let spread =
            |values: &[usize]| -> Vec<usize> { (0..axes).map(|a| values[a.min(values.len() - 1)]).collect() };
        let mut group = typed(if axes == 1 { "Conv1d" } else { "Conv2d" });
        let inputs = entering.first().copied().unwrap_or(1);
        let shape = [conv.outputs, inputs].into_iter().chain(conv.kernel.iter().copied()).collect();
        let weight = &self.model.weights[&format!("{}.weight", node.name)];
        // nir 1.0.8 takes the inputs of a group for all inputs, so that no file with groups passes its check.
        let weight = ours::ungrouped(weight, conv, inputs);
        group.insert("weight", Item::Numbers(Tensor::new(&node.name, "weight", shape, Data::F32(weight))?));
        let bias = match conv.bias {
            true => self.row(&format!("{}.bias", node.name)),
            false => Item::Numbers(Tensor::row(vec![0.0; conv.outputs])),
        };
        group.insert("bias", bias);
        group.insert("stride", wholes(&spread(&conv.stride)));
        group.insert("padding", wholes(&spread(&conv.padding)));
        group.insert("dilation", wholes(&spread(&conv.dilation)));
        group.insert("groups", whole(1));
        group.insert("input_shape", wholes(&entering[1.min(entering.len())..]));
        let (fate, how) = match conv.groups {
            0 | 1 => (Fate::Exact, ""),
            _ => (
                Fate::Rewritten,
                "one group, with zeros for the inputs of the others: nir 1.0.8 reads no other",
            ),
        };
        self.report.say(&node.name, "weight", fate, how);
        if conv.kernel.iter().any(|k| *k != conv.kernel[0]) {
            let how = "nir 1.0.8 takes a kernel's height for its width: its `read` needs type_check=False";
            self.report.say(&node.name, "kernel", Fate::Lost, how);
        }
        Ok(group)
    }

    fn pool(&mut self, node: &Node, pool: &Pool) -> Group {
        let spread = |values: &[usize]| [values[0], values[values.len() - 1]];
        let stride = if pool.stride.is_empty() { &pool.kernel } else { &pool.stride };
        let mut group = typed(if pool.of == PoolOf::Sum { "SumPool2d" } else { "AvgPool2d" });
        group.insert("kernel_size", wholes(&spread(&pool.kernel)));
        group.insert("stride", wholes(&spread(stride)));
        group.insert("padding", wholes(&spread(&pool.padding)));
        self.report.say(&node.name, "pool", Fate::Exact, "");
        group
    }

    /// A layer of neurons as the NIR neuron that a framework's reader makes such a layer of.
    fn neurons_for(
        &mut self,
        writes: Writes,
        node: &Node,
        neurons: &Neurons,
        shape: &[usize],
    ) -> Option<Group> {
        let learned = self.model.learned(&node.name);
        let made = Step::of(neurons, &learned, self.model.network.dt).and_then(|step| (writes.nir)(&step));
        let made = match made {
            Ok(made) => made,
            Err(how) => {
                self.report.say(&node.name, &neurons.model, Fate::Refused, how);
                return None;
            }
        };
        for (parameter, fate, how) in made.said {
            self.report.say(&node.name, parameter, fate, how);
        }
        let mut group = typed(made.kind);
        let count: usize = shape.iter().product();
        for (field, numbers) in made.fields {
            if field == "v_reset" && !self.written.v_reset {
                continue;
            }
            let values = match numbers {
                Numbers::One(x) => vec![x as f32; count],
                Numbers::Each(xs) => xs.iter().map(|x| *x as f32).collect(),
            };
            group.insert(field, Item::Numbers(Tensor::row(values).reshaped(shape.to_vec())));
        }
        Some(group)
    }

    /// A layer of neurons as a NIR neuron; `None` where there is none.
    fn neurons(&mut self, node: &Node, neurons: &Neurons, shape: &[usize]) -> Result<Option<Group>> {
        if let Some(writes) = self.written.writes {
            return Ok(self.neurons_for(writes, node, neurons, shape));
        }
        let model = Catalog::standard().get(&neurons.model)?;
        let count: usize = shape.iter().product();
        let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for field in model.params() {
            let learned = self.model.weights.get(&format!("{}.{}", node.name, field.name));
            let of = match (learned, neurons.set.get(field.name)) {
                (Some(x), _) if x.len() == count => x.iter().map(|x| f64::from(*x)).collect(),
                (Some(x), _) if x.len() == 1 => vec![f64::from(x[0]); count],
                (_, Some(Numbers::Each(xs))) => xs.clone(),
                (_, Some(Numbers::One(x))) => vec![*x; count],
                (_, None) => vec![field.default; count],
            };
            values.insert(field.name, of);
        }
        let dt = self.model.network.dt;
        let said = |report: &mut Report, parameter: &str, fate, how: &str| {
            report.say(&node.name, parameter, fate, how)
        };
        let made = match neuron(&neurons.model, &values, dt) {
            Ok(made) => made,
            Err(how) => {
                self.report.say(&node.name, &neurons.model, Fate::Refused, how);
                return Ok(None);
            }
        };
        for (parameter, fate, how) in &made.said {
            said(self.report, parameter, *fate, how);
        }
        if neurons.competition.is_some() {
            said(self.report, "competition", Fate::Lost, "NIR has no competition within a layer");
        }
        for name in neurons.initial.keys() {
            said(self.report, name, Fate::Lost, "NIR has no initial states");
        }
        let mut group = typed(made.kind);
        for (field, values) in made.fields {
            if field == "v_reset" && !self.written.v_reset {
                let fate = if values.iter().all(|v| *v == 0.0) { Fate::Exact } else { Fate::Lost };
                said(
                    self.report,
                    "v_reset",
                    fate,
                    "left out, as readers up to nir 1.0.5 want it; they take 0",
                );
                continue;
            }
            let row = Tensor::row(values.iter().map(|v| *v as f32).collect());
            group.insert(field, Item::Numbers(row.reshaped(shape.to_vec())));
        }
        Ok(Some(group))
    }
}

fn typed(kind: &str) -> Group {
    let mut group = Group::default();
    group.insert("type", word(kind));
    group
}

fn whole(x: i64) -> Item {
    Item::Numbers(Tensor::new("", "", Vec::new(), Data::I64(vec![x])).unwrap_or(Tensor::scalar(0.0)))
}
