//! Stages of a training: what they leave in a run's folder, that they go on to the same bits, and what is refused.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::train::last_lines;
use crate::{command, json, names_in, ok, run_in};

/// A job on the digits whose convolution learns in a stage, with these settings besides.
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
name = "flatten"
flatten = {{}}
[[network.node]]
name = "out"
linear = {{ outputs = 10 }}
[[stage]]
layer = "maps"
samples = 200
epochs = 2
converged = 0.0
plasticity = {{ rule = {{ order = {{ ltp = 0.05, ltd = -0.04 }} }}, winners = {{ k = 3, radius = 1 }} }}
[train]
epochs = 1
{more}
"#
    );
    fs::write(folder.join("job.toml"), text).unwrap();
}

const PICTURES: [&str; 4] =
    ["stage-1-kernels.png", "stage-1-maps.png", "stage-1-weights.png", "stage-1-wins.png"];

#[test]
fn a_stage_is_shown_written_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    job(place, "");
    let ran = run_in(place, &["train", "job.toml", "--out", "run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for says in
        ["stage maps: epoch 1/2  w(1−w) 0.", "stage maps: epoch 2/2", "of 6 features have won", "epoch 1/1"]
    {
        assert!(ran.err.contains(says), "{says}: {}", ran.err);
    }
    assert!(
        ran.out.contains("stage maps") && ran.out.contains("2 epochs, not converged: w(1−w)"),
        "{}",
        ran.out
    );
    for name in PICTURES.iter().chain(&["stages.csv", "metrics.csv", "learning.png"]) {
        assert!(place.join("run").join(name).is_file(), "{name}");
    }
    let stages = fs::read_to_string(place.join("run/stages.csv")).unwrap();
    let lines: Vec<&str> = stages.lines().collect();
    assert!(
        lines.len() == 3 && lines[1].starts_with("maps,1,200,0.") && lines[2].starts_with("maps,2,200,0."),
        "{stages}"
    );
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(place.join("run/report.json")).unwrap()).unwrap();
    let stage = &report["stages"][0];
    assert_eq!((stage["layer"].as_str(), stage["epochs"].as_u64()), (Some("maps"), Some(2)));
    assert!(
        stage["wins"].as_array().unwrap().iter().filter_map(|n| n.as_u64()).sum::<u64>() > 200,
        "{stage}"
    );
    assert!(report["test"]["rates"]["maps"].as_f64().unwrap() > 0.0, "{report}");

    assert_eq!(last_lines(&ok(place, &["eval", "run"])), last_lines(&ran.out));
    assert!(ok(place, &["inspect", "run"]).contains("first_spike_conv"));
    assert!(ok(place, &["inspect", "run"]).contains("maps: 2 epochs, w(1−w) 0."));
    let inspected = json(place, &["inspect", "run", "--json"]);
    assert_eq!((&inspected["epochs"], &inspected["stages"][0]["epochs"]), (&1.into(), &2.into()));
    let pixels = vec!["3"; 64].join(",");
    fs::write(place.join("samples.csv"), format!("{pixels},0\n{pixels},1\n")).unwrap();
    assert_eq!(ok(place, &["predict", "run", "--data", "samples.csv"]).lines().count(), 3);
    let page = ok(place, &["report", "run"]);
    assert!(page.contains("wrote run/report.html") && !page.contains("stages.csv"), "{page}");
    let page = fs::read_to_string(place.join("run/report.html")).unwrap();
    assert!(PICTURES.iter().all(|name| page.contains(name)) && page.contains("stages of a training"));
    // A run anew leaves none of the pictures of the one before.
    job(place, "");
    let args = ["train", "job.toml", "--out", "run", "--force", "--set", "stage.maps.epochs=0"];
    let ran = run_in(place, &args);
    assert!(ran.code == Some(0) && ran.out.contains("no epoch: the weights it started with"), "{}", ran.err);
    assert!(names_in(&place.join("run")).iter().all(|name| !PICTURES.contains(&&name[..])));
}

#[test]
fn stages_alone_are_a_run_too() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    job(place, "");
    let ran = run_in(place, &["train", "job.toml", "--out", "run", "--set", "train.epochs=0"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("trained       0 epochs"), "{}", ran.out);
    assert!(!place.join("run/learning.png").exists() && place.join("run/stage-1-wins.png").exists());
    let page = ok(place, &["report", "run"]);
    assert!(page.contains("wrote"), "{page}");
    // Trained on, it is the run that was to be so long from the start.
    let further = ok(place, &["train", "--resume", "--out", "run", "--set", "train.epochs=1"]);
    assert_eq!(last_lines(&further), last_lines(&ok(place, &["train", "job.toml", "--out", "whole"])));
}

/// Killed at several points of its stage, a run goes on to the bytes of one that was not.
#[test]
fn a_killed_stage_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    job(place, "");
    let long = ["--set", "stage.maps.epochs=40"];
    ok(place, &[&["train", "job.toml", "--out", "whole", "--threads", "1"][..], &long].concat());
    let whole = fs::read(place.join("whole/checkpoint.safetensors")).unwrap();
    let mut child = command(place, &[&["train", "job.toml", "--out", "run"][..], &long].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let checkpoint = place.join("run/checkpoint.safetensors");
    let mut kills = 0;
    for round in 0..4 {
        let start = Instant::now();
        while !checkpoint.exists() && child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(60), "no checkpoint appears");
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(20 + 30 * round));
        kills += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        child = command(place, &["train", "--resume", "--out", "run"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(kills > 0, "it had ended before each kill");
    assert!(fs::read(&checkpoint).unwrap() == whole);
    let temporary = |name: &String| name.ends_with(".tmp");
    assert!(!names_in(&place.join("run")).iter().any(temporary));
}

#[test]
fn what_is_wrong_with_a_stage_is_said_before_a_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    job(place, "");
    for (set, says) in [
        ("stage.maps.layer=mpas", "stage.layer: unknown node `mpas`; did you mean `maps`?"),
        ("stage.mpas.epochs=1", "unknown stage `mpas`; did you mean `maps`?"),
        ("stage.maps.layer=out", "stage.out.bias = true: must be false in `out`"),
        ("stage.maps.layer=pool", "`pool` (pool) has no weights that a rule could change"),
        ("stage.maps.samples=99999", "must be at most 1437"),
        ("stage.maps.plasticity.rule.order.ltd=[0.1]", "stage.maps.ltd: shape [1]"),
        ("stage.maps.plasticity.bounds=[0.0,0.5]", "must be within the bounds [0, 0.5]"),
        ("stage.maps.plasticity.winner={}", "unknown key `winner`; did you mean `winners`?"),
        ("stage.maps.plasticity.reward={}", "stage.maps.features = 6: must be a multiple of the 10 classes"),
        ("network.node.maps.first_spike_conv.kernel=[99]", "maps.kernel"),
        ("stage=[]", ""),
    ] {
        let ran = run_in(place, &["train", "job.toml", "--out", "bad", "--set", set]);
        if says.is_empty() {
            // Without stages the training is as ever.
            assert_eq!(ran.code, Some(0), "{}", ran.err);
            continue;
        }
        assert!(ran.code == Some(2) && ran.err.contains(says), "{set}: {}", ran.err);
        assert!(!place.join("bad").exists(), "{set}");
    }
    let without = run_in(place, &["train", "--set", "train.epochs=0"]);
    assert!(
        without.err.contains("only with a [[stage]] that learns, or a [readout], may it be 0"),
        "{}",
        without.err
    );
}

#[test]
fn what_may_change_of_a_stage_and_what_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    job(place, "");
    ok(place, &["train", "job.toml", "--out", "run", "--set", "train.epochs=0"]);
    let resumed = |set: &str| run_in(place, &["train", "--resume", "--out", "run", "--set", set]);
    let refused = resumed("stage.maps.plasticity.winners.k=4");
    assert!(
        refused.code == Some(2) && refused.err.contains("stage.maps.plasticity.winners.k = 4 (it was 3)"),
        "{}",
        refused.err
    );
    let longer = resumed("stage.maps.epochs=3");
    assert!(longer.err.contains("note: goes on with stage.maps.epochs = 3 (it was 2)"), "{}", longer.err);
    assert_eq!(fs::read_to_string(place.join("run/stages.csv")).unwrap().lines().count(), 4);
    assert_eq!(resumed("train.epochs=1").code, Some(0));
    let late = resumed("stage.maps.epochs=4");
    assert!(late.code == Some(2) && late.err.contains("and more was learned after it"), "{}", late.err);
}

#[test]
fn what_a_stage_did_to_no_use_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    job(place, "");
    let set = ["--set", "network.node.maps.first_spike_conv.threshold=1000", "--set", "train.epochs=0"];
    let ran = run_in(place, &[&["train", "job.toml", "--out", "run"][..], &set].concat());
    let says =
        "warning: stage of `maps`: no neuron won in 400 samples, so nothing was learned; lower the threshold";
    assert!(ran.code == Some(0) && ran.err.contains(says), "{}", ran.err);
    let report = fs::read_to_string(place.join("run/report.json")).unwrap();
    assert!(report.contains("\"no_winner\""), "{report}");
    let ran = run_in(place, &["train", "job.toml", "--out", "slow", "--set", "stage.maps.converged=0.001"]);
    assert!(ran.err.contains("after 2 epochs the mean of w(1 − w) is"), "{}", ran.err);
}

/// Ten maps that stand for the ten classes, rewarded where the first to fire is right.
#[test]
fn classes_are_learned_by_reward() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let text = r#"
[data]
steps = 12
[encode]
name = "intensity_to_latency"
[[network.node]]
name = "classes"
first_spike_conv = { outputs = 10, kernel = [8], threshold = 8.0, start = { around = { mean = 0.5, deviation = 0.1, within = [0.2, 0.8] } } }
[[network.node]]
name = "first"
k_winners = { k = 1 }
[[network.node]]
name = "out"
flatten = {}
[[stage]]
layer = "classes"
epochs = 4
converged = 0.0
[stage.plasticity]
rule = { order = { ltp = 0.02, ltd = -0.02 } }
bounds = [0.2, 0.8]
winners = { k = 1 }
reward = { punish = [-0.02, 0.002] }
[loss]
kind = "cross_entropy"
readout = "mean"
[train]
epochs = 0
"#;
    fs::write(place.join("job.toml"), text).unwrap();
    let share = |args: &[&str]| {
        let out = ok(place, args);
        let share = last_lines(&out).1;
        share.split_whitespace().nth(2).unwrap().parse::<f64>().unwrap()
    };
    let random = share(&["train", "job.toml", "--out", "random", "--set", "stage.classes.epochs=0"]);
    let learned = share(&["train", "job.toml", "--out", "run"]);
    assert!(learned > 2.0 * random && learned > 40.0, "{learned} after {random}");
    let stages = fs::read_to_string(place.join("run/stages.csv")).unwrap();
    let last: f64 = stages.lines().last().unwrap().rsplit(',').next().unwrap().parse().unwrap();
    assert!(last > 0.4, "{stages}");
}
