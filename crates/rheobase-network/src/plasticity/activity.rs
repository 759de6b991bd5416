//! `Activity`: what a learner sees of one sample; `Learned`: what it made of it.

use super::check::length;
use super::order::LARGEST;
use super::{Connection, Plasticity, Rule};
use crate::vision::windows::value_error;
use crate::vision::{SpikeRows, k_winners_first};
use rheobase_base::Result;
use rheobase_sim::compete::Place;

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

    /// Checks all that comes in, and finds the winners; `None` where all that fire learn.
    pub(super) fn check(
        &self,
        place: &str,
        connection: &Connection,
        settings: &Plasticity,
    ) -> Result<Option<Vec<Place>>> {
        check_spikes(place, "pre", self.pre, connection.inputs())?;
        check_spikes(place, "post", self.post, connection.outputs())?;
        length(place, "post", self.post.steps(), self.pre.steps(), "the number of steps of the inputs")?;
        self.check_reward(place, settings)?;
        let shape = connection.output_shape();
        match (self.winners, settings.winners) {
            (Some(given), _) => match given.iter().position(|p| connection.output(*p).is_none()) {
                None => Ok(Some(given.to_vec())),
                Some(at) => {
                    let rule = format!("must lie within {shape:?}");
                    Err(value_error(place, "winners", Some(at), format!("{:?}", given[at]), rule))
                }
            },
            (None, Some(w)) => k_winners_first(self.post, shape, w.k, w.radius).map(Some),
            (None, None) if matches!(settings.rule, Rule::Order(_)) => {
                let rule =
                    "are needed by the order rule: set `winners = { k = 1 }`, or give them with every sample";
                Err(value_error(place, "winners", None, "none", rule))
            }
            (None, None) => Ok(None),
        }
    }

    fn check_reward(&self, place: &str, settings: &Plasticity) -> Result<()> {
        let (reward, steps) = (self.reward, self.pre.steps());
        let fault = |at, value: String, rule: &str| Err(value_error(place, "reward", at, value, rule));
        if settings.reward.is_none() {
            let rule = "is for rules that wait for it: set `reward = {}`, or give none";
            return if reward.is_empty() { Ok(()) } else { fault(None, format!("{reward:?}"), rule) };
        }
        if reward.is_empty() && steps > 0 {
            return fault(
                None,
                "none".into(),
                "is needed with every sample: one number, or leave `reward` out",
            );
        }
        if reward.len() != 1 {
            match settings.rule {
                Rule::Order(_) => length(place, "reward", reward.len(), 1, "one number")?,
                _ => length(place, "reward", reward.len(), steps, "one number, or one for each step")?,
            }
        }
        match reward.iter().position(|r| r.is_nan() || r.abs() > LARGEST) {
            None => Ok(()),
            Some(at) => {
                fault(Some(at), reward[at].to_string(), "must be finite and of magnitude at most 1e9")
            }
        }
    }
}

/// # Errors
/// A spike of a neuron that there is not.
fn check_spikes(place: &str, field: &str, rows: &SpikeRows, neurons: usize) -> Result<()> {
    // Indices ascend within a step, so a whole step is fine where its last one is.
    let last = |step: usize| rows.step(step).0.last().is_some_and(|i| *i as usize >= neurons);
    if !(0..rows.steps()).any(last) {
        return Ok(());
    }
    let at = rows.index().iter().position(|i| *i as usize >= neurons);
    let index = at.map_or(0, |at| rows.index()[at]);
    let rule = format!("must be below {neurons}, the neurons on that side");
    Err(value_error(place, &format!("{field}.index"), at, index, rule))
}

/// What a sample changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Learned {
    /// Who won, the first first; empty where all that fire learn.
    pub winners: Vec<Place>,
    /// Features whose weights may have changed, ascending. What was outside the bounds changes everywhere.
    pub features: Vec<u32>,
}
