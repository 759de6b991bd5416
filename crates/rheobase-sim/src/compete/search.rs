//! The search for winners among candidates: the best, one per feature, none within a radius of an earlier one.

use super::Place;

/// A neuron that may win.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its number in the layer.
    pub index: usize,
    /// Where it is.
    pub place: Place,
    /// How good it is.
    pub score: f64,
}

impl Candidate {
    /// Neuron `index` of a layer of `shape` [feature, row, column].
    pub fn new(index: usize, [_, rows, columns]: [usize; 3], score: f64) -> Candidate {
        let place = [index / (rows * columns), index / columns % rows, index % columns];
        Candidate { index, place, score }
    }

    /// Whether this one, as a winner, keeps `other` from winning too.
    pub fn excludes(&self, other: &Candidate, radius: usize) -> bool {
        let near = |axis: usize| self.place[axis].abs_diff(other.place[axis]) <= radius;
        self.place[0] == other.place[0] || (radius > 0 && near(1) && near(2))
    }
}

/// At most `k` winners, the best score first, among equals the first candidate; one per feature, none within `radius` rows
/// and columns of an earlier one (0: no radius). The search stops where `ends(best score left, winners so far)`.
pub fn search(
    mut candidates: Vec<Candidate>,
    k: usize,
    radius: usize,
    ends: impl Fn(f64, usize) -> bool,
) -> Vec<Place> {
    let mut winners: Vec<Place> = Vec::new();
    while winners.len() < k {
        let better = |best: Candidate, c: Candidate| if c.score > best.score { c } else { best };
        let Some(best) = candidates.iter().copied().reduce(better) else { break };
        if ends(best.score, winners.len()) {
            break;
        }
        winners.push(best.place);
        candidates.retain(|c| !best.excludes(c, radius));
    }
    winners
}
