//! Spike trains: the times at which each neuron of each sample fired, from events or from dense arrays.

use rheobase_models::neuron::Time;

use super::spikes::SpikeEvents;
use crate::{Error, Result};

/// Spike times of every neuron of every sample, and what is known of the recording around them.
///
/// A step in which something left a neuron is one spike, whatever its value; what left it is kept in `output`.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeTrains {
    /// Strictly ascending times, sample by sample and within it neuron by neuron.
    pub times: Vec<Vec<f64>>,
    /// For each train the sum of what left the neuron; for plain spikes their number.
    pub output: Vec<f64>,
    /// Number of samples.
    pub samples: usize,
    /// Names of the neurons; without others, their numbers.
    pub names: Vec<String>,
    /// Start and end of the recording; all times lie within, ends included.
    pub window: (f64, f64),
    /// Length of a step, where the recording has steps.
    pub dt: Option<f64>,
    /// What times are counted in.
    pub clock: Time,
}

impl SpikeTrains {
    /// The trains in `spikes`, whose step lasts `dt` of `clock`: of `spikes.dt()` seconds, or 1 where time counts steps.
    pub fn from_events(spikes: &SpikeEvents, clock: Time) -> Self {
        let [steps, samples, neurons] = spikes.shape();
        let end = steps as f64 * spikes.dt();
        let mut trains = SpikeTrains::silent(samples, numbers(neurons), (0.0, end), Some(spikes.dt()), clock);
        for (e, time) in spikes.iter().zip(spikes.times()) {
            let train = e.batch as usize * neurons + e.neuron as usize;
            trains.add(train, time.min(end), e.value.into());
        }
        trains
    }

    /// Trains of `samples` samples of the neurons called `names`, none of which has fired.
    pub fn silent(
        samples: usize,
        names: Vec<String>,
        window: (f64, f64),
        dt: Option<f64>,
        clock: Time,
    ) -> Self {
        let count = samples.saturating_mul(names.len());
        SpikeTrains {
            times: vec![Vec::new(); count],
            output: vec![0.0; count],
            samples,
            names,
            window,
            dt,
            clock,
        }
    }

    /// Adds a spike after the train's others. Rounding may put a spike at the end of a step onto one at the start of the
    /// next; the two are then one.
    pub(super) fn add(&mut self, train: usize, time: f64, value: f64) {
        if let (Some(times), Some(output)) = (self.times.get_mut(train), self.output.get_mut(train)) {
            *output += value;
            if times.last().is_none_or(|last| *last < time) {
                times.push(time);
            }
        }
    }

    /// Number of neurons.
    pub fn neurons(&self) -> usize {
        self.names.len()
    }

    /// Number of spikes of all trains.
    pub fn spikes(&self) -> usize {
        self.times.iter().map(Vec::len).sum()
    }

    /// What train number `train` is called: its neuron, and its sample where there are several.
    pub fn label(&self, train: usize) -> String {
        let neurons = self.neurons().max(1);
        let name = self.names.get(train % neurons).map_or("", String::as_str);
        if self.samples > 1 { format!("{}/{name}", train / neurons) } else { name.to_string() }
    }

    /// Every spike as its time and its train, train by train.
    pub fn flat(&self) -> (Vec<f64>, Vec<u32>) {
        let who = self.times.iter().zip(0u32..).flat_map(|(times, train)| times.iter().map(move |_| train));
        (self.times.concat(), who.collect())
    }

    /// One sample alone.
    ///
    /// # Errors
    /// [`Error::Value`] if there is no such sample.
    pub fn sample(mut self, sample: usize) -> Result<Self> {
        if sample >= self.samples {
            return Err(Error::Value {
                place: "spike trains".into(),
                field: "sample".into(),
                index: None,
                value: sample.to_string(),
                rule: format!("must be below the number of samples, {}", self.samples),
            });
        }
        let range = sample * self.neurons()..(sample + 1) * self.neurons();
        self.times = self.times.drain(range.clone()).collect();
        self.output = self.output.drain(range).collect();
        self.samples = 1;
        Ok(self)
    }

    /// What happened within `window`, ends included. `output` is then counted in spikes where a train lost some.
    ///
    /// # Errors
    /// [`Error::Value`] for a window without length or not finite.
    pub fn within(mut self, window: (f64, f64)) -> Result<Self> {
        crate::analyse::check::window("spike trains", window)?;
        for (times, output) in self.times.iter_mut().zip(&mut self.output) {
            let before = times.len();
            times.retain(|t| (window.0..=window.1).contains(t));
            if times.len() < before {
                *output = times.len() as f64;
            }
        }
        self.window = window;
        Ok(self)
    }
}

/// `0`, `1`, `2`…
pub(super) fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}
