//! LIFSubtract, CubaLIF and LI against snnTorch's Leaky and Synaptic: spikes, states and gradients.
//!
//! The numbers were made by `peers/snntorch_reference.py`, in 64 bit but for snnTorch's spikes and what passes through
//! them, which always are 32 bit.

use rheobase::models::neuron::{cuba_lif, leaky_integrator, lif_subtract};
use rheobase::models::record::Record as Fields;
use rheobase::models::surrogate::Surrogate;
use rheobase::{Catalog, Input, Population, Record, Spikes, Upstream};
use serde_json::Value;

/// Length of a step; that of a model which counts steps is 1.
const DT: f64 = 0.001;

/// A table `[time][neuron]` as one list.
fn table(value: &Value) -> Vec<f64> {
    let rows = value.as_array().expect("a table");
    rows.iter().flat_map(|r| r.as_array().expect("a row")).map(|x| x.as_f64().expect("a number")).collect()
}

fn assert_close(case: &str, what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{case} {what}");
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{case} {what}[{i}]: {a} {b}");
    }
}

fn values<R: Fields<f64>>(record: &R) -> Vec<f64> {
    (0..R::FIELDS.len()).map(|i| record.get(i)).collect()
}

/// The model and its parameters, in the order of its fields, that play a case.
fn model_of(case: &Value) -> (&'static str, Vec<f64>) {
    let number = |key: &str| case[key].as_f64().expect("a number");
    let late = case["reset_delay"] == true;
    let (beta, threshold) = (number("beta"), number("threshold"));
    if case["reset_mechanism"] == "none" {
        let tau_m = lif_subtract::tau_of_beta(beta).expect("within (0, 1)") * DT;
        ("leaky_integrator", values(&leaky_integrator::Params { tau_m, v_rest: 0.0, gain: 1.0 }))
    } else if case["class"] == "Leaky" {
        let p = lif_subtract::Params::leaky(beta, threshold, late);
        ("lif_subtract", values(&p.expect("within (0, 1)")))
    } else {
        let p = cuba_lif::Params::synaptic(number("alpha"), beta, threshold, late, DT);
        ("cuba_lif", values(&p.expect("within (0, 1)")))
    }
}

fn population(model: &str, params: &[f64], neurons: usize, late: bool, slope: f64) -> Population<f64> {
    let model = Catalog::standard().get(model).expect("a model");
    // The late reset is a function of the last potential, taken off without gradient.
    let mut builder = Population::builder(model.clone(), &[neurons])
        .surrogate(Surrogate::FastSigmoid(slope))
        .detach_reset(late);
    for (field, value) in model.params().iter().zip(params) {
        builder = builder.set(field.name, *value);
    }
    builder.build().expect("a population")
}

#[test]
fn snntorchs_neurons_are_ours_by_ordinary_parameters() {
    let text = include_str!("../peers/snntorch_reference.json");
    let all: Value = serde_json::from_str(text).expect("JSON");
    let (input, weights) = (table(&all["input"]), table(&all["weights"]));
    let steps = all["input"].as_array().expect("a table").len();
    let slope = all["slope"].as_f64().expect("a number");
    let cases = all["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), 7);
    for case in cases {
        let name = case["name"].as_str().expect("a name");
        let late = case["reset_delay"] == true;
        let (model, params) = model_of(case);
        let mut layer = population(model, &params, input.len() / steps, late, slope);
        let mut record = Record::spikes(Spikes::Dense).probe("v").probe("potential");
        if model == "cuba_lif" {
            record = record.probe("i");
        }
        let (recording, tape) = layer.run_taped(steps, &Input::Array(&input), &record).expect("a run");
        let trace = |name: &str| &recording.trace(name).expect("a probe").data;
        if model != "leaky_integrator" {
            assert_close(name, "spikes", recording.dense(), &table(&case["spikes"]), 0.0);
        }
        // With the late reset snnTorch's potential is the one that was compared with the threshold.
        assert_close(name, "mem", trace(if late { "potential" } else { "v" }), &table(&case["mem"]), 1e-9);
        if model == "cuba_lif" {
            assert_close(name, "syn", trace("i"), &table(&case["syn"]), 1e-9);
        }
        let upstream = Upstream { output: Some(&weights), states: Vec::new() };
        let gradients = layer.gradients(&tape, &Input::Array(&input), &upstream, &[]).expect("gradients");
        // The early reset takes the gradient through a spike.
        let tolerance = if late { 1e-9 } else { 1e-6 };
        assert_close(name, "grad_input", &gradients.input, &table(&case["grad_input"]), tolerance);
    }
}
