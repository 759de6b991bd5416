//! Bad input: an error with place, field, value and rule; exit code 2; no panic; no file left behind.

use std::io::Write;

use rheobase::data::{Array, write_npy, write_npz};

use crate::{names_in, ok, run_in};

fn refused(args: &str, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    refused_in(folder.path(), args, parts);
    assert!(names_in(folder.path()).is_empty(), "{args}: {:?}", names_in(folder.path()));
}

fn refused_in(folder: &std::path::Path, args: &str, parts: &[&str]) {
    let ran = run_in(folder, &args.split(' ').collect::<Vec<_>>());
    assert_eq!(ran.code, Some(2), "{args}: {} {}", ran.out, ran.err);
    assert!(ran.out.is_empty() && ran.err.starts_with("error: "), "{args}: {} {}", ran.out, ran.err);
    assert!(parts.iter().all(|p| ran.err.contains(p)), "{args}: {parts:?}: {}", ran.err);
}

#[test]
fn parameters() {
    for (args, parts) in [
        ("--set tau_m=nan", ["lif.tau_m", "NaN s", "must be > 0"]),
        ("--set tau_m=inf", ["lif.tau_m", "inf s", "finite"]),
        ("--set tau_m=-1", ["lif.tau_m", "-1 s", "must be > 0"]),
        ("--set tau_n=1", ["lif", "unknown parameter `tau_n`", "did you mean `tau_m`"]),
        ("--set tau_m=-0.01..0.01 -n 9", ["lif.tau_m[", "s", "must be > 0"]),
        ("--set tau_m=20mV", ["--set tau_m", "20 mV", "is in s"]),
        ("--set tau_m=20apples", ["--set", "20apples", "is not a number"]),
        ("--set tau_m=1 --set tau_m=2", ["--set tau_m", "twice", "keep one"]),
        ("--set tau_m=0.03..0.01", ["--set", "0.03..0.01", "lower one first"]),
        ("--initial u=1", ["lif", "unknown state field `u`", ""]),
        ("--initial v=nan", ["lif.initial v", "NaN", "finite"]),
        ("--probe potentiall", ["lif", "unknown probe", "did you mean `potential`"]),
        ("--probe v --probe v:2", ["--probe v", "twice", "keep one"]),
        ("--probe v:5000", ["--probe v:5000", "only 1000 steps", ""]),
    ] {
        refused(&format!("simulate lif {args} -o a.npz --plot a.svg"), &parts);
    }
    refused(
        "simulate slif --set sticky_spikes=0.5 -o a.npz",
        &["slif.sticky_spikes", "0.5", "0 (off) or 1 (on)"],
    );
}

#[test]
fn time_and_size() {
    for (args, parts) in [
        ("simulate lif --dt 0", ["lif.dt = 0", "must be > 0"]),
        ("simulate lif --dt -0.001", ["lif.dt = -0.001", "must be > 0"]),
        ("simulate lif --dt nan", ["lif.dt = NaN", "must be > 0"]),
        ("simulate adex --dt 0.1", ["adex.dt = 0.1 s", "must be < 0.01874 s"]),
        ("simulate lif --dt 1e-300", ["--time 1", "steps of 1e-300"]),
        ("simulate lif --time -1", ["--time -1", "must be > 0"]),
        ("simulate lif --time inf", ["--time inf", "finite"]),
        ("simulate lif --steps 0", ["--steps 0", "at least 1"]),
        ("simulate adaptive --dt 0.001", ["adaptive.dt", "counts steps"]),
        ("simulate adaptive --time 1.5", ["--time 1.5", "whole number"]),
        ("simulate lif --neurons 0", ["lif.shape = [0]", "at least one"]),
        ("simulate lif --batch 0", ["lif.batch = 0", "at least 1"]),
        ("simulate lif --neurons 9999999999999999999", ["memory", "fewer"]),
        ("simulate lif --neurons 4000000000000", ["memory", "fewer"]),
        ("simulate lif --shape 3,4", ["--shape", "C,H,W"]),
        ("simulate lif --shape 0,4,4", ["lif.shape", "at least one"]),
        ("simulate lif --threads 0", ["--threads", "at least 1 and at most 4096"]),
        ("simulate lif --wta 0", ["competition.k = 0", "at least 1"]),
        ("simulate lif -n 1000000 --time 1000000 --probe v -o a.npz", ["memory", "fewer"]),
    ] {
        refused(args, &parts);
    }
}

#[test]
fn inputs() {
    for (input, parts) in [
        ("nan", ["--input nan", "NaN must be finite"]),
        ("constant:-inf", ["--input constant:-inf", "-inf must be finite"]),
        ("noise:1,-1", ["--input", "STD = -1 must be ≥ 0"]),
        ("nose:1,1", ["--input", "did you mean `noise:`"]),
        ("ramp:1", ["--input", "ramp:A,B"]),
        ("poisson:1e9,1", ["--input poisson:1e9,1", "events per step"]),
        ("none.npy", ["none.npy", "No such file"]),
    ] {
        refused(&format!("simulate lif --input {input} -o a.npz --plot a.svg"), &parts);
    }
}

#[test]
fn outputs_that_cannot_be_written() {
    for (args, parts) in [
        ("simulate lif -o a.txt", ["-o a.txt", "must end in .npz or .csv"]),
        ("simulate lif -o none/a.npz", ["-o none/a.npz", "there is no folder none"]),
        ("simulate lif --plot a.gif", ["--plot a.gif", "must end in .svg or .png"]),
        ("simulate lif -n 20000 --probe v -o a.csv", ["-o a.csv", "columns"]),
        ("simulate lif --probe v --probe input:2 -o a.csv", ["-o a.csv", "different strides"]),
        ("simulate lif --batch 2 --probe v -o a.csv", ["-o a.csv", "one sample"]),
    ] {
        refused(args, &parts);
    }
}

/// An npy file whose header says `shape` of `kind`, with these bytes after it.
fn npy(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn truncated_and_malicious_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let array = Array::new([40, 1], vec![1.5; 40]).unwrap();
    write_npy(path("good.npy"), &array).unwrap();
    write_npz(path("good.npz"), &[("input", &array)]).unwrap();
    ok(folder.path(), &["simulate", "lif", "--input", "good.npy"]);
    ok(folder.path(), &["simulate", "lif", "--input", "good.npz"]);
    let cut = |from: &str, to: &str| {
        let bytes = std::fs::read(path(from)).unwrap();
        std::fs::write(path(to), &bytes[..bytes.len() / 2]).unwrap();
    };
    cut("good.npy", "cut.npy");
    cut("good.npz", "cut.npz");
    let huge = npy("<f8", "(1000000000000, 1000000)", &[0; 64]);
    std::fs::write(path("huge.npy"), &huge).unwrap();
    let pickle = b"\x80\x04cos\nsystem\n(S'touch pwned'\ntR.";
    std::fs::write(path("object.npy"), npy("|O", "(1,)", pickle)).unwrap();
    std::fs::write(path("pickle.npy"), pickle).unwrap();
    std::fs::write(path("empty.npy"), npy("<f8", "(0, 3)", &[])).unwrap();
    std::fs::write(path("cube.npy"), npy("<f8", "(1, 1, 1, 1)", &[0; 8])).unwrap();
    std::fs::write(path("nan.npy"), npy("<f8", "(1, 1)", &f64::NAN.to_le_bytes())).unwrap();
    std::fs::write(path("big.npy"), npy("<f8", "(1, 1)", &1e300f64.to_le_bytes())).unwrap();
    std::fs::write(path("ragged.csv"), "1,2\n3\n").unwrap();
    std::fs::write(path("words.csv"), "a,b\n1,x\n").unwrap();
    std::fs::write(path("nan.csv"), "a\n1\nnan\n").unwrap();
    std::fs::write(path("none.csv"), "").unwrap();
    std::fs::write(path("uneven.csv"), "time,a\n0,1\n0.001,1\n0.005,1\n").unwrap();
    let mut garbage = std::fs::File::create(path("garbage.npz")).unwrap();
    garbage.write_all(&[0xa5; 500]).unwrap();
    let before = names_in(folder.path());
    for (file, part) in [
        ("cut.npy", "cut.npy"),
        ("cut.npz", "cut.npz"),
        ("huge.npy", "huge.npy"),
        ("object.npy", "object"),
        ("pickle.npy", "pickle.npy"),
        ("empty.npy", "no empty axis"),
        ("cube.npy", "[time, batch, neuron]"),
        ("nan.npy", "NaN at step 0"),
        ("big.npy", "1e300"),
        ("ragged.csv", "line 2"),
        ("words.csv", "`x`"),
        ("nan.csv", "`nan`"),
        ("none.csv", "empty"),
        ("uneven.csv", "even steps"),
        ("garbage.npz", "garbage.npz"),
        ("good.npz:x", "no array `x`"),
        ("good.npy:x", "no named arrays"),
    ] {
        refused_in(folder.path(), &format!("simulate lif --input {file} -o out.npz --plot out.png"), &[part]);
        // As a parameter, 1e300 is a number like any other.
        if !file.contains(':') && file != "big.npy" {
            let ran = run_in(folder.path(), &["simulate", "lif", "--set", &format!("tau_m=@{file}")]);
            assert_eq!(ran.code, Some(2), "{file}: {}", ran.err);
        }
        if file.ends_with(".npz") {
            let ran = run_in(folder.path(), &["verify", file]);
            assert_eq!(ran.code, Some(1), "{file}: {}", ran.err);
        }
    }
    assert_eq!(names_in(folder.path()), before);
}

#[test]
fn nan_in_a_run_stops_it_with_step_and_neuron_and_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.npz"), "old").unwrap();
    let args = "simulate adex -n 2 --input 1e30 --set c_m=1e-30 --steps 2000 -o a.npz";
    refused_in(folder.path(), args, &["adex: ", "became NaN at step", "neuron 0"]);
    assert_eq!(std::fs::read(folder.path().join("a.npz")).unwrap(), b"old");
    assert_eq!(names_in(folder.path()), ["a.npz"]);
}

#[test]
fn usage() {
    for args in [
        "simulate",
        "simulat lif",
        "simulate lif --frequency 3",
        "verify",
        "curve",
        "simulate lif --radius 2",
    ] {
        refused(args, &["Usage"]);
    }
    refused("verify nowhere", &["nowhere", "cannot be read"]);
    refused("verify .", &[".", "no .npz file"]);
    refused("simulate lfi2", &["unknown model `lfi2`"]);
}
