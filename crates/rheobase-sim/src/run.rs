//! `Run`: a population and what came of a run under some stimuli, with all that is usually looked at.

use rheobase_base::{Error, Result};
use rheobase_models::neuron::{Emits, Firing};
use rheobase_models::real::whole_steps;
use rheobase_signals::{Matrix, SpikeTrains, SpikeValues, trains};

use crate::population::{Builder, Column, Input, Model, Number, Population, Record, Recording, Spikes};
use crate::stimulus::{RunShape, Signal, Stimulus};

/// More values of a trace than this cannot be seen in a picture.
const SEEN: usize = 50_000;

/// A population as a run left it, and what was recorded.
pub struct Run<E: Number> {
    /// The neurons.
    pub population: Population<E>,
    /// What they did.
    pub recording: Recording<E>,
}

impl<E: Number> Builder<E> {
    /// Builds the population and runs it for `duration` (s; steps for models that count steps) under the sum of `stimuli`,
    /// recording [what is usually looked at](Record::usual).
    ///
    /// ```
    /// # mod rheobase { pub use {rheobase_base::Error, rheobase_sim::*}; }
    /// use rheobase::{Catalog, Population, stimulus::Stimulus};
    /// let taus: Vec<f64> = (1..=20).map(|n| 0.002 * f64::from(n)).collect();
    /// let lif = Population::<f32>::builder(Catalog::standard().get("lif")?, &[20]).set("tau_m", taus);
    /// let run = lif.run(0.3, &[Stimulus::step(0.1, 1.2)])?;
    /// assert!(run.spikes()?.times[0].iter().all(|t| *t > 0.1)); // s
    /// assert_eq!(run.trace("v")?.shape(), [300, 20]);
    /// # Ok::<(), rheobase::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Builder::build`] and [`Population::stimulate`].
    pub fn run(self, duration: f64, stimuli: &[Stimulus]) -> Result<Run<E>> {
        let mut population = self.build()?;
        let steps = steps(&population, duration)?;
        let record = Record::usual(&**population.model(), steps.div_ceil(SEEN));
        let recording = population.stimulate(duration, stimuli, &record)?;
        Ok(Run { population, recording })
    }
}

impl<E: Number> Population<E> {
    /// Runs for `duration` (s; steps for models that count steps) under the sum of `stimuli`. Times of stimuli count from
    /// the last reset; what is random has seed 0.
    ///
    /// # Errors
    /// A duration that is not above 0; those of [`Signal::new`] and [`Population::run`].
    pub fn stimulate(
        &mut self,
        duration: f64,
        stimuli: &[Stimulus],
        record: &Record,
    ) -> Result<Recording<E>> {
        let steps = steps(self, duration)?;
        let signal = Signal::new(stimuli, &RunShape::of(self, steps, 0))?;
        let fill = move |step, sample, first, out: &mut [E]| signal.fill(step, sample, first, out);
        self.run(steps, &Input::Generated(&fill), record)
    }

    /// What the values of its spikes stand for: one for each neuron, or one for all alike.
    pub fn spike_values(&self) -> Vec<SpikeValues> {
        let info = self.model().info();
        let amplitude = self.params().find(|(field, _)| field.name == "amplitude");
        match amplitude.map(|(_, column)| column) {
            Some(Column::Each(all)) => all.iter().map(|a| SpikeValues::of_model(info, *a)).collect(),
            Some(Column::Shared(a)) => vec![SpikeValues::of_model(info, *a)],
            None => vec![SpikeValues::of_model(info, 1.0)],
        }
    }
}

impl Record {
    /// What is usually looked at: spikes (outputs, of models that do not spike), the input, and where there is one, the
    /// potential, each after every `every` steps.
    pub fn usual(model: &dyn Model, every: usize) -> Self {
        let info = model.info();
        let spikes = if info.emits == Emits::Analogue { Spikes::Dense } else { Spikes::Events };
        let mut names = vec!["input"];
        if let Some(potential) = info.potential {
            names.push(potential);
            if matches!(info.firing, Firing::Strict | Firing::Inclusive) {
                names.extend(["potential", "margin"]);
            }
        }
        names.into_iter().fold(Record::spikes(spikes), |record, name| record.probe_every(name, every.max(1)))
    }
}

/// The steps in `duration`.
fn steps<E: Number>(population: &Population<E>, duration: f64) -> Result<usize> {
    let steps = whole_steps(duration, population.dt());
    if duration > 0.0 && steps < 9e15 {
        return Ok(steps as usize);
    }
    let rule = "must be above 0: seconds, or steps for models that count steps";
    Err(Error::value(population.name(), "duration", duration, rule))
}

impl<E: Number> Run<E> {
    /// When each neuron of each sample fired.
    ///
    /// # Errors
    /// A model that does not spike; spikes that stand for more than fit into memory.
    pub fn spikes(&self) -> Result<SpikeTrains> {
        let (name, info) = (self.population.name(), self.population.model().info());
        let Some(events) = self.recording.events() else {
            return Err(Error::unsupported(
                name,
                format!("{} sends values, not spikes: see `recording.dense()`", info.name),
            ));
        };
        let values = self.population.spike_values();
        let [steps, samples, neurons] = events.shape();
        let of = |neuron: u32| values[neuron as usize % values.len()];
        let all = events.iter().map(|e| of(e.neuron).count(e.value.into())).sum();
        trains::fits(all).map_err(|rule| Error::value(name, "spikes", "too many", rule))?;
        let end = steps as f64 * events.dt();
        let names = trains::numbers(neurons);
        let mut trains = SpikeTrains::silent(samples, names, (0.0, end), Some(events.dt()), info.time);
        for (e, time) in events.iter().zip(events.times()) {
            let (train, value) = (e.batch as usize * neurons + e.neuron as usize, f64::from(e.value));
            trains.add(train, time.min(end), of(e.neuron).count(value), value);
        }
        Ok(trains)
    }

    /// A probe's values, `[time, neuron]` sample by sample: `[time, sample · neurons + neuron]`.
    ///
    /// # Errors
    /// Nothing of that name was recorded; the names that were are told.
    pub fn trace(&self, name: &str) -> Result<Matrix> {
        let names = self.recording.traces.iter().map(|t| &t.name[..]);
        let trace = self.recording.trace(name).ok_or_else(|| Error::unknown("run", "trace", name, names))?;
        let columns = self.recording.shape[1] * self.recording.shape[2];
        let values: Vec<f64> = trace.data.iter().map(|x| x.to_f64()).collect();
        let rows = values.len() / columns.max(1);
        Matrix::new(values, rows, columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::Catalog;

    fn builder(model: &str) -> Builder<f64> {
        Population::builder(Catalog::standard().get(model).unwrap(), &[3])
    }

    #[test]
    fn a_run_is_that_of_the_population_step_by_step() {
        let run = builder("lif").run(0.2, &[Stimulus::step(0.05, 1.5)]).unwrap();
        let mut by_hand = builder("lif").build().unwrap();
        let input: Vec<f64> = (0..200).flat_map(|t| [if t < 50 { 0.0 } else { 1.5 }; 3]).collect();
        let record = Record::usual(&**by_hand.model(), 1);
        let recording = by_hand.run(200, &Input::Array(&input), &record).unwrap();
        assert_eq!(run.recording, recording);
        let trains = run.spikes().unwrap();
        assert_eq!(trains.spikes(), recording.events().unwrap().len());
        assert!(trains.spikes() > 0 && trains.window == (0.0, 0.2));
        let v = run.trace("v").unwrap();
        assert_eq!((v.shape(), v.values()), ([200, 3], &recording.trace("v").unwrap().data[..]));
    }

    #[test]
    fn counts_of_a_step_are_as_many_spikes() {
        let amplitudes = vec![1.0, 0.5, 2.0];
        let run = builder("spiking_rectified_linear").set("amplitude", amplitudes);
        let run = run.run(0.01, &[Stimulus::Constant(2500.0)]).unwrap();
        let counts: Vec<usize> = run.spikes().unwrap().times.iter().map(Vec::len).collect();
        assert_eq!(counts, [25, 25, 25]);
    }

    #[test]
    fn what_cannot_be_says_why() {
        for duration in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let text = builder("lif").run(duration, &[]).map(|_| ()).unwrap_err().to_string();
            assert!(text.starts_with("lif.duration = ") && text.contains("must be above 0"), "{text}");
        }
        let run = builder("leaky_integrator").run(5.0, &[Stimulus::Constant(1.0)]).unwrap();
        assert!(run.spikes().unwrap_err().to_string().contains("sends values, not spikes"));
        let text = run.trace("input_").unwrap_err().to_string();
        assert_eq!(text, "run: unknown trace `input_`; did you mean `input`?");
    }
}
