//! `rheobase convert`, `replay`, and `inspect` of models of other frameworks.

use std::path::PathBuf;

use crate::{json, names_in, ok, run_in};

/// A recorded case of another framework.
fn case(name: &str, file: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../rheobase-exchange/tests/data");
    folder.join(name).join(file).display().to_string()
}

#[test]
fn a_recorded_run_is_replayed_to_the_spike() {
    let folder = tempfile::tempdir().unwrap();
    let (model, run) = (case("snntorch/tie", "model.nir"), case("snntorch/tie", "run.npz"));
    let args = ["replay", &model, &run, "--from", "snntorch"];
    let text = ok(folder.path(), &args);
    assert!(
        text.contains("all spikes are equal") && text.contains("snntorch 1.0.0: it was chosen"),
        "{text}"
    );
    let found = json(folder.path(), &["replay", &model, &run, "--json"]);
    // Its numbers betray it.
    assert_eq!((&found["equal"], &found["report"]["dialect"]), (&true.into(), &"snntorch 1.0.0".into()));
}

#[test]
fn the_first_difference_is_named_with_both_potentials() {
    let folder = tempfile::tempdir().unwrap();
    let (model, run) = (case("snntorch/tie", "model.nir"), case("snntorch/tie", "run.npz"));
    let ran = run_in(folder.path(), &["replay", &model, &run, "--with", "reset_mechanism=none"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.out.contains("first difference at step") && ran.out.contains("margin"), "{}", ran.out);
    let ran = run_in(folder.path(), &["replay", &model, &run, "--with", "reset_mechanism=gone"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("must be one of subtract, zero, none"), "{}", ran.err);
    let ran = run_in(folder.path(), &["replay", &model, &run, "--from", "snntorh"]);
    assert!(ran.err.contains("did you mean `snntorch`?"), "{}", ran.err);
}

#[test]
fn a_model_is_converted_and_replayed_again() {
    let folder = tempfile::tempdir().unwrap();
    let (model, run) = (case("norse/tie", "model.nir"), case("norse/tie", "run.npz"));
    let ran = run_in(
        folder.path(),
        &["convert", &model, "own.safetensors", "--with", "dt=0.0009765625", "--report", "report.json"],
    );
    // What the file leaves open is lost, and said.
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.out.contains("reset_method") && ran.out.contains("lost"), "{}", ran.out);
    ok(folder.path(), &["replay", "own.safetensors", &run]);
    ok(folder.path(), &["convert", "own.safetensors", "back.nir"]);
    ok(folder.path(), &["replay", "back.nir", &run]);
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["read"]["dialect"], "norse 1.1.0");
    let ran = run_in(folder.path(), &["convert", &model, "strict.nir", "--strict"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("lost"), "{}", ran.err);
    assert_eq!(names_in(folder.path()), ["back.nir", "own.safetensors", "report.json"]);
}

#[test]
fn a_model_is_written_in_the_layers_of_another_framework() {
    let folder = tempfile::tempdir().unwrap();
    let (model, run) = (case("spikingjelly/tie", "model.nir"), case("spikingjelly/tie", "run.npz"));
    let args = ["convert", &model, "layers.safetensors", "--from", "spikingjelly", "--to", "sinabs"];
    let text = ok(folder.path(), &[&args[..], &["--report", "report.html"]].concat());
    assert!(text.contains("sinabs 3.1.3") && text.contains("tau = −1/ln(beta)"), "{text}");
    // What Sinabs computes with these layers is what SpikingJelly computed.
    ok(folder.path(), &["replay", "layers.safetensors", &run]);
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("<table") && page.contains("spikingjelly 2.0.0") && page.contains("rewritten"));
    // Norse has no ≥.
    let ran = run_in(folder.path(), &["convert", "layers.safetensors", "norse.nir", "--to", "norse"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.out.contains("only v > v_th fires there"), "{}", ran.out);
    // What is refused is said in the report too, and nothing else is written.
    let refused = ["convert", "layers.safetensors", "a.nir", "--report", "refused.json"];
    let ran = run_in(folder.path(), &refused);
    assert!(ran.code == Some(2) && ran.err.contains("lif_count"), "{}", ran.err);
    let report = std::fs::read_to_string(folder.path().join("refused.json")).unwrap();
    assert!(report.contains("\"refused\"") && report.contains("lif_count"), "{report}");
    std::fs::remove_file(folder.path().join("refused.json")).unwrap();
    let ran = run_in(folder.path(), &["convert", "layers.safetensors", "a.nir", "--to", "nors"]);
    assert!(ran.code == Some(2) && ran.err.contains("did you mean `norse`?"), "{}", ran.err);
    assert_eq!(names_in(folder.path()), ["layers.safetensors", "norse.nir", "report.html"]);
}

#[test]
fn inspect_says_what_a_foreign_file_becomes() {
    let folder = tempfile::tempdir().unwrap();
    let text = ok(folder.path(), &["inspect", &case("sinabs/tie", "model.nir")]);
    assert!(text.contains("lif_count") && text.contains("sinabs 3.1.3: its numbers betray it"), "{text}");
    let ran =
        run_in(folder.path(), &["inspect", &case("snntorch/mlp", "module.pt"), "--network", "none.toml"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    let ran = run_in(folder.path(), &["inspect", &case("snntorch/mlp", "weights.pt")]);
    assert!(ran.err.contains("`--network FILE` names"), "{}", ran.err);
}
