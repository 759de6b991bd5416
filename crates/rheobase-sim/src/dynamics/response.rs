//! Response: what one neuron does under a constant input, with or without a pulse on top of it.

use rheobase_models::neuron::Firing;
use rheobase_models::real::whole_steps;

use super::{Dynamics, value};
use crate::population::position;
use crate::{Initial, Input, Population, Record, Spikes};
use rheobase_base::Result;

/// Steps of a response at most: all states of all of them are kept.
const MOST_STEPS: f64 = 1e7;

/// An additional input for a while. Times are in seconds, or steps for models that count them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pulse {
    /// What is added to the constant input.
    pub amplitude: f64,
    /// When it begins, rounded up to whole steps.
    pub start: f64,
    /// How long it lasts, rounded up to whole steps.
    pub duration: f64,
}

/// Everything one neuron did.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// Length of a step.
    pub dt: f64,
    /// The input in each step.
    pub input: Vec<f64>,
    /// State before the first step, in the model's order.
    pub start: Vec<f64>,
    /// Each state field (in the model's order) after each step.
    pub states: Vec<Vec<f64>>,
    /// The membrane potential in each step before reset; the margin where the model has no potential.
    pub potential: Vec<f64>,
    /// What left the neuron in each step.
    pub output: Vec<f64>,
    /// Whether the neuron fired in each step.
    pub fired: Vec<bool>,
    /// Times of spikes, with the offset within the step that the model states.
    pub spikes: Vec<f64>,
    /// Position of the potential among the states.
    potential_field: Option<usize>,
}

impl Dynamics {
    /// Runs one neuron from rest for `time` in steps of `dt` under the input `background` and, if there is one, a pulse
    /// on top of it. `start` names state fields that do not start at rest. In 64-bit numbers.
    ///
    /// # Errors
    /// Unknown fields; numbers that are not finite; a time or duration that is not above 0 or longer than 10⁷ steps;
    /// a `dt` that the model's scheme does not allow; a state that becomes NaN.
    pub fn respond(
        &self,
        background: f64,
        pulse: Option<Pulse>,
        time: f64,
        dt: f64,
        start: &[(&str, f64)],
    ) -> Result<Response> {
        let steps = self.steps("time", time, dt)?;
        let input = self.input(background, pulse, steps, dt)?;
        let mut builder = self.builder(1, dt);
        for (field, x) in start {
            builder = builder.initial(field, Initial::Value(*x));
        }
        let mut population = builder.build()?;
        let fields = self.model.state();
        let mut first = self.rest();
        for (name, x) in start {
            first[position(fields, name, self.place(), "state field")?] = *x;
        }
        let mut record = Record::spikes(Spikes::Dense);
        for field in fields {
            record = record.probe(field.name);
        }
        let has_potential = self.model.info().potential.is_some();
        record = record.probe(if has_potential { "potential" } else { "margin" });
        let dense = population.run(steps, &Input::Array(&input), &record)?;
        let output = dense.spikes.into_dense();
        let mut states: Vec<Vec<f64>> = dense.traces.into_iter().map(|t| t.data).collect();
        let potential = states.pop().unwrap_or_default();
        let spiking = self.model.info().firing != Firing::Never;
        // Offsets are only in events, which a second run gives.
        let spikes = if spiking { self.spike_times(&input, dt, start)? } else { Vec::new() };
        Ok(Response {
            dt,
            start: first,
            potential,
            fired: output.iter().map(|x| spiking && *x != 0.0).collect(),
            output,
            spikes,
            states,
            input,
            potential_field: self
                .model
                .info()
                .potential
                .and_then(|p| fields.iter().position(|f| f.name == p)),
        })
    }

    fn spike_times(&self, input: &[f64], dt: f64, start: &[(&str, f64)]) -> Result<Vec<f64>> {
        let mut builder = self.builder(1, dt);
        for (field, x) in start {
            builder = builder.initial(field, Initial::Value(*x));
        }
        let run = builder.build()?.run(input.len(), &Input::Array(input), &Record::spikes(Spikes::Events))?;
        let time = |e: rheobase_signals::SpikeEvent| e.step as f64 * dt + f64::from(e.offset);
        Ok(run.each_spike().map(time).collect())
    }

    fn input(&self, background: f64, pulse: Option<Pulse>, steps: usize, dt: f64) -> Result<Vec<f64>> {
        self.check_finite("background", background)?;
        let mut input = vec![background; steps];
        let Some(pulse) = pulse else { return Ok(input) };
        self.check_finite("pulse.amplitude", pulse.amplitude)?;
        let begin = if pulse.start == 0.0 { 0 } else { self.steps("pulse.start", pulse.start, dt)? };
        let length = self.steps("pulse.duration", pulse.duration, dt)?;
        if begin >= steps {
            let rule = "must begin before the response ends";
            return Err(value(self.place(), "pulse.start", pulse.start, rule));
        }
        input[begin..steps.min(begin + length)].fill(background + pulse.amplitude);
        Ok(input)
    }

    /// A description of `neurons` neurons with these parameters.
    pub(super) fn builder(&self, neurons: usize, dt: f64) -> crate::population::Builder<f64> {
        let mut builder = Population::<f64>::builder(self.model.clone(), &[neurons]).dt(dt);
        for (field, x) in self.model.params().iter().zip(&self.params) {
            builder = builder.set(field.name, *x);
        }
        builder
    }

    /// Whole steps of `dt` in `time`.
    pub(super) fn steps(&self, field: &str, time: f64, dt: f64) -> Result<usize> {
        let place = self.place();
        let unit = self.time_unit();
        if !(dt > 0.0 && dt.is_finite()) {
            return Err(value(place, "dt", format!("{dt} {unit}"), "must be > 0 and finite"));
        }
        let steps = whole_steps(time, dt);
        if time > 0.0 && (1.0..=MOST_STEPS).contains(&steps) {
            return Ok(steps as usize);
        }
        let rule = format!("must be > 0 and at most 10^7 steps of {dt} {unit}");
        Err(value(place, field, format!("{time} {unit}"), rule))
    }
}

impl Response {
    /// The times at the ends of the steps.
    pub fn times(&self) -> Vec<f64> {
        (0..self.input.len()).map(|i| (i + 1) as f64 * self.dt).collect()
    }

    /// The way through the plane of two state fields (positions in the model's order), cut where the neuron is reset:
    /// each piece ends at the potential at which it fired, and the next begins after the reset.
    pub fn path(&self, x: usize, y: usize) -> Vec<Vec<[f64; 2]>> {
        let (Some(xs), Some(ys)) = (self.states.get(x), self.states.get(y)) else { return Vec::new() };
        let mut piece = vec![[self.start[x], self.start[y]]];
        let mut pieces = Vec::new();
        for (step, (a, b)) in xs.iter().zip(ys).enumerate() {
            if self.fired[step] {
                if let Some(last) = piece.last().copied() {
                    let before = |field: usize, i: usize| {
                        if self.potential_field == Some(field) { self.potential[step] } else { last[i] }
                    };
                    piece.push([before(x, 0), before(y, 1)]);
                }
                pieces.push(std::mem::take(&mut piece));
            }
            piece.push([*a, *b]);
        }
        pieces.push(piece);
        pieces
    }
}
