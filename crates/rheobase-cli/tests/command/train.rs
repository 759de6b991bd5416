//! Training from the command: same bits however it is run or stopped, and what it refuses.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rheobase::models::lanes::Level;

use crate::{command, finish, json, ok, run_in};

/// A small task: three classes that four numbers tell apart.
pub(crate) fn task(folder: &Path) {
    let mut csv = String::from("a,b,c,d,class\n");
    for i in 0..90_u32 {
        let class = i % 3;
        let x = |k: u32| f64::from((i * 7 + k * 13) % 10) / 20.0 + if k == class { 1.5 } else { 0.0 };
        let _ = writeln!(csv, "{},{},{},{},{class}", x(0), x(1), x(2), x(3));
    }
    fs::write(folder.join("task.csv"), csv).unwrap();
    let job = "[data]\nsteps = 6\n[data.source.csv]\ntrain = \"task.csv\"\n[train]\nepochs = 3\nbatch = 8\n";
    fs::write(folder.join("job.toml"), job).unwrap();
}

pub(crate) fn last_lines(out: &str) -> (String, String) {
    let lines: Vec<&str> = out.lines().collect();
    let [.., fingerprint, accuracy] = lines[..] else { panic!("{out}") };
    (fingerprint.to_string(), accuracy.to_string())
}

#[test]
fn a_run_has_its_files_and_says_its_result_last() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path());
    let out = ok(folder.path(), &["train", "job.toml"]);
    let (fingerprint, accuracy) = last_lines(&out);
    let digits = fingerprint.strip_prefix("fingerprint ").unwrap();
    assert!(digits.len() == 16 && digits.chars().all(|c| c.is_ascii_hexdigit()), "{out}");
    assert!(accuracy.starts_with("test accuracy ") && accuracy.ends_with("/18)"), "{out}");
    let run = folder.path().join("runs/job-0");
    let names = ["checkpoint.safetensors", "config.toml", "confusion.png", "layers.png", "learning.png"];
    for name in names.iter().chain(&["metrics.csv", "report.json"]) {
        assert!(run.join(name).is_file(), "{name}");
    }
    assert_eq!(fs::read_to_string(run.join("metrics.csv")).unwrap().lines().count(), 4);

    // What it says to try works.
    let run = "runs/job-0";
    assert_eq!(last_lines(&ok(folder.path(), &["eval", run])), (fingerprint.clone(), accuracy));
    assert!(ok(folder.path(), &["inspect", run]).contains("lif_subtract"));
    assert_eq!(
        json(folder.path(), &["inspect", "job.toml", "--json"])["network"]["nodes"][1]["shape"][0],
        128
    );
    let predicted = ok(folder.path(), &["predict", run, "--data", "task.csv"]);
    assert_eq!(predicted.lines().count(), 91);
    parts_of_an_archive_are_samples(folder.path(), run);
    let refused = run_in(folder.path(), &["train", "job.toml"]);
    assert!(refused.code == Some(2) && refused.err.contains("--resume"), "{}", refused.err);
    assert_eq!(last_lines(&ok(folder.path(), &["train", "job.toml", "--resume"])).0, fingerprint);
    let further = ["train", "--resume", "--out", run, "--set", "train.epochs=4"];
    assert_ne!(last_lines(&ok(folder.path(), &further)).0, fingerprint);
    let long = ok(folder.path(), &["train", "job.toml", "--set", "train.epochs=4", "--force"]);
    assert_eq!(last_lines(&long), last_lines(&ok(folder.path(), &further)));
}

/// `x_test` of an archive is what is classified as FILE:test.
fn parts_of_an_archive_are_samples(folder: &Path, run: &str) {
    use rheobase::data::{Array, write_npz};
    let rows = |n: usize| Array::new([n, 4], vec![0.5_f32; n * 4]).unwrap();
    write_npz(folder.join("parts.npz"), &[("x_train", rows(5)), ("x_test", rows(3))]).unwrap();
    assert_eq!(ok(folder, &["predict", run, "--data", "parts.npz:test"]).lines().count(), 4);
    for (data, part) in [
        ("parts.npz:dev", "dev"),
        ("parts.npz", "FILE:PART"),
        ("task.csv:test", "only .npz files have parts"),
    ] {
        let refused = run_in(folder, &["predict", run, "--data", data]);
        assert!(refused.code == Some(2) && refused.err.contains(part), "{data}: {}", refused.err);
    }
}

#[test]
fn threads_and_simd_levels_give_the_same_fingerprint() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path());
    let mut found = Vec::new();
    for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
        for threads in ["1", "2"] {
            let args = ["train", "job.toml", "--force", "--threads", threads, "--set", "train.batch=32"];
            let mut command = command(folder.path(), &args);
            command.env("RHEOBASE_SIMD", level.name());
            found.push(last_lines(&finish(command).out));
        }
    }
    // And how much memory training may take.
    let with = |memory: &str| {
        let memory = format!("train.memory=\"{memory}\"");
        let args = ["train", "job.toml", "--force", "--set", "train.batch=32", "--set", &memory];
        finish(command(folder.path(), &args))
    };
    let refused = with("1 B").err;
    assert!(refused.contains("train.memory = \"1 B\": with this network, batch 32"), "{refused}");
    let least = refused.split("at least ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let enough = format!("{:.1} MB", least.parse::<f64>().unwrap() + 0.1);
    found.push(last_lines(&with(&enough).out));
    assert!(found.iter().all(|f| *f == found[0]), "{found:?}");
}

/// Filters, order coding and inhibition before a trained readout: it learns, to the same bits at every level, and what was
/// trained can be used.
#[test]
fn digits_are_learned_behind_filters() {
    let folder = tempfile::tempdir().unwrap();
    let job = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/digits-filters.toml");
    fs::copy(job, folder.path().join("job.toml")).unwrap();
    let mut found = Vec::new();
    for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
        let args = ["train", "job.toml", "--force", "--set", "train.epochs=1"];
        let mut command = command(folder.path(), &args);
        command.env("RHEOBASE_SIMD", level.name());
        found.push(last_lines(&finish(command).out));
    }
    assert!(found.iter().all(|f| *f == found[0]), "{found:?}");
    let share: f64 = found[0].1.split_whitespace().nth(2).unwrap().trim_end_matches('%').parse().unwrap();
    assert!(share > 50.0, "{found:?}");
    assert_eq!(last_lines(&ok(folder.path(), &["eval", "runs/job-0"])), found[0]);
    assert!(ok(folder.path(), &["inspect", "runs/job-0"]).contains("pointwise_inhibition"));
    for (set, words) in [
        ("encode.filters=[]", "at least one filter"),
        ("encode.filters=[{ dog = { size = 6, center = 1.0, surround = 2.0 } }]", "must be odd"),
    ] {
        let ran = run_in(folder.path(), &["train", "job.toml", "--out", "bad", "--set", set]);
        assert!(ran.code == Some(2) && ran.err.contains(words), "{set}: {}", ran.err);
        assert!(!folder.path().join("bad").exists(), "{set}");
    }
}

#[test]
fn what_cannot_be_trained_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path());
    let net = "input = [4]\nnode = [{ name = \"a\", linear = { outputs = 2 } }]\n";
    fs::write(folder.path().join("net.toml"), net).unwrap();
    fs::write(folder.path().join("bad.toml"), "[train]\nepoch = 3\n").unwrap();
    let conv = "[network]\nnode = [{ name = \"c\", conv = { outputs = 2, kernel = [99] } }]\n";
    fs::write(folder.path().join("conv.toml"), conv).unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    for (args, says) in [
        ("train bad.toml", "epochs"),
        ("train --set train.epoch=3", "did you mean"),
        ("train --set train.epochs", "KEY=VALUE"),
        ("train none.toml", "none.toml"),
        ("train conv.toml", "c"),
        ("train job.toml --set network.file=net.toml", "classes"),
        ("train job.toml --set data.source.csv.train=gone.csv", "gone.csv"),
        ("train job.toml --out file", "folder"),
        ("train --resume", "no run to go on with"),
        ("eval nowhere", "nowhere"),
        ("eval job.toml", "not a checkpoint"),
        ("inspect bad.toml", "epochs"),
    ] {
        let ran = run_in(folder.path(), &args.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, Some(2), "{args}: {}", ran.err);
        assert!(ran.err.contains(says), "{args}: {}", ran.err);
        assert!(!folder.path().join("runs").exists(), "{args}");
    }
}

#[test]
fn checkpoints_and_samples_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path());
    let args = ["train", "job.toml", "--out", "run", "--set", "train.epochs=1"];
    ok(folder.path(), &args);
    let place = folder.path();
    fs::write(place.join("labels.csv"), "1,2,3,4,12\n").unwrap();
    fs::write(place.join("narrow.csv"), "1,2,0\n1,3,1\n").unwrap();
    let bytes = fs::read(place.join("run/checkpoint.safetensors")).unwrap();
    fs::write(place.join("cut.safetensors"), &bytes[..bytes.len() / 2]).unwrap();
    for (args, says) in [
        ("eval run --data labels.csv", "must be below 10"),
        ("eval run --data narrow.csv", "shape"),
        ("eval run --data gone.npz", "no such file"),
        ("eval cut.safetensors", "cut off"),
        ("inspect cut.safetensors", "cut off"),
        ("predict run", "--data"),
        ("predict run --data task.csv -o classes.txt", ".csv or .json"),
        (
            "train --resume --out run --set network.node.hidden_linear.linear.outputs=9",
            "hidden_linear.linear.outputs = 9 (it was 128)",
        ),
        ("train --resume --out run --seed 5", "train.seed = 5 (it was 0)"),
    ] {
        let ran = run_in(place, &args.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, Some(2), "{args}: {}", ran.err);
        assert!(ran.err.contains(says), "{args}: {}", ran.err);
    }
    assert_eq!(fs::read(place.join("run/checkpoint.safetensors")).unwrap(), bytes);
}

#[test]
fn epochs_and_learning_rate_have_options_and_the_report_is_printed_as_json() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path());
    let report =
        json(folder.path(), &["train", "job.toml", "--epochs", "2", "--lr", "0.01", "--seed", "4", "--json"]);
    let text = fs::read_to_string(folder.path().join("runs/job-4/report.json")).unwrap();
    assert_eq!(report, serde_json::from_str::<serde_json::Value>(&text).unwrap());
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&report["epochs"], &report["seed"]), (&2.into(), &4.into()));
    assert!(report["seconds"].as_f64().unwrap() > 0.0, "{text}");
    assert_eq!(report["settings"]["optimise"]["learning_rate"], 0.01);
    assert!(report["settings"]["data"]["source"]["csv"]["train"].as_str().unwrap().ends_with("task.csv"));

    let by_keys = ["--set", "train.epochs=2", "--set", "optimise.learning_rate=0.01", "--seed", "4"];
    let by_keys = ok(folder.path(), &[&["train", "job.toml", "--out", "keys"], &by_keys[..]].concat());
    assert_eq!(last_lines(&by_keys).0, format!("fingerprint {}", report["fingerprint"].as_str().unwrap()));

    let refused = |options: &[&str]| {
        let out = ["train", "job.toml", "--out", "refused"];
        let err = run_in(folder.path(), &[&out, options].concat()).err;
        assert!(!folder.path().join("refused").exists(), "{options:?}");
        err
    };
    let err = refused(&["--epochs", "2", "--set", "train.epochs=3"]);
    assert!(err.contains("--set train.epochs=3: --epochs says the same"), "{err}");
    for rate in ["nan", "-1", "0", "inf"] {
        let err = refused(&[&format!("--lr={rate}")]);
        assert!(err.contains("optimise.learning_rate"), "{rate}: {err}");
    }
}

#[test]
fn unknown_names_list_what_there_is_and_know_other_words() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path());
    let refused = |setting: &str| run_in(folder.path(), &["train", "job.toml", "--set", setting]).err;
    let err = refused("optimise.lr=0.1");
    assert!(err.contains("unknown key `lr`; did you mean `learning_rate`?"), "{err}");
    let err = refused("loss.kind=mse");
    assert!(err.contains("unknown name `mse`; did you mean `rate_error`?"), "{err}");
    let err = refused("optimise.xyz=1");
    assert!(err.contains("`xyz`; known: `learning_rate`, `rule`, `schedule`, `clip`"), "{err}");
    let err = refused("network.node.zzz.linear.outputs=1");
    assert!(err.contains("unknown node `zzz`; known: `"), "{err}");
    let elsewhere =
        [("lr=0.1", "`optimise.learning_rate`"), ("epochs=3", "`train.epochs`"), ("loss.name=mse", "`kind`")];
    for (setting, wanted) in elsewhere {
        let err = refused(setting);
        assert!(err.contains(&format!("did you mean {wanted}?")), "{err}");
    }
    let neurons =
        "[[network.node]]\nname = \"a\"\nlinear = { outputs = 3 }\n[[network.node]]\nname = \"b\"\n";
    let job = std::fs::read_to_string(folder.path().join("job.toml")).unwrap();
    for (neuron, said) in [
        (
            "model = \"Leaky\"",
            "b: unknown model `Leaky`; did you mean `lif_discrete`? `rheobase models` lists all models",
        ),
        ("model = \"LIFNode\"", "b: unknown model `LIFNode`; did you mean `lif_discrete`? `rheobase models`"),
        (
            "model = \"lif\", surrogate = \"atan\"",
            "b: unknown surrogate `atan`; did you mean `arctan`? `rheobase models --surrogates` lists all",
        ),
        ("model = \"lif\", set = { tau = 1 }", "b: unknown parameter `tau`; known: `tau_m`, "),
        (
            "model = \"lif\", set = { tua_m = 1 }",
            "did you mean `tau_m`? `rheobase models MODEL` lists what a model has",
        ),
        (
            "model = \"lif\", set = { tau_m = -1 }",
            "b.tau_m = -1 s: must be > 0 and finite; `rheobase settings` explains every key",
        ),
    ] {
        std::fs::write(folder.path().join("other.toml"), format!("{job}{neurons}neurons = {{ {neuron} }}\n"))
            .unwrap();
        let ran = run_in(folder.path(), &["train", "other.toml"]);
        assert!(ran.code == Some(2) && ran.err.contains(said), "{}", ran.err);
    }
    let err = refused("train.batch=0");
    assert!(err.contains("must be at least 1; `rheobase settings` explains every key"), "{err}");
    let err = refused("train.epochs=many");
    assert!(err.contains("needs a whole number of at least 0, not the text \"many\""), "{err}");
    let err = run_in(folder.path(), &["simulate", "Leaky"]).err;
    assert!(err.contains("did you mean `lif_discrete`?"), "{err}");
}
