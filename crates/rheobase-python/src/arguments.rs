//! Arguments as the Python side of the package prepares them: numbers or whole arrays of the right type.

use numpy::{PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rheobase::compete::Scope;
use rheobase::models::Surrogate;
use rheobase::models::surrogate::SURROGATES;
use rheobase::population::{Builder, Initial, Number, Values};
use rheobase::{Competition, Error};

use crate::error::Raise;

/// A parameter: one number, one for each neuron, or drawn uniformly for each feature map (low, high, seed, 0 without one).
#[derive(FromPyObject)]
pub(crate) enum NumberOrSpan<'py> {
    One(f64),
    PerFeature((f64, f64, Option<u64>)),
    Each(PyReadonlyArrayDyn<'py, f64>),
}

impl NumberOrSpan<'_> {
    /// Sets parameter `name` of a population that is being built.
    pub(crate) fn set<E: Number>(&self, builder: Builder<E>, name: &str) -> PyResult<Builder<E>> {
        Ok(match self {
            NumberOrSpan::One(x) => builder.set(name, *x),
            NumberOrSpan::PerFeature((low, high, seed)) => {
                builder.set(name, Values::Uniform { low: *low, high: *high, seed: seed.unwrap_or(0) })
            }
            NumberOrSpan::Each(xs) => builder.set(name, xs.as_slice()?),
        })
    }

    /// Where the state field `name` starts.
    pub(crate) fn start<E: Number>(&self, builder: Builder<E>, name: &str) -> PyResult<Builder<E>> {
        let start = match self {
            NumberOrSpan::One(x) => Initial::Value(*x),
            NumberOrSpan::PerFeature((low, high, seed)) => {
                Initial::Uniform { low: *low, high: *high, seed: seed.unwrap_or(0) }
            }
            NumberOrSpan::Each(xs) => Initial::Each(xs.as_slice()?.to_vec()),
        };
        Ok(builder.initial(name, start))
    }
}

/// A square matrix of numbers.
pub(crate) fn square(place: &str, weights: &PyReadonlyArrayDyn<'_, f64>) -> PyResult<Vec<f64>> {
    let shape = weights.shape();
    if shape.len() != 2 || shape[0] != shape[1] {
        return Err(crate::error::raise(Error::shape(
            place,
            "lateral",
            format!("{shape:?}"),
            "[neuron, neuron] is needed",
        )));
    }
    Ok(weights.as_slice()?.to_vec())
}

/// The surrogate called `name` with these parameters; missing ones have their defaults.
pub(crate) fn surrogate(place: &str, name: &str, given: &[f64]) -> PyResult<Surrogate> {
    let known = SURROGATES.iter().find(|s| s.name == name);
    let info = known
        .ok_or_else(|| Error::unknown(place, "surrogate", name, SURROGATES.iter().map(|s| s.name)))
        .raised()?;
    let mut values: Vec<f64> = info.parameters.iter().map(|f| f.default).collect();
    if given.len() > values.len() {
        return Err(crate::error::raise(Error::shape(
            place,
            format!("surrogate {name}"),
            format!("{} parameters", given.len()),
            format!("it has {}", values.len()),
        )));
    }
    values[..given.len()].copy_from_slice(given);
    let broken = info.parameters.iter().zip(&values).find_map(|(f, x)| Some((f, x, f.broken_rule(*x)?)));
    if let Some((field, x, rule)) = broken {
        return Err(crate::error::raise(Error::value(
            place,
            format!("surrogate {name}.{}", field.name),
            x,
            rule,
        )));
    }
    Ok(Surrogate::named(name, &values).unwrap_or_default())
}

/// Winners, radius, whom they silence and for how many steps.
pub(crate) type CompetitionArgument = (usize, usize, String, u32);

/// The competition of a layer.
pub(crate) fn competition(place: &str, argument: CompetitionArgument) -> PyResult<Competition> {
    const SCOPES: [(&str, Scope); 4] = [
        ("feature", Scope::Feature),
        ("location", Scope::Location),
        ("layer", Scope::Layer),
        ("nobody", Scope::Nobody),
    ];
    let (k, radius, scope, silence) = argument;
    let found = SCOPES.iter().find(|s| s.0 == scope);
    let scope = found.ok_or_else(|| Error::unknown(place, "scope", &scope, SCOPES.map(|s| s.0))).raised()?.1;
    Ok(Competition { k, radius, scope, silence, ..Competition::default() })
}
