//! `Memory`: what a layer or another operator of a network carries from step to step.

use super::LayerState;

/// What an operator carries from step to step for the samples of a tile.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    /// Fields, each `[sample, feature]`.
    pub fields: Vec<Vec<f32>>,
    /// What belongs to a layer as a whole, one per sample; empty where its neurons do not see each other.
    pub layers: Vec<LayerState<f32>>,
    /// What a coupled layer keeps of a step for the backward pass: its input and its own spikes.
    pub kept: Vec<Vec<f32>>,
    /// What pooling took its maxima from in a step, for the backward pass: places of windows, one byte for each output.
    pub choices: Vec<u8>,
}

impl Memory {
    /// The same sizes, all 0.
    pub fn zeros_like(&self) -> Memory {
        Memory { fields: self.fields.iter().map(|f| vec![0.0; f.len()]).collect(), ..Memory::default() }
    }

    /// Becomes a copy of `other`, reusing its buffers.
    pub fn copy_from(&mut self, other: &Memory) {
        self.fields.resize_with(other.fields.len(), Vec::new);
        for (to, from) in self.fields.iter_mut().zip(&other.fields) {
            to.clear();
            to.extend_from_slice(from);
        }
        self.layers.clone_from(&other.layers);
    }

    /// Memory in bytes.
    pub fn bytes(&self) -> usize {
        let layers = self.layers.iter().map(|l| l.held.len() + l.output.len()).sum::<usize>();
        4 * (self.fields.iter().chain(&self.kept).map(Vec::len).sum::<usize>() + layers) + self.choices.len()
    }
}
