//! Signals: whichever asks a training to end, it saves and is resumed to the same bits.

#![cfg(unix)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::train::{last_lines, task};
use crate::{command, ok};

fn signal(child: &Child, name: &str) {
    let _ = Command::new("kill").args(["-s", name, &child.id().to_string()]).stderr(Stdio::null()).status();
}

/// A training in the background, without its output.
fn background(folder: &Path, args: &[&str]) -> Child {
    let command = command(folder, args);
    // As from a terminal, whatever signals the process that runs the tests ignores.
    let mut fresh = Command::new("env");
    fresh.arg("--default-signal=HUP,INT,TERM").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => fresh.env(name, value),
            None => fresh.env_remove(name),
        };
    }
    fresh.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn wait_for(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "{} does not appear", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn every_signal_that_ends_a_training_saves_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    let whole = ok(place, &["train", "job.toml", "--out", "whole", "--set", "train.epochs=150"]);
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        // Without checkpoints in between: what is there afterwards was saved because of the signal.
        let args = ["train", "job.toml", "--out", name, "--set", "train.epochs=150"];
        let mut child = background(place, &[&args[..], &["--set", "train.checkpoint_every=0"]].concat());
        wait_for(&place.join(name).join("config.toml"));
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, name);
        if name == "HUP" {
            // A closing terminal sends it more than once.
            signal(&child, name);
        }
        assert_eq!(child.wait().unwrap().code(), Some(code), "{name}");
        assert!(place.join(name).join("checkpoint.safetensors").exists(), "{name}");
        assert!(!place.join(name).join("report.json").exists(), "{name}: it had ended before");
        let out = ok(place, &["train", "--resume", "--out", name]);
        assert_eq!(last_lines(&out), last_lines(&whole), "{name}");
    }
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    // A batch that takes many seconds, after which the first would be heeded.
    let long = ["--set", "data.steps=100000", "--set", "train.batch=90"];
    let mut child = background(place, &[&["train", "job.toml", "--out", "run"][..], &long].concat());
    wait_for(&place.join("run/config.toml"));
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "the first ended it");
    let start = Instant::now();
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(!place.join("run/checkpoint.safetensors").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_training_under_nohup_outlives_its_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    let train = format!(
        "trap '' HUP; exec '{}' train job.toml --out run --set train.epochs=60",
        env!("CARGO_BIN_EXE_rheobase")
    );
    let mut shell = Command::new("sh");
    shell.current_dir(place).args(["-c", &train]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = shell.spawn().unwrap();
    wait_for(&place.join("run/checkpoint.safetensors"));
    signal(&child, "HUP");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(place.join("run/report.json").exists());
}
