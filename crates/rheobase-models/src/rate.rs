//! Static rate curves: output in Hz as a function of a constant input, with gain and bias from maximum rates and
//! intercepts.

mod integrator;
mod lif_rate;
mod membrane;
mod none;
mod rectified;
mod soft_lif_exact;
mod targets;

pub use integrator::{IntegratorCurve, IntegratorParams};
pub use lif_rate::{LifCurve, LifCurveParams, SoftLifCurve, SoftLifCurveParams, lif_j, softplus};
pub use membrane::{MembraneCurve, MembraneParams};
pub use none::NoRate;
pub use rectified::{RectifiedCurve, RectifiedParams};
pub use soft_lif_exact::SoftLifExactCurve;

use crate::real::Real;
use crate::record::Record;
use targets::check_targets;
pub(crate) use targets::{GainBias, checked};

/// Why gain and bias could not be found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RateError {
    /// The curve does not reach a maximum rate.
    Unreachable {
        /// Which neuron.
        index: usize,
        /// The rate asked for, in Hz.
        max_rate: f64,
        /// The rate that it must stay below, in Hz.
        bound: f64,
    },
    /// An intercept is not below 1.
    Intercept {
        /// Which neuron.
        index: usize,
        /// The intercept.
        intercept: f64,
    },
    /// Gain or bias would be no finite number, the gain not above 0, or the two so rounded that the neuron misses its
    /// maximum rate.
    Imprecise {
        /// Which neuron.
        index: usize,
        /// The rate asked for, in Hz.
        max_rate: f64,
        /// The intercept asked for.
        intercept: f64,
        /// The gain as computed.
        gain: f64,
        /// The bias as computed.
        bias: f64,
        /// Why, and what to do.
        reason: String,
    },
    /// The search over currents found no current with zero rate, or none with the maximum rate.
    NotFound(String),
    /// The model has no rate curve.
    NoCurve,
}

impl RateError {
    /// The rule that is broken, for a rate or an intercept whose neuron and value are named elsewhere.
    pub fn rule(&self) -> String {
        match self {
            RateError::Unreachable { bound, .. } if bound.is_finite() => {
                format!("must be > 0 and < {bound} Hz, the curve's limit")
            }
            RateError::Unreachable { .. } => "must be > 0 and finite".into(),
            RateError::Intercept { .. } => "must be a finite number < 1".into(),
            RateError::Imprecise { index, intercept, gain, bias, reason, .. } => format!(
                "with intercepts[{index}] = {intercept} it needs the gain {gain:e} and the bias {bias:e}, which \
                 64-bit numbers do not hold precisely enough for a gain > 0 that meets this rate: {reason}"
            ),
            RateError::NotFound(what) => what.clone(),
            RateError::NoCurve => "this model has no rate curve".into(),
        }
    }
}

impl std::fmt::Display for RateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RateError::Unreachable { index, max_rate, .. } | RateError::Imprecise { index, max_rate, .. } => {
                write!(f, "max_rates[{index}] = {max_rate} Hz: {}", self.rule())
            }
            RateError::Intercept { index, intercept } => {
                write!(f, "intercepts[{index}] = {intercept}: {}", self.rule())
            }
            RateError::NotFound(_) | RateError::NoCurve => write!(f, "{}", self.rule()),
        }
    }
}

impl std::error::Error for RateError {}

/// A static curve from input to rate.
pub trait RateCurve: Send + Sync + 'static {
    /// Parameters of the curve.
    type Params<T: Real>: Record<T>;

    /// Output at constant input `x`, in Hz (times the amplitude).
    fn rate<T: Real>(p: &Self::Params<T>, x: T) -> T;

    /// Gains and biases such that neuron `i` with input `gain·u + bias` starts to fire at `u = intercepts[i]` and
    /// reaches `max_rates[i]` at `u = 1`. Uses [`search_gain_bias`] where the curve has no closed form.
    fn gain_bias(
        p: &Self::Params<f64>,
        max_rates: &[f64],
        intercepts: &[f64],
    ) -> Result<(Vec<f64>, Vec<f64>), RateError> {
        let rates = |xs: &[f64]| Ok(xs.iter().map(|x| Self::rate(p, *x)).collect());
        search_gain_bias(rates, max_rates, intercepts)
    }

    /// The inverse of [`RateCurve::gain_bias`]. Uses [`search_max_rates_intercepts`] where there is no closed form.
    fn max_rates_intercepts(p: &Self::Params<f64>, gain: &[f64], bias: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let rates = |xs: &[f64]| Ok(xs.iter().map(|x| Self::rate(p, *x)).collect());
        match search_max_rates_intercepts::<std::convert::Infallible>(rates, gain, bias) {
            Ok(found) => found,
            Err(never) => match never {},
        }
    }
}

/// The input of neuron `i` at represented value `u`: `gain[i]·u + bias[i]`.
pub fn current(u: f64, gain: f64, bias: f64) -> f64 {
    gain * u + bias
}

/// `n` evenly spaced numbers from `low` to `high`.
fn grid(low: f64, high: f64, n: usize) -> impl Iterator<Item = f64> {
    let step = (high - low) / (n - 1) as f64;
    (0..n).map(move |i| if i + 1 == n { high } else { low + step * i as f64 })
}

/// Gains and biases by searching the curve, as Nengo does for models without a closed form: the input range is
/// doubled from ±10 until it holds both a zero rate and the largest maximum rate, at most ten times, and the
/// inverse is interpolated on 101 points. `rates` gives the rates at a list of currents.
///
/// # Errors
/// Targets that no curve can meet, a search without result, and whatever `rates` fails with.
pub fn search_gain_bias<E: From<RateError>>(
    mut rates: impl FnMut(&[f64]) -> Result<Vec<f64>, E>,
    max_rates: &[f64],
    intercepts: &[f64],
) -> Result<(Vec<f64>, Vec<f64>), E> {
    check_targets(max_rates, intercepts, f64::INFINITY)?;
    let highest = max_rates.iter().copied().fold(0.0, f64::max);
    let mut bound = 10.0;
    let (mut last_silent, mut reaching) = (None, None);
    for _ in 0..10 {
        let currents: Vec<f64> = grid(-bound, bound, 101).collect();
        let found = rates(&currents)?;
        // Each end is taken from the narrowest range that has it.
        last_silent = last_silent.or_else(|| last_silent_point(&currents, &found));
        reaching = reaching
            .or_else(|| currents.iter().zip(&found).find(|(_, rate)| **rate >= highest).map(|(x, _)| *x));
        if last_silent.is_some() && reaching.is_some() {
            break;
        }
        bound *= 2.0;
    }
    let widest = 10.0 * f64::from(1 << 9);
    let low = last_silent.ok_or_else(|| {
        RateError::NotFound(format!("no current from -{widest} to {widest} leaves the neuron silent"))
    })?;
    let high = reaching.ok_or_else(|| {
        RateError::NotFound(format!(
            "no current from -{widest} to {widest} reaches {highest} Hz, the largest of max_rates; ask for lower ones"
        ))
    })?;
    if low >= high {
        return Err(RateError::NotFound(format!(
            "the rate does not rise with the current: {highest} Hz, the largest of max_rates, is reached at {high}, but \
             at {low} the neuron is silent again; ask for lower ones"
        ))
        .into());
    }
    let currents: Vec<f64> = grid(low, high, 101).collect();
    // Where the rate falls for a while, the first current that reaches a rate counts.
    let mut top = f64::NEG_INFINITY;
    let rise = |rate: f64| {
        top = top.max(rate);
        top
    };
    let found: Vec<f64> = rates(&currents)?.into_iter().map(rise).collect();
    let mut gain = Vec::with_capacity(max_rates.len());
    let mut bias = Vec::with_capacity(max_rates.len());
    for (index, (&max_rate, &intercept)) in max_rates.iter().zip(intercepts).enumerate() {
        let top = interpolate(max_rate, &found, &currents);
        let g = (low - top) / (intercept - 1.0);
        let b = top - g;
        if !(g > 0.0 && g.is_finite() && b.is_finite()) {
            let reason = format!(
                "the neuron is silent at {low} and reaches the rate at {top}; ask for a higher rate or an intercept \
                 further below 1"
            );
            return Err(RateError::Imprecise { index, max_rate, intercept, gain: g, bias: b, reason }.into());
        }
        gain.push(g);
        bias.push(b);
    }
    Ok((gain, bias))
}

/// Maximum rates (at u = 1) and intercepts (the last of 101 points on [−1, 1] at which the neuron is silent).
/// `rates` gives the rates at a list of currents.
///
/// # Errors
/// Whatever `rates` fails with.
pub fn search_max_rates_intercepts<E>(
    mut rates: impl FnMut(&[f64]) -> Result<Vec<f64>, E>,
    gain: &[f64],
    bias: &[f64],
) -> Result<(Vec<f64>, Vec<f64>), E> {
    let at_one: Vec<f64> = gain.iter().zip(bias).map(|(g, b)| current(1.0, *g, *b)).collect();
    let max_rates = rates(&at_one)?;
    let mut intercepts = Vec::with_capacity(gain.len());
    for (g, b) in gain.iter().zip(bias) {
        let points: Vec<f64> = grid(-1.0, 1.0, 101).collect();
        let currents: Vec<f64> = points.iter().map(|u| current(*u, *g, *b)).collect();
        let found = rates(&currents)?;
        intercepts.push(last_silent_point(&points, &found).unwrap_or(-1.0));
    }
    Ok((max_rates, intercepts))
}

/// The last of `points` at which the rate is not above 0.
fn last_silent_point(points: &[f64], rates: &[f64]) -> Option<f64> {
    points.iter().zip(rates).rfind(|(_, rate)| **rate <= 0.0).map(|(x, _)| *x)
}

/// Linear interpolation of y at `x`, constant outside; `xs` must not decrease.
fn interpolate(x: f64, xs: &[f64], ys: &[f64]) -> f64 {
    let i = xs.partition_point(|&known| known <= x);
    if i == 0 {
        return ys[0];
    }
    if i == xs.len() {
        return ys[i - 1];
    }
    let t = (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
    ys[i - 1] + t * (ys[i] - ys[i - 1])
}
