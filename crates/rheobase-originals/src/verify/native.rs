//! Traces that name a model of the catalogue and its parameters as this library does: how a model that comes from nobody
//! else is verified. The format is described in the README of the folder `conformance`.

use super::compare::{Comparison, DOUBLE, Pair, SINGLE};
use super::replay::Replay;
use super::trace::number;
use super::{Outcome, TraceFile};
use rheobase_base::{Error, Result};
use rheobase_sim::population::probe::Quantity;
use rheobase_sim::population::{Builder, Initial, Number, position};
use rheobase_sim::{Catalog, Population};

/// What stands before a model's name in the target.
pub(super) const PREFIX: &str = "rheobase.";
/// What stands before the name of a parameter or state field in arrays of one number per neuron.
pub(super) const GIVEN: [&str; 2] = ["param_", "initial_"];

pub(super) fn replay(catalog: &Catalog, trace: &TraceFile, model: &str) -> Result<Outcome> {
    if trace.is_single("input") {
        replay_in::<f32>(catalog, trace, model, SINGLE)
    } else {
        replay_in::<f64>(catalog, trace, model, DOUBLE)
    }
}

fn replay_in<E: Number>(catalog: &Catalog, trace: &TraceFile, model: &str, rtol: f64) -> Result<Outcome> {
    let mut population = population::<E>(catalog, trace, model)?;
    let model = population.model().clone();
    let shape = trace.shape("input")?;
    let input = trace.array("input")?;
    let output = if trace.has("output") { Some(trace.array("output")?) } else { None };
    let names = trace.names().into_iter().filter(|n| !is_input(n) && n != "output");
    let arrays: Vec<(String, Vec<f64>)> =
        names.map(|name| Ok((name.clone(), trace.array(&name)?))).collect::<Result<_>>()?;
    for (name, _) in &arrays {
        Quantity::named(&*model, name)?;
    }
    let probes: Vec<&str> = arrays.iter().map(|(name, _)| name.as_str()).collect();
    let in_state = |name: &str| model.state().iter().any(|f| f.name == name);
    let states: Vec<(&str, &[f64])> =
        arrays.iter().filter(|(name, _)| in_state(name)).map(|(name, x)| (name.as_str(), &x[..])).collect();
    let analogue = model.info().emits == rheobase_models::neuron::Emits::Analogue;
    let spikes = output.as_deref().filter(|_| !analogue);
    let replayed =
        Replay { input: &input, spikes, probes: &probes, states: &states, input_errors: &[], rtol }
            .run(&mut population, |_, _, _| Ok(()))?;

    let neurons = population.batch() * population.neurons();
    let close = |name: &str, got: &[f64], want: &[f64]| -> Comparison {
        let bounds = replayed.bounds(name);
        Pair { name, got, want, shape: &shape, neurons, bounds }.close(rtol, None, |i| replayed.is_lost(i))
    };
    let mut compared: Vec<Comparison> =
        output.iter().map(|want| close("output", &replayed.output, want)).collect();
    compared.extend(arrays.iter().map(|(name, want)| close(name, replayed.trace(name), want)));
    Ok(Outcome::Compared { arrays: compared, flips: replayed.flips })
}

/// Whether an array says what was run, not what came of it.
fn is_input(name: &str) -> bool {
    name == "input" || GIVEN.iter().any(|prefix| name.starts_with(prefix))
}

/// The population that the trace describes: layer and batch from the shape of the input, parameters from the meta (one
/// for all) and from arrays (one per neuron), initial state from arrays.
fn population<E: Number>(catalog: &Catalog, trace: &TraceFile, model: &str) -> Result<Population<E>> {
    let shape = trace.input_shape(2)?;
    let (batch, layer) =
        if let [_, neurons] = shape[..] { (1, vec![neurons]) } else { (shape[1], shape[2..].to_vec()) };
    let model = catalog.get(model)?;
    let mut builder: Builder<E> = Population::builder(model.clone(), &layer).batch(batch).clocks(true);
    for (name, value) in &trace.meta.params {
        let x = number(value).ok_or_else(|| {
            Error::value(
                model.info().name,
                name.clone(),
                value,
                "must be a number; give one number per neuron as the array `param_NAME`",
            )
        })?;
        builder = if name == "dt" { builder.dt(x) } else { builder.set(name, x) };
    }
    for name in trace.names() {
        if let Some(param) = name.strip_prefix(GIVEN[0]) {
            position(model.params(), param, model.info().name, "parameter")?;
            builder = builder.set(param, &trace.array(&name)?);
        } else if let Some(field) = name.strip_prefix(GIVEN[1]) {
            builder = builder.initial(field, Initial::Each(trace.array(&name)?));
        }
    }
    builder.build()
}
