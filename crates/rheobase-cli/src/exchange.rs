//! What commands about models of other frameworks share: how a model is read, and its report as text.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use rheobase::exchange::{Fate, Model, Options, Reading, Report, Settings, read};
use rheobase::network::Network;

use crate::failure::{Failure, Outcome};
use crate::terminal;
use crate::text::Table;
use crate::train::run_folder::read_trained;

/// How a model of another framework is read.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct From {
    /// Framework that wrote the model: nir, snntorch, norse, spikingjelly, sinabs, rockpool, spyx, nengo [default: found by its numbers]
    #[arg(long, value_name = "FRAMEWORK")]
    pub(crate) from: Option<String>,
    /// What the file leaves open, by the framework's own name: reset_mechanism=zero, or 1.reset_mechanism=zero for one layer
    #[arg(long = "with", value_name = "NAME=VALUE")]
    pub(crate) with: Vec<String>,
    /// Weights of a description (.json) or a network (.toml): .pt, .pth, .safetensors or .npz
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// Network of ours (TOML) that weights alone go into
    #[arg(long, value_name = "FILE")]
    pub(crate) network: Option<PathBuf>,
    /// Shape of a sample in one step, such as 2,34,34, where the file does not say it
    #[arg(long, value_name = "SHAPE", value_delimiter = ',', alias = "input")]
    pub(crate) input_shape: Vec<usize>,
}

impl From {
    /// Reads the model of a file.
    pub(crate) fn read(&self, file: &Path) -> Outcome<Reading> {
        let mut settings = Settings::new();
        for text in &self.with {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                Failure::bad(format!("--with {text}: NAME=VALUE is needed, such as reset_mechanism=zero"))
            })?;
            settings.insert(name.trim().into(), value.trim().into());
        }
        let options = Options {
            from: self.from.clone(),
            settings,
            weights: self.weights.clone(),
            network: self.network.clone(),
            input: self.input_shape.clone(),
        };
        Ok(read(file, &options)?)
    }

    /// Whether anything was said about the model's origin.
    pub(crate) fn is_said(&self) -> bool {
        self.from.is_some() || self.weights.is_some() || self.network.is_some()
    }

    /// Reads the model of a file, unless it is a checkpoint or run of ours.
    pub(crate) fn reading(&self, file: &Path) -> Outcome<Option<Reading>> {
        if is_foreign(file, self) { self.read(file).map(Some) } else { Ok(None) }
    }
}

/// The network of a checkpoint or run of ours.
pub(crate) fn own_model(file: &Path) -> Outcome<Model> {
    let trained = read_trained(&crate::train::run_folder::checkpoint_of(file)?, 1)?;
    let tensors = trained.program().parameters().tensors.iter();
    let weights = tensors.map(|t| (t.name.clone(), t.values.clone())).collect();
    let mut network: Network = trained.network().clone();
    if network.input.is_empty() {
        network.input = trained.program().input_shape().to_vec();
    }
    Ok(Model::new(network, weights))
}

/// Whether a file holds a model of another framework, or one that was converted, rather than a run or job of ours.
pub(crate) fn is_foreign(file: &Path, from: &From) -> bool {
    if file.is_dir() {
        return false;
    }
    let ending = file.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ours = ending == "safetensors" && is_checkpoint(file);
    from.is_said() || (!ours && matches!(&ending[..], "nir" | "json" | "pt" | "pth" | "npz" | "safetensors"))
}

/// Whether a file is a checkpoint of ours, be it damaged: what is wrong with it is then said of a checkpoint.
fn is_checkpoint(file: &Path) -> bool {
    // The length of the header, and its first entry.
    const HEAD: &[u8] = br#"{"__metadata__":{"rheobase""#;
    let mut head = [0; 8 + HEAD.len()];
    let begins = fs::File::open(file).and_then(|mut f| f.read_exact(&mut head)).is_ok();
    (begins && head.ends_with(HEAD)) || rheobase::learn::Checkpoint::read(file).is_ok()
}

/// A report in lines: what is not exact one by one, what is exact as a number.
pub(crate) fn report_text(report: &Report) -> String {
    let mut out = match &report.because[..] {
        "" => format!("read as {}\n", report.dialect),
        because => format!("{}: {because}\n", report.dialect),
    };
    let mut table = Table::new(&["NODE", "PARAMETER", "FATE", "HOW"]);
    for e in report.entries.iter().filter(|e| e.fate > Fate::Exact) {
        table.row([e.node.clone(), e.parameter.clone(), e.fate.word().into(), e.how.clone()]);
    }
    if report.worst() > Fate::Exact {
        out += &table.render(terminal::width());
    }
    out + &report.summary() + "\n"
}
