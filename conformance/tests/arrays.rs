//! Every array of every kind of trace is needed: deleted from a copy, `verify` fails and names it; one more that nothing
//! compares fails too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rheobase::data::{Array, Npz, read_npz, write_npz};
use rheobase::verify::{FileReport, Status, TraceFile, find_traces, verify_file};

/// The smallest covered trace of each target.
fn one_of_each() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("traces");
    let mut smallest: BTreeMap<String, (u64, PathBuf)> = BTreeMap::new();
    for path in find_traces(&[folder]).expect("the traces are in the repository") {
        if verify_file(&path).status == Status::NotCovered {
            continue;
        }
        let meta = TraceFile::read(&path).expect("a trace can be read").meta;
        // Networks have one target, and differ by what they are.
        let composite = meta.target.ends_with("composite");
        let kind = if composite { meta.name } else { meta.target };
        let size = std::fs::metadata(&path).map_or(u64::MAX, |m| m.len());
        let entry = smallest.entry(kind).or_insert((u64::MAX, PathBuf::new()));
        if size < entry.0 {
            *entry = (size, path);
        }
    }
    smallest.into_values().map(|(_, path)| path).collect()
}

fn arrays(trace: &Npz) -> Vec<(String, Array)> {
    trace.arrays().to_vec()
}

fn verified(path: &Path, arrays: &[(String, Array)]) -> FileReport {
    write_npz(path, arrays).expect("a trace can be written");
    verify_file(path)
}

/// Given where the run had it: without it thresholds are others, which the comparison finds.
const OPTIONAL: &str = "per_neuron_thresh_given";

/// Their numbers (winners, radius) stand in their names alone, so nothing tells that they should be there.
const NAMED_BY_NUMBERS: [&str; 5] =
    ["winners_scaled_k3_r1", "one_winners_k4", "one_winners_negative_k4", "localnorm_r1", "localnorm_r2"];

#[test]
fn an_array_that_is_missing_fails_by_name() {
    let folder = tempfile::tempdir().expect("a folder for traces");
    let path = folder.path().join("cut.npz");
    let (mut unheard, mut kinds, mut deleted, mut excepted) = (Vec::new(), 0, 0, 0);
    for original in one_of_each() {
        kinds += 1;
        let trace = read_npz(&original).expect("a trace can be read");
        for name in trace.names().filter(|n| !["meta", OPTIONAL].contains(n)) {
            deleted += 1;
            let rest: Vec<_> = arrays(&trace).into_iter().filter(|(n, _)| n != name).collect();
            let report = verified(&path, &rest);
            let named = report.missing.iter().any(|m| m == name || m.starts_with("deriv_"));
            let said = report.reason.as_deref().is_some_and(|r| r.contains(&format!("`{name}`")) || named);
            if NAMED_BY_NUMBERS.contains(&name) {
                excepted += 1;
                assert!(report.status != Status::Fail, "{name} is missed: it needs no exception");
            } else if report.status != Status::Fail || !named || !said {
                unheard.push(format!("{}: `{name}`: {:?}", original.display(), report.reason));
            }
        }
    }
    assert!(unheard.is_empty(), "deleted, and not missed:\n{}", unheard.join("\n"));
    assert_eq!(excepted, NAMED_BY_NUMBERS.len());
    assert!(kinds > 40 && deleted > 300, "{kinds} kinds, {deleted} arrays");
}

#[test]
fn an_array_that_nothing_compares_fails_by_name() {
    let folder = tempfile::tempdir().expect("a folder for traces");
    let path = folder.path().join("more.npz");
    let mut unheard = Vec::new();
    for original in one_of_each() {
        let trace = read_npz(&original).expect("a trace can be read");
        let mut more = arrays(&trace);
        more.push(("post_mystery".into(), Array::vector(vec![1.0, 2.0])));
        let report = verified(&path, &more);
        let said = report.reason.as_deref().is_some_and(|r| r.contains("post_mystery"));
        // The functions on spikes say that they have no such measure.
        let known = report.status == Status::NotCovered;
        if !said || !(known || report.status == Status::Fail) {
            unheard.push(format!("{}: {:?}", original.display(), report.reason));
        }
    }
    assert!(unheard.is_empty(), "added, and not noticed:\n{}", unheard.join("\n"));
}

#[test]
fn the_number_of_compared_arrays_is_that_of_the_results() {
    for original in one_of_each() {
        let report = verify_file(&original);
        let trace = read_npz(&original).expect("a trace can be read");
        let given = trace.names().count() - report.compared;
        assert_eq!(report.compared, report.arrays.len(), "{}", original.display());
        assert!(report.compared > 0 && given > 0 && report.missing.is_empty(), "{}", original.display());
    }
}
