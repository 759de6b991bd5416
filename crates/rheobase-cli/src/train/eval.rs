//! `rheobase eval`: how well a trained network does on test samples.

use std::path::PathBuf;

use clap::Args;
use rheobase::data::Dataset;
use rheobase::learn::{Trained, splits};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::terminal;
use crate::text::Table;
use crate::train::as_spikes::AsSpikes;
use crate::train::report::{Scores, confusion, warnings_json};
use crate::train::run_folder::{checkpoint_of, read_trained};
use crate::train::samples_file::SamplesFile;

/// Test a trained network
#[derive(Args)]
#[command(after_help = "Without --data the test part of the job's own data is taken.

Examples:
  rheobase eval runs/digits-0
  rheobase eval runs/digits-rates-0 --as spikes                 a network of rates, run as spikes
  rheobase eval runs/digits-rates-0 --as spikes --steps 50 --synapse alpha:0.003 --pictures pictures
  rheobase eval runs/digits-0/checkpoint.safetensors --data others.npz --json")]
pub(crate) struct Eval {
    /// Folder of a run, or a checkpoint
    #[arg(value_name = "RUN")]
    run: PathBuf,
    #[command(flatten)]
    samples: SamplesFile,
    #[command(flatten)]
    as_spikes: AsSpikes,
    /// Threads [default: all cores]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = crate::arguments::threads)]
    threads: Option<usize>,
    #[command(flatten)]
    format: Format,
}

impl Eval {
    pub(crate) fn run(self) -> Outcome<()> {
        let path = checkpoint_of(&self.run)?;
        let trained = read_trained(&path, self.threads.unwrap_or(0))?;
        let data = self.data(&trained)?;
        if data.labels().is_empty() {
            let name = data.name();
            return Err(Failure::bad(format!(
                "{name}: has no labels to test with; `rheobase predict` needs none"
            )));
        }
        if let Some(presentation) = self.as_spikes.presentation(&trained)? {
            return self.as_spikes.show(&trained, &path, &presentation, &data, self.format);
        }
        let mut warnings = trained.warnings(&data)?;
        let tested = trained.outcome(&data)?;
        let scores = Scores::new(trained.program(), &tested, data.samples());
        let fingerprint = trained.fingerprint()?;
        warnings.extend(tested.warnings(trained.program(), "the test"));
        warnings.iter().for_each(|w| terminal::warn(&format!("warning: {w}")));
        let classes: usize = trained.program().output_shape().iter().product();
        let matrix = confusion(&data, &tested, classes);
        let all = json!({
            "checkpoint": path,
            "data": data.name(),
            "test": scores.json(),
            "confusion": matrix.chunks(classes.max(1)).collect::<Vec<_>>(),
            "fingerprint": fingerprint,
            "warnings": warnings_json(&warnings),
        });
        self.format.print_part(
            &all,
            |all| all["test"].clone(),
            || {
                let mut table = Table::bare();
                table.row(["data".into(), format!("{}, {} samples", data.name(), data.samples())]);
                scores.rows(&mut table);
                let table = table.render(terminal::width());
                format!("{table}\nfingerprint {fingerprint}\n{}\n", scores.line())
            },
        )
    }

    fn data(&self, trained: &Trained) -> Outcome<Dataset> {
        match self.samples.read(trained)? {
            Some(data) => Ok(data),
            None => Ok(splits(trained.config())?.test),
        }
    }
}
