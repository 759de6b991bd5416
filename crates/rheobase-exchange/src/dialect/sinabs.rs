//! Sinabs 3.1.3. Several spikes per step unless SingleSpike; time constants in steps; alpha = exp(−1/tau).
//!
//! | class | update (`sinabs/layers/functional/*.py`) |
//! |---|---|
//! | IAF, IAFSqueeze | v = v + i |
//! | LIF | `lif.py`: v = alpha·v + (1 − alpha)·i with norm_input (default), else alpha·v + i |
//! | LIFRecurrent | x = x + rec_connect(z_last); nothing in the first step, not even its bias |
//! | ExpLeak | as LIF with norm_input=False: the output is v |
//! | all | with tau_syn: i = alpha_syn·(i + x); MembraneSubtract, MembraneReset; then v = max(v, min_v_mem) |
//! | NIR | `sinabs/nir.py`, nir 1.0.4: IF, LIF and LI with tau in steps, r = 1; nothing else |

use rheobase::Result;
use rheobase::network::{Link, Numbers};

use super::meaning::{Dialect, Meaning, Setting, one};
use crate::build::{Build, Set, link, link_from_zero};
use crate::layer::{Layer, Value};
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::tensor::{map, zip};

pub(super) static SINABS: Dialect = Dialect {
    name: "sinabs",
    version: "3.1.3",
    settings: &[
        Setting { name: "norm_input", assumed: "true", words: &["true", "false"], of: &["LIF"] },
        Setting { name: "tau_syn", assumed: "none", words: &[], of: &["LIF", "IF", "LI"] },
        Setting { name: "min_v_mem", assumed: "none", words: &[], of: &["LIF", "IF", "LI"] },
        Setting {
            name: "spike_fn",
            assumed: "MultiSpike",
            words: &["MultiSpike", "SingleSpike", "MaxSpike"],
            of: &["LIF", "IF"],
        },
        Setting { name: "max_num_spikes_per_bin", assumed: "none", words: &[], of: &["LIF", "IF"] },
        Setting {
            name: "reset_fn",
            assumed: "MembraneSubtract",
            words: &["MembraneSubtract", "MembraneReset"],
            of: &["LIF", "IF"],
        },
        Setting { name: "subtract_value", assumed: "none", words: &[], of: &["LIF", "IF"] },
    ],
    layer,
    from_nir,
    omits: "",
    wrote,
    sign: "no v_reset (nir 1.0.4), r = 1, tau in steps",
    dt: None,
};

fn share(tau: &Numbers) -> Numbers {
    map(tau, |tau| f64::from(rheobase::models::Real::exp(-1.0 / tau) as f32))
}

fn layer(build: &mut Build<'_>, layer: &Layer, mut inputs: Vec<Link>) -> Result<bool> {
    let class = layer.class.strip_prefix("sinabs.").unwrap_or(&layer.class);
    let class = class.strip_suffix("Squeeze").unwrap_or(class);
    if !matches!(class, "IAF" | "LIF" | "LIFRecurrent" | "IAFRecurrent" | "ExpLeak") {
        return Ok(false);
    }
    let synapse = layer.numbers("tau_syn")?.map(|tau| share(&tau));
    let keep = match class {
        "IAF" | "IAFRecurrent" => {
            layer.value("tau_mem");
            layer.value("norm_input");
            one(1.0)
        }
        _ => share(&layer.needed_numbers("tau_mem")?),
    };
    let normed = matches!(class, "LIF" | "LIFRecurrent") && layer.flag("norm_input", true)?;
    let normed = normed || (class == "ExpLeak" && layer.flag("norm_input", false)?);
    let gain = if normed { map(&keep, |a| f64::from(1.0 - a as f32)) } else { one(1.0) };
    if class != "IAF" {
        let how = if normed { "beta = exp(−1/tau_mem), gain = 1 − beta" } else { "beta = exp(−1/tau_mem), gain = 1" };
        build.say("tau_mem, norm_input", Fate::Rewritten, how);
    }
    if class == "ExpLeak" {
        if layer.value("min_v_mem").is_some() {
            build.say("min_v_mem", Fate::Refused, "a leaky integrator has no lower bound here");
            return Ok(true);
        }
        if let Some(alpha) = synapse {
            let current = build.integrator("i", inputs, &alpha, alpha.clone(), one(0.0))?;
            inputs = vec![link(&current, 0)];
        }
        build.integrator("", inputs, &keep, gain, one(0.0))?;
        return Ok(true);
    }
    let mut set: Set = vec![("beta", keep), ("gain", gain)];
    if let Some(alpha) = synapse {
        set.extend([("alpha", alpha.clone()), ("w_in", alpha)]);
        build.say("tau_syn", Fate::Rewritten, "alpha = w_in = exp(−1/tau_syn)");
    }
    spikes(build, layer, &mut set)?;
    let weight = layer.tensor("recurrent_weight")?;
    if let Some(weight) = weight {
        let promised = build.promised();
        let bias = layer.tensor("recurrent_bias")?;
        let back = build.linear("rec", vec![link(&promised, 0)], weight, bias, false)?;
        inputs.push(link_from_zero(&back, 1));
        build.say("rec_connect", Fate::Rewritten, "a linear node whose output comes back one step later, from 0");
    }
    build.neurons("", inputs, "lif_count", set, &[]);
    Ok(true)
}

/// Threshold, number of spikes, reset, lower bound.
fn spikes(build: &mut Build<'_>, layer: &Layer, set: &mut Set) -> Result<()> {
    let threshold = layer.needed_numbers("spike_threshold")?;
    build.say("spike_threshold", Fate::Exact, "v_th");
    let most = layer.number("max_num_spikes_per_bin")?;
    match layer.text("spike_fn")?.unwrap_or("MultiSpike") {
        "SingleSpike" => set.push(("n_max", one(1.0))),
        "MultiSpike" => {}
        "MaxSpike" => set.push(("n_max", one(most.ok_or_else(|| {
            layer.fault("max_num_spikes_per_bin", "nothing", "is needed for MaxSpike")
        })?))),
        other => {
            return Err(layer.fault("spike_fn", format!("`{other}`"), "must be SingleSpike, MultiSpike or MaxSpike"));
        }
    }
    build.say("spike_fn", Fate::Exact, "n_max");
    let (kind, subtract, reset) = match layer.value("reset_fn") {
        None => ("MembraneSubtract", layer.numbers("subtract_value")?, 0.0),
        Some(Value::Text(kind)) => (&kind[..], layer.numbers("subtract_value")?, 0.0),
        Some(Value::Record(values)) => {
            let Some(Value::Text(kind)) = values.get("kind") else {
                return Err(layer.fault("reset_fn", "a record without `kind`", "must say its kind"));
            };
            let number = |name: &str| match values.get(name) {
                Some(Value::Tensor(t)) => Some(t.numbers()),
                _ => None,
            };
            let reset = match number("reset_value") {
                Some(Numbers::One(x)) => x,
                _ => 0.0,
            };
            (&kind[..], number("subtract_value"), reset)
        }
        Some(_) => return Err(layer.fault("reset_fn", "numbers", "must be MembraneSubtract or MembraneReset")),
    };
    match kind {
        "MembraneSubtract" => {
            if let Some(value) = subtract {
                set.push(("drop", zip(&value, &threshold, |value, threshold| value / threshold)));
                build.say("subtract_value", Fate::Rewritten, "drop = subtract_value/spike_threshold");
            }
        }
        "MembraneReset" if reset == 0.0 => set.push(("subtract", one(0.0))),
        "MembraneReset" => {
            let how = "reset_value is added there to every neuron in every step, fired or not";
            build.say("reset_fn", Fate::Refused, how);
        }
        other => {
            return Err(layer.fault("reset_fn", format!("`{other}`"), "must be MembraneSubtract or MembraneReset"));
        }
    }
    build.say("reset_fn", Fate::Exact, "subtract");
    set.push(("v_th", threshold));
    if let Some(bound) = layer.numbers("min_v_mem")? {
        set.push(("v_min", bound));
        build.say("min_v_mem", Fate::Exact, "v_min");
    }
    for name in ["v_mem", "i_syn"] {
        layer.value(name);
    }
    Ok(())
}

fn from_nir(node: &NirNode, _: &Meaning) -> Result<Layer> {
    node.must_be("r", 1.0)?;
    let layer = match node.kind() {
        "IF" => node.layer("sinabs.IAF"),
        "LIF" => node.layer("sinabs.LIF").with_numbers("tau_mem", &node.numbers("tau")?),
        "LI" => node.layer("sinabs.ExpLeak").with_numbers("tau_mem", &node.numbers("tau")?),
        _ => return node.unknown("sinabs"),
    };
    if node.kind() != "IF" {
        node.must_be("v_leak", 0.0)?;
    }
    node.used("v_reset");
    if node.kind() == "LI" {
        return Ok(layer);
    }
    Ok(layer.with_numbers("spike_threshold", &node.numbers("v_threshold")?))
}

fn wrote(graph: &Graph) -> bool {
    graph.neurons_all(|n| match n.kind() {
        "IF" => n.find("v_reset").is_none() && n.holds(&["r"], |x| x[0] == 1.0),
        "LIF" | "LI" => n.find("v_reset").is_none() && n.holds(&["r", "tau"], |x| x[0] == 1.0 && x[1] >= 1.0),
        _ => false,
    })
}
