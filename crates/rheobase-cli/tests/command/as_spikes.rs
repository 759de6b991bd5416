//! Networks of rates run as spikes, networks of ReLU made to spike, and spiking networks as rates.

use std::fs;
use std::path::Path;

use crate::{json, ok, run_in};

/// A job on the digits whose hidden layer is run as a rate.
fn job(neurons: &str) -> String {
    format!(
        r#"
[data]
steps = 1
[[network.node]]
name = "flatten"
flatten = {{}}
[[network.node]]
name = "hidden_linear"
linear = {{ outputs = 48 }}
[[network.node]]
name = "hidden"
neurons = {neurons}
[[network.node]]
name = "readout"
linear = {{ outputs = 10 }}
[loss]
kind = "cross_entropy"
readout = "mean"
[train]
epochs = 4
smoothing = {{ kind = "exponential", factor = 0.8 }}
"#
    )
}

const LIF: &str = r#"{ model = "lif", as = "rate", sigma = 0.1, set = { amplitude = 10.0 } }"#;

fn trained(place: &Path) {
    fs::write(place.join("job.toml"), job(LIF)).unwrap();
    ok(place, &["train", "job.toml", "--out", "run"]);
}

#[test]
fn rates_are_trained_run_as_spikes_and_the_loss_is_stated() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    trained(place);
    let as_spikes = ["eval", "run", "--as", "spikes", "--steps", "100"];
    let text = ok(place, &[&as_spikes[..], &["--pictures", "pictures"]].concat());
    for says in
        ["as trained", "as rates", "predicted loss", "measured loss", "answers settle", "LAYER", "hidden"]
    {
        assert!(text.contains(says), "{says}: {text}");
    }
    for name in ["accuracy-time.png", "accuracy-spikes.png", "accuracy-operations.png"] {
        assert!(place.join("pictures").join(name).is_file(), "{name}");
    }
    let found = json(place, &[&as_spikes[..], &["--json"]].concat());
    let share = |name: &str| found["accuracy"][name].as_f64().unwrap();
    assert!(share("as_trained") > 0.9 && share("as_spikes") > share("as_trained") - 0.03, "{found}");
    assert!((share("predicted") - share("as_spikes")).abs() < 0.02, "{found}");
    let plain = json(place, &["eval", "run", "--json"]);
    assert_eq!(plain["test"]["accuracy"].as_f64(), Some(share("as_trained")));
    let layer = &found["layers"][0];
    assert!(layer["rate"].as_f64().unwrap() > 5.0 && layer["mean_error"].as_f64().unwrap() < 10.0, "{layer}");
    // The longer it is shown, the nearer are rates to curves; no result depends on threads.
    let longer = json(place, &["eval", "run", "--as", "spikes", "--steps", "400", "--json"]);
    assert!(longer["layers"][0]["mean_error"].as_f64() < layer["mean_error"].as_f64());
    assert_eq!(json(place, &[&as_spikes[..], &["--json", "--threads", "1"]].concat()), found);
    // From rest the first spikes are missing in a short presentation.
    let error = |share: &str| {
        let short = ["eval", "run", "--as", "spikes", "--steps", "30", "--from", "0", "--json"];
        let found = json(place, &[&short[..], &["--initial-potential", share]].concat());
        found["layers"][0]["mean_error"].as_f64().unwrap()
    };
    assert!(error("0.5") < 0.8 * error("0"), "{} {}", error("0.5"), error("0"));
    let ran = run_in(place, &[&as_spikes[..], &["--initial-potential", "1"]].concat());
    assert!(ran.code == Some(2) && ran.err.contains("initial_potential = 1"), "{}", ran.err);
}

#[test]
fn what_cannot_be_run_so_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    for (neurons, says) in [
        (
            r#"{ model = "adex", as = "rate" }"#,
            "`adex` has no rate curve to be run as; these models have one: lif,",
        ),
        (r#"{ model = "lif_rate", as = "rate" }"#, "sends no spikes"),
        (r#"{ model = "lif", as = "rate", sigma = 0.0 }"#, "hidden.sigma = 0: must be finite and above 0"),
        (r#"{ model = "lif", as = "rate", sigma = -1.0 }"#, "hidden.sigma = -1"),
        (r#"{ model = "spiking_rectified_linear", as = "rate", sigma = 0.1 }"#, "cannot be smoothed"),
        (r#"{ model = "lif", as = "rate", learn = ["tau_m"] }"#, "`learn` needs the neurons' state"),
        (r#"{ model = "lif", as = "rates" }"#, "unknown name `rates`; did you mean `rate`?"),
    ] {
        fs::write(place.join("job.toml"), job(neurons)).unwrap();
        let ran = run_in(place, &["train", "job.toml", "--out", "refused"]);
        assert!(ran.code == Some(2) && ran.err.contains(says), "{neurons}: {}", ran.err);
    }
    trained(place);
    for (options, says) in [
        (&["--steps", "0"][..], "presentation.steps = 0"),
        (&["--from", "200"], "presentation.from = 200: must be below the 200 steps"),
        (&["--synapse", "exponential:0"], "must be finite and above 0 seconds"),
        (&["--synapse", "box:1"], "is not a synapse"),
        (&["--scale-firing-rates", "-1"], "presentation.scale = -1"),
        (&["--percentile", "0"], "presentation.percentile = 0"),
    ] {
        let ran = run_in(place, &[&["eval", "run", "--as", "spikes"][..], options].concat());
        assert!(ran.code == Some(2) && ran.err.contains(says), "{options:?}: {}", ran.err);
    }
    let short = run_in(place, &["eval", "run", "--as", "spikes", "--steps", "10", "--synapse", "alpha:0.05"]);
    assert!(
        short.code == Some(0) && short.err.contains("shorter than the synapse (0.05 s)"),
        "{}",
        short.err
    );
}

#[test]
fn a_spiking_network_becomes_one_of_rates_and_one_without_rates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    ok(place, &["train", "--set", "train.epochs=3", "--out", "spiking"]);
    let ran = run_in(place, &["eval", "spiking", "--as", "spikes"]);
    assert!(ran.code == Some(2) && ran.err.contains("no layer is run as a rate"), "{}", ran.err);
    let text = ok(place, &["to-rates", "spiking", "--out", "rates"]);
    assert!(text.contains("RMS ERROR") && text.contains("hidden") && text.contains("as rates"), "{text}");
    assert!(json(place, &["eval", "rates", "--json"])["test"]["accuracy"].as_f64().unwrap() > 0.8);
}

/// An archive of arrays as NumPy writes them.
fn weights(place: &Path, arrays: &[(&str, &[usize], Vec<f64>)]) {
    use rheobase::data::{Array, write_npz};
    let arrays: Vec<(String, Array)> = arrays
        .iter()
        .map(|(name, shape, values)| (name.to_string(), Array::new(shape.to_vec(), values.clone()).unwrap()))
        .collect();
    write_npz(place.join("weights.npz"), &arrays).unwrap();
}

#[test]
fn a_network_of_relu_spikes_with_the_activities_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let net = r#"
input = [2]
[[layer]]
name = "first"
linear = { outputs = 3 }
[[layer]]
name = "norm"
batch_norm = { epsilon = 0.0 }
[[layer]]
relu = {}
[[layer]]
name = "last"
linear = { outputs = 2 }
[[layer]]
softmax = {}
"#;
    fs::write(place.join("net.toml"), net).unwrap();
    // Of x: [x0, x1, x0 − x1] as [out, in], halved and shifted by the norm; the classes are whether x0 > x1.
    weights(
        place,
        &[
            ("first.weight", &[3, 2], vec![1.0, 0.0, 0.0, 1.0, 1.0, -1.0]),
            ("first.bias", &[3], vec![0.0, 0.0, 0.5]),
            ("norm.weight", &[3], vec![1.0, 1.0, 2.0]),
            ("norm.bias", &[3], vec![0.0, 0.0, 0.1]),
            ("norm.running_mean", &[3], vec![0.0, 0.0, 0.5]),
            ("norm.running_var", &[3], vec![4.0, 4.0, 4.0]),
            ("last.weight", &[2, 3], vec![0.0, 1.0, -1.0, 1.0, 0.0, 1.0]),
            ("last.bias", &[2], vec![0.0, 0.0]),
        ],
    );
    let text = ok(place, &["from-relu", "net.toml", "weights.npz", "--out", "run"]);
    assert!(text.contains("spiking_rectified_linear as rate") && text.contains("--percentile"), "{text}");
    fs::write(place.join("x.csv"), "x0,x1\n0.9,0.2\n0.1,0.8\n0.7,0.4\n").unwrap();
    let scores = json(place, &["predict", "run", "--data", "x.csv", "--label", "none", "--json"]);
    for (sample, [a, b]) in [[0.9f64, 0.2], [0.1, 0.8], [0.7, 0.4]].into_iter().enumerate() {
        let relu = |x: f64| x.max(0.0);
        let (first, second, third) = (relu(a / 2.0), relu(b / 2.0), relu(a - b + 0.1));
        for (class, want) in [second - third, first + third].into_iter().enumerate() {
            let got = scores[sample]["scores"][class].as_f64().unwrap();
            assert!((got - want).abs() < 1e-5, "{sample} {class}: {got} {want}");
        }
    }
    fs::write(place.join("t.csv"), "x0,x1,class\n0.9,0.2,1\n0.1,0.8,0\n0.7,0.4,1\n").unwrap();
    let as_spikes = ["eval", "run", "--data", "t.csv", "--as", "spikes", "--json"];
    let found = json(place, &[&as_spikes[..], &["--percentile", "99", "--rate", "200"]].concat());
    assert_eq!(found["accuracy"]["as_spikes"].as_f64(), Some(1.0), "{found}");
    assert!(found["layers"][0]["scale"].as_f64().unwrap() > 100.0);
    for (from, to, says) in [
        ("relu = {}", "tanh = {}", "`tanh` is not the curve of a neuron that spikes"),
        ("name = \"first\"\n", "", "unknown array `linear1.weight`"),
        ("outputs = 3", "outputs = 4", "first.weight: shape [3, 2], but [4, 2] is needed"),
        (
            "softmax = {}",
            "relu = {}\n[[layer]]\nname = \"late\"\nbatch_norm = {}",
            "late: is not directly behind",
        ),
    ] {
        fs::write(place.join("bad.toml"), net.replace(from, to)).unwrap();
        let ran = run_in(place, &["from-relu", "bad.toml", "weights.npz", "--out", "bad"]);
        assert!(ran.code == Some(2) && ran.err.contains(says), "{to}: {}", ran.err);
    }
}
