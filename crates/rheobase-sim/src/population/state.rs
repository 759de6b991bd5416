//! The state of a population: what the caller can take, store, give back and compare.

use rheobase_models::lanes::Elem;

use super::Number;
use super::layer::Layer;
use super::layer_state::LayerState;
use rheobase_base::{Error, Result};

/// State of all neurons of all samples.
#[derive(Debug, Clone, PartialEq)]
pub struct State<E> {
    /// Field by field in the model's order, each `[batch, neuron]`.
    pub fields: Vec<Vec<E>>,
    /// One per sample: what belongs to the layer (silence, last output, clocks).
    pub layers: Vec<LayerState<E>>,
    /// Steps since the last reset.
    pub step: u64,
}

/// Where a state field starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Initial {
    /// At the model's rest.
    Rest,
    /// At one value.
    Value(f64),
    /// At a value per neuron, the same in every sample: given or learned.
    Each(Vec<f64>),
    /// Drawn uniformly, keyed by seed, name of the population, sample and neuron.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Seed.
        seed: u64,
    },
}

impl<E: Elem> State<E> {
    /// Checks that `other` has the same sizes.
    pub(super) fn check_like(&self, other: &State<E>, place: &str) -> Result<()> {
        let sizes = |s: &State<E>| {
            let layers: Vec<usize> = s
                .layers
                .iter()
                .flat_map(|l| [l.held.len(), l.output.len(), l.since_spike.len(), l.since_injection.len()])
                .collect();
            (s.fields.iter().map(Vec::len).collect::<Vec<_>>(), layers)
        };
        if sizes(self) == sizes(other) {
            return Ok(());
        }
        Err(Error::shape(
            place,
            "state",
            format!("{} fields of {:?} numbers", other.fields.len(), other.fields.first().map(Vec::len)),
            format!(
                "{} fields of {:?} numbers are needed: the state of the same model, batch and layer",
                self.fields.len(),
                self.fields.first().map(Vec::len)
            ),
        ))
    }
}

impl<E: Number> State<E> {
    /// The state that a layer starts with, for `batch` samples.
    pub(super) fn start(layer: &Layer<E>, batch: usize) -> Self {
        State { fields: layer.start(batch), layers: vec![LayerState::new(layer.neurons()); batch], step: 0 }
    }
}
