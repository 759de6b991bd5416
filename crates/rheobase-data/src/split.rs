//! Parts of a data set in which every class has its share.

use super::dataset::Dataset;
use super::shuffle::keys;
use rheobase_base::random::Stream;
use rheobase_base::{Error, Result};

impl Dataset {
    /// Disjoint random parts with the given shares of the samples, of every class alike; what the shares leave is in
    /// no part. See [`Dataset::split_indices`].
    ///
    /// A share becomes a whole number of samples; what rounding down leaves goes to the largest remainders.
    ///
    /// # Errors
    /// [`Error::Value`] if a fraction is not above 0, they sum to more than 1, or a part would be empty.
    pub fn split_stratified(&self, fractions: &[f64], seed: u64) -> Result<Vec<Dataset>> {
        let sizes = self.sizes(fractions)?;
        self.split_indices(&sizes, seed)?.iter().map(|part| self.subset(part)).collect()
    }

    /// The samples of disjoint random parts of the given sizes, each in random order.
    ///
    /// A class's samples in a part are its share rounded down or up (for the parts after the first, its share of what
    /// the parts before left). The parts are the same for the same labels, sizes and `seed`, on every machine.
    /// Without labels all samples are one class.
    ///
    /// # Errors
    /// [`Error::Value`] if a size is 0, or all together exceed the number of samples.
    pub fn split_indices(&self, sizes: &[usize], seed: u64) -> Result<Vec<Vec<usize>>> {
        let samples = self.samples();
        if let Some(part) = sizes.iter().position(|&n| n == 0) {
            return Err(self.fault("split", Some(part), 0, "a part needs at least one sample".into()));
        }
        if sizes.iter().try_fold(0_usize, |sum, &n| sum.checked_add(n)).is_none_or(|sum| sum > samples) {
            let rule = format!("there are only {samples} samples to split");
            return Err(self.fault("split", None, format!("{sizes:?}"), rule));
        }
        let stream = Stream::new(seed, "split", "");
        let class = |i: usize| self.labels().get(i).copied().unwrap_or_default();
        let mut left: Vec<usize> = (0..samples).collect();
        left.sort_by_cached_key(|&i| (class(i), keys(&stream, 0, i).0, i));
        Ok(sizes
            .iter()
            .map(|&size| {
                let (mut part, rest) = every_nth(&left, size);
                left = rest;
                // Other bits than those that chose them.
                part.sort_by_cached_key(|&i| (keys(&stream, 0, i).1, i));
                part
            })
            .collect())
    }

    fn sizes(&self, fractions: &[f64]) -> Result<Vec<usize>> {
        let wrong = |i, value: f64, rule: &str| Err(self.fault("split", i, value, rule.into()));
        if let Some(i) = fractions.iter().position(|f| !(*f > 0.0 && *f <= 1.0)) {
            return wrong(Some(i), fractions[i], "a fraction lies above 0 and not above 1");
        }
        let sum: f64 = fractions.iter().sum();
        // Decimal fractions such as 0.7 + 0.2 + 0.1 do not sum to 1 exactly.
        if sum > 1.0 + 1e-9 {
            return wrong(None, sum, "the fractions together must not exceed 1");
        }
        let samples = self.samples();
        let shares: Vec<f64> = fractions.iter().map(|f| f * samples as f64).collect();
        let mut sizes: Vec<usize> = shares.iter().map(|s| (s + 1e-9).floor() as usize).collect();
        let total = ((sum * samples as f64 + 1e-6).floor() as usize).min(samples);
        let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
        by_remainder
            .sort_by(|&a, &b| (shares[b] - sizes[b] as f64).total_cmp(&(shares[a] - sizes[a] as f64)));
        for i in by_remainder.into_iter().take(total.saturating_sub(sizes.iter().sum())) {
            sizes[i] += 1;
        }
        if let Some(i) = sizes.iter().position(|&n| n == 0) {
            return wrong(Some(i), fractions[i], "leaves this part without a sample; take a larger share");
        }
        Ok(sizes)
    }
}

/// `size` elements of `all` at even distances, and the others. Of any run of `k` elements, `k·size / all.len()` are
/// taken, rounded down or up: runs of one class get their share.
fn every_nth(all: &[usize], size: usize) -> (Vec<usize>, Vec<usize>) {
    let before = |j: usize| j as u128 * size as u128 / all.len() as u128;
    let (taken, rest): (Vec<_>, Vec<_>) =
        all.iter().enumerate().partition(|&(j, _)| before(j + 1) > before(j));
    let values = |v: Vec<(usize, &usize)>| v.into_iter().map(|(_, &i)| i).collect();
    (values(taken), values(rest))
}

/// The two parts of a split that has two.
pub(super) fn pair(parts: Vec<Dataset>) -> Result<(Dataset, Dataset)> {
    <[Dataset; 2]>::try_from(parts)
        .map(|[a, b]| (a, b))
        .map_err(|parts| Error::unsupported("split", format!("two parts are needed, not {}", parts.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Inputs;

    fn data(labels: Vec<u32>) -> Dataset {
        let values = (0..labels.len()).map(|i| i as f32).collect();
        Dataset::new("toy", [1], Inputs::Static(values), labels).unwrap()
    }

    #[test]
    fn parts_are_disjoint_complete_and_stratified() {
        let labels: Vec<u32> = (0..997).map(|i| [0, 0, 0, 1, 1, 2, 3][i % 7]).collect();
        let all = data(labels);
        let sizes = [600, 250, 147];
        let parts = all.split_indices(&sizes, 5).unwrap();
        let mut together: Vec<usize> = parts.concat();
        together.sort_unstable();
        assert_eq!(together, (0..997).collect::<Vec<_>>());
        for (part, size) in parts.iter().zip(sizes) {
            assert_eq!(part.len(), size);
            let got = all.subset(part).unwrap().class_counts();
            for (n, total) in got.iter().zip(all.class_counts()) {
                let share = total as f64 * size as f64 / 997.0;
                assert!((*n as f64 - share).abs() < 2.0, "{n} of {share}");
            }
        }
        assert_eq!(parts, all.split_indices(&sizes, 5).unwrap());
        assert_ne!(parts, all.split_indices(&sizes, 6).unwrap());
    }

    #[test]
    fn fractions_become_sizes() {
        let all = data((0..10).map(|i| i % 2).collect());
        let sizes = |f: &[f64]| {
            all.split_stratified(f, 0).map(|p| p.iter().map(Dataset::samples).collect::<Vec<_>>())
        };
        assert_eq!(sizes(&[0.7, 0.2, 0.1]).unwrap(), [7, 2, 1]);
        assert_eq!(sizes(&[1.0 / 3.0; 3]).unwrap().iter().sum::<usize>(), 10);
        assert_eq!(sizes(&[0.5]).unwrap(), [5]);
        assert!(sizes(&[]).unwrap().is_empty());
        for bad in [&[0.0][..], &[f64::NAN], &[-0.1], &[0.6, 0.6], &[1.5], &[0.95, 0.01]] {
            assert!(sizes(bad).unwrap_err().to_string().starts_with("toy.split"), "{bad:?}");
        }
        assert!(all.split_indices(&[11], 0).unwrap_err().to_string().contains("only 10"));
        assert!(all.split_indices(&[usize::MAX, 2], 0).is_err());
        assert!(all.split_indices(&[0], 0).is_err());
    }

    #[test]
    fn without_labels_it_is_a_plain_random_split() {
        let all = data((0..10).collect());
        let bare = Dataset::new("bare", [1], all.inputs().clone(), Vec::new()).unwrap();
        let parts = bare.split_indices(&[4, 6], 1).unwrap();
        assert_eq!((parts[0].len(), parts[1].len()), (4, 6));
    }
}
