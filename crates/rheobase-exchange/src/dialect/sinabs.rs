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

use rheobase_base::Result;
use rheobase_network::network::{Link, Numbers};

use super::meaning::{Dialect, Meaning, Setting, Writes, one};
use crate::build::{Build, Set, link, link_from_zero};
use crate::layer::{Layer, Value};
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::step::{NirNeuron, Reset, Step, Written, are, same};
use crate::tensor::{Tensor, all, map, zip};

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
    writes: Some(Writes { layer: to_layer, nir: to_nir, state, kinds: KINDS }),
    wrote,
    sign: "no v_reset (nir 1.0.4), r = 1, tau in steps",
    dt: None,
};

fn share(tau: &Numbers) -> Numbers {
    map(tau, |tau| f64::from(rheobase_models::Real::exp(-1.0 / tau) as f32))
}

fn layer(build: &mut Build, layer: &mut Layer, mut inputs: Vec<Link>) -> Result<bool> {
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
        let how = if normed {
            "beta = exp(−1/tau_mem), gain = 1 − beta"
        } else {
            "beta = exp(−1/tau_mem), gain = 1"
        };
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
    let start = spikes(build, layer, &mut set)?;
    let weight = layer.tensor("recurrent_weight")?;
    if let Some(weight) = weight {
        let promised = build.promised();
        let bias = layer.tensor("recurrent_bias")?;
        let back = build.linear("rec", vec![link(&promised, 0)], weight.clone(), bias, false)?;
        inputs.push(link_from_zero(&back, 1));
        build.say(
            "rec_connect",
            Fate::Rewritten,
            "a linear node whose output comes back one step later, from 0",
        );
    }
    let initial = if start == 0.0 { Vec::new() } else { vec![("v", one(start))] };
    build.neurons("", inputs, "lif_count", set, &initial);
    Ok(true)
}

/// Threshold, number of spikes, reset, lower bound; gives back where the potential starts.
fn spikes(build: &mut Build, layer: &Layer, set: &mut Set) -> Result<f64> {
    let threshold = layer.needed_numbers("spike_threshold")?;
    build.say("spike_threshold", Fate::Exact, "v_th");
    let most = layer.number("max_num_spikes_per_bin")?;
    match layer.text("spike_fn")?.unwrap_or("MultiSpike") {
        "SingleSpike" => set.push(("n_max", one(1.0))),
        "MultiSpike" => {}
        "MaxSpike" => set.push((
            "n_max",
            one(most
                .ok_or_else(|| layer.fault("max_num_spikes_per_bin", "nothing", "is needed for MaxSpike"))?),
        )),
        other => {
            return Err(layer.fault(
                "spike_fn",
                format!("`{other}`"),
                "must be SingleSpike, MultiSpike or MaxSpike",
            ));
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
        Some(_) => {
            return Err(layer.fault("reset_fn", "numbers", "must be MembraneSubtract or MembraneReset"));
        }
    };
    match kind {
        "MembraneSubtract" => {
            if let Some(value) = subtract {
                set.push(("drop", zip(&value, &threshold, |value, threshold| value / threshold)));
                build.say("subtract_value", Fate::Rewritten, "drop = subtract_value/spike_threshold");
            }
        }
        "MembraneReset" => set.push(("subtract", one(0.0))),
        other => {
            return Err(layer.fault(
                "reset_fn",
                format!("`{other}`"),
                "must be MembraneSubtract or MembraneReset",
            ));
        }
    }
    build.say("reset_fn", Fate::Exact, "subtract");
    set.push(("v_th", threshold));
    let bound = layer.numbers("min_v_mem")?;
    if bound.is_some() {
        build.say("min_v_mem", Fate::Exact, "v_min");
    }
    for name in ["v_mem", "i_syn"] {
        layer.value(name);
    }
    if kind != "MembraneReset" || reset == 0.0 {
        set.extend(bound.map(|bound| ("v_min", bound)));
        return Ok(0.0);
    }
    // The potential here is that before the addition, so that nothing but its start and its bound moves.
    let beta = set.iter().find(|(name, _)| *name == "beta").map_or(one(1.0), |(_, beta)| beta.clone());
    set.push(("bias", map(&beta, |beta| beta * reset)));
    set.extend(bound.map(|bound| ("v_min", map(&bound, |bound| bound - reset))));
    let how = "reset_value is added there to every neuron in every step: bias = beta·reset_value, v starts at −reset_value";
    build.say("reset_value", Fate::Rewritten, how);
    Ok(-reset)
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

/// A time constant in steps.
fn steps(share: &Numbers) -> Numbers {
    map(share, |x| -1.0 / rheobase_models::Real::ln(x))
}

/// An integrator, whose gain is 1 or what the potential loses in a step.
fn to_integrator(step: &Step) -> std::result::Result<Written, String> {
    if !are(&step.rest, 0.0) {
        return Err("potentials decay to 0 there".into());
    }
    let normed = step.with_gain(&map(&step.beta, |beta| 1.0 - beta)).is_ok();
    if !normed {
        step.with_gain(&one(1.0))?;
    }
    Ok(Written::new("sinabs.ExpLeak", Vec::new())
        .with("tau_mem", &steps(&step.beta))
        .with_value("norm_input", Value::Flag(normed))
        .say("tau_m", Fate::Rewritten, "tau_mem = −1/ln(beta)"))
}

fn to_layer(step: &Step) -> std::result::Result<Written, String> {
    let leaks = !are(&step.beta, 1.0);
    if !all(&step.beta, |b| b > 0.0) || (leaks && !all(&step.beta, |b| b < 1.0)) {
        return Err("tau_mem is of neurons that all leak, and keep something".into());
    }
    if step.threshold.is_none() {
        return to_integrator(step);
    }
    let step = step.with_gain(&step.alpha.clone().unwrap_or(one(1.0)))?;
    let (step, threshold) = step.above_rest()?;
    let mut said = Vec::new();
    step.resets_at_once(&mut said);
    let said_of = |name, differs: bool, how: &str, said: &mut crate::step::Said| {
        if differs {
            said.push((name, Fate::Lost, how.to_string()));
        }
    };
    said_of("at_least", !step.at_least, "v ≥ v_th fires there", &mut said);
    said_of("bias", !are(&step.bias, 0.0), "there is no bias of the potential", &mut said);
    said.push((
        "beta, alpha, v_th",
        Fate::Rewritten,
        "tau = −1/ln(beta), in units in which the gain of the input is 1".into(),
    ));
    let mut written = Written::new(if leaks { "sinabs.LIF" } else { "sinabs.IAF" }, said);
    if leaks {
        written = written.with("tau_mem", &steps(&step.beta)).with_value("norm_input", Value::Flag(false));
    }
    if let Some(alpha) = &step.alpha {
        written = written.with("tau_syn", &steps(alpha));
    }
    let word = |x: &str| Value::Text(x.into());
    let (reset, value) = match &step.reset {
        Reset::To(v) if are(v, 0.0) => ("MembraneReset", Value::Nothing),
        Reset::To(_) => return Err("MembraneReset adds its value to every neuron in every step".into()),
        Reset::By(_) if step.takes_threshold() => ("MembraneSubtract", Value::Nothing),
        Reset::By(x) => ("MembraneSubtract", Value::Tensor(Tensor::scalar(same("drop", x)?))),
        Reset::Never => ("MembraneSubtract", Value::Tensor(Tensor::scalar(0.0))),
    };
    let (spikes, most) = match step.most {
        1.0 => ("SingleSpike", Value::Nothing),
        n if n >= 65536.0 => ("MultiSpike", Value::Nothing),
        n => ("MaxSpike", Value::Tensor(Tensor::scalar(n))),
    };
    if let Some(bound) = &step.bound {
        written = written.with("min_v_mem", bound);
    }
    Ok(written
        .with("spike_threshold", &threshold)
        .with_value("reset_fn", word(reset))
        .with_value("subtract_value", value)
        .with_value("spike_fn", word(spikes))
        .with_value("max_num_spikes_per_bin", most))
}

/// Kinds of nodes that its reader of NIR knows.
const KINDS: &[&str] = &["Affine", "Conv1d", "Conv2d", "Flatten", "SumPool2d", "IF", "LIF", "LI"];

/// What `from_nir` makes of a node: several spikes in a step, a reset by the threshold; an IF with a lower bound.
fn to_nir(step: &Step) -> std::result::Result<NirNeuron, String> {
    let step = step.with_gain(&one(1.0))?;
    if step.alpha.is_some() {
        return Err("its reader has no CubaLIF".into());
    }
    if step.threshold.is_none() && are(&step.rest, 0.0) {
        let said = vec![("tau_m", Fate::Rewritten, "tau = −1/ln(beta) in steps, r = 1".to_string())];
        return Ok(NirNeuron {
            kind: "LI",
            fields: vec![("tau", steps(&step.beta)), ("r", one(1.0)), ("v_leak", one(0.0))],
            said,
        });
    }
    let (step, threshold) = step.above_rest()?;
    let mut said = Vec::new();
    step.resets_at_once(&mut said);
    let lost = [
        ("at_least", !step.at_least, "v ≥ v_th fires there"),
        ("reset", !step.takes_threshold(), "its reader resets by subtraction of the threshold"),
        ("n_max", step.most < 65536.0, "its reader lets neurons spike several times in a step"),
        ("bias", !are(&step.bias, 0.0), "there is no bias of the potential"),
    ];
    said.extend(
        lost.into_iter()
            .filter(|(_, lost, _)| *lost)
            .map(|(name, _, how)| (name, Fate::Lost, how.to_string())),
    );
    if are(&step.beta, 1.0) {
        let bound = step
            .bound
            .as_ref()
            .is_some_and(|bound| zip(bound, &threshold, |a, b| a + b) == map(&threshold, |_| 0.0));
        if !bound {
            said.push(("v_min", Fate::Lost, "its reader gives an IF the lower bound −threshold".into()));
        }
        return Ok(NirNeuron {
            kind: "IF",
            fields: vec![("r", one(1.0)), ("v_threshold", threshold), ("v_reset", one(0.0))],
            said,
        });
    }
    if step.bound.is_some() {
        said.push(("v_min", Fate::Lost, "its reader gives a LIF no lower bound".into()));
    }
    said.push(("beta", Fate::Rewritten, "tau = −1/ln(beta) in steps, r = 1".into()));
    let fields = vec![
        ("tau", steps(&step.beta)),
        ("r", one(1.0)),
        ("v_leak", one(0.0)),
        ("v_threshold", threshold),
        ("v_reset", one(0.0)),
    ];
    Ok(NirNeuron { kind: "LIF", fields, said })
}

/// What a layer's checkpoint holds; states are those of no sample.
fn state(layer: &Layer, _: usize) -> Vec<(&'static str, Tensor)> {
    let names = ["tau_mem", "tau_syn", "spike_threshold", "min_v_mem"];
    let held = names.into_iter().filter_map(|name| Some((name, layer.tensor(name).ok()??.single())));
    let current = layer.values.contains_key("tau_syn").then_some("i_syn");
    held.chain(["v_mem"].into_iter().chain(current).map(|name| (name, Tensor::row(Vec::new())))).collect()
}

fn wrote(graph: &Graph) -> bool {
    graph.neurons_all(|n| match n.kind() {
        "IF" => n.find("v_reset").is_none() && n.holds(&["r"], |x| x[0] == 1.0),
        "LIF" | "LI" => n.find("v_reset").is_none() && n.holds(&["r", "tau"], |x| x[0] == 1.0 && x[1] >= 1.0),
        _ => false,
    })
}
