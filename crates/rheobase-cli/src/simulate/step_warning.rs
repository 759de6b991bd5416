//! Warnings that the length of the steps has changed a rate: by how much, and which length would do.

use rheobase::curve::{Curve, Expected, Settling, StepError};
use rheobase::models::neuron::{Emits, Info, Takes, Time};
use rheobase::population::Number;
use rheobase::stimulus::Signal;
use rheobase::{Input as Fed, Population, Record, Spikes};

use crate::failure::Outcome;
use crate::text::{exact, short};

/// How far a rate may be off without a word, as a fraction of it.
const TOLERANCE: f64 = 0.05;
/// Neurons that are looked at, spread over the population.
const NEURONS: usize = 4;
/// Steps over which a rate under constant input is measured, at least and at most.
const STEPS: (usize, usize) = (1000, 4000);

/// A warning where the curve's steps change the rate at one of `inputs`.
pub(crate) fn of_curve(curve: &Curve, inputs: &[f64], dt: f64) -> Outcome<Option<String>> {
    let Some(error) = curve.step_error(inputs, TOLERANCE)? else { return Ok(None) };
    let info = curve.model().info();
    let percent = difference(error.rate, error.expected);
    let low = if error.rate < error.expected { "low" } else { "high" };
    let from = match error.from {
        Expected::ClosedForm => "the closed form gives".to_string(),
        Expected::Steps(fine) => format!("steps of {} s give", exact(fine)),
    };
    Ok(Some(format!(
        "{} at input {} fires at {} Hz with steps of {} s; {from} {} Hz, so this is {percent} % too {low}; {}",
        info.name,
        short(error.input),
        short(error.rate),
        exact(dt),
        short(error.expected),
        advice(curve, inputs, &error)?,
    )))
}

/// What to do about a rate that is off.
fn advice(curve: &Curve, inputs: &[f64], error: &StepError) -> Outcome<String> {
    let shorter = match error.enough {
        Some(dt) => format!("use --dt {} or less", exact(dt)),
        None => "use a far smaller --dt".into(),
    };
    let off = curve.model().params().iter().zip(curve.params());
    if !off.into_iter().any(|(field, x)| field.name == "carry_over" && *x == 0.0) {
        return Ok(shorter);
    }
    let would_do = curve.clone().with("carry_over", 1.0)?.step_error(inputs, TOLERANCE)?.is_none();
    Ok(if would_do { format!("{shorter}, or --set carry_over=1") } else { shorter })
}

/// A warning where neurons that only fire at the ends of steps have rates that are far apart from each other.
pub(crate) fn quantised(info: &Info, rates: &[f64], dt: f64) -> Option<String> {
    if info.emits != Emits::Binary || info.time != Time::Seconds {
        return None;
    }
    // Neighbouring rates 1/(n·dt) are more than the tolerance apart where n is less than its inverse.
    let coarse = |rate: &f64| *rate * dt > TOLERANCE;
    let whole = |rate: &f64| {
        let steps = 1.0 / (rate * dt);
        (steps - steps.round()).abs() < 1e-3
    };
    let fast: Vec<usize> = (0..rates.len()).filter(|i| coarse(&rates[*i])).collect();
    let several = fast.iter().any(|i| rates[*i] != rates[fast[0]]);
    if !several || !fast.iter().all(|i| whole(&rates[*i])) {
        return None;
    }
    let top = fast.into_iter().max_by(|a, b| rates[*a].total_cmp(&rates[*b]))?;
    let steps = (1.0 / (rates[top] * dt)).round();
    let next = 1.0 / ((steps + 1.0) * dt);
    Some(format!(
        "{} fires at the ends of steps only, so its intervals are whole steps and its rates come in jumps: below {} Hz \
         the next is {} Hz; a smaller --dt than {} makes them finer",
        info.name,
        short(rates[top]),
        short(next),
        exact(dt)
    ))
}

/// A warning where steps of the population's length change how often its neurons fire under its input of `steps` steps.
/// `rates` are those that the run has given, of every neuron.
pub(crate) fn of_run<E: Number>(
    population: &Population<E>,
    input: &Signal,
    steps: usize,
    rates: &[f64],
) -> Outcome<Option<String>> {
    let info = population.model().info();
    if info.time == Time::Steps || info.emits == Emits::Analogue || sees_others(population) {
        return Ok(None);
    }
    match input.constant().filter(|_| info.takes == Takes::Current) {
        Some(constant) => under_constant(population, &constant, steps, rates),
        None => under_varying(population, input, steps),
    }
}

/// Whether neurons depend on each other, so that one alone says nothing.
fn sees_others<E: Number>(population: &Population<E>) -> bool {
    let layer_sum = population.model().info().layer_sum;
    population.params().any(|(field, _)| {
        layer_sum == Some(field.name)
            && sample(population).iter().any(|n| of(population, field.name, *n) != 0.0)
    })
}

fn of<E: Number>(population: &Population<E>, name: &str, n: usize) -> f64 {
    let at = population.model().params().iter().position(|f| f.name == name);
    at.map_or(0.0, |at| population.params_of(n)[at])
}

/// Neurons spread over the population.
fn sample<E: Number>(population: &Population<E>) -> Vec<usize> {
    let n = population.neurons();
    let count = NEURONS.min(n);
    (0..count).map(|i| i * (n - 1) / (count - 1).max(1)).collect()
}

fn under_constant<E: Number>(
    population: &Population<E>,
    constant: &[f64],
    steps: usize,
    rates: &[f64],
) -> Outcome<Option<String>> {
    let shared = constant.len() == 1 && population.params().all(|(_, column)| column.is_shared());
    let (dt, neurons) = (population.dt(), sample(population));
    let settling = Settling { dt, settle: 0, measure: steps.clamp(STEPS.0, STEPS.1) };
    for n in neurons.iter().take(if shared { 1 } else { NEURONS }) {
        let input = constant[if constant.len() == 1 { 0 } else { *n }];
        let curve = population.curve(*n)?.settling(settling);
        if curve.has_closed_form() {
            // The run itself has shown that there is nothing to warn of.
            let closed = curve.at(&[input])?[0];
            if (rates[*n] - closed).abs() <= TOLERANCE * closed.abs() {
                continue;
            }
        }
        let warning = of_curve(&curve, &[input], dt)?;
        if warning.is_some() {
            return Ok(warning);
        }
    }
    Ok(None)
}

/// Parts of a step that are tried where the input varies; the last is the reference.
const PARTS: [usize; 3] = [2, 5, 10];

fn under_varying<E: Number>(
    population: &Population<E>,
    input: &Signal,
    steps: usize,
) -> Outcome<Option<String>> {
    let (dt, neurons) = (population.dt(), sample(population));
    let steps = steps.min(STEPS.0);
    let spikes = |parts| spikes_in_parts(population, &neurons, input, steps, parts);
    let found = spikes(1)?;
    if found == 0 {
        return Ok(None);
    }
    let [.., finest] = PARTS;
    let expected = spikes(finest)?;
    let off = |n: u64| n.abs_diff(expected) as f64 > (TOLERANCE * expected as f64).max(4.0);
    if !off(found) {
        return Ok(None);
    }
    let mut enough = None;
    for parts in PARTS {
        if parts < finest && !off(spikes(parts)?) {
            enough = Some(dt / parts as f64);
            break;
        }
    }
    let percent = difference(found as f64, expected as f64);
    let few = if found < expected { "few" } else { "many" };
    let shorter = enough.unwrap_or(dt / finest as f64);
    let carry = population.model().params().iter().any(|f| f.name == "carry_over")
        && neurons
            .iter()
            .any(|n| of(population, "carry_over", *n) == 0.0 && of(population, "t_ref", *n) < dt);
    let or = if carry { ", or --set carry_over=1" } else { "" };
    Ok(Some(format!(
        "in the first {steps} steps of {} s, {} of the {} neurons fire {found} times; under the same input with steps of {} s \
         {expected} times, so this is {percent} % too {few}; use --dt {} or less{or}",
        exact(dt),
        if neurons.len() == population.neurons() { "all".into() } else { neurons.len().to_string() },
        population.model().info().name,
        exact(dt / finest as f64),
        exact(shorter),
    )))
}

/// Spikes of some neurons, from rest, with each step cut into parts in which the input stays as it is.
fn spikes_in_parts<E: Number>(
    population: &Population<E>,
    neurons: &[usize],
    input: &Signal,
    steps: usize,
    parts: usize,
) -> Outcome<u64> {
    let model = population.model();
    let dt = population.dt() / parts as f64;
    let mut builder = Population::<f64>::builder(model.clone(), &[neurons.len()]).dt(dt).threads(1);
    for field in model.params() {
        let each: Vec<f64> = neurons.iter().map(|n| of(population, field.name, *n)).collect();
        builder = match each.iter().all(|x| *x == each[0]) {
            true => builder.set(field.name, each[0]),
            false => builder.set(field.name, &each),
        };
    }
    // Impulses arrive once, in the first part.
    let impulses = model.info().takes == Takes::Impulse;
    let fill = |step: u64, _: usize, first: usize, out: &mut [f64]| {
        for (x, n) in out.iter_mut().zip(&neurons[first..]) {
            input.fill(step / parts as u64, 0, *n, std::slice::from_mut(x));
            if impulses && !step.is_multiple_of(parts as u64) {
                *x = 0.0;
            }
        }
    };
    let record = Record::spikes(Spikes::Events);
    let events = builder.build()?.run(steps * parts, &Fed::Generated(&fill), &record)?.spikes.into_events();
    let several = model.info().emits != Emits::Binary;
    let count = |value: f32| if several { value.abs().round() as u64 } else { 1 };
    Ok(events.iter().flat_map(|events| events.iter()).map(|e| count(e.value)).sum())
}

/// By how many percent `found` is off.
fn difference(found: f64, expected: f64) -> String {
    short((1000.0 * ((found - expected) / expected).abs()).round() / 10.0)
}
