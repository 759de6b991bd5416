//! Replaying a trace step by step, so that a spike on the very edge of the threshold may fall the other way once.

use std::collections::BTreeMap;

use super::bounds::{Carried, Known};
use super::compare::allowed;
use rheobase_base::{Error, Result};
use rheobase_sim::Input;
use rheobase_sim::population::{ErrorBounds, Number, Population, Record, SpikeRecord, Spikes, Winner};

/// Probes that every replay records.
const ALWAYS: [&str; 3] = ["margin", "potential", "input"];

/// What a replay needs of its trace. Arrays are `[time, batch·neurons]`.
pub(super) struct Replay<'a> {
    /// Input in the model's units.
    pub(super) input: &'a [f64],
    /// The original's output: where it is not 0, the neuron spiked. `None` for analogue outputs.
    pub(super) spikes: Option<&'a [f64]>,
    /// Probes to be recorded.
    pub(super) probes: &'a [&'a str],
    /// The original's states after each step by the model's field: what a neuron takes over after a flip.
    pub(super) states: &'a [(&'a str, &'a [f64])],
    /// Bounds of what rounding has made of the input; empty where the input is exact.
    pub(super) input_errors: &'a [f64],
    /// Tolerance, relative to the potential, within which a spike may fall the other way.
    pub(super) rtol: f64,
}

/// What a replay has recorded, all `[time, batch·neurons]`.
pub(super) struct Replayed {
    /// Outputs.
    pub(super) output: Vec<f64>,
    /// Probes by name.
    pub(super) traces: BTreeMap<String, Vec<f64>>,
    /// How far rounding may have carried the numbers of a probe, by name.
    pub(super) bounds: BTreeMap<String, Vec<f64>>,
    /// Winners.
    pub(super) winners: Vec<Winner>,
    /// Spikes that fell the other way.
    pub(super) flips: usize,
    /// The steps in which they did.
    pub(super) flipped: Vec<usize>,
    /// For each neuron the step from which its numbers cannot be compared, because a flip left fields that the trace
    /// does not have.
    pub(super) lost_from: Vec<usize>,
}

impl Replayed {
    /// The numbers of a probe that was asked for.
    pub(super) fn trace(&self, name: &str) -> &[f64] {
        self.traces.get(name).map_or(&[], Vec::as_slice)
    }

    /// How far rounding may have carried the numbers of a probe; empty where nothing is known of them.
    pub(super) fn bounds(&self, name: &str) -> &[f64] {
        self.bounds.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether number `i` of a `[time, neurons]` array is past what can be compared.
    pub(super) fn is_lost(&self, i: usize) -> bool {
        let n = self.lost_from.len();
        i / n >= self.lost_from[i % n]
    }
}

impl Replay<'_> {
    /// Runs the population over the trace. `before` is called before each step and may change the live layer or
    /// replace the step's input.
    pub(super) fn run<E: Number>(
        &self,
        population: &mut Population<E>,
        mut before: impl FnMut(usize, &mut Population<E>, &mut [E]) -> Result<()>,
    ) -> Result<Replayed> {
        let n = population.batch() * population.neurons();
        let steps = self.input.len() / n;
        self.check_lengths(population)?;
        let mut record = Record::spikes(Spikes::Dense);
        for probe in ALWAYS.iter().chain(self.probes.iter().filter(|p| !ALWAYS.contains(p))) {
            record = record.probe(probe);
        }
        let mut carried = Carried::new(population);
        let mut done = Replayed {
            output: Vec::with_capacity(self.input.len()),
            traces: BTreeMap::new(),
            bounds: BTreeMap::new(),
            winners: Vec::new(),
            flips: 0,
            flipped: Vec::new(),
            lost_from: vec![usize::MAX; n],
        };
        let sizes = self.sizes(n);
        for t in 0..steps {
            let mut x: Vec<E> = self.input[t * n..(t + 1) * n].iter().map(|x| E::from_f64(*x)).collect();
            before(t, population, &mut x)?;
            carried.look(t, population, self.states);
            let mut r = population.run(1, &Input::Array(&x), &record)?;
            done.winners.extend(r.winners.iter().map(|w| Winner { step: t, ..*w }));
            let bounds = self.bounds(t, population, &r, &carried);
            let flipped = self.resolve_flips(t, population, &mut r, &mut done, &bounds)?;
            let amplified = self.amplified(t, population, &sizes, &bounds);
            carried.take(population, bounds);
            for i in flipped.into_iter().chain(amplified) {
                let fields = self.take_over(t, i, population)?;
                carried.restart(i, &fields, population);
            }
            done.output.extend(r.dense().iter().map(|x| x.to_f64()));
            for trace in r.traces {
                let all = done.traces.entry(trace.name).or_default();
                all.extend(trace.data.iter().map(|x| x.to_f64()));
            }
        }
        done.bounds = carried.by_probe;
        Ok(done)
    }

    /// The largest finite magnitude of each neuron's recorded states, field by field.
    fn sizes(&self, n: usize) -> Vec<Vec<f64>> {
        let largest = |values: &[f64]| {
            let mut sizes = vec![0.0f64; n];
            for (i, x) in values.iter().enumerate().filter(|(_, x)| x.is_finite()) {
                sizes[i % n] = sizes[i % n].max(x.abs());
            }
            sizes
        };
        self.states.iter().map(|(_, values)| largest(values)).collect()
    }

    /// How far rounding may have carried each neuron in a step. Whether a neuron fired is what the original says.
    fn bounds<E: Number>(
        &self,
        t: usize,
        population: &Population<E>,
        r: &rheobase_sim::Recording<E>,
        carried: &Carried,
    ) -> Vec<ErrorBounds> {
        let input: Vec<f64> = r.traces[2].data.iter().map(|x| x.to_f64()).collect();
        let output: Vec<f64> = r.dense().iter().map(|x| x.to_f64()).collect();
        let n = input.len();
        let fired: Vec<Option<bool>> =
            (0..n).map(|i| self.spikes.map(|spikes| spikes[t * n + i] != 0.0)).collect();
        let known =
            Known { t, input: &input, input_errors: self.input_errors, output: &output, fired: &fired };
        carried.step(population, &known)
    }

    /// Checks that the original's spikes and states have a number for each of the input.
    fn check_lengths<E: Number>(&self, population: &Population<E>) -> Result<()> {
        let states = self.states.iter().map(|(name, numbers)| (*name, numbers.len()));
        for (name, length) in self.spikes.iter().map(|s| ("output", s.len())).chain(states) {
            if length != self.input.len() {
                return Err(Error::shape(
                    population.name(),
                    name,
                    format!("{length} numbers"),
                    format!("one for each of the {} of the input is needed", self.input.len()),
                ));
            }
        }
        Ok(())
    }

    /// Finds spikes that fell the other way within tolerance, counts them, and records the original's numbers for those
    /// neurons, which are returned.
    fn resolve_flips<E: Number>(
        &self,
        t: usize,
        population: &Population<E>,
        r: &mut rheobase_sim::Recording<E>,
        done: &mut Replayed,
        bounds: &[ErrorBounds],
    ) -> Result<Vec<usize>> {
        let n = bounds.len();
        let Some(spikes) = self.spikes else { return Ok(Vec::new()) };
        let whole = self.states.len() == population.model().state().len();
        let mut flipped = Vec::new();
        for (i, spike) in spikes[t * n..(t + 1) * n].iter().enumerate() {
            let fell_other_way = (*spike != 0.0) != (r.dense()[i].to_f64() != 0.0);
            let margin = r.traces[0].data[i].to_f64().abs();
            let potential = r.traces[1].data[i].to_f64().abs();
            let first = done.lost_from[i] == usize::MAX;
            let tolerance = (self.rtol * potential).max(allowed(bounds[i].margin, potential));
            if !fell_other_way || !first || margin > tolerance {
                continue;
            }
            done.flips += 1;
            done.flipped.push(t);
            flipped.push(i);
            if let SpikeRecord::Dense(output) = &mut r.spikes {
                output[i] = E::from_f64(*spike);
            }
            for (field, values) in self.states {
                if let Some(trace) = r.traces.iter_mut().find(|trace| trace.name == *field) {
                    trace.data[i] = E::from_f64(values[t * n + i]);
                }
            }
            if !whole {
                done.lost_from[i] = t;
            }
        }
        Ok(flipped)
    }

    /// The neurons whose rounding a step has amplified past the tolerance in a recorded state. Their numbers are judged by
    /// their bounds; from here on they go by the original's, so that the next step is judged for itself.
    fn amplified<E: Number>(
        &self,
        t: usize,
        population: &Population<E>,
        sizes: &[Vec<f64>],
        bounds: &[ErrorBounds],
    ) -> Vec<usize> {
        let n = bounds.len();
        let fields = population.model().state();
        let past = |i: usize, (name, values): &(&str, &[f64]), size: f64| {
            let bound = fields.iter().position(|f| f.name == *name).map_or(0.0, |f| bounds[i].state[f]);
            bound > self.rtol * size.max(values[t * n + i].abs())
        };
        let any = |i: &usize| self.states.iter().zip(sizes).any(|(state, sizes)| past(*i, state, sizes[*i]));
        (0..n).filter(any).collect()
    }

    /// Gives a neuron the original's state after a step, as far as that is recorded and finite: returns the fields.
    fn take_over<E: Number>(&self, t: usize, i: usize, population: &mut Population<E>) -> Result<Vec<usize>> {
        let n = population.batch() * population.neurons();
        let mut state = population.state().clone();
        let mut taken = Vec::new();
        for (name, values) in self.states {
            let field = population.model().state().iter().position(|f| f.name == *name);
            if let (Some(f), x) = (field, values[t * n + i])
                && x.is_finite()
            {
                state.fields[f][i] = E::from_f64(x);
                taken.push(f);
            }
        }
        population.set_state(state)?;
        Ok(taken)
    }
}
