//! rnnbuilder's neurons: discrete-time models with a learnable initial membrane, gradients included.

use super::compare::{Comparison, GRADIENT, Pair, SINGLE, SINGLE_EXP};
use super::replay::Replay;
use super::{Outcome, TraceFile};
use crate::population::{Builder, Initial, Record, Upstream};
use crate::{Catalog, Input, Population, Result, Spikes};
use rheobase_models::Surrogate;

/// The original's classes and ours.
const CLASSES: [(&str, &str); 2] = [("Adaptive", "adaptive"), ("Cooldown", "cooldown")];

/// The original's state entries, as arrays of a trace, and our fields.
const STATES: [(&str, &str); 2] = [("state_mem", "v"), ("state_rel_thresh", "r")];

pub(super) fn replay(trace: &TraceFile) -> Result<Outcome> {
    let meta = &trace.meta;
    let Some((class, model)) = CLASSES.iter().find(|c| c.0 == meta.class()) else {
        return Ok(Outcome::NotCovered(format!("{} comes with networks", meta.target)));
    };
    let model = Catalog::standard().get(model)?;
    let shape = trace.shape("input")?;
    let (steps, batch, n) = (shape[0], shape[1], shape[2]);
    let mut builder: Builder<f32> = Population::builder(model.clone(), &[n])
        .batch(batch)
        .surrogate(Surrogate::SpikeLinear(meta.number_or("gradient_factor", 0.3)));
    for field in model.params() {
        if let Some(x) = meta.number(field.name) {
            builder = builder.set(field.name, x);
        }
    }
    if *class == "Cooldown" {
        let sign: Vec<f64> = (0..n).map(|i| if i < n / 2 { 1.0 } else { -1.0 }).collect();
        builder = builder.set_each("sign", &sign);
    }
    let learned = trace.has("initial_mem");
    if learned {
        builder = builder.initial("v", Initial::Each(trace.array("initial_mem")?));
    }
    let mut population = builder.build()?;
    let rtol = if *class == "Cooldown" { SINGLE_EXP } else { SINGLE };

    let input = trace.array("input")?;
    let output = trace.array("output")?;
    let states: Vec<(&str, &str, Vec<f64>)> = STATES
        .iter()
        .filter(|(array, _)| trace.has(array))
        .map(|(array, field)| Ok((*array, *field, trace.array(array)?)))
        .collect::<Result<_>>()?;
    let resync: Vec<(&str, &[f64])> = states.iter().map(|(_, field, data)| (*field, &data[..])).collect();
    let probes: Vec<&str> = states.iter().map(|(_, field, _)| *field).collect();
    let replayed = Replay { input: &input, spikes: Some(&output), probes: &probes, states: &resync, rtol }
        .run(&mut population, |_, _, _| Ok(()))?;

    let pair = |name: &'static str, got: &[f64], want: &[f64], rtol: Option<f64>| {
        let pair = Pair { name, got, want, shape: &shape, neurons: batch * n };
        match rtol {
            Some(rtol) => pair.close(rtol, None, |i| replayed.is_lost(i)),
            None => pair.exact(|i| replayed.is_lost(i)),
        }
    };
    let mut arrays = vec![pair("output", &replayed.output, &output, None)];
    for (array, field, want) in &states {
        arrays.push(pair(array, replayed.trace(field), want, Some(rtol)));
    }
    if replayed.flips == 0 {
        population.reset();
        arrays.extend(whole_run(trace, &mut population, &input, steps)?);
    }
    Ok(Outcome::Compared { arrays, flips: replayed.flips })
}

/// What needs the run as a whole: the same in two calls, and the gradients.
fn whole_run(
    trace: &TraceFile,
    population: &mut Population<f32>,
    input: &[f64],
    steps: usize,
) -> Result<Vec<Comparison>> {
    let shape = trace.shape("input")?;
    let n = population.neurons() * population.batch();
    let mut arrays = Vec::new();
    let x: Vec<f32> = input.iter().map(|x| *x as f32).collect();
    let dense = Record::spikes(Spikes::Dense);

    let half = steps / 2;
    let mut output = population.run(half, &Input::Array(&x[..half * n]), &dense)?.dense;
    output.extend(population.run(steps - half, &Input::Array(&x[half * n..]), &dense)?.dense);
    let compare = |name: &str, got: &[f32], rtol: f64, shape: &[usize], neurons: usize| {
        let got: Vec<f64> = got.iter().map(|x| f64::from(*x)).collect();
        let want = trace.array(name)?;
        Ok::<_, crate::Error>(
            Pair { name, got: &got, want: &want, shape, neurons }.close(rtol, None, |_| false),
        )
    };
    arrays.push(compare("output_two_calls", &output, 0.0, &shape, n)?);

    population.reset();
    let (_, tape) = population.run_taped(steps, &Input::Array(&x), &Record::default())?;
    let weights: Vec<f32> = trace.array("loss_weights")?.iter().map(|x| *x as f32).collect();
    let upstream = Upstream { output: Some(&weights), states: Vec::new() };
    let gradients = population.gradients(&tape, &Input::Array(&x), &upstream, &[])?;
    arrays.push(compare("grad_input", &gradients.input, GRADIENT, &shape, n)?);
    if trace.has("grad_initial_mem") {
        let per_neuron = population.neurons();
        let mut sums = vec![0.0f32; per_neuron];
        for sample in gradients.initial[0].chunks(per_neuron) {
            for (sum, g) in sums.iter_mut().zip(sample) {
                *sum += g;
            }
        }
        arrays.push(compare("grad_initial_mem", &sums, GRADIENT, &[per_neuron], per_neuron)?);
    }
    if trace.has("grad_input_memloss") {
        let upstream = Upstream { output: None, states: vec![("v", &weights)] };
        let gradients = population.gradients(&tape, &Input::Array(&x), &upstream, &[])?;
        arrays.push(compare("grad_input_memloss", &gradients.input, GRADIENT, &shape, n)?);
    }
    Ok(arrays)
}
