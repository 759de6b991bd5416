//! Checks of what is to be drawn; every picture uses these, so every error reads alike.

use rheobase_base::{Error, Result};

/// Largest magnitude that an axis shows. Beyond it the length of a range could overflow.
const LARGEST: f64 = 1e100;

pub(crate) fn value(
    place: &str,
    field: &str,
    index: Option<usize>,
    value: impl ToString,
    rule: &str,
) -> Error {
    Error::value(place, field, value, rule).at(index)
}

/// All values finite and of a size that can be shown.
pub(crate) fn finite(place: &str, field: &str, values: &[f64]) -> Result<()> {
    match values.iter().position(|v| v.is_nan() || v.abs() > LARGEST) {
        None => Ok(()),
        Some(i) => {
            Err(value(place, field, Some(i), values[i], "must be finite and within ±1e100 to be drawn"))
        }
    }
}

/// One number by the same rule.
pub(crate) fn number(place: &str, field: &str, v: f64) -> Result<()> {
    if v.abs() <= LARGEST {
        return Ok(());
    }
    Err(value(place, field, None, v, "must be finite and within ±1e100 to be drawn"))
}

/// At least one value.
pub(crate) fn some<T>(place: &str, field: &str, values: &[T]) -> Result<()> {
    if values.is_empty() {
        return Err(Error::shape(place, field, "[0]", "at least one value is needed to draw it"));
    }
    Ok(())
}

/// As many values as another array has.
pub(crate) fn same_length(place: &str, field: &str, got: usize, other: &str, want: usize) -> Result<()> {
    if got == want {
        return Ok(());
    }
    Err(Error::shape(
        place,
        field,
        format!("[{got}]"),
        format!("`{other}` has [{want}], and each value needs its partner"),
    ))
}

/// Values that never go back: times, epochs, inputs of a curve.
pub(crate) fn ascending(place: &str, field: &str, values: &[f64]) -> Result<()> {
    match values.windows(2).position(|w| w[1] < w[0]) {
        None => Ok(()),
        Some(i) => Err(value(
            place,
            field,
            Some(i + 1),
            values[i + 1],
            "is smaller than the value before it; sort the values in ascending order",
        )),
    }
}

/// A matrix of `rows × columns` values, neither of them zero.
pub(crate) fn matrix(place: &str, field: &str, got: usize, dims: &[usize]) -> Result<()> {
    let want = dims.iter().try_fold(1usize, |a, d| a.checked_mul(*d));
    if want == Some(got) && got > 0 {
        return Ok(());
    }
    let shape = dims.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    Err(Error::shape(
        place,
        field,
        format!("[{got}]"),
        format!("[{shape}] needs as many values as the product, at least one"),
    ))
}
