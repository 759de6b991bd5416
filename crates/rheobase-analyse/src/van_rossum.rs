//! Van Rossum distance: how different two spike trains are once every spike has an exponential tail.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use rheobase_base::Result;
use rheobase_base::check::{self, bad};

/// The van Rossum distance of two trains.
///
/// Each spike becomes exp(-t/tau) for t >= 0; the distance is D with D^2 = 1/tau times the integral of the squared
/// difference over all later time. One spike against none is at sqrt(1/2), as published (Elephant's values are larger by
/// sqrt(2)). `a` and `b` are spike times in s, ascending, equal times allowed (each counts); `tau` is in s, infinity
/// allowed (the difference of the counts over sqrt(2)). Empty trains are fine.
///
/// The integral is taken in closed form in one pass over both trains: D^2 = sum over spikes of s (s/2 + m), s = +1 or -1
/// by train, m the decaying sum of earlier s. Only differences of the trains enter, so nothing cancels for similar ones.
///
/// M. C. W. van Rossum, Neural Comput 13:751 (2001), doi:10.1162/089976601300014321; running sums as in C. Houghton,
/// T. Kreuz, Network 23:48 (2012), doi:10.3109/0954898X.2012.673048.
///
/// # Errors
/// Times not finite or not ascending; `tau` not > 0.
pub fn van_rossum(a: &[f64], b: &[f64], tau: f64) -> Result<f64> {
    const PLACE: &str = "van_rossum";
    check::sorted(PLACE, "a", a)?;
    check::sorted(PLACE, "b", b)?;
    check_tau(PLACE, tau)?;
    Ok(between(a, b, tau, &mut Scratch::default()))
}

pub(crate) fn check_tau(place: &str, tau: f64) -> Result<()> {
    if tau > 0.0 { Ok(()) } else { Err(bad(place, "tau", None, format!("{tau} s"), "must be > 0 s")) }
}

/// Memory for one pair, to be used again for the next.
#[derive(Default)]
pub(crate) struct Scratch {
    /// How much of a mark is left from one time to the next.
    decays: Vec<f64>,
    /// The sum of the signs of the spikes at each time.
    signs: Vec<f64>,
}

/// The distance of checked trains.
pub(crate) fn between(a: &[f64], b: &[f64], tau: f64, scratch: &mut Scratch) -> f64 {
    let Scratch { decays, signs } = scratch;
    decays.clear();
    signs.clear();
    let (mut i, mut j) = (0, 0);
    let mut last = None;
    while i < a.len() || j < b.len() {
        let now = match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) => x.min(*y),
            (Some(x), None) => *x,
            (None, Some(y)) => *y,
            (None, None) => break,
        };
        // Spikes at one time act as one of their summed sign: equal trains are exactly 0 apart.
        let mut sign = 0.0;
        while a.get(i) == Some(&now) {
            sign += 1.0;
            i += 1;
        }
        while b.get(j) == Some(&now) {
            sign -= 1.0;
            j += 1;
        }
        if sign != 0.0 {
            decays.push(now - last.unwrap_or(now));
            signs.push(sign);
            last = Some(now);
        }
    }
    f64::dispatch(Level::best(), Decay { gaps: decays, tau });
    let (mut squared, mut mark) = (0.0, 0.0);
    for (sign, decay) in signs.iter().zip(decays) {
        mark *= *decay;
        squared += sign * (0.5 * sign + mark);
        mark += sign;
    }
    f64::max(squared, 0.0).sqrt()
}

/// Turns gaps into what is left after them.
struct Decay<'a> {
    gaps: &'a mut [f64],
    tau: f64,
}

impl Kernel<f64> for Decay<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = f64>>(self) {
        let tau = V::broadcast(self.tau);
        for gap in self.gaps.chunks_mut(V::WIDTH) {
            (-V::load(gap) / tau).exp().store(gap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half the sum over all pairs of spikes of +-exp(-|dt|/tau).
    fn plain(a: &[f64], b: &[f64], tau: f64) -> f64 {
        let all: Vec<(f64, f64)> = a.iter().map(|t| (*t, 1.0)).chain(b.iter().map(|t| (*t, -1.0))).collect();
        let pair = |x: &(f64, f64), y: &(f64, f64)| x.1 * y.1 * (-(x.0 - y.0).abs() / tau).exp();
        let sum: f64 = all.iter().map(|x| all.iter().map(|y| pair(x, y)).sum::<f64>()).sum();
        (0.5 * sum).max(0.0).sqrt()
    }

    #[test]
    fn equals_the_double_sum() {
        let a = [0.1, 0.5, 0.5, 0.9, 2.0, 2.01];
        let b = [0.0, 0.5, 0.95, 3.0];
        for tau in [0.001, 0.1, 1.0, 100.0, f64::INFINITY] {
            let got = van_rossum(&a, &b, tau).unwrap();
            assert!((got - plain(&a, &b, tau)).abs() < 1e-14, "{tau}");
            assert_eq!(got, van_rossum(&b, &a, tau).unwrap());
        }
    }

    #[test]
    fn one_against_none_equal_trains_and_tiny_differences() {
        assert_eq!(van_rossum(&[1.0], &[], 0.1).unwrap(), 0.5_f64.sqrt());
        assert_eq!(van_rossum(&[], &[], 0.1).unwrap(), 0.0);
        assert_eq!(van_rossum(&[0.1, 0.2, 0.2], &[0.1, 0.2, 0.2], 0.1).unwrap(), 0.0);
        // Spikes dt apart: D^2 = 1 - exp(-dt/tau).
        let got = van_rossum(&[1.0], &[1.0 + 2.0_f64.powi(-40)], 1.0).unwrap();
        assert!((got / 2.0_f64.powi(-20) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn bad_input_is_refused() {
        assert!(van_rossum(&[2.0, 1.0], &[], 1.0).is_err());
        assert!(van_rossum(&[], &[f64::INFINITY], 1.0).is_err());
        assert!(van_rossum(&[], &[], 0.0).is_err());
        assert!(van_rossum(&[], &[], f64::NAN).is_err());
    }
}
