//! Counting spikes in bins of equal width.

use super::check::{self, bad};
use crate::Result;

/// A spike this close below a bin's edge, in bins, belongs to the bin that begins there: times that are whole multiples
/// of the width stay together whatever their last bit.
const EDGE: f64 = 1e-8;
/// A window may miss a whole number of bins by this much, in bins.
const WHOLE: f64 = 1e-6;
/// More bins than this are refused.
const MOST: f64 = 1e9;

/// Spikes per bin: the window (start, end; s) is cut into bins of width `bin` (s), each with its beginning but not its end;
/// the last has both.
///
/// `times` are spike times in s, ascending, equal times allowed, inside the window. An empty train gives zeros.
///
/// # Errors
/// Times not finite, not ascending or outside the window; a window without length; a width that is not finite, not > 0 or
/// does not fit into the window a whole number of times.
pub fn bin_counts(times: &[f64], window: (f64, f64), bin: f64) -> Result<Vec<u64>> {
    const PLACE: &str = "bin_counts";
    let bins = bin_number(PLACE, window, bin)?;
    check::sorted(PLACE, "times", times)?;
    check::inside(PLACE, "times", times, window)?;
    let mut counts = vec![0; bins];
    add_counts(times, window, bin, &mut counts);
    Ok(counts)
}

/// The number of bins in the window.
pub(crate) fn bin_number(place: &str, window: (f64, f64), bin: f64) -> Result<usize> {
    check::window(place, window)?;
    check::positive(place, "bin", bin, " s")?;
    let bins = (window.1 - window.0) / bin;
    let whole = bins.round();
    if whole >= 1.0 && (bins - whole).abs() <= WHOLE && whole <= MOST {
        return Ok(whole as usize);
    }
    let rule = if bins > MOST {
        format!("gives {bins:.3e} bins; at most 1e9 are possible")
    } else {
        format!("the window of {} s holds {bins} bins: choose a width that divides it", window.1 - window.0)
    };
    Err(bad(place, "bin", None, format!("{bin} s"), rule))
}

/// Adds the spikes of a checked train to its bins.
pub(crate) fn add_counts(times: &[f64], window: (f64, f64), bin: f64, counts: &mut [u64]) {
    let last = counts.len() - 1;
    for t in times {
        let place = (t - window.0) / bin + EDGE;
        counts[(place as usize).min(last)] += 1;
    }
}

/// Checks every train and counts them all into rows of `bin_number` bins.
pub(crate) fn count_rows<T: AsRef<[f64]>>(
    place: &str,
    trains: &[T],
    window: (f64, f64),
    bin: f64,
) -> Result<(Vec<u64>, usize)> {
    let bins = bin_number(place, window, bin)?;
    check::trains(place, trains, |place, field, times| {
        check::sorted(place, field, times)?;
        check::inside(place, field, times, window)
    })?;
    let mut counts = vec![0; bins * trains.len()];
    for (row, train) in counts.chunks_exact_mut(bins).zip(trains) {
        add_counts(train.as_ref(), window, bin, row);
    }
    Ok((counts, bins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiples_of_the_width_fall_into_the_bin_they_begin() {
        let times: Vec<f64> = (0..=10).map(|i| f64::from(i) * 0.1).collect();
        assert_eq!(bin_counts(&times, (0.0, 1.0), 0.1).unwrap(), [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
        assert_eq!(bin_counts(&[0.25, 0.25], (0.0, 1.0), 0.5).unwrap(), [2, 0]);
        assert_eq!(bin_counts(&[], (-1.0, 1.0), 1.0).unwrap(), [0, 0]);
    }

    #[test]
    fn bad_input_is_refused() {
        let w = (0.0, 1.0);
        assert!(bin_counts(&[1.5], w, 0.1).is_err());
        assert!(bin_counts(&[0.5, 0.4], w, 0.1).is_err());
        assert!(bin_counts(&[f64::NAN], w, 0.1).is_err());
        for bin in [0.0, -0.1, 0.3, 2.0, f64::NAN, 1e-12] {
            assert!(bin_counts(&[], w, bin).is_err(), "{bin}");
        }
        assert!(bin_counts(&[], (1.0, 0.0), 0.1).is_err());
    }
}
