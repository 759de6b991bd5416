//! Runs of a class's step: output in Hz, states after each step.

use std::sync::Arc;

use rheobase_models::neuron::Emits;

use super::super::compare::{Comparison, Pair};
use super::super::replay::Replay;
use super::super::{Outcome, TraceFile};
use rheobase_base::Result;
use rheobase_sim::Population;
use rheobase_sim::population::{Builder, Initial, Model, Number};

/// The originals' states and ours.
pub(in super::super) const STATES: [(&str, &str); 4] =
    [("voltage", "v"), ("refractory_time", "refractory"), ("adaptation", "w"), ("recovery", "w")];

/// Names of a run's arrays, and how its clock is read.
pub(super) struct Layout {
    /// The output.
    pub(super) output: &'static str,
    /// What stands before a state's name for its values after each step.
    pub(super) after: &'static str,
    /// What the stored refractory time lacks.
    pub(super) refractory_lag: f64,
}

pub(super) fn replay(trace: &TraceFile, model: &Arc<dyn Model>) -> Result<Outcome> {
    let layout = Layout { output: "output", after: "post_", refractory_lag: 0.0 };
    let (arrays, flips) = run(trace, model, &layout)?;
    Ok(Outcome::Compared { arrays, flips })
}

/// Runs the model over the trace's input in the trace's precision: comparisons, and flips.
pub(super) fn run(
    trace: &TraceFile,
    model: &Arc<dyn Model>,
    layout: &Layout,
) -> Result<(Vec<Comparison>, usize)> {
    if trace.is_single("input") {
        run_in::<f32>(trace, model, layout)
    } else {
        run_in::<f64>(trace, model, layout)
    }
}

fn run_in<E: Number>(
    trace: &TraceFile,
    model: &Arc<dyn Model>,
    layout: &Layout,
) -> Result<(Vec<Comparison>, usize)> {
    let meta = &trace.meta;
    let rtol = super::tolerance(trace, "input");
    let shape = trace.input_shape(1)?;
    let row: usize = shape[1..].iter().product();
    let dt = meta.number_or("dt", 0.001);
    let mut builder: Builder<E> = Population::builder(model.clone(), &[row]).dt(dt);
    for (name, x) in super::params(meta, &**model) {
        builder = builder.set(name, x);
    }
    let fields: Vec<(&str, &str, f64)> = STATES
        .iter()
        .filter(|(_, ours)| model.state().iter().any(|f| f.name == *ours))
        .map(|(theirs, ours)| {
            (*theirs, *ours, if *ours == "refractory" { layout.refractory_lag } else { 0.0 })
        })
        .collect();
    for (theirs, ours, lag) in &fields {
        // A state that the trace does not mention started at 0. Two of the originals' names are one of ours.
        let given = format!("{theirs}0");
        if trace.has(&given) {
            let start = trace.array(&given)?.iter().map(|x| x + lag).collect();
            builder = builder.initial(ours, Initial::Each(start));
        } else if !fields.iter().any(|f| f.1 == *ours && trace.has(&format!("{}0", f.0))) {
            builder = builder.initial(ours, Initial::Value(*lag));
        }
    }
    let mut population = builder.build()?;

    let input = trace.array("input")?;
    let output = if trace.has(layout.output) { Some(trace.array(layout.output)?) } else { None };
    let mut states = Vec::new();
    for (theirs, ours, lag) in &fields {
        let array = format!("{}{theirs}", layout.after);
        if trace.has(&array) {
            let want: Vec<f64> = trace.array(&array)?.iter().map(|x| x + lag).collect();
            states.push((array, *ours, want));
        }
    }
    let resync: Vec<(&str, &[f64])> = states.iter().map(|(_, ours, want)| (*ours, &want[..])).collect();
    let probes: Vec<&str> = states.iter().map(|(_, ours, _)| *ours).collect();
    let analogue = model.info().emits == Emits::Analogue;
    let spikes = output.as_deref().filter(|_| !analogue);
    let replayed =
        Replay { input: &input, spikes, probes: &probes, states: &resync, input_errors: &[], rtol }
            .run(&mut population, |_, _, _| Ok(()))?;

    let pair = |name: &str, got: &[f64], want: &[f64], bounds: &[f64]| {
        let pair = Pair { name, got, want, shape: &shape, neurons: row, bounds };
        pair.close(rtol, None, |i| replayed.is_lost(i))
    };
    let mut arrays = Vec::new();
    if let Some(output) = &output {
        let per_step = if analogue { 1.0 } else { dt };
        let in_rates = |numbers: &[f64]| numbers.iter().map(|x| x / per_step).collect::<Vec<_>>();
        let (rates, bounds) = (in_rates(&replayed.output), in_rates(replayed.bounds("output")));
        arrays.push(pair(layout.output, &rates, output, &bounds));
    }
    for (array, ours, want) in &states {
        arrays.push(pair(array, replayed.trace(ours), want, replayed.bounds(ours)));
    }
    Ok((arrays, replayed.flips))
}
