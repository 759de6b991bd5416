//! Every recording of the shared collection, and the small part of it that comes along, against the trains its sidecar has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

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

/// The first difference; times may lie a whole step later where a dense array has no clock.
fn difference(got: &Trains, want: &Trains, step: f64) -> Option<String> {
    let ids = |t: &Trains| t.keys().cloned().collect::<Vec<_>>();
    if ids(got) != ids(want) {
        return Some(format!("ids {:?}, not {:?}", ids(got), ids(want)));
    }
    let shift = got.iter().find_map(|(id, t)| Some(want[id].first()? - t.first()?)).unwrap_or(0.0);
    let shift = if step > 0.0 && (shift.abs() - step).abs() < 1e-9 { shift } else { 0.0 };
    got.iter().find_map(|(id, times)| {
        let right = &want[id];
        if times.len() != right.len() {
            return Some(format!("train {id} has {} spikes, not {}", times.len(), right.len()));
        }
        let far = times.iter().zip(right).position(|(a, b)| (a + shift - b).abs() > 1e-9)?;
        Some(format!("train {id}, spike {far}: {} s, not {}", times[far], right[far]))
    })
}

fn judged(read: &Result<Recording>, want: &Want, step: f64) -> std::result::Result<(), String> {
    let (recording, want) = match (read, want) {
        (Err(_), Want::Refusal) => return Ok(()),
        (Ok(r), Want::Refusal) => return Err(format!("read as {}", r.understood)),
        (Err(e), _) => return Err(format!("refused: {e}")),
        (Ok(recording), want) => (recording, want),
    };
    let all = &recording.trains;
    let found = match want {
        Want::Single(want) if all.samples == 1 => difference(&of_sample(all, 0, true), want, step),
        Want::Several(wants) if wants.len() == all.samples => {
            wants.iter().enumerate().find_map(|(i, want)| {
                let want: Trains =
                    want.iter().filter(|(_, t)| !t.is_empty()).map(|(k, v)| (k.clone(), v.clone())).collect();
                difference(&of_sample(all, i, false), &want, step).map(|d| format!("sample {i}: {d}"))
            })
        }
        _ => Some(format!("{} samples", all.samples)),
    };
    found.map_or(Ok(()), Err)
}

/// Reads a case without and with the facts it leaves out; what is wrong with either.
fn case(file: &Path, side: &Value) -> Vec<String> {
    let want = want(side);
    let mut wrong = Vec::new();
    let bare = read_recording(file, &TrainOptions::default());
    let facts = side["ambiguous"].get("right with");
    match (&bare, facts) {
        // A refusal that names what decides.
        (Err(e), Some(_))
            if ["--unit", "--as", "--columns", "--dt", "give dt", "FILE:NAME", "--time-axis"]
                .iter()
                .any(|o| e.to_string().contains(o)) => {}
        (Err(e), Some(_)) => wrong.push(format!("refused without a way out: {e}")),
        // Steps of unknown length are said to be such.
        (Ok(r), Some(facts)) if facts.get("dt").is_some() && r.understood.contains("--dt") => {}
        (result, _) => {
            wrong.extend(judged(result, &want, 0.0).err().map(|e| format!("without options: {e}")))
        }
    }
    if let Want::Populations(all) = &want {
        for (name, trains) in all {
            let one = TrainOptions { array: Some(name.clone()), ..Default::default() };
            let read = read_recording(file, &one);
            wrong.extend(
                judged(&read, &Want::Single(trains.clone()), 0.0).err().map(|e| format!("{name}: {e}")),
            );
        }
    } else if let Some(facts) = facts {
        let read = read_recording(file, &options(facts));
        let step =
            if bare.is_ok() || facts.get("dt").is_some() { side["dt"].as_f64().unwrap_or(0.0) } else { 0.0 };
        wrong.extend(judged(&read, &want, step).err().map(|e| format!("with {facts}: {e}")));
    }
    wrong
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
    assert_eq!(all_right(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")), 33);
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
    assert!(all_right(&folder) >= 80);
}

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, all),
            false if path.extension().is_none_or(|e| e != "json" && e != "md" && e != "py") => all.push(path),
            false => {}
        }
    }
}

/// Bytes changed as damage and malice change them: bits, whole numbers at their ends, lengths, parts left out or repeated.
fn damaged(bytes: &[u8], random: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..1 + random(4) {
        if out.is_empty() {
            break;
        }
        let at = random(out.len());
        match random(7) {
            0 => out[at] ^= 1 << random(8),
            1 => out[at] = [0, 1, 0x7f, 0x80, 0xff, b'9', b'\n', b','][random(8)],
            2 => out.truncate(at),
            3 => {
                let value = [u64::MAX, 1 << 31, 1 << 40, 0, 7][random(5)].to_le_bytes();
                let width = [2, 4, 8][random(3)].min(out.len() - at);
                out[at..at + width].copy_from_slice(&value[..width]);
            }
            4 => {
                let part = out[at..(at + random(64)).min(out.len())].to_vec();
                out.splice(at..at, part);
            }
            5 => drop(out.drain(at..(at + 1 + random(32)).min(out.len()))),
            _ => out[at] = random(256) as u8,
        }
    }
    out
}

/// No damage may end the program, take memory that the file does not justify, or take long; what is read must be sound. Seconds for
/// each file: `RHEOBASE_FUZZ_SECONDS`, else a twentieth.
#[test]
fn damaged_files_are_read_or_refused() {
    let seconds = std::env::var("RHEOBASE_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(0.05);
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings"), &mut all);
    all.sort();
    let folder = tempfile::tempdir().unwrap();
    for path in &all {
        let whole = std::fs::read(path).unwrap();
        let copy = folder.path().join(path.file_name().unwrap());
        let stream = rheobase_base::random::Stream::new(20, "damage", &path.display().to_string());
        let mut drawn = 0;
        let mut random = |n: usize| {
            drawn += 1;
            (stream.word(drawn, 0, 0) as usize) % n.max(1)
        };
        let (begin, mut tries, mut read) = (std::time::Instant::now(), 0, 0);
        while begin.elapsed().as_secs_f64() < seconds {
            std::fs::write(&copy, damaged(&whole, &mut random)).unwrap();
            let options = TrainOptions { dt: (random(2) == 0).then_some(1e-4), ..Default::default() };
            let one = std::time::Instant::now();
            if let Ok(found) = read_recording(&copy, &options) {
                let trains = &found.trains;
                assert_eq!(trains.times.len(), trains.names.len() * trains.samples.max(1), "{path:?}");
                assert!(
                    trains.times.iter().all(|t| t.iter().all(|x| x.is_finite()) && t.is_sorted()),
                    "{path:?}"
                );
                read += 1;
            }
            assert!(one.elapsed().as_secs_f64() < 5.0, "{path:?} took {:?}", one.elapsed());
            tries += 1;
        }
        println!("{}: {tries} damaged, {read} read", path.display());
    }
}
