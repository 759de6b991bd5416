//! `rheobase to-rates`: a spiking network's layers measured and fitted by rate curves.

use std::path::PathBuf;

use clap::Args;
use rheobase::learn::{Trained, splits};

use crate::failure::Outcome;
use crate::terminal;
use crate::text::{Table, short};
use crate::train::run_folder::{CHECKPOINT, CONFIG, RunFolder, checkpoint_of, read_trained};
use crate::train::samples_file::SamplesFile;

/// Make a spiking network one of rates, with the error of each layer
#[derive(Args)]
#[command(
    after_help = "Every layer is measured on training samples: mean input and rate of each neuron from two fifths of the
sample on. The smoothed curve of the LIF neuron is fitted to them. The folder is then one of a run: eval, predict and
inspect take it.

Examples:
  rheobase to-rates runs/digits-0 --out runs/digits-0-rates"
)]
pub(crate) struct ToRates {
    /// Folder of a run, or a checkpoint
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    samples: SamplesFile,
    /// Replace what is in the folder
    #[arg(long)]
    force: bool,
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
        let mut folder = RunFolder::new(self.out.clone());
        folder.own_if_run()?;
        folder.check_free(self.force)?;
        folder.start(self.force)?;
        found.checkpoint.write(&folder.file(CHECKPOINT))?;
        let rates = Trained::read(&folder.file(CHECKPOINT), 0)?;
        rates.config().write(folder.file(CONFIG))?;
        let mut layers =
            Table::new(&["LAYER", "THRESHOLD", "TAU_M", "T_REF", "SIGMA", "MEAN RATE", "RMS ERROR"]);
        for l in &found.layers {
            layers.cells(vec![
                l.layer.clone(),
                short(l.threshold),
                format!("{} s", short(l.tau_m)),
                format!("{} s", short(l.t_ref)),
                short(l.sigma),
                format!("{:.1} Hz", l.rate),
                format!("{:.2} Hz", l.error),
            ]);
        }
        let mut out = layers.render(terminal::width());
        out += &format!("\nwrote {}: {CHECKPOINT}, {CONFIG}\n", self.out.display());
        if !tested.labels().is_empty() {
            let share = |trained: &Trained| -> Outcome<f64> {
                Ok(100.0 * trained.outcome(&tested)?.correct as f64 / tested.samples() as f64)
            };
            out +=
                &format!("accuracy {:.2} % as spikes, {:.2} % as rates\n", share(&trained)?, share(&rates)?);
        }
        terminal::print(&out)
    }
}
