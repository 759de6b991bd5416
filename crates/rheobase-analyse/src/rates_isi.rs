//! Firing rates from inter-spike intervals, interpolated over time.

use rayon::prelude::*;

use super::events::nonzero_times;
use super::interpolate::{Interpolation, interpolate};
use super::layout::write_columns;
use rheobase_base::check;
use rheobase_base::{Cancel, Result};

/// Firing rates in Hz from the intervals between spikes.
///
/// `t` holds the M sample times in s, `spikes` is M x N, row-major (time first); whatever is not zero is one spike, so a
/// neuron's spikes are all of one size.
/// The result has the shape of `spikes`. Each interval of a neuron gives the rate 1/interval, put at the interval's
/// first spike, or half way between its two spikes if `midpoint`; the rate is 0 at the first and the last sample
/// (and, without `midpoint`, at the last spike). `interpolation` fills the samples between.
///
/// A neuron with no spike or only one has rate 0. A spike on the first sample takes that sample's place: the rate
/// there is its interval's. Cubic interpolation with fewer than four distinct places uses the polynomial through
/// them (SciPy refuses both). Rates may be negative under `Cubic`: a spline overshoots.
///
/// Agrees with `rates_isi` of nengo-extras 0.5.0.
///
/// # Errors
/// `t` is empty, not finite or not strictly increasing (a constant step is not needed); `spikes` has not
/// `t.len() * neurons` elements, or one of them is not finite; a neuron has samples of several sizes, as where a step counts
/// several spikes, between which there are no intervals.
pub fn rates_isi(
    t: &[f64],
    spikes: &[f64],
    neurons: usize,
    midpoint: bool,
    interpolation: Interpolation,
) -> Result<Vec<f64>> {
    const PLACE: &str = "rates_isi";
    check::sample_times(PLACE, t)?;
    check::matrix(PLACE, "spikes", spikes.len(), t.len(), neurons)?;
    check::finite(PLACE, "spikes", spikes)?;
    one_size(PLACE, spikes, neurons)?;
    let mut rates = vec![0.0; spikes.len()];
    const BLOCK: usize = 64;
    let cancel = Cancel::current();
    for first in (0..neurons).step_by(BLOCK) {
        cancel.check()?;
        let block = first..neurons.min(first + BLOCK);
        let columns: Vec<Vec<f64>> = block
            .into_par_iter()
            .map(|neuron| {
                let events = nonzero_times(t, spikes.iter().skip(neuron).step_by(neurons).copied());
                rate_of_events(t, &events, midpoint, interpolation)
            })
            .collect();
        write_columns(&mut rates, neurons, first, &columns);
    }
    Ok(rates)
}

/// Each neuron's samples that are not zero must be of one magnitude (to a millionth).
fn one_size(place: &str, spikes: &[f64], neurons: usize) -> Result<()> {
    let mut sizes = vec![0.0; neurons];
    for (row, values) in spikes.chunks_exact(neurons.max(1)).enumerate() {
        for (neuron, value) in values.iter().enumerate().filter(|(_, v)| **v != 0.0) {
            let size: &mut f64 = &mut sizes[neuron];
            if *size == 0.0 {
                *size = value.abs();
            } else if (value.abs() - *size).abs() > 1e-6 * *size {
                let rule = format!(
                    "is not of the size of the neuron's first spike, {size}: several spikes in a sample have no intervals; \
                     take rates_kernel, or make every spike that size"
                );
                return Err(check::bad(place, "spikes", Some(row * neurons + neuron), value, rule));
            }
        }
    }
    Ok(())
}

/// The rate of one neuron at every sample of `t` from its spike times.
fn rate_of_events(t: &[f64], events: &[f64], midpoint: bool, kind: Interpolation) -> Vec<f64> {
    let (Some(&first), Some(&last)) = (t.first(), t.last()) else { return Vec::new() };
    if events.len() < 2 {
        return vec![0.0; t.len()];
    }
    let places: Vec<f64> =
        if midpoint { events.windows(2).map(|w| 0.5 * (w[0] + w[1])).collect() } else { events.to_vec() };
    let mut x = vec![first];
    x.extend(places);
    x.push(last);
    let mut y = vec![0.0];
    y.extend(events.windows(2).map(|w| 1.0 / (w[1] - w[0])));
    y.resize(x.len(), 0.0);
    interpolate(kind, &x, &y, t)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(n: usize) -> Vec<f64> {
        (0..n).map(|i| i as f64).collect()
    }

    #[test]
    fn holds_the_interval_s_rate_between_its_spikes() {
        let spikes = [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let got = rates_isi(&samples(9), &spikes, 1, false, Interpolation::Zero).unwrap();
        assert_eq!(got, [0.0, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.0, 0.0]);
    }

    #[test]
    fn spikes_on_the_first_and_last_sample_are_held() {
        let spikes = [1.0, 0.0, 1.0, 0.0, 1.0];
        let zero = rates_isi(&samples(5), &spikes, 1, false, Interpolation::Zero).unwrap();
        assert_eq!(zero, [0.5, 0.5, 0.5, 0.5, 0.0]);
        let cubic = rates_isi(&samples(5), &spikes, 1, false, Interpolation::Cubic).unwrap();
        assert!(cubic.iter().all(|r| r.is_finite()));
        assert_eq!((cubic[0], cubic[2], cubic[4]), (0.5, 0.5, 0.0));
        let ends = rates_isi(&samples(3), &[1.0, 0.0, 1.0], 1, false, Interpolation::Cubic).unwrap();
        assert_eq!(ends, [0.5, 0.25, 0.0]);
    }

    #[test]
    fn fewer_than_two_spikes_give_zero_and_neurons_do_not_mix() {
        let spikes = [0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        for (_, kind) in Interpolation::NAMES {
            let got = rates_isi(&samples(3), &spikes, 3, false, kind).unwrap();
            assert!(got.iter().step_by(3).all(|r| *r == 0.0), "{kind:?}");
            assert!(got.iter().skip(1).step_by(3).all(|r| *r == 0.0), "{kind:?}");
            assert_eq!(got[8], 0.0);
        }
        assert_eq!(rates_isi(&[0.0], &[1.0], 1, true, Interpolation::Cubic).unwrap(), [0.0]);
    }

    #[test]
    fn rejects_wrong_shapes_times_and_nan() {
        assert!(rates_isi(&samples(3), &[0.0; 4], 1, false, Interpolation::Zero).is_err());
        assert!(rates_isi(&[0.0, 0.0], &[0.0; 2], 1, false, Interpolation::Zero).is_err());
        assert!(rates_isi(&samples(2), &[0.0, f64::NAN], 1, false, Interpolation::Zero).is_err());
        let e =
            rates_isi(&samples(3), &[1.0, 0.0, 2.0], 1, false, Interpolation::Zero).unwrap_err().to_string();
        assert!(e.starts_with("rates_isi.spikes[2] = 2") && e.contains("rates_kernel"), "{e}");
        assert!(rates_isi(&samples(2), &[], 0, false, Interpolation::Zero).unwrap().is_empty());
    }
}
