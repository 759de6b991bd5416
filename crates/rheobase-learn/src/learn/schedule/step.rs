//! The learning rate falls at once, every so many epochs.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::{Progress, Schedule};
use crate::learn::check;
use crate::learn::power::power;
use rheobase_base::Result;

/// `factor^⌊epoch/every⌋`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// Epochs between two falls: ≥ 1, by default 10.
    pub every: u64,
    /// What remains after each: in (0, 1], by default 0.5.
    pub factor: f64,
}

impl Default for Step {
    fn default() -> Self {
        Step { every: 10, factor: 0.5 }
    }
}

impl Schedule for Step {
    fn check(&self) -> Result<()> {
        let range = Range { low_allowed: false, ..Range::between(0.0, 1.0) };
        check::within("schedule.step", "factor", self.factor, range)?;
        check::within("schedule.step", "every", self.every as f64, Range::at_least(1.0))
    }

    fn factor(&self, at: &Progress<'_>) -> f64 {
        power(self.factor, at.epoch / self.every.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_falls_after_whole_periods() {
        let schedule = Step { every: 3, factor: 0.1 };
        let at = |epoch| schedule.factor(&Progress { epoch, step: 0, steps_per_epoch: 1, history: &[] });
        assert_eq!([at(0), at(2), at(3), at(5)], [1.0, 1.0, 0.1, 0.1]);
        assert!((at(6) - 0.01).abs() < 1e-15);
        assert!(Step { every: 0, factor: 0.1 }.check().is_err());
        assert!(Step { every: 1, factor: 0.0 }.check().is_err());
    }
}
