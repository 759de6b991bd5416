//! Nengo, NengoDL and nengo-extras: models in seconds and Hz.

use super::compare::{DOUBLE, Pair, SINGLE_EXP};
use super::replay::Replay;
use super::{Outcome, TraceFile};
use crate::population::{Builder, Initial, Number};
use crate::{Catalog, Population, Result};

/// The original's classes with a `step`, and ours.
const STEPPED: [(&str, &str); 2] = [("LIF", "lif"), ("SpikingLeakyReLU", "spiking_leaky_relu")];

/// The original's parameters and ours.
const PARAMETERS: [(&str, &str); 5] = [
    ("tau_rc", "tau_m"),
    ("tau_ref", "t_ref"),
    ("min_voltage", "v_min"),
    ("amplitude", "amplitude"),
    ("negative_slope", "negative_slope"),
];

/// The original's states and ours.
const STATES: [(&str, &str); 2] = [("voltage", "v"), ("refractory_time", "refractory")];

pub(super) fn replay(trace: &TraceFile) -> Result<Outcome> {
    let meta = &trace.meta;
    let class = meta.target.trim_end_matches(".step").rsplit('.').next().unwrap_or_default();
    match STEPPED.iter().find(|c| c.0 == class) {
        Some((_, model)) if meta.target.ends_with(".step") => {
            if trace.is_single("input") {
                step::<f32>(trace, model, SINGLE_EXP)
            } else {
                step::<f64>(trace, model, DOUBLE)
            }
        }
        _ => Ok(Outcome::NotCovered(format!("no model for {} yet", meta.target))),
    }
}

/// A run of the original's `step`: output in Hz, states after each step.
fn step<E: Number>(trace: &TraceFile, model: &str, rtol: f64) -> Result<Outcome> {
    let meta = &trace.meta;
    let shape = trace.shape("input")?;
    let n = shape[1];
    let dt = meta.number_or("dt", 0.001);
    let mut builder: Builder<E> = Population::builder(Catalog::standard().get(model)?, &[n]).dt(dt);
    for (theirs, ours) in PARAMETERS {
        if let Some(x) = meta.number(theirs) {
            builder = builder.set(ours, x);
        }
    }
    for (theirs, ours) in STATES {
        let initial = format!("{theirs}0");
        if trace.has(&initial) {
            builder = builder.initial(ours, Initial::Each(trace.array(&initial)?));
        }
    }
    let mut population = builder.build()?;
    let input = trace.array("input")?;
    let output = trace.array("output")?;
    let states: Vec<(String, &str, Vec<f64>)> = STATES
        .iter()
        .map(|(theirs, ours)| (format!("post_{theirs}"), *ours))
        .filter(|(array, _)| trace.has(array))
        .map(|(array, ours)| Ok((array.clone(), ours, trace.array(&array)?)))
        .collect::<Result<_>>()?;
    let resync: Vec<(&str, &[f64])> = states.iter().map(|(_, ours, data)| (*ours, &data[..])).collect();
    let probes: Vec<&str> = states.iter().map(|(_, ours, _)| *ours).collect();
    let replayed = Replay { input: &input, spikes: Some(&output), probes: &probes, states: &resync, rtol }
        .run(&mut population, |_, _, _| Ok(()))?;
    let rates: Vec<f64> = replayed.output.iter().map(|x| x / dt).collect();
    let pair = |name: &str, got: &[f64], want: &[f64]| {
        Pair { name, got, want, shape: &shape, neurons: n }.close(rtol, None, |i| replayed.is_lost(i))
    };
    let mut arrays = vec![pair("output", &rates, &output)];
    for (array, ours, want) in &states {
        arrays.push(pair(array, replayed.trace(ours), want));
    }
    Ok(Outcome::Compared { arrays, flips: replayed.flips })
}
