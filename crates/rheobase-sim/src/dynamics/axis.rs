//! `Axis`: a state variable and the interval of it that is looked at.

use super::{Dynamics, value};
use crate::population::position;
use rheobase_base::Result;

/// A state variable from `low` to `high`, in its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Name of the state field.
    pub field: String,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Axis {
    /// `field` from `low` to `high`.
    pub fn new(field: impl Into<String>, low: f64, high: f64) -> Axis {
        Axis { field: field.into(), low, high }
    }

    /// The point at `share` of the way from the lower to the upper end.
    pub(super) fn at(&self, share: f64) -> f64 {
        self.low * (1.0 - share) + self.high * share
    }

    /// Length.
    pub(super) fn size(&self) -> f64 {
        self.high - self.low
    }

    /// Whether `x` lies on it.
    pub(super) fn holds(&self, x: f64) -> bool {
        (self.low..=self.high).contains(&x)
    }
}

/// How much room is left on both sides of what a neuron visits.
const ROOM: f64 = 0.12;

impl Dynamics {
    /// An interval of `field` in which everything of interest happens: what neurons visit that start at rest and run
    /// for half a second (or 500 steps) under each of these constant inputs, and room on both sides.
    ///
    /// # Errors
    /// An unknown field, inputs that are not finite, and whatever a simulation fails with.
    pub fn usual_axis(&self, field: &str, inputs: &[f64]) -> Result<Axis> {
        let i = position(self.model.state(), field, self.place(), "state field")?;
        let is_potential = self.model.info().potential == Some(field);
        let rest = self.rest()[i];
        let (mut low, mut high) = (rest, rest);
        let how = self.usual_search();
        for x in inputs {
            let response = self.respond(*x, None, self.usual_time(), how.dt, &[])?;
            for (step, v) in response.states[i].iter().enumerate() {
                (low, high) = (low.min(*v), high.max(*v));
                if is_potential && !response.fired[step] {
                    high = high.max(response.potential[step]);
                }
            }
        }
        let room = match high - low {
            size if size > 0.0 => ROOM * size,
            _ => (0.1 * rest.abs()).max(1.0),
        };
        Ok(Axis::new(field, low - room, high + room))
    }

    /// Checks that an axis is one of the variables and has a length.
    pub(super) fn check_axis(&self, axis: &Axis) -> Result<usize> {
        let known = self.variables();
        let place = self.place();
        let Some(i) = known.iter().position(|f| f.name == axis.field) else {
            if self.model.state().iter().any(|f| f.name == axis.field) {
                let names: Vec<_> = known.iter().map(|f| f.name).collect();
                let rule = format!("does not move by the differential equation; {} can", names.join(", "));
                return Err(value(place, "axis", &axis.field, rule));
            }
            let names = known.iter().map(|f| f.name);
            return Err(rheobase_base::Error::unknown(place, "state field", &axis.field, names));
        };
        let (low, high) = (axis.low, axis.high);
        if !(low.is_finite() && high.is_finite() && low < high && (high - low).is_finite()) {
            let rule = "must run from a finite number to a greater one";
            return Err(value(place, &axis.field, format!("{low}..{high}"), rule));
        }
        Ok(self.variables[i])
    }
}
