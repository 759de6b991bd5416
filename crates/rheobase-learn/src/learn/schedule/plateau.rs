//! The learning rate falls when the history has stopped getting better.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::{Progress, Schedule};
use crate::learn::check;
use rheobase_base::Result;

/// Times `factor`, but not below `floor`, whenever more than `patience` epochs in a row were not better than the best
/// by more than `minimum_delta`. For `cooldown` epochs after a fall bad ones are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plateau {
    /// Bad epochs in a row that are tolerated, by default 5.
    pub patience: u64,
    /// What remains after a fall: in (0, 1), by default 0.5.
    pub factor: f64,
    /// How much lower than the best counts as better: ≥ 0, by default 10⁻⁴.
    pub minimum_delta: f64,
    /// Epochs after a fall in which bad ones are not counted, by default 0.
    pub cooldown: u64,
    /// The factor does not fall below: in [0, 1], by default 0.
    pub floor: f64,
}

impl Default for Plateau {
    fn default() -> Self {
        Plateau { patience: 5, factor: 0.5, minimum_delta: 1e-4, cooldown: 0, floor: 0.0 }
    }
}

impl Schedule for Plateau {
    fn check(&self) -> Result<()> {
        let place = "schedule.plateau";
        let inside = Range { low_allowed: false, high_allowed: false, ..Range::between(0.0, 1.0) };
        check::within(place, "factor", self.factor, inside)?;
        check::within(place, "minimum_delta", self.minimum_delta, Range::at_least(0.0))?;
        check::within(place, "floor", self.floor, Range::between(0.0, 1.0))
    }

    fn factor(&self, at: &Progress<'_>) -> f64 {
        let (mut factor, mut best) = (1.0, f64::INFINITY);
        let (mut bad, mut cooling) = (0, 0);
        for value in at.history {
            if *value < best - self.minimum_delta {
                best = *value;
                bad = 0;
            } else {
                bad += 1;
            }
            if cooling > 0 {
                cooling -= 1;
                bad = 0;
            }
            if bad > self.patience {
                factor = f64::max(factor * self.factor, self.floor);
                cooling = self.cooldown;
                bad = 0;
            }
        }
        factor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(schedule: Plateau, history: &[f64]) -> f64 {
        schedule.factor(&Progress { epoch: history.len() as u64, step: 0, steps_per_epoch: 1, history })
    }

    #[test]
    fn it_falls_after_patience_and_waits_while_cooling() {
        let schedule = Plateau { patience: 1, minimum_delta: 0.1, ..Plateau::default() };
        assert_eq!(factor(schedule, &[]), 1.0);
        assert_eq!(factor(schedule, &[1.0, 0.95]), 1.0);
        assert_eq!(factor(schedule, &[1.0, 0.95, 0.92]), 0.5);
        assert_eq!(factor(schedule, &[1.0, 0.95, 0.5, 0.5]), 1.0);
        assert_eq!(factor(schedule, &[1.0; 7]), 0.125);
        assert_eq!(factor(Plateau { cooldown: 2, ..schedule }, &[1.0; 7]), 0.25);
        assert_eq!(factor(Plateau { floor: 0.4, ..schedule }, &[1.0; 7]), 0.4);
    }

    #[test]
    fn nan_is_no_improvement() {
        let schedule = Plateau { patience: 0, ..Plateau::default() };
        assert_eq!(factor(schedule, &[1.0, f64::NAN, 0.5]), 0.5);
        assert_eq!(factor(schedule, &[f64::NAN, 1.0]), 0.5);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        assert!(Plateau { factor: 1.0, ..Plateau::default() }.check().is_err());
        assert!(Plateau { minimum_delta: f64::NAN, ..Plateau::default() }.check().is_err());
        assert!(Plateau { floor: 2.0, ..Plateau::default() }.check().is_err());
    }
}
