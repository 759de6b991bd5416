//! A run's folder has one owner at a time, and a killed one leaves nothing in the way.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use crate::train::{last_lines, task};
use crate::{command, names_in, ok, run_in};

const EPOCHS: &str = "train.epochs=150";

/// A job of 150 epochs with this seed, into `run`.
fn start(folder: &Path, seed: &str) -> Child {
    spawn(folder, &["train", "job.toml", "--out", "run", "--set", EPOCHS, "--seed", seed])
}

fn spawn(folder: &Path, args: &[&str]) -> Child {
    command(folder, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// A run that trains now.
fn running(folder: &Path, epochs: &str) -> Child {
    let child = spawn(folder, &["train", "job.toml", "--out", "run", "--set", epochs, "--seed", "0"]);
    let begun = Instant::now();
    while !folder.join("run/checkpoint.safetensors").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// What the job comes to when nothing is in its way.
fn alone(folder: &Path, seed: &str) -> (String, String) {
    last_lines(&ok(folder, &["train", "job.toml", "--out", seed, "--set", EPOCHS, "--seed", seed]))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Takes the run away.
fn clear(folder: &Path) {
    let _ = fs::remove_dir_all(folder.join("run"));
}

/// Moments and places anew in every test run.
pub(crate) fn noise() -> impl FnMut(u64) -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut state = u64::from(now.subsec_nanos()) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    }
}

#[test]
fn a_folder_that_is_trained_in_is_refused_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    ok(place, &["train", "job.toml", "--out", "0", "--set", "train.epochs=1"]);
    let mut first = running(place, "train.epochs=1000000");
    let process = format!("process {} (rheobase train job.toml --out run", first.id());
    for args in [
        "train job.toml --out run",
        "train job.toml --out run --force --seed 7",
        "train --resume --out run",
        "train --resume --out run --set train.epochs=90",
        "report run",
        "report 0 -o run/page.html",
        "predict 0 --data task.csv -o run/classes.csv",
        "simulate lif -o run/spikes.csv --plot run/lif.svg",
    ] {
        let ran = run_in(place, &args.split(' ').collect::<Vec<_>>());
        assert!(first.try_wait().unwrap().is_none(), "the first was to go on meanwhile");
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{args}: {}", ran.err);
        assert!(ran.err.contains(&process) && ran.err.contains("is writing there"), "{args}: {}", ran.err);
    }
    // Looking at it is no harm.
    for args in ["eval run", "inspect run", "report run -o page.html", "predict run --data task.csv"] {
        ok(place, &args.split(' ').collect::<Vec<_>>());
    }
    first.kill().unwrap();
    first.wait().unwrap();
    // What it leaves is in nobody's way.
    ok(place, &["report", "run"]);
    ok(place, &["simulate", "lif", "-o", "run/spikes.csv", "--plot", "run/lif.svg"]);
}

#[test]
fn files_of_killed_runs_go_and_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    ok(place, &["train", "job.toml", "--out", "run", "--set", "train.epochs=1"]);
    let left = [".checkpoint.safetensors-a1B2c3.tmp", ".metrics.csv-000000.tmp", ".report.html-zzzzzz.tmp"];
    let foreign = ["mine.tmp", ".mine.csv-a1B2c3.tmp", ".checkpoint.safetensors-mine.tmp"];
    for name in left.iter().chain(&foreign) {
        fs::write(place.join("run").join(name), "half").unwrap();
    }
    // Another run's, beside.
    fs::write(place.join(left[0]), "half").unwrap();
    ok(place, &["eval", "run"]);
    assert!(left.iter().all(|name| place.join("run").join(name).exists()));
    ok(place, &["train", "--resume", "--out", "run"]);
    let names = names_in(&place.join("run"));
    assert!(left.iter().all(|name| !names.contains(&name.to_string())), "{names:?}");
    assert!(foreign.iter().all(|name| names.contains(&name.to_string())), "{names:?}");
    assert!(place.join(left[0]).exists());
    // A folder of other things is not taken for a run.
    fs::create_dir(place.join("other")).unwrap();
    fs::write(place.join("other").join(left[0]), "half").unwrap();
    let ran = run_in(place, &["train", "job.toml", "--out", "other"]);
    assert!(ran.code == Some(2) && ran.err.contains("holds other files"), "{}", ran.err);
    ok(place, &["simulate", "lif", "-o", "other/spikes.csv"]);
    assert_eq!(names_in(&place.join("other")), [left[0], "spikes.csv"]);
}

/// Kills a run at `kills` random moments, each time goes on, and compares what it comes to.
fn killed(kills: usize) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    let (alone, mut random) = (alone(place, "0"), noise());
    let (mut done, mut ends) = (0, 0);
    while done < kills {
        clear(place);
        let mut waits = Vec::new();
        loop {
            let on = ["train", "--resume", "--out", "run"];
            let begun = place.join("run/config.toml").exists();
            let mut child = if begun { spawn(place, &on) } else { start(place, "0") };
            waits.push(5 + random(500));
            std::thread::sleep(Duration::from_millis(waits[waits.len() - 1]));
            let ended = child.try_wait().unwrap().is_some();
            child.kill().unwrap();
            let Output { status, stderr, .. } = child.wait_with_output().unwrap();
            if ended {
                assert!(status.success(), "after {waits:?} ms: {}", text(&stderr));
                break;
            }
            done += 1;
            if done >= kills {
                break;
            }
        }
        let begun = place.join("run/config.toml").exists();
        let last =
            if begun { spawn(place, &["train", "--resume", "--out", "run"]) } else { start(place, "0") };
        let Output { stdout, stderr, .. } = last.wait_with_output().unwrap();
        assert_eq!(last_lines(&text(&stdout)), alone, "after {waits:?} ms: {}", text(&stderr));
        let names = names_in(&place.join("run"));
        assert!(names.iter().all(|name| !name.ends_with(".tmp")), "after {waits:?} ms: {names:?}");
        ends += 1;
    }
    println!("{done} kills in {ends} runs: every run came to {} without a file left over", alone.0);
}

/// Lets pairs of trainings begin at once in one folder: one gets it, the other is refused and changes nothing.
fn pairs(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    let (alone, mut random) = ([alone(place, "0"), alone(place, "1")], noise());
    let mut wins = [0, 0];
    for n in 0..count {
        clear(place);
        let (mut first, second) = match n % 3 {
            0 if random(2) == 0 => (start(place, "0"), start(place, "1")),
            0 => {
                let second = start(place, "1");
                (start(place, "0"), second)
            }
            kind => {
                let first = running(place, EPOCHS);
                std::thread::sleep(Duration::from_millis(random(50)));
                let anew = ["train", "job.toml", "--out", "run", "--force", "--seed", "1"];
                let on = ["train", "--resume", "--out", "run", "--set", "train.epochs=200"];
                (first, spawn(place, if kind == 1 { &anew } else { &on }))
            }
        };
        let ids = [first.id(), second.id()];
        let second = second.wait_with_output().unwrap();
        let contested = first.try_wait().unwrap().is_none() || n % 3 == 0;
        let ended = [first.wait_with_output().unwrap(), second];
        assert!(contested, "pair {n}: the first had ended before the second was refused");
        let winner = usize::from(ended[1].status.success());
        let (won, lost) = (&ended[winner], &ended[1 - winner]);
        assert_eq!(won.status.code(), Some(0), "pair {n}: {}", text(&won.stderr));
        let refused = text(&lost.stderr);
        assert_eq!(lost.status.code(), Some(2), "pair {n}: {refused}");
        assert!(refused.contains(&format!("process {} (", ids[winner])), "pair {n}: {refused}");
        assert_eq!(last_lines(&text(&won.stdout)), alone[winner], "pair {n}");
        assert_eq!(last_lines(&ok(place, &["eval", "run"])), alone[winner], "pair {n}");
        let settings = fs::read_to_string(place.join("run/config.toml")).unwrap();
        assert!(
            settings.contains(&format!("seed = {winner}")) && settings.contains("epochs = 150"),
            "pair {n}"
        );
        wins[winner] += 1;
    }
    println!(
        "{count} pairs: the first won {}, the second {}; the other was always refused",
        wins[0], wins[1]
    );
}

#[test]
fn runs_killed_at_random_moments_come_to_the_same_bits() {
    killed(5);
}

#[test]
fn of_two_trainings_in_one_folder_one_is_refused() {
    pairs(3);
}

#[test]
#[ignore = "takes minutes: cargo test -p rheobase-cli --test command -- --ignored --nocapture"]
fn a_hundred_kills_and_twenty_pairs() {
    killed(100);
    pairs(20);
}
