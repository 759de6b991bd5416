//! Confidence intervals: exact for Poisson counts, Fisher's for correlations, bootstrap for anything else.

use rayon::prelude::*;
use rheobase_models::Real;
use statrs::function::erf::erf_inv;
use statrs::function::gamma::{gamma_lr, gamma_ur, ln_gamma};

use rheobase_base::Result;
use rheobase_base::check::{self, bad};

/// An interval that covers the truth with the asked probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The probability that an interval covers: between 0 and 1, both excluded.
pub(crate) fn check_level(place: &str, level: f64) -> Result<()> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(bad(place, "level", None, level, "must be between 0 and 1, such as 0.95"))
}

/// The exact interval for the mean of a Poisson variable of which `count` was observed.
///
/// It covers with at least the probability `level`. A count of 0 has lower end 0.
/// F. Garwood, Biometrika 28:437 (1936), doi:10.1093/biomet/28.3-4.437.
///
/// # Errors
/// `level` not between 0 and 1.
pub fn poisson_interval(count: u64, level: f64) -> Result<Interval> {
    check_level("poisson_interval", level)?;
    Ok(garwood(count, level))
}

pub(crate) fn garwood(count: u64, level: f64) -> Interval {
    let tail = 0.5 * (1.0 - level);
    let k = count as f64;
    Interval {
        low: if count == 0 { 0.0 } else { gamma_quantile(k, tail, false) },
        high: gamma_quantile(k + 1.0, tail, true),
    }
}

/// The range a Poisson variable of this mean lies in with at least the probability `level`, as counts.
pub(crate) fn poisson_range(mean: f64, level: f64) -> Interval {
    let tail = 0.5 * (1.0 - level);
    // P(X <= k) for a Poisson variable is the upper incomplete gamma function at k + 1.
    let at_most = |k: f64| if mean == 0.0 { 1.0 } else { gamma_ur(k + 1.0, mean) };
    let first = |enough: &dyn Fn(f64) -> bool| {
        let mut high = mean.floor() + 1.0;
        while !enough(high) {
            high *= 2.0;
        }
        let mut low = -1.0;
        while high - low > 1.0 {
            let middle = (0.5 * (low + high)).floor();
            if enough(middle) { high = middle } else { low = middle }
        }
        high
    };
    Interval {
        low: first(&|k| at_most(k) >= tail),
        // The complement is compared, not 1 minus it: the tail may be small.
        high: first(&|k| if mean == 0.0 { true } else { gamma_lr(k + 1.0, mean) <= tail }),
    }
}

/// Where the gamma distribution of this shape (scale 1) has the probability `tail` below it, or above it if `upper`.
///
/// Newton's method from the normal approximation of the cube root (E. B. Wilson, M. M. Hilferty, PNAS 17:684 (1931),
/// doi:10.1073/pnas.17.12.684), within bounds that halve where a step would leave them.
pub(crate) fn gamma_quantile(shape: f64, tail: f64, upper: bool) -> f64 {
    let sign = if upper { -1.0 } else { 1.0 };
    // How far the probability is beyond the tail; it rises with x.
    let beyond = |x: f64| if upper { tail - gamma_ur(shape, x) } else { gamma_lr(shape, x) - tail };
    let density = |x: f64| Real::exp((shape - 1.0) * Real::ln(x) - x - ln_gamma(shape));
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let normal = sign * std::f64::consts::SQRT_2 * erf_inv(2.0 * tail - 1.0);
    let root = 1.0 - 1.0 / (9.0 * shape) + normal / (3.0 * shape.sqrt());
    let mut x = if root > 0.0 { shape * root * root * root } else { 0.5 * shape };
    loop {
        let excess = beyond(x);
        if excess > 0.0 {
            high = x
        } else {
            low = x
        }
        let newton = x - excess / density(x);
        if (newton - x).abs() <= 4.0 * f64::EPSILON * x {
            return newton;
        }
        let inside = newton > low && newton < high;
        let next = if inside { newton } else { 0.5 * (low + high.min(4.0 * x)) };
        if next <= low || next >= high {
            return next;
        }
        x = next;
    }
}

/// Fisher's interval for a correlation `r` found in `samples` independent pairs of normal variables.
///
/// The ends of r = 1 and r = -1 are r itself; with fewer than four samples it is -1 to 1.
/// R. A. Fisher, Biometrika 10:507 (1915), doi:10.1093/biomet/10.4.507.
///
/// # Errors
/// `r` not between -1 and 1; `level` not between 0 and 1.
pub fn fisher_interval(r: f64, samples: usize, level: f64) -> Result<Interval> {
    const PLACE: &str = "fisher_interval";
    check_level(PLACE, level)?;
    if !(-1.0..=1.0).contains(&r) {
        return Err(bad(PLACE, "r", None, r, "must be between -1 and 1"));
    }
    if samples < 4 {
        return Ok(Interval { low: -1.0, high: 1.0 });
    }
    if r.abs() == 1.0 {
        return Ok(Interval { low: r, high: r });
    }
    let half = std::f64::consts::SQRT_2 * erf_inv(level) / ((samples - 3) as f64).sqrt();
    // The inverse hyperbolic tangent.
    let z = 0.5 * (Real::ln_1p(r) - Real::ln_1p(-r));
    Ok(Interval { low: Real::tanh(z - half), high: Real::tanh(z + half) })
}

/// The percentile bootstrap interval of `statistic` over `values`.
///
/// Draws `replicates` resamples of `values` with replacement and takes quantiles (linear between order statistics) of
/// the statistic over them. Every draw is a function of (`seed`, replicate, position), so the result is the same for any
/// number of threads. B. Efron, Ann Stat 7:1 (1979), doi:10.1214/aos/1176344552.
///
/// # Errors
/// No values, or one not finite; fewer than two replicates; `level` not between 0 and 1; the statistic of some
/// resample is not finite.
pub fn bootstrap_interval(
    values: &[f64],
    statistic: impl Fn(&[f64]) -> f64 + Sync,
    replicates: usize,
    level: f64,
    seed: u64,
) -> Result<Interval> {
    const PLACE: &str = "bootstrap_interval";
    check::finite(PLACE, "values", values)?;
    check::at_least(PLACE, "values", values.len(), 1)?;
    check::at_least(PLACE, "replicates", replicates, 2)?;
    check_level(PLACE, level)?;
    let n = values.len() as u128;
    let replicate = |r: usize| {
        let key = mixed(mixed(seed) ^ r as u64);
        let pick = |i: usize| values[((u128::from(mixed(key.wrapping_add(i as u64))) * n) >> 64) as usize];
        statistic(&(0..values.len()).map(pick).collect::<Vec<f64>>())
    };
    let mut found: Vec<f64> = (0..replicates).into_par_iter().map(replicate).collect();
    check::finite(PLACE, "statistic", &found)?;
    found.sort_unstable_by(f64::total_cmp);
    let tail = 0.5 * (1.0 - level);
    Ok(Interval { low: quantile(&found, tail), high: quantile(&found, 1.0 - tail) })
}

/// The quantile `p` of sorted values, linear between order statistics.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

/// SplitMix64's output function: 64 well-mixed bits from a counter.
/// G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014, doi:10.1145/2660193.2660195.
fn mixed(counter: u64) -> u64 {
    let mut z = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-3), "{a}, expected {b}");
    }

    #[test]
    fn poisson_intervals_are_garwood_s() {
        // Half the chi-squared quantiles for 2k and 2k + 2 degrees of freedom.
        let i = poisson_interval(0, 0.95).unwrap();
        assert_eq!(i.low, 0.0);
        close(i.high, -(0.025_f64.ln()));
        let i = poisson_interval(10, 0.95).unwrap();
        close(i.low, 4.795_388_7);
        close(i.high, 18.390_356_04);
        assert!(poisson_interval(1, 1.0).is_err());
        assert!(poisson_interval(1, f64::NAN).is_err());
    }

    #[test]
    fn gamma_quantiles_are_those_that_halving_finds() {
        for shape in [0.5, 1.0, 1.5, 7.0, 300.0, 9_876.0] {
            for tail in [0.3, 0.025, 1e-6, 1e-12] {
                for upper in [false, true] {
                    let beyond =
                        |x: f64| if upper { gamma_ur(shape, x) < tail } else { gamma_lr(shape, x) > tail };
                    let (mut low, mut high) = (0.0, 40.0 * shape + 400.0);
                    while low < 0.5 * (low + high) && 0.5 * (low + high) < high {
                        let middle = 0.5 * (low + high);
                        if beyond(middle) { high = middle } else { low = middle }
                    }
                    let x = gamma_quantile(shape, tail, upper);
                    assert!(
                        (x - low).abs() <= 1e-12 * low,
                        "{shape} {tail} {upper}: {x}, halving gives {low}"
                    );
                }
            }
        }
    }

    #[test]
    fn poisson_ranges_cover_by_summed_probabilities() {
        for mean in [0.0, 0.3, 4.5, 80.0] {
            let range = poisson_range(mean, 0.95);
            let mut p = (-mean).exp();
            let (mut below, mut inside) = (0.0, 0.0);
            for k in 0..400 {
                let k = f64::from(k);
                if k < range.low {
                    below += p;
                } else if k <= range.high {
                    inside += p;
                }
                p *= mean / (k + 1.0);
            }
            assert!(below < 0.025 && inside >= 0.95 - 1e-12, "{mean}: {below} {inside}");
        }
    }

    #[test]
    fn fisher_s_interval() {
        let i = fisher_interval(0.5, 28, 0.95).unwrap();
        let z = 1.959_963_984_540_054 / 5.0;
        close(i.low, (0.5_f64.atanh() - z).tanh());
        close(i.high, (0.5_f64.atanh() + z).tanh());
        assert_eq!(fisher_interval(1.0, 10, 0.9).unwrap(), Interval { low: 1.0, high: 1.0 });
        assert_eq!(fisher_interval(0.1, 3, 0.9).unwrap(), Interval { low: -1.0, high: 1.0 });
        assert!(fisher_interval(f64::NAN, 10, 0.9).is_err());
    }

    #[test]
    fn bootstrap_is_keyed_and_covers_the_mean() {
        let values: Vec<f64> = (0..200).map(|i| f64::from((i * 37) % 101)).collect();
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let run = |seed, threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bootstrap_interval(&values, mean, 2000, 0.95, seed).unwrap())
        };
        let i = run(1, 1);
        assert_eq!(i, run(1, 3));
        assert_ne!(i, run(2, 1));
        // The normal approximation: 1.96 standard errors on either side.
        let m = mean(&values);
        let error = (values.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / 200.0 / 200.0).sqrt();
        assert!((i.low - (m - 1.96 * error)).abs() < 0.2 * error, "{i:?}");
        assert!((i.high - (m + 1.96 * error)).abs() < 0.2 * error, "{i:?}");
        assert!(bootstrap_interval(&[], mean, 100, 0.95, 1).is_err());
        assert!(bootstrap_interval(&values, |_| f64::NAN, 100, 0.95, 1).is_err());
        assert!(bootstrap_interval(&values, mean, 1, 0.95, 1).is_err());
    }
}
