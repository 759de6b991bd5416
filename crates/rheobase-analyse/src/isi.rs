//! Inter-spike intervals and how irregular they are.

use rheobase_base::Result;
use rheobase_base::check;

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
    /// LvR, revised local variation: [`revised_local_variation`] with the published refractoriness, 5 ms.
    pub lvr: Option<f64>,
}

/// The refractoriness constant R that the authors of LvR found best for cortical neurons, s.
pub const PUBLISHED_REFRACTORINESS: f64 = 0.005;

/// The intervals between successive spikes, in s: one less than spikes, none for an empty train.
///
/// # Errors
/// Times (s) not finite or not strictly ascending.
pub fn intervals(times: &[f64]) -> Result<Vec<f64>> {
    check::distinct("intervals", "times", times)?;
    Ok(times.windows(2).map(|w| w[1] - w[0]).collect())
}

/// Mean, CV, CV2, LV and LvR of the inter-spike intervals of a train.
///
/// # Errors
/// Times (s) not finite or not strictly ascending.
pub fn isi_statistics(times: &[f64]) -> Result<IsiStatistics> {
    check::distinct("isi_statistics", "times", times)?;
    let isi: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    let n = isi.len() as f64;
    let mean = (!isi.is_empty()).then(|| isi.iter().sum::<f64>() / n);
    let variation = |mean: f64| (isi.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt() / mean;
    let (mut cv2, mut lv, mut lvr) = (0.0, 0.0, 0.0);
    for pair in isi.windows(2) {
        let (sum, contrast) = contrast(pair);
        cv2 += 2.0 * contrast.abs();
        lv += 3.0 * contrast * contrast;
        lvr += revised(sum, contrast, PUBLISHED_REFRACTORINESS);
    }
    let over_pairs = |sum: f64| (isi.len() > 1).then(|| sum / (n - 1.0));
    Ok(IsiStatistics {
        count: isi.len(),
        mean,
        cv: mean.filter(|_| isi.len() > 1).map(variation),
        cv2: over_pairs(cv2),
        lv: over_pairs(lv),
        lvr: over_pairs(lvr),
    })
}

/// LvR, the revised local variation: mean of 3 (1 - 4xy / (x + y)^2) (1 + 4R / (x + y)) over neighbouring intervals x and y,
/// R the `refractoriness` constant in s. It is LV without the regularity that refractoriness lends to high rates: with R = 0 it
/// is LV. `None` with fewer than two intervals.
///
/// S. Shinomoto et al., PLoS Comput Biol 5:e1000433 (2009), doi:10.1371/journal.pcbi.1000433, with R = 5 ms
/// ([`PUBLISHED_REFRACTORINESS`]).
///
/// # Errors
/// Times (s) not finite or not strictly ascending; `refractoriness` negative or not finite.
pub fn revised_local_variation(times: &[f64], refractoriness: f64) -> Result<Option<f64>> {
    const PLACE: &str = "revised_local_variation";
    if !(refractoriness >= 0.0 && refractoriness.is_finite()) {
        let value = format!("{refractoriness} s");
        return Err(check::bad(PLACE, "refractoriness", None, value, "must be finite and >= 0"));
    }
    check::distinct(PLACE, "times", times)?;
    let isi: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    let terms = isi.windows(2).map(|pair| {
        let (sum, contrast) = contrast(pair);
        revised(sum, contrast, refractoriness)
    });
    Ok((isi.len() > 1).then(|| terms.sum::<f64>() / (isi.len() - 1) as f64))
}

/// The sum of two neighbouring intervals, and their difference by it.
fn contrast(pair: &[f64]) -> (f64, f64) {
    let sum = pair[0] + pair[1];
    (sum, (pair[1] - pair[0]) / sum)
}

/// What two neighbouring intervals add to LvR: 1 - 4xy / (x + y)^2 is the square of their contrast.
fn revised(sum: f64, contrast: f64, refractoriness: f64) -> f64 {
    3.0 * contrast * contrast * (1.0 + 4.0 * refractoriness / sum)
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
    fn lvr_is_lv_where_there_is_no_refractoriness() {
        let times = [0.0, 0.01, 0.04, 0.05];
        let s = isi_statistics(&times).unwrap();
        // Both pairs have intervals of 10 and 30 ms: 3/4 (1 + 4 R / 40 ms).
        let near = |got: Option<f64>, want: f64| assert!((got.unwrap() - want).abs() < 1e-12, "{got:?}");
        near(s.lvr, 0.75 * 1.5);
        near(revised_local_variation(&times, 0.0).unwrap(), 0.75);
        near(revised_local_variation(&times, 0.01).unwrap(), 0.75 * 2.0);
        for bad in [-0.001, f64::NAN, f64::INFINITY] {
            assert!(revised_local_variation(&times, bad).is_err());
        }
    }

    #[test]
    fn too_few_spikes_define_nothing() {
        for train in [&[][..], &[1.0]] {
            let s = isi_statistics(train).unwrap();
            assert_eq!(s, IsiStatistics { count: 0, mean: None, cv: None, cv2: None, lv: None, lvr: None });
            assert_eq!(revised_local_variation(train, 0.005).unwrap(), None);
            assert!(intervals(train).unwrap().is_empty());
        }
        let two = isi_statistics(&[1.0, 3.0]).unwrap();
        assert_eq!(two, IsiStatistics { count: 1, mean: Some(2.0), ..isi_statistics(&[]).unwrap() });
    }

    #[test]
    fn bad_input_is_refused() {
        for train in [&[1.0, 1.0][..], &[2.0, 1.0], &[f64::NAN]] {
            assert!(isi_statistics(train).is_err());
            assert!(intervals(train).is_err());
        }
    }
}
