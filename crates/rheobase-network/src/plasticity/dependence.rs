//! How the size of a change depends on the weight.

use rheobase_models::Real;
use serde::{Deserialize, Serialize};

use super::check::at_least_zero;
use rheobase_base::Result;

/// How the size of a change depends on the weight w, with u = (w − lower)/(upper − lower).
///
/// | | potentiation × | depression × | source |
/// |---|---|---|---|
/// | `additive` | 1 | 1 | Song et al. 2000, doi:10.1038/78829 |
/// | `multiplicative` | 1 − u | u | van Rossum et al. 2000, doi:10.1523/JNEUROSCI.20-23-08812.2000 |
/// | `power` | (1 − u)^mu_plus | u^mu_minus | Gütig et al. 2003, doi:10.1523/JNEUROSCI.23-09-03697.2003 |
/// | `power_law` | u^mu | u | Morrison et al. 2007, doi:10.1162/neco.2007.19.6.1437 |
///
/// Whatever it is, weights end at the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Dependence {
    /// None.
    #[default]
    Additive,
    /// In proportion to what is left to the bound.
    Multiplicative,
    /// A power of what is left to the bound: between the two above for exponents between 0 and 1.
    Power {
        /// Exponent of potentiation, at least 0.
        mu_plus: f64,
        /// Exponent of depression, at least 0.
        mu_minus: f64,
    },
    /// Potentiation grows with a power of the weight, depression with the weight: what was measured on large synapses.
    PowerLaw {
        /// Exponent of potentiation, at least 0.
        mu: f64,
    },
}

impl Dependence {
    /// # Errors
    /// Exponents that are not finite or below 0.
    pub(super) fn check(&self, place: &str) -> Result<()> {
        match self {
            Dependence::Additive | Dependence::Multiplicative => Ok(()),
            Dependence::Power { mu_plus, mu_minus } => {
                at_least_zero(place, "dependence.mu_plus", *mu_plus)?;
                at_least_zero(place, "dependence.mu_minus", *mu_minus)
            }
            Dependence::PowerLaw { mu } => at_least_zero(place, "dependence.mu", *mu),
        }
    }

    /// The factor of potentiation at `u` in [0, 1].
    pub(super) fn up(&self, u: f32) -> f32 {
        match self {
            Dependence::Additive => 1.0,
            Dependence::Multiplicative => 1.0 - u,
            Dependence::Power { mu_plus, .. } => power(1.0 - u, *mu_plus),
            Dependence::PowerLaw { mu } => power(u, *mu),
        }
    }

    /// The factor of depression at `u` in [0, 1].
    pub(super) fn down(&self, u: f32) -> f32 {
        match self {
            Dependence::Additive => 1.0,
            Dependence::Multiplicative | Dependence::PowerLaw { .. } => u,
            Dependence::Power { mu_minus, .. } => power(u, *mu_minus),
        }
    }
}

/// base^exponent; 0⁰ is 1.
fn power(base: f32, exponent: f64) -> f32 {
    match (exponent == 0.0, base > 0.0) {
        (true, _) => 1.0,
        (false, false) => 0.0,
        (false, true) => Real::exp(exponent * Real::ln(f64::from(base))) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_lie_between_additive_and_multiplicative() {
        let power = |mu| Dependence::Power { mu_plus: mu, mu_minus: mu };
        for u in [0.0, 0.25, 0.5, 1.0] {
            assert_eq!(power(0.0).up(u), Dependence::Additive.up(u));
            assert!((power(1.0).up(u) - Dependence::Multiplicative.up(u)).abs() < 1e-6);
            assert!((power(1.0).down(u) - Dependence::Multiplicative.down(u)).abs() < 1e-6);
        }
        assert!((power(0.5).up(0.75) - 0.5).abs() < 1e-6);
        assert!((Dependence::PowerLaw { mu: 0.5 }.up(0.25) - 0.5).abs() < 1e-6);
        assert_eq!(Dependence::PowerLaw { mu: 0.5 }.down(0.25), 0.25);
    }
}
