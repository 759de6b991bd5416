//! Rockpool 3.1.0. Several spikes per step; dt = 0.001.
//!
//! | class | update (`rockpool/nn/modules/torch/*.py`) |
//! |---|---|
//! | LIFTorch | i = i + x (+ z_last·W_rec); v = alpha·v, i = beta·i; v = v + Σ i + bias; z = floor(v/thr), at most max_spikes_per_dt; v = v − z·thr |
//! | LinearTorch | y = x·W + bias, W `[in, out]` |
//! | NIR | `nir_utils.py`, nir 1.0.4: CubaLIF, tau in seconds, r = tau_mem·exp(−dt/tau_mem)/dt, w_in = 1; no bias, dt, recurrence |

use rheobase_base::Result;
use rheobase_network::network::{Link, Numbers};

use super::meaning::{Dialect, Meaning, Setting, Writes, one};
use super::torch;
use crate::build::{Build, Set, link};
use crate::layer::{Layer, Value};
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::step::{NirNeuron, Step, Written};
use crate::tensor::{Data, Tensor, all, map};

pub(super) static ROCKPOOL: Dialect = Dialect {
    name: "rockpool",
    version: "3.1.0",
    settings: &[
        Setting { name: "dt", assumed: "0.001", words: &[], of: &["CubaLIF"] },
        Setting { name: "bias", assumed: "0", words: &[], of: &["CubaLIF"] },
        Setting { name: "max_spikes_per_dt", assumed: "65536", words: &[], of: &["CubaLIF"] },
        Setting { name: "w_rec", assumed: "none", words: &[], of: &["CubaLIF"] },
    ],
    layer,
    from_nir,
    omits: "the recurrence of a layer is left out by the exporter",
    writes: Some(Writes { layer: to_layer, nir: to_nir, state, kinds: KINDS }),
    wrote,
    sign: "no v_reset (nir 1.0.4), w_in = 1, r = tau_mem·exp(−dt/tau_mem)/dt",
    dt: Some(1e-3),
};

fn layer(build: &mut Build, layer: &mut Layer, inputs: Vec<Link>) -> Result<bool> {
    match layer.class.strip_prefix("rockpool.").unwrap_or(&layer.class) {
        "LinearTorch" => {
            let bias = layer.tensor("bias")?;
            build.linear("", inputs, layer.needed("weight")?.clone(), bias, true)?;
            build.say("weight", Fate::Exact, "[in, out], as here");
            torch::said_bias(build, bias.is_some());
        }
        "LIFTorch" => lif(build, layer, inputs)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// The share that is kept: given, or from a time constant.
fn share(layer: &Layer, given: &str, tau: &str) -> Result<Numbers> {
    let dt = layer.number("dt")?.unwrap_or(1e-3);
    if layer.text("leak_mode")?.is_some_and(|mode| mode == "decays") {
        layer.value(tau);
        return layer.needed_numbers(given);
    }
    layer.value(given);
    let kept = |tau: f64| f64::from(rheobase_models::Real::exp(-dt / tau) as f32);
    Ok(map(&layer.needed_numbers(tau)?, kept))
}

fn lif(build: &mut Build, layer: &Layer, mut inputs: Vec<Link>) -> Result<()> {
    let (alpha, beta) = (share(layer, "alpha", "tau_mem")?, share(layer, "beta", "tau_syn")?);
    build.say(
        "tau_mem, tau_syn",
        Fate::Rewritten,
        "beta = exp(−dt/tau_mem), alpha = w_in = exp(−dt/tau_syn)",
    );
    let synapses = layer.number("n_synapses")?.unwrap_or(1.0) as usize;
    let sends = build.promised();
    if let Some(weight) = layer.tensor("w_rec")? {
        let back = build.linear("rec", vec![link(&sends, 1)], weight.clone(), None, true)?;
        inputs.push(link(&back, 0));
        build.say("w_rec", Fate::Rewritten, "a linear node fed by the spikes of the step before");
    }
    let mut set: Set = vec![
        ("beta", alpha),
        ("v_th", layer.needed_numbers("threshold")?),
        ("bias", layer.numbers("bias")?.unwrap_or(one(0.0))),
        (
            "n_max",
            layer.numbers("max_spikes_per_dt")?.map_or(one(65536.0), |n| map(&n, |n| n.min(16777216.0))),
        ),
    ];
    build.say("threshold, bias, max_spikes_per_dt", Fate::Exact, "v_th, bias, n_max");
    if synapses > 1 {
        // A synapse is a leaky integrator; their sum is the current.
        let width = layer.needed("threshold")?.len().max(layer.needed("tau_syn")?.len() / synapses);
        let currents = build.integrator("i", inputs, &beta, beta.clone(), one(0.0))?;
        let mut sum = vec![0.0f32; width * width * synapses];
        for channel in 0..width * synapses {
            sum[(channel / synapses) * width * synapses + channel] = 1.0;
        }
        let sum = Tensor::new("rockpool", "synapses", vec![width, width * synapses], Data::F32(sum))?;
        let added = build.linear("sum", vec![link(&currents, 0)], sum, None, false)?;
        inputs = vec![link(&added, 0)];
        build.say(
            "n_synapses",
            Fate::Rewritten,
            "leaky integrators, and a linear node that adds those of a neuron",
        );
    } else {
        set.extend([("alpha", beta.clone()), ("w_in", beta)]);
    }
    for name in ["vmem", "isyn", "spikes", "noise_std", "w_rec_layout"] {
        layer.value(name);
    }
    build.neurons("", inputs, "lif_count", set, &[]);
    Ok(())
}

fn from_nir(node: &NirNode, meaning: &Meaning) -> Result<Layer> {
    if node.kind() != "CubaLIF" {
        return node.unknown("rockpool");
    }
    node.must_be("v_leak", 0.0)?;
    node.must_be("w_in", 1.0)?;
    node.used("v_reset");
    node.used("r");
    Ok(node
        .layer("rockpool.LIFTorch")
        .with_numbers("tau_mem", &node.numbers("tau_mem")?)
        .with_numbers("tau_syn", &node.numbers("tau_syn")?)
        .with_numbers("threshold", &node.numbers("v_threshold")?)
        .with("dt", Value::Tensor(Tensor::scalar(meaning.dt))))
}

/// The step of modules unless told otherwise.
const DT: f64 = 1e-3;

fn checked(step: &Step) -> std::result::Result<(Step, Numbers, Numbers, crate::step::Said), String> {
    let alpha =
        step.alpha.clone().ok_or("every neuron has a synapse there: the input does not act as it is")?;
    let (step, threshold) = step.with_gain(&alpha)?.above_rest()?;
    if !step.takes_threshold() {
        return Err("a spike takes the threshold from the potential there".into());
    }
    let mut said = Vec::new();
    step.resets_at_once(&mut said);
    if !step.at_least {
        said.push(("at_least", Fate::Lost, "v ≥ v_th fires there".into()));
    }
    if step.bound.is_some() {
        said.push(("v_min", Fate::Lost, "there is no lower bound".into()));
    }
    Ok((step, alpha, threshold, said))
}

fn to_layer(step: &Step) -> std::result::Result<Written, String> {
    let (step, alpha, threshold, said) = checked(step)?;
    Ok(Written::new("rockpool.LIFTorch", said)
        .with("alpha", &step.beta)
        .with("beta", &alpha)
        .with("threshold", &threshold)
        .with("bias", &step.bias)
        .with_number("max_spikes_per_dt", step.most)
        .with_number("dt", DT)
        .with_value("leak_mode", Value::Text("decays".into()))
        .say(
            "alpha, beta",
            Fate::Rewritten,
            "leak_mode='decays': alpha is what the potential keeps, beta the current",
        ))
}

/// Kinds of nodes that its reader of NIR knows.
const KINDS: &[&str] = &["Affine", "Linear", "CubaLIF"];

/// What `from_nir` makes of a node: its dt is tau_mem/(1 + r), its bias v_leak.
fn to_nir(step: &Step) -> std::result::Result<NirNeuron, String> {
    let (step, alpha, threshold, mut said) = checked(step)?;
    if !all(&step.beta, |b| b > 0.0 && b < 1.0) {
        return Err("tau_mem is of neurons that leak, and keep something".into());
    }
    if step.most < 65536.0 {
        said.push(("n_max", Fate::Lost, "its reader lets neurons spike several times in a step".into()));
    }
    said.push((
        "alpha, beta",
        Fate::Rewritten,
        "tau = −dt/ln(beta), r = tau_mem/dt − 1, v_leak = bias".into(),
    ));
    let tau = |share: &Numbers| map(share, |x| -DT / rheobase_models::Real::ln(x));
    let tau_mem = tau(&step.beta);
    let fields = vec![
        ("r", map(&tau_mem, |tau| tau / DT - 1.0)),
        ("tau_mem", tau_mem),
        ("tau_syn", tau(&alpha)),
        ("w_in", one(1.0)),
        ("v_leak", step.bias.clone()),
        ("v_threshold", threshold),
        ("v_reset", one(0.0)),
    ];
    Ok(NirNeuron { kind: "CubaLIF", fields, said })
}

/// What a layer's checkpoint holds; states are those before the first step.
fn state(layer: &Layer, width: usize) -> Vec<(&'static str, Tensor)> {
    let each = |name: &str, shape: &[usize]| {
        let values = layer.tensor(name).ok().flatten();
        let at = |i: usize| values.map_or(0.0, |v| v.at(if v.len() == 1 { 0 } else { i }) as f32);
        Tensor::row((0..width).map(at).collect()).reshaped(shape.to_vec())
    };
    let (row, column) = ([width], [width, 1]);
    let zeros = |shape: &[usize]| Tensor::row(vec![0.0; width]).reshaped(shape.to_vec());
    vec![
        ("alpha", each("alpha", &row)),
        ("beta", each("beta", &column)),
        ("bias", each("bias", &row)),
        ("threshold", each("threshold", &row)),
        ("vmem", zeros(&row)),
        ("isyn", zeros(&column)),
        ("spikes", zeros(&row)),
    ]
}

fn wrote(graph: &Graph) -> bool {
    graph.neurons_all(|n| {
        // The step that r was computed with solves this for some dt below tau.
        n.kind() == "CubaLIF"
            && n.find("v_reset").is_none()
            && n.holds(&["w_in", "r", "tau_mem"], |x| x[0] == 1.0 && x[1] > 0.0 && x[2] < 10.0)
    })
}
