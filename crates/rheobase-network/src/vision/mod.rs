//! Spiking vision: operations on waves of spikes over feature maps, as pure functions over slices.
//!
//! A *wave* is what a layer of feature maps sends for one image over some steps: values `[time, feature, row, column]`,
//! columns fastest. A wave is *cumulative* where a neuron that has begun to fire goes on to the end: then the first step
//! of each neuron, with its value there, says everything, and that is the *sparse* form, [`SpikeRows`] with one spike
//! at most per neuron. Both forms of an operation agree on cumulative waves; the sparse one costs what its spikes
//! cost, not steps × neurons.
//!
//! | operation | over waves | over first spikes | as a node | in SpykeTorch |
//! |---|---|---|---|---|
//! | what exceeds a threshold | [`threshold`] | [`fire_first`] | | `threshold` |
//! | spikes where a threshold is exceeded | [`fire`] | [`fire_first`] | `fire` | `fire` |
//! | each neuron's first spike alone | [`first_spikes`] | | `fire` with `again = false` | |
//! | a convolution that fires once | | [`FirstSpikeConv`] | `first_spike_conv` | `Convolution`, `fire` |
//! | firing that goes on | [`cumulate`] | [`to_wave`] | `cumulate` | (waves are cumulative there) |
//! | zeros around | [`pad`] | [`pad_first`] | `pad` | `pad` |
//! | the largest of every window | [`Pooling::wave`] | [`Pooling::first`] | `pool` | `pooling` |
//! | one feature per place | [`pointwise_inhibition`] | [`Inhibition::first`] | `pointwise_inhibition` | `pointwise_inhibition` |
//! | one feature within a radius | | [`Inhibition::first`] | `lateral_inhibition` | |
//! | features that may not fire | [`feature_inhibition`] | [`feature_inhibition_first`] | `feature_inhibition` | `feature_inhibition` |
//! | k winners, none within a radius of another | [`k_winners`] | [`k_winners_first`] | `k_winners` | `get_k_winners` |
//!
//! Before there are spikes, over images; each is an encoder too (`rheobase::encode`):
//!
//! | operation | function | encoder | in SpykeTorch |
//! |---|---|---|---|
//! | on- and off-centre cells, edges | [`FilterBank`] of [`Dog`] and [`Gabor`], [`rectify`] | `filters` | `Filter`, `DoGKernel`, `GaborKernel` |
//! | intensities relative to their surroundings | [`local_normalization`] | `local_normalization` | `local_normalization` |
//! | what is brighter than its neighbours gains | [`intensity_lateral_inhibition`] | `intensity_lateral_inhibition` | `LateralIntencityInhibition` |
//! | steps in which equally many fire | [`intensity_to_latency`] | `intensity_to_latency` | `Intensity2Latency` |
//! | the strongest one by one | [`rank_order`] | `rank_order` | |
//!
//! [`Motion`] shifts, mirrors, turns and scales images: what training jobs augment theirs by.
//!
//! Shapes are `[feature, row, column]`. The operations are those of SpykeTorch (Mozafari et al. 2019,
//! doi:10.3389/fnins.2019.00625), ties and all.
//!
//! ```
//! # mod rheobase { pub use {rheobase_base::Error, rheobase_network::*}; }
//! use rheobase::vision::{k_winners, pointwise_inhibition, threshold};
//! // Two features over 1 × 2 places, two steps.
//! let shape = [2, 1, 2];
//! let mut potentials = [0.0, 1.5, 0.0, 3.0, 2.0, 2.5, 0.5, 4.0];
//! threshold(&mut potentials, shape, Some(1.0))?;
//! pointwise_inhibition(&mut potentials, shape)?;
//! assert_eq!(potentials, [0.0, 0.0, 0.0, 3.0, 2.0, 0.0, 0.0, 4.0]);
//! assert_eq!(k_winners(&potentials, None, shape, 2, 0)?, [[1, 0, 1], [0, 0, 0]]);
//! # Ok::<(), rheobase::Error>(())
//! ```

mod check;
mod features;
mod filter_bank;
mod fire;
mod first_spike_conv;
mod inhibition;
mod intensity;
mod kernel;
mod kernels;
mod latency;
mod motion;
mod pad;
pub(crate) mod pooling;
mod wave;
pub(crate) mod windows;
mod winners;

pub(crate) use check::maps_of;
pub(crate) use features::check_features;
pub use features::{feature_inhibition, feature_inhibition_first};
pub use filter_bank::{FilterBank, rectify};
pub(crate) use fire::check_threshold;
pub use fire::{fire, fire_first, threshold};
pub use first_spike_conv::{FirstSpikeConv, Potentials};
pub(crate) use first_spike_conv::{Scratch, Step};
pub use inhibition::{Inhibition, pointwise_inhibition};
pub use intensity::{
    check_normalization, check_percents, inhibition_kernel, intensity_lateral_inhibition, local_normalization,
};
pub use kernel::{Dog, FilterKernel, Gabor};
pub use kernels::Kernels;
pub use latency::{intensity_to_latency, rank_order};
pub use motion::Motion;
pub use pad::{Padding, pad, pad_first};
pub use pooling::{PoolOf, Pooling};
pub use rheobase_signals::SpikeRows;
pub use wave::{cumulate, first_spikes, to_wave};
pub use windows::WindowsAt;
pub(crate) use winners::check_k;
pub use winners::{k_winners, k_winners_first};
