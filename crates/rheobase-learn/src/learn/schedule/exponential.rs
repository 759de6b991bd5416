//! The learning rate falls by the same factor after every epoch.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::{Progress, Schedule};
use crate::learn::check;
use crate::learn::power::power;
use rheobase_base::Result;

/// `factor^epoch`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Exponential {
    /// What remains after an epoch: in (0, 1], by default 0.95.
    pub factor: f64,
}

impl Default for Exponential {
    fn default() -> Self {
        Exponential { factor: 0.95 }
    }
}

impl Schedule for Exponential {
    fn check(&self) -> Result<()> {
        let range = Range { low_allowed: false, ..Range::between(0.0, 1.0) };
        check::within("schedule.exponential", "factor", self.factor, range)
    }

    fn factor(&self, at: &Progress<'_>) -> f64 {
        power(self.factor, at.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_falls_every_epoch() {
        let schedule = Exponential { factor: 0.5 };
        let at = |epoch| schedule.factor(&Progress { epoch, step: 7, steps_per_epoch: 2, history: &[] });
        assert_eq!([at(0), at(1), at(3)], [1.0, 0.5, 0.125]);
        assert!(Exponential { factor: 1.5 }.check().is_err());
        assert!(Exponential { factor: f64::NAN }.check().is_err());
    }
}
