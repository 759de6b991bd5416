//! Correlation of binned spike counts between all pairs of neurons.

use rayon::prelude::*;

use super::Window;
use super::binning::Bins;
use rheobase_base::{Cancel, Result};

/// Correlations of a population.
#[derive(Debug, Clone, PartialEq)]
pub struct CountCorrelation {
    /// Pearson's r of every pair, n x n, row-major, 1 on the diagonal.
    pub matrix: Vec<f64>,
    /// Trains whose count never changes (silent ones above all). They have no correlation: their entries are 0.
    pub constant: Vec<usize>,
    /// Bins the counts were taken in: the number of samples for [`fisher_interval`](super::fisher_interval()).
    pub bins: usize,
    /// What is left of the window after the last bin, s: its spikes are not counted. 0 where bins fill the window.
    pub remainder: f64,
}

/// Pearson's correlation of spike counts in bins of width `bin` (s), for all pairs of `trains`.
///
/// Trains are spike times in s, ascending, equal times allowed (each counts), inside `window` (s); bins as in
/// [`bin_counts`](super::bin_counts()), as many as the window holds. Pairs are shared among rayon's threads, with the same bits for any number.
/// M. R. Cohen, A. Kohn, Nat Neurosci 14:811 (2011), doi:10.1038/nn.2842.
///
/// # Errors
/// Times not finite, not ascending or outside the window; a bin longer than the window.
pub fn count_correlation<T: AsRef<[f64]>>(
    trains: &[T],
    window: impl Into<Window>,
    bin: f64,
) -> Result<CountCorrelation> {
    const PLACE: &str = "count_correlation";
    let bins = Bins::new(PLACE, window.into(), bin)?;
    let counts = bins.rows(PLACE, trains)?;
    let cancel = Cancel::current();
    let asked = || cancel.is_asked();
    let rows: Vec<Option<Vec<f64>>> =
        counts.chunks_exact(bins.count).map(|c| if asked() { None } else { standardised(c) }).collect();
    let n = rows.len();
    let row = |i: usize| {
        let entry = |j: usize| match (&rows[i], &rows[j]) {
            _ if i == j => 1.0,
            _ if asked() => 0.0,
            // Both orders multiply and add the same numbers in the same order.
            (Some(x), Some(y)) => x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>().clamp(-1.0, 1.0),
            _ => 0.0,
        };
        if asked() { Vec::new() } else { (0..n).map(entry).collect::<Vec<f64>>() }
    };
    let matrix = (0..n).into_par_iter().flat_map_iter(row).collect();
    cancel.check()?;
    Ok(CountCorrelation {
        matrix,
        constant: (0..n).filter(|i| rows[*i].is_none()).collect(),
        bins: bins.count,
        remainder: bins.remainder,
    })
}

/// Deviations from the mean with unit length; `None` if there are none.
fn standardised(counts: &[u64]) -> Option<Vec<f64>> {
    if counts.iter().all(|c| *c == counts[0]) {
        return None;
    }
    let mean = counts.iter().map(|c| *c as f64).sum::<f64>() / counts.len() as f64;
    let length = counts.iter().map(|c| (*c as f64 - mean) * (*c as f64 - mean)).sum::<f64>().sqrt();
    Some(counts.iter().map(|c| (*c as f64 - mean) / length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_opposite_and_silent_trains() {
        let trains = [vec![0.5, 2.5], vec![0.6, 2.6], vec![1.5, 3.5], vec![]];
        let c = count_correlation(&trains, (0.0, 4.0), 1.0).unwrap();
        let near = |i: usize, want: f64| assert!((c.matrix[i] - want).abs() < 1e-15, "{i}: {}", c.matrix[i]);
        near(1, 1.0);
        near(2, -1.0);
        near(3, 0.0);
        assert_eq!((c.matrix[0], c.matrix[15], c.bins), (1.0, 1.0, 4));
        assert_eq!(c.constant, [3]);
        for i in 0..4 {
            for j in 0..4 {
                assert_eq!(c.matrix[4 * i + j], c.matrix[4 * j + i]);
            }
        }
    }

    #[test]
    fn a_remainder_is_said_and_every_spike_of_a_time_counts() {
        let trains = [vec![0.5, 0.5, 2.5, 3.9], vec![0.6, 0.6, 2.6]];
        let c = count_correlation(&trains, (0.0, 4.0), 0.7).unwrap();
        assert_eq!(c.bins, 5);
        assert!((c.remainder - 0.5).abs() < 1e-12);
        assert!((c.matrix[1] - 1.0).abs() < 1e-12, "{c:?}");
    }

    #[test]
    fn bad_input_is_refused_and_nobody_is_fine() {
        assert!(count_correlation(&[vec![5.0]], (0.0, 4.0), 1.0).is_err());
        assert!(count_correlation(&[vec![2.0, 1.0]], (0.0, 4.0), 1.0).is_err());
        assert!(count_correlation(&[vec![2.0]], (0.0, 4.0), 5.0).is_err());
        assert!(count_correlation::<Vec<f64>>(&[], (0.0, 4.0), 1.0).unwrap().matrix.is_empty());
    }
}
