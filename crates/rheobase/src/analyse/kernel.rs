//! Smoothing kernels: their samples and their alignment.

use std::str::FromStr;

use rheobase_models::Real;

use super::check::{bad, positive};
use crate::{Error, Result};

/// The shape a spike is given when it is smoothed, with time constant tau.
///
/// Kernels have unit area up to where they are cut off; what is cut off is not made up for. All are shifted back in
/// time so that a kernel's peak (`Expon`: its mean) lies on the spike: they look ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kernel {
    /// exp(-t/tau)/tau for 0 <= t < 5 tau, moved back by tau.
    Expon,
    /// Normal density with standard deviation tau/2, for |t| < 2 tau.
    #[default]
    Gauss,
    /// `Expon` with tau, then `Gauss` with tau/4.
    ExpoGauss,
    /// t exp(-t/tau)/tau^2 for 0 <= t < 5 tau, moved back by tau, where it peaks.
    Alpha,
}

impl Kernel {
    /// Every kernel with its name.
    pub const NAMES: [(&'static str, Kernel); 4] = [
        ("expon", Self::Expon),
        ("gauss", Self::Gauss),
        ("expogauss", Self::ExpoGauss),
        ("alpha", Self::Alpha),
    ];
}

impl FromStr for Kernel {
    type Err = Error;

    /// Names are read without regard to case.
    fn from_str(name: &str) -> Result<Self> {
        let lower = name.to_lowercase();
        let found = Self::NAMES.iter().find(|(n, _)| *n == lower).map(|(_, k)| *k);
        found.ok_or_else(|| {
            Error::unknown("rates_kernel", "kernel", name, Self::NAMES.iter().map(|(n, _)| *n))
        })
    }
}

/// More samples than this in a kernel are refused.
const LONGEST: f64 = 1e8;

/// The time constant in samples must be positive, finite and give a kernel of a length that fits in memory.
pub(crate) fn check_tau(place: &str, tau: f64) -> Result<()> {
    positive(place, "tau", tau, " samples")?;
    if 5.0 * tau <= LONGEST {
        return Ok(());
    }
    Err(bad(place, "tau", None, format!("{tau} samples"), "must be at most 2e7 samples; use a coarser step"))
}

/// Number of samples of the exponential and of the alpha kernel.
pub(crate) fn decaying_length(tau: f64) -> usize {
    (5.0 * tau).ceil() as usize
}

/// By how many samples a result is moved back: `delay` rounded, halves to even.
pub(crate) fn whole_delay(delay: f64) -> usize {
    delay.round_ties_even() as usize
}

/// Samples of the exponential kernel and its delay, for `tau` in samples.
pub(crate) fn expon(tau: f64) -> (Vec<f64>, usize) {
    ((0..decaying_length(tau)).map(|n| Real::exp(-(n as f64) / tau) / tau).collect(), whole_delay(tau))
}

/// Samples of the Gaussian kernel and its delay, for `tau` in samples.
///
/// The places are -2 tau + i; for a tau that is no multiple of 1/4 they are not symmetric about 0.
pub(crate) fn gauss(tau: f64) -> (Vec<f64>, usize) {
    let std = tau / 2.0;
    let start = -4.0 * std;
    let length = (4.0 * std - start).ceil() as usize;
    let step = (start + 1.0) - start;
    let height = 1.0 / (2.0 * std::f64::consts::PI * (std * std)).sqrt();
    let density = |i: usize| {
        let z = (start + i as f64 * step) / std;
        Real::exp(-0.5 * (z * z)) * height
    };
    ((0..length).map(density).collect(), whole_delay(4.0 * std))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_typos_are_answered() {
        assert_eq!("ExpoGauss".parse::<Kernel>().unwrap(), Kernel::ExpoGauss);
        assert!("gaus".parse::<Kernel>().unwrap_err().to_string().contains("`gauss`"));
    }

    #[test]
    fn gauss_has_unit_area_and_its_peak_at_the_delay() {
        let (taps, delay) = gauss(40.0);
        assert_eq!((taps.len(), delay), (160, 80));
        assert!((taps.iter().sum::<f64>() - 1.0).abs() < 1e-4);
        assert!(taps.iter().all(|t| *t <= taps[delay]));
    }

    #[test]
    fn absurd_time_constants_are_refused() {
        for tau in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert!(check_tau("f", tau).is_err(), "{tau}");
        }
        assert!(check_tau("f", 0.01).is_ok());
    }
}
