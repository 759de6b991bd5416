//! `write`: a network of ours as a NIR graph, or its weights under the names of a checkpoint.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use rheobase_base::{Error, Result};
use rheobase_data::atomic_write;
use rheobase_network::network::Library;

use crate::dialect::{Dialect, dialect};
use crate::layer::Weights;
use crate::model::Model;
use crate::native::{DESCRIPTION, native};
use crate::nir::{Written, to_nir};
use crate::report::{Fate, Report};
use crate::tensor::{Data, Tensor};
use crate::weights::{read_weights, write_weights};
use crate::{hdf5, into, ours};

/// How a model is to be written; the file's ending says as what.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// A checkpoint of torch whose names and shapes the weights take.
    pub like: Option<PathBuf>,
    /// The framework that is written for: of the checkpoint that `like` names; else the one that will read a NIR graph, or whose
    /// layers and names weights have.
    pub to: Option<String>,
    /// Whether NIR nodes have their `v_reset`, which readers up to nir 1.0.5 raise an error on; never for Sinabs and Rockpool,
    /// which need nir 1.0.4.
    pub v_reset: bool,
    /// Whether nothing may be lost.
    pub strict: bool,
}

impl Default for Target {
    fn default() -> Self {
        Target { like: None, to: None, v_reset: true, strict: false }
    }
}

/// Writes `model` as `.nir`, `.safetensors` or `.npz`, whole or not at all; `report` says what became of every parameter, also where
/// that is the reason why nothing is written.
///
/// # Errors
/// A model that cannot be built; what has no counterpart, with its reason; with `strict`, whatever would be lost; a file that
/// cannot be written.
pub fn write(model: &Model, path: &Path, target: &Target, report: &mut Report) -> Result<()> {
    let model = &Model { network: model.network.drawn(&Library::default())?, ..model.clone() };
    model.fits()?;
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    *report = Report { dialect: target.to.clone().unwrap_or("nir 1.0.8".into()), ..Report::default() };
    let checked = |report: &Report| match report.losses().max_by_key(|e| e.fate) {
        Some(e) if e.fate == Fate::Refused || target.strict => {
            Err(Error::unsupported(format!("{}.{}", e.node, e.parameter), format!("{}: {}", e.fate, e.how)))
        }
        _ => Ok(()),
    };
    match ending.as_str() {
        "nir" => {
            let to = target.to.as_deref().filter(|to| *to != "nir").map(dialect).transpose()?;
            let old = to.is_some_and(|to| matches!(to.name, "sinabs" | "rockpool"));
            let writes = to.map(Dialect::writes).transpose()?;
            let written = Written { v_reset: target.v_reset && !old, writes, affine: old };
            let tree = to_nir(model, &written, report)?;
            checked(report)?;
            let bytes = hdf5::bytes(path, &tree)?;
            atomic_write(path, |file| file.write_all(&bytes))?;
        }
        "safetensors" | "npz" => {
            let (weights, metadata) = match (&target.like, target.to.as_deref()) {
                (Some(like), to) => {
                    (into::back(model, read_weights(like)?, to.unwrap_or("torch"), report)?, Vec::new())
                }
                (None, Some(to)) if to != "rheobase" => {
                    let dialect = dialect(to)?;
                    report.dialect = format!("{} {}", dialect.name, dialect.version);
                    let native = native(model, dialect, report)?;
                    (native.weights, vec![(DESCRIPTION, native.description)])
                }
                (None, _) => {
                    report.dialect = format!("rheobase {}", env!("CARGO_PKG_VERSION"));
                    report.say("", "all", Fate::Exact, "the network's description stands in the file");
                    (
                        own(model)?,
                        vec![(ours::NETWORK, model.network.to_toml()?), (ours::LAYERS, ours::layers(model)?)],
                    )
                }
            };
            checked(report)?;
            write_weights(path, &weights, &metadata)?;
        }
        other => {
            let what = format!(
                "`.{other}` is nothing that models are written as: .nir, .safetensors or .npz is needed"
            );
            return Err(Error::file(path, what));
        }
    }
    Ok(())
}

/// The tensors of a model under our own names.
fn own(model: &Model) -> Result<Weights> {
    let rows = rheobase_network::network::outline(&model.network)?.nodes;
    let tensors = rows.into_iter().flat_map(|n| n.tensors);
    tensors
        .map(|t| {
            let values = Data::F32(model.weights[&t.name].clone());
            Ok((t.name.clone(), Tensor::new("model", &t.name, t.shape, values)?))
        })
        .collect()
}
