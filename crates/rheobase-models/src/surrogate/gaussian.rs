//! Surrogates made of normal densities.

use std::f64::consts::PI;

use super::{Shape, SurrogateInfo, positive};
use crate::real::Real;

/// `exp(−z²/2σ²)/(σ√2π)`.
#[derive(Debug, Clone, Copy)]
pub struct Gaussian;

impl Shape<1> for Gaussian {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "gaussian",
        slope: "exp(−z²/2σ²)/(σ√2π)",
        primitive: "Φ(z/σ)",
        parameters: &[positive("sigma", 0.4, "standard deviation")],
        has_bounds: false,
        source: "Yin, Corradi & Bohté 2021, doi:10.1038/s42256-021-00397-w",
    };
    #[inline(always)]
    fn slope<T: Real>([sigma]: [f64; 1], z: T) -> T {
        bell(z, 0.0, sigma)
    }
    fn primitive([sigma]: [f64; 1], z: f64) -> f64 {
        normal_cdf(z / sigma)
    }
}

/// `(1+h)·G(z; 0, σ) − h·G(z; σ, sσ) − h·G(z; −σ, sσ)`.
#[derive(Debug, Clone, Copy)]
pub struct MultiGaussian;

impl Shape<3> for MultiGaussian {
    const INFO: SurrogateInfo = SurrogateInfo {
        name: "multi_gaussian",
        slope: "(1+h)·G(z; 0, σ) − h·G(z; σ, sσ) − h·G(z; −σ, sσ)",
        primitive: "(1+h)·Φ(z/σ) − h·Φ((z−σ)/sσ) − h·Φ((z+σ)/sσ) + h",
        parameters: &[
            positive("sigma", 0.5, "standard deviation of the centre"),
            positive("h", 0.15, "weight of the two negative side lobes"),
            positive("s", 6.0, "width of the side lobes relative to the centre"),
        ],
        has_bounds: false,
        source: "Yin, Corradi & Bohté 2021, doi:10.1038/s42256-021-00397-w",
    };
    #[inline(always)]
    fn slope<T: Real>([sigma, h, wide]: [f64; 3], z: T) -> T {
        T::splat(1.0 + h) * bell(z, 0.0, sigma)
            - T::splat(h) * (bell(z, sigma, wide * sigma) + bell(z, -sigma, wide * sigma))
    }
    fn primitive([sigma, h, wide]: [f64; 3], z: f64) -> f64 {
        let side = |shift: f64| normal_cdf((z + shift) / (wide * sigma));
        (1.0 + h) * normal_cdf(z / sigma) - h * (side(-sigma) + side(sigma)) + h
    }
}

#[inline(always)]
fn bell<T: Real>(z: T, mean: f64, sigma: f64) -> T {
    let u = (z - T::splat(mean)) / T::splat(sigma);
    (T::splat(-0.5) * u * u).exp() * T::splat(1.0 / (sigma * (2.0 * PI).sqrt()))
}

/// `Φ(x)`, the standard normal distribution function, from the series and continued fraction of erf.
#[expect(clippy::disallowed_methods, reason = "only gradient checks use it")]
fn normal_cdf(x: f64) -> f64 {
    let t = x.abs() / std::f64::consts::SQRT_2;
    let tail = if t < 3.0 {
        // erf(t) = 2/√π · Σ t^(2n+1)·2^n / (2n+1)!!, all terms positive
        let (mut term, mut sum, mut n) = (t, t, 0.0);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= 2.0 * t * t / (2.0 * n + 1.0);
            sum += term;
        }
        1.0 - 2.0 / PI.sqrt() * (-t * t).exp() * sum
    } else {
        // erfc(t) = exp(−t²)/√π · 1/(t + ½/(t + 1/(t + 3⁄2/(t + …))))
        let fraction = (1..60).rev().fold(t, |f, n| t + 0.5 * f64::from(n) / f);
        (-t * t).exp() / (PI.sqrt() * fraction)
    };
    if x < 0.0 { tail / 2.0 } else { 1.0 - tail / 2.0 }
}
