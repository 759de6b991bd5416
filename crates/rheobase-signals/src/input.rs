//! Input over time: a current, a force, whatever a model takes.

/// An input over time, all values finite, no axis empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// [time, batch, neuron].
    pub shape: [usize; 3],
    /// The values in that order, neurons fastest, in the unit of the model's input.
    pub data: Vec<f64>,
    /// Seconds of every step, ascending, where the file says (a CSV column `time` or `t`): to be compared with dt.
    pub times: Option<Vec<f64>>,
}
