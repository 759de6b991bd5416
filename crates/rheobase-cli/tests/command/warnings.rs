//! Input, layers and labels that do nothing are noticed: once, with a number and what to change.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rheobase::data::{Array, write_npz};

use crate::{Ran, json, names_in, run_in};

/// Samples of three classes that four numbers tell apart; labels count from `first`, values are multiplied by `scale`.
fn task(folder: &Path, first: u32, scale: f64) {
    let mut csv = String::from("a,b,c,d,class\n");
    for i in 0..60_u32 {
        let class = i % 3;
        let x =
            |k: u32| scale * (f64::from((i * 7 + k * 13) % 10) / 40.0 + if k == class { 0.75 } else { 0.0 });
        let _ = writeln!(csv, "{},{},{},{},{}", x(0), x(1), x(2), x(3), class + first);
    }
    fs::write(folder.join("task.csv"), csv).unwrap();
}

/// A job on them with a hidden layer of `neurons` behind weights that start as `start` says, and so many outputs.
fn job(folder: &Path, neurons: &str, start: &str, outputs: u32, more: &str) {
    let text = format!(
        "[data]\nsteps = 6\n[data.source.csv]\ntrain = \"task.csv\"\n[train]\nepochs = 2\nbatch = 8\n{more}\n\
         [[network.node]]\nname = \"first\"\nlinear = {{ outputs = 5, start = {{ {start} }} }}\n\
         [[network.node]]\nname = \"hidden\"\nneurons = {{ model = \"{neurons}\" }}\n\
         [[network.node]]\nname = \"last\"\nlinear = {{ outputs = {outputs} }}\n\
         [[network.node]]\nname = \"readout\"\nneurons = {{ model = \"leaky_integrator\" }}\n"
    );
    fs::write(folder.join("job.toml"), text).unwrap();
}

fn trained(folder: &Path) -> Ran {
    let ran = run_in(folder, &["train", "job.toml", "--out", "run", "--force"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    ran
}

/// The warnings of a run, line by line.
fn warnings(ran: &Ran) -> Vec<&str> {
    ran.err.lines().filter_map(|line| line.strip_prefix("warning: ")).collect()
}

/// The kinds of the warnings in the report of the run.
fn reported(folder: &Path) -> Vec<String> {
    let report = fs::read_to_string(folder.join("run/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let list = report["warnings"].as_array().unwrap();
    list.iter().map(|w| w["kind"].as_str().unwrap().to_string()).collect()
}

#[test]
fn input_far_below_what_a_model_takes() {
    let folder = tempfile::tempdir().unwrap();
    for (args, says) in [
        ("adex --input 0.5", "at most 0.5 pA, but adex takes about 800 pA"),
        ("lif_euler --input 0..1 -n 20", "pA, but lif_euler takes about 300 pA"),
        ("if --input noise:0.5,0.1", "at most 0.9 pA, but if takes about 200 pA"),
        ("lif --input 0.1", "at most 0.1 threshold current, but lif takes about 1.2 threshold current"),
    ] {
        let args: Vec<&str> = ["simulate"].into_iter().chain(args.split(' ')).collect();
        let ran = run_in(folder.path(), &args);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let [warning] = warnings(&ran)[..] else { panic!("{args:?}: {}", ran.err) };
        assert!(warning.starts_with("no neuron fired") && warning.contains(says), "{warning}");
        let told = json(folder.path(), &[&args[..], &["--json"]].concat());
        assert_eq!(told["warnings"], serde_json::json!([warning]));
    }
    // Input that is near, that is enough, or of a model that never fires.
    for args in [
        "lif --input 0.9",
        "adex",
        "spiking_rectified_linear --input 5 --time 5",
        "leaky_integrator --input 0.001",
    ] {
        let args: Vec<&str> = ["simulate"].into_iter().chain(args.split(' ')).collect();
        let ran = run_in(folder.path(), &args);
        assert!(ran.code == Some(0) && ran.err.is_empty(), "{args:?}: {}", ran.err);
    }
}

#[test]
fn a_layer_that_never_fires() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path(), 0, 1.0);
    job(folder.path(), "lif_euler", "uniform = 1.0", 3, "");
    let ran = trained(folder.path());
    let told = warnings(&ran);
    // Before the first epoch, after it (not after the second), and in the test.
    assert_eq!(told.len(), 3, "{}", ran.err);
    assert!(
        told[0].contains("layer `hidden` (lif_euler): its input is at most") && told[0].contains("300 pA"),
        "{}",
        told[0]
    );
    assert!(
        told[1].contains("none of its 5 neurons fired in epoch 1") && told[1].contains("`scale`"),
        "{}",
        told[1]
    );
    assert!(told[2].contains("none of its 5 neurons fired in the test"), "{}", told[2]);
    assert_eq!(reported(folder.path()), ["weak_input", "silent", "silent"]);
    let tested = run_in(folder.path(), &["eval", "run", "--json"]);
    let [weak, silent] = warnings(&tested)[..] else { panic!("{}", tested.err) };
    assert!(weak.contains("layer `hidden` (lif_euler): its input is at most") && silent == told[2], "{weak}");
    let tested: serde_json::Value = serde_json::from_str(&tested.out).unwrap();
    assert_eq!(tested["warnings"][1]["layer"], "hidden");
    assert_eq!(tested["warnings"][1]["message"], told[2]);
}

#[test]
fn a_layer_that_always_fires_and_one_that_does_its_work() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path(), 0, 1.0);
    job(folder.path(), "lif_subtract", "constant = 100.0", 3, "");
    let ran = trained(folder.path());
    let told = warnings(&ran);
    assert_eq!(told.len(), 2, "{}", ran.err);
    assert!(
        told[0]
            .contains("layer `hidden` (lif_subtract): its neurons fired in 100.0 % of all steps in epoch 1"),
        "{}",
        told[0]
    );
    assert_eq!(reported(folder.path()), ["saturated", "saturated"]);
    job(folder.path(), "lif_subtract", "uniform = 1.0", 3, "");
    let ran = trained(folder.path());
    assert!(warnings(&ran).is_empty() && reported(folder.path()).is_empty(), "{}", ran.err);
}

#[test]
fn values_outside_the_range_of_the_encoder() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path(), 0, 255.0);
    let encode = |more: &str| format!("[encode]\nname = \"bernoulli\"\n{more}");
    job(folder.path(), "lif_subtract", "uniform = 2.0", 3, &encode("clip = true"));
    let ran = trained(folder.path());
    let told = warnings(&ran);
    let outside = told.iter().find(|w| w.contains("lie outside [0, 1], the range of `encode.bernoulli`"));
    let outside = outside.unwrap_or_else(|| panic!("{}", ran.err));
    assert!(
        outside.contains(" of 192 values (") && outside.contains("are clipped: they go from 0 to 24"),
        "{outside}"
    );
    // One for the training part and one for the test part are about the same file.
    assert_eq!(told.iter().filter(|w| w.contains("lie outside")).count(), 1, "{}", ran.err);
    // Without `clip` nothing begins.
    job(folder.path(), "lif_subtract", "uniform = 2.0", 3, &encode(""));
    let ran = run_in(folder.path(), &["train", "job.toml", "--out", "other"]);
    assert_eq!(ran.code, Some(2));
    for part in [
        "task.csv.values = 0 to 24",
        "lie outside [0, 1]",
        "`encode.bernoulli`",
        "scale",
        "encode.clip = true",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(!names_in(folder.path()).contains(&"other".to_string()));
}

#[test]
fn other_samples_than_those_of_the_training() {
    let folder = tempfile::tempdir().unwrap();
    let encode = "[encode]\nname = \"bernoulli\"\nclip = true";
    task(folder.path(), 0, 1.0);
    job(folder.path(), "lif_subtract", "uniform = 2.0", 3, encode);
    trained(folder.path());
    let tested = |kinds: &[&str], says: &[&str]| {
        for command in ["eval", "predict"] {
            let ran = run_in(folder.path(), &[command, "run", "--data", "task.csv"]);
            let told = warnings(&ran);
            assert!(ran.code == Some(0) && told.len() == kinds.len(), "{command}: {}", ran.err);
            for part in says {
                assert!(told.iter().any(|w| w.contains(part)), "{command}, {part}: {}", ran.err);
            }
        }
        let told = json(folder.path(), &["eval", "run", "--data", "task.csv", "--json"]);
        let told = told["warnings"].as_array().unwrap();
        let found: Vec<&str> = told.iter().map(|w| w["kind"].as_str().unwrap()).collect();
        assert_eq!(found, kinds);
    };
    tested(&[], &[]);
    task(folder.path(), 0, 255.0);
    tested(&["clipped"], &["of 240 values", "they go from 0 to 248.625"]);
    // Without an encoder that says what it expects, and far too small: no bias makes up for it.
    task(folder.path(), 0, 1.0);
    job(folder.path(), "lif_subtract", "uniform = 2.0", 3, "");
    let text = fs::read_to_string(folder.path().join("job.toml")).unwrap();
    fs::write(folder.path().join("job.toml"), text.replace("outputs = 5", "outputs = 5, bias = false"))
        .unwrap();
    trained(folder.path());
    tested(&[], &[]);
    task(folder.path(), 0, 1e-4);
    let says = ["layer `hidden` (lif_subtract): its input is at most", "none of its 5 neurons fired in"];
    tested(&["weak_input", "silent"], &says);
    // Where the encoder refuses values, it says what to do.
    job(folder.path(), "lif_subtract", "uniform = 2.0", 3, &encode.replace("true", "false"));
    task(folder.path(), 0, 1.0);
    trained(folder.path());
    task(folder.path(), 0, 255.0);
    for command in ["eval", "predict"] {
        let ran = run_in(folder.path(), &[command, "run", "--data", "task.csv"]);
        let says = ["task.csv.values = 0 to 24", "lie outside [0, 1]", "`encode.bernoulli`", "--scale"];
        assert!(ran.code == Some(2) && says.iter().all(|s| ran.err.contains(s)), "{command}: {}", ran.err);
    }
}

#[test]
fn a_layer_that_no_gradient_reaches() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path(), 0, 1.0);
    job(folder.path(), "lif_subtract", "uniform = 2.0", 3, "");
    let text = fs::read_to_string(folder.path().join("job.toml")).unwrap();
    let layer = "neurons = { model = \"lif_subtract\" }";
    let with = |kind: &str| {
        assert_eq!(text.matches(layer).count(), 1);
        fs::write(folder.path().join("job.toml"), text.replace(layer, kind)).unwrap();
        trained(folder.path())
    };
    let ran = with("fire = { threshold = 0.5 }");
    let told: Vec<&str> = warnings(&ran).into_iter().filter(|w| w.contains("gradient")).collect();
    let [told] = told[..] else { panic!("{}", ran.err) };
    let says = [
        "`first` (linear): no gradient reaches its 25 parameters",
        "`hidden` passes none",
        "`discontinuous`",
    ];
    assert!(says.iter().all(|s| told.contains(s)), "{told}");
    assert!(reported(folder.path()).contains(&"no_gradient".to_string()));
    let ran = with("neurons = { model = \"discontinuous\" }");
    assert!(!ran.err.contains("gradient"), "{}", ran.err);
}

#[test]
fn a_convolution_that_fires_once_learns_in_a_stage_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("job.toml");
    let text = fs::read_to_string("../../examples/vision-digits.toml").unwrap();
    let train = |text: &str, out: &str| {
        fs::write(&config, text).unwrap();
        let less = ["--set", "train.epochs=1", "--set", "data.steps=8"];
        let ran = run_in(folder.path(), &[&["train", "job.toml", "--out", out][..], &less].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        ran.err
    };
    assert!(!train(&text.replace("epochs = 6 ", "epochs = 1 "), "taught").contains("gradient"));
    let said = train(&without_stages(&text), "untaught");
    let says =
        ["`features` (first_spike_conv): no gradient reaches its", "teach it without labels in a [[stage]]"];
    assert!(says.iter().all(|s| said.contains(s)), "{said}");
}

/// A job's text without its stages.
fn without_stages(text: &str) -> String {
    let kept = text.split("\n[").filter(|part| !part.starts_with("[stage]]") && !part.starts_with("stage."));
    kept.collect::<Vec<_>>().join("\n[")
}

#[test]
fn labels_that_start_at_1() {
    let folder = tempfile::tempdir().unwrap();
    let says = "labels run from 1 to 3, but classes count from 0: subtract 1";
    task(folder.path(), 1, 1.0);
    job(folder.path(), "lif_subtract", "uniform = 2.0", 3, "");
    let refused = |args: &[&str]| {
        let ran = run_in(folder.path(), args);
        assert!(ran.code == Some(2) && ran.err.contains(says), "{args:?}: {}", ran.err);
    };
    refused(&["train", "job.toml"]);
    // idx: four values per sample, bytes.
    let (mut images, mut labels) = (vec![0, 0, 8, 2, 0, 0, 0, 30, 0, 0, 0, 4], vec![0, 0, 8, 1, 0, 0, 0, 30]);
    for i in 0..30_u8 {
        images.extend((0..4).map(|k| if k == i % 3 { 200 } else { i }));
        labels.push(1 + i % 3);
    }
    fs::write(folder.path().join("images"), images).unwrap();
    fs::write(folder.path().join("labels"), &labels).unwrap();
    let job_of = |source: &str| {
        let text = fs::read_to_string(folder.path().join("job.toml")).unwrap();
        let csv = "[data.source.csv]\ntrain = \"task.csv\"";
        assert!(text.contains(csv));
        fs::write(folder.path().join("other.toml"), text.replace(csv, source)).unwrap();
    };
    job_of("[data.source.idx]\nimages = \"images\"\nlabels = \"labels\"");
    refused(&["train", "other.toml"]);
    // npz, with and without names.
    let x = Array::new([30, 4], vec![0.5; 120]).unwrap();
    let y = Array::vector(labels[8..].iter().map(|l| i64::from(*l)).collect::<Vec<_>>());
    write_npz(folder.path().join("plain.npz"), &[("x", &x), ("y", &y)]).unwrap();
    let names = Array::vector(["one", "two", "three"].map(String::from).to_vec());
    write_npz(folder.path().join("named.npz"), &[("x", &x), ("y", &y), ("class_names", &names)]).unwrap();
    for file in ["plain.npz", "named.npz"] {
        job_of(&format!("[data.source.npz]\ntrain = \"{file}\""));
        refused(&["train", "other.toml"]);
    }
    // With an output for class 0 it runs, and is told.
    job(folder.path(), "lif_subtract", "uniform = 2.0", 4, "");
    let ran = trained(folder.path());
    let told: Vec<&str> = warnings(&ran).into_iter().filter(|w| w.contains("labels")).collect();
    assert!(
        told.len() == 1
            && told[0].contains("task.csv: labels run from 1 to 3")
            && told[0].contains("4 classes"),
        "{told:?}"
    );
    // Other samples for a network of three classes.
    task(folder.path(), 0, 1.0);
    job(folder.path(), "lif_subtract", "uniform = 2.0", 3, "");
    trained(folder.path());
    task(folder.path(), 1, 1.0);
    refused(&["eval", "run", "--data", "task.csv"]);
}
