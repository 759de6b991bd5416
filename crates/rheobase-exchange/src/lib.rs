//! Networks of other frameworks, read and written with their behaviour, and a report of what was lost.
//!
//! Files of the same neuron mean different things to different frameworks: when it compares, with what, when the reset comes,
//! what the input is multiplied with. A [`Dialect`] says what one framework means. What is read becomes a [`Model`]: a network
//! of ours with its weights, which gives the same spikes step by step; a [`Report`] says what became of every parameter.

mod build;
mod dialect;
mod hdf5;
mod into;
mod layer;
mod model;
mod native;
mod nir;
mod ours;
mod pickle;
mod read;
mod replay;
mod report;
mod step;
mod tensor;
mod torch_file;
mod weights;
mod write;

pub use dialect::{DIALECTS, Dialect, Setting, dialect};
pub use layer::{Foreign, Layer, Source, Value, Weights};
pub use model::{Model, Shown};
pub use nir::Settings;
pub use ours::described_layers;
pub use read::{Options, Reading, from_layers, read};
pub use replay::{Difference, LayerResult, Replay, outputs, replay};
pub use report::{Entry, Fate, Report};
pub use tensor::{Data, Tensor};
pub use weights::{read_safetensors, read_weights, write_weights};
pub use write::{Target, write};
