//! Traces whose arrays are cut, emptied or of another rank: verified without a panic, and never passed without input or
//! output. Arrays that a replay does not need may be anything.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rheobase::data::{Array, Npz, read_npz, write_npz};
use rheobase::verify::{Status, TraceFile, find_traces, verify_file};

/// The smallest trace of each target.
fn one_of_each() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("traces");
    let mut smallest: BTreeMap<String, (u64, PathBuf)> = BTreeMap::new();
    for path in find_traces(&[folder]).expect("the traces are in the repository") {
        let target = TraceFile::read(&path).expect("a trace can be read").meta.target;
        let size = std::fs::metadata(&path).map_or(u64::MAX, |m| m.len());
        let entry = smallest.entry(target).or_insert((u64::MAX, PathBuf::new()));
        if size < entry.0 {
            *entry = (size, path);
        }
    }
    smallest.into_values().map(|(_, path)| path).collect()
}

/// The arrays with the one called `name` cut to half, without numbers, and as one number.
fn broken(trace: &Npz, name: &str) -> Vec<Vec<(String, Array)>> {
    let Ok(numbers) = trace.get(name).and_then(Array::to_f64) else { return Vec::new() };
    let cut = numbers[..numbers.len() / 2].to_vec();
    let versions = [Array::vector(cut), Array::vector(Vec::<f64>::new()), Array::scalar(1.0)];
    let with = |array: &Array| {
        let other = |(n, a): &(String, Array)| (n.clone(), if n == name { array.clone() } else { a.clone() });
        trace.arrays().iter().map(other).collect()
    };
    versions.iter().map(with).collect()
}

#[test]
fn broken_arrays_are_reported() {
    let folder = tempfile::tempdir().expect("a folder for traces");
    let path = folder.path().join("broken.npz");
    let mut unheard = Vec::new();
    for original in one_of_each() {
        let trace = read_npz(&original).expect("a trace can be read");
        for name in trace.names().filter(|n| *n != "meta") {
            for arrays in broken(&trace, name) {
                write_npz(&path, &arrays).expect("a trace can be written");
                let report = verify_file(&path);
                if report.status == Status::Pass
                    && ["input", "output", "spikes", "post_s", "winners"].contains(&name)
                {
                    unheard.push(format!("{}: `{name}`", original.display()));
                }
            }
        }
    }
    assert!(unheard.is_empty(), "broken, and passes:\n{}", unheard.join("\n"));
}
