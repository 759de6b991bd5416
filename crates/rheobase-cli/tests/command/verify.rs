//! `rheobase verify`.

use std::path::Path;

use rheobase::data::{Array, write_npz};
use rheobase::{Catalog, Input, Population, Record, Spikes};

use crate::{ok, run_in};

/// Writes a trace of the exact neuron as Nengo would record it; `off` is added to one potential.
fn write_trace(path: &Path, target: &str, off: f64) {
    let (steps, neurons) = (60, 2);
    let input: Vec<f64> = (0..steps * neurons).map(|i| 1.0 + 0.5 * (i % 7) as f64).collect();
    let model = Catalog::standard().get("lif").unwrap();
    let mut population = Population::<f64>::builder(model, &[neurons]).dt(0.001).build().unwrap();
    let start = |f: usize| Array::vector(population.state().fields[f].clone());
    let (voltage0, refractory0) = (start(0), start(1));
    let record = Record::spikes(Spikes::Dense).probe("v").probe("refractory");
    let run = population.run(steps, &Input::Array(&input), &record).unwrap();
    let array = |data: Vec<f64>| Array::new([steps, neurons], data).unwrap();
    let mut voltage = run.traces[0].data.clone();
    voltage[10] += off;
    let meta = format!(r#"{{"name": "t", "target": "{target}", "params": {{"dt": 0.001}}}}"#);
    let arrays = [
        ("meta", Array::text(meta)),
        ("input", array(input)),
        ("voltage0", voltage0),
        ("refractory_time0", refractory0),
        ("output", array(run.dense().iter().map(|x| x / 0.001).collect())),
        ("post_voltage", array(voltage)),
        ("post_refractory_time", array(run.traces[1].data.clone())),
    ];
    write_npz(path, &arrays).unwrap();
}

#[test]
fn agreement_is_success_in_a_table_and_json() {
    let folder = tempfile::tempdir().unwrap();
    write_trace(&folder.path().join("a.npz"), "nengo.neurons.LIF.step", 0.0);
    write_trace(&folder.path().join("b.npz"), "somebody.Else", 0.0);
    let text = ok(folder.path(), &["verify", "."]);
    assert!(text.contains("a.npz  pass") && text.contains("b.npz  not_covered"), "{text}");
    let total = "2 files: 1 pass, 0 fail, 0 different, 1 not_covered; 3 arrays compared";
    assert!(text.contains(total), "{text}");
    let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
    assert!(rows.iter().any(|r| r.starts_with(&["a.npz", "pass", "3"])), "{text}");
    assert!(rows.iter().any(|r| r.starts_with(&["b.npz", "not_covered", "0"])), "{text}");
    let json = crate::json(folder.path(), &["verify", "a.npz", "b.npz", "--json"]);
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["files", "summary"]);
    let file = json["files"][0].as_object().unwrap();
    let keys: Vec<&String> = file.keys().collect();
    assert_eq!(keys, ["arrays", "compared", "file", "flips", "missing", "quirks", "status"]);
    assert_eq!((&file["compared"], &file["missing"]), (&3.into(), &serde_json::json!([])));
    assert_eq!((&file["status"], &file["flips"]), (&"pass".into(), &0.into()));
    let array = file["arrays"][0].as_object().unwrap();
    assert_eq!(array.keys().collect::<Vec<_>>(), ["at", "name", "worst"]);
    let summary = serde_json::json!({ "pass": 1, "fail": 0, "different": 0, "not_covered": 1, "arrays": 3 });
    assert_eq!(json["summary"], summary);
}

#[test]
fn folders_are_searched_to_the_bottom_and_models_named_by_their_own_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(path("a/b")).unwrap();
    write_trace(&path("a/b/lif.npz"), "nengo.neurons.LIF.step", 0.0);
    let array = |x: [f64; 3]| Array::new([3, 1], x.to_vec()).unwrap();
    let write = |name: &str, params: &str| {
        let meta = format!(r#"{{"name": "t", "target": "rheobase.perfect_integrator", "params": {params}}}"#);
        let arrays = [
            ("meta", Array::text(meta)),
            ("input", array([10.0, 6.0, 0.0])),
            ("output", array([0.0, 1.0, 0.0])),
            ("v", array([-55.0, -65.0, -65.0])),
        ];
        write_npz(path(name), &arrays).unwrap();
    };
    write("a/ours.npz", r#"{"t_ref": 0, "v_min": "-inf"}"#);
    let text = ok(folder.path(), &["verify", "."]);
    assert!(text.contains("2 files: 2 pass"), "{text}");
    for (params, words) in [
        (r#"{"v_mn": 0}"#, "did you mean `v_min`?"),
        (r#"{"v_th": "high"}"#, "must be a number"),
        (r#"{"v_min": 0}"#, "v_min must be ≤ v_rest"),
    ] {
        write("bad.npz", params);
        let ran = run_in(folder.path(), &["verify", "bad.npz"]);
        let out = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(ran.code == Some(1) && out.contains(words), "{params}: {out}");
    }
}

#[test]
fn a_disagreement_fails_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    write_trace(&folder.path().join("a.npz"), "nengo.neurons.LIF.step", 0.01);
    write_trace(&folder.path().join("b.npz"), "nengo.neurons.LIF.step", f64::NAN);
    let ran = run_in(folder.path(), &["verify", "a.npz", "b.npz"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.out.contains("post_voltage[5,0]") && ran.out.contains("fail: a.npz"), "{}", ran.out);
    let ran = run_in(folder.path(), &["verify", ".", "--json"]);
    assert_eq!(ran.code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["summary"]["fail"], 2);
    let arrays = json["files"][1]["arrays"].as_array().unwrap();
    let voltage = arrays.iter().find(|a| a["name"] == "post_voltage").unwrap();
    assert!(voltage["worst"].is_null(), "{voltage}");
}

#[test]
fn an_array_that_is_missing_fails_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    write_trace(&path, "nengo.neurons.LIF.step", 0.0);
    let whole = rheobase::data::read_npz(&path).unwrap();
    for name in ["voltage0", "post_voltage", "output", "input"] {
        let rest: Vec<_> = whole.arrays().iter().filter(|(n, _)| n != name).cloned().collect();
        write_npz(&path, &rest).unwrap();
        let ran = run_in(folder.path(), &["verify", "a.npz"]);
        let said = format!("array `{name}` is missing: traces of nengo.neurons.LIF.step have it");
        let out = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(ran.code == Some(1) && out.contains(&said), "{name}: {out}");
        let ran = run_in(folder.path(), &["verify", "a.npz", "--json"]);
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["files"][0]["missing"], serde_json::json!([name]));
        assert!(ran.err.contains(&said), "{}", ran.err);
    }
}

#[test]
fn what_is_no_trace_fails_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.npz"), "nothing").unwrap();
    let ran = run_in(folder.path(), &["verify", "a.npz", "--json"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.starts_with("a.npz: "), "{}", ran.err);
    assert!(ran.out.contains("\"status\": \"fail\""));
}
