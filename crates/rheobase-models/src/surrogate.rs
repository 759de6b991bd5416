//! Surrogates: the slope that stands in for the derivative of a spike.
//!
//! A surrogate is data, not part of a model. `slope(z)` is used where derivatives pass through a spike and
//! `primitive(z)`, its integral, where a smooth stand-in of the spike itself is wanted (gradient checks).
//! `z` is the `through` of the model's [`crate::neuron::Drive`]: usually the distance to threshold.
//!
//! Each is declared once, as a [`Shape`] in the file of its family, and has one line in the list below; [`Surrogate`]
//! and [`SURROGATES`] are made of the list.

pub mod compact;
pub mod gaussian;
pub mod one_sided;
pub mod tails;

use crate::real::{Real, Slope};
use crate::record::{Field, Range};
use compact::Triangle;
use tails::{Arctan, FastSigmoid};

/// What is told of a surrogate: its name, formula, parameters and source.
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
    /// Whether the slope is 0 somewhere: then what lies there needs no error from later layers.
    pub has_bounds: bool,
    /// Where it comes from.
    pub source: &'static str,
}

/// The declaration of a surrogate with `N` parameters, which come in the order of the table.
pub trait Shape<const N: usize> {
    /// Its line in the table, with `N` parameters.
    const INFO: SurrogateInfo;
    /// The slope at `z`.
    fn slope<T: Real>(parameters: [f64; N], z: T) -> T;
    /// The integral of the slope: a smooth stand-in for the spike.
    fn primitive(parameters: [f64; N], z: f64) -> f64;
}

/// A parameter that must be above 0.
const fn positive(name: &'static str, default: f64, doc: &'static str) -> Field {
    Field::real(name, "1", default, doc).within(Range::above(0.0))
}

/// Makes the enum and the table of the list `family::Kind(parameter, …)`.
macro_rules! surrogates {
    ($($family:ident::$kind:ident $(($($p:ident),+))?,)+) => {
        /// The slope that replaces the derivative of a spike with respect to `z`.
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[non_exhaustive]
        pub enum Surrogate {
            $(
                #[doc = concat!("[", stringify!($family), "::", stringify!($kind $(($($p),+))?), "](", stringify!($family::$kind), ").")]
                $kind $(($(surrogates!(@number $p)),+))?,
            )+
        }

        /// Every surrogate, in the order of [`Surrogate`]'s variants.
        pub const SURROGATES: [SurrogateInfo; [$(stringify!($kind)),+].len()] =
            [$(<$family::$kind as Shape<_>>::INFO),+];

        impl Surrogate {
            /// The surrogate's line in the table.
            pub fn info(&self) -> &'static SurrogateInfo {
                match self {
                    $(Surrogate::$kind { .. } => const { &<$family::$kind as Shape<_>>::INFO },)+
                }
            }

            /// The surrogate called `name`, its parameters one after the other from `next`.
            fn made(name: &str, mut next: impl FnMut() -> f64) -> Option<Self> {
                $(
                    if name == <$family::$kind as Shape<_>>::INFO.name {
                        $($(let $p = next();)+)?
                        return Some(Surrogate::$kind $(($($p),+))?);
                    }
                )+
                None
            }

            /// The parameters in the table's order.
            pub fn parameters(&self) -> Vec<f64> {
                match *self {
                    $(Surrogate::$kind $(($($p),+))? => vec![$($($p),+)?],)+
                }
            }

            /// The slope at `z`.
            #[inline(always)]
            pub fn slope<T: Real>(&self, z: T) -> T {
                match *self {
                    $(Surrogate::$kind $(($($p),+))? => $family::$kind::slope([$($($p),+)?], z),)+
                }
            }

            /// The integral of the slope: a smooth stand-in for the spike.
            pub fn primitive(&self, z: f64) -> f64 {
                match *self {
                    $(Surrogate::$kind $(($($p),+))? => $family::$kind::primitive([$($($p),+)?], z),)+
                }
            }
        }
    };
    (@number $p:ident) => { f64 };
}

surrogates! {
    compact::SpikeLinear(gamma),
    one_sided::Secant(c1, c2),
    tails::FastSigmoid(k),
    tails::Arctan(alpha),
    tails::Sigmoid(k),
    compact::Boxcar(width),
    compact::Triangle(width),
    gaussian::Gaussian(sigma),
    compact::PiecewiseQuadratic(alpha),
    tails::PiecewiseExponential(alpha),
    tails::StraightThrough,
    gaussian::MultiGaussian(sigma, h, s),
    tails::Slayer(alpha, c),
    one_sided::SecantSquared(c1, c2),
}

impl Default for Surrogate {
    /// The fast sigmoid with k = 25.
    fn default() -> Self {
        Surrogate::FastSigmoid(25.0)
    }
}

impl Surrogate {
    /// The surrogate called `name`, with `parameters` in the table's order (missing ones take their defaults).
    /// `None` if there is no such name, there are too many parameters, or one is out of its range.
    pub fn named(name: &str, parameters: &[f64]) -> Option<Self> {
        let info = SURROGATES.iter().find(|i| i.name == name)?;
        let defaults = info.parameters.iter().map(|field| field.default);
        let mut values = parameters.iter().copied().chain(defaults.skip(parameters.len()));
        let surrogate = Surrogate::made(name, || values.next().unwrap_or(f64::NAN))?;
        let fits = parameters.len() <= info.parameters.len() && surrogate.broken_rule().is_none();
        fits.then_some(surrogate)
    }

    /// The first parameter that is out of its range, with its value, if there is one.
    pub fn broken_rule(&self) -> Option<(&'static Field, f64)> {
        let fields = self.info().parameters.iter();
        fields.zip(self.parameters()).find(|(field, x)| field.broken_rule(*x).is_some())
    }

    /// Whether the slope is 0 somewhere: then what lies there needs no error from later layers.
    pub fn has_bounds(&self) -> bool {
        self.info().has_bounds
    }
}

impl Slope for Surrogate {
    #[inline(always)]
    fn slope<T: Real>(&self, z: T) -> T {
        self.slope(z)
    }
    #[inline(always)]
    fn usual_slope<T: Real>(&self, z: T) -> Option<T> {
        match *self {
            Surrogate::FastSigmoid(k) => Some(FastSigmoid::slope([k], z)),
            Surrogate::Arctan(alpha) => Some(Arctan::slope([alpha], z)),
            Surrogate::Triangle(width) => Some(Triangle::slope([width], z)),
            _ => None,
        }
    }
    fn primitive(&self, z: f64) -> f64 {
        self.primitive(z)
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

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_PI_2, PI};

    use super::*;

    fn all() -> impl Iterator<Item = Surrogate> {
        SURROGATES.iter().map(|i| Surrogate::named(i.name, &[]).expect(i.name))
    }

    #[test]
    fn every_name_makes_the_surrogate_of_its_line() {
        for (surrogate, info) in all().zip(&SURROGATES) {
            assert_eq!(surrogate.info().name, info.name);
        }
    }

    #[test]
    fn those_with_bounds_are_0_somewhere() {
        for surrogate in all() {
            let is_0_somewhere = (-500..=500).any(|i| surrogate.slope(f64::from(i) * 0.01) == 0.0);
            assert_eq!(is_0_somewhere, surrogate.has_bounds(), "{surrogate}");
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
