//! Axes of times and rates: in s and Hz, or in the steps of models that have no other clock.

use super::axis::{Axis, Range, STEPS};
use rheobase_models::neuron::Time;

/// An axis of times (called `label`): in s, shown in s, ms or µs; or in steps.
pub(crate) fn time_axis(clock: Time, label: &str, range: Range) -> Axis {
    Axis::new(label, time_unit(clock), range)
}

/// An axis of firing rates: in Hz, or in spikes per step.
pub(crate) fn rate_axis(clock: Time, range: Range) -> Axis {
    let unit = match clock {
        Time::Seconds => "Hz",
        Time::Steps => "per step",
    };
    Axis::new("firing rate", unit, range)
}

pub(crate) fn time_unit(clock: Time) -> &'static str {
    match clock {
        Time::Seconds => "s",
        Time::Steps => STEPS,
    }
}
