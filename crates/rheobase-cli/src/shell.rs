//! `rheobase completions` and `rheobase man`: what a shell and a reader of manuals need.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::failure::{Failure, Outcome};
use crate::terminal;

/// Print a script that completes commands and options in a shell
#[derive(Args)]
#[command(after_help = "Examples:
  rheobase completions bash > ~/.local/share/bash-completion/completions/rheobase
  rheobase completions zsh > ~/.zfunc/_rheobase
  rheobase completions fish > ~/.config/fish/completions/rheobase.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> Outcome<()> {
        let mut script = Vec::new();
        generate(self.shell, &mut crate::Command::command(), "rheobase", &mut script);
        terminal::print(&String::from_utf8_lossy(&script))
    }
}

/// Write a manual page for every command
#[derive(Args)]
#[command(after_help = "Examples:
  rheobase man ~/.local/share/man/man1
  man rheobase-simulate")]
pub(crate) struct Man {
    /// Folder of the pages
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(&self) -> Outcome<()> {
        let place = self.folder.display();
        std::fs::create_dir_all(&self.folder)
            .map_err(|e| Failure::bad(format!("{place}: cannot be made: {e}")))?;
        clap_mangen::generate_to(crate::Command::command().disable_help_subcommand(true), &self.folder)
            .map_err(|e| Failure::bad(format!("{place}: cannot be written: {e}")))?;
        terminal::say(&format!("wrote a page for every command into {place}\n"))
    }
}
