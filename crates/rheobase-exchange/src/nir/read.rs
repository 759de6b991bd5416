//! From a NIR graph to layers of the framework that wrote it.

use std::collections::BTreeMap;

use rheobase_base::{Error, Result, brief};

use super::graph::Order;
use super::node::{Graph, NEURONS, NirNode};
use crate::dialect::{Dialect, Meaning, Setting};
use crate::layer::{Foreign, Layer, Source, Value};
use crate::report::{Fate, Report};
use crate::tensor::Tensor;

/// What a caller says that files leave open, by the framework's own names: `reset_mechanism`, or `LAYER.reset_mechanism` for one
/// layer.
pub type Settings = BTreeMap<String, String>;

/// Takes a graph for layers of `dialect`.
///
/// # Errors
/// Numbers that this framework does not write; settings that it does not have.
pub(crate) fn read(
    mut graph: Graph,
    dialect: &Dialect,
    settings: &Settings,
    report: &mut Report,
) -> Result<Foreign> {
    check(dialect, settings)?;
    let folded = match dialect.name {
        "snntorch" | "spyx" => fold_recurrent(&mut graph, dialect.name)?,
        _ => BTreeMap::new(),
    };
    let order = graph.order()?;
    let dt = match settings.get("dt").map(|dt| dt.parse::<f64>()) {
        None => dialect.dt.unwrap_or(1e-3),
        Some(Ok(dt)) if dt > 0.0 && dt.is_finite() => dt,
        Some(_) => return Err(wrong(&settings["dt"], "dt", "must be a number of seconds above 0")),
    };
    let (input, output) = (graph.only("Input")?, graph.only("Output")?);
    let mut foreign = Foreign {
        framework: dialect.name.into(),
        dt: Some(dt),
        input: shape_of(&graph.nodes[input])?,
        layers: Vec::new(),
        output: String::new(),
    };
    for n in &order.nodes {
        let node = &graph.nodes[*n];
        if *n == input || *n == output {
            continue;
        }
        let recurrent = order.recurrent.contains(n) || folded.contains_key(&node.name);
        let meaning = Meaning { dt, recurrent };
        let mut layer = common(node)?.map_or_else(|| (dialect.from_nir)(node, &meaning), Ok)?;
        layer.inputs = inputs(&graph, &order, *n, input);
        for (name, value) in folded.get(&node.name).into_iter().flatten() {
            layer = layer.with(name, Value::Tensor(value.clone()));
        }
        if node.is_neuron() {
            open_settings(dialect, settings, node, &mut layer, report);
        }
        for name in node.unused().iter().filter(|n| !n.starts_with("metadata.")) {
            report.say(&node.name, name, Fate::Lost, "nothing here has this meaning");
        }
        foreign.layers.push(layer);
    }
    for (a, b) in &order.delayed {
        let how = format!("from `{}` it carries what was sent one step before", graph.nodes[*a].name);
        report.say(&graph.nodes[*b].name, "edge in a cycle", Fate::Rewritten, how);
    }
    if !dialect.omits.is_empty() {
        report.say("", "exporter", Fate::Lost, dialect.omits);
    }
    unreached(&graph, &order, report);
    foreign.output = name_of(
        &graph,
        *graph
            .sources(output)
            .first()
            .ok_or_else(|| Error::unsupported("nir", "nothing leads to the graph's Output"))?,
        input,
    );
    Ok(foreign)
}

fn wrong(value: &str, field: &str, rule: impl Into<String>) -> Error {
    Error::value("with", field, format!("`{value}`"), rule)
}

/// Checks names and words of settings.
fn check(dialect: &Dialect, settings: &Settings) -> Result<()> {
    for (key, value) in settings {
        let name = key.rsplit_once('.').map_or(&key[..], |(_, name)| name);
        if name == "dt" {
            continue;
        }
        let known = dialect.settings.iter().find(|s| s.name == name);
        let setting = known.ok_or_else(|| {
            Error::unknown(dialect.name, "setting", name, dialect.settings.iter().map(|s| s.name))
        })?;
        if !setting.words.is_empty() && !setting.words.contains(&&value[..]) {
            return Err(wrong(value, key, format!("must be one of {}", setting.words.join(", "))));
        }
        if setting.words.is_empty() && value != "none" && value.parse::<f64>().is_err() {
            return Err(wrong(value, key, "must be a number, or none"));
        }
    }
    Ok(())
}

/// What the file leaves open: from the caller, or the framework's default, which is said.
fn open_settings(
    dialect: &Dialect,
    settings: &Settings,
    node: &NirNode,
    layer: &mut Layer,
    report: &mut Report,
) {
    for setting in dialect.settings.iter().filter(|s| s.of.contains(&node.kind())) {
        // `1` names the parts of a recurrent layer too, `1.lif` and `1.w_rec`.
        let layer_of = node.name.rsplit_once('.').map_or(&node.name[..], |(layer, _)| layer);
        let keys = [format!("{}.{}", node.name, setting.name), format!("{layer_of}.{}", setting.name)];
        let given = keys.iter().find_map(|k| settings.get(k)).or(settings.get(setting.name));
        if let Some(value) = given.and_then(|text| value(setting, text)) {
            layer.values.insert(setting.name.into(), value);
        }
        match given {
            Some(text) => {
                report.say(&node.name, setting.name, Fate::Exact, format!("{text}, as the caller says"))
            }
            None => {
                let how = format!(
                    "not in the file: {} is assumed; `--with {}=…` says otherwise",
                    setting.assumed, setting.name
                );
                report.say(&node.name, setting.name, Fate::Lost, how);
            }
        }
    }
}

fn value(setting: &Setting, text: &str) -> Option<Value> {
    match text {
        "none" if setting.words.is_empty() => None,
        "true" => Some(Value::Flag(true)),
        "false" => Some(Value::Flag(false)),
        word => Some(word.parse().map_or(Value::Text(word.into()), |x| Value::Tensor(Tensor::scalar(x)))),
    }
}

fn name_of(graph: &Graph, node: usize, input: usize) -> String {
    if node == input { "input".into() } else { graph.nodes[node].name.clone() }
}

fn inputs(graph: &Graph, order: &Order, node: usize, input: usize) -> Vec<Source> {
    let source = |from: usize| Source {
        layer: name_of(graph, from, input),
        delay: usize::from(order.delayed.contains(&(from, node))),
    };
    graph.sources(node).into_iter().map(source).collect()
}

/// What the input does not reach.
fn unreached(graph: &Graph, order: &Order, report: &mut Report) {
    for (n, node) in graph.nodes.iter().enumerate() {
        if !order.nodes.contains(&n) {
            report.say(&node.name, "node", Fate::Lost, "no input reaches it");
        }
    }
}

/// Axes of an input at most, with those of batch and time; an axis is shorter than `LONGEST`.
const AXES: usize = 8;
const LONGEST: f64 = (1_u32 << 31) as f64;

/// The shape that an Input names, empty where it names none. What stands for any length (-1) is 0: an axis of batch or time, or
/// an error where the model is made.
fn shape_of(node: &NirNode) -> Result<Vec<usize>> {
    let shape = node.find("shape").map(Tensor::to_f64).unwrap_or_default();
    if shape.len() > AXES || shape.iter().any(|d| !(d.fract() == 0.0 && d.abs() < LONGEST)) {
        let rule = format!(
            "must be at most {AXES} whole numbers below 2^31, the last ones [N], [C, L] or [C, H, W]"
        );
        return Err(Error::value(&node.name, "shape", brief(&shape), rule));
    }
    Ok(shape.iter().map(|d| d.max(0.0) as usize).collect())
}

/// Nodes that all frameworks write alike.
fn common(node: &NirNode) -> Result<Option<Layer>> {
    let with = |class: &str, names: &[(&str, &str)]| -> Result<Option<Layer>> {
        let mut layer = node.layer(class);
        for (theirs, ours) in names {
            layer = layer.with(ours, Value::Tensor(node.tensor(theirs)?.clone()));
        }
        Ok(Some(layer))
    };
    match node.kind() {
        "Affine" => with("torch.nn.Linear", &[("weight", "weight"), ("bias", "bias")]),
        "Linear" => with("torch.nn.Linear", &[("weight", "weight")]),
        "Conv1d" | "Conv2d" => conv(node).map(Some),
        "SumPool2d" | "AvgPool2d" => {
            let class = if node.kind() == "SumPool2d" { "sinabs.SumPool2d" } else { "torch.nn.AvgPool2d" };
            with(class, &[("kernel_size", "kernel"), ("stride", "stride"), ("padding", "padding")])
        }
        "Flatten" => {
            node.used("input_type");
            node.used("start_dim");
            node.used("end_dim");
            with("torch.nn.Flatten", &[])
        }
        "Scale" => with("nir.Scale", &[("scale", "scale")]),
        "Delay" => with("nir.Delay", &[("delay", "delay")]),
        "Threshold" => with("nir.Threshold", &[("threshold", "threshold")]),
        kind if NEURONS.contains(&kind) => Ok(None),
        kind => {
            let what = format!("NIR 1.0.8 has no node of kind {kind}");
            Err(Error::unsupported(node.name.clone(), what))
        }
    }
}

fn conv(node: &NirNode) -> Result<Layer> {
    let mut layer = node.layer(&format!("torch.nn.{}", node.kind()));
    for name in ["weight", "bias", "stride", "dilation", "groups"] {
        layer = layer.with(name, Value::Tensor(node.tensor(name)?.clone()));
    }
    node.used("input_shape");
    let padding = match node.word("padding") {
        None => Value::Tensor(node.tensor("padding")?.clone()),
        Some(word) => Value::Text(word.into()),
    };
    Ok(layer.with("padding", padding))
}

/// A neuron and a map that feed only each other become one recurrent layer, as these frameworks have it.
fn fold_recurrent(graph: &mut Graph, dialect: &str) -> Result<BTreeMap<String, Vec<(String, Tensor)>>> {
    let mut folded = BTreeMap::new();
    let maps: Vec<usize> = (0..graph.nodes.len())
        .filter(|n| matches!(graph.nodes[*n].kind(), "Affine" | "Linear"))
        .filter(|n| {
            let to = graph.out_of(*n);
            to.len() == 1 && graph.nodes[to[0]].is_neuron() && graph.sources(*n).contains(&to[0])
        })
        .collect();
    for map in maps {
        let neuron = graph.out_of(map)[0];
        let weight = graph.nodes[map].tensor("weight")?.clone();
        let bias = graph.nodes[map].find("bias").cloned();
        let values = match dialect {
            "spyx" => {
                let shape = weight.shape().iter().rev().copied().collect();
                let turned = weight.turned(&graph.nodes[map].name, "weight")?;
                vec![("recurrent_w".to_string(), Tensor::row(turned).reshaped(shape))]
            }
            _ => std::iter::once(("recurrent_weight".to_string(), weight))
                .chain(bias.map(|b| ("recurrent_bias".to_string(), b)))
                .collect(),
        };
        folded.insert(graph.nodes[neuron].name.clone(), values);
        // Spyx leads the layer's input to the map instead of the neuron.
        let others: Vec<usize> = graph.sources(map).into_iter().filter(|n| *n != neuron).collect();
        graph.edges.retain(|(a, b)| *a != map && *b != map);
        graph.edges.extend(others.iter().map(|n| (*n, neuron)));
        graph.nodes[map].kind = "folded".into();
    }
    graph.edges.sort_unstable();
    graph.edges.dedup();
    let keep: Vec<usize> = (0..graph.nodes.len()).filter(|n| graph.nodes[*n].kind() != "folded").collect();
    let number = |n: usize| keep.binary_search(&n).ok();
    graph.edges = graph.edges.iter().filter_map(|(a, b)| Some((number(*a)?, number(*b)?))).collect();
    let mut n = 0;
    graph.nodes.retain(|node| {
        n += 1;
        node.kind() != "folded" || n == 0
    });
    Ok(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(shape: Vec<f32>) -> NirNode {
        let fields = BTreeMap::from([("shape".into(), Tensor::row(shape))]);
        NirNode {
            name: "input".into(),
            kind: "Input".into(),
            fields,
            words: BTreeMap::new(),
            used: Default::default(),
        }
    }

    #[test]
    fn a_shape_is_a_few_whole_numbers() {
        assert_eq!(shape_of(&input(vec![2.0, 34.0, 34.0])).unwrap(), [2, 34, 34]);
        assert_eq!(shape_of(&input(vec![-1.0, 100.0, 2.0, 34.0, 34.0])).unwrap(), [0, 100, 2, 34, 34]);
        assert!(shape_of(&input(Vec::new())).unwrap().is_empty());
        for wrong in [vec![2.5], vec![f32::NAN], vec![f32::INFINITY], vec![3e9], vec![1.0; 1_000_000]] {
            let error = shape_of(&input(wrong)).unwrap_err().to_string();
            assert!(error.contains("input") && error.contains("shape") && error.len() < 300, "{error}");
        }
    }
}
