//! Data sets to train on, and files: NumPy arrays and archives, CSV tables, idx, spikes.
//!
//! | what | where |
//! |---|---|
//! | arrays of any shape | [`Array`], [`read_npy`], [`write_npy`] |
//! | archives of named arrays | [`read_npz`], [`Npz`], [`NpzReader`], [`write_npz`] |
//! | tables of numbers | [`Table`], [`read_csv`], [`write_csv`] |
//! | spikes in memory | [`SpikeEvents`] (with values and times), [`SpikeBits`], [`SpikeRows`] (by step) |
//! | spikes in files | [`spike_files`]: [`read_spikes`], [`write_spikes`], and as CSV |
//! | spikes as other tools write them | [`recording`]: [`read_recording`], [`read_trains`] give [`SpikeTrains`], [`read_events`] a camera's events; [`FORMATS`], [`SpikeValues`] |
//! | input for a simulation | [`read_input`] |
//! | what networks train on | [`Dataset`], [`SampleView`]; parts of it: [`Dataset::split_stratified`] |
//! | the digits that come with the library | [`digits()`], [`digits_split`] |
//! | data sets in files | [`read_idx_dataset`], [`read_csv_dataset`], [`read_npz_dataset`], [`read_class_folders`], `read_shd_dataset` |
//! | sound | [`read_wav`] |
//! | writing anything | [`atomic_write`]: whole or not at all |
//!
//! No file is trusted: nothing is allocated because a file says so, nothing in it is run, and every error names the
//! file, the place in it, the value and the rule.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

pub mod array;
mod channels;
pub mod csv;
pub mod csv_dataset;
pub mod dataset;
pub mod digits;
pub mod event_dataset;
#[cfg(feature = "hdf5")]
pub mod hdf5;
#[cfg(feature = "hdf5")]
mod hdf5_heap;
#[cfg(feature = "hdf5")]
mod hdf5_tree;
pub mod idx;
pub mod input;
pub mod labels;
pub mod npy;
mod npy_header;
pub mod npz;
pub mod npz_dataset;
pub mod recording;
pub mod sample;
pub mod shuffle;
pub mod spike_files;
mod split;
pub mod wav;

pub use rheobase_files::{atomic_write, remove_abandoned};
pub use rheobase_signals::{
    Doubles, Element, Input, SpikeBits, SpikeEvent, SpikeEvents, SpikeRows, SpikeTrains, SpikeValues,
    Stepping, Tensor, TensorData, tensor,
};

pub use array::{Array, ArrayData};
pub use channels::Channels;
pub use csv::{NonFinite, Table, read_csv, read_csv_bytes, write_commented, write_csv};
pub use csv_dataset::{CsvOptions, LabelColumn, read_csv_dataset};
pub use dataset::{Dataset, EventInputs, Inputs};
pub use digits::{digits, digits_split};
pub use event_dataset::{EventOptions, read_class_folders, read_shd_dataset};
pub use idx::{Idx, IdxElements, read_idx, read_idx_dataset, read_idx_labels};
pub use input::read_input;
pub use npy::{read_npy, read_npy_bytes, write_npy};
pub use npz::{Npz, NpzReader, read_npz, write_npz};
pub use npz_dataset::{NpzOptions, npz_parts, read_npz_dataset, read_npz_part};
pub use recording::{
    Contents, Events, FORMATS, Format, Holds, Pixels, Polarity, Recording, Role, TrainOptions, Unit,
    contents, parse_columns, read_events, read_recording, read_trains, write_trains,
};
pub use sample::SampleView;
pub use spike_files::{
    read_spikes, read_spikes_csv, spike_arrays, spikes_in, write_spikes, write_spikes_csv,
};
pub use wav::{Sound, read_wav};
