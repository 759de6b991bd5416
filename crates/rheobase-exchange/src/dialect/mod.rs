//! Dialects: what each framework means by its layers, one file per framework.
//!
//! A dialect does two things: it says what a layer of its own classes is here ([`Dialect::layer`]), and what a NIR node
//! that it wrote was before it was written ([`Dialect::from_nir`]). All that is common to frameworks built on torch is in
//! `torch.rs`.

mod meaning;
mod nengo;
mod norse;
mod plain;
mod rockpool;
mod sinabs;
mod snntorch;
mod spikingjelly;
mod spyx;
mod torch;

use rheobase_base::{Error, Result};

use crate::build::Build;
use crate::layer::Foreign;
use crate::model::Model;
use crate::nir::node::Graph;
use crate::report::{Fate, Report};

pub use meaning::{Dialect, Setting};
pub(crate) use meaning::{Meaning, Writes};

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

/// The dialect of whoever wrote a graph, and how that is known; plain NIR where that is not clear.
pub(crate) fn recognise(graph: &Graph) -> (&'static Dialect, String) {
    let wrote: Vec<&Dialect> = DIALECTS.iter().copied().filter(|d| (d.wrote)(graph)).collect();
    match wrote[..] {
        [] => (&plain::NIR, "nothing says who wrote it".into()),
        [one] => {
            let found = DIALECTS.iter().find(|d| d.name == one.name).copied().unwrap_or(&plain::NIR);
            (found, format!("its numbers betray it: {}", one.sign))
        }
        _ => {
            let names: Vec<&str> = wrote.iter().map(|d| d.name).collect();
            (&plain::NIR, format!("{} may have written it: `--from` decides", names.join(" and ")))
        }
    }
}

/// Makes a model of ours of one of another framework.
///
/// # Errors
/// Layers that lack numbers, or whose numbers are out of range. What has no counterpart is in the report, and no model is made.
pub(crate) fn assemble(
    foreign: Foreign,
    dialect: &Dialect,
    report: Report,
) -> Result<(Option<Model>, Report)> {
    let mut build = Build::new(foreign, report);
    for number in 0..build.foreign.layers.len() {
        // Weights are let go with the layer, so that no model is twice in memory.
        let mut layer = build.foreign.layers[number].take_matrices();
        let inputs = build.begin(&layer)?;
        let known = (dialect.layer)(&mut build, &mut layer, inputs.clone())?
            || torch::layer(&mut build, &mut layer, inputs.clone())?
            || plain::common(&mut build, &mut layer, inputs)?;
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
    let (mut model, mut report) = build.finish()?;
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
                let how = format!(
                    "{named:?} becomes {:?}: axes of batch and time are not part of a sample",
                    model.network.input
                );
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
