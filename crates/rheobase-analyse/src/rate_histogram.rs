//! Rates over time in bins, from trials (PSTH) or from a population, with exact intervals; and one train's mean rate.

use std::collections::BTreeMap;

use super::binning::Bins;
use super::confidence::{Interval, check_level, garwood};
use rheobase_base::Result;
use rheobase_base::check;
use rheobase_signals::{Window, rounding};

/// Rates in bins of equal width.
#[derive(Debug, Clone, PartialEq)]
pub struct RateHistogram {
    /// Where the first bin begins, s.
    pub start: f64,
    /// Width of a bin, s.
    pub bin: f64,
    /// What is left of the window after the last bin, s: its spikes are not counted. 0 where bins fill the window.
    pub remainder: f64,
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
/// `times` are spike times in s, ascending, equal times allowed (each counts), inside `window` (s). A spike at the window's end
/// is left out, unless the recording ends there ([`Window`]).
///
/// # Errors
/// Times not finite, not ascending or outside the window; a window without length; `level` not between 0 and 1.
pub fn mean_rate(times: &[f64], window: impl Into<Window>, level: f64) -> Result<(f64, Interval)> {
    const PLACE: &str = "mean_rate";
    let window = window.into();
    check::window(PLACE, window.edges())?;
    check::sorted(PLACE, "times", times)?;
    check::inside(PLACE, "times", times, window.edges(), rounding)?;
    check_level(PLACE, level)?;
    let (count, length) = (window.part(times, rounding).len(), window.length());
    Ok((count as f64 / length, scaled(garwood(count as u64, level), 1.0 / length)))
}

/// The peri-stimulus time histogram: the mean rate of one neuron over `trials`, in bins of width `bin` (s).
///
/// Each trial holds spike times in s relative to its stimulus (see [`align`]), ascending, equal times allowed (each counts),
/// inside `window` (s). Bins as in [`bin_counts`](super::bin_counts()), as many as the window holds. The interval is exact for Poisson counts
/// (doi:10.1093/biomet/28.3-4.437) and covers with probability `level`; more variable neurons need the bootstrap.
/// G. L. Gerstein, N. Y.-S. Kiang, Biophys J 1:15 (1960), doi:10.1016/S0006-3495(60)86872-5.
///
/// # Errors
/// No trials; times not finite, not ascending or outside the window; a bin longer than the window; `level` not between 0 and 1.
pub fn psth<T: AsRef<[f64]>>(
    trials: &[T],
    window: impl Into<Window>,
    bin: f64,
    level: f64,
) -> Result<RateHistogram> {
    histogram("psth", "trials", trials, window.into(), bin, level)
}

/// The rate of a population's average neuron in bins of width `bin` (s).
///
/// Arguments, result and errors as for [`psth`], with neurons in the place of trials.
///
/// # Errors
/// As [`psth`].
pub fn population_rate<T: AsRef<[f64]>>(
    trains: &[T],
    window: impl Into<Window>,
    bin: f64,
    level: f64,
) -> Result<RateHistogram> {
    histogram("population_rate", "trains", trains, window.into(), bin, level)
}

/// Cuts a recording into trials: for each of `onsets` (s, in any order) the spikes of `window` about it, relative to it.
///
/// The window (s) has its start but not its end, unless it is one up to the end of the recording ([`Window`]). What rounding
/// moves off the start is put back onto it.
///
/// # Errors
/// Times or onsets not finite, times not ascending, a window without length.
pub fn align(times: &[f64], onsets: &[f64], window: impl Into<Window>) -> Result<Vec<Vec<f64>>> {
    let window = window.into();
    check::sorted("align", "times", times)?;
    check::finite("align", "onsets", onsets)?;
    check::window("align", window.edges())?;
    let cut = |onset: &f64| {
        let inside = |t: &f64| {
            let relative = t - onset;
            // The difference of two numbers is as exact as these are, not as itself.
            let tolerance = f64::max(rounding(*t), rounding(*onset));
            let before_end = match window.end_included {
                true => relative <= window.end + tolerance,
                false => relative < window.end - tolerance,
            };
            (relative >= window.start - tolerance && before_end)
                .then(|| relative.clamp(window.start, window.end))
        };
        times.iter().filter_map(inside).collect()
    };
    Ok(onsets.iter().map(cut).collect())
}

fn histogram<T: AsRef<[f64]>>(
    place: &str,
    field: &str,
    trains: &[T],
    window: Window,
    bin: f64,
    level: f64,
) -> Result<RateHistogram> {
    let bins = Bins::new(place, window, bin)?;
    check_level(place, level)?;
    check::at_least(place, field, trains.len(), 1)?;
    let mut counts = vec![0; bins.count];
    for (i, train) in trains.iter().enumerate() {
        bins.check_times(place, &format!("{field}[{i}]"), train.as_ref())?;
        bins.add(train.as_ref(), &mut counts);
    }
    let per_count = 1.0 / (trains.len() as f64 * bin);
    // Few different counts occur; each interval is worked out once.
    let mut known = BTreeMap::new();
    let mut interval =
        |count: &u64| *known.entry(*count).or_insert_with(|| scaled(garwood(*count, level), per_count));
    Ok(RateHistogram {
        start: window.start,
        bin,
        remainder: bins.remainder,
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
    use proptest::prelude::*;

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
    fn the_end_belongs_to_the_next_window_but_at_the_end_of_the_recording() {
        let trial = [vec![0.0, 0.1, 0.2, 0.3, 0.4]];
        assert_eq!(psth(&trial, (0.0, 0.4), 0.1, 0.95).unwrap().counts, [1, 1, 1, 1]);
        let whole = psth(&trial, Window::to_the_end(0.0, 0.4), 0.1, 0.95).unwrap();
        assert_eq!((whole.counts, whole.remainder), (vec![1, 1, 1, 2], 0.0));
        let rest = psth(&trial, Window::to_the_end(0.0, 0.4), 0.15, 0.95).unwrap();
        assert_eq!(rest.counts, [2, 1]);
        assert!((rest.remainder - 0.1).abs() < 1e-12);
        let rate = |window: Window| mean_rate(&trial[0], window, 0.95).unwrap().0;
        assert_eq!(rate((0.0, 0.4).into()), 10.0);
        assert_eq!(rate(Window::to_the_end(0.0, 0.4)), 12.5);
        // Every spike of a time counts.
        assert_eq!(mean_rate(&[0.5, 0.5, 0.5], (0.0, 1.0), 0.95).unwrap().0, 3.0);
    }

    proptest! {
        #[test]
        fn windows_about_an_onset_that_adjoin_share_no_spike_and_lose_none(
            steps in prop::collection::btree_set(0_u32..2000, 1..60),
            dt in prop::sample::select(vec![1e-4, 1e-3, 0.02, 0.1, 1.0]),
            onset in 0_u32..2000,
            cuts in prop::collection::btree_set(-2000_i32..2000, 2..8),
        ) {
            let times: Vec<f64> = steps.iter().map(|i| f64::from(*i) * dt).collect();
            let onset = f64::from(onset) * dt;
            let edges: Vec<f64> = cuts.iter().map(|i| f64::from(*i) * dt).collect();
            let of = |from: f64, to: f64| align(&times, &[onset], (from, to)).unwrap()[0].len();
            let parts: usize = edges.windows(2).map(|w| of(w[0], w[1])).sum();
            prop_assert_eq!(parts, of(edges[0], edges[edges.len() - 1]));
        }
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
        let times = [0.5, 1.0, 1.25, 2.0];
        let got = align(&times, &[1.0, 0.0], (-0.5, 0.5)).unwrap();
        assert_eq!(got, vec![vec![-0.5, 0.0, 0.25], vec![]]);
        let got = align(&times, &[1.0, 0.0], Window::to_the_end(-0.5, 0.5)).unwrap();
        assert_eq!(got, vec![vec![-0.5, 0.0, 0.25], vec![0.5]]);
        // 0.6 - 1.1 is a bit less than -0.5, and 1.6 - 1.1 is 0.5.
        assert_eq!(align(&[0.6, 1.6], &[1.1], (-0.5, 0.5)).unwrap(), [[-0.5]]);
        assert_eq!(align(&[0.6, 1.6], &[1.1], Window::to_the_end(-0.5, 0.5)).unwrap(), [[-0.5, 0.5]]);
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
        assert!(psth(&[vec![0.5]], w, 1.3, 0.95).is_err());
        assert!(psth(&[vec![0.5]], w, 0.5, 1.5).is_err());
    }
}
