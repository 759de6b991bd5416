//! Shared checks of what a caller hands in: finite, ordered, positive, of the right shape.

use crate::{Error, Result};

/// An [`Error::Value`] with its parts in reading order.
pub fn bad(
    place: &str,
    field: &str,
    index: Option<usize>,
    value: impl ToString,
    rule: impl Into<String>,
) -> Error {
    Error::value(place, field, value, rule).at(index)
}

/// Every element must be a finite number.
pub fn finite(place: &str, field: &str, xs: &[f64]) -> Result<()> {
    match xs.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(i) => {
            Err(bad(place, field, Some(i), xs[i], "must be finite; remove or repair missing values first"))
        }
    }
}

/// What was computed of a finite `field` must be finite, too.
pub fn overflow(place: &str, field: &str, result: &[f64]) -> Result<()> {
    match result.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(i) => {
            Err(bad(place, field, None, "too large", format!("result {i} overflows; scale the values down")))
        }
    }
}

/// Whether all times are finite and each is below its successor, or not above it: what is in order between finite ends is finite.
fn rise(times: &[f64], in_order: impl Fn(&f64, &f64) -> bool) -> bool {
    let ends = [times.first(), times.last()];
    ends.into_iter().flatten().all(|t| t.is_finite()) && times.windows(2).all(|w| in_order(&w[0], &w[1]))
}

/// Spike times in ascending order; equal times are allowed.
pub fn sorted(place: &str, field: &str, times: &[f64]) -> Result<()> {
    if rise(times, f64::le) {
        return Ok(());
    }
    finite(place, field, times)?;
    match times.windows(2).position(|w| w[1] < w[0]) {
        None => Ok(()),
        Some(i) => Err(bad(
            place,
            field,
            Some(i + 1),
            format!("{} s", times[i + 1]),
            format!("comes before its predecessor ({} s); sort the spike times", times[i]),
        )),
    }
}

/// Spike times in strictly ascending order: measures of intervals have no meaning for an interval of 0.
pub fn distinct(place: &str, field: &str, times: &[f64]) -> Result<()> {
    if rise(times, f64::lt) {
        return Ok(());
    }
    sorted(place, field, times)?;
    match times.windows(2).position(|w| w[1] == w[0]) {
        None => Ok(()),
        Some(i) => Err(bad(
            place,
            field,
            Some(i + 1),
            format!("{} s", times[i + 1]),
            "occurs twice, but this measure needs strictly ascending times; `merge_equal` makes one spike of equal ones",
        )),
    }
}

/// A finite number above 0.
pub fn positive(place: &str, field: &str, value: f64, unit: &str) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(bad(place, field, None, format!("{value}{unit}"), "must be finite and > 0"))
    }
}

/// A whole number of at least `least`.
pub fn at_least(place: &str, field: &str, value: usize, least: usize) -> Result<()> {
    if value >= least {
        Ok(())
    } else {
        Err(bad(place, field, None, value, format!("must be at least {least}")))
    }
}

/// An observation window with a start before its end.
pub fn window(place: &str, window: (f64, f64)) -> Result<()> {
    let (start, end) = window;
    // Beyond this, squares of times overflow.
    let range = -1e100..=1e100;
    if range.contains(&start) && range.contains(&end) && start < end {
        Ok(())
    } else {
        Err(bad(
            place,
            "window",
            None,
            format!("({start} s, {end} s)"),
            "must have its start before its end, both at most 1e100 s",
        ))
    }
}

/// Ascending spike times must lie in the window, its ends included, or beyond an end by no more than `tolerance` says of it.
pub fn inside(
    place: &str,
    field: &str,
    times: &[f64],
    (start, end): (f64, f64),
    tolerance: impl Fn(f64) -> f64,
) -> Result<()> {
    let (least, most) = (start - tolerance(start), end + tolerance(end));
    let outside = |t: &f64| *t < least || *t > most;
    match times.iter().position(outside) {
        None => Ok(()),
        Some(i) => Err(bad(
            place,
            field,
            Some(i),
            format!("{} s", times[i]),
            format!("lies outside the window {start} s to {end} s; cut the train or widen the window"),
        )),
    }
}

/// Times of samples: finite and strictly increasing, at least one.
pub fn sample_times(place: &str, t: &[f64]) -> Result<()> {
    finite(place, "t", t)?;
    if t.is_empty() {
        return Err(Error::shape(place, "t", "[0]", "at least one sample is needed"));
    }
    match t.windows(2).position(|w| w[1] <= w[0]) {
        None => Ok(()),
        Some(i) => Err(bad(
            place,
            "t",
            Some(i + 1),
            format!("{} s", t[i + 1]),
            format!("must be greater than the sample before it ({} s)", t[i]),
        )),
    }
}

/// The constant step of `t`: `t[1] - t[0]`, which every other step must match to a thousandth.
pub fn constant_step(place: &str, t: &[f64]) -> Result<f64> {
    sample_times(place, t)?;
    if t.len() < 2 {
        return Err(Error::shape(place, "t", "[1]", "at least two samples are needed to know the step"));
    }
    let dt = t[1] - t[0];
    match t.windows(2).position(|w| ((w[1] - w[0]) - dt).abs() > 1e-3 * dt) {
        None => Ok(dt),
        Some(i) => Err(bad(
            place,
            "t",
            Some(i + 1),
            format!("{} s", t[i + 1]),
            format!(
                "is {} s after the sample before it, but the first step is {dt} s; resample to a constant step",
                t[i + 1] - t[i]
            ),
        )),
    }
}

/// A matrix given as a slice must have `rows * columns` elements.
pub fn matrix(place: &str, field: &str, len: usize, rows: usize, columns: usize) -> Result<()> {
    if rows.checked_mul(columns) == Some(len) {
        Ok(())
    } else {
        Err(Error::shape(place, field, format!("[{len}]"), format!("{rows} x {columns} elements are needed")))
    }
}

/// Spike trains of a population, each in ascending order; the error names the train.
pub fn trains<T: AsRef<[f64]>>(
    place: &str,
    trains: &[T],
    check: impl Fn(&str, &str, &[f64]) -> Result<()>,
) -> Result<()> {
    trains.iter().enumerate().try_for_each(|(i, train)| check(place, &format!("trains[{i}]"), train.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_element_and_the_rule() {
        let e = sorted("victor_purpura", "a", &[1.0, 3.0, 2.0]).unwrap_err().to_string();
        assert_eq!(e, "victor_purpura.a[2] = 2 s: comes before its predecessor (3 s); sort the spike times");
        for check in [sorted, distinct] {
            assert!(check("f", "a", &[]).is_ok() && check("f", "a", &[-1.0, 0.0, 2.5]).is_ok());
            assert!(
                check("f", "a", &[2.0, f64::NAN, 1.0]).unwrap_err().to_string().starts_with("f.a[1] = NaN")
            );
            assert!(
                check("f", "a", &[1.0, f64::INFINITY]).unwrap_err().to_string().starts_with("f.a[1] = inf")
            );
            assert!(check("f", "a", &[f64::NAN]).is_err());
        }
        assert!(sorted("f", "a", &[1.0, 1.0]).is_ok());
        assert!(distinct("f", "a", &[1.0, 1.0]).unwrap_err().to_string().contains("occurs twice"));
        assert!(finite("f", "a", &[0.0, f64::NAN]).unwrap_err().to_string().starts_with("f.a[1] = NaN"));
    }

    #[test]
    fn steps_are_constant_to_a_thousandth() {
        let t: Vec<f64> = (0..1000).map(|i| i as f64 * 0.001).collect();
        assert_eq!(constant_step("f", &t).unwrap(), 0.001);
        assert!(constant_step("f", &[0.0, 0.001, 0.003]).is_err());
        assert!(constant_step("f", &[0.0]).is_err());
        assert!(constant_step("f", &[0.0, 0.0]).is_err());
        assert!(constant_step("f", &[]).is_err());
    }

    #[test]
    fn windows_and_sizes_reject_nan_and_overflow() {
        assert!(window("f", (0.0, f64::NAN)).is_err());
        assert!(window("f", (1.0, 1.0)).is_err());
        assert!(window("f", (-f64::MAX, f64::MAX)).is_err());
        assert!(matrix("f", "x", 6, 2, 3).is_ok());
        assert!(matrix("f", "x", 0, usize::MAX, 2).is_err());
        assert!(positive("f", "tau", f64::NAN, " s").is_err());
    }
}
