//! Event synchronisation and delay asymmetry: how often two trains fire together, and which one leads.

use super::coincidence::{Coincidences, count, reach};
use super::spike_sync::check_max_lag;
use rheobase_base::Result;
use rheobase_base::check;

/// Strength and direction of event synchronisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventSync {
    /// Q, from 0 (no event has a partner) to 1 (every event has one).
    pub strength: f64,
    /// q, from -1 (`b` always first) to 1 (`a` always first).
    pub direction: f64,
}

/// The event synchronisation of two trains.
///
/// With c(x|y) the number of events of x that follow one of y closely (an exact coincidence counts 1/2 for each),
/// Q = (c(a|b) + c(b|a)) / sqrt(n m) and q = (c(b|a) - c(a|b)) / sqrt(n m), n and m the numbers of events.
/// "Closely" is within half of every interval around the two events and at most `max_lag` (s; infinity for no other
/// bound). Where the publication says "at most half" this says "less than half", because an event exactly between two
/// others would else count twice and Q pass 1.
///
/// `a` and `b` are times in s, strictly ascending. A missing interval (before the first event, after the last) is no
/// bound. Two empty trains have Q = 1, an empty one against any other Q = 0; q is then 0.
///
/// R. Quian Quiroga, T. Kreuz, P. Grassberger, Phys Rev E 66:041904 (2002), doi:10.1103/PhysRevE.66.041904.
///
/// # Errors
/// Times not finite or not strictly ascending; `max_lag` negative or NaN.
pub fn event_sync(a: &[f64], b: &[f64], max_lag: f64) -> Result<EventSync> {
    check::distinct("event_sync", "a", a)?;
    check::distinct("event_sync", "b", b)?;
    check_max_lag("event_sync", max_lag)?;
    Ok(between((a, &reach(a, f64::INFINITY)), (b, &reach(b, f64::INFINITY)), max_lag))
}

pub(crate) fn between(a: (&[f64], &[f64]), b: (&[f64], &[f64]), max_lag: f64) -> EventSync {
    let (n, m) = (a.0.len() as f64, b.0.len() as f64);
    if n == 0.0 || m == 0.0 {
        return EventSync { strength: if n == m { 1.0 } else { 0.0 }, direction: 0.0 };
    }
    let Coincidences { a_first, b_first, together } = count(a, b, max_lag);
    let norm = (n * m).sqrt();
    EventSync {
        strength: (a_first + b_first + together) as f64 / norm,
        direction: (a_first as f64 - b_first as f64) / norm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_train_and_its_echo() {
        let a = [1.0, 2.0, 3.0, 4.0];
        let late: Vec<f64> = a.iter().map(|t| t + 0.1).collect();
        let leads = event_sync(&a, &late, f64::INFINITY).unwrap();
        assert_eq!(leads, EventSync { strength: 1.0, direction: 1.0 });
        let lags = event_sync(&late, &a, f64::INFINITY).unwrap();
        assert_eq!(lags, EventSync { strength: 1.0, direction: -1.0 });
        assert_eq!(event_sync(&a, &a, 0.0).unwrap(), EventSync { strength: 1.0, direction: 0.0 });
        assert_eq!(event_sync(&a, &late, 0.05).unwrap().strength, 0.0);
    }

    #[test]
    fn strength_never_passes_one_and_empties_are_defined() {
        assert_eq!(event_sync(&[1.0], &[0.0, 2.0], f64::INFINITY).unwrap().strength, 0.0);
        assert_eq!(event_sync(&[], &[], 1.0).unwrap().strength, 1.0);
        assert_eq!(event_sync(&[], &[1.0], 1.0).unwrap().strength, 0.0);
        assert_eq!(event_sync(&[5.0], &[1.0], f64::INFINITY).unwrap().direction, -1.0);
        assert!(event_sync(&[1.0, 1.0], &[], 1.0).is_err());
        assert!(event_sync(&[2.0, 1.0], &[], 1.0).is_err());
        assert!(event_sync(&[], &[], f64::NAN).is_err());
    }
}
