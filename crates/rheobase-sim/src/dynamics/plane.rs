//! Phase plane: two variables, their field, nullclines, and fixed points with stability.

use super::contour::Corners;
use super::fixed_point::eigenvalues;
use super::section::Section;
use super::{Axis, Dynamics, FixedPoint, value};
use rheobase_base::Result;

/// A section along two variables.
pub struct Plane<'a>(Section<'a, 2>);

/// Time derivatives at points of a plane.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorField {
    /// The points, the first variable fastest.
    pub at: Vec<[f64; 2]>,
    /// The derivatives of both variables there, per second.
    pub by: Vec<[f64; 2]>,
}

impl Dynamics {
    /// The phase plane of the variables on two axes. Other state fields are held at the values given for them, or at
    /// rest.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Unsupported`] for models that are not differential equation; unknown fields; fields that do not
    /// move; the same field twice; an axis without length; values that are not finite.
    pub fn plane(&self, x: &Axis, y: &Axis, held: &[(&str, f64)]) -> Result<Plane<'_>> {
        Ok(Plane(Section::new(self, [x.clone(), y.clone()], held)?))
    }
}

impl Plane<'_> {
    /// The right-hand side under constant input `x` in the middle of `columns` × `rows` equal parts of the window.
    ///
    /// # Errors
    /// No columns or rows, or more than 10⁸ points; an input that is not finite.
    pub fn field(&self, columns: usize, rows: usize, x: f64) -> Result<VectorField> {
        let d = self.0.dynamics;
        d.check_finite("input", x)?;
        if columns == 0 || rows == 0 || columns.checked_mul(rows).is_none_or(|n| n > 100_000_000) {
            let rule = "must have columns and rows, and 10^8 points at most";
            return Err(value(d.place(), "field", format!("{columns} x {rows}"), rule));
        }
        let middle = |axis: &Axis, i: usize, n: usize| axis.at((i as f64 + 0.5) / n as f64);
        let [a, b] = &self.0.axes;
        let at: Vec<[f64; 2]> = (0..columns * rows)
            .map(|i| [middle(a, i % columns, columns), middle(b, i / columns, rows)])
            .collect();
        let by = at.iter().map(|p| self.0.slopes(*p, x)).collect();
        Ok(VectorField { at, by })
    }

    /// The lines on which the first variable stands still, and those on which the second does, under constant input
    /// `x`. Each line is a chain of points; closed ones end where they begin.
    ///
    /// # Errors
    /// An input that is not finite.
    pub fn nullclines(&self, x: f64) -> Result<[Vec<Vec<[f64; 2]>>; 2]> {
        self.0.dynamics.check_finite("input", x)?;
        Ok([0, 1].map(|i| self.zero_lines(|p| self.0.slopes(p, x)[i])))
    }

    /// The lines on which a neuron begins to fire under input `x`.
    ///
    /// # Errors
    /// An input that is not finite.
    pub fn threshold(&self, x: f64) -> Result<Vec<Vec<[f64; 2]>>> {
        self.0.dynamics.check_finite("input", x)?;
        if self.0.dynamics.model().info().firing == rheobase_models::neuron::Firing::Never {
            return Ok(Vec::new());
        }
        let coeffs = self.0.coeffs();
        Ok(self.zero_lines(|p| self.0.margin(&coeffs, p, x)))
    }

    /// Isolated fixed points in the window under constant input `x`, ascending: where the nullclines meet, refined by
    /// Newton's method. Pairs that are closer than a hundredth of the window may be missed, and so may points at which
    /// the equations have no derivative.
    ///
    /// # Errors
    /// An input that is not finite.
    pub fn fixed_points(&self, x: f64) -> Result<Vec<FixedPoint>> {
        let [first, second] = self.nullclines(x)?;
        // The second's line may leave cells in which the first's is short, and the other way round.
        let mut seeds = self.meetings(&first, 1, x);
        seeds.extend(self.meetings(&second, 0, x));
        let sizes = [self.0.axes[0].size(), self.0.axes[1].size()];
        let near = |a: [f64; 2], b: [f64; 2]| (0..2).all(|i| (a[i] - b[i]).abs() <= 1e-8 * sizes[i]);
        let mut found: Vec<[f64; 2]> = Vec::new();
        for p in seeds.into_iter().filter_map(|seed| self.newton(seed, x)) {
            if !found.iter().any(|q| near(*q, p)) {
                found.push(p);
            }
        }
        found.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        let point = |p: [f64; 2]| self.0.fixed_point(p, x, eigenvalues(self.0.jacobian(p, x)));
        Ok(found.into_iter().map(point).collect())
    }

    fn zero_lines(&self, f: impl Fn([f64; 2]) -> f64) -> Vec<Vec<[f64; 2]>> {
        Corners::of(&self.0.axes, &f).zero_lines(&f)
    }

    /// Points on `lines` close to where slope `other` is 0, too: where it changes its sign, and where it is smallest
    /// (with the neighbours, as two fixed points may be there).
    fn meetings(&self, lines: &[Vec<[f64; 2]>], other: usize, x: f64) -> Vec<[f64; 2]> {
        let mut seeds = Vec::new();
        for line in lines {
            let slopes: Vec<f64> = line.iter().map(|p| self.0.slopes(*p, x)[other]).collect();
            for (p, s) in line.windows(2).zip(slopes.windows(2)) {
                if (s[0] > 0.0) != (s[1] > 0.0) {
                    let share = s[0] / (s[0] - s[1]);
                    seeds.push([0, 1].map(|i| p[0][i] + share * (p[1][i] - p[0][i])));
                }
            }
            for (p, s) in line.windows(3).zip(slopes.windows(3)) {
                if s[1].abs() < s[0].abs() && s[1].abs() <= s[2].abs() {
                    seeds.extend(p);
                }
            }
        }
        seeds
    }

    /// The fixed point that Newton's method leads to from `start`, if there is one in the window.
    fn newton(&self, start: [f64; 2], x: f64) -> Option<[f64; 2]> {
        let sizes = [self.0.axes[0].size(), self.0.axes[1].size()];
        let mut p = start;
        for _ in 0..60 {
            let ([[a, b], [c, d]], [f, g]) = (self.0.jacobian(p, x), self.0.slopes(p, x));
            let determinant = a * d - b * c;
            let step = [(d * f - b * g) / determinant, (a * g - c * f) / determinant];
            p = [p[0] - step[0], p[1] - step[1]];
            if !(0..2).all(|i| (p[i] - start[i]).abs() <= sizes[i]) {
                return None;
            }
            if (0..2).all(|i| step[i].abs() <= 1e-12 * sizes[i]) {
                return self.0.holds(p).then_some(p);
            }
        }
        None
    }
}
