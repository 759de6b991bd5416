//! Rates of models without a closed form: simulated under constant input until they have settled.

use std::sync::Arc;

use rheobase_models::neuron::{Emits, Time};

use crate::Input;
use crate::population::{Model, Population, Record, Spikes};
use rheobase_base::Result;

/// How long a neuron is simulated to find its rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settling {
    /// Length of a step, in seconds (1 for models that count steps).
    pub dt: f64,
    /// Steps before the rate is measured.
    pub settle: usize,
    /// Steps in which it is measured.
    pub measure: usize,
}

impl Settling {
    /// 5000 steps to settle and 2000 to measure, of 1 ms or, for models that count steps, 1.
    pub fn of(model: &dyn Model) -> Settling {
        let dt = if model.info().time == Time::Steps { 1.0 } else { 0.001 };
        Settling { dt, settle: 5000, measure: 2000 }
    }
}

/// Neurons simulated together: bounds the memory of what is recorded.
const TOGETHER: usize = 1024;

/// Settled rates at constant inputs.
pub(super) fn rates(
    model: &Arc<dyn Model>,
    params: &[f64],
    inputs: &[f64],
    how: Settling,
) -> Result<Vec<f64>> {
    let mut rates = Vec::with_capacity(inputs.len());
    for inputs in inputs.chunks(TOGETHER) {
        let mut builder = Population::<f64>::builder(model.clone(), &[inputs.len()]).dt(how.dt);
        for (field, x) in model.params().iter().zip(params) {
            builder = builder.set(field.name, *x);
        }
        let mut population = builder.build()?;
        let input = Input::Constant(inputs);
        population.run(how.settle, &input, &Record::default())?;
        if model.info().emits == Emits::Analogue {
            let outputs =
                population.run(how.measure, &input, &Record::spikes(Spikes::Dense))?.spikes.into_dense();
            let mut sums = vec![0.0; inputs.len()];
            for row in outputs.chunks(inputs.len()) {
                sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            rates.extend(sums.iter().map(|sum| sum / how.measure as f64));
        } else {
            let run = population.run(how.measure, &input, &Record::spikes(Spikes::Events))?;
            let mut trains = vec![Train::default(); inputs.len()];
            for e in run.each_spike() {
                let t = e.step as f64 * how.dt + f64::from(e.offset);
                trains[e.neuron as usize].push(t, f64::from(e.value));
            }
            let span = how.measure as f64 * how.dt;
            rates.extend(trains.iter().map(|train| train.rate(span)));
        }
    }
    Ok(rates)
}

/// What a spike train's rate follows from.
#[derive(Debug, Clone, Copy, Default)]
struct Train {
    spikes: usize,
    first: f64,
    last: f64,
    /// Sum of the values of all spikes, and of all but the first.
    sum: f64,
    later: f64,
}

impl Train {
    fn push(&mut self, t: f64, value: f64) {
        if self.spikes == 0 {
            self.first = t;
        } else {
            self.later += value;
        }
        self.spikes += 1;
        self.last = t;
        self.sum += value;
    }

    /// Value per time between the first and the last spike, which is exact for a regular train; over the whole
    /// `span` if the train has ended early or is a single spike.
    fn rate(&self, span: f64) -> f64 {
        let between = self.last - self.first;
        if self.spikes < 2 || span - self.last > 2.0 * between / (self.spikes - 1) as f64 {
            self.sum / span
        } else {
            self.later / between
        }
    }
}
