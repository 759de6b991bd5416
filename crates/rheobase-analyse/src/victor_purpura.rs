//! Victor-Purpura distance: the cheapest way to turn one spike train into the other.

use rheobase_base::check::{self, bad};
use rheobase_base::{Cancel, Result};

/// The Victor-Purpura spike-time distance of two trains.
///
/// Deleting or inserting a spike costs 1, moving it by dt costs `cost` * |dt|; the distance is the least total cost.
/// `a` and `b` are spike times in s, ascending, equal times allowed (each counts); `cost` q is in 1/s, from 0 (the
/// difference of the counts) to infinity (spikes match only at equal times). An empty train is as far as the other has
/// spikes. Rounding is at most about 1e-16 per spike.
///
/// Two spikes further apart than 2/q are never moved onto each other, so only spikes within that reach are compared: time
/// is proportional to the number of such pairs, at worst the product of the counts.
///
/// J. D. Victor, K. P. Purpura, J Neurophysiol 76:1310 (1996), doi:10.1152/jn.1996.76.2.1310.
///
/// # Errors
/// Times not finite or not ascending; `cost` negative or NaN.
pub fn victor_purpura(a: &[f64], b: &[f64], cost: f64) -> Result<f64> {
    const PLACE: &str = "victor_purpura";
    check::sorted(PLACE, "a", a)?;
    check::sorted(PLACE, "b", b)?;
    check_cost(PLACE, cost)?;
    let distance = between(a, b, cost, &mut Vec::new());
    Cancel::current().check().map(|()| distance)
}

pub(crate) fn check_cost(place: &str, cost: f64) -> Result<()> {
    if cost >= 0.0 {
        return Ok(());
    }
    Err(bad(place, "cost", None, format!("{cost} /s"), "must be >= 0 (infinity is allowed)"))
}

/// The distance of checked trains; `saved` is scratch.
///
/// Counting what matching saves against deleting and inserting everything (2 - q |dt| per match) instead of costs, a row of
/// the dynamic programme differs from the one before only within the reach of its spike.
pub(crate) fn between(a: &[f64], b: &[f64], cost: f64, saved: &mut Vec<f64>) -> f64 {
    if cost == 0.0 {
        return a.len().abs_diff(b.len()) as f64;
    }
    let saving = |x: f64, y: f64| if x == y { 2.0 } else { 2.0 - cost * (x - y).abs() };
    saved.clear();
    saved.push(0.0);
    // Spikes begin..end of b are in reach; saved[j] is the best with the first j of b, constant from saved[end] on.
    let (mut begin, mut end) = (0, 0);
    let cancel = Cancel::current();
    for &x in a.iter().take_while(|_| !cancel.is_asked()) {
        while end < b.len() && (b[end] <= x || saving(x, b[end]) > 0.0) {
            saved.push(saved[end]);
            end += 1;
        }
        while begin < end && b[begin] < x && saving(x, b[begin]) <= 0.0 {
            begin += 1;
        }
        let (mut left, mut diagonal) = (saved[begin], saved[begin]);
        for (&y, best) in b[begin..end].iter().zip(&mut saved[begin + 1..=end]) {
            let above = *best;
            let matched = diagonal + saving(x, y);
            let without = if matched > above { matched } else { above };
            left = if without > left { without } else { left };
            *best = left;
            diagonal = above;
        }
    }
    ((a.len() + b.len()) as f64 - saved[end]).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The recurrence as published.
    fn plain(a: &[f64], b: &[f64], q: f64) -> f64 {
        let mut row: Vec<f64> = (0..=b.len()).map(|j| j as f64).collect();
        for (i, x) in a.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = (i + 1) as f64;
            for (j, y) in b.iter().enumerate() {
                let moved = diagonal + if x == y { 0.0 } else { q * (x - y).abs() };
                diagonal = row[j + 1];
                row[j + 1] = moved.min(row[j] + 1.0).min(diagonal + 1.0);
            }
        }
        row[b.len()]
    }

    fn train(n: usize, seed: usize) -> Vec<f64> {
        let mut t = 0.0;
        (0..n)
            .map(|i| {
                t += 0.001 * ((i * 7919 + seed * 104_729) % 61) as f64;
                t
            })
            .collect()
    }

    #[test]
    fn equals_the_published_recurrence() {
        for (n, m) in [(40, 40), (60, 13), (1, 50), (25, 24)] {
            let (a, b) = (train(n, 3), train(m, 8));
            for q in [0.0, 0.1, 1.0, 10.0, 50.0, 1e4, f64::INFINITY] {
                let got = victor_purpura(&a, &b, q).unwrap();
                assert!((got - plain(&a, &b, q)).abs() < 1e-12, "{n} {m} {q}");
                assert_eq!(got, victor_purpura(&b, &a, q).unwrap());
            }
        }
    }

    #[test]
    fn hand_computed_and_empty() {
        assert_eq!(victor_purpura(&[1.0], &[1.25], 2.0).unwrap(), 0.5);
        assert_eq!(victor_purpura(&[1.0], &[5.0], 2.0).unwrap(), 2.0);
        assert_eq!(victor_purpura(&[], &[5.0, 5.0], 2.0).unwrap(), 2.0);
        assert_eq!(victor_purpura(&[], &[], 2.0).unwrap(), 0.0);
        assert_eq!(victor_purpura(&[1.0, 2.0], &[1.0, 2.5], f64::INFINITY).unwrap(), 2.0);
    }

    #[test]
    fn bad_input_is_refused() {
        assert!(victor_purpura(&[2.0, 1.0], &[], 1.0).is_err());
        assert!(victor_purpura(&[f64::NAN], &[], 1.0).is_err());
        assert!(victor_purpura(&[], &[], -1.0).is_err());
        assert!(victor_purpura(&[], &[], f64::NAN).is_err());
    }
}
