//! What the operations on waves check alike: shapes and numbers.

use super::windows::value_error;
use rheobase_base::vector::all_within;
use rheobase_base::{Error, Result};

/// Shape of a layer: features, rows, columns.
pub(super) type Shape = [usize; 3];

/// The shape of a layer of feature maps.
///
/// # Errors
/// Another rank; no neuron, or 2³¹ or more.
pub(crate) fn maps_of(place: &str, shape: &[usize]) -> Result<Shape> {
    let maps: Shape = shape.try_into().map_err(|_| {
        Error::shape(
            place,
            "input",
            format!("{shape:?}"),
            "[feature, row, column] is needed; give the network's input such a shape",
        )
    })?;
    neurons(place, maps).map(|_| maps)
}

/// Neurons of a layer.
///
/// # Errors
/// None, or 2³¹ or more.
pub(super) fn neurons(place: &str, shape: Shape) -> Result<usize> {
    let size = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).filter(|n| *n > 0 && *n < 1 << 31);
    size.ok_or_else(|| {
        let rule = "[feature, row, column] must be at least one and less than 2^31 neurons";
        value_error(place, "shape", None, format!("{shape:?}"), rule)
    })
}

/// Steps of a wave whose numbers are all finite.
///
/// # Errors
/// Lengths that are not whole steps, at least one; numbers that are not finite.
pub(super) fn steps(place: &str, field: &str, wave: &[f32], shape: Shape) -> Result<usize> {
    let neurons = neurons(place, shape)?;
    if wave.is_empty() || !wave.len().is_multiple_of(neurons) {
        return Err(Error::shape(
            place,
            field,
            format!("[{}]", wave.len()),
            format!("whole steps of {shape:?}, {neurons} values each, at least one, are needed"),
        ));
    }
    finite(place, field, wave)?;
    Ok(wave.len() / neurons)
}

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
/// Spikes of neurons that the layer does not have.
pub(super) fn rows(place: &str, rows: &super::SpikeRows, shape: Shape) -> Result<()> {
    let neurons = neurons(place, shape)?;
    match rows.index().iter().position(|i| *i as usize >= neurons) {
        None => Ok(()),
        Some(at) => {
            let rule = format!("must be below {neurons}, the neurons of {shape:?}");
            Err(value_error(place, "index", Some(at), rows.index()[at], rule))
        }
    }
}
