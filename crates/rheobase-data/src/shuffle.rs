//! Random orders by address: where an element goes depends on its key alone.

use rheobase_base::random::Stream;

/// The numbers from 0 to `count − 1` in the random order of (`stream`, `round`): sorted by 64 random bits each.
///
/// The order of round 5 does not depend on whether rounds 0 to 4 were drawn, so training can go on at any epoch.
pub fn order(count: usize, stream: &Stream, round: u64) -> Vec<usize> {
    let mut keyed: Vec<(u64, usize)> = (0..count).map(|i| (keys(stream, round, i).0, i)).collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, i)| i).collect()
}

/// Two independent numbers of 64 bits for element `i`.
pub(super) fn keys(stream: &Stream, round: u64, i: usize) -> (u64, u64) {
    let i = i as u64;
    let [a, b, c, d] = stream.quad(round, (i >> 32) as u32, i as u32);
    (u64::from(a) << 32 | u64::from(b), u64::from(c) << 32 | u64::from(d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_hold_every_number_once_and_differ_by_round_and_seed() {
        let stream = Stream::new(1, "shuffle", "");
        let first = order(100, &stream, 0);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        assert_eq!(first, order(100, &stream, 0));
        assert_ne!(first, order(100, &stream, 1));
        assert_ne!(first, order(100, &Stream::new(2, "shuffle", ""), 0));
        assert!(order(0, &stream, 0).is_empty());
    }

    /// Every place is as likely for the first element: 10 places, 5,000 rounds, chi-squared below its 99.9 % point
    /// for 9 degrees of freedom.
    #[test]
    fn places_are_equally_likely() {
        let stream = Stream::new(3, "shuffle", "");
        let mut counts = [0_u32; 10];
        for round in 0..5000 {
            counts[order(10, &stream, round).iter().position(|&i| i == 0).unwrap()] += 1;
        }
        let chi: f64 = counts.iter().map(|&c| (f64::from(c) - 500.0).powi(2) / 500.0).sum();
        assert!(chi < 27.88, "{counts:?}");
    }
}
