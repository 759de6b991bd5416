//! `Plasticity`: everything that is said about how a connection learns, as plain data.

use serde::{Deserialize, Serialize};

use super::check::{finite, ordered};
use super::{Homeostasis, Normalize, Order, Pair, Reward, Triplet};
use crate::vision::check_k;
use rheobase_base::Result;

/// How a connection learns. In TOML: `rule = { order = { ltp = 0.004, ltd = -0.003 } }`, `bounds = [0.0, 1.0]`,
/// `winners = { k = 5, radius = 2 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plasticity {
    /// What a spike does to a weight.
    pub rule: Rule,
    /// Smallest and largest weight. Weights outside are brought to the nearer bound.
    #[serde(default = "unit")]
    pub bounds: [f32; 2],
    /// Which outputs learn; all that fire, if it is left out (the order rule needs winners).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winners: Option<Winners>,
    /// Reward decides about the changes, if it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<Reward>,
    /// Thresholds that follow how often a feature wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homeostasis: Option<Homeostasis>,
    /// The sum of each output's weights, restored after every sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalize: Option<Normalize>,
}

/// What a spike does to a weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// See [`Order`].
    Order(Order),
    /// See [`Pair`].
    Pair(Pair),
    /// See [`Triplet`].
    Triplet(Triplet),
}

/// Winners of a sample, found among first spikes: the earliest, then the largest potential, then the lowest index; one per
/// feature ([`crate::vision::k_winners_first`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Winners {
    /// Winners of a sample at most; at least 1.
    pub k: usize,
    /// Rows and columns around a winner in which no other may win; 0 for none.
    #[serde(default)]
    pub radius: usize,
}

fn unit() -> [f32; 2] {
    [0.0, 1.0]
}

impl Plasticity {
    /// The settings of a TOML text, which comes from `place`.
    ///
    /// # Errors
    /// Unknown keys with the nearest known one, values of a wrong type; ranges are checked where it is used.
    pub fn from_toml(text: &str, place: &str) -> Result<Plasticity> {
        crate::toml_text::read(text, place)
    }

    /// A rule with bounds 0 and 1 and nothing else.
    pub fn new(rule: Rule) -> Plasticity {
        Plasticity { rule, bounds: unit(), winners: None, reward: None, homeostasis: None, normalize: None }
    }

    /// Refuses settings out of range, and settings that do not go together, for a connection with `features` features.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with `place`, setting and rule.
    pub fn check(&self, place: &str, features: usize) -> Result<()> {
        finite(place, "bounds", &self.bounds)?;
        ordered(place, self.bounds)?;
        if let Some(winners) = self.winners {
            check_k(place, winners.k)?;
        }
        match &self.rule {
            Rule::Order(order) => order.check(place, features)?,
            Rule::Pair(pair) => pair.check(place)?,
            Rule::Triplet(triplet) => triplet.check(place)?,
        }
        if let Some(reward) = &self.reward {
            reward.check(place, &self.rule, features)?;
        }
        if let Some(homeostasis) = &self.homeostasis {
            homeostasis.check(place)?;
        }
        self.normalize.map_or(Ok(()), |normalize| normalize.check(place, self.bounds))
    }
}
