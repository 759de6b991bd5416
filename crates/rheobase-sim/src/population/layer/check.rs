//! What a layer is checked for, and the coefficients that its parameters come to.

use rheobase_models::record::Field;

use crate::compete::Competition;
use crate::population::lateral::Lateral;
use crate::population::{Column, Initial, Model, Number};
use rheobase_base::{Error, Result};

/// The error of a setting.
pub(in crate::population) fn value_error(place: &str, field: &str, value: String, rule: &str) -> Error {
    Error::value(place, field, value, rule)
}

/// Position of the field called `name`.
pub fn position(fields: &[Field], name: &str, place: &str, kind: &'static str) -> Result<usize> {
    fields
        .iter()
        .position(|f| f.name == name)
        .ok_or_else(|| Error::unknown(place, kind, name, fields.iter().map(|f| f.name)))
}

/// Checks that dt is a length.
pub(in crate::population) fn check_dt(place: &str, dt: f64) -> Result<()> {
    if dt > 0.0 && dt.is_finite() {
        return Ok(());
    }
    Err(Error::value(place, "dt", dt, "must be > 0 and finite"))
}

/// Checks lengths, ranges, rules between parameters, and dt against the scheme's bound.
pub(crate) fn check_params(
    model: &dyn Model,
    place: &str,
    params: &[Column<f64>],
    neurons: usize,
    dt: f64,
) -> Result<()> {
    let fields = model.params();
    for (field, column) in fields.iter().zip(params) {
        let values = match column {
            Column::Shared(x) => std::slice::from_ref(x),
            Column::Each(xs) if xs.len() == neurons => xs,
            Column::Each(xs) => {
                return Err(Error::shape(
                    place,
                    field.name,
                    format!("[{}]", xs.len()),
                    format!("one number for each of the {neurons} neurons is needed"),
                ));
            }
        };
        for (i, x) in values.iter().enumerate() {
            if let Some(rule) = field.broken_rule(*x) {
                return Err(Error::value(place, field.name, with_unit(*x, field.unit), rule)
                    .at((!column.is_shared()).then_some(i)));
            }
        }
    }
    let each = if params.iter().all(Column::is_shared) { 1 } else { neurons };
    for n in 0..each {
        let values: Vec<f64> = params.iter().map(|c| c.get(n)).collect();
        if let Some(rule) = model.broken_rule(&values) {
            return Err(Error::value(place, "parameters", "combination", rule).at((each > 1).then_some(n)));
        }
        let bound = model.dt_bound(&values);
        if dt >= bound {
            return Err(Error::value(
                place,
                "dt",
                with_unit(dt, "s"),
                format!("must be < {bound} s, beyond which this model's scheme is unstable"),
            )
            .at((each > 1).then_some(n)));
        }
    }
    Ok(())
}

/// Checks that a competition can have a winner.
pub(in crate::population) fn check_competition(place: &str, competition: Option<&Competition>) -> Result<()> {
    if competition.is_some_and(|c| c.k == 0) {
        return Err(Error::value(
            place,
            "competition.k",
            "0",
            "must be at least 1; leave the competition out for none",
        ));
    }
    Ok(())
}

/// A value with its unit, as errors show it.
fn with_unit(x: f64, unit: &str) -> String {
    if unit.is_empty() || unit == "1" { shown(x) } else { format!("{} {unit}", shown(x)) }
}

/// A number as errors show it: without a row of zeros.
pub(in crate::population) fn shown(x: f64) -> String {
    let plain = x == 0.0 || !x.is_finite() || (1e-6..1e12).contains(&x.abs());
    if plain { x.to_string() } else { format!("{x:e}") }
}

/// Coefficients of all neurons: shared where all parameters are.
pub(in crate::population) fn prepare<E: Number>(
    model: &dyn Model,
    params: &[Column<f64>],
    neurons: usize,
    dt: f64,
) -> Vec<Column<E>> {
    let of = |n: usize| model.prepare(&params.iter().map(|c| c.get(n)).collect::<Vec<_>>(), dt);
    if params.iter().all(Column::is_shared) {
        return of(0).into_iter().map(|x| Column::Shared(E::from_f64(x))).collect();
    }
    let mut columns: Vec<Vec<E>> = vec![Vec::with_capacity(neurons); model.coeffs().len()];
    for n in 0..neurons {
        for (column, x) in columns.iter_mut().zip(of(n)) {
            column.push(E::from_f64(x));
        }
    }
    let settle =
        |xs: Vec<E>| if xs.iter().all(|x| *x == xs[0]) { Column::Shared(xs[0]) } else { Column::Each(xs) };
    columns.into_iter().map(settle).collect()
}

/// Checks lengths, and that every number is finite in the population's precision.
pub(in crate::population) fn check_initial<E: Number>(
    place: &str,
    field: &str,
    initial: &Initial,
    neurons: usize,
) -> Result<()> {
    let finite = |x: f64, index| {
        if E::from_f64(x).to_f64().is_finite() {
            return Ok(());
        }
        Err(Error::value(
            place,
            format!("initial {field}"),
            shown(x),
            format!("must be a finite number as {}", E::NAME),
        )
        .at(index))
    };
    match initial {
        Initial::Rest => Ok(()),
        Initial::Value(x) => finite(*x, None),
        Initial::Uniform { low, high, .. } => {
            finite(*low, None).and(finite(*high, None)).and(finite(high - low, None))
        }
        Initial::Each(xs) if xs.len() == neurons => {
            xs.iter().enumerate().try_for_each(|(i, x)| finite(*x, Some(i)))
        }
        Initial::Each(xs) => Err(Error::shape(
            place,
            format!("initial {field}"),
            format!("[{}]", xs.len()),
            format!("one number for each of the {neurons} neurons is needed"),
        )),
    }
}

pub(in crate::population) fn check_lateral<E: Number>(
    place: &str,
    weights: Vec<f64>,
    neurons: usize,
) -> Result<Lateral<E>> {
    if weights.len() != neurons * neurons {
        return Err(Error::shape(
            place,
            "lateral",
            format!("{} numbers", weights.len()),
            format!("[neuron, neuron] = [{neurons}, {neurons}] is needed"),
        ));
    }
    if let Some(i) = weights.iter().position(|w| !E::from_f64(*w).to_f64().is_finite()) {
        return Err(Error::value(
            place,
            format!("lateral[{}, {}]", i / neurons, i % neurons),
            shown(weights[i]),
            format!("must be a finite number as {}", E::NAME),
        ));
    }
    Ok(Lateral::new(neurons, weights.into_iter().map(E::from_f64).collect()))
}
