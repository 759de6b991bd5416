//! Counting spikes in bins of equal width.

use super::Window;
use rheobase_base::Result;
use rheobase_base::check::{self, bad};
use rheobase_signals::EDGE;

/// A window may miss a whole number of bins by this much, in bins.
const WHOLE: f64 = 1e-6;
/// More bins than this are refused.
const MOST: f64 = 1e9;

/// Spikes in bins of equal width.
#[derive(Debug, Clone, PartialEq)]
pub struct BinCounts {
    /// Spikes of each bin.
    pub counts: Vec<u64>,
    /// What is left of the window after the last bin, s: its spikes are not counted. 0 where bins fill the window.
    pub remainder: f64,
}

/// Spikes per bin: the `window` (s) is cut into as many bins of width `bin` (s) as it holds, each with its beginning but not
/// its end.
///
/// `times` are spike times in s, ascending, equal times allowed (each counts), inside the window. A spike at the window's end
/// belongs to the next window and is left out, unless the window reaches [to the end](Window::to_the_end) of the recording:
/// then the last bin has it. An empty train gives zeros.
///
/// # Errors
/// Times not finite, not ascending or outside the window; a window without length; a width that is not finite, not > 0 or
/// longer than the window.
pub fn bin_counts(times: &[f64], window: impl Into<Window>, bin: f64) -> Result<BinCounts> {
    const PLACE: &str = "bin_counts";
    let bins = Bins::new(PLACE, window.into(), bin)?;
    bins.check_times(PLACE, "times", times)?;
    let mut counts = vec![0; bins.count];
    bins.add(times, &mut counts);
    Ok(BinCounts { counts, remainder: bins.remainder })
}

/// How a window is cut into bins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bins {
    window: Window,
    width: f64,
    /// Number of bins.
    pub(crate) count: usize,
    /// What is left of the window after the last bin, s: shorter than a bin, 0 where bins fill it.
    pub(crate) remainder: f64,
}

impl Bins {
    /// As many bins as the window holds.
    pub(crate) fn new(place: &str, window: Window, width: f64) -> Result<Self> {
        check::window(place, window.edges())?;
        check::positive(place, "bin", width, " s")?;
        let exact = window.length() / width;
        let whole = exact.round();
        let fits = (exact - whole).abs() <= WHOLE;
        let count = if fits { whole } else { exact.floor() };
        if (1.0..=MOST).contains(&count) {
            let remainder = if fits { 0.0 } else { window.length() - count * width };
            return Ok(Bins { window, width, count: count as usize, remainder });
        }
        let rule = if exact > MOST {
            format!("gives {exact:.3e} bins; at most 1e9 are possible")
        } else {
            format!("is longer than the window, {} s", window.length())
        };
        Err(bad(place, "bin", None, format!("{width} s"), rule))
    }

    /// Times of a train must be in order and inside the window.
    pub(crate) fn check_times(&self, place: &str, field: &str, times: &[f64]) -> Result<()> {
        check::sorted(place, field, times)?;
        check::inside(place, field, times, self.window.edges(), |_| EDGE * self.width)
    }

    /// Adds the spikes of a checked train to its bins.
    pub(crate) fn add(&self, times: &[f64], counts: &mut [u64]) {
        let last = self.count - 1;
        for t in self.window.part(times, |_| EDGE * self.width) {
            let bin = ((t - self.window.start) / self.width + EDGE) as usize;
            if bin <= last {
                counts[bin] += 1;
            } else if self.remainder == 0.0 {
                counts[last] += 1;
            }
        }
    }

    /// Checks every train and counts them all into rows of bins.
    pub(crate) fn rows<T: AsRef<[f64]>>(&self, place: &str, trains: &[T]) -> Result<Vec<u64>> {
        check::trains(place, trains, |place, field, times| self.check_times(place, field, times))?;
        let mut counts = vec![0; self.count * trains.len()];
        for (row, train) in counts.chunks_exact_mut(self.count).zip(trains) {
            self.add(train.as_ref(), row);
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiples_of_the_width_fall_into_the_bin_they_begin() {
        let times: Vec<f64> = (0..=10).map(|i| f64::from(i) * 0.1).collect();
        assert_eq!(
            bin_counts(&times, (0.0, 1.0), 0.1).unwrap(),
            BinCounts { counts: vec![1; 10], remainder: 0.0 }
        );
        let whole = bin_counts(&times, Window::to_the_end(0.0, 1.0), 0.1).unwrap();
        assert_eq!(whole.counts, [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
        assert_eq!(bin_counts(&[0.25, 0.25], (0.0, 1.0), 0.5).unwrap().counts, [2, 0]);
        assert_eq!(bin_counts(&[], (-1.0, 1.0), 1.0).unwrap().counts, [0, 0]);
    }

    #[test]
    fn adjoining_windows_share_no_spike_and_lose_none() {
        // Multiples of a step, each computed in its own way.
        let times: Vec<f64> = (0..3000).map(|i| f64::from(i) * 0.1).collect();
        for width in [0.1, 0.3, 0.7] {
            for i in 0..90 {
                let (from, to) = (f64::from(i) * 3.0 * width, f64::from(i + 1) * 3.0 * width);
                let inside: Vec<f64> =
                    times.iter().copied().filter(|t| (from - 1e-9..=to + 1e-9).contains(t)).collect();
                let counts = bin_counts(&inside, (from, to), width).unwrap().counts;
                let want = (width / 0.1).round() as u64;
                assert_eq!(counts, [want; 3], "{width} {i}");
            }
        }
    }

    #[test]
    fn a_remainder_is_left_out_and_said() {
        let times = [0.0, 0.85, 0.9, 0.95, 1.0];
        for window in [(0.0, 1.0).into(), Window::to_the_end(0.0, 1.0)] {
            let found = bin_counts(&times, window, 0.3).unwrap();
            assert_eq!(found.counts, [1, 0, 1]);
            assert!((found.remainder - 0.1).abs() < 1e-12);
        }
        assert_eq!(bin_counts(&times, (0.0, 1.0), 0.1).unwrap().remainder, 0.0);
    }

    #[test]
    fn bad_input_is_refused() {
        let w = (0.0, 1.0);
        assert!(bin_counts(&[1.5], w, 0.1).is_err());
        assert!(bin_counts(&[-0.1], w, 0.1).is_err());
        assert!(bin_counts(&[0.5, 0.4], w, 0.1).is_err());
        assert!(bin_counts(&[f64::NAN], w, 0.1).is_err());
        for bin in [0.0, -0.1, 1.1, 2.0, f64::NAN, 1e-12] {
            assert!(bin_counts(&[], w, bin).is_err(), "{bin}");
        }
        assert!(bin_counts(&[], (1.0, 0.0), 0.1).is_err());
    }
}
