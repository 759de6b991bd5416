//! Threshold and fire: which potentials are spikes.

use super::SpikeRows;
use super::check::{Shape, steps};
use super::wave::first_of;
use super::windows::value_error;
use rheobase_base::Result;

/// Sets to 0 every potential that is not above `threshold`. Without a threshold (an infinite one) every step but the last
/// becomes 0: then every neuron fires, at the end.
///
/// # Errors
/// Lengths that do not fit `shape`; potentials or a threshold that are not finite.
pub fn threshold(potentials: &mut [f32], shape: Shape, threshold: Option<f32>) -> Result<()> {
    let place = "threshold";
    check_threshold(place, threshold)?;
    let steps = steps(place, "potentials", potentials, shape)?;
    match threshold {
        Some(threshold) => {
            for potential in potentials.iter_mut() {
                *potential = above(*potential, threshold);
            }
        }
        None => {
            let last = potentials.len() / steps * (steps - 1);
            potentials[..last].fill(0.0);
        }
    }
    Ok(())
}

/// Turns potentials into spikes: the sign of what [`threshold`] leaves. Potentials that only grow give a cumulative wave:
/// a neuron fires *again* in every step after its first spike. For first spikes alone see [`fire_first`].
///
/// # Errors
/// Those of [`threshold`].
pub fn fire(potentials: &mut [f32], shape: Shape, threshold: Option<f32>) -> Result<()> {
    self::threshold(potentials, shape, threshold)?;
    for potential in potentials {
        *potential = sign(*potential);
    }
    Ok(())
}

/// Writes the first spike of each neuron, with its potential then: a neuron fires *once*. `out` is overwritten, with the
/// memory it has.
///
/// # Errors
/// Those of [`threshold`].
pub fn fire_first(
    potentials: &[f32],
    shape: Shape,
    threshold: Option<f32>,
    out: &mut SpikeRows,
) -> Result<()> {
    let place = "fire_first";
    check_threshold(place, threshold)?;
    let steps = steps(place, "potentials", potentials, shape)?;
    let kept = |step: usize, x: f32| match threshold {
        Some(threshold) => above(x, threshold),
        None if step + 1 == steps => x,
        None => 0.0,
    };
    first_of(potentials, potentials.len() / steps, kept, out);
    Ok(())
}

/// A potential that is above threshold, else 0.
#[inline(always)]
pub(crate) fn above(potential: f32, threshold: f32) -> f32 {
    if potential > threshold { potential } else { 0.0 }
}

/// 1, −1 or 0.
#[inline(always)]
pub(crate) fn sign(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// # Errors
/// A threshold that is not finite.
pub(crate) fn check_threshold(place: &str, threshold: Option<f32>) -> Result<()> {
    match threshold.filter(|t| !t.is_finite()) {
        None => Ok(()),
        Some(t) => {
            let rule = "must be finite; leave it out for one that is never reached";
            Err(value_error(place, "threshold", None, t, rule))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = [1, 1, 3];

    #[test]
    fn only_what_is_above_the_threshold_fires() {
        let mut p = [1.0, 2.0, -3.0, 2.5, 2.0, 3.0];
        let mut first = SpikeRows::default();
        fire_first(&p, SHAPE, Some(1.0), &mut first).unwrap();
        assert_eq!((first.step(0), first.step(1)), ((&[1][..], &[2.0][..]), (&[0, 2][..], &[2.5, 3.0][..])));
        fire(&mut p, SHAPE, Some(2.0)).unwrap();
        assert_eq!(p, [0.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
        // What is negative and above a negative threshold keeps its sign.
        let mut p = [-1.0, -5.0, 0.0];
        fire(&mut p, SHAPE, Some(-2.0)).unwrap();
        assert_eq!(p, [-1.0, 0.0, 0.0]);
    }

    #[test]
    fn without_a_threshold_the_last_step_fires() {
        let mut p = [1.0, 2.0, 3.0, 1.0, 0.0, -2.0];
        let mut first = SpikeRows::default();
        fire_first(&p, SHAPE, None, &mut first).unwrap();
        assert_eq!((first.step(0).0.len(), first.step(1)), (0, (&[0, 2][..], &[1.0, -2.0][..])));
        fire(&mut p, SHAPE, None).unwrap();
        assert_eq!(p, [0.0, 0.0, 0.0, 1.0, 0.0, -1.0]);
    }

    #[test]
    fn faults() {
        let error = |p: &mut [f32], shape, t| fire(p, shape, t).unwrap_err().to_string();
        assert_eq!(
            error(&mut [1.0, f32::NAN, 0.0], SHAPE, None),
            "threshold.potentials[1] = NaN: must be finite"
        );
        assert!(error(&mut [1.0; 4], SHAPE, None).contains("whole steps of [1, 1, 3], 3 values each"));
        assert!(error(&mut [], SHAPE, None).contains("at least one"));
        assert!(error(&mut [1.0], [0, 1, 1], None).contains("shape = [0, 1, 1]"));
        for t in [f32::NAN, f32::INFINITY] {
            assert!(error(&mut [1.0; 3], SHAPE, Some(t)).starts_with("threshold.threshold = "));
        }
    }
}
