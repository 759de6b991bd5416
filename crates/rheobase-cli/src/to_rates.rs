//! `rheobase to-rates`: a spiking network's layers measured and fitted by rate curves.

use std::path::PathBuf;

use clap::Args;
use rheobase::data::Dataset;
use rheobase::learn::{FittedLayer, Trained, splits};
use serde_json::json;

use crate::failure::Outcome;
use crate::format::Format;
use crate::terminal;
use crate::text::{Table, short};
use crate::train::run_folder::{CHECKPOINT, CONFIG, RunFolder, checkpoint_of, read_trained};
use crate::train::samples_file::SamplesFile;

/// Make a spiking network one of rates, with the error of each layer
#[derive(Args)]
#[command(
    after_help = "Every layer is measured on training samples: mean input and rate of each neuron from two fifths of the \
sample on. The smoothed curve of the LIF neuron is fitted to them. The folder is then one of a run: eval, predict and \
inspect take it.

Examples:
  rheobase to-rates runs/digits-0 -o runs/digits-0-rates"
)]
pub(crate) struct ToRates {
    /// Folder of a run, or a checkpoint
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Folder to write
    #[arg(short, long, value_name = "DIR", alias = "out")]
    output: PathBuf,
    #[command(flatten)]
    samples: SamplesFile,
    /// Replace what is in the folder
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    format: Format,
}

impl ToRates {
    pub(crate) fn run(self) -> Outcome<()> {
        let trained = read_trained(&checkpoint_of(&self.run)?, 0)?;
        let (measured, tested) = match self.samples.read(&trained)? {
            Some(data) => (data.clone(), data),
            None => {
                let parts = splits(trained.config())?;
                (parts.train, parts.test)
            }
        };
        let found = trained.fitted_rates(&measured)?;
        let mut folder = RunFolder::new(self.output.clone());
        folder.own_if_run()?;
        folder.check_free(self.force)?;
        folder.start(self.force)?;
        found.checkpoint.write(&folder.file(CHECKPOINT))?;
        let rates = Trained::read(&folder.file(CHECKPOINT), 0)?;
        rates.config().write(folder.file(CONFIG))?;
        let accuracy = match tested.labels().is_empty() {
            true => None,
            false => Some([share(&trained, &tested)?, share(&rates, &tested)?]),
        };
        let all = json!({
            "folder": self.output,
            "layers": found.layers,
            "accuracy": accuracy.map(|[spikes, rates]| json!({ "as_spikes": spikes, "as_rates": rates })),
        });
        self.format.print_part(
            &all,
            |all| all["layers"].clone(),
            || {
                let mut out = layers(&found.layers).render(terminal::width());
                out += &format!("\nwrote {}: {CHECKPOINT}, {CONFIG}\n", self.output.display());
                if let Some([spikes, rates]) = accuracy.map(|both| both.map(|share| 100.0 * share)) {
                    out += &format!("accuracy {spikes:.2} % as spikes, {rates:.2} % as rates\n");
                }
                out
            },
        )
    }
}

/// The share of samples that a network classifies right.
fn share(trained: &Trained, tested: &Dataset) -> Outcome<f64> {
    Ok(trained.outcome(tested)?.correct as f64 / tested.samples() as f64)
}

fn layers(all: &[FittedLayer]) -> Table {
    let mut table = Table::new(&["LAYER", "THRESHOLD", "TAU_M", "T_REF", "SIGMA", "MEAN RATE", "RMS ERROR"]);
    for l in all {
        table.cells(vec![
            l.layer.clone(),
            short(l.threshold),
            format!("{} s", short(l.tau_m)),
            format!("{} s", short(l.t_ref)),
            short(l.sigma),
            format!("{:.1} Hz", l.rate),
            format!("{:.2} Hz", l.error),
        ]);
    }
    table
}
