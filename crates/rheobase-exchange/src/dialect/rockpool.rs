//! Rockpool 3.1.0. Several spikes per step; dt = 0.001.
//!
//! | class | update (`rockpool/nn/modules/torch/*.py`) |
//! |---|---|
//! | LIFTorch | i = i + x (+ z_last·W_rec); v = alpha·v, i = beta·i; v = v + Σ i + bias; z = floor(v/thr), at most max_spikes_per_dt; v = v − z·thr |
//! | LinearTorch | y = x·W + bias, W `[in, out]` |
//! | NIR | `nir_utils.py`, nir 1.0.4: CubaLIF, tau in seconds, r = tau_mem·exp(−dt/tau_mem)/dt, w_in = 1; no bias, dt, recurrence |

use rheobase::Result;
use rheobase::network::{Link, Numbers};

use super::meaning::{Dialect, Meaning, Setting, one};
use super::torch;
use crate::build::{Build, Set, link};
use crate::layer::{Layer, Value};
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::tensor::{Data, Tensor, map};

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
    wrote,
    sign: "no v_reset (nir 1.0.4), w_in = 1, r = tau_mem·exp(−dt/tau_mem)/dt",
    dt: Some(1e-3),
};

fn layer(build: &mut Build<'_>, layer: &Layer, inputs: Vec<Link>) -> Result<bool> {
    match layer.class.strip_prefix("rockpool.").unwrap_or(&layer.class) {
        "LinearTorch" => {
            let bias = layer.tensor("bias")?;
            build.linear("", inputs, layer.needed("weight")?, bias, true)?;
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
    let kept = |tau: f64| f64::from(rheobase::models::Real::exp(-dt / tau) as f32);
    Ok(map(&layer.needed_numbers(tau)?, kept))
}

fn lif(build: &mut Build<'_>, layer: &Layer, mut inputs: Vec<Link>) -> Result<()> {
    let (alpha, beta) = (share(layer, "alpha", "tau_mem")?, share(layer, "beta", "tau_syn")?);
    build.say("tau_mem, tau_syn", Fate::Rewritten, "beta = exp(−dt/tau_mem), alpha = w_in = exp(−dt/tau_syn)");
    let synapses = layer.number("n_synapses")?.unwrap_or(1.0) as usize;
    let sends = build.promised();
    if let Some(weight) = layer.tensor("w_rec")? {
        let back = build.linear("rec", vec![link(&sends, 1)], weight, None, true)?;
        inputs.push(link(&back, 0));
        build.say("w_rec", Fate::Rewritten, "a linear node fed by the spikes of the step before");
    }
    let mut set: Set = vec![
        ("beta", alpha),
        ("v_th", layer.needed_numbers("threshold")?),
        ("bias", layer.numbers("bias")?.unwrap_or(one(0.0))),
        ("n_max", layer.numbers("max_spikes_per_dt")?.map_or(one(65536.0), |n| map(&n, |n| n.min(16777216.0)))),
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
        let added = build.linear("sum", vec![link(&currents, 0)], &sum, None, false)?;
        inputs = vec![link(&added, 0)];
        build.say("n_synapses", Fate::Rewritten, "leaky integrators, and a linear node that adds those of a neuron");
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

fn wrote(graph: &Graph) -> bool {
    graph.neurons_all(|n| {
        // The step that r was computed with solves this for some dt below tau.
        n.kind() == "CubaLIF"
            && n.find("v_reset").is_none()
            && n.holds(&["w_in", "r", "tau_mem"], |x| x[0] == 1.0 && x[1] > 0.0 && x[2] < 10.0)
    })
}
