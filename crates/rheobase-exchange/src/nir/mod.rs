//! NIR: graphs of neurons in HDF5 files, as `nir` 1.0.1 to 1.0.8 write them (doi:10.1038/s41467-024-52259-9).

mod file;
mod graph;
mod neuron;
pub(crate) mod node;
mod read;
mod write;

pub(crate) use file::read_graph;
pub use read::Settings;
pub(crate) use read::read;
pub(crate) use write::{Written, to_nir};
