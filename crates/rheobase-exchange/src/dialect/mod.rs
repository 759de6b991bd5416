//! Dialects: what each framework means by its layers, one file per framework.
//!
//! A dialect does two things: it says what a layer of its own classes is here ([`Dialect::layer`]), and what a NIR node
//! that it wrote was before it was written ([`Dialect::from_nir`]). All that is common to frameworks built on torch is in
//! `torch.rs`.

mod nengo;
mod norse;
mod plain;
mod rockpool;
mod sinabs;
mod snntorch;
mod spikingjelly;
mod spyx;
mod torch;

use rheobase::network::{Link, Numbers};
use rheobase::{Error, Result};

use crate::build::Build;
use crate::layer::{Foreign, Layer};
use crate::model::Model;
use crate::nir::NirNode;
use crate::report::{Fate, Report};

/// What a framework means by its layers.
pub struct Dialect {
    /// Its name: what `--from` takes.
    pub name: &'static str,
    /// The version whose runs it was held against.
    pub version: &'static str,
    /// Settings that its NIR files do not hold, with what is assumed and what they decide.
    pub settings: &'static [Setting],
    /// Makes nodes of a layer; `false` for a class it does not know.
    pub(crate) layer: fn(&mut Build<'_>, &Layer, Vec<Link>) -> Result<bool>,
    /// What a neuron of NIR was before it was written.
    pub(crate) from_nir: fn(&NirNode, &Meaning) -> Result<Layer>,
    /// Length of a step in seconds where neither file nor caller says it; `None` where steps have no length.
    pub dt: Option<f64>,
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

/// All dialects, in the order in which they are listed.
pub const DIALECTS: &[&Dialect] = &[
    &plain::NIR,
    &snntorch::SNNTORCH,
    &norse::NORSE,
    &spikingjelly::SPIKINGJELLY,
    &sinabs::SINABS,
    &rockpool::ROCKPOOL,
    &spyx::SPYX,
    &nengo::NENGO,
];

/// The dialect called `name`.
///
/// # Errors
/// A name that no dialect has, with the nearest.
pub fn dialect(name: &str) -> Result<&'static Dialect> {
    let found = DIALECTS.iter().find(|d| d.name == name);
    found.copied().ok_or_else(|| Error::unknown("from", "framework", name, DIALECTS.iter().map(|d| d.name)))
}

/// Makes a model of ours of one of another framework.
///
/// # Errors
/// Layers that lack numbers, or whose numbers are out of range. What has no counterpart is in the report, and no model is made.
pub(crate) fn assemble(foreign: &Foreign, dialect: &Dialect, report: Report) -> Result<(Option<Model>, Report)> {
    let mut build = Build::new(foreign, report);
    for layer in &foreign.layers {
        let inputs = build.begin(layer)?;
        let known = (dialect.layer)(&mut build, layer, inputs.clone())?
            || torch::layer(&mut build, layer, inputs.clone())?
            || plain::common(&mut build, layer, inputs)?;
        if !known {
            let how = format!("{} has no counterpart", layer.class);
            build.say("class", Fate::Refused, how);
            return Ok((None, build.report));
        }
        for name in layer.unused() {
            build.say(&name, Fate::Lost, "nothing here has this meaning");
        }
        if build.report.worst() == Fate::Refused {
            return Ok((None, build.report));
        }
    }
    let (mut model, mut report) = build.finish(&foreign.input)?;
    fit_input(&mut model, &mut report)?;
    Ok((Some(model), report))
}

/// Files may name the axes of batch and time in front of a sample's: the longest end of the shape that fits is a sample's.
fn fit_input(model: &mut Model, report: &mut Report) -> Result<()> {
    let named = model.network.input.clone();
    let mut first = None;
    for skipped in 0..named.len().max(1) {
        model.network.input = named[skipped..].to_vec();
        match model.fits() {
            Ok(()) if skipped == 0 => return Ok(()),
            Ok(()) => {
                let how = format!("{named:?} becomes {:?}: axes of batch and time are no part of a sample", model.network.input);
                report.say("", "input shape", Fate::Rewritten, how);
                return Ok(());
            }
            Err(fault) => {
                first.get_or_insert(fault);
            }
        }
    }
    first.map_or(Ok(()), Err)
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
