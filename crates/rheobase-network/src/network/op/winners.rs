//! `KWinners`: only the first neurons to fire pass, one per feature, none within a radius of another.

use super::elementwise::where_not_zero;
use super::maps::{back_where_sent, sparse};
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::Signal;
use crate::vision::{check_k, maps_of};
use rheobase_base::Result;
use rheobase_sim::compete::{Candidate, search};
use rheobase_sim::population::Memory;

/// Passes on the values of at most `k` winners since the reset, from the step in which they win: those that fire first, in
/// the same step the largest, then the lowest index. Values that are not above 0 do not win.
#[derive(Debug, Clone)]
pub(crate) struct KWinners {
    k: usize,
    radius: usize,
    shape: [usize; 3],
    width: usize,
}

impl KWinners {
    /// # Errors
    /// `k` = 0; inputs that are not [feature, row, column].
    pub(crate) fn new(place: &str, k: usize, radius: usize, input: &[usize]) -> Result<KWinners> {
        check_k(place, k)?;
        let shape = maps_of(place, input)?;
        Ok(KWinners { k, radius, shape, width: input.iter().product() })
    }

    /// Finds the winners of a step among neurons that neither have won nor may not win any more.
    fn step(&self, won: &mut [f32], index: &[u32], value: &[f32]) {
        let before: Vec<Candidate> = winners(won).map(|i| Candidate::new(i, self.shape, 0.0)).collect();
        let firing = index.iter().zip(value).filter(|(i, v)| **v > 0.0 && won[**i as usize] == 0.0);
        let left = self.k.saturating_sub(before.len());
        if left == 0 {
            return;
        }
        let candidates = firing
            .map(|(i, v)| Candidate::new(*i as usize, self.shape, f64::from(*v)))
            .filter(|c| !before.iter().any(|winner| winner.excludes(c, self.radius)));
        for [feature, row, column] in search(candidates.collect(), left, self.radius, |_, _| false) {
            won[(feature * self.shape[1] + row) * self.shape[2] + column] = 1.0;
        }
    }
}

fn winners(won: &[f32]) -> impl Iterator<Item = usize> {
    won.iter().enumerate().filter(|(_, won)| **won != 0.0).map(|(i, _)| i)
}

impl Operator for KWinners {
    /// Who has won.
    fn fresh(&self, samples: usize) -> Memory {
        Memory { fields: vec![vec![0.0; samples * self.width]], ..Memory::default() }
    }

    fn forward(
        &self,
        _: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        memory: &mut Memory,
        out: &mut Signal,
    ) {
        let ([input], Some(won)) = (inputs, memory.fields.first_mut()) else { return };
        sparse(input, self.width, out, |sample, index, value, send| {
            let won = &mut won[sample * self.width..(sample + 1) * self.width];
            self.step(won, index, value);
            for (i, v) in index.iter().zip(value).filter(|(i, _)| won[**i as usize] != 0.0) {
                send(*i, *v);
            }
        });
        out.reach = where_not_zero(&input.reach, out);
    }

    /// Who wins is a constant.
    fn backward(&self, _: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        back_where_sent(back);
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::op::testing::{as_events, run, signal};

    #[test]
    fn the_first_k_win_and_go_on() {
        // Three features over two places.
        let steps = [
            signal(1, &[0.0, 0.0, 0.0, 2.0, 0.0, 1.0]),
            signal(1, &[3.0, 9.0, 4.0, 2.5, 5.0, 1.5]),
            signal(1, &[9.0; 6]),
        ];
        let op = |k, radius| KWinners::new("k", k, radius, &[3, 1, 2]).unwrap();
        let three = run(&op(5, 0), &steps);
        assert_eq!(three[0], [0.0, 0.0, 0.0, 2.0, 0.0, 1.0]);
        assert_eq!(three[1], [0.0, 9.0, 0.0, 2.5, 0.0, 1.5]);
        assert_eq!(run(&op(5, 0), &steps.each_ref().map(as_events)), three);
        assert_eq!(run(&op(1, 0), &steps)[2], [0.0, 0.0, 0.0, 9.0, 0.0, 0.0]);
        assert_eq!(run(&op(5, 1), &steps)[2], [0.0, 0.0, 0.0, 9.0, 0.0, 0.0]);
        let error = KWinners::new("k", 0, 0, &[3, 1, 2]).unwrap_err().to_string();
        assert!(error.contains("k.k = 0: must be at least 1"), "{error}");
    }
}
