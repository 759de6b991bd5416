//! Reward: what decides whether a change is made.

use serde::{Deserialize, Serialize};

use super::check::time_constant;
use super::{Rate, Rule};
use crate::vision::windows::value_error;
use rheobase_base::Result;

/// Changes wait for a reward r.
///
/// *Order rule* (Mozafari et al. 2018, doi:10.1109/TNNLS.2018.2826721): with r > 0 the changes are made r times; with r < 0 they
/// are made |r| times with the rates of `punish`; with r = 0 there are none.
///
/// *Pair and triplet rule* (Izhikevich 2007, doi:10.1093/cercor/bhl152): changes are gathered in an eligibility c per weight,
/// which decays with `tau`; where a reward comes, w grows by r·c. A negative reward turns signs around.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reward {
    /// Time constant of the eligibility in seconds, of pair and triplet rules; nothing decays if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau: Option<f64>,
    /// Rates of the order rule after a negative reward: `ltp`, then `ltd`; the rates of the rule with their signs turned
    /// around, if they are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub punish: Option<[Rate; 2]>,
    /// Where a stage is rewarded for the class of its first winner: samples over which the share of right ones is averaged, with
    /// exponential weights. A reward is then worth the share of wrong ones and a punishment that of right ones, so that what
    /// is known already changes little (Mozafari et al. 2018); 1 each if it is left out. At least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<f64>,
}

impl Reward {
    pub(super) fn check(&self, place: &str, rule: &Rule, features: usize) -> Result<()> {
        let order = matches!(rule, Rule::Order(_));
        if let Some(samples) = self.balance.filter(|samples| !(*samples >= 1.0 && samples.is_finite())) {
            let rule = "must be a finite number of samples, at least 1; leave it out for rewards of 1";
            return Err(value_error(place, "reward.balance", None, samples, rule));
        }
        match (&self.tau, &self.punish) {
            (Some(tau), _) if order => {
                let rule = "is for pair and triplet rules; the order rule has no eligibility, leave it out";
                Err(value_error(place, "reward.tau", None, tau, rule))
            }
            (_, Some(_)) if !order => {
                let rule =
                    "is for the order rule; a negative reward turns the eligibility around, leave it out";
                Err(value_error(place, "reward.punish", None, "[ltp, ltd]", rule))
            }
            (Some(tau), _) => time_constant(place, "reward.tau", *tau),
            (None, Some([ltp, ltd])) => super::order::check_rates(place, "reward.punish", ltp, ltd, features),
            (None, None) => Ok(()),
        }
    }
}
