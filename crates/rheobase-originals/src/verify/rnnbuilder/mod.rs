//! rnnbuilder's neurons: discrete-time models with a learnable initial membrane, gradients included; and its surrogate.

mod description;
mod network;

use rheobase_models::Surrogate;
use rheobase_models::neuron::{Drive, Firing};
use rheobase_models::real::Real;

use super::compare::{Comparison, GRADIENT, Pair, SINGLE};
use super::replay::Replay;
use super::trace::Constant;
use super::{Outcome, TraceFile};
use rheobase_base::Result;
use rheobase_sim::population::{Builder, Initial, Number, Record, Upstream};
use rheobase_sim::{Catalog, Input, Population, Spikes};

/// The original's classes and ours.
pub(super) const CLASSES: [(&str, &str); 5] = [
    ("LIF", "lif_subtract"),
    ("NoReset", "no_reset"),
    ("Adaptive", "adaptive"),
    ("Cooldown", "cooldown"),
    ("Discontinuous", "discontinuous"),
];

/// The original's parameters and ours.
pub(super) const PARAMETERS: [(&str, &str); 4] =
    [("tau", "tau"), ("tau_thr", "tau_thr"), ("gamma", "gamma"), ("threshold", "v_th")];

/// Whether one of the original's classes has a parameter.
fn has(class: &str, parameter: &str) -> bool {
    match parameter {
        "tau" => class != "Discontinuous",
        "tau_thr" | "gamma" => class == "Adaptive",
        _ => class == "Discontinuous",
    }
}

/// The original's state entries, as arrays of a trace, and our fields.
pub(super) const STATES: [(&str, &str); 2] = [("state_mem", "v"), ("state_rel_thresh", "r")];

/// What is not a parameter of a model here.
pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("gradient_factor, SpikeLinear", "`Builder::surrogate(Surrogate::SpikeLinear(gamma))`"),
    ("initial_mem", "`Builder::initial(\"v\", Initial::Each(…))`"),
    ("get_initial_output", "`Population::first_output`"),
    ("Cooldown's first and second half of a layer", "parameter `sign`, +1 and −1, one per neuron"),
];

/// How many state entries a trace of a network holds: those of its layers, and what a recurrent layer has sent.
pub(super) fn recorded_states(trace: &TraceFile) -> usize {
    description::read(trace).ok().flatten().map_or(0, |described| described.recorded_states())
}

pub(super) fn replay(trace: &TraceFile) -> Result<Outcome> {
    let class = trace.meta.class();
    if class == "SpikeLinear" {
        return surrogate(trace);
    }
    match CLASSES.iter().find(|c| c.0 == class) {
        Some((_, model)) if trace.is_single("input") => neurons::<f32>(trace, model),
        Some((_, model)) => neurons::<f64>(trace, model),
        None => network::replay(trace),
    }
}

/// Which neurons fire while their potential is below the threshold: the original takes the second half of a layer.
fn second_half(n: usize) -> Vec<f64> {
    (0..n).map(|i| if i < n / 2 { 0.0 } else { 1.0 }).collect()
}

/// Cooldown's signs: −1 in the second half.
fn signs(n: usize) -> Vec<f64> {
    second_half(n).iter().map(|second| 1.0 - 2.0 * second).collect()
}

/// A class of the original as a population over the trace's neurons, with `initial_mem` or at rest.
fn population<E: Number>(trace: &TraceFile, model: &str, learned: bool) -> Result<Population<E>> {
    let shape = trace.input_shape(2)?;
    let (batch, n) = (shape[1], shape[2..].iter().product());
    let model = Catalog::standard().get(model)?;
    let mut builder: Builder<E> = Population::builder(model.clone(), &[n])
        .batch(batch)
        .surrogate(Surrogate::SpikeLinear(trace.meta.number_or("gradient_factor", 0.3)));
    for (theirs, ours) in PARAMETERS.into_iter().filter(|(theirs, _)| has(trace.meta.class(), theirs)) {
        builder = match trace.meta.constant(theirs)? {
            Some(Constant::One(x)) => builder.set(ours, x),
            Some(Constant::Each(all)) => builder.set(ours, &all),
            None => builder,
        };
    }
    if model.info().name == "cooldown" {
        builder = builder.set("sign", signs(n));
    }
    if learned && trace.has("initial_mem") {
        builder = builder.initial("v", Initial::Each(trace.array("initial_mem")?));
    }
    builder.build()
}

fn neurons<E: Number>(trace: &TraceFile, model: &str) -> Result<Outcome> {
    let shape = trace.input_shape(2)?;
    let row: usize = shape[1..].iter().product();
    let mut population = population::<E>(trace, model, true)?;
    let input = trace.array("input")?;
    let output = trace.array("output")?;
    let states: Vec<(&str, &str, Vec<f64>)> = STATES
        .iter()
        .filter(|(array, _)| trace.has(array))
        .map(|(array, field)| Ok((*array, *field, trace.array(array)?)))
        .collect::<Result<_>>()?;
    let resync: Vec<(&str, &[f64])> = states.iter().map(|(_, field, data)| (*field, &data[..])).collect();
    let probes: Vec<&str> = states.iter().map(|(_, field, _)| *field).collect();
    let replayed = Replay {
        input: &input,
        spikes: Some(&output),
        probes: &probes,
        states: &resync,
        input_errors: &[],
        rtol: SINGLE,
    }
    .run(&mut population, |_, _, _| Ok(()))?;

    let pair = |name, got, want, bounds| Pair { name, got, want, shape: &shape, neurons: row, bounds };
    let lost = |i| replayed.is_lost(i);
    let mut arrays = vec![pair("output", &replayed.output, &output, &[]).exact(lost)];
    for (array, field, want) in &states {
        let compared = pair(array, replayed.trace(field), want, replayed.bounds(field));
        arrays.push(compared.close(SINGLE, None, lost));
    }
    population.reset();
    arrays.extend(whole_run(trace, &mut population, &output)?);
    arrays.extend(before_the_run(trace, model, &population)?);
    Ok(Outcome::Compared { arrays, flips: replayed.flips })
}

/// What needs the run as a whole: the same in two calls, and the gradients. Neurons one of whose spikes falls the other
/// way have another history, and are left out: the step-by-step replay has judged them.
fn whole_run<E: Number>(
    trace: &TraceFile,
    population: &mut Population<E>,
    wanted: &[f64],
) -> Result<Vec<Comparison>> {
    let shape = trace.shape("input")?;
    let (steps, per_layer) = (shape[0], population.neurons());
    let row = per_layer * population.batch();
    let numbers =
        |name| Ok::<_, rheobase_base::Error>(trace.array(name)?.iter().map(|x| E::from_f64(*x)).collect());
    let x: Vec<E> = numbers("input")?;
    let dense = Record::spikes(Spikes::Dense);

    let half = steps / 2;
    let mut output = population.run(half, &Input::Array(&x[..half * row]), &dense)?.spikes.into_dense();
    output.extend(population.run(steps - half, &Input::Array(&x[half * row..]), &dense)?.spikes.into_dense());
    let mut other = vec![false; row];
    for (i, (got, want)) in output.iter().zip(wanted).enumerate() {
        other[i % row] |= got.to_f64() != *want;
    }
    let other_in_a_sample: Vec<bool> =
        (0..per_layer).map(|n| other.iter().skip(n).step_by(per_layer).any(|o| *o)).collect();
    let compare = |name: &str, got: &[E], rtol: f64, skip: &[bool]| -> Result<Option<Comparison>> {
        if !trace.has(name) {
            return Ok(None);
        }
        let (want, shape) = (trace.array(name)?, trace.shape(name)?);
        let got: Vec<f64> = got.iter().map(|x| x.to_f64()).collect();
        let pair = Pair { name, got: &got, want: &want, shape: &shape, neurons: skip.len(), bounds: &[] };
        Ok(Some(pair.close(rtol, None, |i| skip[i % skip.len()])))
    };
    let mut arrays = vec![compare("output_two_calls", &output, 0.0, &other)?];

    if trace.has("loss_weights") {
        population.reset();
        let input = Input::Array(&x);
        let (_, tape) = population.run_taped(steps, &input, &Record::default())?;
        let weights: Vec<E> = numbers("loss_weights")?;
        let of_output = Upstream { output: Some(&weights), states: Vec::new() };
        let gradients = population.gradients(&tape, &input, &of_output, &[])?;
        arrays.push(compare("grad_input", &gradients.input, GRADIENT, &other)?);
        if let Some(initial) = gradients.initial.first() {
            let mut sums = vec![E::default(); per_layer];
            for sample in initial.chunks(per_layer) {
                for (sum, g) in sums.iter_mut().zip(sample) {
                    *sum = *sum + *g;
                }
            }
            arrays.push(compare("grad_initial_mem", &sums, GRADIENT, &other_in_a_sample)?);
            let of_state = Upstream { output: None, states: vec![("v", &weights)] };
            let gradients = population.gradients(&tape, &input, &of_state, &[])?;
            arrays.push(compare("grad_input_memloss", &gradients.input, GRADIENT, &other)?);
        }
    }
    Ok(arrays.into_iter().flatten().collect())
}

/// What there is before the first step: the output that a recurrent edge starts with, and the signs of Cooldown.
fn before_the_run<E: Number>(
    trace: &TraceFile,
    model: &str,
    population: &Population<E>,
) -> Result<Vec<Comparison>> {
    let mut arrays = Vec::new();
    let mut exact = |name: &str, got: &[f64]| -> Result<()> {
        if trace.has(name) {
            let (want, shape) = (trace.array(name)?, trace.shape(name)?);
            arrays.push(
                Pair { name, got, want: &want, shape: &shape, neurons: got.len(), bounds: &[] }
                    .exact(|_| false),
            );
        }
        Ok(())
    };
    // The original's Cooldown does not look at its learned membrane here, but at the state of rest.
    let at_rest;
    let first = if model == "cooldown" {
        at_rest = self::population::<E>(trace, model, false)?;
        at_rest.first_output()
    } else {
        population.first_output()
    };
    let first: Vec<f64> = first.iter().map(|x| x.to_f64()).collect();
    exact("initial_output", &first)?;
    exact("sgn", &signs(population.neurons()))?;
    Ok(arrays)
}

/// The surrogate by itself: arrays `y_G` and `grad_G` for the gradient factors G of the trace.
fn surrogate(trace: &TraceFile) -> Result<Outcome> {
    let x = trace.array("x")?;
    let mut arrays = Vec::new();
    for name in trace.names() {
        let factor = |prefix: &str| name.strip_prefix(prefix).and_then(|g| g.parse::<f64>().ok());
        let (gamma, upstream) = match (factor("y_"), factor("grad_")) {
            (Some(gamma), _) => (gamma, None),
            (None, Some(gamma)) => (gamma, Some(trace.array("grad_output")?)),
            (None, None) => continue,
        };
        let surrogate = Surrogate::SpikeLinear(gamma);
        let got: Vec<f64> = match upstream {
            None => x
                .iter()
                .map(|x| f64::from(f32::fire(Drive::at(*x as f32), Firing::Strict, &surrogate)))
                .collect(),
            Some(g) => {
                x.iter().zip(&g).map(|(x, g)| f64::from(*g as f32 * surrogate.slope(*x as f32))).collect()
            }
        };
        let (want, shape) = (trace.array(&name)?, trace.shape(&name)?);
        let pair = Pair { name: &name, got: &got, want: &want, shape: &shape, neurons: 1, bounds: &[] };
        arrays.push(if name.starts_with("y_") {
            pair.exact(|_| false)
        } else {
            pair.close(SINGLE, None, |_| false)
        });
    }
    Ok(Outcome::Compared { arrays, flips: 0 })
}
