//! A readable description of a population: model, sizes, every parameter with value and unit, competition.

use std::fmt;

use super::{Column, Number, Population};

impl<E: Number> fmt::Display for Population<E> {
    /// Several lines: what it is, one line per parameter (values per neuron as their range and mean), then the
    /// couplings that are switched on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.layer.model.info();
        writeln!(f, "{}: {} ({})", self.layer.name, info.class, info.summary)?;
        let unit = match info.time {
            rheobase_models::neuron::Time::Seconds => "s",
            rheobase_models::neuron::Time::Steps => "steps",
        };
        writeln!(f, "  shape {:?}, batch {}, dt = {} {unit}", self.layer.shape, self.batch, self.layer.dt)?;
        let width = self.layer.model.params().iter().map(|p| p.name.len()).max().unwrap_or(0);
        for (field, column) in self.params() {
            let value = values(column, field.unit);
            writeln!(f, "  {:width$} = {value}  ({})", field.name, field.doc.trim())?;
        }
        if let Some(competition) = &self.layer.competition {
            writeln!(f, "  {competition}")?;
        }
        if self.layer.lateral.is_some() {
            writeln!(f, "  lateral weights [{0}, {0}], delay 1 step", self.layer.neurons)?;
        }
        Ok(())
    }
}

/// A number with its unit, or what there is to say of many.
fn values(column: &Column<f64>, unit: &str) -> String {
    let unit = if unit.is_empty() || unit == "1" { String::new() } else { format!(" {unit}") };
    match column {
        Column::Shared(x) => format!("{x}{unit}"),
        Column::Each(xs) => {
            let low = xs.iter().copied().fold(f64::INFINITY, f64::min);
            let high = xs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mean = xs.iter().sum::<f64>() / xs.len() as f64;
            format!("{low} to {high}{unit}, mean {mean:.6}, one for each of {} neurons", xs.len())
        }
    }
}
