//! Any encoder as plain data: its name and parameters, as files say it.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::chain::as_image;
use super::check::UNIT;
use super::{
    Bernoulli, Cumulative, Delta, Direct, Encoder, Filters, FirstSpikes, IntensityLateralInhibition,
    IntensityToLatency, Latency, LocalNormalization, Poisson, Population, RankOrder, SampleInput,
};
use rheobase_base::{Error, Result};
use rheobase_data::SampleView;

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
    /// One spike, the larger the earlier, equally many per step.
    IntensityToLatency(IntensityToLatency),
    /// The largest one by one.
    RankOrder(RankOrder),
    /// Of events, each feature's first.
    FirstSpikes(FirstSpikes),
    /// Spikes that go on.
    Cumulative(Cumulative),
    /// What image filters see.
    Filters(Filters),
    /// Relative to the surroundings.
    LocalNormalization(LocalNormalization),
    /// What is brighter than its neighbours gains.
    IntensityLateralInhibition(IntensityLateralInhibition),
}

impl Default for Encoding {
    fn default() -> Self {
        Encoding::Direct(Direct::default())
    }
}

impl Encoding {
    /// The names there are.
    pub const NAMES: [&str; 13] = [
        "direct",
        "bernoulli",
        "poisson",
        "latency",
        "delta",
        "population",
        "intensity_to_latency",
        "rank_order",
        "first_spikes",
        "cumulative",
        "filters",
        "local_normalization",
        "intensity_lateral_inhibition",
    ];

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
            "intensity_to_latency" => Encoding::IntensityToLatency(IntensityToLatency::default()),
            "rank_order" => Encoding::RankOrder(RankOrder::default()),
            "first_spikes" => Encoding::FirstSpikes(FirstSpikes::default()),
            "cumulative" => Encoding::Cumulative(Cumulative::default()),
            "filters" => Encoding::Filters(Filters::default()),
            "local_normalization" => Encoding::LocalNormalization(LocalNormalization::default()),
            "intensity_lateral_inhibition" => {
                Encoding::IntensityLateralInhibition(IntensityLateralInhibition::default())
            }
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
            Encoding::IntensityToLatency(_) => "intensity_to_latency",
            Encoding::RankOrder(_) => "rank_order",
            Encoding::FirstSpikes(_) => "first_spikes",
            Encoding::Cumulative(_) => "cumulative",
            Encoding::Filters(_) => "filters",
            Encoding::LocalNormalization(_) => "local_normalization",
            Encoding::IntensityLateralInhibition(_) => "intensity_lateral_inhibition",
        }
    }

    /// The same encoder with this seed, where it draws random numbers.
    pub fn with_seed(mut self, seed: u64) -> Encoding {
        match &mut self {
            Encoding::Bernoulli(e) => e.seed = seed,
            Encoding::Poisson(e) => e.seed = seed,
            _ => {}
        }
        let Ok(seeded) = self.map_next(|next| Ok::<_, Infallible>(next.with_seed(seed)));
        seeded
    }

    /// Whether it draws random numbers, anew in every epoch.
    pub fn has_chance(&self) -> bool {
        matches!(self, Encoding::Bernoulli(_) | Encoding::Poisson(_))
            || self.next().is_some_and(Encoding::has_chance)
    }

    /// The same encoder for samples of shape `sample`: encoders of images that have not been told their shape take it.
    ///
    /// # Errors
    /// Those of [`Encoder::shape`].
    pub fn for_samples(mut self, sample: &[usize]) -> Result<Encoding> {
        let image = match &mut self {
            Encoding::Filters(e) => Some(&mut e.image),
            Encoding::LocalNormalization(e) => Some(&mut e.image),
            Encoding::IntensityLateralInhibition(e) => Some(&mut e.image),
            _ => None,
        };
        if let Some(image) = image {
            *image = Some(as_image("encode", *image, sample)?);
        }
        if self.next().is_none() {
            return Ok(self);
        }
        let shape = self.own_shape(sample)?;
        self.map_next(|next| next.for_samples(&shape))
    }

    /// The encoder that turns the output of this one into input, or whose spikes this one takes.
    pub fn next(&self) -> Option<&Encoding> {
        match self {
            Encoding::Population(e) => e.then.as_deref(),
            Encoding::Filters(e) => e.then.as_deref(),
            Encoding::LocalNormalization(e) => e.then.as_deref(),
            Encoding::IntensityLateralInhibition(e) => e.then.as_deref(),
            Encoding::Cumulative(e) => Some(&e.of),
            _ => None,
        }
    }

    /// Changes the encoder that follows, if there is one.
    fn map_next<E>(
        mut self,
        change: impl FnOnce(Encoding) -> std::result::Result<Encoding, E>,
    ) -> std::result::Result<Encoding, E> {
        let next = match &mut self {
            Encoding::Population(e) => e.then.as_deref_mut(),
            Encoding::Filters(e) => e.then.as_deref_mut(),
            Encoding::LocalNormalization(e) => e.then.as_deref_mut(),
            Encoding::IntensityLateralInhibition(e) => e.then.as_deref_mut(),
            Encoding::Cumulative(e) => Some(&mut *e.of),
            _ => None,
        };
        if let Some(next) = next {
            *next = change(next.clone())?;
        }
        Ok(self)
    }

    /// The shape of what this encoder alone makes of samples of shape `sample`.
    fn own_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        match self {
            Encoding::Population(e) => Population { then: None, ..e.clone() }.shape(sample),
            Encoding::Filters(e) => Filters { then: None, ..e.clone() }.shape(sample),
            _ => Ok(sample.to_vec()),
        }
    }

    /// The values that it takes, and whether it takes those outside as the nearest one within instead of refusing them;
    /// none if it takes any.
    pub fn range(&self) -> Option<([f32; 2], bool)> {
        match self {
            Encoding::Bernoulli(e) => Some((UNIT, e.clip)),
            Encoding::Poisson(e) => Some((UNIT, e.clip)),
            Encoding::Latency(e) => Some((UNIT, e.clip)),
            Encoding::Population(e) => Some(([e.min, e.max], e.clip)),
            Encoding::Cumulative(e) => e.of.range(),
            Encoding::Direct(_)
            | Encoding::Delta(_)
            | Encoding::IntensityToLatency(_)
            | Encoding::RankOrder(_)
            | Encoding::FirstSpikes(_)
            | Encoding::Filters(_)
            | Encoding::LocalNormalization(_)
            | Encoding::IntensityLateralInhibition(_) => None,
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
            Encoding::IntensityToLatency(e) => e,
            Encoding::RankOrder(e) => e,
            Encoding::FirstSpikes(e) => e,
            Encoding::Cumulative(e) => e,
            Encoding::Filters(e) => e,
            Encoding::LocalNormalization(e) => e,
            Encoding::IntensityLateralInhibition(e) => e,
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
