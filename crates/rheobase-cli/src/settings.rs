//! `rheobase settings`: the reference of all keys of a training's file.

use clap::Args;
use rheobase::learn::TrainConfig;

use crate::failure::{Failure, Outcome};
use crate::format::Format;

/// Explain the keys of a file of settings
#[derive(Args)]
#[command(after_help = "Examples:
  rheobase settings                       all of it
  rheobase settings optimise              a table, and those within
  rheobase settings train.epochs          the table that has this key
  rheobase settings --csv                 a line per key: table, of, key, meaning, value
  rheobase settings --defaults > job.toml the default job, every key written out")]
pub(crate) struct Settings {
    /// A table or a key, such as data.source or learning_rate
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// Print the default job instead: as TOML, or as --json or --csv say
    #[arg(long, conflicts_with = "key")]
    defaults: bool,
    #[command(flatten)]
    format: Format,
}

impl Settings {
    pub(crate) fn run(self) -> Outcome<()> {
        if self.defaults {
            let job = TrainConfig::digits();
            let text = job.to_toml()?;
            return self.format.print(&job, || text);
        }
        let key = self.key.as_deref();
        let text = key.map_or_else(|| Ok(TrainConfig::REFERENCE.into()), TrainConfig::reference)?;
        self.format.print(&TrainConfig::keys(key)?, || text)
    }
}

/// An error in settings, and where their keys are explained.
pub(crate) fn explained(error: rheobase::Error) -> Failure {
    let said = error.to_string();
    let end = if said.ends_with('?') { "" } else { ";" };
    let explains = match error {
        rheobase::Error::Unknown { kind: "model", .. } => "`rheobase models` lists all models",
        rheobase::Error::Unknown { kind: "surrogate", .. } => {
            "`rheobase models --surrogates` lists all surrogates"
        }
        rheobase::Error::Unknown { kind: "parameter" | "state field", .. } => {
            "`rheobase models MODEL` lists what a model has"
        }
        _ => "`rheobase settings` explains every key",
    };
    Failure::bad(format!("{said}{end} {explains}"))
}

/// As [`explained`], of what arises where a job is made: files of samples, and what they hold, are no keys.
pub(crate) fn explained_of_job(error: rheobase::Error) -> Failure {
    match error {
        rheobase::Error::Value { .. }
        | rheobase::Error::Unknown { .. }
        | rheobase::Error::Unsupported { .. } => explained(error),
        other => other.into(),
    }
}
