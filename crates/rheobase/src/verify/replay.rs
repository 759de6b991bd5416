//! Replaying a trace step by step, so that a spike on the very edge of the threshold may fall the other way once.

use std::collections::BTreeMap;

use crate::population::{Number, Population, Record, Spikes, Winner};
use crate::{Error, Input, Result};

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
    /// Tolerance, relative to the potential, within which a spike may fall the other way.
    pub(super) rtol: f64,
}

/// What a replay has recorded, all `[time, batch·neurons]`.
pub(super) struct Replayed {
    /// Outputs.
    pub(super) output: Vec<f64>,
    /// Probes by name.
    pub(super) traces: BTreeMap<String, Vec<f64>>,
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
        let mut record = Record::spikes(Spikes::Dense).probe("margin").probe("potential");
        for probe in self.probes.iter().filter(|p| !["margin", "potential"].contains(p)) {
            record = record.probe(probe);
        }
        let mut done = Replayed {
            output: Vec::with_capacity(self.input.len()),
            traces: BTreeMap::new(),
            winners: Vec::new(),
            flips: 0,
            flipped: Vec::new(),
            lost_from: vec![usize::MAX; n],
        };
        let whole = self.states.len() == population.model().state().len();
        for t in 0..steps {
            let mut x: Vec<E> = self.input[t * n..(t + 1) * n].iter().map(|x| E::from_f64(*x)).collect();
            before(t, population, &mut x)?;
            let mut r = population.run(1, &Input::Array(&x), &record)?;
            done.winners.extend(r.winners.iter().map(|w| Winner { step: t, ..*w }));
            if let Some(spikes) = self.spikes {
                self.settle(t, &spikes[t * n..(t + 1) * n], population, &mut r, &mut done, whole)?;
            }
            done.output.extend(r.dense.iter().map(|x| x.to_f64()));
            for trace in r.traces {
                let all = done.traces.entry(trace.name).or_default();
                all.extend(trace.data.iter().map(|x| x.to_f64()));
            }
        }
        Ok(done)
    }

    /// Checks that the original's spikes and states have a number for each of the input.
    fn check_lengths<E: Number>(&self, population: &Population<E>) -> Result<()> {
        let states = self.states.iter().map(|(name, numbers)| (*name, numbers.len()));
        for (name, length) in self.spikes.iter().map(|s| ("output", s.len())).chain(states) {
            if length != self.input.len() {
                return Err(Error::Shape {
                    place: population.name().into(),
                    field: name.into(),
                    got: format!("{length} numbers"),
                    want: format!("one for each of the {} of the input is needed", self.input.len()),
                });
            }
        }
        Ok(())
    }

    /// Finds spikes that fell the other way within tolerance, counts them, and gives those neurons the original's
    /// state.
    fn settle<E: Number>(
        &self,
        t: usize,
        spikes: &[f64],
        population: &mut Population<E>,
        r: &mut crate::Recording<E>,
        done: &mut Replayed,
        whole: bool,
    ) -> Result<()> {
        let n = spikes.len();
        for (i, spike) in spikes.iter().enumerate() {
            let fell_other_way = (*spike != 0.0) != (r.dense[i].to_f64() != 0.0);
            let margin = r.traces[0].data[i].to_f64().abs();
            let potential = r.traces[1].data[i].to_f64().abs();
            let first = done.lost_from[i] == usize::MAX;
            if !fell_other_way || !first || margin > self.rtol * potential {
                continue;
            }
            done.flips += 1;
            done.flipped.push(t);
            r.dense[i] = E::from_f64(*spike);
            for (field, values) in self.states {
                let f = population.model().state().iter().position(|s| s.name == *field);
                let value = E::from_f64(values[t * n + i]);
                let mut state = population.state().clone();
                if let Some(f) = f {
                    state.fields[f][i] = value;
                    population.set_state(state)?;
                }
                if let Some(trace) = r.traces.iter_mut().find(|trace| trace.name == *field) {
                    trace.data[i] = value;
                }
            }
            if !whole {
                done.lost_from[i] = t;
            }
        }
        Ok(())
    }
}
