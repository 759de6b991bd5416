//! Early stopping: when a run has stopped getting better, and which of its epochs was the best.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::check;
use rheobase_base::Result;

/// Stop after `patience` epochs in a row that were not better than the best by more than `minimum_delta`.
///
/// A pure function of the history. Whoever trains keeps a copy of the weights whenever [`Verdict::improved`] (in the
/// checkpoint too) and puts it back at the end if `restore_best`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EarlyStopping {
    /// Epochs without improvement after which to stop: ≥ 1, by default 10.
    pub patience: u64,
    /// How much lower than the best counts as better: ≥ 0, by default 0.
    pub minimum_delta: f64,
    /// Whether the weights of the best epoch are put back at the end; by default they are.
    pub restore_best: bool,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        EarlyStopping { patience: 10, minimum_delta: 0.0, restore_best: true }
    }
}

/// What a history says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The best epoch so far, counted from 0; none before the first that is a number.
    pub best: Option<usize>,
    /// Whether the best epoch is the last one.
    pub improved: bool,
    /// Whether to stop now.
    pub stop: bool,
}

impl EarlyStopping {
    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with the setting and its rule.
    pub fn check(&self) -> Result<()> {
        check::within("early_stopping", "patience", self.patience as f64, Range::at_least(1.0))?;
        check::within("early_stopping", "minimum_delta", self.minimum_delta, Range::at_least(0.0))
    }

    /// Judges a history of one number per complete epoch, the lower the better. NaN is not an improvement.
    pub fn judge(&self, history: &[f64]) -> Verdict {
        let mut best: Option<usize> = None;
        let mut waited = 0;
        for (epoch, value) in history.iter().enumerate() {
            let better = match best {
                None => !value.is_nan(),
                Some(b) => *value < history[b] - self.minimum_delta,
            };
            if better {
                best = Some(epoch);
                waited = 0;
            } else {
                waited += 1;
            }
            // What comes after the stop does not count: a resumed run must not go on.
            if waited >= self.patience.max(1) {
                return Verdict { best, improved: false, stop: true };
            }
        }
        let improved = best.is_some_and(|b| b + 1 == history.len());
        Verdict { best, improved, stop: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_stops_and_remembers_the_best() {
        let rule = EarlyStopping { patience: 2, minimum_delta: 0.1, restore_best: true };
        let judge = |history: &[f64]| {
            let Verdict { best, improved, stop } = rule.judge(history);
            (best, improved, stop)
        };
        assert_eq!(judge(&[]), (None, false, false));
        assert_eq!(judge(&[1.0]), (Some(0), true, false));
        assert_eq!(judge(&[1.0, 0.95]), (Some(0), false, false));
        assert_eq!(judge(&[1.0, 0.95, 0.5]), (Some(2), true, false));
        assert_eq!(judge(&[1.0, 0.95, 0.92]), (Some(0), false, true));
        assert_eq!(judge(&[1.0, 0.95, 0.92, 0.1]), (Some(0), false, true));
    }

    #[test]
    fn nan_never_is_the_best() {
        let rule = EarlyStopping { patience: 3, ..EarlyStopping::default() };
        assert_eq!(rule.judge(&[f64::NAN, 2.0]), Verdict { best: Some(1), improved: true, stop: false });
        assert!(rule.judge(&[f64::NAN; 3]).stop);
        assert_eq!(rule.judge(&[f64::NAN; 3]).best, None);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        assert!(EarlyStopping { patience: 0, ..EarlyStopping::default() }.check().is_err());
        assert!(EarlyStopping { minimum_delta: f64::NAN, ..EarlyStopping::default() }.check().is_err());
        assert!(serde_json::from_str::<EarlyStopping>(r#"{"patienc": 3}"#).is_err());
    }
}
