//! Any encoder as plain data: its name and parameters, as files say it.

use serde::{Deserialize, Serialize};

use super::check::UNIT;
use super::{Bernoulli, Delta, Direct, Encoder, Latency, Poisson, Population, SampleInput};
use crate::data::SampleView;
use crate::{Error, Result};

/// An encoder by name, with its parameters; those not given have their defaults, unknown ones are refused.
///
/// In JSON: `{"name": "bernoulli", "gain": 0.5}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Encoding {
    /// Values as currents, spikes as they are.
    Direct(Direct),
    /// One coin per step.
    Bernoulli(Bernoulli),
    /// A rate in Hz.
    Poisson(Poisson),
    /// One spike, the larger the earlier.
    Latency(Latency),
    /// Spikes where a series moves.
    Delta(Delta),
    /// Gaussian receptive fields.
    Population(Population),
}

impl Default for Encoding {
    fn default() -> Self {
        Encoding::Direct(Direct::default())
    }
}

impl Encoding {
    /// The names there are.
    pub const NAMES: [&str; 6] = ["direct", "bernoulli", "poisson", "latency", "delta", "population"];

    /// The encoder called `name` with its defaults.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name.
    pub fn named(name: &str) -> Result<Encoding> {
        Ok(match name {
            "direct" => Encoding::Direct(Direct::default()),
            "bernoulli" => Encoding::Bernoulli(Bernoulli::default()),
            "poisson" => Encoding::Poisson(Poisson::default()),
            "latency" => Encoding::Latency(Latency::default()),
            "delta" => Encoding::Delta(Delta::default()),
            "population" => Encoding::Population(Population::default()),
            _ => return Err(Error::unknown("encode", "encoder", name, Encoding::NAMES)),
        })
    }

    /// Its name in files.
    pub fn name(&self) -> &'static str {
        match self {
            Encoding::Direct(_) => "direct",
            Encoding::Bernoulli(_) => "bernoulli",
            Encoding::Poisson(_) => "poisson",
            Encoding::Latency(_) => "latency",
            Encoding::Delta(_) => "delta",
            Encoding::Population(_) => "population",
        }
    }

    /// The same encoder with this seed, where it draws random numbers.
    pub fn with_seed(mut self, seed: u64) -> Encoding {
        match &mut self {
            Encoding::Bernoulli(e) => e.seed = seed,
            Encoding::Poisson(e) => e.seed = seed,
            Encoding::Population(e) => {
                e.then = e.then.take().map(|then| Box::new(then.with_seed(seed)));
            }
            Encoding::Direct(_) | Encoding::Latency(_) | Encoding::Delta(_) => {}
        }
        self
    }

    /// The values that it takes, and whether it takes those outside as the nearest one within instead of refusing them;
    /// none if it takes any.
    pub fn range(&self) -> Option<([f32; 2], bool)> {
        match self {
            Encoding::Bernoulli(e) => Some((UNIT, e.clip)),
            Encoding::Poisson(e) => Some((UNIT, e.clip)),
            Encoding::Latency(e) => Some((UNIT, e.clip)),
            Encoding::Population(e) => Some(([e.min, e.max], e.clip)),
            Encoding::Direct(_) | Encoding::Delta(_) => None,
        }
    }

    fn encoder(&self) -> &dyn Encoder {
        match self {
            Encoding::Direct(e) => e,
            Encoding::Bernoulli(e) => e,
            Encoding::Poisson(e) => e,
            Encoding::Latency(e) => e,
            Encoding::Delta(e) => e,
            Encoding::Population(e) => e,
        }
    }
}

impl Encoder for Encoding {
    fn check(&self) -> Result<()> {
        self.encoder().check()
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.encoder().shape(sample)
    }

    fn encode(
        &self,
        sample: SampleView<'_>,
        sample_id: u64,
        epoch: u64,
        steps: usize,
        out: &mut SampleInput,
    ) -> Result<()> {
        self.encoder().encode(sample, sample_id, epoch, steps, out)
    }
}
