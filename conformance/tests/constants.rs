//! The neurons' constants of a network's trace are what its meta says.

use std::path::PathBuf;

use rheobase::data::{Array, read_npz, write_npz};
use rheobase::verify::{FileReport, Status, verify_file};
use serde_json::{Value, json};

/// The report of a copy of a trace whose meta has other constants; `Value::Null`: none at all.
fn with_constants(name: &str, neuron: Value) -> FileReport {
    let original = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("traces").join(format!("{name}.npz"));
    let trace = read_npz(&original).expect("the traces are in the repository");
    let text = trace.get("meta").ok().and_then(Array::as_text).expect("a meta");
    let mut meta: Value = serde_json::from_str(text).expect("JSON");
    let params = meta["params"].as_object_mut().expect("parameters");
    if neuron.is_null() {
        params.remove("neuron");
    } else {
        params.insert("neuron".into(), neuron);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("copy.npz");
    let rest = trace.arrays().iter().filter(|(n, _)| n != "meta").cloned();
    let meta = ("meta".to_string(), Array::text(meta.to_string()));
    write_npz(&path, &std::iter::once(meta).chain(rest).collect::<Vec<_>>()).expect("a trace can be written");
    verify_file(&path)
}

#[test]
fn they_are_read_for_all_neurons_or_for_each() {
    let status = |name: &str, neuron: Value| with_constants(name, neuron).status;
    let adaptive = "rnnb_recurrent_adaptive";
    for (name, neuron) in [
        ("rnnb_recurrent_lif", json!({"tau": 5})),
        ("rnnb_recurrent_lif", json!({"tau": "5.0"})),
        ("rnnb_recurrent_lif", json!({"tau": [5, 5, 5, 5, 5, 5, 5, 5]})),
        ("rnnb_recurrent_lif", json!({"taus": [5]})),
        // The class's default is 5 steps.
        ("rnnb_recurrent_lif", json!({})),
        ("rnnb_recurrent_lif", json!({"tau": null})),
        ("rnnb_conv_disc", json!({"taus": [3], "thresholds": [0.7, 1]})),
        // The second layer's default is 1.
        ("rnnb_conv_disc", json!({"tau": 3, "thresholds": [0.7]})),
        (adaptive, json!({"tau": 6, "tau_thr": 15, "gamma": 0.3})),
    ] {
        assert_eq!(status(name, neuron.clone()), Status::Pass, "{name} {neuron}");
    }
    for (name, neuron) in [
        ("rnnb_recurrent_lif", json!({"tau": 5.01})),
        ("rnnb_recurrent_lif", json!({"tau": [5, 5, 5, 5, 5, 5, 5, 5.01]})),
        ("rnnb_recurrent_cooldown", json!({"tau": 6.01})),
        ("rnnb_seq_linear_lif_linear", json!({"tau": 4.01})),
        ("rnnb_seq_linear_lif_linear", json!({})),
        ("rnnb_conv_disc", json!({"tau": 3, "thresholds": [1, 0.7]})),
        ("rnnb_conv_disc", json!({"tau": 3.01, "thresholds": [0.7, 1]})),
        (adaptive, json!({"tau": 6, "tau_thr": 15.1, "gamma": 0.3})),
        (adaptive, json!({"tau": 6, "tau_thr": 15, "gamma": 0.301})),
    ] {
        assert_eq!(status(name, neuron.clone()), Status::Fail, "{name} {neuron}");
    }
}

#[test]
fn what_is_no_constant_is_said() {
    for (neuron, words) in [
        (Value::Null, "params.neuron"),
        (json!(5), "must hold the neurons' constants by name"),
        (json!({"tau": "long"}), "params.neuron.tau"),
        (json!({"tau": [5, "long"]}), "must hold numbers only"),
        (json!({"tau": {"of": 5}}), "must be a number"),
        (json!({"tau": [5, 5]}), "2"),
        (json!({"tau": 0}), "tau"),
    ] {
        let report = with_constants("rnnb_recurrent_lif", neuron.clone());
        let reason = report.reason.unwrap_or_default();
        assert!(report.status == Status::Fail && reason.contains(words), "{neuron}: {reason}");
    }
}
