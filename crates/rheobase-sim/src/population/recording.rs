//! What a run gives back: spikes in the wanted form, and probes.

use crate::compete::Place;
use rheobase_signals::{SpikeBits, SpikeEvents};

/// In which form spikes are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spikes {
    /// Not at all.
    #[default]
    None,
    /// One bit per neuron and step: whether anything left the neuron.
    Bits,
    /// What left each neuron in each step.
    Dense,
    /// Events with value and time within the step.
    Events,
}

/// What to record in a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Form of the spikes.
    pub spikes: Spikes,
    /// Names of probes (state fields and [`super::probe::COMMON`]) and every how many steps each is taken, counted
    /// from the start of the run.
    pub probes: Vec<(String, usize)>,
}

impl Record {
    /// Spikes in `form`, nothing else.
    pub fn spikes(form: Spikes) -> Self {
        Record { spikes: form, probes: Vec::new() }
    }
    /// The same with `name` probed in every step.
    pub fn probe(self, name: &str) -> Self {
        self.probe_every(name, 1)
    }
    /// The same with `name` probed after every `every` steps.
    pub fn probe_every(mut self, name: &str, every: usize) -> Self {
        self.probes.push((name.to_string(), every));
        self
    }
}

/// A probe's values.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<E> {
    /// Name of the probe.
    pub name: String,
    /// Steps between values: value `i` was taken after step `(i + 1)·every − 1`.
    pub every: usize,
    /// `[time / every, batch, neuron]`.
    pub data: Vec<E>,
}

/// A winner of the competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Winner {
    /// Step of the run.
    pub step: usize,
    /// Sample.
    pub batch: usize,
    /// Feature, row, column.
    pub place: Place,
}

/// What a run has recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording<E> {
    /// Steps, samples, neurons.
    pub shape: [usize; 3],
    /// Output `[time, batch, neuron]`, for [`Spikes::Dense`].
    pub dense: Vec<E>,
    /// For [`Spikes::Bits`].
    pub bits: Option<SpikeBits>,
    /// For [`Spikes::Events`].
    pub events: Option<SpikeEvents>,
    /// Probes in the order they were asked for.
    pub traces: Vec<Trace<E>>,
    /// Winners in order of step, sample and rank; only of layers with competition.
    pub winners: Vec<Winner>,
}

impl<E> Recording<E> {
    /// The probe called `name`, if it was recorded.
    pub fn trace(&self, name: &str) -> Option<&Trace<E>> {
        self.traces.iter().find(|t| t.name == name)
    }
}
