//! `Operation`: what an operator computes in a step, as data, for programs that run networks by means of their own.

use rheobase_sim::population::Layer;

use crate::vision::{PoolOf, WindowsAt};

/// What a node computes from its inputs and the tensors that it declared.
pub enum Operation<'a> {
    /// Its input.
    Same,
    /// The sum of its inputs.
    Sum,
    /// Its inputs one after the other.
    Stack,
    /// Its input times a number.
    Scale(f32),
    /// `max(x, 0)`.
    Relu,
    /// `1/(1 + exp(−x))`.
    Sigmoid,
    /// `tanh(x)`.
    Tanh,
    /// `x·weight + bias`; weights are `[in, out]`.
    Linear,
    /// A cross-correlation over one or two axes.
    Conv {
        /// Where windows stand.
        windows: WindowsAt,
        /// Groups of channels that do not see each other.
        groups: usize,
    },
    /// What becomes of every window of every channel.
    Pool {
        /// What.
        of: PoolOf,
        /// Where windows stand.
        windows: WindowsAt,
    },
    /// A low-pass filter: `y ← y·decay + x·gain + (u − x)·through`, `u ← u·decay + x·gain`, the first with `u = x` where
    /// there is no second trace.
    Synapse {
        /// What stays of a trace.
        decay: f32,
        /// What comes to it of the input.
        gain: f32,
        /// What reaches the second trace within a step.
        through: Option<f32>,
    },
    /// Neurons.
    Neurons {
        /// Who they are.
        layer: &'a Layer<f32>,
        /// What each of its tensors is: the place of a parameter of the model, or of a state field that starts there (`true`).
        learned: Vec<(usize, bool)>,
    },
}
