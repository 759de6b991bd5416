//! Controls of a training: run, tested and compared in the same command; and readouts that are computed.

use std::fs;
use std::path::Path;

use crate::{json, run_in};

/// A convolution of the digits that learns by STDP, with a readout that is computed from its spikes.
fn job(folder: &Path, more: &str) {
    let text = format!(
        r#"
[data]
steps = 10
[encode]
name = "intensity_to_latency"
[[network.node]]
name = "maps"
first_spike_conv = {{ outputs = 6, kernel = [3], padding = [1], threshold = 2.0, start = {{ around = {{ mean = 0.8, deviation = 0.05, within = [0.0, 1.0] }} }} }}
[[network.node]]
name = "pool"
pool = {{ of = "max", kernel = [2] }}
[[network.node]]
name = "more"
first_spike_conv = {{ outputs = 4, kernel = [3], padding = [1], threshold = 2.0, start = {{ around = {{ mean = 0.8, deviation = 0.05, within = [0.0, 1.0] }} }} }}
[[network.node]]
name = "flatten"
flatten = {{}}
[[network.node]]
name = "out"
linear = {{ outputs = 10 }}
[readout]
layer = "out"
by = "nearest"
[[stage]]
layer = "maps"
samples = 100
plasticity = {{ rule = {{ order = {{ ltp = 0.05, ltd = -0.04 }} }}, winners = {{ k = 3, radius = 1 }} }}
[[stage]]
layer = "more"
samples = 100
plasticity = {{ rule = {{ order = {{ ltp = 0.05, ltd = -0.04 }} }}, winners = {{ k = 3, radius = 1 }} }}
[train]
epochs = 0
{more}
"#
    );
    fs::write(folder.join("job.toml"), text).unwrap();
}

const CONTROLS: &str = r#"
[[control]]
name = "untrained"
set = { "stage.maps.epochs" = 0, "stage.more.epochs" = 0 }
[[control]]
name = "pixels"
set = { stage = [], encode = { name = "direct" }, "data.steps" = 1, "network.node" = [{ name = "flatten", flatten = {} }, { name = "out", linear = { outputs = 10 } }] }
"#;

#[test]
fn controls_are_run_and_compared_in_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    job(place, CONTROLS);
    let ran = run_in(place, &["train", "job.toml", "--out", "run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for says in ["control untrained", "control pixels", "only the run is right in", "test accuracy"] {
        assert!(ran.out.contains(says), "{says}: {}", ran.out);
    }
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(place.join("run/report.json")).unwrap()).unwrap();
    let correct = report["test"]["correct"].as_u64().unwrap();
    for control in report["controls"].as_array().unwrap() {
        let paired = &control["paired"];
        let count = |name: &str| paired[name].as_u64().unwrap();
        assert_eq!(count("both") + count("first"), correct);
        assert_eq!(count("both") + count("second"), control["test"]["correct"].as_u64().unwrap());
        assert_eq!(count("both") + count("first") + count("second") + count("neither"), 360);
        assert!((0.0..=1.0).contains(&paired["p"].as_f64().unwrap()));
    }
    // A control is the run that its settings make.
    let alone = json(
        place,
        &[
            "train",
            "job.toml",
            "--set",
            "stage.maps.epochs=0",
            "--set",
            "stage.more.epochs=0",
            "--set",
            "control=[]",
            "--out",
            "alone",
            "--json",
        ],
    );
    assert_eq!(alone["fingerprint"], report["controls"][0]["fingerprint"]);
    assert_eq!(alone["test"], report["controls"][0]["test"]);
    // Resumed when it is done, it is compared again, with other controls if they changed.
    let again = json(place, &["train", "--resume", "--out", "run", "--set", "control=[]", "--json"]);
    assert_eq!(again["fingerprint"], report["fingerprint"]);
    assert!(again.get("controls").is_none());
}

#[test]
fn controls_that_are_no_jobs_are_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    for (control, wanted) in [
        ("[[control]]\nname = 'a'\nset = { 'stage.mapz.epochs' = 0 }", "control.a"),
        ("[[control]]\nname = 'a'\nset = { 'train.batch' = 0 }", "train.batch = 0"),
        ("[[control]]\nname = 'a'", "the table needs a key `set`"),
        ("[[control]]\nname = 'a'\nsets = {}", "set"),
    ] {
        job(place, control);
        let ran = run_in(place, &["train", "job.toml", "--out", "run"]);
        assert!(ran.code == Some(2) && ran.err.contains(wanted), "{}", ran.err);
        assert!(!place.join("run").exists());
    }
}
