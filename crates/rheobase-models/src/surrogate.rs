//! Surrogates: the slope that stands in for the derivative of a spike, all in one table.
//!
//! A surrogate is data, not part of a model. `slope(z)` is used where derivatives pass through a spike and
//! `primitive(z)`, its integral, where a smooth stand-in of the spike itself is wanted (gradient checks).
//! `z` is the `through` of the model's [`crate::neuron::Drive`]: usually the distance to threshold.

use std::f64::consts::{FRAC_PI_2, PI};

use crate::real::Real;
use crate::record::{Field, Range};

/// The slope that replaces the derivative of a spike with respect to `z`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Surrogate {
    /// `γ·max(0, 1 − |z|)`.
    SpikeLinear(f64),
    /// `c₁c₂·sech(c₂z)` for z > 0, else 0, as ngc-learn computes it.
    Secant(f64, f64),
    /// `1 / (1 + k|z|)²`.
    FastSigmoid(f64),
    /// `(α/2) / (1 + (πα/2·z)²)`.
    Arctan(f64),
    /// `k·σ(kz)·(1 − σ(kz))`.
    Sigmoid(f64),
    /// `1/(2w)` for |z| < w, else 0.
    Boxcar(f64),
    /// `max(0, 1 − |z|/w)/w`.
    Triangle(f64),
    /// `exp(−z²/2σ²)/(σ√2π)`.
    Gaussian(f64),
    /// `α − α²|z|` for |z| < 1/α, else 0.
    PiecewiseQuadratic(f64),
    /// `(α/2)·exp(−α|z|)`.
    PiecewiseExponential(f64),
    /// 1.
    StraightThrough,
    /// `(1+h)·G(z; 0, σ) − h·G(z; σ, sσ) − h·G(z; −σ, sσ)`.
    MultiGaussian(f64, f64, f64),
    /// `c·exp(−α|z|)`.
    Slayer(f64, f64),
    /// `c₁c₂·sech²(c₂z)` for z > 0, else 0: the derivative of `c₁·tanh(c₂z)`.
    SecantSquared(f64, f64),
}

/// One line of the table: a surrogate's name, formula, parameters and source.
#[derive(Debug, Clone, Copy)]
pub struct SurrogateInfo {
    /// Name on the command line and in files.
    pub name: &'static str,
    /// The slope.
    pub slope: &'static str,
    /// Its integral.
    pub primitive: &'static str,
    /// Parameters in the order of the variant's fields.
    pub parameters: &'static [Field],
    /// Where it comes from.
    pub source: &'static str,
}

const POSITIVE: Range = Range::above(0.0);

macro_rules! parameter {
    ($name:literal, $default:literal, $doc:literal) => {
        Field::real($name, "1", $default, $doc).within(POSITIVE)
    };
}

/// Every surrogate, in the order of [`Surrogate`]'s variants.
pub const SURROGATES: [SurrogateInfo; 14] = [
    SurrogateInfo {
        name: "spike_linear",
        slope: "γ·max(0, 1 − |z|)",
        primitive: "γ·(1 + sgn z·(1 − (1 − min(|z|,1))²))/2",
        parameters: &[parameter!("gamma", 0.3, "height of the slope at threshold")],
        source: "Bellec et al. 2018, arXiv:1803.09574; rnnbuilder 0.1.1",
    },
    SurrogateInfo {
        name: "secant",
        slope: "c₁c₂·sech(c₂z) for z > 0, else 0",
        primitive: "2c₁·(atan(exp(c₂z)) − π/4) for z > 0, else 0",
        parameters: &[
            parameter!("c1", 0.82, "height: the slope at z → 0⁺ is c1·c2"),
            parameter!("c2", 0.08, "sharpness, per unit of current"),
        ],
        source: "Samadi et al. 2017, doi:10.1162/NECO_a_00929; ngc-learn 3",
    },
    SurrogateInfo {
        name: "fast_sigmoid",
        slope: "1/(1 + k|z|)²",
        primitive: "½ + z/(1 + k|z|)",
        parameters: &[parameter!("k", 25.0, "steepness: the slope falls to a quarter at |z| = 1/k")],
        source: "SuperSpike: Zenke & Ganguli 2018, doi:10.1162/neco_a_01086",
    },
    SurrogateInfo {
        name: "arctan",
        slope: "(α/2)/(1 + (πα/2·z)²)",
        primitive: "½ + atan(πα/2·z)/π",
        parameters: &[parameter!("alpha", 2.0, "steepness: the slope at threshold is α/2")],
        source: "Fang et al. 2021, doi:10.1109/ICCV48922.2021.00266",
    },
    SurrogateInfo {
        name: "sigmoid",
        slope: "k·σ(kz)·(1 − σ(kz))",
        primitive: "σ(kz)",
        parameters: &[parameter!("k", 25.0, "steepness: the slope at threshold is k/4")],
        source: "Neftci, Mostafa & Zenke 2019, doi:10.1109/MSP.2019.2931595",
    },
    SurrogateInfo {
        name: "boxcar",
        slope: "1/(2w) for |z| < w, else 0",
        primitive: "clip((z + w)/(2w), 0, 1)",
        parameters: &[parameter!("width", 0.5, "half width of the box")],
        source: "Wu et al. 2018, doi:10.3389/fnins.2018.00331",
    },
    SurrogateInfo {
        name: "triangle",
        slope: "max(0, 1 − |z|/w)/w",
        primitive: "(1 + sgn z·(1 − (1 − min(|z|/w,1))²))/2",
        parameters: &[parameter!("width", 1.0, "half width of the triangle")],
        source: "Esser et al. 2016, doi:10.1073/pnas.1604850113",
    },
    SurrogateInfo {
        name: "gaussian",
        slope: "exp(−z²/2σ²)/(σ√2π)",
        primitive: "Φ(z/σ)",
        parameters: &[parameter!("sigma", 0.4, "standard deviation")],
        source: "Yin, Corradi & Bohté 2021, doi:10.1038/s42256-021-00397-w",
    },
    SurrogateInfo {
        name: "piecewise_quadratic",
        slope: "α − α²|z| for |z| < 1/α, else 0",
        primitive: "½ + αz − sgn z·α²z²/2 for |z| < 1/α, else 0 or 1",
        parameters: &[parameter!("alpha", 1.0, "slope at threshold and inverse half width")],
        source: "Esser et al. 2016, doi:10.1073/pnas.1604850113; SpikingJelly, doi:10.1126/sciadv.adi1480",
    },
    SurrogateInfo {
        name: "piecewise_exponential",
        slope: "(α/2)·exp(−α|z|)",
        primitive: "½·exp(αz) for z < 0, else 1 − ½·exp(−αz)",
        parameters: &[parameter!("alpha", 1.0, "rate of decay away from the threshold")],
        source: "Neftci, Mostafa & Zenke 2019, doi:10.1109/MSP.2019.2931595",
    },
    SurrogateInfo {
        name: "straight_through",
        slope: "1",
        primitive: "z",
        parameters: &[],
        source: "Bengio, Léonard & Courville 2013, arXiv:1308.3432",
    },
    SurrogateInfo {
        name: "multi_gaussian",
        slope: "(1+h)·G(z; 0, σ) − h·G(z; σ, sσ) − h·G(z; −σ, sσ)",
        primitive: "(1+h)·Φ(z/σ) − h·Φ((z−σ)/sσ) − h·Φ((z+σ)/sσ) + h",
        parameters: &[
            parameter!("sigma", 0.5, "standard deviation of the centre"),
            parameter!("h", 0.15, "weight of the two negative side lobes"),
            parameter!("s", 6.0, "width of the side lobes relative to the centre"),
        ],
        source: "Yin, Corradi & Bohté 2021, doi:10.1038/s42256-021-00397-w",
    },
    SurrogateInfo {
        name: "slayer",
        slope: "c·exp(−α|z|)",
        primitive: "(c/α)·exp(αz) for z < 0, else (c/α)·(2 − exp(−αz))",
        parameters: &[
            parameter!("alpha", 5.0, "rate of decay away from the threshold"),
            parameter!("c", 1.0, "height at the threshold"),
        ],
        source: "SLAYER: Shrestha & Orchard 2018, arXiv:1810.08646",
    },
    SurrogateInfo {
        name: "secant_squared",
        slope: "c₁c₂·sech²(c₂z) for z > 0, else 0",
        primitive: "c₁·tanh(c₂z) for z > 0, else 0",
        parameters: &[
            parameter!("c1", 0.82, "height that the primitive saturates at"),
            parameter!("c2", 0.08, "sharpness, per unit of current"),
        ],
        source: "Samadi et al. 2017, doi:10.1162/NECO_a_00929",
    },
];

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

#[inline(always)]
fn bell<T: Real>(z: T, mean: f64, sigma: f64) -> T {
    let u = (z - T::splat(mean)) / T::splat(sigma);
    (T::splat(-0.5) * u * u).exp() * T::splat(1.0 / (sigma * (2.0 * PI).sqrt()))
}

#[inline(always)]
fn logistic<T: Real>(x: T) -> T {
    // exp of a negative number only: no overflow on either side.
    let e = (-x.abs()).exp();
    let small = e / (T::one() + e);
    T::select(x.lt(T::zero()), small, T::one() - small)
}

impl Default for Surrogate {
    /// The fast sigmoid with k = 25.
    fn default() -> Self {
        Surrogate::FastSigmoid(25.0)
    }
}

impl Surrogate {
    /// The surrogate's line in the table.
    pub fn info(&self) -> &'static SurrogateInfo {
        let index = match self {
            Surrogate::SpikeLinear(..) => 0,
            Surrogate::Secant(..) => 1,
            Surrogate::FastSigmoid(..) => 2,
            Surrogate::Arctan(..) => 3,
            Surrogate::Sigmoid(..) => 4,
            Surrogate::Boxcar(..) => 5,
            Surrogate::Triangle(..) => 6,
            Surrogate::Gaussian(..) => 7,
            Surrogate::PiecewiseQuadratic(..) => 8,
            Surrogate::PiecewiseExponential(..) => 9,
            Surrogate::StraightThrough => 10,
            Surrogate::MultiGaussian(..) => 11,
            Surrogate::Slayer(..) => 12,
            Surrogate::SecantSquared(..) => 13,
        };
        &SURROGATES[index]
    }

    /// The surrogate called `name`, with `parameters` in the table's order (missing ones take their defaults).
    /// `None` if there is no such name, there are too many parameters, or one is out of its range.
    pub fn named(name: &str, parameters: &[f64]) -> Option<Self> {
        let info = SURROGATES.iter().find(|i| i.name == name)?;
        if parameters.len() > info.parameters.len() {
            return None;
        }
        let mut p = [0.0; 3];
        for (i, field) in info.parameters.iter().enumerate() {
            p[i] = parameters.get(i).copied().unwrap_or(field.default);
            if !field.range.contains(p[i]) {
                return None;
            }
        }
        Some(match name {
            "spike_linear" => Surrogate::SpikeLinear(p[0]),
            "secant" => Surrogate::Secant(p[0], p[1]),
            "fast_sigmoid" => Surrogate::FastSigmoid(p[0]),
            "arctan" => Surrogate::Arctan(p[0]),
            "sigmoid" => Surrogate::Sigmoid(p[0]),
            "boxcar" => Surrogate::Boxcar(p[0]),
            "triangle" => Surrogate::Triangle(p[0]),
            "gaussian" => Surrogate::Gaussian(p[0]),
            "piecewise_quadratic" => Surrogate::PiecewiseQuadratic(p[0]),
            "piecewise_exponential" => Surrogate::PiecewiseExponential(p[0]),
            "straight_through" => Surrogate::StraightThrough,
            "multi_gaussian" => Surrogate::MultiGaussian(p[0], p[1], p[2]),
            "slayer" => Surrogate::Slayer(p[0], p[1]),
            _ => Surrogate::SecantSquared(p[0], p[1]),
        })
    }

    /// The parameters in the table's order.
    pub fn parameters(&self) -> Vec<f64> {
        match *self {
            Surrogate::StraightThrough => Vec::new(),
            Surrogate::SpikeLinear(a)
            | Surrogate::FastSigmoid(a)
            | Surrogate::Arctan(a)
            | Surrogate::Sigmoid(a)
            | Surrogate::Boxcar(a)
            | Surrogate::Triangle(a)
            | Surrogate::Gaussian(a)
            | Surrogate::PiecewiseQuadratic(a)
            | Surrogate::PiecewiseExponential(a) => vec![a],
            Surrogate::Secant(a, b) | Surrogate::Slayer(a, b) | Surrogate::SecantSquared(a, b) => vec![a, b],
            Surrogate::MultiGaussian(a, b, c) => vec![a, b, c],
        }
    }

    /// The first parameter that is out of its range, with its value, if there is one.
    pub fn broken_rule(&self) -> Option<(&'static Field, f64)> {
        let fields = self.info().parameters.iter();
        fields.zip(self.parameters()).find(|(field, x)| field.broken_rule(*x).is_some())
    }

    /// Whether the slope is 0 somewhere: then what lies there needs no error from later layers.
    pub fn has_bounds(&self) -> bool {
        use Surrogate as S;
        matches!(
            self,
            S::SpikeLinear(_)
                | S::Boxcar(_)
                | S::Triangle(_)
                | S::PiecewiseQuadratic(_)
                | S::Secant(..)
                | S::SecantSquared(..)
        )
    }

    /// The slope at `z`.
    #[inline(always)]
    pub fn slope<T: Real>(&self, z: T) -> T {
        let s = T::splat;
        let (zero, one) = (T::zero(), T::one());
        match *self {
            Surrogate::SpikeLinear(gamma) => (one - z.abs()).max(zero) * s(gamma),
            Surrogate::Secant(c1, c2) => T::select(z.gt(zero), s(c1 * c2) / (z * s(c2)).cosh(), zero),
            Surrogate::FastSigmoid(k) => {
                let d = one + s(k) * z.abs();
                one / (d * d)
            }
            Surrogate::Arctan(alpha) => arctan(alpha, z),
            Surrogate::Sigmoid(k) => {
                // The smaller of σ and 1 − σ, which is the precise one.
                let p = logistic(-(s(k) * z).abs());
                s(k) * p * (one - p)
            }
            Surrogate::Boxcar(w) => T::select(z.abs().lt(s(w)), s(0.5 / w), zero),
            Surrogate::Triangle(w) => triangle(w, z),
            Surrogate::Gaussian(sigma) => bell(z, 0.0, sigma),
            Surrogate::PiecewiseQuadratic(a) => (s(a) - s(a * a) * z.abs()).max(zero),
            Surrogate::PiecewiseExponential(a) => s(a / 2.0) * (s(-a) * z.abs()).exp(),
            Surrogate::StraightThrough => one,
            Surrogate::MultiGaussian(sigma, h, wide) => {
                s(1.0 + h) * bell(z, 0.0, sigma)
                    - s(h) * (bell(z, sigma, wide * sigma) + bell(z, -sigma, wide * sigma))
            }
            Surrogate::Slayer(alpha, c) => s(c) * (s(-alpha) * z.abs()).exp(),
            Surrogate::SecantSquared(c1, c2) => {
                let sech = one / (z * s(c2)).cosh();
                T::select(z.gt(zero), s(c1 * c2) * sech * sech, zero)
            }
        }
    }

    /// [`Surrogate::slope`] of the two that are used most; `None` for the others.
    #[inline(always)]
    pub(crate) fn usual_slope<T: Real>(&self, z: T) -> Option<T> {
        match *self {
            Surrogate::Arctan(alpha) => Some(arctan(alpha, z)),
            Surrogate::Triangle(w) => Some(triangle(w, z)),
            _ => None,
        }
    }

    /// The integral of the slope: a smooth stand-in for the spike.
    #[expect(clippy::disallowed_methods, reason = "only gradient checks use it")]
    pub fn primitive(&self, z: f64) -> f64 {
        let triangle = |u: f64| {
            let beyond = 1.0 - u.abs().min(1.0);
            let inside = 1.0 - beyond * beyond;
            0.5 * (1.0 + inside.copysign(u))
        };
        match *self {
            Surrogate::SpikeLinear(gamma) => gamma * triangle(z),
            Surrogate::Secant(c1, c2) => {
                if z > 0.0 {
                    2.0 * c1 * ((c2 * z).exp().atan() - FRAC_PI_2 / 2.0)
                } else {
                    0.0
                }
            }
            Surrogate::FastSigmoid(k) => 0.5 + z / (1.0 + k * z.abs()),
            Surrogate::Arctan(alpha) => 0.5 + (FRAC_PI_2 * alpha * z).atan() / PI,
            Surrogate::Sigmoid(k) => logistic(k * z),
            Surrogate::Boxcar(w) => ((z + w) / (2.0 * w)).clamp(0.0, 1.0),
            Surrogate::Triangle(w) => triangle(z / w),
            Surrogate::Gaussian(sigma) => normal_cdf(z / sigma),
            Surrogate::PiecewiseQuadratic(a) => triangle(a * z),
            Surrogate::PiecewiseExponential(a) => {
                if z < 0.0 {
                    0.5 * (a * z).exp()
                } else {
                    1.0 - 0.5 * (-a * z).exp()
                }
            }
            Surrogate::StraightThrough => z,
            Surrogate::MultiGaussian(sigma, h, wide) => {
                let side = |shift: f64| normal_cdf((z + shift) / (wide * sigma));
                (1.0 + h) * normal_cdf(z / sigma) - h * (side(-sigma) + side(sigma)) + h
            }
            Surrogate::Slayer(alpha, c) => {
                if z < 0.0 {
                    c / alpha * (alpha * z).exp()
                } else {
                    c / alpha * (2.0 - (-alpha * z).exp())
                }
            }
            Surrogate::SecantSquared(c1, c2) => c1 * Real::tanh(c2 * z.max(0.0)),
        }
    }
}

impl std::fmt::Display for Surrogate {
    /// Name and parameters as the table has them: `secant(c1=0.82, c2=0.08)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let info = self.info();
        f.write_str(info.name)?;
        for (i, (field, value)) in info.parameters.iter().zip(self.parameters()).enumerate() {
            write!(f, "{}{}={value}", if i == 0 { "(" } else { ", " }, field.name)?;
        }
        f.write_str(if info.parameters.is_empty() { "" } else { ")" })
    }
}

#[inline(always)]
fn arctan<T: Real>(alpha: f64, z: T) -> T {
    let u = T::splat(FRAC_PI_2 * alpha) * z;
    T::splat(alpha / 2.0) / (T::one() + u * u)
}

#[inline(always)]
fn triangle<T: Real>(w: f64, z: T) -> T {
    (T::one() - z.abs() * T::splat(1.0 / w)).max(T::zero()) * T::splat(1.0 / w)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Surrogate> {
        SURROGATES.iter().map(|i| Surrogate::named(i.name, &[]).expect(i.name))
    }

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (surrogate, info) in all().zip(&SURROGATES) {
            assert_eq!(surrogate.info().name, info.name);
        }
    }

    #[test]
    fn slopes_are_derivatives_of_the_primitives() {
        for surrogate in all() {
            for i in -400..=400 {
                let z = f64::from(i) * 0.0125 + 0.000_7;
                let h = 1e-6;
                let difference = (surrogate.primitive(z + h) - surrogate.primitive(z - h)) / (2.0 * h);
                let slope = surrogate.slope(z);
                assert!((difference - slope).abs() < 2e-5 * (1.0 + slope.abs()), "{surrogate:?} at {z}");
            }
        }
    }

    /// What the primitive tends to far below and far above the threshold, by the area under the slope.
    #[test]
    fn primitives_have_their_limits() {
        let far = 1e9;
        for surrogate in all() {
            let (low, high) = match surrogate {
                Surrogate::SpikeLinear(gamma) => (0.0, gamma),
                Surrogate::Secant(c1, _) => (0.0, c1 * FRAC_PI_2),
                Surrogate::SecantSquared(c1, _) => (0.0, c1),
                Surrogate::FastSigmoid(k) => (0.5 - 1.0 / k, 0.5 + 1.0 / k),
                Surrogate::MultiGaussian(_, h, _) => (h, 1.0),
                Surrogate::Slayer(alpha, c) => (0.0, 2.0 * c / alpha),
                Surrogate::StraightThrough => (-far, far),
                _ => (0.0, 1.0),
            };
            let (a, b) = (surrogate.primitive(-far), surrogate.primitive(far));
            assert!((a - low).abs() < 1e-8 && (b - high).abs() < 1e-8, "{surrogate}: {a} {b}");
        }
    }

    /// Slopes never push the wrong way, but for the side lobes of the multi-Gaussian, which are meant to.
    #[test]
    fn slopes_are_not_negative_and_vanish_far_away() {
        for surrogate in all() {
            let lobes = matches!(surrogate, Surrogate::MultiGaussian(..));
            let mut negative = false;
            for i in -2000..=2000 {
                negative |= surrogate.slope(f64::from(i) * 0.01) < 0.0;
            }
            assert_eq!(negative, lobes, "{surrogate}");
            let one_everywhere = surrogate == Surrogate::StraightThrough;
            for z in [-1e30f32, -f32::MAX, 1e30, f32::MAX] {
                assert_eq!(surrogate.slope(z), f32::from(u8::from(one_everywhere)), "{surrogate} at {z}");
            }
        }
    }

    /// Symmetric about the threshold, but for those that are 0 below it.
    #[test]
    fn slopes_are_symmetric_or_one_sided() {
        for surrogate in all() {
            let one_sided = matches!(surrogate, Surrogate::Secant(..) | Surrogate::SecantSquared(..));
            for i in 1..200 {
                let z = f64::from(i) * 0.02;
                let below = if one_sided { 0.0 } else { surrogate.slope(z) };
                assert!((surrogate.slope(-z) - below).abs() <= 1e-15, "{surrogate} at {z}");
            }
        }
    }

    /// Values worked out by hand from the sources' formulas.
    #[test]
    fn heights_at_and_beside_the_threshold_are_those_of_the_sources() {
        let e = std::f64::consts::E;
        for (surrogate, z, slope) in [
            (Surrogate::SpikeLinear(0.3), 0.0, 0.3),
            (Surrogate::SpikeLinear(0.3), -0.5, 0.15),
            (Surrogate::SpikeLinear(0.3), 1.0, 0.0),
            (Surrogate::Secant(0.82, 0.08), 0.0, 0.0),
            (Surrogate::Secant(0.82, 0.08), 12.5, 0.82 * 0.08 * 2.0 / (e + 1.0 / e)),
            (Surrogate::SecantSquared(0.82, 0.08), 12.5, 0.82 * 0.08 * 4.0 / (e + 1.0 / e).powi(2)),
            (Surrogate::FastSigmoid(25.0), 0.04, 0.25),
            (Surrogate::Arctan(2.0), 1.0 / PI, 0.5),
            (Surrogate::Sigmoid(25.0), 0.0, 6.25),
            (Surrogate::Boxcar(0.5), 0.499, 1.0),
            (Surrogate::Boxcar(0.5), 0.5, 0.0),
            (Surrogate::Triangle(2.0), 1.0, 0.25),
            (Surrogate::Gaussian(0.4), 0.4, (-0.5f64).exp() / (0.4 * (2.0 * PI).sqrt())),
            (Surrogate::PiecewiseQuadratic(2.0), 0.25, 1.0),
            (Surrogate::PiecewiseExponential(2.0), -0.5, 1.0 / e),
            (Surrogate::StraightThrough, -3.0, 1.0),
            (Surrogate::Slayer(5.0, 2.0), 0.2, 2.0 / e),
        ] {
            assert!((surrogate.slope(z) - slope).abs() < 1e-14, "{surrogate} at {z}");
        }
        let centre = |sigma: f64| 1.0 / (sigma * (2.0 * PI).sqrt());
        let lobe = centre(3.0) * (-0.5 / 36.0f64).exp();
        let multi = 1.15 * centre(0.5) - 0.3 * lobe;
        assert!((Surrogate::MultiGaussian(0.5, 0.15, 6.0).slope(0.0) - multi).abs() < 1e-14);
    }

    #[test]
    fn surrogates_are_shown_as_the_table_names_them() {
        assert_eq!(Surrogate::Secant(0.82, 0.08).to_string(), "secant(c1=0.82, c2=0.08)");
        assert_eq!(Surrogate::FastSigmoid(25.0).to_string(), "fast_sigmoid(k=25)");
        assert_eq!(Surrogate::StraightThrough.to_string(), "straight_through");
        for surrogate in all() {
            assert_eq!(Surrogate::named(surrogate.info().name, &surrogate.parameters()), Some(surrogate));
        }
    }

    #[test]
    fn parameters_set_directly_can_be_checked() {
        assert!(all().all(|s| s.broken_rule().is_none()));
        for bad in [f64::NAN, -1.0, 0.0, f64::INFINITY] {
            let found = Surrogate::Secant(1.0, bad).broken_rule();
            assert!(found.is_some_and(|(field, _)| field.name == "c2"), "{bad}");
        }
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        assert_eq!(Surrogate::named("triangle", &[0.0]), None);
        assert_eq!(Surrogate::named("triangle", &[f64::NAN]), None);
        assert_eq!(Surrogate::named("triangle", &[1.0, 2.0]), None);
        assert_eq!(Surrogate::named("nothing", &[]), None);
    }
}
