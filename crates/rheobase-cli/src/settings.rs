//! `rheobase settings`: the reference of all keys of a training's file.

use clap::Args;
use rheobase::learn::TrainConfig;

use crate::failure::{Failure, Outcome};
use crate::terminal;

/// Explain the keys of a file of settings
#[derive(Args)]
#[command(after_help = "Examples:
  rheobase settings                       all of it
  rheobase settings optimise              a table, and those within
  rheobase settings train.epochs          the table that has this key
  rheobase settings --defaults > job.toml the default job, every key written out")]
pub(crate) struct Settings {
    /// A table or a key, such as data.source or learning_rate
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// Print the default job as TOML instead
    #[arg(long, conflicts_with = "key")]
    defaults: bool,
}

impl Settings {
    pub(crate) fn run(self) -> Outcome<()> {
        if self.defaults {
            return terminal::print(&TrainConfig::digits().to_toml()?);
        }
        match &self.key {
            Some(key) => terminal::print(&TrainConfig::reference(key)?),
            None => terminal::print(TrainConfig::REFERENCE),
        }
    }
}

/// An error in settings, and where their keys are explained.
pub(crate) fn explained(error: rheobase::Error) -> Failure {
    let said = error.to_string();
    let end = if said.ends_with('?') { "" } else { ";" };
    Failure::bad(format!("{said}{end} `rheobase settings` explains every key"))
}
