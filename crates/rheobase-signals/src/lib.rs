//! What the parts of Rheobase hand to each other: spikes in all forms, input over time, tensors.
//!
//! | what | where |
//! |---|---|
//! | spikes with values and times | [`SpikeEvents`] |
//! | one bit per neuron and step | [`SpikeBits`] |
//! | spikes by step, as sparse rows | [`SpikeRows`] |
//! | the times at which each neuron fired | [`SpikeTrains`], of which a [`Window`] is a part |
//! | what a spike's value stands for | [`SpikeValues`] |
//! | input over time | [`Input`] |
//! | rates, distances | [`Matrix`] |
//! | weights, moments, counters | [`Tensor`] |

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

mod bits;
mod input;
mod matrix;
mod spike_rows;
mod spike_values;
mod spikes;
pub mod tensor;
pub mod trains;
mod window;

pub use bits::SpikeBits;
pub use input::Input;
pub use matrix::Matrix;
pub use spike_rows::SpikeRows;
pub use spike_values::SpikeValues;
pub use spikes::{SpikeEvent, SpikeEvents};
pub use tensor::{Element, Tensor, TensorData};
pub use trains::SpikeTrains;
pub use window::{EDGE, Window, rounding};
