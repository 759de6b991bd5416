//! How far weights are from their bounds.

use super::check::{finite, ordered};
use crate::vision::windows::value_error;
use rheobase_base::Result;

/// The mean of u·(1 − u) over all weights w, where u = (w − lower)/(upper − lower) within [0, 1]: 0.25 where all are half way,
/// 0 where each has come to one of its bounds. Kheradpisheh et al. 2018, doi:10.1016/j.neunet.2017.12.005.
///
/// # Errors
/// No weights; weights or bounds that are not finite; bounds that are not in order.
pub fn convergence(weights: &[f32], bounds: [f32; 2]) -> Result<f64> {
    let place = "convergence";
    finite(place, "bounds", &bounds)?;
    ordered(place, bounds)?;
    if weights.is_empty() {
        return Err(value_error(place, "weights", None, "[]", "must have at least one weight"));
    }
    finite(place, "weights", weights)?;
    let [lower, upper] = bounds.map(f64::from);
    let of = |w: &f32| {
        let u = ((f64::from(*w) - lower) / (upper - lower)).clamp(0.0, 1.0);
        u * (1.0 - u)
    };
    Ok(weights.iter().map(of).sum::<f64>() / weights.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_largest_half_way_and_zero_at_the_bounds() {
        assert_eq!(convergence(&[0.5; 3], [0.0, 1.0]).unwrap(), 0.25);
        assert_eq!(convergence(&[2.0, 4.0, 5.0, 1.0], [2.0, 4.0]).unwrap(), 0.0);
        assert_eq!(convergence(&[3.0, 2.0], [2.0, 4.0]).unwrap(), 0.125);
    }

    #[test]
    fn faults() {
        let error = |w: &[f32], bounds| convergence(w, bounds).unwrap_err().to_string();
        assert!(error(&[], [0.0, 1.0]).contains("at least one weight"));
        assert!(error(&[0.0, f32::NAN], [0.0, 1.0]).contains("weights[1] = NaN: must be finite"));
        assert!(error(&[0.0], [1.0, 1.0]).contains("convergence.bounds = [1, 1]: must be"));
        assert!(error(&[0.0], [f32::NAN, 1.0]).contains("bounds[0] = NaN"));
    }
}
