//! From samples to spike times: where a spike array is not zero.

use rheobase_base::Result;
use rheobase_base::check;

/// The times at which each neuron's row of `spikes` is not zero.
///
/// `t` holds the M sample times in s, `spikes` is N x M, row-major, one row per neuron; amplitude and sign of a
/// spike do not matter. Returns N ascending lists of times; a row without a spike gives an empty list.
///
/// Where a sample counts several spikes it is still one time here; repeat the time for each to count them all.
///
/// Same result as `spikes2events` of nengo-extras 0.5.0; a single row is simply N = 1.
///
/// # Errors
/// `t` is empty, not finite or not strictly increasing; `spikes` has not `neurons * t.len()` elements, or one of
/// them is not finite.
pub fn spikes2events(t: &[f64], spikes: &[f64], neurons: usize) -> Result<Vec<Vec<f64>>> {
    const PLACE: &str = "spikes2events";
    check::sample_times(PLACE, t)?;
    check::matrix(PLACE, "spikes", spikes.len(), neurons, t.len())?;
    check::finite(PLACE, "spikes", spikes)?;
    Ok(spikes.chunks_exact(t.len()).map(|row| nonzero_times(t, row.iter().copied())).collect())
}

/// The times whose value is not zero.
pub(crate) fn nonzero_times(t: &[f64], values: impl Iterator<Item = f64>) -> Vec<f64> {
    t.iter().zip(values).filter(|(_, v)| *v != 0.0).map(|(t, _)| *t).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_nonzero_value_is_a_spike() {
        let got = spikes2events(&[0.0, 0.1, 0.2], &[0.0, -1000.0, 0.5, 0.0, 0.0, 0.0], 2).unwrap();
        assert_eq!(got, vec![vec![0.1, 0.2], vec![]]);
        assert!(spikes2events(&[0.0, 0.1], &[], 0).unwrap().is_empty());
    }

    #[test]
    fn wrong_input_is_named() {
        assert!(spikes2events(&[0.0, 0.1], &[0.0; 3], 2).is_err());
        assert!(spikes2events(&[0.1, 0.0], &[0.0; 2], 1).is_err());
        assert!(spikes2events(&[], &[], 0).is_err());
        let e = spikes2events(&[0.0, 0.1], &[0.0, f64::NAN], 1).unwrap_err();
        assert!(e.to_string().starts_with("spikes2events.spikes[1] = NaN"));
    }
}
