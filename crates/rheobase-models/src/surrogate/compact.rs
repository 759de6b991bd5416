//! Surrogates that are 0 beyond some distance from the threshold, on either side.

use super::{Shape, SurrogateInfo, positive};
use crate::real::Real;

/// `γ·max(0, 1 − |z|)`.
#[derive(Debug, Clone, Copy)]
pub struct SpikeLinear;

impl Shape<1> for SpikeLinear {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "spike_linear",
        slope: "γ·max(0, 1 − |z|)",
        primitive: "γ·(1 + sgn z·(1 − (1 − min(|z|,1))²))/2",
        parameters: &[positive("gamma", 0.3, "height of the slope at threshold")],
        has_bounds: true,
        source: "Bellec et al. 2018, arXiv:1803.09574; rnnbuilder 0.1.1",
    };
    #[inline(always)]
    fn slope<T: Real>([gamma]: [f64; 1], z: T) -> T {
        (T::one() - z.abs()).max(T::zero()) * T::splat(gamma)
    }
    fn primitive([gamma]: [f64; 1], z: f64) -> f64 {
        gamma * triangle_area(z)
    }
}

/// `1/(2w)` for |z| < w, else 0.
#[derive(Debug, Clone, Copy)]
pub struct Boxcar;

impl Shape<1> for Boxcar {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "boxcar",
        slope: "1/(2w) for |z| < w, else 0",
        primitive: "clip((z + w)/(2w), 0, 1)",
        parameters: &[positive("width", 0.5, "half width of the box")],
        has_bounds: true,
        source: "Wu et al. 2018, doi:10.3389/fnins.2018.00331",
    };
    #[inline(always)]
    fn slope<T: Real>([w]: [f64; 1], z: T) -> T {
        T::select(z.abs().lt(T::splat(w)), T::splat(0.5 / w), T::zero())
    }
    fn primitive([w]: [f64; 1], z: f64) -> f64 {
        ((z + w) / (2.0 * w)).clamp(0.0, 1.0)
    }
}

/// `max(0, 1 − |z|/w)/w`.
#[derive(Debug, Clone, Copy)]
pub struct Triangle;

impl Shape<1> for Triangle {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "triangle",
        slope: "max(0, 1 − |z|/w)/w",
        primitive: "(1 + sgn z·(1 − (1 − min(|z|/w,1))²))/2",
        parameters: &[positive("width", 1.0, "half width of the triangle")],
        has_bounds: true,
        source: "Esser et al. 2016, doi:10.1073/pnas.1604850113",
    };
    #[inline(always)]
    fn slope<T: Real>([w]: [f64; 1], z: T) -> T {
        (T::one() - z.abs() * T::splat(1.0 / w)).max(T::zero()) * T::splat(1.0 / w)
    }
    fn primitive([w]: [f64; 1], z: f64) -> f64 {
        triangle_area(z / w)
    }
}

/// `α − α²|z|` for |z| < 1/α, else 0.
#[derive(Debug, Clone, Copy)]
pub struct PiecewiseQuadratic;

impl Shape<1> for PiecewiseQuadratic {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "piecewise_quadratic",
        slope: "α − α²|z| for |z| < 1/α, else 0",
        primitive: "½ + αz − sgn z·α²z²/2 for |z| < 1/α, else 0 or 1",
        parameters: &[positive("alpha", 1.0, "slope at threshold and inverse half width")],
        has_bounds: true,
        source: "Esser et al. 2016, doi:10.1073/pnas.1604850113; SpikingJelly, doi:10.1126/sciadv.adi1480",
    };
    #[inline(always)]
    fn slope<T: Real>([alpha]: [f64; 1], z: T) -> T {
        (T::splat(alpha) - T::splat(alpha * alpha) * z.abs()).max(T::zero())
    }
    fn primitive([alpha]: [f64; 1], z: f64) -> f64 {
        triangle_area(alpha * z)
    }
}

/// The integral from −∞ to `z` of the triangle of height and half width 1.
fn triangle_area(z: f64) -> f64 {
    let beyond = 1.0 - z.abs().min(1.0);
    let inside = 1.0 - beyond * beyond;
    0.5 * (1.0 + inside.copysign(z))
}
