//! Shapes of all sources, inferred from that of the input.

use std::collections::HashMap;

use super::custom::custom;
use super::flatten::Flat;
use super::plan::{Lowering, needs_combining};
use super::value_error;
use crate::network::describe::{Combine, Kind, Link, Node};
use crate::network::op;
use rheobase_base::{Error, Result, brief};

pub(super) fn check_shape(place: &str, shape: &[usize]) -> Result<()> {
    let size = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).filter(|n| *n > 0 && *n < 1 << 31);
    if size.is_none() || shape.is_empty() || shape.len() > 3 {
        let rule = "must be [N], [C, L] or [C, H, W], at least one and less than 2^31 values";
        return Err(value_error(place, "shape", brief(shape), rule));
    }
    Ok(())
}

/// Finds the shapes of all sources; those of recurrent networks need several rounds.
pub(super) fn infer_shapes(lowering: &mut Lowering<'_>, flat: &[Flat], order: &[usize]) -> Result<()> {
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
            return Err(Error::unsupported(
                open.unwrap_or_default(),
                "its shape follows from itself around a cycle; put a `linear` node into the cycle",
            ));
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
            return Err(Error::shape(
                node.name.clone(),
                "input",
                format!("{:?}", shapes[&node.name]),
                format!("{entry:?} is needed, as the network within says"),
            ));
        }
        lowering.shapes.push(shapes[&node.name].clone());
    }
    Ok(())
}

fn summed(node: &Node, inputs: &[Vec<usize>]) -> Result<Vec<usize>> {
    let first = inputs.first().cloned().unwrap_or_default();
    match inputs.iter().zip(&node.from).find(|(s, _)| **s != first) {
        None => Ok(first),
        Some((shape, link)) => Err(Error::shape(
            node.name.clone(),
            format!("input from {}", link.node()),
            format!("{shape:?}"),
            format!("{first:?} is needed, the shape of `{}`, to add them", node.from[0].node()),
        )),
    }
}

fn stacked(place: &str, inputs: &[Vec<usize>]) -> Result<Vec<usize>> {
    let mut shape = inputs.first().cloned().unwrap_or_default();
    for other in inputs.iter().skip(1) {
        if other.len() != shape.len() || other[1..] != shape[1..] {
            return Err(Error::shape(
                place,
                "inputs",
                format!("{inputs:?}"),
                "all axes but the first must agree to stack them",
            ));
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
        Kind::FirstSpikeConv(c) => op::FireOnceConv::shape(place, c, &input)?,
        Kind::Pool(p) => op::Pool::shape(place, p, &input)?,
        Kind::Pad(p) => op::Pad::shape(place, p, &input)?,
        Kind::Flatten(_) => vec![input.iter().product()],
        Kind::Custom(c) => custom(&lowering.library.operators, place, c, inputs)?.1,
        _ => input,
    };
    check_shape(place, &shape)?;
    Ok(shape)
}
