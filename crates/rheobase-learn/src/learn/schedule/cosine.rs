//! The learning rate rises in a line, then falls along half a cosine.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::{Progress, Schedule};
use crate::learn::check;
use rheobase_base::Result;
use rheobase_base::random::cos_turn;

/// Update by update: from `1/W` to 1 over the W updates of `warm_up`, then `floor + (1 − floor)·(1 + cos πx)/2`, x from
/// 0 after the warm-up to 1 at the end of `epochs`, and `floor` from there on.
///
/// Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts; warm-up: Goyal et al. 2017, arXiv:1706.02677.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosine {
    /// Length of the whole schedule in epochs: > `warm_up`. Has no default: it is the length of the run.
    pub epochs: f64,
    /// Length of the rise in epochs: ≥ 0, by default 0.
    #[serde(default)]
    pub warm_up: f64,
    /// What remains at the end: in [0, 1], by default 0.
    #[serde(default)]
    pub floor: f64,
}

impl Schedule for Cosine {
    fn check(&self) -> Result<()> {
        check::within("schedule.cosine", "warm_up", self.warm_up, Range::between(0.0, 1e9))?;
        check::within("schedule.cosine", "floor", self.floor, Range::between(0.0, 1.0))?;
        let longer = Range { low_allowed: false, ..Range::between(self.warm_up, 1e9) };
        check::within("schedule.cosine", "epochs", self.epochs, longer)
    }

    fn factor(&self, at: &Progress<'_>) -> f64 {
        let per_epoch = at.steps_per_epoch.max(1) as f64;
        let (rise, end) = (self.warm_up * per_epoch, self.epochs * per_epoch);
        let next = at.step as f64 + 1.0;
        if next < rise {
            return next / rise;
        }
        let x = ((at.step as f64 - rise) / (end - rise)).clamp(0.0, 1.0);
        self.floor + (1.0 - self.floor) * 0.5 * (1.0 + cos_turn(0.5 * x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_falls_and_stays_at_its_floor() {
        let schedule = Cosine { epochs: 12.0, warm_up: 2.0, floor: 0.1 };
        let at = |step| schedule.factor(&Progress { epoch: 0, step, steps_per_epoch: 5, history: &[] });
        assert_eq!(at(0), 0.1);
        assert_eq!(at(4), 0.5);
        assert_eq!([at(9), at(10)], [1.0, 1.0]);
        assert!((at(35) - 0.55).abs() < 1e-8, "{}", at(35));
        for step in 10..70 {
            assert!(at(step + 1) <= at(step) && at(step) >= 0.1);
        }
        assert!((at(60) - 0.1).abs() < 1e-8 && (at(1_000_000) - 0.1).abs() < 1e-8);
    }

    #[test]
    fn against_the_real_cosine() {
        let schedule = Cosine { epochs: 7.0, warm_up: 0.0, floor: 0.0 };
        for step in 0..=700 {
            let factor = schedule.factor(&Progress { epoch: 0, step, steps_per_epoch: 100, history: &[] });
            let exact = 0.5 * (1.0 + (std::f64::consts::PI * step as f64 / 700.0).cos());
            assert!(
                (factor - exact).abs() < 1e-8 && (0.0..=1.0).contains(&factor),
                "{step}: {factor} {exact}"
            );
        }
    }

    #[test]
    fn a_rise_as_long_as_the_run_is_refused() {
        assert!(Cosine { epochs: 2.0, warm_up: 2.0, floor: 0.0 }.check().is_err());
        assert!(Cosine { epochs: 2.0, warm_up: f64::NAN, floor: 0.0 }.check().is_err());
        assert!(Cosine { epochs: 2.0, warm_up: 1.0, floor: 0.0 }.check().is_ok());
    }
}
