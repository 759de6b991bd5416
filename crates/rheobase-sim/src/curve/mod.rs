//! Static curves: from a constant input to a rate, and from maximum rates and intercepts to gains and biases.
//!
//! A [`Curve`] is a model with its parameters. Where the model has a closed form it is used; else neurons are
//! simulated until they have settled ([`Settling`]). Represented values `u` become inputs as `gain·u + bias`, one
//! gain and one bias per neuron, after Eliasmith & Anderson 2003, *Neural Engineering* (ISBN 978-0-262-05071-5).
//!
//! ```
//! # mod rheobase { pub use {rheobase_base::Error, rheobase_sim::*}; }
//! use rheobase::{Catalog, curve::{Curve, Points}};
//! let lif = Curve::new(Catalog::standard().get("lif")?, &[("tau_m", 0.05)])?;
//! let (gain, bias) = lif.gain_bias(&[100.0, 200.0], &[0.0, -0.5])?;
//! let rates = lif.rates(Points::Shared(&[1.0]), &gain, &bias)?;
//! assert!((rates[0] - 100.0).abs() < 1e-9 && (rates[1] - 200.0).abs() < 1e-9);
//! # Ok::<(), rheobase::Error>(())
//! ```

mod settled;
mod step_error;

use std::sync::Arc;

pub use rheobase_models::rate::{LifCurveParams, RateError, lif_j, softplus};
pub use settled::Settling;
pub use step_error::{Expected, StepError};

use crate::population::{Column, Model, Number, Population, check_params, position};
use rheobase_base::{Error, Result};
use rheobase_models::rate::{search_gain_bias, search_max_rates_intercepts};

/// Represented values at which curves are wanted.
#[derive(Debug, Clone, Copy)]
pub enum Points<'a> {
    /// The same values for every neuron.
    Shared(&'a [f64]),
    /// Values neuron by neuron, `[point, neuron]`.
    Each(&'a [f64]),
}

/// A model with its parameters, seen as a curve from constant input to rate.
#[derive(Clone)]
pub struct Curve {
    model: Arc<dyn Model>,
    params: Vec<f64>,
    settling: Settling,
}

impl std::fmt::Debug for Curve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let params: Vec<_> = self.model.params().iter().map(|p| p.name).zip(&self.params).collect();
        f.debug_struct("Curve").field("model", &self.model.info().name).field("params", &params).finish()
    }
}

impl<E: Number> Population<E> {
    /// The curve of neuron `n`.
    ///
    /// # Errors
    /// [`Error::Value`] if there is no neuron `n`.
    pub fn curve(&self, n: usize) -> Result<Curve> {
        if n >= self.neurons() {
            return Err(value(self.name(), "neuron", None, n, format!("must be below {}", self.neurons())));
        }
        let model = self.model().clone();
        Ok(Curve {
            settling: Settling { dt: self.dt(), ..Settling::of(&*model) },
            params: self.params_of(n),
            model,
        })
    }
}

impl Curve {
    /// The curve of `model` with some parameters set and the others at their defaults.
    ///
    /// # Errors
    /// Unknown parameters, values out of range, and combinations that the model rules out.
    pub fn new(model: Arc<dyn Model>, set: &[(&str, f64)]) -> Result<Curve> {
        let place = model.info().name;
        let mut params: Vec<f64> = model.params().iter().map(|f| f.default).collect();
        for (name, x) in set {
            params[position(model.params(), name, place, "parameter")?] = *x;
        }
        let columns: Vec<Column<f64>> = params.iter().map(|x| Column::Shared(*x)).collect();
        // A closed form has no step: any dt is within the bound.
        check_params(&*model, place, &columns, 1, f64::MIN_POSITIVE)?;
        Ok(Curve { settling: Settling::of(&*model), model, params })
    }

    /// The same curve, with `settling` where it has to be simulated.
    #[must_use]
    pub fn settling(self, settling: Settling) -> Curve {
        Curve { settling, ..self }
    }

    /// The same curve with one parameter changed.
    ///
    /// # Errors
    /// As [`Curve::new`].
    pub fn with(self, name: &str, x: f64) -> Result<Curve> {
        let names = self.model.params().iter().map(|f| f.name);
        let mut set: Vec<(&str, f64)> = names.zip(self.params.iter().copied()).collect();
        set.push((name, x));
        Ok(Curve::new(self.model.clone(), &set)?.settling(self.settling))
    }

    /// The model.
    pub fn model(&self) -> &Arc<dyn Model> {
        &self.model
    }
    /// The parameters, in the model's order.
    pub fn params(&self) -> &[f64] {
        &self.params
    }
    /// Whether the model has a closed form, so that nothing is simulated.
    pub fn has_closed_form(&self) -> bool {
        self.model.rate(&self.params, 0.0).is_some()
    }

    /// Rates at constant inputs, times the amplitude: in Hz, or per step for models that count steps. From the
    /// closed form, or else simulated.
    ///
    /// # Errors
    /// Inputs that are not finite; whatever a simulation fails with.
    pub fn at(&self, inputs: &[f64]) -> Result<Vec<f64>> {
        check_finite(self.place(), "inputs", inputs)?;
        match inputs.iter().map(|x| self.model.rate(&self.params, *x)).collect() {
            Some(rates) => Ok(rates),
            None => settled::rates(&self.model, &self.params, inputs, self.settling),
        }
    }

    /// Rates at constant inputs, simulated by [`Curve::settling`] also where there is a closed form.
    ///
    /// # Errors
    /// As [`Curve::at`].
    pub fn simulated(&self, inputs: &[f64]) -> Result<Vec<f64>> {
        check_finite(self.place(), "inputs", inputs)?;
        settled::rates(&self.model, &self.params, inputs, self.settling)
    }

    /// Slopes of the curve at constant inputs, by dual numbers.
    ///
    /// # Errors
    /// Inputs that are not finite; [`Error::Unsupported`] for models without a closed form.
    pub fn slope_at(&self, inputs: &[f64]) -> Result<Vec<f64>> {
        check_finite(self.place(), "inputs", inputs)?;
        let slopes: Option<Vec<f64>> =
            inputs.iter().map(|x| self.model.rate_slope(&self.params, *x)).collect();
        slopes.ok_or_else(|| self.no_curve("slopes; take differences of simulated rates"))
    }

    /// Rates of neurons with the given gains and biases, `[point, neuron]`.
    ///
    /// # Errors
    /// As [`current`] and [`Curve::at`].
    pub fn rates(&self, x: Points<'_>, gain: &[f64], bias: &[f64]) -> Result<Vec<f64>> {
        self.at(&current(x, gain, bias)?)
    }

    /// Derivatives of [`Curve::rates`] with respect to `x`, the gain included.
    ///
    /// # Errors
    /// As [`current`] and [`Curve::slope_at`].
    pub fn slopes(&self, x: Points<'_>, gain: &[f64], bias: &[f64]) -> Result<Vec<f64>> {
        let slopes = self.slope_at(&current(x, gain, bias)?)?;
        Ok(slopes.iter().zip(gain.iter().cycle()).map(|(slope, g)| g * slope).collect())
    }

    /// Gains and biases of neurons that start to fire at `intercepts` (of the represented value) and reach
    /// `max_rates` (before the amplitude) at 1. By the closed form, or else as [`Curve::search_gain_bias`].
    ///
    /// # Errors
    /// [`Error::Value`] for a maximum rate beyond the curve's limit, an intercept not below 1, and what no finite gain
    /// above 0 can meet in double precision; [`Error::Shape`]; a search without result.
    pub fn gain_bias(&self, max_rates: &[f64], intercepts: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        if !self.has_closed_form() {
            return self.search_gain_bias(max_rates, intercepts);
        }
        check_lengths(self.place(), "intercepts", intercepts, max_rates.len())?;
        self.model.gain_bias(&self.params, max_rates, intercepts).map_err(|e| rate_error(self.place(), e))
    }

    /// [`Curve::gain_bias`] by searching the curve, whatever its form: doubling the range of inputs from ±10 at most
    /// ten times, then interpolating the inverse on 101 points. Rates count with the amplitude.
    ///
    /// # Errors
    /// As [`Curve::gain_bias`].
    pub fn search_gain_bias(&self, max_rates: &[f64], intercepts: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        check_lengths(self.place(), "intercepts", intercepts, max_rates.len())?;
        search_gain_bias(|xs| self.at(xs).map_err(Failure::Other), max_rates, intercepts)
            .map_err(|e| e.at(self.place()))
    }

    /// The inverse of [`Curve::gain_bias`]: maximum rates and intercepts.
    ///
    /// # Errors
    /// [`Error::Shape`]; [`Error::Value`] for a gain not above 0 and for a neuron that has no intercept or is silent at 1.
    pub fn max_rates_intercepts(&self, gain: &[f64], bias: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        self.check_gain_bias(gain, bias)?;
        let Some(found) = self.model.max_rates_intercepts(&self.params, gain, bias) else {
            return self.search_max_rates_intercepts(gain, bias);
        };
        self.check_max_rates_intercepts(found, gain, bias)
    }

    /// [`Curve::max_rates_intercepts`] by evaluating the curve: rates at 1, and the last of 101 points on [−1, 1] at
    /// which the neuron is silent (−1 where none is). Rates count with the amplitude.
    ///
    /// # Errors
    /// As [`Curve::max_rates_intercepts`].
    pub fn search_max_rates_intercepts(&self, gain: &[f64], bias: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        self.check_gain_bias(gain, bias)?;
        let found = search_max_rates_intercepts(|xs| self.at(xs), gain, bias)?;
        self.check_max_rates_intercepts(found, gain, bias)
    }

    /// What the model is trained as: its output at `inputs` and the slope there, by dual numbers. `smoothing` is the
    /// sigma of the smoothed curve, for models that can be smoothed.
    ///
    /// # Errors
    /// Inputs that are not finite, a smoothing that is not above 0; [`Error::Unsupported`] for models that are not
    /// trained as a curve.
    pub fn training(&self, smoothing: Option<f64>, inputs: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        check_finite(self.place(), "inputs", inputs)?;
        if let Some(sigma) = smoothing.filter(|s| !(*s > 0.0 && s.is_finite())) {
            return Err(value(self.place(), "smoothing", None, sigma, "must be > 0 and finite"));
        }
        let pairs: Option<Vec<(f64, f64)>> =
            inputs.iter().map(|x| self.model.training(&self.params, smoothing, *x)).collect();
        Ok(pairs
            .ok_or_else(|| self.no_curve("training as one; train it with its surrogate"))?
            .into_iter()
            .unzip())
    }

    fn place(&self) -> &'static str {
        self.model.info().name
    }
    fn no_curve(&self, of: &str) -> Error {
        Error::unsupported(self.place(), format!("has no closed-form curve for {of}"))
    }
    fn check_gain_bias(&self, gain: &[f64], bias: &[f64]) -> Result<()> {
        check_lengths(self.place(), "bias", bias, gain.len())?;
        check_finite(self.place(), "gain", gain)?;
        check_finite(self.place(), "bias", bias)?;
        match gain.iter().position(|g| *g <= 0.0) {
            None => Ok(()),
            Some(i) => {
                let rule = "must be > 0: the rate must rise with the represented value";
                Err(value(self.place(), "gain", Some(i), gain[i], rule))
            }
        }
    }
    /// Refuses neurons that have no intercept or are silent at 1.
    fn check_max_rates_intercepts(
        &self,
        found: (Vec<f64>, Vec<f64>),
        gain: &[f64],
        bias: &[f64],
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        let sound =
            |(rate, intercept): (&f64, &f64)| *rate > 0.0 && rate.is_finite() && intercept.is_finite();
        match found.0.iter().zip(&found.1).position(|pair| !sound(pair)) {
            None => Ok(found),
            Some(i) => {
                let rule = format!(
                    "with bias {} the neuron has no intercept or is silent at 1; make gain or bias larger",
                    bias[i]
                );
                Err(value(self.place(), "gain", Some(i), gain[i], rule))
            }
        }
    }
}

/// Inputs of neurons at represented values: `gain·x + bias`, `[point, neuron]`.
///
/// # Errors
/// [`Error::Shape`] where lengths do not fit; [`Error::Value`] for numbers that are not finite.
pub fn current(x: Points<'_>, gain: &[f64], bias: &[f64]) -> Result<Vec<f64>> {
    let n = gain.len();
    check_lengths("curve", "bias", bias, n)?;
    check_finite("curve", "gain", gain)?;
    check_finite("curve", "bias", bias)?;
    let input = |x: f64, i: usize| gain[i] * x + bias[i];
    match x {
        Points::Shared(x) => {
            check_finite("curve", "x", x)?;
            Ok(x.iter().flat_map(|x| (0..n).map(move |i| input(*x, i))).collect())
        }
        Points::Each(x) => {
            check_finite("curve", "x", x)?;
            if n == 0 || !x.len().is_multiple_of(n) {
                return Err(Error::shape(
                    "curve",
                    "x",
                    format!("{} numbers", x.len()),
                    format!("[point, neuron] with {n} neurons, as gain and bias have, is needed"),
                ));
            }
            Ok(x.iter().enumerate().map(|(i, x)| input(*x, i % n)).collect())
        }
    }
}

/// What a search can fail with.
enum Failure {
    Rate(RateError),
    Other(Error),
}

impl From<RateError> for Failure {
    fn from(e: RateError) -> Self {
        Failure::Rate(e)
    }
}

impl Failure {
    fn at(self, place: &str) -> Error {
        match self {
            Failure::Rate(e) => rate_error(place, e),
            Failure::Other(e) => e,
        }
    }
}

/// A curve's error with its place.
fn rate_error(place: &str, e: RateError) -> Error {
    let rule = e.rule();
    match e {
        RateError::Unreachable { index, max_rate, .. } | RateError::Imprecise { index, max_rate, .. } => {
            value(place, "max_rates", Some(index), format!("{max_rate} Hz"), rule)
        }
        RateError::Intercept { index, intercept } => value(place, "intercepts", Some(index), intercept, rule),
        _ => Error::unsupported(place, rule),
    }
}

fn value(place: &str, field: &str, index: Option<usize>, x: impl ToString, rule: impl Into<String>) -> Error {
    Error::value(place, field, x, rule).at(index)
}

fn check_finite(place: &str, field: &str, xs: &[f64]) -> Result<()> {
    match xs.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(i) => Err(value(place, field, Some(i), xs[i], "must be a finite number")),
    }
}

fn check_lengths(place: &str, field: &str, xs: &[f64], n: usize) -> Result<()> {
    if xs.len() == n {
        return Ok(());
    }
    Err(Error::shape(
        place,
        field,
        format!("[{}]", xs.len()),
        format!("one number for each of the {n} neurons is needed"),
    ))
}

#[cfg(test)]
mod tests;
