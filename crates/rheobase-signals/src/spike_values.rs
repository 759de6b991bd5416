//! What the value of a recorded spike stands for: an amplitude, or how many spikes left in the step.

use rheobase_models::neuron::{Emits, Info};

/// What the values of spikes stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpikeValues {
    /// One spike each, whatever the value: an amplitude.
    Single,
    /// As many spikes as the value has multiples of this amplitude; a negative value is so many negative spikes.
    Counts(f64),
}

/// Where values are all of one size and nothing says what they are, this many are still a count of spikes in a step; more are a
/// height such as 1/dt.
const MOST: f64 = 100.0;

impl SpikeValues {
    /// The values of a model's spikes with this amplitude.
    pub fn of_model(info: &Info, amplitude: f64) -> Self {
        match info.emits {
            Emits::Count | Emits::Signed => SpikeValues::Counts(amplitude),
            Emits::Binary | Emits::Analogue => SpikeValues::Single,
        }
    }

    /// How many spikes a value stands for: at least one where it is not 0.
    #[inline]
    pub fn count(self, value: f64) -> f64 {
        match self {
            _ if value == 0.0 => 0.0,
            SpikeValues::Single => 1.0,
            SpikeValues::Counts(amplitude) => f64::max((value / amplitude).abs().round(), 1.0),
        }
    }

    /// What a file means that says nothing of its values, in steps of `dt` s where these are known: whole numbers count spikes;
    /// values of one size that are not whole numbers, 1/dt or more than 100 are a spike's height, and so is what is neither.
    pub fn guessed(values: impl Iterator<Item = f64> + Clone, dt: Option<f64>) -> Self {
        match Self::height(values, dt) {
            Some(1.0) => SpikeValues::Counts(1.0),
            _ => SpikeValues::Single,
        }
    }

    /// What one spike is in `values`: 1 for counts, else the one size that occurs; `None` where there are several that are no
    /// counts.
    pub fn height(values: impl Iterator<Item = f64> + Clone, dt: Option<f64>) -> Option<f64> {
        let sizes = values.map(f64::abs).filter(|v| *v != 0.0);
        let Some(first) = sizes.clone().next() else { return Some(1.0) };
        let whole = sizes.clone().all(|v| v.fract() == 0.0);
        let pulse = !whole || first > MOST || dt.is_some_and(|dt| (first * dt - 1.0).abs() <= 1e-6);
        if pulse && sizes.clone().all(|v| (v - first).abs() <= 1e-6 * first) {
            return Some(first);
        }
        whole.then_some(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_heights_and_amplitudes_are_told_apart() {
        let of = |values: &[f64], dt| SpikeValues::height(values.iter().copied(), dt);
        assert_eq!(of(&[0.0, 4.0, 1.0, 3.0], None), Some(1.0));
        assert_eq!(of(&[0.0, 2.0, 2.0], None), Some(1.0));
        assert_eq!(of(&[1000.0, 0.0, -1000.0], None), Some(1000.0));
        assert_eq!(of(&[50.0, 50.0], Some(0.02)), Some(50.0));
        assert_eq!(of(&[50.0, 50.0], Some(0.001)), Some(1.0));
        assert_eq!(of(&[0.25, 0.25], None), Some(0.25));
        assert_eq!(of(&[0.25, 0.5], None), None);
        assert_eq!(of(&[], None), Some(1.0));
    }

    #[test]
    fn every_value_but_zero_is_a_spike_or_more() {
        let counts = SpikeValues::Counts(0.1);
        assert_eq!(
            [0.0, 0.1, f64::from(0.3_f32), -0.2, 0.01].map(|v| counts.count(v)),
            [0.0, 1.0, 3.0, 2.0, 1.0]
        );
        assert_eq!([0.0, 0.5, -7.0].map(|v| SpikeValues::Single.count(v)), [0.0, 1.0, 1.0]);
    }
}
