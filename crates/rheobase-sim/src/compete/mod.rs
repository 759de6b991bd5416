//! Competition within a layer: k winners per sample and step, and the silence they impose.

mod rank;
mod search;

pub use rank::Ranking;
pub use search::{Candidate, search};

use std::fmt;

use rheobase_models::lanes::Elem;

/// Whom a winner silences, besides itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every neuron of its feature map.
    Feature,
    /// Every feature at its place.
    Location,
    /// The whole layer.
    Layer,
    /// Nobody, not even itself.
    Nobody,
}

/// k-winners-take-all over a layer of shape [C, H, W].
///
/// In each step and sample up to `k` winners are found among the neurons that fire: the best by `ranking`, one per
/// feature map, none within `radius` (rows and columns) of an earlier winner. Then every neuron in the `scope` of a
/// winner is silenced for `silence` steps. Competition does not take back the spikes of this step.
///
/// Mozafari et al. 2019 (SpykeTorch), doi:10.3389/fnins.2019.00625.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Competition {
    /// Winners per sample and step at most.
    pub k: usize,
    /// Inhibition radius among winners; 0 for none.
    pub radius: usize,
    /// Whom winners silence.
    pub scope: Scope,
    /// For how many steps.
    pub silence: u32,
    /// What makes a winner.
    pub ranking: Ranking,
}

impl Default for Competition {
    fn default() -> Self {
        Competition { k: 1, radius: 0, scope: Scope::Feature, silence: 0, ranking: Ranking::Exact }
    }
}

/// A place in a layer: feature, row, column.
pub type Place = [usize; 3];

impl Competition {
    /// The winners of one sample and step: `fired` and `potential` have one number per neuron of the layer.
    pub fn winners<E: Elem>(&self, shape: [usize; 3], fired: &[E], potential: &[E]) -> Vec<Place> {
        let scores = self.ranking.scores(fired, potential);
        let candidates =
            scores.into_iter().enumerate().filter_map(|(i, score)| Some(Candidate::new(i, shape, score?)));
        search(candidates.collect(), self.k, self.radius, |best, found| self.ranking.ends(best, found))
    }

    /// Calls `silence` with the index of every neuron in the scope of `winners`.
    pub fn silenced(&self, shape: [usize; 3], winners: &[Place], mut silence: impl FnMut(usize)) {
        let [features, rows, columns] = shape;
        let map = rows * columns;
        for &[feature, row, column] in winners {
            match self.scope {
                Scope::Feature => (feature * map..(feature + 1) * map).for_each(&mut silence),
                Scope::Location => {
                    (0..features).for_each(|f| silence(f * map + row * columns + column));
                }
                Scope::Layer => (0..features * map).for_each(&mut silence),
                Scope::Nobody => {}
            }
        }
    }
}

impl fmt::Display for Competition {
    /// One line: how many winners, how they are ranked, whom they silence and for how long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = match self.scope {
            Scope::Feature => "their feature maps",
            Scope::Location => "their places in all feature maps",
            Scope::Layer => "the layer",
            Scope::Nobody => "nobody",
        };
        let ranking = match self.ranking {
            Ranking::Exact => "largest potential",
            Ranking::Published { .. } => "published 32-bit score",
        };
        write!(
            f,
            "competition: up to {} winners per sample and step by {ranking}, radius {}, silencing {scope} for {} steps",
            self.k, self.radius, self.silence
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: [usize; 3] = [2, 2, 3];

    #[test]
    fn one_winner_per_feature_best_first_lowest_index_on_ties() {
        let fired = [1.0f32; 12];
        let mut potential = [5.0f32; 12];
        potential[7] = 9.0;
        let c = Competition { k: 5, ..Competition::default() };
        assert_eq!(c.winners(SHAPE, &fired, &potential), vec![[1, 0, 1], [0, 0, 0]]);
    }

    #[test]
    fn negative_potentials_can_win() {
        let mut fired = [0.0f64; 12];
        fired[4] = 1.0;
        fired[8] = 1.0;
        let mut potential = [-65.0; 12];
        potential[8] = -40.0;
        let c = Competition { k: 1, ..Competition::default() };
        assert_eq!(c.winners(SHAPE, &fired, &potential), vec![[1, 0, 2]]);
    }

    #[test]
    fn radius_excludes_neighbours_in_all_features() {
        let fired = [1.0f32; 12];
        let potential: Vec<f32> = (0..12u8).map(f32::from).collect();
        let c = Competition { k: 2, radius: 1, ..Competition::default() };
        assert_eq!(c.winners(SHAPE, &fired, &potential), vec![[1, 1, 2], [0, 1, 0]]);
    }

    #[test]
    fn scopes() {
        let silenced = |scope| {
            let mut v = Vec::new();
            Competition { scope, ..Competition::default() }.silenced(SHAPE, &[[1, 0, 2]], |i| v.push(i));
            v
        };
        assert_eq!(silenced(Scope::Feature), (6..12).collect::<Vec<_>>());
        assert_eq!(silenced(Scope::Location), vec![2, 8]);
        assert_eq!(silenced(Scope::Layer), (0..12).collect::<Vec<_>>());
        assert!(silenced(Scope::Nobody).is_empty());
    }
}
