//! Networks of other frameworks, read and written with their behaviour, and a report of what was lost.
//!
//! Files of the same neuron mean different things to different frameworks: when it compares, with what, when the reset comes,
//! what the input is multiplied with. A [`Dialect`] says what one framework means. What is read becomes a [`Model`]: a network
//! of ours with its weights, which gives the same spikes step by step; a [`Report`] says what became of every parameter.

mod build;
mod dialect;
mod hdf5;
mod layer;
mod model;
mod nir;
mod replay;
mod report;
mod tensor;
mod weights;

pub use dialect::{DIALECTS, Dialect, Setting, dialect};
pub use layer::{Foreign, Layer, Source, Value, Weights};
pub use model::{Model, Shown};
pub use nir::Settings;
pub use replay::{Difference, LayerResult, Replay, replay};
pub use report::{Entry, Fate, Report};
pub use tensor::{Data, Tensor};
pub use weights::{read_safetensors, read_weights};

use std::path::{Path, PathBuf};

use rheobase::{Error, Result};

/// How a model is to be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// The framework that wrote it; found by itself where the file betrays it.
    pub from: Option<String>,
    /// What the file leaves open.
    pub settings: Settings,
    /// A file of weights, for descriptions that name tensors.
    pub weights: Option<PathBuf>,
}

/// What was read: the model, unless something of it was refused, and what became of every parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What became of every parameter.
    pub report: Report,
    model: Option<Model>,
}

impl Reading {
    /// The model.
    ///
    /// # Errors
    /// What was refused, and why.
    pub fn model(&self) -> Result<&Model> {
        self.model.as_ref().ok_or_else(|| {
            let refused = self.report.entries.iter().find(|e| e.fate == Fate::Refused);
            let (place, what) = refused.map_or(("model".into(), "refused".into()), |e| {
                (format!("{}.{}", e.node, e.parameter), format!("refused: {}", e.how))
            });
            Error::Unsupported { place, what }
        })
    }
}

/// Makes a model of layers of another framework.
///
/// # Errors
/// Layers that lack numbers, or whose numbers are out of range.
pub fn from_layers(foreign: &Foreign) -> Result<Reading> {
    let dialect = dialect(&foreign.framework)?;
    let because = "the description names it".to_string();
    let report = Report { dialect: format!("{} {}", dialect.name, dialect.version), because, entries: Vec::new() };
    let (model, report) = dialect::assemble(foreign, dialect, report)?;
    Ok(Reading { report, model })
}

/// Reads a NIR file.
///
/// # Errors
/// A file that cannot be read, is damaged, or was written by another framework than the one that is named.
pub fn read_nir(path: &Path, options: &Options) -> Result<Reading> {
    let (dialect, because) = match &options.from {
        Some(name) => (dialect(name)?, "it was chosen".to_string()),
        None => (dialect("nir")?, "nothing says who wrote it".to_string()),
    };
    let mut report = Report { dialect: format!("{} {}", dialect.name, dialect.version), because, entries: Vec::new() };
    let foreign = nir::read(path, dialect, &options.settings, &mut report)?;
    let (model, report) = dialect::assemble(&foreign, dialect, report)?;
    Ok(Reading { report, model })
}
