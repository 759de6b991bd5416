//! Coincidences of two spike trains within a reach that follows the local intervals.

use rheobase_models::Real;

/// How many spikes of two trains pair up, by which of the two comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Coincidences {
    pub(crate) a_first: usize,
    pub(crate) b_first: usize,
    pub(crate) together: usize,
}

/// Half the shorter of the intervals on either side of each spike; `missing` stands for an interval that is not there.
pub(crate) fn reach(times: &[f64], missing: f64) -> Vec<f64> {
    let before = |i: usize| if i == 0 { missing } else { times[i] - times[i - 1] };
    (0..times.len())
        .map(|i| {
            let after = if i + 1 == times.len() { missing } else { times[i + 1] - times[i] };
            0.5 * Real::min(before(i), after)
        })
        .collect()
}

/// Counts pairs of spikes that are less than both their reaches and at most `max_lag` apart.
///
/// Reaches are at most half of an interval, so no spike is in two pairs, and only neighbours in the merged order can be one.
pub(crate) fn count(a: (&[f64], &[f64]), b: (&[f64], &[f64]), max_lag: f64) -> Coincidences {
    let ((times_a, reach_a), (times_b, reach_b)) = (a, b);
    let (mut i, mut j) = (0, 0);
    let mut found = Coincidences { a_first: 0, b_first: 0, together: 0 };
    let near = |i: usize, j: usize| {
        let lag = (times_a[i] - times_b[j]).abs();
        lag < Real::min(reach_a[i], reach_b[j]) && lag <= max_lag
    };
    while i < times_a.len() && j < times_b.len() {
        if times_a[i] == times_b[j] {
            found.together += 1;
            i += 1;
            j += 1;
        } else if times_a[i] < times_b[j] {
            // The later spike is the next of its train, the earlier one the last before it.
            let next_is_later = i + 1 == times_a.len() || times_a[i + 1] > times_b[j];
            found.a_first += usize::from(next_is_later && near(i, j));
            i += 1;
        } else {
            let next_is_later = j + 1 == times_b.len() || times_b[j + 1] > times_a[i];
            found.b_first += usize::from(next_is_later && near(i, j));
            j += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_comparison_of_all_pairs() {
        let train = |step: usize, n: usize| -> Vec<f64> {
            let mut t = 0.0;
            (0..n)
                .map(|i| {
                    t += 0.01 * (1 + (i * step) % 17) as f64;
                    t
                })
                .collect()
        };
        for (n, m, missing) in [(30, 40, 1.0), (1, 1, 5.0), (0, 3, 1.0), (50, 7, 0.02)] {
            let (a, b) = (train(7, n), train(5, m));
            let (ra, rb) = (reach(&a, missing), reach(&b, missing));
            for max_lag in [f64::INFINITY, 0.02] {
                let mut want = Coincidences { a_first: 0, b_first: 0, together: 0 };
                for (x, rx) in a.iter().zip(&ra) {
                    for (y, ry) in b.iter().zip(&rb) {
                        let lag = y - x;
                        let close = lag.abs() < rx.min(*ry) && lag.abs() <= max_lag;
                        want.a_first += usize::from(close && lag > 0.0);
                        want.b_first += usize::from(close && lag < 0.0);
                        want.together += usize::from(lag == 0.0);
                    }
                }
                assert_eq!(count((&a, &ra), (&b, &rb), max_lag), want, "{n} {m} {max_lag}");
            }
        }
    }
}
