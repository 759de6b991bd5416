//! Encoders: from the values of a sample to what a network sees over time.
//!
//! | encoder | from | to | for |
//! |---|---|---|---|
//! | [`Direct`] | anything | the same, as current or spikes | the usual choice: the first layer makes the spikes |
//! | [`Bernoulli`] | values in [0, 1] | at most one spike per step | rates |
//! | [`Poisson`] | values in [0, 1] | spikes of a given rate in Hz | rates with a physical time |
//! | [`Latency`] | values in [0, 1] | one spike per feature, the larger the earlier | few spikes, fast answers |
//! | [`Delta`] | series | a spike whenever a value has moved far enough | sound, sensors |
//! | [`IntensityToLatency`] | values | one spike per feature, the larger the earlier, equally many in each step | images of any contrast |
//! | [`RankOrder`] | values | the largest one by one | the order alone |
//! | [`FirstSpikes`] | events | each feature's first spike | cameras |
//! | [`Cumulative`] | any of the above that send spikes | what has spiked goes on to the end | layers that see the whole wave |
//! | [`Filters`] | images | what on- and off-centre cells or edges see, which another encoder may turn into spikes | vision |
//! | [`LocalNormalization`] | images | values relative to their surroundings | uneven light |
//! | [`IntensityLateralInhibition`] | images | what is brighter than its neighbours gains on them | sharper images |
//! | [`Population`] | values in a range | activity of overlapping Gaussian fields, which another encoder may turn into spikes | few features |
//!
//! An encoder is plain data: a name and parameters ([`Encoding`] in files). What it writes for a sample depends on these,
//! on the sample, its number and the epoch, and on nothing else: not on batches, threads or what was encoded before.
//! Random numbers are addressed by (seed, encoder, epoch, sample, step, feature).
//!
//! ```
//! # mod rheobase { pub use {rheobase_base::Error, rheobase_data as data, rheobase_learn::*, rheobase_network::*}; }
//! use rheobase::data::SampleView;
//! use rheobase::encode::{Encoder, Encoding, SampleInput};
//! let latency = Encoding::named("latency")?;
//! let mut input = SampleInput::default();
//! latency.encode(SampleView::Static(&[0.0, 1.0, 0.5]), 0, 0, 11, &mut input)?;
//! let SampleInput::Spikes(spikes) = &input else { unreachable!() };
//! assert_eq!(spikes.step(0).0, [1]); // the largest value at once
//! assert_eq!(spikes.step(5).0, [2]); // half as large: half way through
//! assert_eq!(spikes.len(), 2); // nothing there: no spike
//! # Ok::<(), rheobase::Error>(())
//! ```
//!
//! Encoders of images have a next one, `then`; in JSON, on- and off-centre cells whose spikes come in bins of equal count:
//! `{"name": "filters", "threshold": 0.05, "then": {"name": "intensity_to_latency"}}`. They have to know the shape of an
//! image: [`Encoding::for_samples`], which training jobs call, or `image`.

mod bernoulli;
mod chain;
mod check;
mod cumulative;
mod delta;
mod direct;
mod encoding;
mod filters;
mod first_spikes;
mod keyed;
mod latency;
mod lateral;
mod local_normalization;
mod order;
mod poisson;
mod population;
#[cfg(test)]
mod tests;

pub use bernoulli::Bernoulli;
pub use cumulative::Cumulative;
pub use delta::Delta;
pub use direct::Direct;
pub use encoding::Encoding;
pub use filters::Filters;
pub use first_spikes::FirstSpikes;
pub use latency::{Latency, LatencyCurve};
pub use lateral::IntensityLateralInhibition;
pub use local_normalization::LocalNormalization;
pub use order::{IntensityToLatency, RankOrder};
pub use poisson::Poisson;
pub use population::Population;
pub use rheobase_network::network::SampleInput;

pub use rheobase_signals::SpikeRows;

use rheobase_base::Result;
use rheobase_data::SampleView;

/// Turns a sample into the input of a network over a number of steps.
pub trait Encoder {
    /// Checks the parameters; [`Encoder::encode`] does so too.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with parameter, value and rule.
    fn check(&self) -> Result<()>;

    /// The shape of one step of what is written for samples of shape `sample` (`[feature]`, `[channel, length]` or
    /// `[channel, height, width]`). Encoders that write several values per feature lengthen the first axis.
    ///
    /// # Errors
    /// As [`Encoder::check`]; [`rheobase_base::Error::Shape`] if the shape would be too large.
    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>>;

    /// Writes `steps` steps of `sample` into `out`, whose memory is reused.
    ///
    /// `sample_id` and `epoch` address the random numbers: the same ones give the same spikes. A sample that has a
    /// length of its own ([`SampleView::steps`]) may be cut by `steps`, not lengthened.
    ///
    /// # Errors
    /// As [`Encoder::check`]; [`rheobase_base::Error::Value`] naming sample and feature if a value is not finite or outside
    /// the encoder's range, events are not sorted, there is no feature, or `steps` is 0, beyond the sample's end or too
    /// many; [`rheobase_base::Error::Unsupported`]
    /// if the encoder does not take samples of this kind.
    fn encode(
        &self,
        sample: SampleView<'_>,
        sample_id: u64,
        epoch: u64,
        steps: usize,
        out: &mut SampleInput,
    ) -> Result<()>;
}
