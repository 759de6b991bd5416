//! Surrogates that are above 0 at any distance from the threshold.

use std::f64::consts::{FRAC_PI_2, PI};

use super::{Shape, SurrogateInfo, positive};
use crate::real::Real;

/// `1 / (1 + k|z|)²`.
#[derive(Debug, Clone, Copy)]
pub struct FastSigmoid;

impl Shape<1> for FastSigmoid {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "fast_sigmoid",
        slope: "1/(1 + k|z|)²",
        primitive: "½ + z/(1 + k|z|)",
        parameters: &[positive("k", 25.0, "steepness: the slope falls to a quarter at |z| = 1/k")],
        has_bounds: false,
        source: "SuperSpike: Zenke & Ganguli 2018, doi:10.1162/neco_a_01086",
    };
    #[inline(always)]
    fn slope<T: Real>([k]: [f64; 1], z: T) -> T {
        let d = T::one() + T::splat(k) * z.abs();
        T::one() / (d * d)
    }
    fn primitive([k]: [f64; 1], z: f64) -> f64 {
        0.5 + z / (1.0 + k * z.abs())
    }
}

/// `(α/2) / (1 + (πα/2·z)²)`.
#[derive(Debug, Clone, Copy)]
pub struct Arctan;

impl Shape<1> for Arctan {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "arctan",
        slope: "(α/2)/(1 + (πα/2·z)²)",
        primitive: "½ + atan(πα/2·z)/π",
        parameters: &[positive("alpha", 2.0, "steepness: the slope at threshold is α/2")],
        has_bounds: false,
        source: "Fang et al. 2021, doi:10.1109/ICCV48922.2021.00266",
    };
    #[inline(always)]
    fn slope<T: Real>([alpha]: [f64; 1], z: T) -> T {
        let u = T::splat(FRAC_PI_2 * alpha) * z;
        T::splat(alpha / 2.0) / (T::one() + u * u)
    }
    #[expect(clippy::disallowed_methods, reason = "only gradient checks use it")]
    fn primitive([alpha]: [f64; 1], z: f64) -> f64 {
        0.5 + (FRAC_PI_2 * alpha * z).atan() / PI
    }
}

/// `k·σ(kz)·(1 − σ(kz))`.
#[derive(Debug, Clone, Copy)]
pub struct Sigmoid;

impl Shape<1> for Sigmoid {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "sigmoid",
        slope: "k·σ(kz)·(1 − σ(kz))",
        primitive: "σ(kz)",
        parameters: &[positive("k", 25.0, "steepness: the slope at threshold is k/4")],
        has_bounds: false,
        source: "Neftci, Mostafa & Zenke 2019, doi:10.1109/MSP.2019.2931595",
    };
    #[inline(always)]
    fn slope<T: Real>([k]: [f64; 1], z: T) -> T {
        // The smaller of σ and 1 − σ, which is the precise one.
        let p = logistic(-(T::splat(k) * z).abs());
        T::splat(k) * p * (T::one() - p)
    }
    fn primitive([k]: [f64; 1], z: f64) -> f64 {
        logistic(k * z)
    }
}

/// `(α/2)·exp(−α|z|)`.
#[derive(Debug, Clone, Copy)]
pub struct PiecewiseExponential;

impl Shape<1> for PiecewiseExponential {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "piecewise_exponential",
        slope: "(α/2)·exp(−α|z|)",
        primitive: "½·exp(αz) for z < 0, else 1 − ½·exp(−αz)",
        parameters: &[positive("alpha", 1.0, "rate of decay away from the threshold")],
        has_bounds: false,
        source: "Neftci, Mostafa & Zenke 2019, doi:10.1109/MSP.2019.2931595",
    };
    #[inline(always)]
    fn slope<T: Real>([alpha]: [f64; 1], z: T) -> T {
        T::splat(alpha / 2.0) * (T::splat(-alpha) * z.abs()).exp()
    }
    #[expect(clippy::disallowed_methods, reason = "only gradient checks use it")]
    fn primitive([alpha]: [f64; 1], z: f64) -> f64 {
        if z < 0.0 { 0.5 * (alpha * z).exp() } else { 1.0 - 0.5 * (-alpha * z).exp() }
    }
}

/// 1 everywhere.
#[derive(Debug, Clone, Copy)]
pub struct StraightThrough;

impl Shape<0> for StraightThrough {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "straight_through",
        slope: "1",
        primitive: "z",
        parameters: &[],
        has_bounds: false,
        source: "Bengio, Léonard & Courville 2013, arXiv:1308.3432",
    };
    #[inline(always)]
    fn slope<T: Real>(_: [f64; 0], _: T) -> T {
        T::one()
    }
    fn primitive(_: [f64; 0], z: f64) -> f64 {
        z
    }
}

/// `c·exp(−α|z|)`.
#[derive(Debug, Clone, Copy)]
pub struct Slayer;

impl Shape<2> for Slayer {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "slayer",
        slope: "c·exp(−α|z|)",
        primitive: "(c/α)·exp(αz) for z < 0, else (c/α)·(2 − exp(−αz))",
        parameters: &[
            positive("alpha", 5.0, "rate of decay away from the threshold"),
            positive("c", 1.0, "height at the threshold"),
        ],
        has_bounds: false,
        source: "SLAYER: Shrestha & Orchard 2018, arXiv:1810.08646",
    };
    #[inline(always)]
    fn slope<T: Real>([alpha, c]: [f64; 2], z: T) -> T {
        T::splat(c) * (T::splat(-alpha) * z.abs()).exp()
    }
    #[expect(clippy::disallowed_methods, reason = "only gradient checks use it")]
    fn primitive([alpha, c]: [f64; 2], z: f64) -> f64 {
        if z < 0.0 { c / alpha * (alpha * z).exp() } else { c / alpha * (2.0 - (-alpha * z).exp()) }
    }
}

#[inline(always)]
fn logistic<T: Real>(x: T) -> T {
    // exp of a negative number only: no overflow on either side.
    let e = (-x.abs()).exp();
    let small = e / (T::one() + e);
    T::select(x.lt(T::zero()), small, T::one() - small)
}
