//! Checks that settings and numbers of learning pass before they are used.

use rheobase_models::record::Range;

use rheobase_base::vector::all_within;
use rheobase_base::{Error, Result};

/// Refuses a setting that is not in `range`.
pub(super) fn within(place: &str, field: &str, value: f64, range: Range) -> Result<()> {
    if range.contains(value) { Ok(()) } else { Err(broken(place, field, value, range.to_string())) }
}

/// A setting that breaks `rule`.
pub(super) fn broken(place: &str, field: &str, value: impl ToString, rule: impl Into<String>) -> Error {
    Error::value(place, field, value, rule)
}

/// Refuses numbers of a magnitude above `limit`, infinities and NaN, with the index of the first.
pub(super) fn bounded(place: &str, field: &str, values: &[f32], limit: f32, rule: &str) -> Result<()> {
    if all_within(values, limit) {
        return Ok(());
    }
    match values.iter().position(|x| x.is_nan() || x.abs() > limit) {
        None => Ok(()),
        Some(i) => Err(Error::value(place, field, values[i], rule).at(i)),
    }
}

/// Refuses an array that has not as many elements as another.
pub(super) fn same_length(place: &str, field: &str, got: usize, want: usize, other: &str) -> Result<()> {
    if got == want {
        return Ok(());
    }
    Err(Error::shape(
        place,
        field,
        format!("[{got}]"),
        format!("{other} has {want} elements, and this needs as many"),
    ))
}

/// `x` as `f32`, at most the largest finite one: a gradient beyond it still points the right way.
pub(super) fn narrow(x: f64) -> f32 {
    x.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
}
