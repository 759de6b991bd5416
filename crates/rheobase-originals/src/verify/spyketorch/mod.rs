//! SpykeTorch-Extended: layers of [C, H, W] under k-winners-take-all, right-hand sides, functions and filters.

mod attributes;
mod classes;
mod functional;
mod layer;
mod ode;
mod outputs;
pub(super) mod quirks;

use super::{Outcome, TraceFile};
use rheobase_base::Result;

pub(super) use classes::{PARAMETERS, SETTINGS};
pub(super) use functional::{FUNCTIONS, arrays as functional_arrays};
pub(super) use layer::STATES;

/// The original's classes and our models.
pub(super) fn classes() -> Vec<(&'static str, &'static str)> {
    classes::CLASSES.iter().map(|c| (c.theirs, c.ours)).collect()
}

pub(super) fn replay(trace: &TraceFile) -> Result<Outcome> {
    let meta = &trace.meta;
    if meta.target.ends_with("._f_ode") {
        return ode::replay(trace);
    }
    if let Some(outcome) = functional::replay(trace) {
        return outcome;
    }
    match classes::of(meta) {
        Some(class) => layer::replay(trace, class),
        None => Ok(Outcome::NotCovered(format!("no model for {} yet", meta.target))),
    }
}
