//! How the spikes of two trains lie between each other: for every spike, how many of the other train are not later.

use rayon::prelude::*;

/// Counts for a pair of trains in strictly ascending order.
#[derive(Default)]
pub(crate) struct Interleaving {
    /// For each spike of the first train, the spikes of the second that are not later.
    pub(crate) first: Vec<u32>,
    /// For each spike of the second train, the spikes of the first that are not later.
    pub(crate) second: Vec<u32>,
}

impl Interleaving {
    /// By merging the two trains.
    pub(crate) fn merge(&mut self, a: &[f64], b: &[f64]) {
        count_not_later(a, b, &mut self.first);
        count_not_later(b, a, &mut self.second);
    }

    /// From `table`, the counts of the second train below every rank, without comparing times: no unpredictable branches.
    pub(crate) fn look_up(&mut self, table: &[u32], a: &Ranked, b: &Ranked) {
        self.first.clear();
        self.second.clear();
        self.second.resize(b.ranks.len() + 1, 0);
        let second = &mut self.second[..];
        self.first.extend(a.ranks.iter().zip(1..).map(|(rank, number)| {
            let rank = *rank as usize;
            // Spikes of the second train that are not earlier follow this one; a later spike overwrites.
            second[table[rank] as usize] = number;
            table[rank + 1]
        }));
        self.second.pop();
        let mut most = 0;
        for count in &mut self.second {
            most = most.max(*count);
            *count = most;
        }
    }
}

fn count_not_later(of: &[f64], other: &[f64], counts: &mut Vec<u32>) {
    let mut n = 0;
    counts.clear();
    counts.extend(of.iter().map(|t| {
        while n < other.len() && other[n] <= *t {
            n += 1;
        }
        n as u32
    }));
}

/// A train's spikes by their place among all distinct times of a population.
pub(crate) struct Ranked {
    ranks: Vec<u32>,
}

impl Ranked {
    /// For each train its ranks, and how many ranks there are.
    pub(crate) fn all(trains: &[&[f64]]) -> (Vec<Ranked>, usize) {
        let mut times = trains.concat();
        times.par_sort_unstable_by(f64::total_cmp);
        times.dedup();
        let ranks = |train: &&[f64]| Ranked {
            ranks: train.iter().map(|t| times.partition_point(|x| x < t) as u32).collect(),
        };
        (trains.par_iter().map(ranks).collect(), times.len())
    }

    /// The number of this train's spikes below each rank, and at the end all of them.
    pub(crate) fn table(&self, ranks: usize) -> Vec<u32> {
        let mut table = vec![0; ranks + 1];
        for (i, &rank) in self.ranks.iter().enumerate() {
            let until = self.ranks.get(i + 1).map_or(ranks, |next| *next as usize);
            table[rank as usize + 1..=until].fill(i as u32 + 1);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_the_same_counts() {
        let trains: [&[f64]; 5] =
            [&[1.0, 2.0, 3.0], &[0.5, 2.0, 2.5, 4.0, 5.0], &[], &[3.0], &[-0.0, 0.25, 0.5, 0.75, 9.0]];
        let (ranked, ranks) = Ranked::all(&trains);
        let (mut merged, mut looked_up) = (Interleaving::default(), Interleaving::default());
        for (a, ra) in trains.iter().zip(&ranked) {
            for (b, rb) in trains.iter().zip(&ranked) {
                merged.merge(a, b);
                looked_up.look_up(&rb.table(ranks), ra, rb);
                assert_eq!(merged.first, looked_up.first, "{a:?} {b:?}");
                assert_eq!(merged.second, looked_up.second, "{a:?} {b:?}");
            }
        }
        merged.merge(trains[0], trains[1]);
        assert_eq!(merged.first, [1, 2, 3]);
        assert_eq!(merged.second, [0, 2, 2, 3, 3]);
    }
}
