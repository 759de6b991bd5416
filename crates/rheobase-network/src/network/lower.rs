//! `lower`: from a description to a program. The only step that can fail: names, shapes, values, cycles.
//!
//! A network is planned first, which checks everything and makes nothing as large as its weights or layers; a program is
//! then made from the plan.

mod between;
mod custom;
mod flatten;
mod neurons;
mod plan;
mod shapes;
mod start;

pub use between::{ancestors, lower_part};
pub use custom::Operators;
pub(crate) use plan::{Plan, Planned, plan};

use super::describe::Network;
use super::library::Library;
use super::parameters::{Parameter, Parameters};
use super::program::{Program, ProgramNode, Version};
use rheobase_base::{Error, Result, memory};

/// Checks a network and makes it ready to run; weights start as `seed` says.
///
/// # Errors
/// Unknown or repeated names, wrong shapes, values out of range, cycles without a delay: with the node's name. A
/// network whose weights do not fit into memory.
pub fn lower(network: &Network, seed: u64) -> Result<Program> {
    lower_with(network, seed, &Library::default())
}

/// [`lower`] with models and operators of the user's.
///
/// # Errors
/// Those of [`lower`] and of the operators.
pub fn lower_with(network: &Network, seed: u64, library: &Library) -> Result<Program> {
    made(plan(network, library)?, seed, library)
}

/// The program of a plan.
fn made(plan: Plan, seed: u64, library: &Library) -> Result<Program> {
    check_memory(&plan)?;
    let (mut nodes, mut tensors) = (Vec::new(), Vec::new());
    for Planned { name, what, inputs, shape, tensors: planned, layer, make, .. } in plan.nodes {
        let (operator, values) = make(seed)?;
        let first = tensors.len();
        tensors.extend(planned.into_iter().zip(values).map(|(t, values)| Parameter { values, ..t }));
        nodes.push(ProgramNode { name, what, operator, inputs, shape, tensors: first..tensors.len(), layer });
    }
    let given = plan.given.into_iter().map(|g| g.map(|g| g.values())).collect();
    let Plan { input, output, delays, .. } = plan;
    let frozen = vec![false; nodes.len()];
    let (parameters, library) = (Parameters { tensors }, library.clone());
    let version = Version::next();
    let mut program = Program { nodes, parameters, input, output, delays, given, frozen, library, version };
    program.refresh()?;
    Ok(program)
}

/// The weights and a second form of them, as an update keeps what was before, must fit.
fn check_memory(plan: &Plan) -> Result<()> {
    let count: usize = plan.nodes.iter().flat_map(|n| &n.tensors).map(Parameter::count).sum();
    memory::check(8.0 * count as f64).map_err(|rule| value_error("network", "parameters", count, rule))
}

fn value_error(place: &str, field: &str, value: impl ToString, rule: impl Into<String>) -> Error {
    Error::value(place, field, value, rule)
}
