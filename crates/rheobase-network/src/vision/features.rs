//! Feature inhibition: maps that may not fire.

use super::SpikeRows;
use super::check::{Shape, rows, steps};
use super::windows::value_error;
use rheobase_base::Result;

/// Sets the maps of `features` to 0 in every step.
///
/// # Errors
/// Lengths that do not fit `shape`; values that are not finite; features that are not there.
pub fn feature_inhibition(wave: &mut [f32], shape: Shape, features: &[usize]) -> Result<()> {
    let steps = steps("feature_inhibition", "wave", wave, shape)?;
    check_features("feature_inhibition", features, shape)?;
    let (map, neurons) = (shape[1] * shape[2], wave.len() / steps);
    for row in wave.chunks_exact_mut(neurons) {
        for feature in features {
            row[feature * map..(feature + 1) * map].fill(0.0);
        }
    }
    Ok(())
}

/// Leaves out the spikes of `features`. `out` is overwritten; its buffers are reused.
///
/// # Errors
/// Spikes or features that `shape` does not have.
pub fn feature_inhibition_first(
    first: &SpikeRows,
    shape: Shape,
    features: &[usize],
    out: &mut SpikeRows,
) -> Result<()> {
    rows("feature_inhibition_first", first, shape)?;
    check_features("feature_inhibition_first", features, shape)?;
    let map = shape[1] * shape[2];
    out.clear();
    for step in 0..first.steps() {
        let (index, value) = first.step(step);
        for (i, v) in index.iter().zip(value).filter(|(i, _)| !features.contains(&(**i as usize / map))) {
            out.push(*i, *v);
        }
        out.end_step();
    }
    Ok(())
}

/// # Errors
/// Features that are not there.
pub(crate) fn check_features(place: &str, features: &[usize], shape: Shape) -> Result<()> {
    match features.iter().position(|f| *f >= shape[0]) {
        None => Ok(()),
        Some(at) => {
            let rule = format!("must be below {}, the number of features", shape[0]);
            Err(value_error(place, "features", Some(at), features[at], rule))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::first_spikes;

    #[test]
    fn maps_fall_silent() {
        let mut wave = [1.0; 12];
        let (mut first, mut out, mut want) = Default::default();
        first_spikes(&wave, [3, 1, 2], &mut first).unwrap();
        feature_inhibition(&mut wave, [3, 1, 2], &[1]).unwrap();
        assert_eq!(wave, [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
        feature_inhibition_first(&first, [3, 1, 2], &[1], &mut out).unwrap();
        first_spikes(&wave, [3, 1, 2], &mut want).unwrap();
        assert_eq!(out, want);
        let error = feature_inhibition(&mut wave, [3, 1, 2], &[0, 3]).unwrap_err().to_string();
        assert_eq!(error, "feature_inhibition.features[1] = 3: must be below 3, the number of features");
    }
}
