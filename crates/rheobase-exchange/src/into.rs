//! Weights of torch into a network of ours, and back under their own names.
//!
//! Both have maps in an order: modules of the checkpoint that have a weight, in the order of their names (numbers in them by
//! their value), and nodes of ours that have one. They are paired in that order, or by shape where that order does not fit and
//! each shape is there once.

use std::cmp::Ordering;

use rheobase_base::{Error, Result};
use rheobase_network::network::{Network, Row, outline};

use crate::layer::Weights;
use crate::model::Model;
use crate::report::{Fate, Report};
use crate::tensor::{Data, Tensor};

/// A weight of the checkpoint and the node of ours that has it.
struct Pair {
    /// Its name in the checkpoint.
    theirs: String,
    /// Its name here.
    ours: String,
    /// Whether the matrix is turned.
    turned: bool,
    /// Shape there.
    shape: Vec<usize>,
}

/// Splits `1.recurrent.weight` into module and field.
fn module(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

/// Names in the order in which people count: `2` before `10`.
fn counted(a: &str, b: &str) -> Ordering {
    let key = |part: &str| part.parse::<u64>().map_or((1, 0, part.to_string()), |n| (0, n, String::new()));
    a.split('.').map(key).cmp(b.split('.').map(key))
}

/// Names of fields that are weights of maps.
fn is_map(name: &str, tensor: &Tensor) -> bool {
    let field = module(name).1;
    let named = field == "weight"
        || field == "kernel"
        || field.ends_with("_weights")
        || field.ends_with("recurrent_w")
        || field == "w_rec";
    named && tensor.shape().len() >= 2
}

/// The pairs of weights and biases.
fn pairs(network: &Network, weights: &Weights, from: &str) -> Result<Vec<Pair>> {
    let table = outline(network)?;
    let maps = table.nodes.iter().filter(|n| n.tensors.iter().any(|t| t.name.ends_with(".weight")));
    let maps: Vec<&Row> = maps.collect();
    let mut theirs: Vec<&String> = weights.iter().filter(|(n, t)| is_map(n, t)).map(|(n, _)| n).collect();
    theirs.sort_by(|a, b| counted(a, b));
    if theirs.len() != maps.len() {
        let ours: Vec<&str> = maps.iter().map(|n| &n.name[..]).collect();
        return Err(Error::unsupported(
            "weights",
            format!(
                "{} weights {theirs:?}, but the network has {} nodes with weights, {ours:?}: they are paired in order",
                theirs.len(),
                ours.len()
            ),
        ));
    }
    // Rockpool and Spyx have [in, out], as here.
    let plain = matches!(from, "rockpool" | "spyx");
    let turns = |node: &Row| node.what == "linear" && !plain;
    let fits = |node: &Row, name: &String| {
        let (shape, wanted) = (weights[name].shape(), &node.tensors[0].shape);
        if turns(node) { shape.iter().rev().eq(wanted.iter()) } else { shape == *wanted }
    };
    // Names need not be in the order of layers: where shapes say which is meant, these do.
    if maps.iter().zip(&theirs).any(|(node, name)| !fits(node, name)) {
        let of_shape = |node: &&Row| {
            let mut found = theirs.iter().copied().filter(|name| fits(node, name));
            found.next().filter(|_| found.next().is_none())
        };
        let by_shape: Option<Vec<&String>> = maps.iter().map(of_shape).collect();
        theirs = by_shape.unwrap_or(theirs);
    }
    let mut pairs = Vec::new();
    for (node, name) in maps.iter().zip(theirs) {
        let wanted = &node.tensors[0].shape;
        let (shape, turned) = (weights[name].shape().to_vec(), turns(node));
        if !fits(node, name) {
            let turned = if turned { " turned" } else { "" };
            let want = format!("{wanted:?}{turned} is needed for `{}`", node.name);
            return Err(Error::shape(name, "shape", format!("{shape:?}"), want));
        }
        pairs.push(Pair { theirs: name.clone(), ours: node.tensors[0].name.clone(), turned, shape });
        let bias = node.tensors.iter().find(|t| t.name.ends_with(".bias"));
        let named = name
            .strip_suffix("weight")
            .map_or_else(|| format!("{}.bias", module(name).0), |n| format!("{n}bias"));
        match (bias, weights.get(&named)) {
            (Some(bias), Some(tensor)) if tensor.len() == bias.count => {
                let shape = tensor.shape().to_vec();
                pairs.push(Pair { theirs: named, ours: bias.name.clone(), turned: false, shape });
            }
            (None, None) => {}
            (Some(bias), None) => {
                let what = format!(
                    "`{}` has a bias, the checkpoint has no `{named}`; `bias = false` leaves it out",
                    bias.name
                );
                return Err(Error::unsupported("weights", what));
            }
            (ours, Some(tensor)) => {
                let got = format!("{:?}", tensor.shape());
                let want = ours.map_or("the node has none: `bias = true` is needed".into(), |b| {
                    format!("{:?} is needed", b.shape)
                });
                return Err(Error::shape(named, "shape", got, want));
            }
        }
    }
    Ok(pairs)
}

/// A network of ours with the weights of a checkpoint.
///
/// # Errors
/// Weights that are not as many as the network's, or of other shapes.
pub(crate) fn into_network(
    network: Network,
    mut weights: Weights,
    from: &str,
    report: &mut Report,
) -> Result<Model> {
    fold_norms(&mut weights, report)?;
    let pairs = pairs(&network, &weights, from)?;
    let mut model = Model::new(network, Default::default());
    let unused: Vec<String> =
        weights.keys().filter(|n| !pairs.iter().any(|p| p.theirs == **n)).cloned().collect();
    for pair in &pairs {
        // Taken out, so that not all weights stand in memory twice.
        let twice = || Error::unsupported(pair.theirs.clone(), "is paired with two tensors of the network");
        let tensor = weights.remove(&pair.theirs).ok_or_else(twice)?;
        let values =
            if pair.turned { tensor.clone().turned(&pair.theirs, "weight")? } else { tensor.to_f32() };
        if let Some(i) = tensor.first_not_finite() {
            return Err(
                Error::value(pair.theirs.clone(), "values", tensor.at(i), "must be a finite number").at(i)
            );
        }
        model.weights.insert(pair.ours.clone(), values);
        let single = !matches!(tensor.data(), Data::F64(x) if x.iter().any(|x| f64::from(*x as f32) != *x));
        let (fate, how) = match (single, pair.turned) {
            (false, _) => (Fate::Approximated, "rounded to single precision"),
            (true, true) => (Fate::Rewritten, "[out, in] is turned to [in, out]"),
            (true, false) => (Fate::Exact, ""),
        };
        report.say(&pair.theirs, &pair.ours, fate, how);
    }
    for name in &unused {
        report.say(name, "tensor", Fate::Lost, "the network of ours has its own number for this");
    }
    let rows = outline(&model.network)?.nodes;
    if rows.iter().flat_map(|row| &row.tensors).all(|t| model.weights.contains_key(&t.name)) {
        model.fits()?;
        return Ok(model);
    }
    // What neurons learn starts as the network says.
    let program = rheobase_network::network::lower(&model.network, 0)?;
    for tensor in &program.parameters().tensors {
        model.weights.entry(tensor.name.clone()).or_insert_with(|| {
            report.say(
                &tensor.name,
                "tensor",
                Fate::Lost,
                "not in the checkpoint: the network's own number stands",
            );
            tensor.values.clone()
        });
    }
    model.fits()?;
    Ok(model)
}

/// Batch norm in evaluation mode goes into the map before it.
fn fold_norms(weights: &mut Weights, report: &mut Report) -> Result<()> {
    let mut norms: Vec<String> =
        weights.keys().filter_map(|n| n.strip_suffix(".running_mean")).map(str::to_string).collect();
    norms.sort_by(|a, b| counted(a, b));
    for norm in norms {
        let mut before: Vec<String> =
            weights.iter().filter(|(n, t)| is_map(n, t)).map(|(n, _)| n.clone()).collect();
        before.retain(|n| counted(n, &norm) == Ordering::Less);
        before.sort_by(|a, b| counted(a, b));
        let missing = |what: &str| Error::unsupported(norm.clone(), what);
        let map = before.pop().ok_or_else(|| missing("batch norm without a map before it"))?;
        let get =
            |weights: &Weights, field: &str| weights.get(&format!("{norm}.{field}")).map(Tensor::to_f64);
        let mean = get(weights, "running_mean").unwrap_or_default();
        let var = get(weights, "running_var").ok_or_else(|| missing("batch norm without running_var"))?;
        let (gain, shift) = (get(weights, "weight"), get(weights, "bias"));
        let outputs = weights[&map].shape()[0];
        if mean.len() != outputs || var.len() != outputs {
            return Err(missing(&format!("{} channels behind {outputs} outputs of `{map}`", mean.len())));
        }
        let factor: Vec<f64> =
            (0..outputs).map(|i| gain.as_ref().map_or(1.0, |g| g[i]) / (var[i] + 1e-5).sqrt()).collect();
        let weight = &weights[&map];
        let per = (weight.len() / outputs.max(1)).max(1);
        let scaled = (0..weight.len()).map(|i| (weight.at(i) * factor[i / per]) as f32).collect();
        let scaled = Tensor::new(&map, "weight", weight.shape().to_vec(), Data::F32(scaled))?;
        let named = format!("{}bias", map.strip_suffix("weight").unwrap_or(&map));
        let bias = weights.get(&named).map_or_else(|| vec![0.0; outputs], Tensor::to_f64);
        let bias = (0..outputs)
            .map(|i| ((bias[i] - mean[i]) * factor[i] + shift.as_ref().map_or(0.0, |s| s[i])) as f32);
        let bias = Tensor::row(bias.collect());
        weights.insert(map.clone(), scaled);
        weights.insert(named, bias);
        weights.retain(|n, _| module(n).0 != norm);
        report.say(
            &norm,
            "batch norm",
            Fate::Rewritten,
            format!("folded into `{map}` with eps = 1e-5: w·γ/√(σ² + ε)"),
        );
    }
    Ok(())
}

/// The weights of `model` under the names of a checkpoint of torch, which lends what the model does not have.
///
/// # Errors
/// Those of [`into_network`].
pub(crate) fn back(model: &Model, like: Weights, from: &str, report: &mut Report) -> Result<Weights> {
    let pairs = pairs(&model.network, &like, from)?;
    let mut weights = like;
    let mut changed = Vec::new();
    for pair in pairs {
        let values = model.weights[&pair.ours].clone();
        let values = match (pair.turned, &pair.shape[..]) {
            (true, [rows, columns]) => {
                Tensor::new(&pair.ours, "weight", vec![*columns, *rows], Data::F32(values))?
                    .turned(&pair.ours, "weight")?
            }
            _ => values,
        };
        let tensor = Tensor::new(&pair.theirs, "weight", pair.shape, Data::F32(values))?;
        let how = if pair.turned { "[in, out] is turned to [out, in]" } else { "" };
        report.say(&pair.ours, &pair.theirs, if pair.turned { Fate::Rewritten } else { Fate::Exact }, how);
        changed.push(pair.theirs.clone());
        weights.insert(pair.theirs, tensor);
    }
    for name in weights.keys().filter(|n| !changed.contains(n)) {
        report.say(
            name,
            "tensor",
            Fate::Lost,
            "taken from the checkpoint that lends its names, not from the model",
        );
    }
    Ok(weights)
}
