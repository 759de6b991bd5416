//! `RawEvent`: a spike as the fast loop writes it.

/// An event of one tile.
#[derive(Debug, Clone, Copy)]
pub struct RawEvent {
    /// Step of the job.
    pub step: u64,
    /// Neuron within the tile.
    pub neuron: u32,
    /// What left the neuron.
    pub value: f32,
    /// When within the step.
    pub offset: f32,
}
