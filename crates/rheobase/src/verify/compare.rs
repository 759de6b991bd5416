//! Comparing arrays: relative to the size that a neuron's numbers have.

/// Tolerance of 32-bit states.
pub const SINGLE: f64 = 1e-5;
/// Tolerance of 32-bit states past an exponential.
pub const SINGLE_EXP: f64 = 1e-4;
/// Tolerance of 64-bit states.
pub const DOUBLE: f64 = 1e-9;
/// Tolerance of gradients.
pub const GRADIENT: f64 = 1e-4;

/// How an array compares.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Name of the array in the trace.
    pub name: String,
    /// Largest difference relative to the neuron's scale.
    pub worst: f64,
    /// Where.
    pub at: Vec<usize>,
    /// Whether every number is within tolerance.
    pub agrees: bool,
}

/// An array to be compared, `[…, neurons]`.
pub struct Pair<'a> {
    /// Name in the trace.
    pub name: &'a str,
    /// What this library computed.
    pub got: &'a [f64],
    /// What the original computed.
    pub want: &'a [f64],
    /// Shape of both.
    pub shape: &'a [usize],
    /// Numbers per step: number `i` belongs to neuron `i % neurons`.
    pub neurons: usize,
}

impl Pair<'_> {
    /// Agrees where |got − want| ≤ rtol·max(|want|, S) with S the largest finite magnitude among the neuron's numbers
    /// in `scale` (in `want` itself if that is `None`); infinities and NaN must match. Numbers that `skip` names are
    /// left out.
    pub fn close(&self, rtol: f64, scale: Option<&[f64]>, skip: impl Fn(usize) -> bool) -> Comparison {
        let mut sizes = vec![0.0f64; self.neurons.max(1)];
        for (i, x) in scale.unwrap_or(self.want).iter().enumerate().filter(|(_, x)| x.is_finite()) {
            let size = &mut sizes[i % self.neurons.max(1)];
            *size = size.max(x.abs());
        }
        self.worst(skip, rtol, |i, a, b| {
            if a == b || (a.is_nan() && b.is_nan()) {
                0.0
            } else if !a.is_finite() || !b.is_finite() {
                f64::INFINITY
            } else {
                (a - b).abs() / b.abs().max(sizes[i % self.neurons.max(1)])
            }
        })
    }

    /// Agrees where the numbers are equal.
    pub fn exact(&self, skip: impl Fn(usize) -> bool) -> Comparison {
        self.worst(
            skip,
            0.0,
            |_, a, b| if a == b || (a.is_nan() && b.is_nan()) { 0.0 } else { (a - b).abs() },
        )
    }

    /// Agrees where both have the same sign or are both 0: spikes of whatever value.
    pub fn same_sign(&self, skip: impl Fn(usize) -> bool) -> Comparison {
        let sign = |x: f64| if x == 0.0 { 0.0 } else { x.signum() };
        self.worst(skip, 0.0, |_, a, b| if sign(a) == sign(b) { 0.0 } else { 1.0 })
    }

    fn worst(
        &self,
        skip: impl Fn(usize) -> bool,
        rtol: f64,
        difference: impl Fn(usize, f64, f64) -> f64,
    ) -> Comparison {
        if self.got.len() != self.want.len() {
            return Comparison {
                name: self.name.into(),
                worst: f64::INFINITY,
                at: Vec::new(),
                agrees: false,
            };
        }
        let (mut worst, mut at) = (0.0, 0);
        for (i, (a, b)) in self.got.iter().zip(self.want).enumerate().filter(|(i, _)| !skip(*i)) {
            let d = difference(i, *a, *b);
            if d > worst || d.is_nan() {
                (worst, at) = (d, i);
            }
        }
        Comparison {
            name: self.name.into(),
            worst,
            at: if worst > 0.0 { unravel(at, self.shape) } else { Vec::new() },
            agrees: worst <= rtol,
        }
    }
}

/// Index `i` of a flat array as an index into `shape`.
fn unravel(mut i: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (place, n) in index.iter_mut().zip(shape).rev() {
        *place = i % n.max(&1);
        i /= n.max(&1);
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair<'a>(got: &'a [f64], want: &'a [f64]) -> Pair<'a> {
        Pair { name: "x", got, want, shape: &[2, 2], neurons: 2 }
    }

    #[test]
    fn differences_are_relative_to_the_neurons_own_scale() {
        let want = [100.0, 1.0, 0.0, 0.5];
        assert!(pair(&[100.0, 1.0, 0.0009, 0.5], &want).close(1e-5, None, |_| false).agrees);
        let c = pair(&[100.0, 1.0, 0.0, 0.5009], &want).close(1e-5, None, |_| false);
        assert!(!c.agrees);
        assert_eq!(c.at, vec![1, 1]);
    }

    #[test]
    fn nan_and_infinity_must_match() {
        let want = [f64::NAN, f64::INFINITY, 1.0, 1.0];
        assert!(pair(&want, &want).close(0.0, None, |_| false).agrees);
        assert!(!pair(&[0.0, f64::INFINITY, 1.0, 1.0], &want).close(1.0, None, |_| false).agrees);
        assert!(!pair(&[f64::NAN, f64::NEG_INFINITY, 1.0, 1.0], &want).close(1.0, None, |_| false).agrees);
        assert!(!pair(&[f64::NAN, f64::INFINITY, f64::NAN, 1.0], &want).close(1.0, None, |_| false).agrees);
    }

    #[test]
    fn lengths_must_match() {
        assert!(!pair(&[1.0], &[1.0, 2.0]).close(1.0, None, |_| false).agrees);
    }
}
