//! Interpolation between knots at ascending places: six kinds, with SciPy's conventions at ties and at the ends.

use std::str::FromStr;

use super::cubic::CubicSpline;
use rheobase_base::{Error, Result};

/// How values between knots are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interpolation {
    /// The value of the last knot at or before the place.
    #[default]
    Zero,
    /// The straight line between neighbouring knots.
    Linear,
    /// The value of the closest knot; half way between two it is the earlier one.
    Nearest,
    /// The value of the last knot at or before the place.
    Previous,
    /// The value of the first knot at or after the place.
    Next,
    /// A cubic spline with not-a-knot ends (C. de Boor, A Practical Guide to Splines, chapter IV,
    /// doi:10.1007/978-1-4612-6333-3).
    Cubic,
}

impl Interpolation {
    /// Every kind with its name.
    pub const NAMES: [(&'static str, Interpolation); 6] = [
        ("zero", Self::Zero),
        ("linear", Self::Linear),
        ("nearest", Self::Nearest),
        ("previous", Self::Previous),
        ("next", Self::Next),
        ("cubic", Self::Cubic),
    ];
}

impl FromStr for Interpolation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::NAMES.iter().find(|(n, _)| *n == name).map(|(_, k)| *k);
        found.ok_or_else(|| {
            Error::unknown("rates_isi", "interpolation", name, Self::NAMES.iter().map(|(n, _)| *n))
        })
    }
}

/// Values at the ascending places `at`, all within the first and last of the ascending knots `(x, y)`.
/// Knots may coincide: from the left their first value counts, from the right (and at the place itself) their last.
pub(crate) fn interpolate(kind: Interpolation, x: &[f64], y: &[f64], at: &[f64]) -> Vec<f64> {
    match kind {
        Interpolation::Zero | Interpolation::Previous => {
            walk(x, at, |knot, place| knot <= place, |after, _| y[after.max(1) - 1])
        }
        Interpolation::Next => {
            walk(x, at, |knot, place| knot < place, |before, _| y[before.min(y.len() - 1)])
        }
        Interpolation::Linear => {
            walk(x, at, |knot, place| knot <= place, |after, place| line(x, y, after.max(1) - 1, place))
        }
        Interpolation::Nearest => {
            let middles: Vec<f64> = x.windows(2).map(|w| w[1] / 2.0 + w[0] / 2.0).collect();
            walk(&middles, at, |middle, place| middle < place, |index, _| y[index])
        }
        Interpolation::Cubic => {
            let (x, y) = merge_equal(x, y);
            let spline = CubicSpline::new(&x, &y);
            walk(&x, at, |knot, place| knot <= place, |after, place| spline.at(after.max(1) - 1, place))
        }
    }
}

/// For each place the number of leading marks for which `passed` holds, handed on to `value`.
fn walk(
    marks: &[f64],
    at: &[f64],
    passed: impl Fn(f64, f64) -> bool,
    value: impl Fn(usize, f64) -> f64,
) -> Vec<f64> {
    let mut n = 0;
    at.iter()
        .map(|&place| {
            while n < marks.len() && passed(marks[n], place) {
                n += 1;
            }
            value(n, place)
        })
        .collect()
}

/// The line through knot `i` and its successor; the knot's own value where the place is the knot or the last one.
fn line(x: &[f64], y: &[f64], i: usize, place: f64) -> f64 {
    if i + 1 == x.len() || place == x[i] {
        return y[i];
    }
    (y[i + 1] - y[i]) / (x[i + 1] - x[i]) * (place - x[i]) + y[i]
}

/// One knot per place, with the last value given there.
fn merge_equal(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let keep = |i: &usize| i + 1 == x.len() || x[i + 1] != x[*i];
    (0..x.len()).filter(keep).map(|i| (x[i], y[i])).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: [f64; 4] = [0.0, 1.0, 1.0, 3.0];
    const Y: [f64; 4] = [5.0, 6.0, 7.0, 8.0];

    #[test]
    fn coinciding_knots_have_a_left_and_a_right_value() {
        let at = [0.0, 0.5, 1.0, 2.0, 3.0];
        assert_eq!(interpolate(Interpolation::Zero, &X, &Y, &at), [5.0, 5.0, 7.0, 7.0, 8.0]);
        assert_eq!(interpolate(Interpolation::Next, &X, &Y, &at), [5.0, 6.0, 6.0, 8.0, 8.0]);
        assert_eq!(interpolate(Interpolation::Linear, &X, &Y, &at), [5.0, 5.5, 7.0, 7.5, 8.0]);
        assert_eq!(interpolate(Interpolation::Nearest, &X, &Y, &at), [5.0, 5.0, 6.0, 7.0, 8.0]);
    }

    #[test]
    fn names_are_known_and_typos_answered() {
        for (name, kind) in Interpolation::NAMES {
            assert_eq!(name.parse::<Interpolation>().unwrap(), kind);
        }
        assert!("liner".parse::<Interpolation>().unwrap_err().to_string().contains("`linear`"));
    }
}
