//! Static curves: rates over input, their slopes, gains and biases; and the check of a model's parameters.

use std::sync::Arc;

use numpy::PyReadonlyArrayDyn;
use pyo3::prelude::*;
use rheobase::population::Model;
use rheobase::{Catalog, Curve, Error, Population, Result};

use crate::arguments::NumberOrSpan;
use crate::arrays::array;
use crate::enter::enter;
use crate::error::{Raise, raise};

/// Simulated rates take about so many numbers each.
const SIMULATED: usize = 100_000;

/// Parameters by name.
type Parameters<'py> = Vec<(String, NumberOrSpan<'py>)>;

/// Checks names, ranges and rules between parameters; where some have a number for each neuron, they must have as many.
#[pyfunction]
pub(crate) fn check(model: &str, parameters: Parameters<'_>) -> PyResult<()> {
    let model = Catalog::standard().get(model).raised()?;
    let neurons = count(&parameters)?.unwrap_or(1);
    // Any length of a step is within a bound that is larger than it.
    let mut builder = Population::<f64>::builder(model, &[neurons]).dt(f64::MIN_POSITIVE);
    for (name, amount) in &parameters {
        builder = amount.set(builder, name)?;
    }
    builder.build().raised().map(|_| ())
}

/// How many neurons the parameters are for, where some have a number for each.
fn count(parameters: &Parameters<'_>) -> PyResult<Option<usize>> {
    let each = parameters.iter().find_map(|(_, amount)| match amount {
        NumberOrSpan::Each(xs) => Some(xs),
        _ => None,
    });
    Ok(each.map(|xs| xs.as_slice().map(<[f64]>::len)).transpose()?)
}

/// The curve of each neuron: one where all have the same parameters.
fn curves(model: &Arc<dyn Model>, parameters: &Parameters<'_>) -> PyResult<Vec<Curve>> {
    let neurons = count(parameters)?.unwrap_or(1);
    (0..neurons)
        .map(|n| {
            let mut set = Vec::with_capacity(parameters.len());
            for (name, amount) in parameters {
                let x = match amount {
                    NumberOrSpan::One(x) => *x,
                    NumberOrSpan::Each(xs) => xs.as_slice()?[n],
                    NumberOrSpan::PerFeature(_) => return Err(raise(drawn(&**model, name))),
                };
                set.push((name.as_str(), x));
            }
            Curve::new(Arc::clone(model), &set).raised()
        })
        .collect()
}

fn drawn(model: &dyn Model, name: &str) -> Error {
    Error::unsupported(
        format!("{}.{name}", model.info().name),
        "is drawn when a population is made; a curve needs numbers",
    )
}

/// The one curve of a model whose neurons all have the same parameters.
fn shared(model: &str, parameters: &Parameters<'_>) -> PyResult<Curve> {
    let model = Catalog::standard().get(model).raised()?;
    let mut all = curves(&model, parameters)?;
    match (all.pop(), all.is_empty()) {
        (Some(curve), true) => Ok(curve),
        _ => Err(raise(Error::unsupported(
            model.info().name,
            "has parameters that differ from neuron to neuron, but this is of one curve; make a model for each",
        ))),
    }
}

/// What is asked of a curve: `rates`, `slopes` or `simulated`, at constant inputs. Where neurons differ, the last axis of
/// the inputs is theirs.
#[pyfunction]
pub(crate) fn curve<'py>(
    py: Python<'py>,
    model: &str,
    parameters: Parameters<'py>,
    what: &str,
    inputs: PyReadonlyArrayDyn<'py, f64>,
) -> PyResult<Bound<'py, PyAny>> {
    let of: fn(&Curve, &[f64]) -> Result<Vec<f64>> = match what {
        "slopes" => Curve::slope_at,
        "simulated" => Curve::simulated,
        _ => Curve::at,
    };
    let model = Catalog::standard().get(model).raised()?;
    let curves = curves(&model, &parameters)?;
    let xs = inputs.as_slice()?;
    let n = curves.len();
    if n > 1
        && (!xs.len().is_multiple_of(n) || numpy::PyUntypedArrayMethods::shape(&*inputs).last() != Some(&n))
    {
        return Err(raise(Error::shape(
            model.info().name,
            "inputs",
            format!("{:?}", numpy::PyUntypedArrayMethods::shape(&*inputs)),
            format!("[…, neuron] with {n} neurons, as the parameters have, is needed"),
        )));
    }
    let closed = what != "simulated" && curves.iter().all(Curve::has_closed_form);
    let size = if closed { xs.len() } else { xs.len().saturating_mul(SIMULATED) };
    let results = enter(py, size, |_| {
        if n == 1 {
            return of(&curves[0], xs);
        }
        let mut out = vec![0.0; xs.len()];
        for (i, curve) in curves.iter().enumerate() {
            let column: Vec<f64> = xs.iter().skip(i).step_by(n).copied().collect();
            for (row, y) in of(curve, &column)?.into_iter().enumerate() {
                out[row * n + i] = y;
            }
        }
        Ok(out)
    })
    .whole()?;
    Ok(array(py, results, numpy::PyUntypedArrayMethods::shape(&*inputs))?.into_any())
}

/// Two arrays of one number for each neuron.
type Two<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// Gains and biases from maximum rates and intercepts (`inverse`: the other way round).
#[pyfunction]
pub(crate) fn gain_bias<'py>(
    py: Python<'py>,
    model: &str,
    parameters: Parameters<'py>,
    first: PyReadonlyArrayDyn<'py, f64>,
    second: PyReadonlyArrayDyn<'py, f64>,
    inverse: bool,
) -> PyResult<Two<'py>> {
    let curve = shared(model, &parameters)?;
    let (a, b) = (first.as_slice()?, second.as_slice()?);
    let size = if curve.has_closed_form() { a.len() } else { usize::MAX };
    let (c, d) =
        enter(py, size, |_| if inverse { curve.max_rates_intercepts(a, b) } else { curve.gain_bias(a, b) })
            .whole()?;
    let n = [c.len()];
    Ok((array(py, c, &n)?.into_any(), array(py, d, &n)?.into_any()))
}

/// Rates and slopes of the curve that a rate model is trained as, smoothed by `smoothing` where the model has a sharp bend.
#[pyfunction]
pub(crate) fn training<'py>(
    py: Python<'py>,
    model: &str,
    parameters: Parameters<'py>,
    smoothing: Option<f64>,
    inputs: PyReadonlyArrayDyn<'py, f64>,
) -> PyResult<Two<'py>> {
    let (rates, slopes) = shared(model, &parameters)?.training(smoothing, inputs.as_slice()?).raised()?;
    let shape = numpy::PyUntypedArrayMethods::shape(&*inputs);
    Ok((array(py, rates, shape)?.into_any(), array(py, slopes, shape)?.into_any()))
}
