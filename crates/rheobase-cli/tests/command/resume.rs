//! What a run is resumed with: settings that differ are named, and taken only where they may change.

use std::fs;
use std::path::Path;

use crate::train::{last_lines, task};
use crate::{ok, run_in};

/// A run of 3 epochs in `run`, stopped for good.
fn trained(folder: &Path) {
    task(folder);
    ok(folder, &["train", "job.toml", "--out", "run"]);
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Resuming is refused, names all of `says`, and leaves the checkpoint as it is.
fn refused(folder: &Path, args: &[&str], says: &[&str]) {
    let checkpoint = folder.join("run/checkpoint.safetensors");
    let before = fs::read(&checkpoint).unwrap();
    let ran = run_in(folder, &[&["train", "--resume", "--out", "run"], args].concat());
    assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{args:?}: {}", ran.err);
    assert!(says.iter().all(|s| ran.err.contains(s)), "{args:?}: {says:?}: {}", ran.err);
    assert_eq!(fs::read(&checkpoint).unwrap(), before);
}

#[test]
fn another_file_of_settings_is_compared_key_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    trained(place);
    fs::copy(place.join("job.toml"), place.join("other.toml")).unwrap();
    edit(&place.join("other.toml"), "batch = 8", "batch = 9\nseed = 4");
    edit(&place.join("other.toml"), "epochs = 3", "epochs = 5");
    edit(&place.join("other.toml"), "steps = 6", "steps = 7");
    let says = ["other.toml: ", "data.steps = 7 (it was 6)", "train.batch = 9 (it was 8)"];
    refused(place, &["other.toml"], &says);
    refused(place, &["other.toml"], &["train.seed = 4 (it was 0)", "start a new one"]);
    refused(place, &["--set", "loss.smoothing=0.2"], &["the command line: ", "loss.smoothing = 0.2"]);

    // What may change is named and taken: the same bits as a run that was to be as long from the start.
    fs::copy(place.join("job.toml"), place.join("longer.toml")).unwrap();
    edit(&place.join("longer.toml"), "epochs = 3", "epochs = 5");
    let ran = run_in(place, &["train", "longer.toml", "--resume", "--out", "run"]);
    assert!(ran.err.contains("note: goes on with train.epochs = 5 (it was 3)"), "{}", ran.err);
    let whole = ok(place, &["train", "longer.toml", "--out", "whole"]);
    assert_eq!(last_lines(&ran.out), last_lines(&whole));
    let files = ["run", "whole"].map(|run| fs::read(place.join(run).join("checkpoint.safetensors")).unwrap());
    assert!(files[0] == files[1]);
}

#[test]
fn edited_settings_in_the_folder_are_compared_too() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    trained(place);
    let settings = place.join("run/config.toml");
    let right = fs::read_to_string(&settings).unwrap();
    edit(&settings, "learning_rate = 0.005", "learning_rate = 0.001");
    edit(&settings, "gain = 1.0", "gain = 2.0");
    let says = ["run/config.toml: ", "encode.gain = 2.0 (it was 1.0)"];
    refused(place, &[], &says);
    refused(place, &["job.toml"], &says);
    fs::write(&settings, "[train]\nepoch = 1\n").unwrap();
    refused(place, &[], &["run/config.toml, line 2", "did you mean `epochs`?"]);

    fs::write(&settings, right).unwrap();
    edit(&settings, "learning_rate = 0.005", "learning_rate = 0.001");
    edit(&settings, "epochs = 3", "epochs = 4");
    let ran = run_in(place, &["train", "--resume", "--out", "run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for says in ["optimise.learning_rate = 0.001 (it was 0.005)", "train.epochs = 4 (it was 3)"] {
        assert!(ran.err.contains(says), "{}", ran.err);
    }
    let metrics = fs::read_to_string(place.join("run/metrics.csv")).unwrap();
    assert_eq!(metrics.lines().count(), 5);
    // Taken once, it is the run's own.
    let ran = run_in(place, &["train", "--resume", "--out", "run"]);
    assert!(ran.code == Some(0) && !ran.err.contains("goes on with"), "{}", ran.err);
}

#[test]
fn data_may_lie_elsewhere_but_must_be_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    trained(place);
    fs::create_dir(place.join("elsewhere")).unwrap();
    fs::rename(place.join("task.csv"), place.join("elsewhere/task.csv")).unwrap();
    refused(place, &[], &["task.csv"]);
    let moved = ["--set", "data.source.csv.train=elsewhere/task.csv", "--set", "train.epochs=4"];
    let ran = run_in(place, &[&["train", "--resume", "--out", "run"][..], &moved].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("goes on with data.source.csv.train = "), "{}", ran.err);
    edit(&place.join("elsewhere/task.csv"), "1.5", "1.4");
    refused(place, &["--set", "train.epochs=6"], &["trained on other data", "bring the samples back"]);
}

#[test]
fn patience_decides_anew_when_a_run_ends() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    // No epoch is better by that much than the first.
    let stopping = "train.early_stopping={ patience = 2, minimum_delta = 1e9 }";
    let args = ["--set", "data.validation=0.2", "--set", stopping, "--set", "train.epochs=8"];
    ok(place, &[&["train", "job.toml", "--out", "run"][..], &args].concat());
    let epochs = || fs::read_to_string(place.join("run/metrics.csv")).unwrap().lines().count() - 1;
    assert_eq!(epochs(), 3);
    ok(place, &["train", "--resume", "--out", "run"]);
    assert_eq!(epochs(), 3);
    ok(place, &["train", "--resume", "--out", "run", "--set", "train.early_stopping.patience=4"]);
    assert_eq!(epochs(), 5);
    refused(place, &["--set", "train.early_stopping.minimum_delta=0"], &["minimum_delta = 0.0 (it was 10"]);
}
