//! Zero lines of a function of two variables: marching squares, each crossing refined to the last digit.
//!
//! After Lorensen & Cline 1987 (doi:10.1145/37401.37422), in two dimensions.

use super::Axis;
use super::line::zero;

/// Squares per axis.
const SQUARES: usize = 160;
/// Corners per axis.
const CORNERS: usize = SQUARES + 1;

/// Values of a function at the corners of all squares.
pub(super) struct Corners<'a> {
    axes: &'a [Axis; 2],
    values: Vec<f64>,
}

impl<'a> Corners<'a> {
    /// Takes values from `f` at a point.
    pub(super) fn of(axes: &'a [Axis; 2], f: impl Fn([f64; 2]) -> f64) -> Self {
        let values = (0..CORNERS * CORNERS).map(|i| f(point(axes, i))).collect();
        Corners { axes, values }
    }

    /// The lines on which `f`, whose values these are, is 0. Each is a chain of points; closed ones end where they
    /// begin. Where `f` is not finite, there is none.
    pub(super) fn zero_lines(&self, f: impl Fn([f64; 2]) -> f64) -> Vec<Vec<[f64; 2]>> {
        let mut crossings = Crossings::default();
        for row in 0..SQUARES {
            for column in 0..SQUARES {
                self.cross(row * CORNERS + column, &f, &mut crossings);
            }
        }
        let mut points = vec![None; 2 * CORNERS * CORNERS];
        for edge in crossings.used() {
            points[edge] = self.crossing(edge, &f);
        }
        crossings.chains(&points)
    }

    /// The segments within the square whose first corner is `first`.
    fn cross(&self, first: usize, f: &impl Fn([f64; 2]) -> f64, crossings: &mut Crossings) {
        let corners = [first, first + 1, first + 1 + CORNERS, first + CORNERS];
        if corners.iter().any(|c| !self.values[*c].is_finite()) {
            return;
        }
        let above = corners.map(|c| self.values[c] > 0.0);
        // Edges in order around the square: below, right, above, left.
        let edges = [2 * first, 2 * (first + 1) + 1, 2 * (first + CORNERS), 2 * first + 1];
        let crossed: Vec<usize> = (0..4).filter(|i| above[*i] != above[(i + 1) % 4]).collect();
        match crossed[..] {
            [a, b] => crossings.join(edges[a], edges[b]),
            [_, _, _, _] => {
                // Opposite corners agree: the middle says which of them are connected.
                let [a, c] = [point(self.axes, corners[0]), point(self.axes, corners[2])];
                let middle = f([0.5 * (a[0] + c[0]), 0.5 * (a[1] + c[1])]) > 0.0;
                let shift = usize::from(middle == above[0]);
                crossings.join(edges[shift], edges[(shift + 3) % 4]);
                crossings.join(edges[shift + 1], edges[shift + 2]);
            }
            _ => {}
        }
    }

    /// Where `f` is 0 on an edge.
    fn crossing(&self, edge: usize, f: &impl Fn([f64; 2]) -> f64) -> Option<[f64; 2]> {
        let (from, upwards) = (edge / 2, edge % 2);
        let to = if upwards == 1 { from + CORNERS } else { from + 1 };
        let (a, b) = (point(self.axes, from), point(self.axes, to));
        let on = |x: f64| if upwards == 1 { [a[0], x] } else { [x, a[1]] };
        let ends = [a[upwards], b[upwards]];
        zero(|x| f(on(x)), ends, [self.values[from], self.values[to]]).map(on)
    }
}

/// Corner number `i`, row by row from below.
fn point(axes: &[Axis; 2], i: usize) -> [f64; 2] {
    let share = |i: usize| i as f64 / SQUARES as f64;
    [axes[0].at(share(i % CORNERS)), axes[1].at(share(i / CORNERS))]
}

/// Which crossed edges are joined within a square. An edge from a corner to the right has twice the corner's number,
/// one upwards that and 1.
#[derive(Default)]
struct Crossings {
    /// By edge: at most two others.
    joined: std::collections::BTreeMap<usize, Vec<usize>>,
}

impl Crossings {
    fn join(&mut self, a: usize, b: usize) {
        self.joined.entry(a).or_default().push(b);
        self.joined.entry(b).or_default().push(a);
    }

    fn used(&self) -> impl Iterator<Item = usize> + '_ {
        self.joined.keys().copied()
    }

    /// Chains of points, open ones from end to end first. Edges without a point break a chain.
    fn chains(mut self, points: &[Option<[f64; 2]>]) -> Vec<Vec<[f64; 2]>> {
        let broken: Vec<usize> = self.used().filter(|e| points[*e].is_none()).collect();
        for edge in broken {
            for other in self.joined.remove(&edge).unwrap_or_default() {
                if let Some(back) = self.joined.get_mut(&other) {
                    back.retain(|e| *e != edge);
                }
            }
        }
        let mut chains = Vec::new();
        let ends: Vec<usize> = self.joined.iter().filter(|(_, to)| to.len() == 1).map(|(e, _)| *e).collect();
        let all: Vec<usize> = self.used().collect();
        for start in ends.into_iter().chain(all) {
            let mut chain = Vec::new();
            let mut next = Some(start);
            while let Some(edge) = next {
                let Some(others) = self.joined.remove(&edge) else {
                    // Back where the chain began.
                    chain.extend(points[edge]);
                    break;
                };
                chain.extend(points[edge]);
                next = others.iter().copied().find(|e| self.joined.contains_key(e)).or_else(|| {
                    (chain.len() > 2 && others.contains(&start) && edge != start).then_some(start)
                });
            }
            if chain.len() > 1 {
                chains.push(chain);
            }
        }
        chains
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes() -> [Axis; 2] {
        [Axis::new("x", -1.5, 1.5), Axis::new("y", -1.5, 1.5)]
    }

    fn lines(f: impl Fn([f64; 2]) -> f64) -> Vec<Vec<[f64; 2]>> {
        Corners::of(&axes(), &f).zero_lines(f)
    }

    #[test]
    fn a_circle_is_one_closed_line_and_every_point_is_on_it() {
        let f = |[x, y]: [f64; 2]| x * x + y * y - 1.0;
        let found = lines(f);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].first(), found[0].last());
        assert!(found[0].len() > 300 && found[0].iter().all(|p| f(*p).abs() < 1e-14));
    }

    #[test]
    fn two_branches_are_two_lines_that_end_at_the_window() {
        let found = lines(|[x, y]| x * x - y * y - 0.5);
        assert_eq!(found.len(), 2);
        for line in found {
            for end in [line[0], line[line.len() - 1]] {
                assert!((end[1].abs() - 1.5).abs() < 1e-12 || (end[0].abs() - 1.5).abs() < 1e-12, "{end:?}");
            }
        }
    }

    #[test]
    fn jumps_poles_and_nothing_are_no_zero_lines() {
        assert!(lines(|[x, _]| if x > 0.01 { 1.0 } else { -1.0 }).is_empty());
        assert!(lines(|[x, _]| 1.0 / (x - 0.01)).is_empty());
        assert!(lines(|_| f64::NAN).is_empty() && lines(|_| 0.0).is_empty() && lines(|_| 3.0).is_empty());
    }
}
