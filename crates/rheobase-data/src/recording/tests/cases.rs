//! Every recording of the shared collection, and the small part of it that comes along, against the trains its sidecar has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::*;

type Trains = BTreeMap<String, Vec<f64>>;

/// What a sidecar says is right: trains of a single recording, of trials, of populations.
enum Want {
    Refusal,
    Single(Trains),
    Several(Vec<Trains>),
    Populations(Vec<(String, Trains)>),
}

fn trains(value: &Value) -> Trains {
    let times = |v: &Value| v.as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect();
    value.as_object().unwrap().iter().map(|(id, t)| (id.clone(), times(t))).collect()
}

fn want(side: &Value) -> Want {
    let each = |v: &Value| trains(v.get("trains").unwrap_or(v));
    if side["trains"].is_object() {
        return Want::Single(trains(&side["trains"]));
    }
    if let Some(populations) = side["populations"].as_object() {
        return Want::Populations(populations.iter().map(|(n, t)| (n.clone(), trains(t))).collect());
    }
    match side.get("trials").or(side.get("samples")) {
        Some(Value::Object(all)) => Want::Several(all.values().map(each).collect()),
        Some(Value::Array(all)) => Want::Several(all.iter().map(each).collect()),
        _ => Want::Refusal,
    }
}

/// What decides where a file does not say enough, as it must be named: the facts that make the case right, in the program's words.
fn deciding(side: &Value) -> Vec<&'static str> {
    let facts = side["ambiguous"]["right with"].as_object().unwrap();
    let mut names: Vec<&str> = facts
        .keys()
        .map(|fact| match &fact[..] {
            "unit" => "--unit",
            "rate" => "samples=RATE",
            "dt" => "--dt",
            "columns" => "--columns",
            "layout" => "--as",
            "axis of time" => "--time-axis",
            "population" => "FILE:NAME",
            "from" => "--start",
            "to" => "--stop",
            other => panic!("a fact without a name: {other}"),
        })
        .collect();
    if side["ambiguous"]["without options"].as_str().unwrap().contains("what the numbers are") {
        names.push("--as");
    }
    names
}

/// What the sidecar's facts are called here.
fn options(facts: &Value) -> TrainOptions {
    let mut options = TrainOptions::default();
    let text = |key: &str| facts[key].as_str();
    options.dt = facts["dt"].as_f64();
    options.unit = text("unit").map(|unit| match facts["rate"].as_f64() {
        Some(rate) => Unit::Samples(rate),
        None => unit.parse().unwrap(),
    });
    options.columns = text("columns").map_or(Vec::new(), |c| parse_columns(&c.replace(' ', "")).unwrap());
    options.time_axis = facts["axis of time"].as_u64().map(|a| a as usize);
    options.start = facts["from"].as_f64().into_iter().collect();
    options.stop = facts["to"].as_f64().into_iter().collect();
    options.holds = text("layout").map(|layout| match layout {
        "a train per column" => Holds::TrainsInColumns,
        "heights" => Holds::Dense,
        _ => Holds::Trains,
    });
    options
}

/// The trains of sample `sample` as the sidecar has them; those that must be named although silent are.
fn of_sample(all: &SpikeTrains, sample: usize, silent: bool) -> Trains {
    let one = all.clone().sample(sample).unwrap();
    let named = one.names.into_iter().zip(one.times);
    named.filter(|(_, t)| silent || !t.is_empty()).collect()
}

/// The first difference: ids as text, numbers of spikes exactly, times to a nanosecond.
fn difference(got: &Trains, want: &Trains) -> Option<String> {
    let ids = |t: &Trains| t.keys().cloned().collect::<Vec<_>>();
    if ids(got) != ids(want) {
        return Some(format!("ids {:?}, not {:?}", ids(got), ids(want)));
    }
    got.iter().find_map(|(id, times)| {
        let right = &want[id];
        if times.len() != right.len() {
            return Some(format!("train {id} has {} spikes, not {}", times.len(), right.len()));
        }
        let far = times.iter().zip(right).position(|(a, b)| (a - b).abs() > 1e-9)?;
        Some(format!("train {id}, spike {far}: {} s, not {}", times[far], right[far]))
    })
}

fn judged(read: &Result<Recording>, want: &Want) -> std::result::Result<(), String> {
    let (recording, want) = match (read, want) {
        (Err(_), Want::Refusal) => return Ok(()),
        (Ok(r), Want::Refusal) => return Err(format!("read as {}", r.understood)),
        (Err(e), _) => return Err(format!("refused: {e}")),
        (Ok(recording), want) => (recording, want),
    };
    let all = &recording.trains;
    let found = match want {
        Want::Single(want) if all.samples == 1 => difference(&of_sample(all, 0, true), want),
        Want::Several(wants) if wants.len() == all.samples => {
            wants.iter().enumerate().find_map(|(i, want)| {
                let want: Trains =
                    want.iter().filter(|(_, t)| !t.is_empty()).map(|(k, v)| (k.clone(), v.clone())).collect();
                difference(&of_sample(all, i, false), &want).map(|d| format!("sample {i}: {d}"))
            })
        }
        _ => Some(format!("{} samples", all.samples)),
    };
    found.map_or(Ok(()), Err)
}

/// What is wrong with how a case is read whose file does not say enough.
fn undecided(bare: &Result<Recording>, side: &Value, want: &Want) -> std::result::Result<(), String> {
    let rule = side["ambiguous"]["without options"].as_str().unwrap();
    let deciding = deciding(side);
    match bare {
        Err(e) => {
            let said = e.to_string();
            match deciding.iter().find(|option| !said.contains(**option)) {
                None => Ok(()),
                Some(option) => Err(format!("refused without naming {option}: {e}")),
            }
        }
        Ok(read) if rule.contains("read it") || rule.contains("or say") || rule.contains("or take") => {
            let said = format!("{} {}", read.understood, read.notes.join(" "));
            match deciding.iter().find(|option| **option == "--unit" && !said.contains("times in ")) {
                None => judged(bare, want),
                Some(option) => Err(format!("read without a word on {option}: {said}")),
            }
        }
        Ok(read) => Err(format!("read as {}, but the rule is: {rule}", read.understood)),
    }
}

/// Reads a case without and with the facts it leaves out; what is wrong with either.
fn case(file: &Path, side: &Value) -> Vec<String> {
    let want = want(side);
    let mut wrong = Vec::new();
    let bare = read_recording(file, &TrainOptions::default());
    let facts = side["ambiguous"].get("right with");
    let found = match facts {
        Some(_) => undecided(&bare, side, &want),
        None => judged(&bare, &want),
    };
    wrong.extend(found.err().map(|e| format!("without options: {e}")));
    if let Want::Populations(all) = &want {
        for (name, trains) in all {
            let one = TrainOptions { array: Some(name.clone()), ..Default::default() };
            let read = read_recording(file, &one);
            wrong.extend(judged(&read, &Want::Single(trains.clone())).err().map(|e| format!("{name}: {e}")));
        }
    } else if let Some(facts) = facts {
        let read = read_recording(file, &options(facts));
        wrong.extend(judged(&read, &want).err().map(|e| format!("with {facts}: {e}")));
    }
    if side["events"].is_object() {
        wrong.extend(events(file, &side["events"]).err().map(|e| format!("events: {e}")));
    }
    if let (Ok(read), Some(window)) = (&bare, side["window"].as_array()) {
        let edge = |i: usize| window[i].as_f64().unwrap();
        let (from, to) = read.trains.window;
        if (from - edge(0)).abs() > 1e-9 || (to - edge(1)).abs() > 1e-9 {
            println!("      window {from} to {to}, not {} to {}", edge(0), edge(1));
        }
    }
    wrong
}

/// The events of a camera, one by one.
fn events(file: &Path, want: &Value) -> std::result::Result<(), String> {
    let read = read_events(file, &TrainOptions::default()).map_err(|e| e.to_string())?;
    let column = |name: &str| -> Vec<i64> {
        want[name].as_array().unwrap().iter().map(|v| v.as_i64().unwrap()).collect()
    };
    let wide = |v: &[u16]| v.iter().map(|x| i64::from(*x)).collect::<Vec<_>>();
    let polarity: Vec<i64> = read.p.iter().map(|x| i64::from(*x)).collect();
    for (name, got) in [("t", read.t.clone()), ("x", wide(&read.x)), ("y", wide(&read.y)), ("p", polarity)] {
        if got != column(name) {
            return Err(format!("`{name}` differs"));
        }
    }
    Ok(())
}

fn cases(folder: &Path) -> Vec<(PathBuf, Value)> {
    let mut all = Vec::new();
    let entries = |p: &Path| std::fs::read_dir(p).map(|d| d.map(|e| e.unwrap().path()).collect::<Vec<_>>());
    for path in
        entries(folder).unwrap_or_default().iter().filter(|p| p.is_dir()).flat_map(|p| entries(p).unwrap())
    {
        if path.extension().is_some_and(|e| e == "json") {
            let side: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let file = path.with_file_name(side["file"].as_str().unwrap());
            all.push((file, side));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn all_right(folder: &Path) -> usize {
    let cases = cases(folder);
    let mut bad = Vec::new();
    for (file, side) in &cases {
        let name = file.strip_prefix(folder).unwrap().display().to_string();
        let wrong = case(file, side);
        let first = read_recording(file, &TrainOptions::default());
        let said = first.map_or_else(|e| e.to_string(), |r| format!("{} {:?}", r.understood, r.notes));
        println!("{} {name}: {said}", if wrong.is_empty() { "right" } else { "WRONG" });
        bad.extend(wrong.iter().map(|w| format!("{name}: {w}")));
    }
    assert!(bad.is_empty(), "{} of {} cases: {}", bad.len(), cases.len(), bad.join("\n"));
    cases.len()
}

/// Those that come along.
#[test]
fn every_recording_beside_the_tests_gives_its_trains() {
    assert_eq!(all_right(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")), 75);
}

/// The shared collection, if it is at hand: `RHEOBASE_SHARED` or the folder `shared` beside the repository.
#[test]
fn every_shared_recording_gives_its_trains() {
    let near = || {
        let up = Path::new(env!("CARGO_MANIFEST_DIR"));
        up.ancestors()
            .map(|a| a.join("../shared"))
            .find(|s| s.is_dir())
            .unwrap_or_else(|| up.join("../shared"))
    };
    let folder = std::env::var_os("RHEOBASE_SHARED").map_or_else(near, PathBuf::from).join("recordings");
    if !folder.is_dir() {
        eprintln!("NOT TESTED: the shared recordings are absent ({}); set RHEOBASE_SHARED", folder.display());
        return;
    }
    assert_eq!(all_right(&folder), 90);
}
