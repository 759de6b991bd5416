//! The command as a user runs it: every subcommand, bad input, files, and the same bytes however it is run.

#![allow(clippy::disallowed_methods, reason = "what tests compare with")]

mod analyse;
mod as_spikes;
mod bad_input;
mod checkpoints;
mod controls;
mod counting;
mod curve;
mod exchange;
mod habits;
mod limits;
mod models;
mod phase;
mod pictures;
mod recordings;
mod resume;
mod run_owner;
mod same_bytes;
mod signals;
mod simulate;
mod stages;
mod sweep;
mod train;
mod verify;
mod warnings;

use std::path::Path;
use std::process::{Command, Output};

/// What a run of the command gave.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// The command in `folder` with these arguments.
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rheobase"));
    command.current_dir(folder).args(args).env_remove("RHEOBASE_SIMD");
    command
}

fn finish(mut command: Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ran = Ran { code: status.code(), out: text(stdout), err: text(stderr) };
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    ran
}

fn run_in(folder: &Path, args: &[&str]) -> Ran {
    finish(command(folder, args))
}

/// A run that must succeed; gives back its standard output.
fn ok(folder: &Path, args: &[&str]) -> String {
    let ran = run_in(folder, args);
    assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.err);
    ran.out
}

/// A run that must succeed and print JSON.
fn json(folder: &Path, args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&ok(folder, args)).unwrap()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Names of all models.
fn all_models() -> Vec<String> {
    rheobase::Catalog::standard().models().iter().map(|m| m.info().name.to_string()).collect()
}

#[test]
fn alone_it_says_what_to_try_first_and_what_it_says_works() {
    let folder = tempfile::tempdir().unwrap();
    let text = ok(folder.path(), &[]);
    let examples: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  rheobase "))
        .map(|line| line.split("  ").next().unwrap_or_default().split(' ').collect())
        .filter(|args: &Vec<&str>| !["train", "sweep", "compare", "verify"].contains(&args[0]))
        .collect();
    assert!(examples.len() >= 4, "{text}");
    examples.iter().for_each(|args| drop(ok(folder.path(), args)));
    assert_eq!(names_in(folder.path()), ["adex.svg", "curve.svg", "lif.svg", "raster.png", "spikes.npz"]);
}

#[test]
fn help_of_every_command_has_examples() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "train",
        "sweep",
        "compare",
        "eval",
        "from-relu",
        "to-rates",
        "predict",
        "inspect",
        "models",
        "simulate",
        "analyse",
        "plot",
        "report",
        "curve",
        "phase",
        "verify",
        "convert",
        "replay",
        "settings",
        "completions",
        "man",
    ] {
        let help = ok(folder.path(), &[name, "--help"]);
        assert!(help.contains("Examples:") && help.contains(&format!("rheobase {name}")), "{help}");
        examples_name_options_that_are_listed(name, &help);
        paragraphs_fill_their_lines(&help);
    }
}

/// Old names of options still work, but nobody is taught them.
fn examples_name_options_that_are_listed(name: &str, help: &str) {
    let listed: Vec<&str> =
        help.lines().filter(|l| l.starts_with(' ')).flat_map(str::split_whitespace).collect();
    let examples = help.lines().filter(|l| l.trim_start().starts_with(&format!("rheobase {name} ")));
    for word in examples.flat_map(str::split_whitespace).filter(|w| w.starts_with("--") && w.len() > 2) {
        let times = listed.iter().filter(|w| w.trim_end_matches(',') == word.trim_end_matches(',')).count();
        assert!(times > 1, "{word} is in an example alone: {help}");
    }
}

/// A paragraph that is broken by hand and again by the width of the page has short lines within.
fn paragraphs_fill_their_lines(help: &str) {
    let lines: Vec<&str> = help.lines().collect();
    let word = |line: &str| !line.is_empty() && !line.starts_with(' ');
    for pair in lines.windows(2).filter(|pair| pair.iter().all(|line| word(line))) {
        let next = pair[1].split(' ').next().map_or(0, str::len);
        let ends = pair[0].ends_with(['.', ':']);
        assert!(ends || pair[0].len() + 1 + next > 100, "broken early: {:?}", pair);
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_stops_is_no_error_and_a_full_disk_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut piped = command(folder.path(), &["models", "--surrogates"]);
    let mut child =
        piped.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let mut command = command(folder.path(), &["models"]);
        let status = command.stdout(full).output().unwrap().status;
        assert_eq!(status.code(), Some(2));
    }
}
