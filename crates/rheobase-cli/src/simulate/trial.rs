//! How many spikes a run will record: from a trial of a few of its neurons, before it begins.

use rheobase::population::{Column, Number};
use rheobase::stimulus::Signal;
use rheobase::{Input, Population, Record, Spikes};

use crate::failure::Outcome;

/// Neurons that are tried, at most.
const NEURONS: usize = 16;
/// Pieces of the run that are tried, evenly over it, and the steps of each. In the first half the neurons settle.
const PIECES: usize = 8;
const STEPS: usize = 1000;

/// Spikes per neuron and step that a run of `steps` steps of `population` under `input` may be expected to give.
pub(crate) fn rate<E: Number>(population: &Population<E>, input: &Signal, steps: usize) -> Outcome<f64> {
    let neurons = population.neurons();
    let chosen: Vec<usize> = (0..NEURONS.min(neurons)).map(|i| i * neurons / NEURONS.min(neurons)).collect();
    let (mut spikes, mut counted) = (0, 0);
    for piece in 0..PIECES {
        let length = STEPS.min(steps);
        let start = (steps - length) / PIECES * piece;
        let generated = |step: u64, sample: usize, first: usize, out: &mut [E]| {
            for (to, n) in out.iter_mut().zip(&chosen[first..]) {
                input.fill(step + start as u64, sample, *n, std::slice::from_mut(to));
            }
        };
        let mut few = some(population, &chosen)?;
        let recorded = few.run(length, &Input::Generated(&generated), &Record::spikes(Spikes::Events))?;
        let settled = if length < STEPS { 0 } else { length / 2 };
        let events = recorded.events().into_iter().flat_map(|e| e.steps());
        spikes += events.filter(|step| **step as usize >= settled).count();
        counted += (length - settled) * chosen.len();
    }
    Ok(spikes as f64 / counted.max(1) as f64)
}

/// A population of some of the neurons, at rest.
fn some<E: Number>(population: &Population<E>, chosen: &[usize]) -> Outcome<Population<E>> {
    let mut builder =
        Population::builder(population.model().clone(), &[chosen.len()]).dt(population.dt()).threads(1);
    for (field, column) in population.params() {
        builder = match column {
            Column::Shared(x) => builder.set(field.name, *x),
            Column::Each(xs) => {
                let values: Vec<f64> = chosen.iter().map(|n| xs[*n]).collect();
                builder.set(field.name, &values)
            }
        };
    }
    Ok(builder.build()?)
}
