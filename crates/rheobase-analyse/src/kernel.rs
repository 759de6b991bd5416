//! Smoothing kernels: which there are, how they are sampled, and how they stand about the spike.

use std::str::FromStr;

use rheobase_models::Real;
use rheobase_models::real::whole_steps;

use rheobase_base::check::{bad, positive};
use rheobase_base::{Error, Result};

/// The shape a spike is given when it is smoothed, with time constant tau.
///
/// The samples of a kernel, as it is cut off, add up to 1, so a rate keeps the number of spikes however few steps tau is;
/// and their centre of mass lies on the spike, so a rate is neither early nor late. The two that decay are moved back for that
/// by their mean lag, a part of a step between two samples: they too look ahead. A tau so short that one sample is left
/// changes nothing.
///
/// The kernels called published are those of nengo-extras 0.5.0. Their samples are the density's, so the area is 1 only for a tau of
/// many steps and short of what is cut off; and they are moved back by tau (the Gaussian by 2 tau) rounded to steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kernel {
    /// exp(-t/tau) for 0 <= t < 5 tau.
    Expon,
    /// Normal density with standard deviation tau/2, for |t| < 2 tau.
    #[default]
    Gauss,
    /// `Expon` with tau, then `Gauss` with tau/4.
    ExpoGauss,
    /// t exp(-t/tau) for 0 <= t < 5 tau.
    Alpha,
    /// exp(-t/tau)/tau for 0 <= t < 5 tau, moved back by tau.
    PublishedExpon,
    /// Normal density with standard deviation tau/2 at -2 tau, one step later and so on, before 2 tau.
    PublishedGauss,
    /// `PublishedExpon` with tau, then `PublishedGauss` with tau/4.
    PublishedExpoGauss,
    /// t exp(-t/tau)/tau^2 for 0 <= t < 5 tau, moved back by tau, where it peaks.
    PublishedAlpha,
}

impl Kernel {
    /// Every kernel with its name.
    pub const NAMES: [(&'static str, Kernel); 4] = [
        ("expon", Self::Expon),
        ("gauss", Self::Gauss),
        ("expogauss", Self::ExpoGauss),
        ("alpha", Self::Alpha),
    ];

    /// The kernels as nengo-extras samples them, by names that [`FromStr`] reads, too.
    pub const PUBLISHED: [(&'static str, Kernel); 4] = [
        ("published-expon", Self::PublishedExpon),
        ("published-gauss", Self::PublishedGauss),
        ("published-expogauss", Self::PublishedExpoGauss),
        ("published-alpha", Self::PublishedAlpha),
    ];
}

impl FromStr for Kernel {
    type Err = Error;

    /// Names are read without regard to case.
    fn from_str(name: &str) -> Result<Self> {
        let lower = name.to_lowercase();
        let known = || Self::NAMES.iter().chain(&Self::PUBLISHED);
        let found = known().find(|(n, _)| *n == lower).map(|(_, k)| *k);
        found.ok_or_else(|| Error::unknown("rates_kernel", "kernel", name, known().map(|(n, _)| *n)))
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

/// Number of samples of the published exponential and alpha kernel.
fn published_length(tau: f64) -> usize {
    (5.0 * tau).ceil() as usize
}

/// By how many samples a published result is moved back: `delay` rounded, halves to even.
fn whole_delay(delay: f64) -> usize {
    delay.round_ties_even() as usize
}

/// An exponential or alpha kernel, in samples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decaying {
    tau: f64,
    pub(crate) alpha: bool,
    /// Number of samples before the cut.
    pub(crate) length: usize,
    /// What the samples of the density (1 at 0, or rising by 1 there) are multiplied with: where the kernel is moved back by a
    /// part of a sample, it is the sum of two, the second one sample later.
    pub(crate) heights: (f64, f64),
    /// By how many samples the result is moved back.
    pub(crate) delay: usize,
}

impl Decaying {
    /// The kernel of area 1 as it is sampled and cut, its centre of mass at 0. `tau` is in samples.
    pub(crate) fn centred(tau: f64, alpha: bool) -> Self {
        // A tolerance keeps a tau that rounding has moved off a multiple of the step from getting a sample more.
        let length = whole_steps(5.0 * tau, 1.0).max(1.0);
        let (decay, lost) = (Real::exp(-1.0 / tau), -Real::exp_m1(-1.0 / tau));
        let (last, cut) = (length - 1.0, Real::exp(-length / tau));
        // Sums over the samples of decay^n, n decay^n and n^2 decay^n, each from the one before by summation by parts.
        let zeroth = (1.0 - cut) / lost;
        let first = (zeroth - 1.0 - last * cut) / lost;
        let second = (2.0 * first - (zeroth - 1.0) - last * last * cut) / lost;
        let (area, mean) = if alpha { (first, second / first) } else { (zeroth, first / zeroth) };
        // Beyond this nothing but the first sample is left, or for the alpha kernel the second.
        if length < 3.0 && alpha || decay < 1e-300 {
            return Decaying { tau, alpha: false, length: 1, heights: (1.0, 0.0), delay: 0 };
        }
        let back = (mean + 1e-9).floor().max(0.0);
        let part = (mean - back).max(0.0);
        let (heights, delay) = match part < 1e-9 {
            true => ((1.0 / area, 0.0), back),
            false => ((part / area, (1.0 - part) / area), back + 1.0),
        };
        Decaying { tau, alpha, length: length as usize, heights, delay: delay as usize }
    }

    /// The kernel as nengo-extras samples it. `tau` is in samples.
    pub(crate) fn published(tau: f64, alpha: bool) -> Self {
        let height = if alpha { 1.0 / (tau * tau) } else { 1.0 / tau };
        let (length, delay) = (published_length(tau), whole_delay(tau));
        Decaying { tau, alpha, length, heights: (height, 0.0), delay }
    }

    /// Factor per sample.
    pub(crate) fn decay(&self) -> f64 {
        self.after(1)
    }

    /// What is left of a spike after `n` samples.
    pub(crate) fn after(&self, n: usize) -> f64 {
        Real::exp(-(n as f64) / self.tau)
    }

    /// The samples of the kernel, the first `delay` before the spike.
    pub(crate) fn taps(&self) -> Vec<f64> {
        let density = |n: usize| if self.alpha { n as f64 * self.after(n) } else { self.after(n) };
        let density: Vec<f64> = (0..self.length).map(density).collect();
        let (now, before) = self.heights;
        let at = |n: usize| density.get(n).copied().unwrap_or(0.0);
        let tap = |n: usize| now * at(n) + if n == 0 { 0.0 } else { before * at(n - 1) };
        (0..self.length + usize::from(before != 0.0)).map(tap).collect()
    }
}

/// Samples of the Gaussian kernel of area 1 and how many of them come before the spike, for `tau` in samples.
pub(crate) fn gauss(tau: f64) -> (Vec<f64>, usize) {
    let half = (whole_steps(2.0 * tau, 1.0) as usize).max(1) - 1;
    let density = |i: usize| {
        let z = 2.0 * i.abs_diff(half) as f64 / tau;
        Real::exp(-0.5 * (z * z))
    };
    let mut taps: Vec<f64> = (0..=2 * half).map(density).collect();
    let area: f64 = taps.iter().sum();
    taps.iter_mut().for_each(|tap| *tap /= area);
    (taps, half)
}

/// Samples of the published Gaussian kernel and its delay, for `tau` in samples.
///
/// The places are -2 tau + i; for a tau that is not a multiple of 1/4 they are not symmetric about 0.
pub(crate) fn published_gauss(tau: f64) -> (Vec<f64>, usize) {
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

    /// Sum of the taps, and their centre of mass relative to the spike.
    fn moments(taps: &[f64], delay: usize) -> (f64, f64) {
        let area: f64 = taps.iter().sum();
        let centre: f64 = taps.iter().enumerate().map(|(n, t)| t * (n as f64 - delay as f64)).sum();
        (area, centre / area)
    }

    #[test]
    fn names_ignore_case_and_typos_are_answered() {
        assert_eq!("ExpoGauss".parse::<Kernel>().unwrap(), Kernel::ExpoGauss);
        assert_eq!("published-alpha".parse::<Kernel>().unwrap(), Kernel::PublishedAlpha);
        assert!("gaus".parse::<Kernel>().unwrap_err().to_string().contains("`gauss`"));
    }

    #[test]
    fn kernels_have_area_one_and_their_centre_of_mass_on_the_spike() {
        let taus = [1e-3, 0.05, 0.2, 0.3, 0.4, 0.41, 0.5, 0.55, 1.0, 1.5, 1.65, 2.0, 7.3, 40.0, 1500.5, 2e5];
        for tau in taus {
            let decaying = [false, true].map(|alpha| Decaying::centred(tau, alpha));
            let all = decaying.iter().map(|k| (k.taps(), k.delay)).chain([gauss(tau)]);
            for (i, (taps, delay)) in all.enumerate() {
                let (area, centre) = moments(&taps, delay);
                assert!((area - 1.0).abs() < 1e-12, "{i}, tau {tau}: area {area}");
                assert!(centre.abs() < 1e-9 * tau.max(1.0), "{i}, tau {tau}: centre {centre}");
                assert!(taps.iter().all(|t| *t >= 0.0), "{i}, tau {tau}");
            }
        }
    }

    #[test]
    fn long_kernels_are_the_density() {
        let tau = 1000.0;
        for (alpha, mass) in [(false, 1.0 - (-5.0_f64).exp()), (true, 1.0 - 6.0 * (-5.0_f64).exp())] {
            let kernel = Decaying::centred(tau, alpha);
            for n in [500, 1000, 3000] {
                let t = n as f64 / tau;
                // What is cut off is made up for.
                let want = (-t).exp() * if alpha { t } else { 1.0 } / (tau * mass);
                let got = kernel.taps()[n];
                assert!((got / want - 1.0).abs() < 2e-3, "{alpha} {n}: {got}, {want}");
            }
        }
        let (taps, delay) = gauss(40.0);
        assert_eq!((taps.len(), delay), (159, 79));
        assert!((taps[delay] * 20.0 * (2.0 * std::f64::consts::PI).sqrt() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn published_kernels_have_the_area_that_sampling_gives() {
        // What nengo-extras 0.5.0 makes of tau = one sample.
        let (area, _) = moments(&Decaying::published(1.0, false).taps(), 1);
        assert!((area - 1.571_317_43).abs() < 1e-8, "{area}");
        let (taps, delay) = published_gauss(40.0);
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
