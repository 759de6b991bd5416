//! `Parameters`: what is learned, named.

use rheobase_models::record::Range;

use rheobase_base::vector::all_within;
use rheobase_base::{Error, Result};

/// A tensor that is learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Name: that of its node, a dot, its own (`hidden.weight`).
    pub name: String,
    /// Shape.
    pub shape: Vec<usize>,
    /// Values, the last axis fastest.
    pub values: Vec<f32>,
    /// The values that are allowed.
    pub range: Range,
    /// Whether it is a weight: weights decay, neuron parameters and biases do not.
    pub weight: bool,
}

/// Everything a program learns, in the order of its nodes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    /// The tensors.
    pub tensors: Vec<Parameter>,
}

impl Parameters {
    /// The tensor called `name`.
    ///
    /// # Errors
    /// Unknown name, with the nearest known one.
    pub fn get(&self, name: &str) -> Result<&Parameter> {
        self.tensors.iter().find(|t| t.name == name).ok_or_else(|| {
            Error::unknown("network", "tensor", name, self.tensors.iter().map(|t| &t.name[..]))
        })
    }

    /// Replaces the values of the tensor called `name`.
    ///
    /// # Errors
    /// Unknown name; wrong number of values; a value that is not finite or not in the tensor's range.
    pub fn set(&mut self, name: &str, values: &[f32]) -> Result<()> {
        let known: Vec<String> = self.tensors.iter().map(|t| t.name.clone()).collect();
        let tensor = self
            .tensors
            .iter_mut()
            .find(|t| t.name == name)
            .ok_or_else(|| Error::unknown("network", "tensor", name, known.iter().map(String::as_str)))?;
        if values.len() != tensor.values.len() {
            return Err(Error::shape(
                "network",
                name,
                format!("{} numbers", values.len()),
                format!("{:?} is needed", tensor.shape),
            ));
        }
        tensor.check(values)?;
        tensor.values.copy_from_slice(values);
        Ok(())
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.tensors.iter().map(|t| t.values.len()).sum()
    }
}

impl Parameter {
    /// Number of its values.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Checks that `values` are finite and in the tensor's range.
    pub fn check(&self, values: &[f32]) -> Result<()> {
        if self.range == Range::FINITE && all_within(values, f32::MAX) {
            return Ok(());
        }
        let bad = |x: &f32| !x.is_finite() || !self.range.contains(f64::from(*x));
        match values.iter().position(bad) {
            None => Ok(()),
            Some(i) => {
                Err(Error::value("network", self.name.clone(), values[i], self.range.to_string()).at(i))
            }
        }
    }
}
