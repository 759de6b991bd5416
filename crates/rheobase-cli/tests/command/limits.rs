//! Memory and threads are asked for before the work begins: too much is an error, never an abort or a long wait.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::{Ran, command, finish, names_in, ok, run_in};

/// The command in a shell that limits its address space to so many kilobytes.
#[cfg(target_os = "linux")]
fn limited(folder: &Path, kilobytes: u32, args: &str) -> Ran {
    let mut shell = std::process::Command::new("sh");
    let line = format!("ulimit -v {kilobytes}; exec {} {args}", env!("CARGO_BIN_EXE_rheobase"));
    shell.current_dir(folder).args(["-c", &line]);
    finish(shell)
}

fn refused(ran: &Ran, parts: &[&str]) {
    assert_eq!(ran.code, Some(2), "{} {}", ran.out, ran.err);
    assert!(ran.out.is_empty() && ran.err.starts_with("error: "), "{} {}", ran.out, ran.err);
    assert!(parts.iter().all(|p| ran.err.contains(p)), "{parts:?}: {}", ran.err);
}

#[cfg(target_os = "linux")]
#[test]
fn spikes_that_will_not_fit_are_refused_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    for input in ["--input 4", "--input noise:4,1", "--input sine:4,1,10", "--input poisson:2000,0.002"] {
        let args = format!("simulate lif -n 1000000 {input} --time 1000 -o y.npz");
        let ran = limited(folder.path(), 3_500_000, &args);
        refused(&ran, &["-o: about", "spikes are expected", "GB of memory", "`ulimit -v`", "fewer neurons"]);
        let ran = limited(folder.path(), 3_500_000, &args.replace("-o y.npz", "--plot y.svg"));
        refused(&ran, &["--plot: about", "spikes are expected", "GB of memory", "`ulimit -v`"]);
    }
    // A model without a closed form, and the machine's own memory.
    let args = ["simulate", "adex", "-n", "1000000", "--time", "100000", "-o", "y.csv"];
    refused(&run_in(folder.path(), &args), &["-o: about", "spikes are expected", "GB of memory"]);
    // What is known beforehand: probes, neurons, samples.
    for args in [
        "simulate lif -n 100000 --time 10 --probe v -o y.npz",
        "simulate leaky_integrator -n 100000 --steps 10000 -o y.npz",
        "simulate lif -n 50000000",
        "simulate lif -n 5000 --batch 10000",
        "simulate adex -n 2000000 --set tau_w=0.1..0.2",
    ] {
        refused(&limited(folder.path(), 1_300_000, args), &["of memory, but", "`ulimit -v`"]);
    }
    assert!(names_in(folder.path()).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn spikes_that_nobody_could_expect_end_the_run_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody is tried where neurons compete.
    let args = "simulate lif -n 20000 --input 4 --wta 1 --scope nobody --time 2 -o y.npz";
    let ran = limited(folder.path(), 1_400_000, args);
    refused(&ran, &["-o: ", "spikes after", "of 2000 steps", "`ulimit -v`"]);
    assert!(names_in(folder.path()).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn what_fits_runs_within_limits_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let args =
        |name: &str| format!("simulate lif -n 3000 --input noise:1.1,2 --probe v:100 --time 0.5 -o {name}");
    let ran = limited(folder.path(), 2_000_000, &args("limited.npz"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    ok(folder.path(), &args("free.npz").split(' ').collect::<Vec<_>>());
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert!(read("limited.npz") == read("free.npz"));
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_do_not_fit_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (size, path) = (1_u64 << 33, |name: &str| folder.path().join(name));
    // Files with a hole, which take no room on the disk.
    fs::File::create(path("a.csv")).unwrap().set_len(size).unwrap();
    let bytes = [0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0];
    fs::write(path("images"), bytes).unwrap();
    fs::File::options().write(true).open(path("images")).unwrap().set_len(12 + (1 << 32)).unwrap();
    for (name, source) in [("csv", "train = \"a.csv\""), ("idx", "images = \"images\"\nlabels = \"images\"")]
    {
        fs::write(path("job.toml"), format!("[data.source.{name}]\n{source}\n")).unwrap();
        refused(&limited(folder.path(), 1_500_000, "train job.toml"), &["of memory, but", "`ulimit -v`"]);
    }
    refused(&limited(folder.path(), 1_500_000, "simulate lif --input a.csv"), &["a.csv", "of memory, but"]);
    assert_eq!(names_in(folder.path()), ["a.csv", "images", "job.toml"]);
}

#[test]
fn threads_have_one_limit_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    for threads in ["0", "4097", "100000", "-1", "many"] {
        for line in ["simulate lif", "curve lif", "train", "train --resume", "eval run", "predict run"] {
            let number = format!("--threads={threads}");
            let args: Vec<&str> = line.split(' ').chain([&number[..]]).collect();
            refused(&run_in(folder.path(), &args), &["--threads", "at least 1 and at most 4096"]);
        }
    }
    let set = ["train", "--set", "train.threads=100000", "--set", "train.epochs=1"];
    refused(&run_in(folder.path(), &set), &["train.threads = 100000", "at most 4096"]);
    fs::write(folder.path().join("job.toml"), "[train]\nthreads = 5000\n").unwrap();
    refused(&run_in(folder.path(), &["train", "job.toml"]), &["train.threads = 5000", "at most 4096"]);
    let mut everywhere = command(folder.path(), &["simulate", "lif"]);
    everywhere.env("RAYON_NUM_THREADS", "100000");
    refused(&finish(everywhere), &["RAYON_NUM_THREADS.threads = 100000", "at most 4096"]);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert_eq!(names_in(folder.path()), ["job.toml"]);
}

/// A job whose layers and weights are far larger than its file.
fn large(folder: &Path) {
    let nodes = [
        "name = \"conv\"\nconv = { outputs = 16, kernel = [3], padding = [1000] }",
        "name = \"layer\"\nneurons = { model = \"lif_subtract\", learn = [\"tau[]\"] }",
        "name = \"pool\"\npool = { of = \"sum\", kernel = [2] }",
        "name = \"flatten\"\nflatten = {}",
        "name = \"linear\"\nlinear = { outputs = 10 }",
        "name = \"readout\"\nneurons = { model = \"leaky_integrator\" }",
    ];
    let text: String = nodes.iter().map(|node| format!("[[network.node]]\n{node}\n")).collect();
    fs::write(folder.join("large.toml"), text).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_description_is_inspected_without_making_it() {
    let folder = tempfile::tempdir().unwrap();
    large(folder.path());
    let start = Instant::now();
    let ran = limited(folder.path(), 1_300_000, "inspect large.toml --json");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let nodes = &found["network"]["nodes"];
    assert_eq!(nodes[1]["shape"], serde_json::json!([16, 2006, 2006]));
    assert_eq!(nodes[0]["parameters"], 16 * 9 + 16);
    assert_eq!(nodes[1]["parameters"], 16 * 2006 * 2006);
    assert_eq!(nodes[4]["parameters"], 16 * 1003 * 1003 * 10 + 10);
    let all: u64 = nodes.as_array().unwrap().iter().map(|n| n["parameters"].as_u64().unwrap()).sum();
    assert_eq!(found["network"]["parameters"], all);
}

#[test]
fn a_network_that_cannot_be_trained_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    large(folder.path());
    let start = Instant::now();
    let ran = run_in(folder.path(), &["train", "large.toml"]);
    refused(&ran, &["train.batch = 32", "16 steps", "GB of memory", "are free"]);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(names_in(folder.path()), ["large.toml"]);
}
