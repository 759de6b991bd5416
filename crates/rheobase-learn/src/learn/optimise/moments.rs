//! What an optimiser remembers of one parameter, by name.

use super::Optimiser;
use super::rule::MOST;
use crate::learn::checkpoint::{Checkpoint, ExpectedTensor};
use rheobase_base::{Error, Result};
use rheobase_signals::tensor::{Element, Tensor};

/// The moments of one parameter: named arrays as long as it, 0 at first.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    values: Vec<(&'static str, Vec<f32>)>,
}

impl Moments {
    /// The moments that `optimiser` keeps of a parameter of `len` elements.
    pub fn new(optimiser: &impl Optimiser, len: usize) -> Self {
        Moments { values: optimiser.moments().iter().map(|name| (*name, vec![0.0; len])).collect() }
    }

    /// Name and values of each.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &[f32])> {
        self.values.iter().map(|(name, values)| (*name, values.as_slice()))
    }

    /// The name of a moment in a checkpoint.
    fn stored_name(parameter: &str, moment: &str) -> String {
        format!("{parameter}.{moment}")
    }

    /// What a checkpoint's `group` has to hold for these moments of `parameter`: see [`Checkpoint::expect`].
    pub fn wanted(&self, parameter: &str, shape: &[usize]) -> Vec<ExpectedTensor> {
        let wanted = |moment: &&'static str| ExpectedTensor {
            name: Self::stored_name(parameter, moment),
            element: Element::F32,
            shape: shape.to_vec(),
        };
        self.values.iter().map(|(name, _)| name).map(wanted).collect()
    }

    /// Puts the moments of `parameter` into a checkpoint as `group/parameter.moment`.
    ///
    /// # Errors
    /// [`Error::Shape`] if `shape` is not the parameter's; [`Error::Value`] if the name is taken.
    pub fn save(
        &self,
        checkpoint: &mut Checkpoint,
        group: &str,
        parameter: &str,
        shape: &[usize],
    ) -> Result<()> {
        for (moment, values) in &self.values {
            let tensor = Tensor::f32(shape, values.clone())?;
            checkpoint.insert(group, &Self::stored_name(parameter, moment), tensor)?;
        }
        Ok(())
    }

    /// Takes the moments of `parameter` from a checkpoint, all of them or none.
    ///
    /// # Errors
    /// [`Error::Unknown`] if one is missing; [`Error::Shape`] if one has another number of elements.
    pub fn restore(&mut self, checkpoint: &Checkpoint, group: &str, parameter: &str) -> Result<()> {
        let mut restored = Vec::with_capacity(self.values.len());
        for (moment, old) in &self.values {
            let name = Self::stored_name(parameter, moment);
            let values = checkpoint.f32(group, &name)?;
            super::check::same_length(group, &name, values.len(), old.len(), parameter)?;
            restored.push((*moment, values.to_vec()));
        }
        self.values = restored;
        Ok(())
    }

    /// The arrays, if they are those named and `len` long; those that a rule does not keep are empty.
    pub(super) fn slices(
        &mut self,
        parameter: &str,
        names: &[&str],
        len: usize,
    ) -> Result<[&mut [f32]; MOST]> {
        let fit = self.values.iter().all(|(_, v)| v.len() == len)
            && self.values.iter().map(|(name, _)| *name).eq(names.iter().copied());
        if !fit {
            let got: Vec<_> = self.values.iter().map(|(name, v)| format!("{name} [{}]", v.len())).collect();
            return Err(Error::shape(
                parameter,
                "moments",
                format!("[{}]", got.join(", ")),
                format!(
                    "this optimiser keeps {names:?}, each of {len} elements: make them with Moments::new"
                ),
            ));
        }
        let mut slices = self.values.iter_mut().map(|(_, v)| v.as_mut_slice());
        Ok(std::array::from_fn(|_| slices.next().unwrap_or_default()))
    }
}
