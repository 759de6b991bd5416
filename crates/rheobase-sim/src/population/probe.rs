//! Probes: what can be looked at in every step besides the spikes.

use rheobase_models::record::Field;

use crate::compete::Place;
use rheobase_base::{Error, Result};
use rheobase_kernels::Model;

/// Something that can be recorded for every neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// A state field after the step, by its position.
    State(usize),
    /// The membrane potential after integration, before reset.
    Potential,
    /// The same where the neuron fired, else 0.
    Thresholded,
    /// The margin that firing was decided on.
    Margin,
    /// The surrogate's slope.
    Slope,
    /// The input, lateral edges included.
    Input,
    /// The neuron's own spike, before it is emitted: 0, 1 or a count.
    Own,
    /// What left the neuron.
    Output,
    /// Steps of silence left after the step.
    Held,
    /// Time since the neuron's last spike.
    SinceSpike,
    /// Time since the last positive input.
    SinceInjection,
}

/// Names and meanings of the quantities that every model has.
pub const COMMON: [(&str, Quantity, &str); 9] = [
    ("potential", Quantity::Potential, "membrane potential after integration, before reset"),
    ("thresholded", Quantity::Thresholded, "the potential where the neuron fired, else 0"),
    ("margin", Quantity::Margin, "what firing was decided on: its distance to threshold"),
    ("slope", Quantity::Slope, "the surrogate's slope"),
    ("input", Quantity::Input, "the input, lateral edges included"),
    ("output", Quantity::Output, "what left the neuron: the value of its spikes, or the analogue output"),
    ("held", Quantity::Held, "steps of silence left"),
    ("time_since_spike", Quantity::SinceSpike, "time since the last spike"),
    ("time_since_injection", Quantity::SinceInjection, "time since the last positive input"),
];

impl Quantity {
    /// The quantity called `name`: a state field of the model or one of [`COMMON`].
    pub fn named(model: &dyn Model, name: &str) -> Result<Quantity> {
        let state: &[Field] = model.state();
        if let Some(i) = state.iter().position(|f| f.name == name) {
            return Ok(Quantity::State(i));
        }
        COMMON.iter().find(|c| c.0 == name).map(|c| c.1).ok_or_else(|| {
            let known = state.iter().map(|f| f.name).chain(COMMON.iter().map(|c| c.0));
            Error::unknown(model.info().name, "probe", name, known)
        })
    }
}

/// What the step-by-step loop copies out.
#[derive(Debug, Default)]
pub(crate) struct Recorded<E> {
    /// Whether outputs and offsets are copied.
    pub outputs_wanted: bool,
    /// `[time, neuron]`.
    pub outputs: Vec<E>,
    /// When within the step, `[time, neuron]`.
    pub offsets: Vec<E>,
    /// Step and place of each winner.
    pub winners: Vec<(usize, Place)>,
    /// The quantities that are copied.
    pub probes: Vec<RecordedProbe<E>>,
}

impl<E> Recorded<E> {
    /// Nothing but these quantities, each in every step.
    pub(super) fn of(quantities: &[Quantity]) -> Self {
        let probes = quantities.iter().map(|q| RecordedProbe { quantity: *q, every: 1, data: Vec::new() });
        Recorded {
            outputs_wanted: false,
            outputs: Vec::new(),
            offsets: Vec::new(),
            winners: Vec::new(),
            probes: probes.collect(),
        }
    }

    /// Whether what firing is decided on is looked at.
    pub(super) fn looks_at_drive(&self) -> bool {
        self.probes.iter().any(|p| matches!(p.quantity, Quantity::Margin | Quantity::Slope))
    }

    /// The probes that look at step `t`, counted from 0.
    pub(super) fn due(&mut self, t: usize) -> impl Iterator<Item = &mut RecordedProbe<E>> {
        self.probes.iter_mut().filter(move |p| (t + 1).is_multiple_of(p.every))
    }
}

/// One quantity as it is copied out.
#[derive(Debug)]
pub(crate) struct RecordedProbe<E> {
    /// What is copied.
    pub quantity: Quantity,
    /// Every how many steps.
    pub every: usize,
    /// What was copied, `[time / every, neuron]`.
    pub data: Vec<E>,
}
