//! One spike where a train has several at one time.

use rheobase_base::Result;
use rheobase_base::check;

/// The train without repetitions: spikes at equal times become one.
///
/// For measures of intervals and of coincidences, which need strictly ascending times. How many spikes there were is lost.
///
/// # Errors
/// Times (s) not finite or not ascending.
pub fn merge_equal(times: &[f64]) -> Result<Vec<f64>> {
    check::sorted("merge_equal", "times", times)?;
    let mut merged = times.to_vec();
    merged.dedup();
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{intervals, spike_distance};

    #[test]
    fn measures_of_intervals_refuse_what_merging_makes_right() {
        let times = [0.1, 0.1, 0.4, 0.4, 0.4, 0.5];
        let e = intervals(&times).unwrap_err().to_string();
        assert!(e.starts_with("intervals.times[1] = 0.1 s") && e.contains("`merge_equal`"), "{e}");
        let merged = merge_equal(&times).unwrap();
        assert_eq!(merged, [0.1, 0.4, 0.5]);
        assert_eq!(spike_distance(&merged, &merged, (0.0, 1.0)).unwrap(), 0.0);
        assert!(merge_equal(&[0.2, 0.1]).is_err());
        assert!(merge_equal(&[f64::NAN]).is_err());
    }
}
