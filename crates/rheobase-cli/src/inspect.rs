//! `rheobase inspect`: what a network consists of, as a table.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use rheobase::learn::{Protection, TrainConfig, splits};
use rheobase::network::{Network, Table as Parts, outline, table};
use serde_json::{Value, json};

use crate::analyse::recording::file_part;
use crate::exchange::{self, From};
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::inspect_data;
use crate::terminal;
use crate::text::{Table, grouped, short};
use crate::train::run_folder::{REPORT, checkpoint_of, read_trained};

/// Show what is in a file: a network's layers, or a recording or data set
#[derive(Args)]
#[command(
    after_help = "FILE is a network (TOML), the settings of a job (TOML), a checkpoint, the folder of a run, a model of another \
framework (.nir, .json with --weights, .pt or .safetensors with --network), for which it says what became of every parameter, or a \
recording or a data set of any kind that is read (docs/formats.md).

Examples:
  rheobase inspect examples/digits-recurrent.toml
  rheobase inspect runs/digits-0
  rheobase inspect spikes.mat
  rheobase inspect model.nir --from norse"
)]
pub(crate) struct Inspect {
    /// Network, settings, checkpoint, folder of a run, recording, or data set
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    from: From,
}

/// Whether a path is that of a recording or of samples, not of a network or a run.
fn is_data(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    if matches!(&ending[..], "toml" | "safetensors") {
        return false;
    }
    match path.is_dir() {
        true => checkpoint_of(path).is_err(),
        false => path.is_file(),
    }
}

/// What is known of a network.
struct NetworkSummary {
    parts: Parts,
    /// Rates in the test of the run, by node.
    rates: serde_json::Map<String, Value>,
    fingerprint: Option<String>,
    epochs: Option<usize>,
    /// Layers that learned in stages: name, epochs, and how far their weights are from their bounds.
    stages: Vec<(String, usize, Option<f64>)>,
    /// Whether every byte of the checkpoint is protected.
    protected: Option<bool>,
}

impl Inspect {
    pub(crate) fn run(self) -> Outcome<()> {
        let part = file_part(&self.file.to_string_lossy());
        // Weights alone need a network; what stands alone in such a file is data.
        let arrays = part.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npz"));
        if exchange::is_foreign(&self.file, &self.from) && (self.from.is_said() || !arrays) {
            return self.foreign();
        }
        if is_data(&part.path) {
            return inspect_data::run(&part, self.format);
        }
        let file = checkpoint_of(&self.file)?;
        let toml = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
        let found = if toml { described(&file)? } else { trained(&file)? };
        let stages = found.stages.iter().map(|(layer, epochs, convergence)| {
            json!({ "layer": layer, "epochs": epochs, "convergence": convergence })
        });
        let all = json!({
            "file": file,
            "network": found.parts,
            "rates": found.rates,
            "epochs": found.epochs,
            "stages": stages.collect::<Vec<_>>(),
            "fingerprint": found.fingerprint,
            "protected": found.protected,
        });
        self.format.print_part(&all, |all| all["network"]["nodes"].clone(), || text(&found))
    }
}

impl Inspect {
    /// A model of another framework: what it becomes here, and what became of every parameter.
    fn foreign(self) -> Outcome<()> {
        let reading = self.from.read(&self.file)?;
        let parts = reading.model().ok().map(|model| outline(&model.network)).transpose()?;
        let all = json!({ "file": self.file, "network": parts, "report": reading.report });
        self.format.print_part(
            &all,
            |all| all["report"]["entries"].clone(),
            || {
                let network = parts.map_or(String::new(), |parts| text(&found(parts)) + "\n");
                network + &exchange::report_text(&reading.report)
            },
        )
    }
}

/// The network of a TOML file, of which nothing is made: settings of a job have their nodes within `[network]`, or none.
fn described(path: &Path) -> Outcome<NetworkSummary> {
    let network = match TrainConfig::read(path) {
        Ok(config) => config.network(splits(&config)?.train.shape())?,
        Err(of_config) => match Network::read(path) {
            Ok(network) if network.input.is_empty() => {
                let what = "`input` is missing: without it no shape is known; add the shape of a sample, such as [64]";
                return Err(Failure::bad(format!("{}: {what}", path.display())));
            }
            Ok(network) => network,
            Err(of_network) => return Err(closer(path, of_config, of_network)),
        },
    };
    Ok(found(outline(&network)?))
}

/// Of two errors, that of the kind of file it seems to be.
fn closer(path: &Path, of_config: rheobase::Error, of_network: rheobase::Error) -> Failure {
    let text = fs::read_to_string(path).unwrap_or_default();
    let network =
        text.lines().any(|l| l.trim_start().starts_with("[[node]]") || l.trim_start().starts_with("node"));
    if network { of_network.into() } else { of_config.into() }
}

fn found(parts: Parts) -> NetworkSummary {
    NetworkSummary {
        parts,
        rates: Default::default(),
        fingerprint: None,
        epochs: None,
        stages: Vec::new(),
        protected: None,
    }
}

fn trained(path: &Path) -> Outcome<NetworkSummary> {
    let trained = read_trained(path, 1)?;
    let fingerprint = trained.fingerprint()?;
    let mut found = found(table(trained.program()));
    // The report beside a checkpoint counts only if it is of these weights.
    let report = path.parent().and_then(|folder| fs::read_to_string(folder.join(REPORT)).ok());
    let report = report.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    if let Some(report) = report.filter(|r| r["fingerprint"] == fingerprint.as_str())
        && let Some(rates) = report["test"]["rates"].as_object()
    {
        found.rates = rates.clone();
    }
    found.epochs = Some(trained.history().len());
    let stages = trained.stages();
    found.stages =
        stages.map(|(layer, done)| (layer.into(), done.len(), done.last().map(|e| e.convergence))).collect();
    found.protected = Some(trained.protection() == Protection::Whole);
    found.fingerprint = Some(fingerprint);
    Ok(found)
}

/// The network of a run as a table: heads, and a row per node.
pub(crate) fn layers(checkpoint: &Path) -> Outcome<(Vec<&'static str>, Vec<Vec<String>>)> {
    Ok(nodes(&trained(checkpoint)?))
}

/// Heads, and a row per node.
fn nodes(found: &NetworkSummary) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let parts = &found.parts;
    let shape = |shape: &[usize]| shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
    let mut heads = vec!["NODE", "KIND", "FROM", "SHAPE", "PARAMETERS"];
    let rated = !found.rates.is_empty();
    if rated {
        heads.push("RATE");
    }
    let mut rows = Vec::new();
    let mut add = |cells: [String; 5], rate: String| {
        rows.push(cells.into_iter().chain(rated.then_some(rate)).collect());
    };
    add(["input".into(), String::new(), String::new(), shape(&parts.input), String::new()], String::new());
    for node in &parts.nodes {
        let from: Vec<String> = node
            .inputs
            .iter()
            .map(|e| match e.delay {
                0 => e.node.clone(),
                1 => format!("{} (1 step ago)", e.node),
                d => format!("{} ({d} steps ago)", e.node),
            })
            .collect();
        let count = if node.parameters == 0 { String::new() } else { grouped(node.parameters as u64) };
        let rate = found.rates.get(&node.name).and_then(Value::as_f64);
        let rate = rate.map_or(String::new(), |r| format!("{:.2} %", 100.0 * r));
        add([node.name.clone(), node.what.clone(), from.join(", "), shape(&node.shape), count], rate);
    }
    (heads, rows)
}

fn text(found: &NetworkSummary) -> String {
    let parts = &found.parts;
    let rated = !found.rates.is_empty();
    let (heads, each) = nodes(found);
    let mut rows = Table::new(&heads);
    each.into_iter().for_each(|cells| rows.cells(cells));
    let mut lines = Table::bare();
    lines.row(["output".into(), parts.output.clone()]);
    lines.row(["parameters".into(), grouped(parts.parameters as u64)]);
    if parts.longest_delay > 0 {
        lines.row(["longest delay".into(), format!("{} steps", parts.longest_delay)]);
    }
    for (layer, epochs, convergence) in &found.stages {
        let far = convergence.map_or(String::new(), |c| format!(", w(1−w) {}", short(c)));
        lines.row(["learned first".into(), format!("{layer}: {epochs} epochs{far}")]);
    }
    if let Some(epochs) = found.epochs {
        lines.row(["trained".into(), format!("{epochs} epochs")]);
    }
    if rated {
        lines.row(["rates".into(), "share of neurons that spike in a step, in the test".into()]);
    }
    if let Some(fingerprint) = &found.fingerprint {
        lines.row(["fingerprint".into(), fingerprint.clone()]);
    }
    format!("{}\n{}", rows.render(usize::MAX), lines.render(terminal::width()))
}
