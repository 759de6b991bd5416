//! The module `rheobase._native`: what the Python package `rheobase` calls. It adapts and does no more: arrays are slices of
//! the library, errors are exceptions, long calls let the interpreter go ([`enter`]).

mod analyse;
mod arguments;
mod arrays;
mod cell;
mod command;
mod contents;
mod curve;
mod dataset;
mod dynamics;
mod enter;
mod error;
mod exchange;
mod figure;
mod learn;
mod model;
mod network;
mod operations;
mod plasticity;
mod population;
mod recording;
mod rows;
mod runs;
mod sequence;
mod sound;
mod stimulus;
mod trains;
mod verify;
mod vision;
mod xla;

use pyo3::prelude::*;

// As in the command: runs allocate and free buffers of a tile's size all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule(gil_used = false)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }

    #[pymodule_export]
    use crate::analyse::{
        bin_counts, bursts, correlogram, count_correlation, fano, isi_statistics, lowpass_filter, mean_rates,
        pairwise, population_rate, psth, rates_isi, rates_kernel, spike_sync_of_all, synchrony, violations,
    };
    #[pymodule_export]
    use crate::cell::SlifCell;
    #[pymodule_export]
    use crate::command::command;
    #[pymodule_export]
    use crate::curve::{check, curve, gain_bias, training};
    #[pymodule_export]
    use crate::dataset::Dataset;
    #[pymodule_export]
    use crate::dynamics::Dynamics;
    #[pymodule_export]
    use crate::exchange::Exchanged;
    #[pymodule_export]
    use crate::figure::{
        Figure, draw_confusion, draw_correlogram, draw_curve, draw_intervals, draw_learning, draw_maps,
        draw_matrix, draw_raster, draw_rates, draw_run,
    };
    #[pymodule_export]
    use crate::learn::{Job, Session, SessionState, Settings, Trained, from_relu};
    #[pymodule_export]
    use crate::model::{catalogue, names_elsewhere, probes, surrogates};
    #[pymodule_export]
    use crate::network::Network;
    #[pymodule_export]
    use crate::plasticity::Learner;
    #[pymodule_export]
    use crate::population::{Population, Tape};
    #[pymodule_export]
    use crate::rows::SpikeRows;
    #[pymodule_export]
    use crate::runs::{Comparison, sweep};
    #[pymodule_export]
    use crate::sequence::{Sequence, tapes};
    #[pymodule_export]
    use crate::sound::read_wav;
    #[pymodule_export]
    use crate::stimulus::Prepared;
    #[pymodule_export]
    use crate::trains::SpikeTrains;
    #[pymodule_export]
    use crate::verify::verify;
    #[pymodule_export]
    use crate::vision::{
        filter_kernel, first_conv, first_inhibition, first_winners, image_filters, image_latency,
        image_lateral_inhibition, image_local_normalization, image_moved, image_rank_order, wave_cumulate,
        wave_feature_inhibition, wave_fire_first, wave_first, wave_of_first, wave_pad,
        wave_pointwise_inhibition, wave_pool, wave_threshold, wave_winners,
    };
    #[pymodule_export]
    use crate::xla::xla_handlers;
}
