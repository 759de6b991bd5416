//! Every reference trace through the code of `rheobase verify`: none fails, differences have rules, rules are needed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;

use rheobase::verify::{FileReport, Status, TraceFile, find_traces, rules::RULES, verify_file};

/// What the traces may hold that this library does not have: the target in the trace's meta, and what it waits for.
const NOT_COVERED: &[(&str, &str)] = &[];

/// The reports of all traces, each with the target of its trace.
fn reports() -> &'static [(FileReport, String)] {
    static REPORTS: OnceLock<Vec<(FileReport, String)>> = OnceLock::new();
    REPORTS.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("traces");
        let files = find_traces(&[folder]).expect("the traces are in the repository");
        let target = |file: &PathBuf| TraceFile::read(file).expect("a trace can be read").meta.target;
        files.iter().map(|f| (verify_file(f), target(f))).collect()
    })
}

/// The beginning of a file's name, which names its family.
fn family(report: &FileReport) -> String {
    let name = report.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    name.split(['_', '.']).next().unwrap_or_default().to_string()
}

#[test]
fn all_traces_are_there() {
    assert_eq!(reports().len(), 284);
}

#[test]
fn no_trace_fails() {
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for (report, _) in reports() {
        *counts.entry((family(report), report.status.name())).or_default() += 1;
    }
    for ((family, status), n) in &counts {
        println!("{family:12} {status:12} {n}");
    }
    let describe = |r: &FileReport| {
        let arrays = r.arrays.iter().filter(|a| !a.agrees && a.rule.is_none());
        let arrays: Vec<_> = arrays.map(|a| format!("{} by {:e} at {:?}", a.name, a.worst, a.at)).collect();
        format!("{}: {}{}", r.file.display(), r.reason.as_deref().unwrap_or(""), arrays.join(", "))
    };
    let failed = reports().iter().filter(|(r, _)| r.status == Status::Fail);
    let failed: Vec<String> = failed.map(|(r, _)| describe(r)).collect();
    assert!(failed.is_empty(), "{} traces fail:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn differences_have_rules_and_every_rule_is_needed() {
    let mut needed = BTreeSet::new();
    for (report, _) in reports() {
        if report.status == Status::Different {
            assert!(!report.quirks.is_empty(), "{} differs without a rule", report.file.display());
        }
        needed.extend(report.quirks.iter().copied());
    }
    let declared: BTreeSet<&str> = RULES.iter().map(|r| r.id).collect();
    assert_eq!(declared, needed, "rules declared (left) and needed (right)");
}

#[test]
fn exactly_the_listed_targets_are_not_covered() {
    let open = reports().iter().filter(|(r, _)| r.status == Status::NotCovered);
    let open: BTreeSet<&str> = open.map(|(_, target)| target.as_str()).collect();
    let listed: BTreeSet<&str> = NOT_COVERED.iter().map(|(target, _)| *target).collect();
    let missing: Vec<_> = open.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&open).collect();
    assert!(missing.is_empty(), "not covered, and not listed: {missing:#?}");
    assert!(stale.is_empty(), "listed, but covered: {stale:#?}");
}
