//! The numbers of a trace of functions: arguments in its meta, and those in the names of its arrays.

use serde_json::Value;

use super::super::super::trace::{Meta, number};
use rheobase_base::{Error, Result};

/// What an argument has to be and is not.
fn missing(meta: &Meta, name: &str, rule: &str) -> Error {
    Error::value(
        meta.name.clone(),
        format!("params.{name}"),
        meta.params.get(name).map_or("none".into(), Value::to_string),
        rule,
    )
}

/// A number that may be None there.
pub(super) fn optional(meta: &Meta, name: &str) -> Option<f32> {
    meta.number(name).map(|x| x as f32)
}

/// A whole number, at least 0.
pub(super) fn count(meta: &Meta, name: &str) -> Result<usize> {
    let found = meta.params.get(name).and_then(whole);
    found.ok_or_else(|| missing(meta, name, "must be a whole number, at least 0"))
}

/// A list of whole numbers.
pub(super) fn counts<const N: usize>(meta: &Meta, name: &str) -> Result<[usize; N]> {
    let found = meta.params.get(name).and_then(Value::as_array);
    let all: Option<Vec<usize>> = found.and_then(|list| list.iter().map(whole).collect());
    let rule = || missing(meta, name, &format!("must be a list of {N} whole numbers, at least 0"));
    all.and_then(|all| all.try_into().ok()).ok_or_else(rule)
}

/// A list of numbers.
pub(super) fn list(meta: &Meta, name: &str) -> Result<Vec<f64>> {
    let found = meta.params.get(name).and_then(Value::as_array);
    let all: Option<Vec<f64>> = found.and_then(|list| list.iter().map(number).collect());
    all.ok_or_else(|| missing(meta, name, "must be a list of numbers"))
}

/// A list of lists of numbers.
pub(super) fn lists(meta: &Meta, name: &str) -> Result<Vec<Vec<f64>>> {
    let found = meta.params.get(name).and_then(Value::as_array);
    let inner = |entry: &Value| entry.as_array()?.iter().map(number).collect::<Option<Vec<f64>>>();
    let all: Option<Vec<Vec<f64>>> = found.and_then(|lists| lists.iter().map(inner).collect());
    all.ok_or_else(|| missing(meta, name, "must be a list of lists of numbers"))
}

/// A whole number, or a pair of them, as rows and columns.
pub(super) fn pair(value: &Value) -> Option<[usize; 2]> {
    match value {
        Value::Array(both) => match &both[..] {
            [rows, columns] => Some([whole(rows)?, whole(columns)?]),
            _ => None,
        },
        one => whole(one).map(|n| [n, n]),
    }
}

fn whole(value: &Value) -> Option<usize> {
    let x = number(value)?;
    (x >= 0.0 && x.fract() == 0.0 && x < 1e9).then_some(x as usize)
}

/// The whole number behind `prefix`, up to the next `_`: 3 of `winners_k3_r1` behind `winners_k`.
pub(super) fn behind(name: &str, prefix: &str) -> Option<usize> {
    name.strip_prefix(prefix)?.split('_').next()?.parse().ok()
}
