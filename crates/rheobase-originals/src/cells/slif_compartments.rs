//! The compartments of a [`SlifCell`]: a table of names, and reading and setting by name.

use super::SlifCell;
use rheobase_base::{Error, Result};

/// What a compartment is to the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Set from outside before a step.
    Input,
    /// Read after a step.
    Output,
    /// Carried from step to step.
    State,
    /// Follows from the others in each step; cannot be set.
    Derived,
    /// Stays as it is unless set.
    Parameter,
}

/// One compartment.
pub(super) struct Compartment {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) meaning: &'static str,
}

/// Every compartment.
pub(super) const COMPARTMENTS: [Compartment; 10] = [
    Compartment { name: "j", role: Role::Input, meaning: "input current" },
    Compartment { name: "s", role: Role::Output, meaning: "spikes, 0 or 1; inhibit the next step" },
    Compartment { name: "tols", role: Role::Output, meaning: "time of the last spike, 0 before the first" },
    Compartment { name: "v", role: Role::State, meaning: "membrane potential" },
    Compartment { name: "thr", role: Role::State, meaning: "threshold" },
    Compartment { name: "rfr", role: Role::State, meaning: "refractory clock: time since the last spike" },
    Compartment { name: "surrogate", role: Role::Output, meaning: "slope of the spike at the current" },
    Compartment { name: "current", role: Role::Derived, meaning: "resist_m·j less lateral inhibition" },
    Compartment { name: "threshold0", role: Role::Parameter, meaning: "thresholds after a reset" },
    Compartment { name: "inh_weights", role: Role::Parameter, meaning: "lateral weights [from, to]" },
];

impl SlifCell {
    /// A compartment's numbers: `[batch, cell]`, and `[from, to]` for `inh_weights`.
    ///
    /// # Errors
    /// A name that is not a compartment's.
    pub fn get(&self, compartment: &str) -> Result<Vec<f32>> {
        let state = &self.population.state().fields;
        Ok(match compartment {
            "j" => self.j.clone(),
            "s" => self.s.clone(),
            "tols" => self.tols.clone(),
            "v" => state[0].clone(),
            "thr" => state[1].clone(),
            "rfr" => self.clock.times(self.population.dt()).iter().map(|t| *t as f32).collect(),
            "surrogate" => self.surrogate.clone(),
            "current" => self.current.clone(),
            "threshold0" => self.threshold0.clone(),
            "inh_weights" => match &self.inh_weights {
                Some(weights) => weights.clone(),
                None => self.draw_weights()?,
            },
            _ => return Err(self.unknown(compartment)),
        })
    }

    /// Sets a compartment: one number for all, one per cell for every sample, or `[batch, cell]`; `inh_weights` takes
    /// `[from, to]`.
    ///
    /// # Errors
    /// A name that is not a compartment's or cannot be set, numbers of the wrong count or not finite. Nothing is changed
    /// then.
    pub fn set(&mut self, compartment: &str, values: &[f32]) -> Result<()> {
        if !COMPARTMENTS.iter().any(|c| c.name == compartment) {
            return Err(self.unknown(compartment));
        }
        if compartment == "current" {
            return Err(Error::unsupported(
                format!("{}.current", self.name),
                "follows from j and the last spikes; set j instead",
            ));
        }
        if let Some(i) = values.iter().position(|x| !x.is_finite()) {
            return Err(
                Error::value(self.name.clone(), compartment, values[i], "must be a finite number").at(i)
            );
        }
        if compartment == "inh_weights" {
            return self.set_weights(values);
        }
        let values = self.spread(compartment, values)?;
        match compartment {
            "j" => self.j = values,
            "s" => self.s = values,
            "tols" => self.tols = values,
            "surrogate" => self.surrogate = values,
            "threshold0" => self.threshold0 = values,
            "rfr" => self.put_clock(values.iter().map(|t| f64::from(*t)).collect())?,
            field => self.population.set_state_field(field, &values)?,
        }
        Ok(())
    }

    /// `[batch, cell]` from one number, one per cell, or all.
    fn spread(&self, compartment: &str, values: &[f32]) -> Result<Vec<f32>> {
        let (batch, n) = (self.batch_size(), self.n_units());
        match values.len() {
            1 => Ok(vec![values[0]; batch * n]),
            len if len == n => Ok(values.repeat(batch)),
            len if len == batch * n => Ok(values.to_vec()),
            len => Err(Error::shape(
                self.name.clone(),
                compartment,
                format!("[{len}]"),
                format!("[batch, cell] = [{batch}, {n}], one number per cell, or one number is needed"),
            )),
        }
    }

    fn set_weights(&mut self, weights: &[f32]) -> Result<()> {
        let n = self.n_units();
        if Some(weights.len()) != n.checked_mul(n) {
            return Err(Error::shape(
                self.name.clone(),
                "inh_weights",
                format!("{} numbers", weights.len()),
                format!("[from, to] = [{n}, {n}] is needed"),
            ));
        }
        self.inh_weights = Some(weights.to_vec());
        Ok(())
    }

    fn unknown(&self, name: &str) -> Error {
        Error::unknown(self.name.clone(), "compartment", name, COMPARTMENTS.iter().map(|c| c.name))
    }
}
