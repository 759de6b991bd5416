//! Fixed points: where nothing changes, and what happens close to them.

use rheobase_models::neuron::Firing;

use super::Dynamics;

/// An eigenvalue of the Jacobian, per second (or per step, for models that count them).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eigenvalue {
    /// Real part: growth (above 0) or decay (below 0).
    pub re: f64,
    /// Imaginary part: angular frequency of the turn.
    pub im: f64,
}

impl Eigenvalue {
    fn size(self) -> f64 {
        // Plain, so that it cannot differ between machines; no overflow for rates of neurons.
        (self.re * self.re + self.im * self.im).sqrt()
    }
}

/// What happens close to a fixed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything decays to it, straight.
    StableNode,
    /// Everything spirals into it.
    StableFocus,
    /// Everything leaves it, straight.
    UnstableNode,
    /// Everything spirals away from it.
    UnstableFocus,
    /// Some directions lead to it, others away.
    Saddle,
    /// It is circled, to first order.
    Centre,
    /// An eigenvalue is 0 or undefined: the first order does not decide, as at a bifurcation.
    Degenerate,
}

/// Eigenvalues (or their parts) smaller than this, relative to the largest, count as 0.
const ZERO: f64 = 1e-9;

impl Kind {
    /// The class that follows from one or two eigenvalues.
    pub fn of(eigenvalues: &[Eigenvalue]) -> Kind {
        let size = eigenvalues.iter().map(|e| e.size()).fold(0.0, f64::max);
        let undefined = eigenvalues.iter().any(|e| !e.re.is_finite() || !e.im.is_finite());
        if undefined || size == 0.0 || eigenvalues.iter().any(|e| e.size() <= ZERO * size) {
            return Kind::Degenerate;
        }
        if eigenvalues.iter().any(|e| e.re.abs() <= ZERO * size) {
            return Kind::Centre;
        }
        let turns = eigenvalues.iter().any(|e| e.im != 0.0);
        let decaying = eigenvalues.iter().filter(|e| e.re < 0.0).count();
        match (decaying == eigenvalues.len(), decaying == 0, turns) {
            (true, _, false) => Kind::StableNode,
            (true, _, true) => Kind::StableFocus,
            (_, true, false) => Kind::UnstableNode,
            (_, true, true) => Kind::UnstableFocus,
            _ => Kind::Saddle,
        }
    }

    /// Words for tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::StableNode => "stable node",
            Kind::StableFocus => "stable focus",
            Kind::UnstableNode => "unstable node",
            Kind::UnstableFocus => "unstable focus",
            Kind::Saddle => "saddle",
            Kind::Centre => "centre",
            Kind::Degenerate => "degenerate",
        }
    }

    /// Whether small deviations decay.
    pub fn is_stable(self) -> bool {
        matches!(self, Kind::StableNode | Kind::StableFocus)
    }
}

/// A state in which nothing changes.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedPoint {
    /// The whole state, in the model's order.
    pub state: Vec<f64>,
    /// The free variables alone, in the order of the axes.
    pub at: Vec<f64>,
    /// Eigenvalues of the Jacobian of the free variables, the largest real part first.
    pub eigenvalues: Vec<Eigenvalue>,
    /// What happens close to it.
    pub kind: Kind,
    /// Whether it lies beyond the threshold: the neuron fires and is reset before it gets there.
    pub beyond_threshold: bool,
}

impl FixedPoint {
    pub(super) fn new(
        state: Vec<f64>,
        at: Vec<f64>,
        eigenvalues: Vec<Eigenvalue>,
        beyond_threshold: bool,
    ) -> Self {
        let kind = Kind::of(&eigenvalues);
        FixedPoint { state, at, eigenvalues, kind, beyond_threshold }
    }
}

impl Dynamics {
    /// Whether a neuron with this margin fires.
    pub(super) fn fires_at(&self, margin: f64) -> bool {
        match self.model.info().firing {
            Firing::Strict => margin > 0.0,
            Firing::Inclusive => margin >= 0.0,
            Firing::Count => margin.abs() >= 1.0,
            Firing::Never => false,
        }
    }
}

/// Eigenvalues of `[[a, b], [c, d]]`, the larger real part first.
pub(super) fn eigenvalues([[a, b], [c, d]]: [[f64; 2]; 2]) -> Vec<Eigenvalue> {
    let (middle, half) = (0.5 * (a + d), 0.5 * (a - d));
    let square = half * half + b * c;
    if square < 0.0 {
        let im = (-square).sqrt();
        return vec![Eigenvalue { re: middle, im }, Eigenvalue { re: middle, im: -im }];
    }
    // The one of greater size first; the other from the determinant, without cancellation.
    let large = if middle < 0.0 { middle - square.sqrt() } else { middle + square.sqrt() };
    let small = if large == 0.0 { 0.0 } else { (a * d - b * c) / large };
    let real = |re: f64| Eigenvalue { re, im: 0.0 };
    let (first, second) = if large >= small { (large, small) } else { (small, large) };
    vec![real(first), real(second)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(m: [[f64; 2]; 2]) -> Kind {
        Kind::of(&eigenvalues(m))
    }

    #[test]
    fn eigenvalues_are_those_of_closed_forms() {
        let real = |m| eigenvalues(m).iter().map(|e| (e.re, e.im)).collect::<Vec<_>>();
        assert_eq!(real([[2.0, 1.0], [1.0, 2.0]]), [(3.0, 0.0), (1.0, 0.0)]);
        assert_eq!(real([[-1.0, -2.0], [2.0, -1.0]]), [(-1.0, 2.0), (-1.0, -2.0)]);
        assert_eq!(real([[-3.0, 7.0], [0.0, -5.0]]), [(-3.0, 0.0), (-5.0, 0.0)]);
        // No digits are lost where one is far smaller than the other.
        let e = eigenvalues([[-1e8, 1.0], [1.0, -1.0]]);
        assert!((e[0].re + 0.99999999).abs() < 1e-12, "{e:?}");
        assert_eq!(real([[0.0, 0.0], [0.0, 0.0]]), [(0.0, 0.0), (0.0, 0.0)]);
    }

    #[test]
    fn classes_follow_from_the_signs() {
        assert_eq!(kind([[-1.0, 0.0], [0.0, -2.0]]), Kind::StableNode);
        assert_eq!(kind([[1.0, 0.0], [0.0, 2.0]]), Kind::UnstableNode);
        assert_eq!(kind([[1.0, 0.0], [0.0, -2.0]]), Kind::Saddle);
        assert_eq!(kind([[-0.1, 1.0], [-1.0, -0.1]]), Kind::StableFocus);
        assert_eq!(kind([[0.1, 1.0], [-1.0, 0.1]]), Kind::UnstableFocus);
        assert_eq!(kind([[0.0, 1.0], [-1.0, 0.0]]), Kind::Centre);
        assert_eq!(kind([[1.0, 1.0], [1.0, 1.0]]), Kind::Degenerate);
        assert_eq!(kind([[f64::NAN, 1.0], [1.0, 1.0]]), Kind::Degenerate);
        assert_eq!(Kind::of(&[Eigenvalue { re: -50.0, im: 0.0 }]), Kind::StableNode);
    }
}
