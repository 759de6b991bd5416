//! What settings and numbers of plasticity have to be.

use super::order::LARGEST;
use crate::vision::windows::value_error;
use rheobase_base::vector::all_within;
use rheobase_base::{Error, Result};

/// # Errors
/// The first number that is not finite.
pub(super) fn finite(place: &str, field: &str, numbers: &[f32]) -> Result<()> {
    if all_within(numbers, f32::MAX) {
        return Ok(());
    }
    let at = numbers.iter().position(|x| !x.is_finite());
    let value = at.map_or(f32::NAN, |i| numbers[i]);
    Err(value_error(place, field, at, value, "must be finite"))
}

/// # Errors
/// Bounds of which the first is not below the second.
pub(super) fn ordered(place: &str, [lower, upper]: [f32; 2]) -> Result<()> {
    if lower < upper && lower.abs().max(upper.abs()) <= LARGEST {
        return Ok(());
    }
    let rule = "must be the smallest and the largest weight, in this order, of magnitude at most 1e9";
    Err(value_error(place, "bounds", None, format!("[{lower}, {upper}]"), rule))
}

/// # Errors
/// A number that is not finite or below 0.
pub(super) fn at_least_zero(place: &str, field: &str, value: f64) -> Result<()> {
    if value >= 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(value_error(place, field, None, value, "must be finite and at least 0"))
}

/// # Errors
/// A time constant that is not finite or not above 0.
pub(super) fn time_constant(place: &str, field: &str, tau: f64) -> Result<()> {
    if tau > 0.0 && tau.is_finite() {
        return Ok(());
    }
    Err(value_error(place, field, None, format!("{tau} s"), "must be finite and above 0"))
}

/// # Errors
/// An array of another length than is needed.
pub(super) fn length(place: &str, field: &str, got: usize, want: usize, what: &str) -> Result<()> {
    if got == want {
        return Ok(());
    }
    Err(Error::shape(place, field, format!("[{got}]"), format!("{what}, {want}, is needed")))
}
