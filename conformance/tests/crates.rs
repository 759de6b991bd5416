//! The walls, as DESIGN.md draws them: what each crate may depend on, and what nobody has to compile who does not use it.

use std::collections::BTreeSet;
use std::process::Command;

/// Each crate of the library, the crates of the library that it knows, and what it brings from elsewhere: the table in
/// DESIGN.md. Whoever needs more of either changes it there.
fn table() -> Vec<[String; 3]> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../DESIGN.md");
    let text = std::fs::read_to_string(path).expect("DESIGN.md");
    let rows =
        text.lines().skip_while(|l| !l.starts_with("| crate ")).skip(2).take_while(|l| l.starts_with('|'));
    let cells = |row: &str| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        [cells[1].trim_matches('`'), cells[3], cells[4]].map(String::from)
    };
    rows.map(cells).collect()
}

/// The packages that are compiled for what `arguments` name, each a line with its features.
fn tree(arguments: &str) -> Vec<String> {
    let out = Command::new(env!("CARGO"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["tree", "--offline", "--prefix", "none", "--format", "{p} features: {f}"])
        .args(arguments.split_whitespace())
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("text");
    text.lines().filter(|l| !l.is_empty()).map(|l| l.trim_end_matches(" (*)").to_string()).collect()
}

fn name(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

fn set(names: &str) -> BTreeSet<String> {
    names.split_whitespace().map(Into::into).collect()
}

#[test]
fn crates_depend_on_what_the_table_says() {
    let table = table();
    for [crate_, knows, brings] in &table {
        let lines = tree(&format!("--package {crate_} --edges normal --depth 1"));
        let all: BTreeSet<String> = lines[1..].iter().map(|l| name(l).to_string()).collect();
        let ours: BTreeSet<String> = set(knows).iter().map(|n| format!("rheobase-{n}")).collect();
        let said: BTreeSet<String> = ours.union(&set(brings)).cloned().collect();
        assert_eq!(
            all, said,
            "{crate_} and its row in DESIGN.md differ: left what it has, right what the row says"
        );
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates");
    let there = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("a crate").file_name());
    let there: BTreeSet<String> = there.map(|n| n.into_string().expect("text")).collect();
    let rows = table.into_iter().map(|[name, ..]| name);
    let top = ["rheobase", "rheobase-cli", "rheobase-python"].map(String::from);
    assert_eq!(there, rows.chain(top).collect());
}

/// Populations alone compile no readers, no settings, no pictures, no transforms.
#[test]
fn the_simulator_alone_is_small() {
    let lines = tree("--package rheobase --no-default-features --edges normal");
    let names: BTreeSet<&str> = lines.iter().map(|l| name(l)).collect();
    assert!(names.contains("rheobase-sim") && names.contains("rheobase-kernels"));
    let not = "zip toml csv flate2 tempfile serde_json tiny-skia png ttf-parser dejavu realfft statrs safetensors clap";
    for other in not.split(' ') {
        assert!(!names.contains(other), "{other}");
    }
    let all = tree("--package rheobase --edges normal");
    for other in not.split(' ').filter(|n| *n != "clap") {
        assert!(
            all.iter().any(|l| name(l) == other),
            "{other} is not in the whole library: is it still called so?"
        );
    }
}

/// Kernels are compiled once, whatever is built beside them: nothing below them changes its features with the rest.
#[test]
fn kernels_are_the_same_whatever_is_built_with_them() {
    let alone: BTreeSet<String> =
        tree("--package rheobase-kernels --edges normal,build").into_iter().collect();
    let names: BTreeSet<&str> = alone.iter().map(|l| name(l)).collect();
    assert_eq!(names, ["rheobase-base", "rheobase-kernels", "rheobase-models", "strsim"].into());
    let all = tree("--workspace --all-features --edges normal,build,dev");
    let same: BTreeSet<String> = all.into_iter().filter(|l| names.contains(name(l))).collect();
    assert_eq!(same, alone);
}
