//! Auto- and cross-correlograms: how often a spike of one train follows a spike of another by each lag.

use super::check::{self, bad};
use super::confidence::{Interval, check_level, poisson_range};
use crate::Result;

/// Counts of pairs by lag, with what unrelated trains would give.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlogram {
    /// Centre of each bin, s: the multiples of the width from -max_lag to max_lag. Positive: the second train is later.
    pub lags: Vec<f64>,
    /// Pairs of spikes per bin. A bin has its lower edge but not its upper.
    pub counts: Vec<u64>,
    /// Counts expected of independent trains of constant rate, fewer at long lags because fewer pairs fit the window.
    pub expected: Vec<f64>,
    /// Range of such a count with the probability asked for, if trains are Poisson.
    pub range: Vec<Interval>,
}

/// The cross-correlogram of two trains: lags of `b`'s spikes after `a`'s.
///
/// `a` and `b` are spike times in s, ascending, equal times allowed, inside `window` (start, end; s), which sets what is
/// expected. `bin` is the width of a bin in s; lags go up to `max_lag`, a whole number of bins, so that there are
/// 2 `max_lag`/`bin` + 1 bins. Time is proportional to the number of pairs counted. Empty trains give zeros.
///
/// D. H. Perkel, G. L. Gerstein, G. P. Moore, Biophys J 7:419 (1967), doi:10.1016/S0006-3495(67)86597-4.
///
/// # Errors
/// Times not finite, not ascending or outside the window; `bin` not > 0 or longer than the window; `max_lag` negative, longer than the window, or
/// no whole number of bins; more than 1e7 bins; `level` not between 0 and 1.
pub fn cross_correlogram(
    a: &[f64],
    b: &[f64],
    window: (f64, f64),
    bin: f64,
    max_lag: f64,
    level: f64,
) -> Result<Correlogram> {
    const PLACE: &str = "cross_correlogram";
    let reach = check_all(PLACE, &[("a", a), ("b", b)], window, bin, max_lag, level)?;
    let counts = count_lags(a, b, bin, reach);
    Ok(with_expectation(counts, (a.len() * b.len()) as f64, window, bin, reach, level))
}

/// The autocorrelogram of a train: its cross-correlogram with itself without the pairing of each spike with itself.
///
/// Symmetric but for lags on the edges of bins. Arguments and result as for [`cross_correlogram`].
///
/// # Errors
/// As [`cross_correlogram`].
pub fn auto_correlogram(
    times: &[f64],
    window: (f64, f64),
    bin: f64,
    max_lag: f64,
    level: f64,
) -> Result<Correlogram> {
    const PLACE: &str = "auto_correlogram";
    let reach = check_all(PLACE, &[("times", times)], window, bin, max_lag, level)?;
    let mut counts = count_lags(times, times, bin, reach);
    counts[reach] -= times.len() as u64;
    let pairs = times.len() as f64 * times.len().saturating_sub(1) as f64;
    Ok(with_expectation(counts, pairs, window, bin, reach, level))
}

/// Checks everything; the number of bins on either side of lag 0.
fn check_all(
    place: &str,
    trains: &[(&str, &[f64])],
    window: (f64, f64),
    bin: f64,
    max_lag: f64,
    level: f64,
) -> Result<usize> {
    check::window(place, window)?;
    check::positive(place, "bin", bin, " s")?;
    if bin > window.1 - window.0 {
        return Err(bad(place, "bin", None, format!("{bin} s"), "must not be longer than the window"));
    }
    check_level(place, level)?;
    for (field, times) in trains {
        check::sorted(place, field, times)?;
        check::inside(place, field, times, window)?;
    }
    let reach = max_lag / bin;
    let rule = if !(0.0..=window.1 - window.0).contains(&max_lag) {
        "must be between 0 s and the length of the window"
    } else if (reach - reach.round()).abs() > 1e-6 {
        "must be a whole number of bins"
    } else if reach > 5e6 {
        "gives more than 1e7 bins; take wider ones"
    } else {
        return Ok(reach.round() as usize);
    };
    Err(bad(place, "max_lag", None, format!("{max_lag} s"), rule))
}

/// Pairs per bin of lag.
fn count_lags(a: &[f64], b: &[f64], bin: f64, reach: usize) -> Vec<u64> {
    let mut counts = vec![0; 2 * reach + 1];
    // The bin of a lag, from 0; the tolerance keeps lags on an edge together, whatever their last bit.
    let place = |x: f64, y: f64| (y - x) / bin + reach as f64 + 0.5 + 1e-8;
    let mut begin = 0;
    for x in a {
        while begin < b.len() && place(*x, b[begin]) < 0.0 {
            begin += 1;
        }
        for y in &b[begin..] {
            match counts.get_mut(place(*x, *y) as usize) {
                Some(count) => *count += 1,
                None => break,
            }
        }
    }
    counts
}

fn with_expectation(
    counts: Vec<u64>,
    pairs: f64,
    window: (f64, f64),
    bin: f64,
    reach: usize,
    level: f64,
) -> Correlogram {
    let length = window.1 - window.0;
    let lags: Vec<f64> = (0..counts.len()).map(|i| (i as f64 - reach as f64) * bin).collect();
    let expected: Vec<f64> =
        lags.iter().map(|lag| pairs * bin / length * (1.0 - lag.abs() / length).max(0.0)).collect();
    let range = expected.iter().map(|mean| poisson_range(*mean, level)).collect();
    Correlogram { lags, counts, expected, range }
}

#[cfg(test)]
mod tests {
    use super::*;

    const W: (f64, f64) = (0.0, 10.0);

    #[test]
    fn lags_are_signed_and_binned_about_multiples_of_the_width() {
        let c = cross_correlogram(&[1.0, 5.0], &[1.2, 4.9, 9.0], W, 0.1, 0.3, 0.95).unwrap();
        assert_eq!(c.counts, [0, 0, 1, 0, 0, 1, 0]);
        assert_eq!((c.lags[0], c.lags[3]), (-0.300_000_000_000_000_04, 0.0));
        assert!((c.expected[3] - 6.0 * 0.1 / 10.0).abs() < 1e-15);
    }

    #[test]
    fn an_autocorrelogram_leaves_out_the_spike_itself() {
        let times: Vec<f64> = (0..=10).map(f64::from).collect();
        let c = auto_correlogram(&times, W, 0.5, 2.0, 0.95).unwrap();
        assert_eq!(c.counts, [9, 0, 10, 0, 0, 0, 10, 0, 9]);
        assert_eq!(auto_correlogram(&[2.0, 2.0], W, 0.5, 0.5, 0.95).unwrap().counts, [0, 2, 0]);
        assert_eq!(auto_correlogram(&[], W, 0.5, 0.5, 0.95).unwrap().counts, [0, 0, 0]);
    }

    #[test]
    fn all_lags_together_are_all_pairs() {
        let a: Vec<f64> = (0..50).map(|i| 0.2 * f64::from(i)).collect();
        let b: Vec<f64> = (0..40).map(|i| 0.25 * f64::from(i)).collect();
        let c = cross_correlogram(&a, &b, W, 0.5, 10.0, 0.95).unwrap();
        assert_eq!(c.counts.iter().sum::<u64>(), 2000);
        assert!((c.expected.iter().sum::<f64>() - 2000.0).abs() < 2.0);
    }

    #[test]
    fn bad_input_is_refused() {
        let go = |a: &[f64], bin, max_lag| cross_correlogram(a, &[], W, bin, max_lag, 0.95);
        assert!(go(&[2.0, 1.0], 0.1, 0.3).is_err());
        assert!(go(&[f64::NAN], 0.1, 0.3).is_err());
        assert!(go(&[11.0], 0.1, 0.3).is_err());
        assert!(go(&[], 0.0, 0.3).is_err());
        assert!(go(&[], 0.1, 0.35).is_err());
        assert!(go(&[], 0.1, 20.0).is_err());
        assert!(go(&[], 0.1, f64::NAN).is_err());
        assert!(go(&[], 1e-9, 1.0).is_err());
        assert!(go(&[], 1e300, 0.0).is_err());
    }
}
