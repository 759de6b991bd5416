//! Population synchrony: how much of the neurons' fluctuation survives their average.

use super::Window;
use super::binning::Bins;
use rheobase_base::Result;
use rheobase_base::check;

/// Golomb and Rinzel's synchrony chi of signals over time, for example potentials.
///
/// chi^2 = variance over time of the population's mean / mean of the single neurons' variances. It is 1 if all do the same
/// and about 1/sqrt(N) if N neurons are independent. `x` is N x M, row-major: one row of M samples per neuron.
/// `None` if there is no neuron or none ever changes.
///
/// D. Golomb, J. Rinzel, Phys Rev E 48:4810 (1993), doi:10.1103/PhysRevE.48.4810.
///
/// # Errors
/// `x` has not `neurons * samples` elements, or one is not finite.
pub fn synchrony(x: &[f64], neurons: usize, samples: usize) -> Result<Option<f64>> {
    check::matrix("synchrony", "x", x.len(), neurons, samples)?;
    check::finite("synchrony", "x", x)?;
    Ok(chi(x, neurons, samples))
}

/// Synchrony of spike counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpikeSynchrony {
    /// Golomb and Rinzel's chi; `None` if no train's count ever changes.
    pub chi: Option<f64>,
    /// Bins the counts were taken in.
    pub bins: usize,
    /// What is left of the window after the last bin, s: its spikes are not counted. 0 where bins fill the window.
    pub remainder: f64,
}

/// The same of spike counts in bins of width `bin` (s).
///
/// Trains are spike times in s, ascending, equal times allowed (each counts), inside `window` (s); bins as in
/// [`bin_counts`](super::bin_counts()). The result depends on the width: with bins shorter than the jitter of common
/// events it is low.
///
/// # Errors
/// Times not finite, not ascending or outside the window; a bin longer than the window.
pub fn spike_synchrony<T: AsRef<[f64]>>(
    trains: &[T],
    window: impl Into<Window>,
    bin: f64,
) -> Result<SpikeSynchrony> {
    const PLACE: &str = "spike_synchrony";
    let bins = Bins::new(PLACE, window.into(), bin)?;
    let counts: Vec<f64> = bins.rows(PLACE, trains)?.into_iter().map(|c| c as f64).collect();
    let chi = chi(&counts, trains.len(), bins.count);
    Ok(SpikeSynchrony { chi, bins: bins.count, remainder: bins.remainder })
}

fn chi(x: &[f64], neurons: usize, samples: usize) -> Option<f64> {
    if x.is_empty() {
        return None;
    }
    let mut mean = vec![0.0; samples];
    let mut single = 0.0;
    for row in x.chunks_exact(samples) {
        single += variance(row) / neurons as f64;
        for (m, v) in mean.iter_mut().zip(row) {
            *m += v / neurons as f64;
        }
    }
    (single > 0.0).then(|| (variance(&mean) / single).sqrt().min(1.0))
}

fn variance(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_opposed_and_independent() {
        assert_eq!(synchrony(&[0.0, 1.0, 0.0, 1.0], 2, 2).unwrap(), Some(1.0));
        assert_eq!(synchrony(&[0.0, 1.0, 1.0, 0.0], 2, 2).unwrap(), Some(0.0));
        // Four orthogonal signals of equal size: 1/sqrt(4).
        let x = [
            1, 1, 1, 1, -1, -1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, -1, 1,
            1, -1, -1, 1,
        ];
        let x: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
        assert!((synchrony(&x, 4, 8).unwrap().unwrap() - 0.5).abs() < 1e-15);
    }

    #[test]
    fn of_spikes_and_of_nothing() {
        let w = (0.0, 4.0);
        let trains = [vec![0.5, 2.5], vec![0.7, 2.9]];
        let found = spike_synchrony(&trains, w, 1.0).unwrap();
        assert!((found.chi.unwrap() - 1.0).abs() < 1e-15);
        assert_eq!((found.bins, found.remainder), (4, 0.0));
        // Half a bin at the end is left out, with what is in it.
        let more = [vec![0.5, 2.5, 4.2], vec![0.7, 2.9]];
        let longer = spike_synchrony(&more, (0.0, 4.5), 1.0).unwrap();
        assert_eq!(longer, SpikeSynchrony { remainder: 0.5, ..found });
        assert_eq!(spike_synchrony(&[vec![], vec![]], w, 1.0).unwrap().chi, None);
        assert_eq!(spike_synchrony::<Vec<f64>>(&[], w, 1.0).unwrap().chi, None);
        assert_eq!(synchrony(&[], 3, 0).unwrap(), None);
        assert!(synchrony(&[1.0], 1, 2).is_err());
        assert!(synchrony(&[f64::NAN], 1, 1).is_err());
        assert!(spike_synchrony(&[vec![5.0]], w, 1.0).is_err());
    }
}
