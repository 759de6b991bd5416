//! Auto- and cross-correlograms: how often a spike of one train follows a spike of another by each lag.

use super::confidence::{Interval, check_level, poisson_range};
use rheobase_base::check::{self, bad};
use rheobase_base::{Cancel, Result};
use rheobase_signals::{EDGE, rounding};

/// Counts of pairs by lag, with what unrelated trains would give.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlogram {
    /// Centre of each bin, s: the multiples of the width from -max_lag to max_lag. Positive: the second train is later.
    pub lags: Vec<f64>,
    /// Pairs of spikes per bin. A bin has the edge that is nearer to lag 0, but not the farther one (the bin at 0 has
    /// neither), so that lags of either sign are counted alike.
    pub counts: Vec<u64>,
    /// Counts expected of independent trains of constant rate, fewer at long lags because fewer pairs fit the window.
    pub expected: Vec<f64>,
    /// Range of such a count with the probability asked for, if trains are Poisson.
    pub range: Vec<Interval>,
}

/// The cross-correlogram of two trains: lags of `b`'s spikes after `a`'s.
///
/// `a` and `b` are spike times in s, ascending, equal times allowed (each counts), inside `window` (start, end; s; ends
/// included), which sets what is expected. `bin` is the width of a bin in s; lags go up to `max_lag`, a whole number of bins, so that there are
/// 2 `max_lag`/`bin` + 1 bins. Exchanging the trains mirrors the counts, whatever the bin. Where spikes lie on steps, a
/// bin of an odd number of steps holds as many lags as any other; of an even number, the bin at 0 holds one less. Time is proportional to the number of pairs counted. Empty trains give zeros.
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
    let counts = count_lags(a, b, bin, reach)?;
    Ok(with_expectation(counts, (a.len() * b.len()) as f64, window, bin, reach, level))
}

/// The autocorrelogram of a train: its cross-correlogram with itself without the pairing of each spike with itself.
///
/// Symmetric. Arguments and result as for [`cross_correlogram`].
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
    let mut counts = count_lags(times, times, bin, reach)?;
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
        check::inside(place, field, times, window, rounding)?;
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
fn count_lags(a: &[f64], b: &[f64], bin: f64, reach: usize) -> Result<Vec<u64>> {
    let mut counts = vec![0; 2 * reach + 1];
    // How many bins a lag is away from 0: the same for both signs. The tolerance keeps lags on an edge together, whatever
    // their last bit.
    let away = |x: f64, y: f64| ((y - x).abs() / bin + 0.5 + EDGE) as usize;
    let mut begin = 0;
    let cancel = Cancel::current();
    for x in a {
        cancel.check()?;
        while begin < b.len() && b[begin] < *x && away(*x, b[begin]) > reach {
            begin += 1;
        }
        for y in &b[begin..] {
            let bins = away(*x, *y);
            if bins > reach {
                break;
            }
            counts[if y < x { reach - bins } else { reach + bins }] += 1;
        }
    }
    Ok(counts)
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
    use proptest::prelude::*;

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
    fn lags_on_edges_are_counted_alike_on_both_sides() {
        let times = [0.010, 0.011, 0.030, 0.031, 0.050, 0.051];
        let c = auto_correlogram(&times, (0.0, 0.1), 0.002, 0.004, 0.95).unwrap();
        assert_eq!(c.counts, [0, 3, 0, 3, 0]);
    }

    proptest! {
        #[test]
        fn on_any_grid_a_train_is_symmetric_and_a_pair_is_mirrored(
            a in prop::collection::vec(0_u32..300, 0..40),
            b in prop::collection::vec(0_u32..300, 0..40),
            dt in prop::sample::select(vec![1e-4, 1e-3, 0.02, 0.1, 1.0, 0.00037]),
            per_bin in 1_u32..7,
            halves in any::<bool>(),
            bins in 0_u32..9,
        ) {
            // Times as multiples and as sums, which differ in their last bits.
            let train = |steps: &[u32], summed: bool| {
                let mut clock = vec![0.0_f64];
                (1..300).for_each(|i| clock.push(clock[i - 1] + dt));
                let at = |i: &u32| if summed { clock[*i as usize] } else { f64::from(*i) * dt };
                let mut times: Vec<f64> = steps.iter().map(at).collect();
                times.sort_by(f64::total_cmp);
                times
            };
            let (x, y) = (train(&a, false), train(&b, true));
            let bin = dt * f64::from(per_bin) * if halves { 0.5 } else { 1.0 };
            let window = (0.0, 301.0 * dt);
            let lag = bin * f64::from(bins);
            let of = |c: Correlogram| c.counts;
            let auto = of(auto_correlogram(&x, window, bin, lag, 0.95).unwrap());
            let back: Vec<u64> = auto.iter().rev().copied().collect();
            prop_assert_eq!(&auto, &back);
            let forth = of(cross_correlogram(&x, &y, window, bin, lag, 0.95).unwrap());
            let mut back = of(cross_correlogram(&y, &x, window, bin, lag, 0.95).unwrap());
            back.reverse();
            prop_assert_eq!(&forth, &back);
            // In whole numbers of half bins, where nothing is rounded.
            let whole = i64::from(per_bin) * if halves { 1 } else { 2 };
            let mut want = vec![0_u64; forth.len()];
            for i in &a {
                for j in &b {
                    let steps = i64::from(*j) - i64::from(*i);
                    // |lag| / bin + 1/2, with lag = steps dt and bin = whole dt / 2.
                    let away = (4 * steps.abs() + whole) / (2 * whole);
                    if away <= i64::from(bins) {
                        want[(i64::from(bins) + steps.signum() * away) as usize] += 1;
                    }
                }
            }
            prop_assert_eq!(forth, want);
        }
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
