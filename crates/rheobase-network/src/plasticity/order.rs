//! The order rule: what fired before a winner gains, all else loses.

use serde::{Deserialize, Serialize};

use super::Connection;
use crate::vision::windows::value_error;
use rheobase_base::Result;

/// SpykeTorch's STDP. Only the order of first spikes counts: a weight of a winner changes by `ltp` where its input arrives
/// first no later than the winner fires first, else by `ltd`; with the stabiliser times (w − lower)·(upper − w). An input
/// that never fires is later than every spike, and a winner that never fires than every input. Of several winners of a
/// feature the last one named counts. Then all weights of the connection are brought within the bounds.
///
/// Kheradpisheh et al. 2018, doi:10.1016/j.neunet.2017.12.005; Mozafari et al. 2019, doi:10.3389/fnins.2019.00625.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Potentiation: at least 0 (at most 0 for a rule that unlearns).
    pub ltp: Rate,
    /// Depression: of the other sign.
    pub ltd: Rate,
    /// Whether changes shrink towards the bounds.
    #[serde(default = "yes")]
    pub stabilizer: bool,
    /// Rates that grow with the samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anneal: Option<Anneal>,
}

/// A learning rate: one for all features, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number, or a list of one for each feature")]
pub enum Rate {
    /// For all.
    Same(f32),
    /// For each.
    Each(Vec<f32>),
}

/// After every `every` samples `ltp` is multiplied by `factor`, up to `limit`; `ltd` follows in the ratio that it has to `ltp`
/// at the start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anneal {
    /// Samples; at least 1.
    pub every: u64,
    /// Above 0.
    pub factor: f32,
    /// The largest magnitude of `ltp`.
    pub limit: f32,
}

fn yes() -> bool {
    true
}

/// The largest magnitude of rates, rewards and bounds: their products stay within single precision.
pub(super) const LARGEST: f32 = 1e9;

impl Rate {
    /// The rate of a feature.
    pub(super) fn of(&self, feature: usize) -> f32 {
        match self {
            Rate::Same(rate) => *rate,
            Rate::Each(rates) => rates[feature],
        }
    }
}

impl Order {
    pub(super) fn check(&self, place: &str, features: usize) -> Result<()> {
        check_rates(place, "", &self.ltp, &self.ltd, features)?;
        let Some(anneal) = self.anneal else { return Ok(()) };
        let fault =
            |field: &str, value: String, rule: &str| Err(value_error(place, field, None, value, rule));
        if anneal.every == 0 {
            return fault("anneal.every", "0".into(), "must be at least 1, a number of samples");
        }
        if !(anneal.factor > 0.0 && anneal.factor <= LARGEST) {
            return fault("anneal.factor", anneal.factor.to_string(), "must be above 0 and at most 1e9");
        }
        if !(anneal.limit > 0.0 && anneal.limit <= LARGEST) {
            return fault("anneal.limit", anneal.limit.to_string(), "must be above 0 and at most 1e9");
        }
        match (0..features).find(|f| self.ltp.of(*f) == 0.0) {
            Some(f) => {
                let rule = "is 0 and stays so, however often it is multiplied: leave `anneal` out, or let it start above 0";
                Err(value_error(place, "ltp", Some(f), 0, rule))
            }
            None => Ok(()),
        }
    }

    /// `ltp` and `ltd` of each feature before the first sample.
    pub(super) fn rates(&self, features: usize) -> Vec<[f32; 2]> {
        (0..features).map(|f| [self.ltp.of(f), self.ltd.of(f)]).collect()
    }

    /// Rates after `samples` samples, when there are to be others.
    pub(super) fn anneal(&self, samples: u64, rates: &mut [[f32; 2]]) {
        let Some(anneal) = self.anneal.filter(|a| samples.is_multiple_of(a.every)) else { return };
        for (feature, [ltp, ltd]) in rates.iter_mut().enumerate() {
            let ratio = self.ltd.of(feature) / self.ltp.of(feature);
            *ltp = (*ltp * anneal.factor).clamp(-anneal.limit, anneal.limit);
            *ltd = *ltp * ratio;
        }
    }

    /// The change of a winner's weights: `early` says which inputs came no later than it.
    pub(super) fn update(
        &self,
        [lower, upper]: [f32; 2],
        [ltp, ltd]: [f32; 2],
        connection: &Connection,
        output: usize,
        weights: &mut [f32],
        early: impl Fn(Option<usize>) -> bool,
    ) {
        connection.inputs_of(output, |weight, input| {
            let rate = if early(input) { ltp } else { ltd };
            let w = &mut weights[weight];
            let soft = if self.stabilizer { (*w - lower) * (upper - *w) } else { 1.0 };
            *w += rate * soft;
        });
    }
}

/// # Errors
/// Rates that are not finite or too large, of the same sign, or as many as there are not features.
pub(super) fn check_rates(place: &str, field: &str, ltp: &Rate, ltd: &Rate, features: usize) -> Result<()> {
    let name = |rate: &str| if field.is_empty() { rate.into() } else { format!("{field}.{rate}") };
    for (rate, what) in [(ltp, "ltp"), (ltd, "ltd")] {
        if let Rate::Each(rates) = rate {
            super::check::length(place, &name(what), rates.len(), features, "one rate for each feature")?;
        }
        for f in 0..features {
            let value = rate.of(f);
            if value.is_nan() || value.abs() > LARGEST {
                let rule = "must be finite and of magnitude at most 1e9";
                return Err(value_error(place, &name(what), Some(f), value, rule));
            }
        }
    }
    match (0..features).find(|f| ltp.of(*f) * ltd.of(*f) > 0.0) {
        None => Ok(()),
        Some(f) => {
            let rule =
                format!("must have the other sign than ltp, which is {}: depression is negative", ltp.of(f));
            Err(value_error(place, &name("ltd"), Some(f), ltd.of(f), rule))
        }
    }
}
