//! What a dialect is, and what dialects share.

use rheobase_base::Result;
use rheobase_network::network::{Link, Numbers};

use crate::build::Build;
use crate::layer::Layer;
use crate::nir::node::{Graph, NirNode};
use crate::step::{NirNeuron, Step, Written};
use crate::tensor::Tensor;

/// What a framework means by its layers.
pub struct Dialect {
    /// Its name: what `--from` takes.
    pub name: &'static str,
    /// The version whose runs it was held against.
    pub version: &'static str,
    /// Settings that its NIR files do not hold, with what is assumed and what they decide.
    pub settings: &'static [Setting],
    /// Makes nodes of a layer; `false` for a class it does not know.
    pub(crate) layer: fn(&mut Build, &mut Layer, Vec<Link>) -> Result<bool>,
    /// What a neuron of NIR was before it was written.
    pub(crate) from_nir: fn(&NirNode, &Meaning) -> Result<Layer>,
    /// What its NIR files never hold although its models may have it; empty for nothing.
    pub omits: &'static str,
    /// How it is written, where it is.
    pub(crate) writes: Option<Writes>,
    /// Whether the numbers of a graph are as this framework writes them.
    pub(crate) wrote: fn(&Graph) -> bool,
    /// What betrays it, in words.
    pub sign: &'static str,
    /// Length of a step in seconds where neither file nor caller says it; `None` where steps have no length.
    pub dt: Option<f64>,
}

/// How neurons of ours are written for a framework; an error is the reason why some have no counterpart.
#[derive(Clone, Copy)]
pub(crate) struct Writes {
    /// A layer of the framework that computes the same step.
    pub(crate) layer: fn(&Step) -> std::result::Result<Written, String>,
    /// The NIR neuron that the framework's reader makes such a layer of.
    pub(crate) nir: fn(&Step) -> std::result::Result<NirNeuron, String>,
    /// Numbers of a layer of this class that its checkpoint holds, and what else it holds.
    pub(crate) state: fn(&Layer, usize) -> Vec<(&'static str, Tensor)>,
    /// Kinds of NIR nodes that its reader knows, beside Input and Output.
    pub(crate) kinds: &'static [&'static str],
}

/// Something that a framework's NIR files leave open.
pub struct Setting {
    /// Its name in the framework.
    pub name: &'static str,
    /// What is assumed: the framework's default.
    pub assumed: &'static str,
    /// The words it may have; empty for a number.
    pub words: &'static [&'static str],
    /// The NIR nodes it belongs to.
    pub of: &'static [&'static str],
}

/// How a NIR node stands in its graph.
pub(crate) struct Meaning {
    /// Length of a step in seconds.
    pub(crate) dt: f64,
    /// Whether it is part of a cycle.
    pub(crate) recurrent: bool,
}

/// A number for every neuron.
pub(crate) fn one(x: f64) -> Numbers {
    Numbers::One(x)
}

/// The single-precision number whose image under `export` is `image`, near `guess`: what an exporter has computed in single
/// precision is taken back to the bit. Of several, the one that is written with the fewest digits.
pub(crate) fn invert(image: f64, guess: f64, export: impl Fn(f32) -> f64) -> f64 {
    let near = guess as f32;
    let mut below = near;
    for _ in 0..12 {
        below = below.next_down();
    }
    let mut candidates = Vec::new();
    let mut x = below;
    for _ in 0..25 {
        if export(x) == image {
            candidates.push(x);
        }
        x = x.next_up();
    }
    let shortest = candidates.into_iter().min_by_key(|x| format!("{x}").len());
    f64::from(shortest.unwrap_or(near))
}

/// Whether `a` is `b` but for rounding in single precision.
pub(crate) fn near(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 4e-7 * a.abs().max(b.abs())
}
