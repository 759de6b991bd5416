//! What a [`SlifCell`] says of itself: compartments with their meanings, and hyperparameters with their values.

use std::fmt;

use super::SlifCell;
use super::slif_compartments::{COMPARTMENTS, Role};
use super::slif_options::ARGUMENTS;

/// A description of a cell, as text ([`fmt::Display`]) or as data.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Description {
    /// Name of the cell.
    pub name: String,
    /// What it is.
    pub summary: &'static str,
    /// Number of cells.
    pub n_units: usize,
    /// The equations of a step, in order.
    pub dynamics: &'static [&'static str],
    /// Compartments.
    pub compartments: Vec<CompartmentLine>,
    /// Hyperparameters.
    pub hyperparameters: Vec<HyperparameterLine>,
}

/// One compartment.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CompartmentLine {
    /// Name, for [`SlifCell::get`] and [`SlifCell::set`].
    pub name: &'static str,
    /// What it is to the cell.
    pub role: Role,
    /// Meaning.
    pub meaning: &'static str,
}

/// One hyperparameter.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct HyperparameterLine {
    /// Name of the argument.
    pub name: &'static str,
    /// Value; 0 or 1 for switches.
    pub value: f64,
    /// Unit, empty for pure numbers.
    pub unit: &'static str,
    /// Meaning.
    pub meaning: &'static str,
}

impl SlifCell {
    /// The cell's compartments and hyperparameters.
    pub fn description(&self) -> Description {
        let info = self.population.model().info();
        Description {
            name: self.name.clone(),
            summary: info.summary,
            n_units: self.n_units(),
            dynamics: info.equations,
            compartments: COMPARTMENTS
                .iter()
                .map(|c| CompartmentLine { name: c.name, role: c.role, meaning: c.meaning })
                .collect(),
            hyperparameters: ARGUMENTS
                .iter()
                .map(|a| HyperparameterLine {
                    name: a.name,
                    value: (a.value)(&self.options),
                    unit: a.unit,
                    meaning: a.meaning,
                })
                .collect(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Role::Input => "input",
            Role::Output => "output",
            Role::State => "state",
            Role::Derived => "derived",
            Role::Parameter => "parameter",
        })
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} cells, {}", self.name, self.n_units, self.summary)?;
        writeln!(f, "\ncompartments")?;
        for c in &self.compartments {
            writeln!(f, "  {:<12} {:<10} {}", c.name, c.role, c.meaning)?;
        }
        writeln!(f, "\nhyperparameters")?;
        for h in &self.hyperparameters {
            writeln!(f, "  {:<14} {:<10} {}", h.name, format!("{} {}", h.value, h.unit).trim(), h.meaning)?;
        }
        writeln!(f, "\ndynamics")?;
        self.dynamics.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
