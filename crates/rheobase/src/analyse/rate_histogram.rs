//! Rates over time in bins, from trials (PSTH) or from a population, with exact intervals; and one train's mean rate.

use std::collections::BTreeMap;

use super::binning::{add_counts, bin_number};
use super::check;
use super::confidence::{Interval, check_level, garwood};
use crate::Result;

/// Rates in bins of equal width.
#[derive(Debug, Clone, PartialEq)]
pub struct RateHistogram {
    /// Where the first bin begins, s.
    pub start: f64,
    /// Width of a bin, s.
    pub bin: f64,
    /// Trains that were counted.
    pub trains: usize,
    /// Spikes of all trains in each bin.
    pub counts: Vec<u64>,
    /// Rate of one train in each bin, Hz.
    pub rate: Vec<f64>,
    /// Interval of that rate, Hz, if counts are Poisson and trains independent.
    pub interval: Vec<Interval>,
}

/// The mean rate of one train over a window, Hz, and its exact interval if it is a Poisson process.
///
/// `times` are spike times in s, ascending, equal times allowed, inside `window` (start, end; s).
///
/// # Errors
/// Times not finite, not ascending or outside the window; a window without length; `level` not between 0 and 1.
pub fn mean_rate(times: &[f64], window: (f64, f64), level: f64) -> Result<(f64, Interval)> {
    const PLACE: &str = "mean_rate";
    check::window(PLACE, window)?;
    check::sorted(PLACE, "times", times)?;
    check::inside(PLACE, "times", times, window)?;
    check_level(PLACE, level)?;
    let length = window.1 - window.0;
    Ok((times.len() as f64 / length, scaled(garwood(times.len() as u64, level), 1.0 / length)))
}

/// The peri-stimulus time histogram: the mean rate of one neuron over `trials`, in bins of width `bin` (s).
///
/// Each trial holds spike times in s relative to its stimulus (see [`align`]), ascending, equal times allowed, inside
/// `window` (start, end; s). Bins as in [`bin_counts`](super::bin_counts()). The interval is exact for Poisson counts
/// (doi:10.1093/biomet/28.3-4.437) and covers with probability `level`; more variable neurons need the bootstrap.
/// G. L. Gerstein, N. Y.-S. Kiang, Biophys J 1:15 (1960), doi:10.1016/S0006-3495(60)86872-5.
///
/// # Errors
/// No trials; times not finite, not ascending or outside the window; bins that do not fit; `level` not between 0 and 1.
pub fn psth<T: AsRef<[f64]>>(
    trials: &[T],
    window: (f64, f64),
    bin: f64,
    level: f64,
) -> Result<RateHistogram> {
    histogram("psth", "trials", trials, window, bin, level)
}

/// The rate of a population's average neuron in bins of width `bin` (s).
///
/// Arguments, result and errors as for [`psth`], with neurons in the place of trials.
///
/// # Errors
/// As [`psth`].
pub fn population_rate<T: AsRef<[f64]>>(
    trains: &[T],
    window: (f64, f64),
    bin: f64,
    level: f64,
) -> Result<RateHistogram> {
    histogram("population_rate", "trains", trains, window, bin, level)
}

/// Cuts a recording into trials: for each of `onsets` (s, in any order) the spikes from `window.0` before or after it to
/// `window.1`, ends included, relative to it.
///
/// # Errors
/// Times or onsets not finite, times not ascending, a window without length.
pub fn align(times: &[f64], onsets: &[f64], window: (f64, f64)) -> Result<Vec<Vec<f64>>> {
    check::sorted("align", "times", times)?;
    check::finite("align", "onsets", onsets)?;
    check::window("align", window)?;
    let cut = |onset: &f64| {
        let relative = times.iter().map(|t| t - onset);
        relative.filter(|t| (window.0..=window.1).contains(t)).collect()
    };
    Ok(onsets.iter().map(cut).collect())
}

fn histogram<T: AsRef<[f64]>>(
    place: &str,
    field: &str,
    trains: &[T],
    window: (f64, f64),
    bin: f64,
    level: f64,
) -> Result<RateHistogram> {
    let bins = bin_number(place, window, bin)?;
    check_level(place, level)?;
    check::at_least(place, field, trains.len(), 1)?;
    let mut counts = vec![0; bins];
    for (i, train) in trains.iter().enumerate() {
        let field = format!("{field}[{i}]");
        check::sorted(place, &field, train.as_ref())?;
        check::inside(place, &field, train.as_ref(), window)?;
        add_counts(train.as_ref(), window, bin, &mut counts);
    }
    let per_count = 1.0 / (trains.len() as f64 * bin);
    // Few different counts occur; each interval is worked out once.
    let mut known = BTreeMap::new();
    let mut interval =
        |count: &u64| *known.entry(*count).or_insert_with(|| scaled(garwood(*count, level), per_count));
    Ok(RateHistogram {
        start: window.0,
        bin,
        trains: trains.len(),
        rate: counts.iter().map(|c| *c as f64 * per_count).collect(),
        interval: counts.iter().map(&mut interval).collect(),
        counts,
    })
}

fn scaled(i: Interval, factor: f64) -> Interval {
    Interval { low: i.low * factor, high: i.high * factor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_become_rates_with_intervals() {
        let h = psth(&[vec![0.1, 0.2, 0.6], vec![0.15]], (0.0, 1.0), 0.5, 0.95).unwrap();
        assert_eq!(h.counts, [3, 1]);
        assert_eq!(h.rate, [3.0, 1.0]);
        assert_eq!(h.counts.len(), h.interval.len());
        assert!(h.interval[0].low < 3.0 && 3.0 < h.interval[0].high);
        let p = population_rate(&[vec![0.1], vec![]], (0.0, 1.0), 0.5, 0.95).unwrap();
        assert_eq!(p.rate, [1.0, 0.0]);
        assert_eq!(p.interval[1].low, 0.0);
    }

    #[test]
    fn mean_rate_of_a_window() {
        let (rate, i) = mean_rate(&[0.5, 1.0, 1.5], (0.0, 2.0), 0.95).unwrap();
        assert_eq!(rate, 1.5);
        assert!(i.low < rate && rate < i.high);
        assert_eq!(mean_rate(&[], (0.0, 2.0), 0.95).unwrap().0, 0.0);
        assert!(mean_rate(&[3.0], (0.0, 2.0), 0.95).is_err());
    }

    #[test]
    fn trials_are_cut_relative_to_their_onset() {
        let got = align(&[0.5, 1.0, 1.25, 2.0], &[1.0, 0.0], (-0.5, 0.5)).unwrap();
        assert_eq!(got, vec![vec![-0.5, 0.0, 0.25], vec![0.5]]);
        assert!(align(&[1.0, 0.5], &[], (0.0, 1.0)).is_err());
        assert!(align(&[], &[f64::NAN], (0.0, 1.0)).is_err());
    }

    #[test]
    fn bad_input_is_refused() {
        let w = (0.0, 1.0);
        assert!(psth::<Vec<f64>>(&[], w, 0.5, 0.95).is_err());
        assert!(psth(&[vec![0.5, 0.1]], w, 0.5, 0.95).is_err());
        let e = population_rate(&[vec![], vec![7.0]], w, 0.5, 0.95).unwrap_err().to_string();
        assert!(e.starts_with("population_rate.trains[1][0] = 7 s"), "{e}");
        assert!(psth(&[vec![0.5]], w, 0.3, 0.95).is_err());
        assert!(psth(&[vec![0.5]], w, 0.5, 1.5).is_err());
    }
}
