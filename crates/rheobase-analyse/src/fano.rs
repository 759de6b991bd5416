//! Fano factor: the variance of spike counts relative to their mean.

use super::confidence::{Interval, check_level, gamma_quantile};
use rheobase_base::Result;

/// A Fano factor and what to compare it with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fano {
    /// Variance (unbiased) over mean of the counts: 1 for a Poisson process, 0 for a clock.
    /// `None` with fewer than two counts or none above 0.
    pub factor: Option<f64>,
    /// Where the factor of this many counts of a Poisson process lies with the probability asked for, by the gamma
    /// approximation. `None` with fewer than two counts.
    pub poisson: Option<Interval>,
}

/// The Fano factor of spike counts, from windows or trials of equal length.
///
/// U. Fano, Phys Rev 72:26 (1947), doi:10.1103/PhysRev.72.26; the range for Poisson counts after U. T. Eden,
/// M. A. Kramer, J Neurosci Methods 190:149 (2010), doi:10.1016/j.jneumeth.2010.04.012.
///
/// # Errors
/// `level` not between 0 and 1.
pub fn fano_factor(counts: &[u64], level: f64) -> Result<Fano> {
    check_level("fano_factor", level)?;
    if counts.len() < 2 {
        return Ok(Fano { factor: None, poisson: None });
    }
    let n = counts.len() as f64;
    let mean = counts.iter().map(|c| *c as f64).sum::<f64>() / n;
    let squares: f64 = counts.iter().map(|c| (*c as f64 - mean) * (*c as f64 - mean)).sum();
    let half = 0.5 * (n - 1.0);
    let tail = 0.5 * (1.0 - level);
    Ok(Fano {
        factor: (mean > 0.0).then(|| squares / (n - 1.0) / mean),
        poisson: Some(Interval {
            low: gamma_quantile(half, tail, false) / half,
            high: gamma_quantile(half, tail, true) / half,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed_and_undefined() {
        let f = fano_factor(&[2, 4, 4, 6], 0.95).unwrap();
        assert_eq!(f.factor, Some(8.0 / 3.0 / 4.0));
        // Chi-squared with 3 degrees of freedom, by 3.
        let range = f.poisson.unwrap();
        assert!((range.low * 3.0 - 0.215_795_282_623_898).abs() < 1e-12, "{range:?}");
        assert!((range.high * 3.0 - 9.348_403_604_496_145).abs() < 1e-12, "{range:?}");
        assert_eq!(fano_factor(&[0, 0, 0], 0.95).unwrap().factor, None);
        assert_eq!(fano_factor(&[3], 0.95).unwrap(), Fano { factor: None, poisson: None });
        assert_eq!(fano_factor(&[5, 5], 0.95).unwrap().factor, Some(0.0));
        assert!(fano_factor(&[1, 2], 0.0).is_err());
    }
}
