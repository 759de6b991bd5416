//! Intervals that no single neuron can have: what tells that spikes of several were taken for one's.

use rheobase_base::Result;
use rheobase_base::check::{self, bad};

/// How many intervals of a train are too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Violations {
    /// Intervals above 0 and below the refractory period.
    pub violations: usize,
    /// Spikes at the time of the one before.
    pub duplicates: usize,
    /// All intervals: one less than spikes.
    pub intervals: usize,
}

impl Violations {
    /// Share of the intervals that are violations; none without an interval.
    pub fn share(&self) -> Option<f64> {
        (self.intervals > 0).then(|| self.violations as f64 / self.intervals as f64)
    }
}

/// Counts the intervals of a train that are shorter than `refractory`, and spikes at one time, which are counted apart.
///
/// # Errors
/// Times (s) not finite or not sorted; a refractory period (s) not finite or not above 0.
pub fn violations(times: &[f64], refractory: f64) -> Result<Violations> {
    const PLACE: &str = "violations";
    check::sorted(PLACE, "times", times)?;
    if !(refractory > 0.0 && refractory.is_finite()) {
        return Err(bad(PLACE, "refractory", None, refractory, "must be finite and above 0"));
    }
    let count = |fits: &dyn Fn(f64) -> bool| times.windows(2).filter(|w| fits(w[1] - w[0])).count();
    Ok(Violations {
        violations: count(&|d| d > 0.0 && d < refractory),
        duplicates: count(&|d| d == 0.0),
        intervals: times.len().saturating_sub(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_intervals_and_equal_times_are_counted_apart() {
        let found = violations(&[0.0, 0.001, 0.001, 0.004, 0.010], 0.002).unwrap();
        assert_eq!(found, Violations { violations: 1, duplicates: 1, intervals: 4 });
        assert_eq!(found.share(), Some(0.25));
        // An interval of the refractory period itself is none.
        assert_eq!(violations(&[0.0, 0.002], 0.002).unwrap().violations, 0);
        assert_eq!(violations(&[], 0.002).unwrap().share(), None);
    }

    #[test]
    fn faults_are_named() {
        for (times, refractory) in
            [(&[0.0, f64::NAN][..], 0.002), (&[1.0, 0.0], 0.002), (&[0.0], 0.0), (&[0.0], f64::INFINITY)]
        {
            assert!(violations(times, refractory).is_err(), "{times:?} {refractory}");
        }
    }
}
