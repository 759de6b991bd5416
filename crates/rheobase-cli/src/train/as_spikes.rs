//! `rheobase eval --as spikes`: a network that was trained as rates, run as spikes, with what that costs.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rheobase::data::Dataset;
use rheobase::draw::short;
use rheobase::learn::config::Source;
use rheobase::learn::{Conversion, Presentation, Scaling, Trained, splits};
use rheobase::network::{Synapse, SynapseShape};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::terminal;
use crate::text::Table;
use crate::train::conversion_pictures;

/// What layers that were trained as rates are run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RunAs {
    /// As they were trained
    Rates,
    /// As spikes
    Spikes,
}

/// How a network of rates is run as spikes.
#[derive(Args)]
pub(crate) struct AsSpikes {
    /// What layers that were trained with `as = "rate"` are run as
    #[arg(long = "as", value_name = "WHAT", value_enum, default_value = "rates")]
    run_as: RunAs,
    /// Steps that a sample is shown as spikes
    #[arg(long, value_name = "N", default_value_t = 200)]
    steps: usize,
    /// Step from which on the output is averaged [default: two fifths of --steps]
    #[arg(long, value_name = "N")]
    from: Option<usize>,
    /// Low-pass filter behind every layer of spikes: exponential:SECONDS, alpha:SECONDS, or none
    #[arg(long, value_name = "SYNAPSE", default_value = "exponential:0.005", value_parser = synapse)]
    synapse: Filter,
    /// Low-pass filter of the output, of which the last value is the answer then
    #[arg(long, value_name = "SYNAPSE", default_value = "none", value_parser = synapse)]
    output_synapse: Filter,
    /// Factor on all rates; outputs are divided by it
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    scale_firing_rates: Option<f64>,
    /// Scale each layer so that this percentile of its activities in training comes to --rate
    #[arg(long, value_name = "P", conflicts_with = "scale_firing_rates", allow_negative_numbers = true)]
    percentile: Option<f64>,
    /// The rate of --percentile in Hz
    #[arg(long, value_name = "HZ", default_value_t = 200.0, allow_negative_numbers = true, value_parser = crate::units::hertz)]
    rate: f64,
    /// Where potentials begin: 0 at rest, below 1 at this share of the way to threshold
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, allow_negative_numbers = true)]
    initial_potential: f64,
    /// Draw accuracy over presentation time, spikes and operations into this folder
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
}

/// A synapse, or none.
type Filter = Option<Synapse>;

fn synapse(text: &str) -> Result<Filter, String> {
    if text == "none" {
        return Ok(None);
    }
    let wrong = || format!("`{text}` is not a synapse: write exponential:SECONDS, alpha:SECONDS, or none");
    let (shape, tau) = text.split_once(':').ok_or_else(wrong)?;
    let shape = match shape {
        "exponential" => SynapseShape::Exponential,
        "alpha" => SynapseShape::Alpha,
        _ => return Err(wrong()),
    };
    let tau: f64 = tau.trim().parse().map_err(|_| wrong())?;
    match tau > 0.0 && tau.is_finite() {
        true => Ok(Some(Synapse { shape, tau })),
        false => Err(format!(
            "`{text}`: the time constant must be finite and above 0 seconds; write none for no synapse"
        )),
    }
}

impl AsSpikes {
    /// How the network is to be run, if as spikes.
    pub(crate) fn presentation(&self, trained: &Trained) -> Outcome<Option<Presentation>> {
        if self.run_as == RunAs::Rates {
            return Ok(None);
        }
        let scaling = match (self.scale_firing_rates, self.percentile) {
            (Some(factor), _) => Scaling::By(factor),
            (None, Some(percentile)) => Scaling::Percentile { percentile, rate: self.rate },
            (None, None) => Scaling::None,
        };
        let presentation = Presentation {
            steps: self.steps,
            from: self.from.unwrap_or(2 * self.steps / 5),
            synapse: self.synapse,
            output_synapse: self.output_synapse,
            scaling,
            initial_potential: self.initial_potential,
        };
        presentation.check()?;
        for warning in presentation.warnings(trained.network().dt) {
            terminal::warn(&format!("warning: {warning}"));
        }
        Ok(Some(presentation))
    }

    /// Runs the network and says what came of it.
    pub(crate) fn show(
        &self,
        trained: &Trained,
        checkpoint: &Path,
        presentation: &Presentation,
        data: &Dataset,
        format: Format,
    ) -> Outcome<()> {
        let calibration = match (presentation.scaling, &trained.config().data.source) {
            (Scaling::Percentile { .. }, Source::Given) => {
                terminal::warn(
                    "note: the samples it was trained on are not known here: percentiles are taken of those it is tested with",
                );
                Some(data.clone())
            }
            (Scaling::Percentile { .. }, _) => Some(splits(trained.config())?.train),
            _ => None,
        };
        let found = trained.as_spikes(presentation, calibration.as_ref(), data)?;
        let drawn = match &self.pictures {
            Some(folder) => {
                std::fs::create_dir_all(folder).map_err(|e| {
                    Failure::bad(format!("--pictures {}: cannot be made: {e}", folder.display()))
                })?;
                conversion_pictures::draw(&found, folder)?
            }
            None => Vec::new(),
        };
        let share = |n: usize| n as f64 / found.samples as f64;
        let all = json!({
            "checkpoint": checkpoint,
            "data": data.name(),
            "samples": found.samples,
            "accuracy": {
                "as_trained": share(found.as_trained),
                "as_rates": share(found.as_rates),
                "predicted": found.predicted,
                "as_spikes": share(found.as_spikes),
            },
            "loss": { "predicted": found.predicted_loss(), "measured": found.loss() },
            "course": found.moments,
            "settled": found.settled,
            "layers": found.layers,
            "predictions": found.predictions,
            "pictures": drawn,
        });
        format.print_part(&all, |all| all["layers"].clone(), || text(&found, presentation, data, &drawn))
    }
}

/// The result for reading.
fn text(found: &Conversion, presentation: &Presentation, data: &Dataset, drawn: &[String]) -> String {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let share = |n: usize| format!("{} ({n}/{})", percent(n as f64 / found.samples as f64), found.samples);
    let points = |loss: f64| format!("{:.2} points", 100.0 * loss);
    let milliseconds = |steps: usize| format!("{steps} steps ({} ms)", short(steps as f64 * found.dt * 1e3));
    let mut table = Table::bare();
    table.row(["data".into(), format!("{}, {} samples", data.name(), found.samples)]);
    table.row([
        "shown for".into(),
        format!("{}, read from step {} on", milliseconds(presentation.steps), presentation.from),
    ]);
    table.row(["as trained".into(), share(found.as_trained)]);
    table.row(["as rates".into(), format!("{}: the same curves, not smoothed", share(found.as_rates))]);
    table.row(["as spikes".into(), share(found.as_spikes)]);
    table.row([
        "predicted loss".into(),
        format!("{} (accuracy {})", points(found.predicted_loss()), percent(found.predicted)),
    ]);
    table.row(["measured loss".into(), points(found.loss())]);
    let [half, most] = found.settled;
    table.row(["answers settle".into(), format!("half of them by step {half}, 95 % by step {most}")]);
    if let Some(last) = found.moments.last() {
        let cost = format!(
            "{} spikes, {} synaptic operations per sample",
            short(last.spikes),
            short(last.operations)
        );
        table.row(["cost".into(), cost]);
    }
    if !drawn.is_empty() {
        table.row(["pictures".into(), drawn.join(", ")]);
    }
    let mut layers =
        Table::new(&["LAYER", "MEAN RATE", "MEAN ERROR", "LARGEST", "SILENT", "SATURATED", "SCALE"]);
    for l in &found.layers {
        layers.cells(vec![
            l.layer.clone(),
            format!("{:.1} Hz", l.rate),
            format!("{:.2} Hz", l.mean_error),
            format!("{:.1} Hz", l.largest_error),
            format!("{:.1} %", 100.0 * l.silent),
            format!("{:.1} %", 100.0 * l.saturated),
            short(l.scale),
        ]);
    }
    let width = terminal::width();
    format!(
        "{}\n{}\nloss from rates to spikes {}\n",
        table.render(width),
        layers.render(width),
        points(found.loss())
    )
}
