//! Files of checkpoints: any damage is refused, older ones are read and named as unprotected, threads leave no mark.

use std::fs;
use std::path::Path;

#[cfg(unix)]
use crate::run_owner::noise;
use crate::train::task;
use crate::{json, ok, run_in};

/// A trained run in `run`.
fn trained(folder: &Path) -> Vec<u8> {
    task(folder);
    ok(folder, &["train", "job.toml", "--out", "run", "--set", "train.epochs=1"]);
    fs::read(folder.join("run/checkpoint.safetensors")).unwrap()
}

#[test]
fn one_flipped_bit_of_a_setting_is_refused_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = trained(folder.path());
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The first digit after each of these: gain, steps, seed, dt, length of the header.
    let after = ["gain = ", "steps = ", "seed = ", "\\\"dt\\\":", "\\\"epoch\\\":"];
    let places = after.map(|before| text.find(before).unwrap() + before.len());
    for at in places.into_iter().chain([0, 7, 8, 40, 75, bytes.len() - 1]) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 2;
        fs::write(folder.path().join("run/checkpoint.safetensors"), &damaged).unwrap();
        for args in [
            "eval run",
            "inspect run --json",
            "predict run/checkpoint.safetensors --data task.csv",
            "train --resume --out run --set train.epochs=2",
        ] {
            let ran = run_in(folder.path(), &args.split(' ').collect::<Vec<_>>());
            assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{args}, byte {at}: {}", ran.err);
            let says = ["run/checkpoint.safetensors: ", "the file is damaged", "use a copy of it"];
            assert!(says.iter().all(|s| ran.err.contains(s)), "{args}, byte {at}: {}", ran.err);
        }
        assert_eq!(fs::read(folder.path().join("run/checkpoint.safetensors")).unwrap(), damaged);
    }
}

/// Flips so many bits of the header, one at a time at random places, and lets the command test the network.
#[cfg(unix)]
fn flipped(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let bytes = trained(folder.path());
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let mut random = noise();
    for _ in 0..count {
        let (at, bit) = (random(header) as usize, random(8));
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << bit;
        fs::write(folder.path().join("run/checkpoint.safetensors"), &damaged).unwrap();
        let ran = run_in(folder.path(), &["eval", "run"]);
        let refused = ran.code == Some(2) && ran.out.is_empty() && ran.err.contains("the file is damaged");
        assert!(refused, "bit {bit} of byte {at}: {} {}", ran.out, ran.err);
    }
    println!("{count} flipped bits of the header: every file was refused");
}

#[cfg(unix)]
#[test]
fn random_flips_of_the_header_are_refused() {
    flipped(50);
}

#[cfg(unix)]
#[test]
#[ignore = "takes minutes: cargo test -p rheobase-cli --test command -- --ignored --nocapture"]
fn a_thousand_random_flips_of_the_header() {
    flipped(1000);
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let folder = tempfile::tempdir().unwrap();
    task(folder.path());
    let files = ["1", "2", "3"].map(|threads| {
        let args = ["train", "job.toml", "--out", threads, "--threads", threads];
        ok(folder.path(), &args);
        let settings = fs::read_to_string(folder.path().join(threads).join("config.toml")).unwrap();
        assert!(settings.contains(&format!("threads = {threads}")));
        fs::read(folder.path().join(threads).join("checkpoint.safetensors")).unwrap()
    });
    assert!(files[0] == files[1] && files[0] == files[2]);
}

#[test]
fn a_checkpoint_of_an_earlier_version_is_read_and_said_to_be_unprotected() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    fs::create_dir(place.join("run")).unwrap();
    let old = include_bytes!("data/unprotected.safetensors");
    fs::write(place.join("run/checkpoint.safetensors"), old).unwrap();
    let says = "unprotected but for its weights";
    let ran = run_in(place, &["eval", "run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("fingerprint 0c3ad310d802fe15\ntest accuracy 10.3 % (37/360)"), "{}", ran.out);
    assert!(ran.err.contains(says), "{}", ran.err);
    assert_eq!(json(place, &["inspect", "run", "--json"])["protected"], false);
    // Gone on with, it is written anew and protected; the network is the same.
    let ran = run_in(place, &["train", "--resume", "--out", "run"]);
    assert!(ran.code == Some(0) && ran.err.contains(says), "{}", ran.err);
    assert!(ran.out.contains("fingerprint 0c3ad310d802fe15"), "{}", ran.out);
    let ran = run_in(place, &["eval", "run"]);
    assert!(ran.code == Some(0) && ran.err.is_empty(), "{}", ran.err);
    assert_eq!(json(place, &["inspect", "run", "--json"])["protected"], true);
}
