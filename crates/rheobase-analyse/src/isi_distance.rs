//! ISI distance: how different the momentary inter-spike intervals of two trains are.

use rheobase_models::Real;

use super::interleaving::Interleaving;
use super::pieces::{Pieces, check_train};
use super::profile::{Profile, Running, Scratch, mean};
use rheobase_base::Result;

/// The ISI distance of two trains: the mean over the window of |x - y| / max(x, y), x and y the inter-spike intervals
/// that are running in each train. 0 for equal trains, below 1 always.
///
/// `a` and `b` are spike times in s, strictly ascending, inside `window` (start, end; s), whose edges may carry spikes.
/// Edge intervals are those between spike and edge, or the neighbouring interval where that is longer; a train without
/// spikes counts as one interval of the window's length, a train with one as two.
///
/// T. Kreuz et al., J Neurosci Methods 165:151 (2007), doi:10.1016/j.jneumeth.2007.05.031; edges as in
/// doi:10.1152/jn.00848.2014.
///
/// # Errors
/// Times not finite, not strictly ascending or outside the window; a window without length.
pub fn isi_distance(a: &[f64], b: &[f64], window: (f64, f64)) -> Result<f64> {
    check_train("isi_distance", "a", a, window)?;
    check_train("isi_distance", "b", b, window)?;
    let (a, b) = (Pieces::new(a, window), Pieces::new(b, window));
    let mut counts = Interleaving::default();
    counts.merge(&a.times, &b.times);
    Ok(mean::<Dissimilarity>(&a, &b, &counts, window, &mut Scratch::default()))
}

/// The profile that the ISI distance is the mean of.
pub(crate) struct Dissimilarity;

impl Profile for Dissimilarity {
    const DISTANCES: bool = false;

    #[inline(always)]
    fn at<V: Real>(x: Running<V>, y: Running<V>, _: V) -> V {
        (x.isi - y.isi).abs() / x.isi.max(y.isi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_trains_differ_by_the_ratio_of_their_intervals() {
        let a: Vec<f64> = (0..=10).map(f64::from).collect();
        let b: Vec<f64> = (0..=20).map(|i| 0.5 * f64::from(i)).collect();
        assert_eq!(isi_distance(&a, &b, (0.0, 10.0)).unwrap(), 0.5);
        assert_eq!(isi_distance(&a, &a, (0.0, 10.0)).unwrap(), 0.0);
    }

    #[test]
    fn empty_and_single_trains_are_defined() {
        let w = (0.0, 4.0);
        assert_eq!(isi_distance(&[], &[], w).unwrap(), 0.0);
        // Intervals 1 and 3 against 4.
        assert_eq!(isi_distance(&[1.0], &[], w).unwrap(), (1.0 * 0.75 + 3.0 * 0.25) / 4.0);
        assert_eq!(isi_distance(&[0.0], &[], w).unwrap(), 0.0);
        assert_eq!(isi_distance(&[4.0], &[0.0], w).unwrap(), 0.0);
    }

    #[test]
    fn exchanging_the_trains_changes_no_bit_and_bad_input_is_refused() {
        let (a, b) = ([0.1, 0.7, 1.3, 2.9], [0.2, 0.7, 2.0]);
        let w = (0.0, 3.0);
        assert_eq!(isi_distance(&a, &b, w).unwrap(), isi_distance(&b, &a, w).unwrap());
        assert!(isi_distance(&[1.0, 1.0], &b, w).is_err());
        assert!(isi_distance(&[1.0, f64::NAN], &b, w).is_err());
        assert!(isi_distance(&[3.5], &b, w).is_err());
        assert!(isi_distance(&a, &b, (3.0, 3.0)).is_err());
    }
}
