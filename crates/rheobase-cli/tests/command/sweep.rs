//! Sweeps and comparisons: every combination once, resumable, the same runs as `train` makes.

use std::fs;

use crate::train::{last_lines, task};
use crate::{json, names_in, ok, run_in};

const SWEEP: [&str; 8] = [
    "sweep",
    "job.toml",
    "--set",
    "optimise.learning_rate=0.01,0.002",
    "--set",
    "train.epochs=2",
    "--seeds",
    "2",
];

#[test]
fn a_sweep_trains_every_combination_as_train_does_and_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    let listed = ok(place, &[&SWEEP[..], &["--dry-run"]].concat());
    assert_eq!(listed.lines().count(), 4);
    assert!(!place.join("sweeps").exists());

    let table = ok(place, &[&SWEEP[..], &["--jobs", "2"]].concat());
    let runs = place.join("sweeps/job");
    let names = ["learning_rate-0.002_seed-0", "learning_rate-0.002_seed-1", "learning_rate-0.01_seed-0"];
    let names = [&names[..], &["learning_rate-0.01_seed-1", "sweep.csv"]].concat();
    assert_eq!(names_in(&runs), names);
    assert!(table.contains("learning_rate") && table.contains("2 of 2"), "{table}");
    assert!(table.contains("learning_rate = 0.01   2     ") && table.contains(" ± "), "{table}");
    assert!(table.contains("wrote   sweeps/job: a folder for each run, sweep.csv"), "{table}");
    assert!(table.contains("rheobase compare sweeps/job --plot curves.svg"), "{table}");
    let curves = ok(place, &["compare", "sweeps/job", "--plot", "-"]);
    assert!(curves.contains("mean and range over 2 seeds"), "{curves}");
    assert!(curves.contains(">learning_rate = 0.01<"), "the number of seeds is said once: {curves}");

    // One of them is what `train` makes of the same settings.
    let alone = ["train", "job.toml", "--lr", "0.002", "--epochs", "2", "--seed", "1", "--out", "alone"];
    let fingerprint = last_lines(&ok(place, &alone)).0;
    let compared = json(place, &["compare", "sweeps/job", "--json"]);
    assert_eq!(compared["runs"][1]["folder"], "sweeps/job/learning_rate-0.002_seed-1");
    let found = compared["runs"][1]["result"]["fingerprint"].as_str().unwrap();
    assert_eq!(fingerprint, format!("fingerprint {found}"));
    assert_eq!(compared["runs"][1]["settings"]["optimise.learning_rate"], "0.002");
    assert_eq!(compared["groups"].as_array().unwrap().len(), 2);

    // A run that is lost is trained again, the others are not touched, more epochs go on.
    let report = |name: &str| runs.join(name).join("report.json");
    fs::remove_dir_all(runs.join(names[0])).unwrap();
    let before = fs::metadata(report(names[1])).unwrap().modified().unwrap();
    let again = run_in(place, &SWEEP);
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert!(again.err.contains("finished before"), "{}", again.err);
    assert_eq!(fs::metadata(report(names[1])).unwrap().modified().unwrap(), before);
    assert_eq!(json(place, &["compare", "sweeps/job", "--json"])["runs"][1], compared["runs"][1]);
    let longer: Vec<&str> =
        SWEEP.iter().map(|a| if *a == "train.epochs=2" { "train.epochs=3" } else { a }).collect();
    assert!(ok(place, &longer).contains("3 of 3"));
}

#[test]
fn runs_are_compared_by_the_settings_that_differ() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    for (seed, batch) in [("0", "8"), ("1", "8"), ("0", "16")] {
        let set = format!("train.batch={batch}");
        let out = format!("runs/b{batch}s{seed}");
        ok(place, &["train", "job.toml", "--epochs", "2", "--seed", seed, "--set", &set, "--out", &out]);
    }
    let text = ok(place, &["compare", "runs", "-o", "curves.svg"]);
    let head: Vec<&str> = text.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head[..4], ["run", "batch", "seed", "epochs"]);
    let rows: Vec<&str> =
        text.lines().skip(1).take(3).map(|l| l.split_whitespace().next().unwrap()).collect();
    assert_eq!(rows, ["b8s0", "b8s1", "b16s0"]);
    let picture = fs::read_to_string(place.join("curves.svg")).unwrap();
    assert!(
        picture.contains("batch = 8 (2 seeds)")
            && picture.contains("mean and range over seeds")
            && picture.contains(">batch = 16<"),
        "{picture}"
    );
    assert!(picture.contains("opacity"), "the band of two seeds");

    let table = ok(place, &["compare", "runs", "--csv"]);
    assert!(table.starts_with("folder,train.batch,train.seed,epochs,accuracy,"), "{table}");
    assert_eq!(table.lines().count(), 4);
    let one = ok(place, &["compare", "runs/b8s0"]);
    assert_eq!(one.lines().count(), 2, "{one}");
    let same = ok(place, &["compare", "runs/b8s0", "runs", "--csv"]);
    assert_eq!(same.lines().count(), 4, "a run that is named twice is one run");
}

#[test]
fn what_cannot_be_swept_or_compared_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    fs::create_dir(place.join("empty")).unwrap();
    for (args, says) in [
        ("sweep --set train.batch", "KEY=VALUE,VALUE"),
        ("sweep --set train.batches=3", "unknown key `batches`"),
        ("sweep job.toml --seeds 0", "at least 1"),
        ("sweep job.toml --seeds 99999", "at most 10000"),
        ("sweep job.toml --seed 18446744073709551615 --seeds 2", "below 2^64"),
        ("compare empty", "holds neither"),
        ("compare gone", "gone"),
        ("compare job.toml", "job.toml"),
    ] {
        let ran = run_in(place, &args.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, Some(2), "{args}: {}", ran.err);
        assert!(ran.err.contains(says), "{args}: {}", ran.err);
        assert!(!place.join("sweeps").exists(), "{args}");
    }
    // One run fails; the other is trained, and the fault said.
    let set = "data.source.csv.train=task.csv,gone.csv";
    let ran = run_in(place, &["sweep", "job.toml", "--epochs", "1", "--set", set]);
    assert_eq!(ran.code, Some(2));
    let ran = run_in(place, &["sweep", "job.toml", "--set", "train.epochs=1", "--set", set]);
    assert!(ran.code == Some(2) && ran.err.contains("gone.csv"), "{}", ran.err);
    assert!(ran.out.contains("1 of 1"), "{}", ran.out);
    // A folder of another run is left alone.
    let name = names_in(&place.join("sweeps/job")).into_iter().find(|n| n.starts_with("train-task")).unwrap();
    let config = place.join("sweeps/job").join(&name).join("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("batch = 8", "batch = 9")).unwrap();
    let ran = run_in(place, &["sweep", "job.toml", "--set", "train.epochs=1", "--set", set]);
    assert!(ran.err.contains("train.batch = 8 (it was 9)"), "{}", ran.err);
    fs::write(place.join("sweeps/job").join(&name).join("metrics.csv"), "epoch\n1\n").unwrap();
    let ran = run_in(place, &["compare", "sweeps/job"]);
    assert!(ran.code == Some(2) && ran.err.contains("unknown column `loss`"), "{}", ran.err);
}
