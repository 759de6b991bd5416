//! Bursts: groups of spikes found by their intervals.

use rheobase_base::Result;
use rheobase_base::check::{self, bad};

/// What makes a burst, by the max-interval rule.
///
/// The defaults are those of NeuroExplorer for cultured neurons, as compared in E. Cotterill, P. Charlesworth,
/// C. W. Thomas, O. Paulsen, S. J. Eglen, J Neurophysiol 116:306 (2016), doi:10.1152/jn.00093.2016.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurstRule {
    /// Longest interval with which a burst may begin, s.
    pub max_begin: f64,
    /// Longest interval within a burst, s.
    pub max_within: f64,
    /// Bursts closer than this (from the last spike to the next first) are one, s.
    pub min_between: f64,
    /// Shortest duration of a burst, s.
    pub min_duration: f64,
    /// Fewest spikes of a burst.
    pub min_spikes: usize,
}

impl Default for BurstRule {
    fn default() -> Self {
        Self { max_begin: 0.17, max_within: 0.3, min_between: 0.2, min_duration: 0.01, min_spikes: 3 }
    }
}

/// One burst.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burst {
    /// Index of its first spike.
    pub first: usize,
    /// Index of its last spike.
    pub last: usize,
    /// Time of its first spike, s.
    pub start: f64,
    /// Time of its last spike, s.
    pub end: f64,
}

impl Burst {
    /// Number of spikes.
    pub fn spikes(&self) -> usize {
        self.last - self.first + 1
    }

    /// From its first spike to its last, s.
    pub fn duration(&self) -> f64 {
        self.end - self.start
    }
}

/// The bursts of a train, in order.
///
/// A burst begins with an interval of at most `max_begin` and goes on while intervals are at most `max_within`. Bursts less
/// than `min_between` apart are then joined, and those too short or of too few spikes dropped. `times` are spike times
/// in s, strictly ascending; fewer than two spikes have no burst.
///
/// # Errors
/// Times not finite or not strictly ascending; a rule with a length that is negative or NaN, or with fewer than two spikes.
pub fn bursts(times: &[f64], rule: &BurstRule) -> Result<Vec<Burst>> {
    const PLACE: &str = "bursts";
    check::distinct(PLACE, "times", times)?;
    let lengths = [
        ("max_begin", rule.max_begin),
        ("max_within", rule.max_within),
        ("min_between", rule.min_between),
        ("min_duration", rule.min_duration),
    ];
    for (field, value) in lengths {
        if value.is_nan() || value < 0.0 {
            return Err(bad(PLACE, field, None, format!("{value} s"), "must be >= 0 s"));
        }
    }
    check::at_least(PLACE, "min_spikes", rule.min_spikes, 2)?;
    let mut found = join(cores(times, rule), times, rule.min_between);
    found.retain(|b| b.spikes() >= rule.min_spikes && b.duration() >= rule.min_duration);
    Ok(found)
}

/// Runs of intervals that begin and go on as the rule says.
fn cores(times: &[f64], rule: &BurstRule) -> Vec<Burst> {
    let isi = |i: usize| times[i + 1] - times[i];
    let mut found = Vec::new();
    let mut first = 0;
    while first + 1 < times.len() {
        let mut last = first;
        if isi(first) <= rule.max_begin {
            last = first + 1;
            while last + 1 < times.len() && isi(last) <= rule.max_within {
                last += 1;
            }
            found.push(Burst { first, last, start: times[first], end: times[last] });
        }
        first = last.max(first + 1);
    }
    found
}

fn join(cores: Vec<Burst>, times: &[f64], min_between: f64) -> Vec<Burst> {
    let mut joined: Vec<Burst> = Vec::new();
    for burst in cores {
        match joined.last_mut() {
            Some(before) if burst.start - before.end < min_between => {
                before.last = burst.last;
                before.end = times[burst.last];
            }
            _ => joined.push(burst),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_continues_joins_and_drops() {
        let times = [0.0, 0.1, 0.35, 1.0, 1.1, 2.0, 2.05, 2.1, 2.6, 2.65, 2.7, 5.0];
        let got = bursts(&times, &BurstRule::default()).unwrap();
        let ends: Vec<(usize, usize)> = got.iter().map(|b| (b.first, b.last)).collect();
        assert_eq!(ends, [(0, 2), (5, 7), (8, 10)]);
        assert_eq!((got[0].spikes(), got[0].start, got[0].end), (3, 0.0, 0.35));
        assert!((got[1].duration() - 0.1).abs() < 1e-12);
        let joined = bursts(&times, &BurstRule { min_between: 0.6, ..Default::default() }).unwrap();
        assert_eq!(joined.len(), 2);
        assert_eq!((joined[1].first, joined[1].last), (5, 10));
        let long = bursts(&times, &BurstRule { min_duration: 0.3, ..Default::default() }).unwrap();
        assert_eq!(long.len(), 1);
    }

    #[test]
    fn few_spikes_and_bad_input() {
        assert!(bursts(&[], &BurstRule::default()).unwrap().is_empty());
        assert!(bursts(&[1.0], &BurstRule::default()).unwrap().is_empty());
        assert!(bursts(&[1.0, 1.0], &BurstRule::default()).is_err());
        assert!(bursts(&[1.0, f64::NAN], &BurstRule::default()).is_err());
        assert!(bursts(&[], &BurstRule { max_begin: f64::NAN, ..Default::default() }).is_err());
        assert!(bursts(&[], &BurstRule { min_spikes: 1, ..Default::default() }).is_err());
    }
}
