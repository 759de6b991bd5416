//! SPIKE distance: how far apart the spikes of two trains are, relative to the momentary intervals.

use rheobase_models::Real;

use super::interleaving::Interleaving;
use super::pieces::{Pieces, check_train};
use super::profile::{Profile, Running, Scratch, mean};
use rheobase_base::Result;

/// The SPIKE distance of two trains: the mean over the window of a profile between 0 (spikes coincide) and about 1.
///
/// At each time each train's spikes before and after have distances to the nearest spike of the other train; these are
/// interpolated over time to s, weighted with the other train's running interval, and divided by the mean interval:
/// (s_a y + s_b x) / ((x + y)^2 / 2), x and y the running intervals. The profile is linear between spikes, so its
/// integral is exact.
///
/// `a` and `b` are spike times in s, strictly ascending, inside `window` (start, end; s), whose edges may carry spikes.
/// Beyond the first and the last spike their distances are kept, and the running intervals are those of
/// [`isi_distance`](super::isi_distance()). (PySpike 0.9 differs for a train with a single spike that lies exactly at the
/// window's start: there it lets the distance drift after the spike, but not before one at the window's end.)
///
/// T. Kreuz, D. Chicharro, C. Houghton, R. G. Andrzejak, F. Mormann, J Neurophysiol 109:1457 (2013),
/// doi:10.1152/jn.00873.2012; edges as in doi:10.1152/jn.00848.2014.
///
/// # Errors
/// Times not finite, not strictly ascending or outside the window; a window without length.
pub fn spike_distance(a: &[f64], b: &[f64], window: (f64, f64)) -> Result<f64> {
    check_train("spike_distance", "a", a, window)?;
    check_train("spike_distance", "b", b, window)?;
    let (a, b) = (Pieces::new(a, window), Pieces::new(b, window));
    let mut counts = Interleaving::default();
    counts.merge(&a.times, &b.times);
    Ok(mean::<Dissimilarity>(&a, &b, &counts, window, &mut Scratch::default()))
}

/// The profile that the SPIKE distance is the mean of.
pub(crate) struct Dissimilarity;

impl Profile for Dissimilarity {
    const DISTANCES: bool = true;

    #[inline(always)]
    fn at<V: Real>(x: Running<V>, y: Running<V>, time: V) -> V {
        let (s_x, s_y) = (distance(x, time), distance(y, time));
        let whole = V::one() / (x.isi + y.isi);
        // One factor after the other: the square of a very short interval would underflow.
        V::splat(2.0) * ((s_x * y.isi + s_y * x.isi) * whole * whole)
    }
}

/// The distance to the other train, between those of the spikes around.
#[inline(always)]
fn distance<V: Real>(x: Running<V>, time: V) -> V {
    let [before, after] = x.distances;
    before + (after - before) * x.inverse * (time - x.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The profile by its definition, averaged over many midpoints.
    fn sampled(a: &[f64], b: &[f64], (from, to): (f64, f64), samples: usize) -> f64 {
        let extended = |t: &[f64]| {
            let n = t.len();
            let mut e = vec![from.min(2.0 * t[0] - t[1])];
            e.extend(t);
            e.push(to.max(2.0 * t[n - 1] - t[n - 2]));
            e
        };
        let (ea, eb) = (extended(a), extended(b));
        let nearest = |t: f64, e: &[f64]| e.iter().map(|x| (x - t).abs()).fold(f64::MAX, f64::min);
        let state = |t: f64, own: &[f64], other: &[f64]| {
            let after = own.iter().position(|x| *x > t).unwrap();
            let inner = |i: usize| own[i.clamp(1, own.len() - 2)];
            let (d0, d1) = (nearest(inner(after - 1), other), nearest(inner(after), other));
            let (p, f) = (own[after - 1], own[after]);
            ((d0 * (f - t) + d1 * (t - p)) / (f - p), f - p)
        };
        let at = |i: usize| {
            let t = from + (to - from) * (i as f64 + 0.5) / samples as f64;
            let ((s_a, x), (s_b, y)) = (state(t, &ea, &eb), state(t, &eb, &ea));
            (s_a * y + s_b * x) / (0.5 * (x + y) * (x + y))
        };
        (0..samples).map(at).sum::<f64>() / samples as f64
    }

    #[test]
    fn the_integral_is_that_of_the_profile() {
        let (a, b) = ([0.1, 0.7, 1.3, 2.9], [0.2, 0.7, 0.8, 2.0]);
        let got = spike_distance(&a, &b, (0.0, 3.0)).unwrap();
        assert!((got - sampled(&a, &b, (0.0, 3.0), 30_000)).abs() < 1e-6);
        assert_eq!(got, spike_distance(&b, &a, (0.0, 3.0)).unwrap());
    }

    #[test]
    fn spikes_on_the_edges_equal_empty_and_single_trains() {
        let w = (0.0, 4.0);
        assert_eq!(spike_distance(&[0.0, 1.0, 4.0], &[0.0, 1.0, 4.0], w).unwrap(), 0.0);
        assert_eq!(spike_distance(&[], &[], w).unwrap(), 0.0);
        assert_eq!(spike_distance(&[], &[0.0, 4.0], w).unwrap(), 0.0);
        let pairs = [
            (&[0.0][..], &[4.0][..]),
            (&[4.0], &[4.0]),
            (&[2.0], &[]),
            (&[0.0], &[0.0, 1.0]),
            (&[0.0, 1e-310], &[0.0]),
        ];
        for (a, b) in pairs {
            let d = spike_distance(a, b, w).unwrap();
            assert!((0.0..=1.0).contains(&d), "{a:?} {b:?}: {d}");
            assert_eq!(d, spike_distance(b, a, w).unwrap());
        }
    }

    #[test]
    fn bad_input_is_refused() {
        let w = (0.0, 3.0);
        assert!(spike_distance(&[1.0, 1.0], &[], w).is_err());
        assert!(spike_distance(&[2.0, 1.0], &[], w).is_err());
        assert!(spike_distance(&[f64::NAN], &[], w).is_err());
        assert!(spike_distance(&[-0.1], &[], w).is_err());
        assert!(spike_distance(&[], &[], (0.0, f64::INFINITY)).is_err());
    }
}
