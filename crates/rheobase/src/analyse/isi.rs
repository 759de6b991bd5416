//! Inter-spike intervals and how irregular they are.

use super::check;
use crate::Result;

/// What the intervals of a train tell. A number that so few intervals do not define is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IsiStatistics {
    /// Number of intervals: one less than spikes.
    pub count: usize,
    /// Mean interval, s; needs one interval.
    pub mean: Option<f64>,
    /// Coefficient of variation: standard deviation (over the number of intervals) by mean; needs two intervals.
    /// 1 for a Poisson process, 0 for a clock.
    pub cv: Option<f64>,
    /// CV2: mean of 2 |x - y| / (x + y) over neighbouring intervals; needs two. Also 1 and 0, and insensitive to slow
    /// changes of rate. G. R. Holt et al., J Neurophysiol 75:1806 (1996), doi:10.1152/jn.1996.75.5.1806.
    pub cv2: Option<f64>,
    /// LV, local variation: mean of 3 ((x - y) / (x + y))^2 over neighbouring intervals; needs two. Also 1 and 0.
    /// S. Shinomoto, K. Shima, J. Tanji, Neural Comput 15:2823 (2003), doi:10.1162/089976603322518759.
    pub lv: Option<f64>,
}

/// The intervals between successive spikes, in s: one less than spikes, none for an empty train.
///
/// # Errors
/// Times (s) not finite or not strictly ascending.
pub fn intervals(times: &[f64]) -> Result<Vec<f64>> {
    check::distinct("intervals", "times", times)?;
    Ok(times.windows(2).map(|w| w[1] - w[0]).collect())
}

/// Mean, CV, CV2 and LV of the inter-spike intervals of a train.
///
/// # Errors
/// Times (s) not finite or not strictly ascending.
pub fn isi_statistics(times: &[f64]) -> Result<IsiStatistics> {
    check::distinct("isi_statistics", "times", times)?;
    let isi: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    let n = isi.len() as f64;
    let mean = (!isi.is_empty()).then(|| isi.iter().sum::<f64>() / n);
    let variation = |mean: f64| (isi.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt() / mean;
    let contrast: Vec<f64> = isi.windows(2).map(|w| (w[1] - w[0]).abs() / (w[1] + w[0])).collect();
    let local = |f: fn(f64) -> f64| {
        (!contrast.is_empty()).then(|| contrast.iter().map(|c| f(*c)).sum::<f64>() / contrast.len() as f64)
    };
    Ok(IsiStatistics {
        count: isi.len(),
        mean,
        cv: mean.filter(|_| isi.len() > 1).map(variation),
        cv2: local(|c| 2.0 * c),
        lv: local(|c| 3.0 * c * c),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed() {
        let s = isi_statistics(&[0.0, 1.0, 4.0, 5.0]).unwrap();
        assert_eq!((s.count, s.cv2, s.lv), (3, Some(1.0), Some(0.75)));
        assert!((s.mean.unwrap() - 5.0 / 3.0).abs() < 1e-15);
        assert!((s.cv.unwrap() - (8.0_f64 / 9.0).sqrt() / (5.0 / 3.0)).abs() < 1e-15);
    }

    #[test]
    fn too_few_spikes_define_nothing() {
        for train in [&[][..], &[1.0]] {
            let s = isi_statistics(train).unwrap();
            assert_eq!(s, IsiStatistics { count: 0, mean: None, cv: None, cv2: None, lv: None });
            assert!(intervals(train).unwrap().is_empty());
        }
        let two = isi_statistics(&[1.0, 3.0]).unwrap();
        assert_eq!(two, IsiStatistics { count: 1, mean: Some(2.0), cv: None, cv2: None, lv: None });
    }

    #[test]
    fn bad_input_is_refused() {
        for train in [&[1.0, 1.0][..], &[2.0, 1.0], &[f64::NAN]] {
            assert!(isi_statistics(train).is_err());
            assert!(intervals(train).is_err());
        }
    }
}
