//! Spike-train analysis: methods of [`SpikeTrains`](rheobase_signals::SpikeTrains) ([`Measures`]) over pure functions on plain arrays,
//! usable without the simulator.
//!
//! ```
//! # mod rheobase { pub use {rheobase_analyse as analyse, rheobase_base::Error, rheobase_models as models, rheobase_signals as data}; }
//! use rheobase::analyse::{Kernel, Measures, Pairwise};
//! use rheobase::{data::SpikeTrains, models::neuron::Time};
//! let mut trains = SpikeTrains::silent(1, vec!["a".into(), "b".into()], (0.0, 0.5), None, Time::Seconds);
//! trains.times = vec![vec![0.1, 0.2], vec![0.11, 0.3, 0.4]]; // s
//! let (rates, distances) = (trains.rates(Kernel::Gauss, 0.02)?, trains.distances(Pairwise::VictorPurpura { cost: 20.0 })?);
//! # let _ = (rates, distances);
//! # Ok::<(), rheobase::Error>(())
//! ```
//!
//! Times are in s, rates in Hz. Spike trains are slices of ascending times; populations are slices of anything that is
//! such a slice. Matrices are row-major slices with their shape in the arguments. What undefined input gives (empty trains,
//! one spike) is said at each function; wrong input is an [`Error`](rheobase_base::Error) that names the element.
//!
//! **Several spikes at one time**, as in a step that counts three, are equal times in a train. Whatever counts (rates,
//! histograms, Fano factors, correlations, correlograms, the distances of Victor and Purpura and of van Rossum) counts
//! each. Measures of intervals and of coincidences have no meaning for an interval of 0 and refuse; [`merge_equal`] makes
//! one spike of equal ones.
//!
//! **Windows** have their start but not their end, so that adjoining windows share no spike; only at the end of the
//! recording is the end included ([`Window`]). The distances over time ([`isi_distance`], [`spike_distance`], [`spike_sync`]) are
//! defined on closed windows, as published, and correlograms take every spike they are given.
//!
//! **Kernels** have area 1 as they are sampled and cut, and their centre of mass on the spike ([`Kernel`]).
//!
//! | question | functions |
//! |---|---|
//! | when did neurons fire? | [`spikes2events`], [`align`], [`Window`], [`merge_equal`] |
//! | at what rate, over time? | [`rates_isi`] ([`Interpolation`]), [`rates_kernel`], [`rates_kernel_into`] and [`lowpass_filter`] ([`Kernel`]), [`psth`] and [`population_rate`] ([`RateHistogram`]) |
//! | at what rate, on average? | [`mean_rate`] |
//! | how regularly? | [`intervals`], [`isi_statistics`] ([`IsiStatistics`]: mean, CV, CV2, LV, LvR), [`revised_local_variation`], [`fano_factor`] ([`Fano`]), [`bursts`] ([`BurstRule`], [`Burst`]) |
//! | how are two trains related? | [`cross_correlogram`], [`auto_correlogram`] ([`Correlogram`]) |
//! | how similar are two trains? | [`victor_purpura`], [`van_rossum`], [`isi_distance`], [`spike_distance`], [`spike_sync`], [`event_sync`] ([`EventSync`]) |
//! | and all pairs of a population? | [`pairwise`] ([`Pairwise`]: any of the above), [`count_correlation`] ([`CountCorrelation`]) |
//! | does a population act together? | [`synchrony`], [`spike_synchrony`] ([`SpikeSynchrony`]), [`spike_sync_of_all`] |
//! | how sure is a number? | [`poisson_interval`], [`fisher_interval`], [`bootstrap_interval`] ([`Interval`]) |
//! | counts for all this | [`bin_counts`] ([`BinCounts`]) |

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

mod binning;
mod bursts;
mod coincidence;
mod confidence;
mod convolve;
mod correlogram;
mod count_correlation;
mod cubic;
mod event_sync;
mod events;
mod fano;
mod interleaving;
mod interpolate;
mod isi;
mod isi_distance;
mod kernel;
mod layout;
mod lowpass;
mod merge;
mod pairwise;
mod pieces;
mod profile;
mod rate_histogram;
mod rates_isi;
mod rates_kernel;
mod recursive;
mod spike_distance;
mod spike_sync;
mod synchrony;
mod trains;
mod van_rossum;
mod victor_purpura;
mod violations;

pub use binning::{BinCounts, bin_counts};
pub use bursts::{Burst, BurstRule, bursts};
pub use confidence::{Interval, bootstrap_interval, fisher_interval, poisson_interval};
pub use correlogram::{Correlogram, auto_correlogram, cross_correlogram};
pub use count_correlation::{CountCorrelation, count_correlation};
pub use event_sync::{EventSync, event_sync};
pub use events::spikes2events;
pub use fano::{Fano, fano_factor};
pub use interpolate::Interpolation;
pub use isi::{IsiStatistics, PUBLISHED_REFRACTORINESS, intervals, isi_statistics, revised_local_variation};
pub use isi_distance::isi_distance;
pub use kernel::Kernel;
pub use lowpass::lowpass_filter;
pub use merge::merge_equal;
pub use pairwise::{Pairwise, pairwise};
pub use rate_histogram::{RateHistogram, align, mean_rate, population_rate, psth};
pub use rates_isi::rates_isi;
pub use rates_kernel::{rates_kernel, rates_kernel_into};
pub use rheobase_signals::Window;
pub use spike_distance::spike_distance;
pub use spike_sync::{spike_sync, spike_sync_of_all};
pub use synchrony::{SpikeSynchrony, spike_synchrony, synchrony};
pub use trains::{Distances, Measures, Rates};
pub use van_rossum::van_rossum;
pub use victor_purpura::victor_purpura;
pub use violations::{Violations, violations};
