//! `read`: a model of another framework, whatever kind of file it is in.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use rheobase_base::{Error, Result};
use rheobase_network::network::Network;

use crate::dialect::{Dialect, assemble, dialect, recognise};
use crate::layer::{Foreign, Weights};
use crate::model::Model;
use crate::nir::{self, Settings};
use crate::report::{Fate, Report};
use crate::weights::read_weights;
use crate::{hdf5, into, ours};

/// How a model is to be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// The framework that wrote it; found by itself where the file betrays it.
    pub from: Option<String>,
    /// What the file leaves open.
    pub settings: Settings,
    /// The file of weights of a description.
    pub weights: Option<PathBuf>,
    /// The network of ours that weights alone go into (TOML).
    pub network: Option<PathBuf>,
    /// Shape of a sample in one step, where the file does not say it.
    pub input: Vec<usize>,
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
            Error::unsupported(place, what)
        })
    }

    /// The model, if nothing of it is worse than rewritten.
    ///
    /// # Errors
    /// The first loss, and how many there are.
    pub fn strict(&self) -> Result<&Model> {
        let losses = self.report.losses().count();
        match self.report.losses().next() {
            None => self.model(),
            Some(e) => Err(Error::unsupported(
                format!("{}.{}", e.node, e.parameter),
                format!("{}: {} ({losses} such in all)", e.fate, e.how),
            )),
        }
    }
}

/// Reads a model: a NIR graph, a description in JSON with its weights, a checkpoint together with a network of ours, or a model
/// of ours.
///
/// # Errors
/// A file that cannot be read, is damaged, or was written by another framework than the one that is named. What has no
/// counterpart is not an error here: it is in the report, and [`Reading::model`] says it.
pub fn read(path: &Path, options: &Options) -> Result<Reading> {
    let mut start = [0u8; 8];
    let begun = std::fs::File::open(path).and_then(|mut file| file.read(&mut start));
    let begun = begun.map_err(|e| Error::file(path, format!("cannot be read: {e}")))?;
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    if hdf5::is_hdf5(&start[..begun]) || ending == "nir" {
        return read_nir(path, options);
    }
    if ending == "json" {
        return description(path, options);
    }
    if let Some(network) = &options.network {
        return into_network(network, path, options);
    }
    match ending.as_str() {
        "safetensors" => match ours::read(path)? {
            Some(model) => Ok(Reading { report: ours::report(), model: Some(model) }),
            None => described(ours::layers_of(path)?.ok_or_else(|| alone(path))?),
        },
        "pt" | "pth" | "bin" | "npz" => Err(alone(path)),
        "toml" => match &options.weights {
            Some(weights) => into_network(path, weights, options),
            None => Err(Error::file(path, "is a network without weights: `--weights FILE` names them")),
        },
        other => {
            let what =
                format!("`.{other}` is not a model: .nir, .json, .safetensors, .pt, .pth or .npz is needed");
            Err(Error::file(path, what))
        }
    }
}

fn alone(path: &Path) -> Error {
    let what = "holds weights alone: `--network FILE` names the network of ours that they go into";
    Error::file(path, what)
}

fn begin(dialect: &Dialect, because: impl Into<String>) -> Report {
    let dialect = format!("{} {}", dialect.name, dialect.version);
    Report { dialect, because: because.into(), entries: Vec::new() }
}

/// Makes a model of layers of another framework.
///
/// # Errors
/// Layers that lack numbers, or whose numbers are out of range.
pub fn from_layers(foreign: &Foreign) -> Result<Reading> {
    described(foreign.clone())
}

fn described(foreign: Foreign) -> Result<Reading> {
    let dialect = dialect(&foreign.framework)?;
    let (model, report) = assemble(foreign, dialect, begin(dialect, "the description names it"))?;
    Ok(Reading { report, model })
}

fn description(path: &Path, options: &Options) -> Result<Reading> {
    let text =
        std::fs::read_to_string(path).map_err(|e| Error::file(path, format!("cannot be read: {e}")))?;
    let weights = options.weights.as_deref().map_or(Ok(Weights::new()), read_weights)?;
    let mut foreign = Foreign::from_json(&text, &path.display().to_string(), &weights)?;
    drop(weights);
    if let Some(from) = &options.from {
        foreign.framework.clone_from(from);
    }
    if !options.input.is_empty() {
        foreign.input.clone_from(&options.input);
    }
    if foreign.input.is_empty() {
        let what = "says no `input`, the shape of a sample in one step, such as [64]";
        return Err(Error::file(path, what));
    }
    described(foreign)
}

fn read_nir(path: &Path, options: &Options) -> Result<Reading> {
    let graph = nir::read_graph(path)?;
    if ours::is_of(&graph) && options.from.as_deref().is_none_or(|from| from == "rheobase") {
        return Ok(Reading { report: ours::report(), model: Some(ours::of_graph(graph)?) });
    }
    let (dialect, because) = match &options.from {
        Some(name) => (dialect(name)?, "it was chosen".to_string()),
        None => recognise(&graph),
    };
    let mut report = begin(dialect, &because);
    if options.from.is_none() && dialect.name == "nir" {
        report.say("", "framework", Fate::Lost, format!("{because}; NIR's own equations are taken"));
    }
    let mut foreign = nir::read(graph, dialect, &options.settings, &mut report)?;
    if !options.input.is_empty() {
        foreign.input.clone_from(&options.input);
    }
    let (model, report) = assemble(foreign, dialect, report)?;
    Ok(Reading { report, model })
}

fn into_network(network: &Path, weights: &Path, options: &Options) -> Result<Reading> {
    let mut network = Network::read(network)?;
    if !options.input.is_empty() {
        network.input.clone_from(&options.input);
    }
    let from = options.from.as_deref().unwrap_or("torch");
    let mut report = Report {
        dialect: from.into(),
        because: "weights of torch, by their order".into(),
        entries: Vec::new(),
    };
    let model = into::into_network(network, read_weights(weights)?, from, &mut report)?;
    Ok(Reading { report, model: Some(model) })
}
