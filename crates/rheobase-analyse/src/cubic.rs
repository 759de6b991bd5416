//! The cubic spline with not-a-knot ends through given knots.

/// A piecewise cubic with two continuous derivatives; the third is continuous at the second and the last but one knot.
///
/// With three knots it is their parabola, with two their line, with one a constant: the same end conditions leave
/// nothing else.
pub(crate) struct CubicSpline<'a> {
    x: &'a [f64],
    y: &'a [f64],
    /// Second derivative at each knot.
    bend: Vec<f64>,
}

impl<'a> CubicSpline<'a> {
    /// Through strictly increasing knots, at least one.
    pub(crate) fn new(x: &'a [f64], y: &'a [f64]) -> Self {
        let bend = match x.len() {
            0..=2 => vec![0.0; x.len()],
            3 => vec![2.0 * (slope(x, y, 1) - slope(x, y, 0)) / (x[2] - x[0]); 3],
            _ => not_a_knot(x, y),
        };
        Self { x, y, bend }
    }

    /// The value at `place` from the piece that begins at knot `i`.
    pub(crate) fn at(&self, i: usize, place: f64) -> f64 {
        let (x, y, bend) = (self.x, self.y, &self.bend);
        if i + 1 == x.len() || place == x[i] {
            return y[i];
        }
        let h = x[i + 1] - x[i];
        let right = (place - x[i]) / h;
        let left = (x[i + 1] - place) / h;
        let chord = left * y[i] + right * y[i + 1];
        chord
            + h * h / 6.0
                * ((left * left * left - left) * bend[i] + (right * right * right - right) * bend[i + 1])
    }
}

fn slope(x: &[f64], y: &[f64], i: usize) -> f64 {
    (y[i + 1] - y[i]) / (x[i + 1] - x[i])
}

/// Second derivatives by elimination in the tridiagonal system of the inner knots; the end conditions express the
/// two outer unknowns by their neighbours. The system is diagonally dominant, so no pivoting is needed.
fn not_a_knot(x: &[f64], y: &[f64]) -> Vec<f64> {
    let n = x.len();
    let h: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let mut upper = vec![0.0; n];
    let mut bend = vec![0.0; n];
    for i in 1..n - 1 {
        let (mut below, mut diagonal, mut above) = (h[i - 1], 2.0 * (h[i - 1] + h[i]), h[i]);
        if i == 1 {
            diagonal += h[0] * (1.0 + h[0] / h[1]);
            above -= h[0] * h[0] / h[1];
            below = 0.0;
        }
        if i == n - 2 {
            let (last, before) = (h[n - 2], h[n - 3]);
            diagonal += last * (1.0 + last / before);
            below -= last * last / before;
            above = 0.0;
        }
        let pivot = diagonal - below * upper[i - 1];
        upper[i] = above / pivot;
        bend[i] = (6.0 * (slope(x, y, i) - slope(x, y, i - 1)) - below * bend[i - 1]) / pivot;
    }
    for i in (1..n - 2).rev() {
        bend[i] -= upper[i] * bend[i + 1];
    }
    bend[0] = bend[1] - h[0] / h[1] * (bend[2] - bend[1]);
    bend[n - 1] = bend[n - 2] + h[n - 2] / h[n - 3] * (bend[n - 2] - bend[n - 3]);
    bend
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reproduces_every_polynomial_up_to_degree_three() {
        let x = [0.0, 0.3, 1.1, 1.5, 2.9, 3.0];
        let cubic = |x: f64| 1.0 - 2.0 * x + 0.5 * x * x - 0.25 * x * x * x;
        let parabola = |x: f64| 3.0 + x - x * x;
        for n in 4..=6 {
            let y: Vec<f64> = x[..n].iter().map(|&x| cubic(x)).collect();
            let s = CubicSpline::new(&x[..n], &y);
            for i in 0..n - 1 {
                let place = 0.3 * x[i] + 0.7 * x[i + 1];
                assert!((s.at(i, place) - cubic(place)).abs() < 1e-13, "{n} knots, piece {i}");
            }
        }
        let y: Vec<f64> = x[..3].iter().map(|&x| parabola(x)).collect();
        assert!((CubicSpline::new(&x[..3], &y).at(1, 0.7) - parabola(0.7)).abs() < 1e-14);
        assert_eq!(CubicSpline::new(&x[..2], &y[..2]).at(0, 0.15), 0.5 * (y[0] + y[1]));
    }
}
