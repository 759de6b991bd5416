//! What a run gives back: spikes in the wanted form, and probes.

use crate::compete::Place;
use rheobase_signals::{SpikeBits, SpikeEvent, SpikeEvents};

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

/// Spikes in one of the forms of [`Spikes`].
#[derive(Debug, Clone, PartialEq)]
pub enum SpikeRecord<E> {
    /// None were asked for.
    None,
    /// Whether anything left the neuron.
    Bits(SpikeBits),
    /// What left each neuron, `[time, batch, neuron]`.
    Dense(Vec<E>),
    /// With value and time within the step.
    Events(SpikeEvents),
}

impl<E> SpikeRecord<E> {
    /// What left each neuron, `[time, batch, neuron]`; nothing of another form.
    pub fn into_dense(self) -> Vec<E> {
        if let SpikeRecord::Dense(output) = self { output } else { Vec::new() }
    }

    /// The events, if this is their form.
    pub fn into_events(self) -> Option<SpikeEvents> {
        if let SpikeRecord::Events(events) = self { Some(events) } else { None }
    }
}

/// What a run has recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording<E> {
    /// Steps, samples, neurons.
    pub shape: [usize; 3],
    /// Spikes in the form that was asked for.
    pub spikes: SpikeRecord<E>,
    /// Probes in the order they were asked for.
    pub traces: Vec<Trace<E>>,
    /// Winners in order of step, sample and rank; only of layers with competition.
    pub winners: Vec<Winner>,
}

impl<E> Recording<E> {
    /// What left each neuron, `[time, batch, neuron]`, for [`Spikes::Dense`]; empty for another form.
    pub fn dense(&self) -> &[E] {
        if let SpikeRecord::Dense(output) = &self.spikes { output } else { &[] }
    }

    /// For [`Spikes::Bits`].
    pub fn bits(&self) -> Option<&SpikeBits> {
        if let SpikeRecord::Bits(bits) = &self.spikes { Some(bits) } else { None }
    }

    /// For [`Spikes::Events`].
    pub fn events(&self) -> Option<&SpikeEvents> {
        if let SpikeRecord::Events(events) = &self.spikes { Some(events) } else { None }
    }

    /// The spikes one after the other, for [`Spikes::Events`]; none for another form.
    pub fn each_spike(&self) -> impl Iterator<Item = SpikeEvent> + '_ {
        self.events().into_iter().flat_map(SpikeEvents::iter)
    }

    /// The probe called `name`, if it was recorded.
    pub fn trace(&self, name: &str) -> Option<&Trace<E>> {
        self.traces.iter().find(|t| t.name == name)
    }
}
