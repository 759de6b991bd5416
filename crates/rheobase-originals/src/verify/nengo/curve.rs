//! Static curves: outputs over a grid of currents, gains and biases and back, rates and slopes at represented values.

use std::sync::Arc;

use rheobase_models::neuron::Emits;

use super::super::bounds::{Carried, Known};
use super::super::compare::{Comparison, DOUBLE, Pair};
use super::super::trace::{Meta, number};
use super::super::{Outcome, TraceFile};
use rheobase_base::Result;
use rheobase_sim::curve::{Curve, LifCurveParams, Points, lif_j, softplus};
use rheobase_sim::population::{Model, Number};
use rheobase_sim::{Input, Population, Record, Spikes};

/// Scale of curves: every number counts relative to itself, so that an exact 0 must be one. Only numbers far below
/// any rate, where denormal ones have few digits, are compared absolutely.
pub(super) const SMALLEST: &[f64] = &[1e-300];

/// Curve arrays with what they are compared to.
struct CurveComparisons<'a> {
    trace: &'a TraceFile,
    arrays: Vec<Comparison>,
}

impl CurveComparisons<'_> {
    /// Compares number by number.
    fn strictly(&mut self, name: &str, got: &[f64], rtol: f64) -> Result<()> {
        self.compare(name, got, rtol, Some(SMALLEST), &[])
    }
    /// Compares relative to the largest number of the array.
    fn as_a_whole(&mut self, name: &str, got: &[f64]) -> Result<()> {
        self.compare(name, got, DOUBLE, None, &[])
    }
    fn compare(
        &mut self,
        name: &str,
        got: &[f64],
        rtol: f64,
        scale: Option<&[f64]>,
        bounds: &[f64],
    ) -> Result<()> {
        if self.trace.has(name) {
            let (want, shape) = (self.trace.array(name)?, self.trace.shape(name)?);
            let pair = Pair { name, got, want: &want, shape: &shape, neurons: 1, bounds };
            self.arrays.push(pair.close(rtol, scale, |_| false));
        }
        Ok(())
    }
}

pub(super) fn replay(trace: &TraceFile, model: &Arc<dyn Model>) -> Result<Outcome> {
    let params = super::params(&trace.meta, &**model);
    let curve = Curve::new(model.clone(), &params)?;
    let mut found = CurveComparisons { trace, arrays: Vec::new() };

    for (currents, output) in [("J", "step_output"), ("J32", "step_output_f32")] {
        if trace.has(currents) && trace.has(output) && model.info().emits == Emits::Analogue {
            let rtol = super::tolerance(trace, output);
            let currents = trace.array(currents)?;
            let (got, bounds) = if trace.is_single(output) {
                outputs::<f32>(model, &params, &currents)?
            } else {
                outputs::<f64>(model, &params, &currents)?
            };
            found.compare(output, &got, rtol, Some(SMALLEST), &bounds)?;
        }
    }
    gains_and_biases(&curve, &mut found)?;
    if trace.has("gain") && trace.has("bias") {
        let (gain, bias) = (trace.array("gain")?, trace.array("bias")?);
        for name in trace.names().iter().filter(|name| name.starts_with("rates_x")) {
            let x = if name == "rates_x2" { "x2" } else { "x" };
            let (x, x_shape) = (trace.array(x)?, trace.shape(x)?);
            // Plain broadcasting pairs a row of x with the neurons; else such a row is a column of points.
            let paired = x_shape.len() == 2 || trace.shape(name)? == x_shape;
            let x = if paired { Points::Each(&x) } else { Points::Shared(&x) };
            found.strictly(name, &curve.rates(x, &gain, &bias)?, DOUBLE)?;
        }
    }
    for name in trace.names() {
        if let Some((x, gain, bias)) = slope_of(&name) {
            let got = curve.slopes(Points::Shared(&trace.array(x)?), &[gain], &[bias])?;
            found.strictly(&name, &got, DOUBLE)?;
        }
    }
    Ok(Outcome::Compared { arrays: found.arrays, flips: 0 })
}

/// Gains and biases from maximum rates and intercepts, back again, and by the search.
fn gains_and_biases(curve: &Curve, found: &mut CurveComparisons<'_>) -> Result<()> {
    let trace = found.trace;
    if !trace.has("intercepts") {
        return Ok(());
    }
    let intercepts = trace.array("intercepts")?;
    if trace.has("max_rates") {
        let (gain, bias) = curve.gain_bias(&trace.array("max_rates")?, &intercepts)?;
        found.as_a_whole("gain", &gain)?;
        found.as_a_whole("bias", &bias)?;
        let (max_rates, back) = curve.max_rates_intercepts(&trace.array("gain")?, &trace.array("bias")?)?;
        found.as_a_whole("max_rates_back", &max_rates)?;
        found.as_a_whole("intercepts_back", &back)?;
    }
    if trace.has("generic_max_rates") {
        let (gain, bias) = curve.search_gain_bias(&trace.array("generic_max_rates")?, &intercepts)?;
        found.as_a_whole("generic_gain", &gain)?;
        found.as_a_whole("generic_bias", &bias)?;
    }
    Ok(())
}

/// What each of `currents` makes a neuron put out in one step, and how far rounding may carry that.
fn outputs<E: Number>(
    model: &Arc<dyn Model>,
    params: &[(&str, f64)],
    currents: &[f64],
) -> Result<(Vec<f64>, Vec<f64>)> {
    let mut builder = Population::<E>::builder(model.clone(), &[currents.len()]);
    for (name, x) in params {
        builder = builder.set(name, *x);
    }
    let mut population = builder.build()?;
    let mut carried = Carried::new(&population);
    carried.look(0, &population, &[]);
    let zeros = vec![0.0; currents.len()];
    let fired = vec![None; currents.len()];
    let known = Known { t: 0, input: currents, input_errors: &[], output: &zeros, fired: &fired };
    let bounds = carried.step(&population, &known).iter().map(|b| b.output).collect();
    let currents: Vec<E> = currents.iter().map(|x| E::from_f64(*x)).collect();
    let run = population.run(1, &Input::Constant(&currents), &Record::spikes(Spikes::Dense))?;
    Ok((run.dense().iter().map(|x| x.to_f64()).collect(), bounds))
}

/// `deriv_[x_]gain{g}_bias{b}`: the array of points (`deriv_x`, or the currents), gain and bias.
fn slope_of(name: &str) -> Option<(&'static str, f64, f64)> {
    let rest = name.strip_prefix("deriv_")?;
    let (points, rest) = match rest.strip_prefix("x_") {
        Some(rest) => ("J", rest),
        None => ("deriv_x", rest),
    };
    let (gain, bias) = rest.strip_prefix("gain")?.split_once("_bias")?;
    Some((points, gain.parse().ok()?, bias.parse().ok()?))
}

/// nengo-extras' functions `softplus` and `lif_j`.
pub(super) fn functions(trace: &TraceFile) -> Result<Outcome> {
    let mut found = CurveComparisons { trace, arrays: Vec::new() };
    for name in trace.names() {
        if let Some(sigma) = name.strip_prefix("softplus_").and_then(|s| s.parse::<f64>().ok()) {
            let got: Vec<f64> = trace.array("x")?.iter().map(|x| softplus(*x, sigma)).collect();
            found.strictly(&name, &got, DOUBLE)?;
        }
    }
    if trace.has("lif_j") {
        let said = |name: &str, default: f64| said(&trace.meta, name).unwrap_or(default);
        let p = LifCurveParams {
            tau_m: said("tau_rc", 0.02),
            t_ref: said("tau_ref", 0.002),
            amplitude: said("amplitude", 1.0),
        };
        let got: Vec<f64> = trace.array("j")?.iter().map(|j| lif_j(&p, *j)).collect();
        found.strictly("lif_j", &got, DOUBLE)?;
    }
    Ok(Outcome::Compared { arrays: found.arrays, flips: 0 })
}

/// A parameter, or the number that follows its name in the description.
fn said(meta: &Meta, name: &str) -> Option<f64> {
    let mut words = meta.desc.split_whitespace();
    let described = || words.find(|w| *w == name).and_then(|_| words.next()?.parse().ok());
    meta.params.get(name).and_then(number).or_else(described)
}
