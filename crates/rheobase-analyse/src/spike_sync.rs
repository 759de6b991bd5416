//! SPIKE synchronisation: the fraction of spikes that have a partner in the other train.

use super::coincidence::{count, reach};
use super::pieces::check_train;
use rheobase_base::check::{self, bad};
use rheobase_base::{Cancel, Result};

/// The SPIKE synchronisation of two trains: the share of all spikes that coincide with one of the other train, 0 to 1.
///
/// Two spikes coincide if they are less apart than half of each of the intervals around either of them, and at most
/// `max_lag` (s; infinity for no other bound). Where a spike has no neighbour on one side, the length of the window stands
/// for that interval. `a` and `b` are spike times in s, strictly ascending, inside `window` (start, end; s).
/// Two empty trains have 1, an empty one against any other 0.
///
/// T. Kreuz, M. Mulansky, N. Bozanic, J Neurophysiol 113:3432 (2015), doi:10.1152/jn.00848.2014.
///
/// # Errors
/// Times not finite, not strictly ascending or outside the window; a window without length; `max_lag` negative or NaN.
pub fn spike_sync(a: &[f64], b: &[f64], window: (f64, f64), max_lag: f64) -> Result<f64> {
    check_train("spike_sync", "a", a, window)?;
    check_train("spike_sync", "b", b, window)?;
    check_max_lag("spike_sync", max_lag)?;
    let length = window.1 - window.0;
    Ok(share(partners((a, &reach(a, length)), (b, &reach(b, length)), max_lag), a.len() + b.len()))
}

/// The SPIKE synchronisation of a population: the share of spikes with a partner, over all pairs of `trains`.
///
/// Arguments, edges and errors as for [`spike_sync`]; fewer than two trains, or trains without any spike, have 1.
///
/// # Errors
/// As [`spike_sync`]; the message names the train.
pub fn spike_sync_of_all<T: AsRef<[f64]>>(trains: &[T], window: (f64, f64), max_lag: f64) -> Result<f64> {
    const PLACE: &str = "spike_sync_of_all";
    check_max_lag(PLACE, max_lag)?;
    check::trains(PLACE, trains, |place, field, times| check_train(place, field, times, window))?;
    let reaches: Vec<Vec<f64>> = trains.iter().map(|t| reach(t.as_ref(), window.1 - window.0)).collect();
    let (mut paired, mut spikes) = (0, 0);
    let cancel = Cancel::current();
    for (i, (a, reach_a)) in trains.iter().zip(&reaches).enumerate() {
        cancel.check()?;
        for (b, reach_b) in trains[..i].iter().zip(&reaches) {
            paired += partners((a.as_ref(), reach_a), (b.as_ref(), reach_b), max_lag);
            spikes += a.as_ref().len() + b.as_ref().len();
        }
    }
    Ok(share(paired, spikes))
}

pub(crate) fn check_max_lag(place: &str, max_lag: f64) -> Result<()> {
    if max_lag >= 0.0 {
        return Ok(());
    }
    Err(bad(place, "max_lag", None, format!("{max_lag} s"), "must be >= 0 s (infinity is allowed)"))
}

/// How many spikes of either train have a partner.
pub(crate) fn partners(a: (&[f64], &[f64]), b: (&[f64], &[f64]), max_lag: f64) -> usize {
    let found = count(a, b, max_lag);
    2 * (found.a_first + found.b_first + found.together)
}

pub(crate) fn share(paired: usize, spikes: usize) -> f64 {
    if spikes == 0 { 1.0 } else { paired as f64 / spikes as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: f64 = f64::INFINITY;

    #[test]
    fn counts_partners_within_half_an_interval() {
        let w = (0.0, 10.0);
        let a = [1.0, 3.0, 5.0];
        // 1.9 is within 1 of both 1 and 3 but only 0.55 from the next spike of its own train: partner of neither.
        let b = [1.4, 1.9, 5.0];
        assert_eq!(spike_sync(&a, &b, w, ALL).unwrap(), 2.0 / 6.0);
        assert_eq!(spike_sync(&a, &[1.2, 5.5], w, ALL).unwrap(), 4.0 / 5.0);
        assert_eq!(spike_sync(&a, &[1.2, 5.5], w, 0.3).unwrap(), 2.0 / 5.0);
        assert_eq!(spike_sync(&a, &a, w, 0.0).unwrap(), 1.0);
    }

    #[test]
    fn empty_trains_and_populations() {
        let w = (0.0, 1.0);
        assert_eq!(spike_sync(&[], &[], w, ALL).unwrap(), 1.0);
        assert_eq!(spike_sync(&[0.5], &[], w, ALL).unwrap(), 0.0);
        assert_eq!(spike_sync(&[0.1], &[0.7], w, ALL).unwrap(), 0.0);
        assert_eq!(spike_sync(&[0.1], &[0.5], w, ALL).unwrap(), 1.0);
        assert_eq!(spike_sync_of_all(&[vec![0.1], vec![0.2], vec![]], w, ALL).unwrap(), 2.0 / 4.0);
        assert_eq!(spike_sync_of_all::<Vec<f64>>(&[], w, ALL).unwrap(), 1.0);
        let e = spike_sync_of_all(&[vec![], vec![0.2, 0.2]], w, ALL).unwrap_err();
        assert!(e.to_string().starts_with("spike_sync_of_all.trains[1][1]"), "{e}");
        assert!(spike_sync(&[], &[], w, -1.0).is_err());
        assert!(spike_sync(&[], &[], w, f64::NAN).is_err());
    }
}
