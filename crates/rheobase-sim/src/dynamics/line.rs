//! Phase line: one variable, its speed over its value, and where it rests.

use super::fixed_point::Eigenvalue;
use super::section::Section;
use super::{Axis, Dynamics, FixedPoint, value};
use rheobase_base::Result;

/// Intervals in which fixed points are looked for.
const INTERVALS: usize = 4000;

/// A section along one variable.
pub struct Line<'a>(Section<'a, 1>);

impl Dynamics {
    /// The phase line of the variable on `axis`. Other state fields are held at the values given for them, or at rest.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Unsupported`] for models that are not differential equation; unknown fields; fields that do not
    /// move; an axis without length; values that are not finite.
    pub fn line(&self, axis: &Axis, held: &[(&str, f64)]) -> Result<Line<'_>> {
        Ok(Line(Section::new(self, [axis.clone()], held)?))
    }
}

impl Line<'_> {
    /// `points` pairs of the variable and its time derivative (per second) under constant input `x`, evenly spaced
    /// from end to end.
    ///
    /// # Errors
    /// Less than two points; an input that is not finite.
    pub fn slopes(&self, points: usize, x: f64) -> Result<Vec<[f64; 2]>> {
        let d = self.0.dynamics;
        d.check_finite("input", x)?;
        if points < 2 {
            return Err(value(d.place(), "points", points, "must be at least 2"));
        }
        let axis = &self.0.axes[0];
        let at = |i: usize| axis.at(i as f64 / (points - 1) as f64);
        Ok((0..points).map(|i| [at(i), self.slope(at(i), x)]).collect())
    }

    /// Isolated fixed points on the axis under constant input `x`, ascending. Two that are closer than a
    /// four-thousandth of the axis may be missed.
    ///
    /// # Errors
    /// An input that is not finite.
    pub fn fixed_points(&self, x: f64) -> Result<Vec<FixedPoint>> {
        let grid = self.slopes(INTERVALS + 1, x)?;
        let mut found: Vec<f64> = Vec::new();
        for pair in grid.windows(2) {
            let ([a, slope_a], [b, slope_b]) = (pair[0], pair[1]);
            if slope_a == 0.0 && slope_b == 0.0 {
                // Nothing moves here at all.
                continue;
            }
            if slope_a == 0.0 || slope_b == 0.0 || (slope_a > 0.0) != (slope_b > 0.0) {
                found.extend(zero(|v| self.slope(v, x), [a, b], [slope_a, slope_b]));
            }
        }
        // Two in one interval leave the sign as it was: Newton's method from where the speed is lowest.
        for three in grid.windows(3) {
            let size = |i: usize| three[i][1].abs();
            if size(1) < size(0) && size(1) <= size(2) && three[0][1] * three[2][1] > 0.0 {
                found.extend((0..3).filter_map(|i| self.newton(three[i][0], x)));
            }
        }
        let near = 1e-9 * self.0.axes[0].size();
        found.sort_by(f64::total_cmp);
        found.dedup_by(|b, a| (*b - *a).abs() <= near);
        Ok(found.into_iter().map(|v| self.fixed_point(v, x)).collect())
    }

    /// Where along the axis the neuron begins to fire under input `x`: the end of the part in which it does not.
    /// `None` if that is not on the axis.
    ///
    /// # Errors
    /// An input that is not finite.
    pub fn threshold(&self, x: f64) -> Result<Option<f64>> {
        let d = self.0.dynamics;
        d.check_finite("input", x)?;
        let (axis, coeffs) = (&self.0.axes[0], self.0.coeffs());
        let fires = |v: f64| d.fires_at(self.0.margin(&coeffs, [v], x));
        if fires(axis.low) == fires(axis.high) {
            return Ok(None);
        }
        let low_fires = fires(axis.low);
        let (_, at) = (0..60).fold((axis.low, axis.high), |(a, b), _| {
            let middle = 0.5 * (a + b);
            if fires(middle) == low_fires { (middle, b) } else { (a, middle) }
        });
        Ok(Some(at))
    }

    fn slope(&self, v: f64, x: f64) -> f64 {
        self.0.slopes([v], x)[0]
    }

    fn fixed_point(&self, v: f64, x: f64) -> FixedPoint {
        let [[re]] = self.0.jacobian([v], x);
        self.0.fixed_point([v], x, vec![Eigenvalue { re, im: 0.0 }])
    }

    /// A zero near `start` by Newton's method, if it converges on the axis.
    fn newton(&self, start: f64, x: f64) -> Option<f64> {
        let (mut v, size) = (start, self.0.axes[0].size());
        for _ in 0..60 {
            let step = self.slope(v, x) / self.0.jacobian([v], x)[0][0];
            v -= step;
            if v.is_nan() || (v - start).abs() > size {
                return None;
            }
            if step.abs() <= 1e-13 * size {
                return self.0.holds([v]).then_some(v);
            }
        }
        None
    }
}

/// Where `f` is 0 between two places at which it has different signs (or is 0), to the last digit; `None` where it
/// jumps over 0.
pub(super) fn zero(f: impl Fn(f64) -> f64, [mut a, mut b]: [f64; 2], [fa, fb]: [f64; 2]) -> Option<f64> {
    if !(fa.is_finite() && fb.is_finite()) {
        return None;
    }
    if fa == 0.0 || fb == 0.0 {
        return Some(if fa == 0.0 { a } else { b });
    }
    let size = fa.abs().max(fb.abs());
    loop {
        let middle = 0.5 * (a + b);
        if middle <= a.min(b) || middle >= a.max(b) {
            break;
        }
        let fm = f(middle);
        if fm == 0.0 {
            return Some(middle);
        }
        if (fm > 0.0) == (fa > 0.0) { a = middle } else { b = middle }
    }
    (f(a).abs() <= 1e-6 * size).then_some(if f(a).abs() <= f(b).abs() { a } else { b })
}
