//! Back into a field's range after an update.

use rheobase_models::record::Range;

use crate::learn::check;
use rheobase_base::vector::all_within;
use rheobase_base::{Error, Result};

/// Takes every element of `parameter` that left `range` back into it, and says how many were.
///
/// An end that is allowed is a wall: the value becomes the nearest `f32` at or inside of it. An end that is not
/// allowed (a time constant above 0) is never reached: the value goes half of the way from where it was `before` the
/// update to that end, which needs no scale and lets it come as close as it likes.
///
/// `field` names the parameter in errors.
///
/// # Errors
/// [`Error::Shape`] if the slices differ in length; [`Error::Value`] with the index of an element that is NaN now, or
/// was out of range before (then nothing is changed).
pub fn project(field: &str, parameter: &mut [f32], before: &[f32], range: &Range) -> Result<usize> {
    check::same_length(field, "before", before.len(), parameter.len(), "the parameter")?;
    let finite = |numbers| all_within(numbers, f32::MAX);
    if *range == Range::FINITE && finite(parameter) && finite(before) {
        return Ok(0);
    }
    let refused = |index, value: f32, rule: String| {
        let (place, field, value) = (field.to_string(), "value".to_string(), value.to_string());
        Error::value(place, field, value, rule).at(index)
    };
    for (i, (new, old)) in parameter.iter().zip(before).enumerate() {
        if new.is_nan() {
            return Err(refused(i, *new, "must be a number; lower the learning rate".into()));
        }
        if !range.contains(f64::from(*old)) {
            return Err(refused(i, *old, format!("{range} before the update")));
        }
    }
    let mut moved = 0;
    for (new, old) in parameter.iter_mut().zip(before) {
        let x = f64::from(*new);
        if range.contains(x) {
            continue;
        }
        moved += 1;
        let below = x <= range.low;
        let (end, allowed) =
            if below { (range.low, range.low_allowed) } else { (range.high, range.high_allowed) };
        *new = if allowed { wall(end, below) } else { halfway(*old, end, range) };
    }
    Ok(moved)
}

/// The `f32` nearest to `end` that is not beyond it.
fn wall(end: f64, below: bool) -> f32 {
    let rounded = end as f32;
    match f64::from(rounded) {
        x if below && x < end => rounded.next_up(),
        x if !below && x > end => rounded.next_down(),
        _ => rounded,
    }
}

/// Half of the way from `old` to `end`; `old` itself where no number is left between, or the end is infinite.
fn halfway(old: f32, end: f64, range: &Range) -> f32 {
    let half = (f64::from(old) + 0.5 * (end - f64::from(old))) as f32;
    if range.contains(f64::from(half)) { half } else { old }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_ends_are_walls() {
        let mut p = [-3.0, 0.5, 7.0, 1.0];
        assert_eq!(project("a", &mut p, &[0.0, 0.5, 1.0, 0.5], &Range::between(0.0, 1.0)), Ok(2));
        assert_eq!(p, [0.0, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn a_wall_that_is_no_f32_is_approached_from_within() {
        for (low, high) in [(0.1, 0.2), (0.7, 0.9), (1.0 / 3.0, 2.0 / 3.0)] {
            let range = Range::between(low, high);
            let (mut p, middle) = ([-1.0, 5.0], 0.5 * (low + high) as f32);
            assert_eq!(project("a", &mut p, &[middle; 2], &range), Ok(2));
            for x in p {
                assert!(range.contains(f64::from(x)), "{x} {range}");
            }
            assert!((f64::from(p[0]) - low).abs() < 1e-7 && (f64::from(p[1]) - high).abs() < 1e-7);
        }
    }

    #[test]
    fn open_ends_are_approached_by_halves_and_never_reached() {
        let range = Range::above(0.0);
        let mut tau = [0.02f32];
        for update in 0..500 {
            let before = tau;
            tau[0] -= 1.0;
            assert_eq!(project("tau", &mut tau, &before, &range), Ok(1));
            assert!(range.contains(f64::from(tau[0])), "{update}: {}", tau[0]);
        }
        let mut exactly = [0.0];
        project("tau", &mut exactly, &[0.5], &range).unwrap();
        assert_eq!(exactly, [0.25]);
        let mut beyond = [f32::INFINITY];
        project("tau", &mut beyond, &[0.5], &range).unwrap();
        assert_eq!(beyond, [0.5]);
    }

    #[test]
    fn nan_and_what_was_out_of_range_are_refused() {
        let mut p = [1.0, f32::NAN];
        let text = project("h.tau", &mut p, &[1.0, 1.0], &Range::above(0.0)).unwrap_err().to_string();
        assert!(text.contains("h.tau.value[1] = NaN"), "{text}");
        assert!(project("h.tau", &mut [-1.0], &[0.0], &Range::above(0.0)).is_err());
        assert!(project("h.tau", &mut [1.0], &[], &Range::above(0.0)).is_err());
    }
}
