//! `LayerState`: the part of a sample's state that belongs to the layer, not to the model.

use rheobase_models::lanes::Elem;

/// The part of a sample's state that belongs to the layer, not to the model.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerState<E> {
    /// Steps of silence left.
    pub held: Vec<E>,
    /// What left each neuron in the last step: the input of lateral edges.
    pub output: Vec<E>,
    /// Steps since each neuron's last spike.
    pub since_spike: Vec<E>,
    /// Steps since the last positive input, its own step included.
    pub since_injection: Vec<E>,
}

impl<E: Elem> LayerState<E> {
    /// Nothing held, nothing sent.
    pub fn new(neurons: usize) -> Self {
        let zeros = vec![E::default(); neurons];
        LayerState {
            held: zeros.clone(),
            output: zeros.clone(),
            since_spike: zeros.clone(),
            since_injection: zeros,
        }
    }

    /// Advances the clocks that count steps from spikes and from positive input `x`: sums of dt would drift.
    pub(super) fn tick(&mut self, x: &[E]) {
        let (zero, one) = (E::zero(), E::one());
        for (since, out) in self.since_spike.iter_mut().zip(&self.output) {
            *since = if *out == zero { *since + one } else { zero };
        }
        for (since, x) in self.since_injection.iter_mut().zip(x) {
            *since = if *x > zero { one } else { *since + one };
        }
    }
}
