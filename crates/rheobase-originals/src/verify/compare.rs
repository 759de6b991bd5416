//! Comparing arrays: relative to the size that a neuron's numbers have, or by how far rounding may have carried them.

/// Tolerance of 32-bit states.
pub const SINGLE: f64 = 1e-5;
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
    /// How far rounding may have carried each number; empty where that is not known.
    pub bounds: &'a [f64],
}

/// What of a bound is allowed to a number of size `size`. One that reaches the size itself would let anything pass, and
/// lets nothing pass instead.
pub fn allowed(bound: f64, size: f64) -> f64 {
    if bound < size { bound } else { 0.0 }
}

impl Pair<'_> {
    /// Agrees where |got − want| ≤ rtol·max(|want|, S) with S the largest finite magnitude among the neuron's numbers
    /// in `scale` (in `want` itself if that is `None`), or within the number's bound; infinities and NaN must match.
    /// Numbers that `skip` names are left out.
    pub fn close(&self, rtol: f64, scale: Option<&[f64]>, skip: impl Fn(usize) -> bool) -> Comparison {
        let mut sizes = vec![0.0f64; self.neurons.max(1)];
        for (i, x) in scale.unwrap_or(self.want).iter().enumerate().filter(|(_, x)| x.is_finite()) {
            let size = &mut sizes[i % self.neurons.max(1)];
            *size = size.max(x.abs());
        }
        self.worst(skip, |i, a, b| {
            if a == b || (a.is_nan() && b.is_nan()) {
                (0.0, true)
            } else if !a.is_finite() || !b.is_finite() {
                (f64::INFINITY, false)
            } else {
                let size = b.abs().max(sizes[i % self.neurons.max(1)]);
                let bound = self.bounds.get(i).map_or(0.0, |bound| allowed(*bound, size));
                let off = (a - b).abs();
                (off / size, off <= (rtol * size).max(bound))
            }
        })
    }

    /// Agrees where the numbers are equal.
    pub fn exact(&self, skip: impl Fn(usize) -> bool) -> Comparison {
        self.worst(skip, |_, a, b| {
            let same = a == b || (a.is_nan() && b.is_nan());
            (if same { 0.0 } else { (a - b).abs() }, same)
        })
    }

    /// The number that is furthest off, of those that disagree if any does. `compare` gives a difference, and whether it
    /// is allowed.
    fn worst(
        &self,
        skip: impl Fn(usize) -> bool,
        compare: impl Fn(usize, f64, f64) -> (f64, bool),
    ) -> Comparison {
        let name = self.name.to_string();
        if self.got.len() != self.want.len() {
            return Comparison { name, worst: f64::INFINITY, at: Vec::new(), agrees: false };
        }
        let (mut worst, mut at, mut agrees) = (0.0, 0, true);
        for (i, (a, b)) in self.got.iter().zip(self.want).enumerate().filter(|(i, _)| !skip(*i)) {
            let (off, fine) = compare(i, *a, *b);
            let first_to_disagree = agrees && !fine;
            if first_to_disagree || (fine == agrees && (off > worst || off.is_nan())) {
                (worst, at) = (off, i);
            }
            agrees &= fine;
        }
        Comparison {
            name,
            worst,
            at: if worst == 0.0 { Vec::new() } else { unravel(at, self.shape) },
            agrees,
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
        Pair { name: "x", got, want, shape: &[2, 2], neurons: 2, bounds: &[] }
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
    fn what_rounding_may_have_made_is_allowed_and_what_says_nothing_is_not() {
        let (got, want) = ([100.0, 1.02, 0.0, 0.5], [100.0, 1.0, 0.0, 0.5]);
        let close = |bound: f64| {
            let bounds = [0.0, bound, 0.0, 0.0];
            Pair { bounds: &bounds, ..pair(&got, &want) }.close(1e-5, None, |_| false)
        };
        assert!(!close(0.019).agrees && close(0.021).agrees);
        // A bound as large as the number itself, or none, is not a bound.
        assert!([1.0, f64::INFINITY, f64::NAN].iter().all(|b| !close(*b).agrees));
        // The place is that of what disagrees, though another number be further off.
        let got = [100.0, 1.2, 1e-3, 0.5];
        let c = Pair { bounds: &[0.0, 0.5, 0.0, 0.0], ..pair(&got, &want) }.close(1e-6, None, |_| false);
        assert_eq!((c.agrees, c.at), (false, vec![1, 0]));
    }

    #[test]
    fn lengths_must_match() {
        assert!(!pair(&[1.0], &[1.0, 2.0]).close(1.0, None, |_| false).agrees);
    }
}
