//! `Paired`: whether one of two classifiers is better, from their answers to the same samples.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

use rheobase_base::{Error, Result};

/// Two classifiers on the same samples: McNemar's test in its exact form (doi:10.1007/BF02295996).
///
/// Only samples that one of them gets right and the other wrong say which is better; were they equally good, each of those
/// would be as likely to be the one's as the other's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// Samples that both get right.
    pub both: usize,
    /// Samples that only the first gets right.
    pub first: usize,
    /// Samples that only the second gets right.
    pub second: usize,
    /// Samples that neither gets right.
    pub neither: usize,
    /// Chance of a difference as large as this or larger, were they equally good: two-sided, in (0, 1].
    pub p: f64,
}

impl Paired {
    /// Compares the classes that two classifiers gave with the true ones.
    ///
    /// # Errors
    /// [`Error::Shape`] for lists of different lengths.
    pub fn new(labels: &[u32], first: &[usize], second: &[usize]) -> Result<Paired> {
        if first.len() != labels.len() || second.len() != labels.len() {
            return Err(Error::shape(
                "paired test",
                "predictions",
                format!("{} and {}", first.len(), second.len()),
                format!("one for each of the {} labels is needed", labels.len()),
            ));
        }
        let mut counts = [[0; 2]; 2];
        for ((label, a), b) in labels.iter().zip(first).zip(second) {
            let right = |class: &usize| usize::from(*class == *label as usize);
            counts[right(a)][right(b)] += 1;
        }
        let [[neither, second], [first, both]] = counts;
        Ok(Paired { both, first, second, neither, p: two_sided(first, second) })
    }
}

/// Chance that a fair coin thrown `a + b` times is at least as far from even as `a` against `b`.
fn two_sided(a: usize, b: usize) -> f64 {
    let coin = Binomial::new(0.5, (a + b) as u64);
    coin.map_or(1.0, |coin| (2.0 * coin.cdf(a.min(b) as u64)).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_is_that_of_a_fair_coin() {
        // R: binom.test(2, 12)$p.value, binom.test(10, 15), binom.test(0, 1).
        for ((a, b), p) in
            [((2, 10), 0.038_574_218_75), ((5, 10), 0.301_757_812_5), ((0, 1), 1.0), ((0, 0), 1.0)]
        {
            assert!((two_sided(a, b) - p).abs() < 1e-12 && two_sided(a, b) == two_sided(b, a), "{a} {b}");
        }
        let paired = Paired::new(&[0, 1, 2, 3, 4], &[0, 1, 2, 0, 0], &[0, 1, 1, 3, 0]).unwrap();
        assert_eq!((paired.both, paired.first, paired.second, paired.neither, paired.p), (2, 1, 1, 1, 1.0));
        let error = Paired::new(&[0, 1], &[0], &[0, 1]).unwrap_err().to_string();
        assert!(error.contains("one for each of the 2 labels"), "{error}");
    }
}
