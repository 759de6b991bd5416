//! Surrogates that are 0 below the threshold.

use std::f64::consts::FRAC_PI_4;

use super::{Shape, SurrogateInfo, positive};
use crate::real::Real;

/// `c₁c₂·sech(c₂z)` for z > 0, else 0, as ngc-learn computes it.
#[derive(Debug, Clone, Copy)]
pub struct Secant;

impl Shape<2> for Secant {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "secant",
        slope: "c₁c₂·sech(c₂z) for z > 0, else 0",
        primitive: "2c₁·(atan(exp(c₂z)) − π/4) for z > 0, else 0",
        parameters: &[
            positive("c1", 0.82, "height: the slope at z → 0⁺ is c1·c2"),
            positive("c2", 0.08, "sharpness, per unit of current"),
        ],
        has_bounds: true,
        source: "Samadi et al. 2017, doi:10.1162/NECO_a_00929; ngc-learn 3",
    };
    #[inline(always)]
    fn slope<T: Real>([c1, c2]: [f64; 2], z: T) -> T {
        T::select(z.gt(T::zero()), T::splat(c1 * c2) / (z * T::splat(c2)).cosh(), T::zero())
    }
    #[expect(clippy::disallowed_methods, reason = "only gradient checks use it")]
    fn primitive([c1, c2]: [f64; 2], z: f64) -> f64 {
        if z > 0.0 { 2.0 * c1 * ((c2 * z).exp().atan() - FRAC_PI_4) } else { 0.0 }
    }
}

/// `c₁c₂·sech²(c₂z)` for z > 0, else 0: the derivative of `c₁·tanh(c₂z)`.
#[derive(Debug, Clone, Copy)]
pub struct SecantSquared;

impl Shape<2> for SecantSquared {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "secant_squared",
        slope: "c₁c₂·sech²(c₂z) for z > 0, else 0",
        primitive: "c₁·tanh(c₂z) for z > 0, else 0",
        parameters: &[
            positive("c1", 0.82, "height that the primitive saturates at"),
            positive("c2", 0.08, "sharpness, per unit of current"),
        ],
        has_bounds: true,
        source: "Samadi et al. 2017, doi:10.1162/NECO_a_00929",
    };
    #[inline(always)]
    fn slope<T: Real>([c1, c2]: [f64; 2], z: T) -> T {
        let sech = T::one() / (z * T::splat(c2)).cosh();
        T::select(z.gt(T::zero()), T::splat(c1 * c2) * sech * sech, T::zero())
    }
    fn primitive([c1, c2]: [f64; 2], z: f64) -> f64 {
        c1 * Real::tanh(c2 * z.max(0.0))
    }
}
