//! `Activity`: what a learner sees of one sample; `Learned`: what it made of it.

use crate::compete::Place;
use crate::vision::SpikeRows;

/// What happened on both sides of a connection during a sample.
#[derive(Debug, Clone, Copy)]
pub struct Activity<'a> {
    /// Spikes of the inputs by step, before any delay; what they are worth does not count.
    pub pre: &'a SpikeRows,
    /// Spikes of the outputs by step, as many steps. Where winners are to be found, the value is the potential.
    pub post: &'a SpikeRows,
    /// The outputs that learn, if they are known: `[feature, row, column]`, `[output, 0, 0]` of a dense connection.
    pub winners: Option<&'a [Place]>,
    /// Reward, for rules that are modulated: one number for the sample, at its end, or one for each step.
    pub reward: &'a [f32],
}

impl<'a> Activity<'a> {
    /// Spikes alone.
    pub fn new(pre: &'a SpikeRows, post: &'a SpikeRows) -> Activity<'a> {
        Activity { pre, post, winners: None, reward: &[] }
    }

    /// With winners that are known.
    pub fn winners(self, winners: &'a [Place]) -> Activity<'a> {
        Activity { winners: Some(winners), ..self }
    }

    /// With a reward.
    pub fn reward(self, reward: &'a [f32]) -> Activity<'a> {
        Activity { reward, ..self }
    }
}

/// What a sample changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Learned {
    /// Who won, the first first; empty where all that fire learn.
    pub winners: Vec<Place>,
    /// Features whose weights may have changed, ascending. What was outside the bounds changes everywhere.
    pub features: Vec<u32>,
}
