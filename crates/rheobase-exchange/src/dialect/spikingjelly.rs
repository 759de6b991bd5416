//! SpikingJelly 2.0.0. Comparison >=; no dt; the reset comes in the step of the spike. rest = v_reset, or 0 if that is None.
//!
//! | class | update (`spikingjelly/activation_based/neuron/*.py`) |
//! |---|---|
//! | IFNode | h = v + x |
//! | LIFNode | decay_input: h = v + (x − (v − rest))/tau; without: h = v − (v − rest)/tau + x |
//! | ParametricLIFNode | the same with 1/tau = sigmoid(w) |
//! | CUBALIFNode | c = c·c_decay + x; h = v·v_decay + c: the leak goes to 0 whatever v_reset is |
//! | NIR | `nir_exchange/to_nir.py`: dt = 1e-4; LIF tau = tau·dt, r = 1 or tau; IF r = 1/dt; CubaLIF tau = dt/(1 − decay), r = tau_mem/dt |

use rheobase_base::Result;
use rheobase_network::network::{Link, Numbers};

use super::meaning::{Dialect, Meaning, Writes, near, one};
use crate::build::{Build, Set};
use crate::layer::{Layer, Value};
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::step::{NirNeuron, Reset, Step, Written, same};
use crate::tensor::{Tensor, all, map};

pub(super) static SPIKINGJELLY: Dialect = Dialect {
    name: "spikingjelly",
    version: "2.0.0",
    settings: &[],
    layer,
    from_nir,
    omits: "",
    writes: Some(Writes { layer: to_layer, nir: to_nir, state, kinds: KINDS }),
    wrote,
    sign: "nodes named after torch.fx (`_0`), dt = 1e-4",
    dt: None,
};

/// What the exporter takes for the length of a step.
const DT: f64 = 1e-4;

fn layer(build: &mut Build, layer: &mut Layer, inputs: Vec<Link>) -> Result<bool> {
    let class = layer.class.strip_prefix("spikingjelly.").unwrap_or(&layer.class);
    if !matches!(class, "IFNode" | "LIFNode" | "ParametricLIFNode" | "CUBALIFNode") {
        return Ok(false);
    }
    let reset = layer.numbers("v_reset")?;
    let rest = reset.clone().unwrap_or(one(0.0));
    let mut set: Set = vec![("v_th", layer.needed_numbers("v_threshold")?), ("at_least", one(1.0))];
    build.say("v_threshold", Fate::Exact, "v_th, at_least = 1");
    let mut initial = Vec::new();
    match class {
        "IFNode" => set.extend([("beta", one(1.0)), ("v_rest", rest)]),
        "CUBALIFNode" => {
            set.extend([
                ("alpha", layer.needed_numbers("c_decay")?),
                ("beta", layer.needed_numbers("v_decay")?),
            ]);
            build.say("c_decay, v_decay", Fate::Exact, "alpha, beta");
            initial.push(("v", rest));
        }
        _ => {
            let rate = match layer.numbers("tau")? {
                Some(tau) => map(&tau, |tau| 1.0 / tau),
                None => map(&layer.needed_numbers("w")?, |w| 1.0 / (1.0 + rheobase_models::Real::exp(-w))),
            };
            if !all(&rate, |rate| (0.0..=1.0).contains(&rate)) {
                return Err(layer.fault("1/tau", format!("{rate:?}"), "must be from 0 to 1"));
            }
            set.extend([("beta", map(&rate, |r| 1.0 - r)), ("v_rest", rest)]);
            let how = match layer.flag("decay_input", true)? {
                true => {
                    set.push(("gain", rate));
                    "beta = 1 − 1/tau, gain = 1/tau"
                }
                false => "beta = 1 − 1/tau, gain = 1",
            };
            build.say("tau, decay_input", Fate::Rewritten, how);
        }
    }
    match reset {
        Some(v_reset) => {
            set.extend([("subtract", one(0.0)), ("v_reset", v_reset)]);
            build.say("v_reset", Fate::Exact, "v_reset; where the potential starts and decays to");
        }
        None => {
            set.push(("subtract", one(1.0)));
            build.say("v_reset", Fate::Exact, "None: subtract = 1");
        }
    }
    for name in ["v", "backend", "store_v_seq"] {
        layer.value(name);
    }
    build.neurons("", inputs, "lif_discrete", set, &initial);
    Ok(true)
}

fn from_nir(node: &NirNode, _: &Meaning) -> Result<Layer> {
    let decay = |tau: &Numbers| map(tau, |tau| f64::from((1.0 - DT / tau) as f32));
    let gain = node.numbers("r")?;
    let layer = match node.kind() {
        "LIF" => {
            node.used("v_leak");
            let tau = map(&node.numbers("tau")?, |tau| f64::from((tau / DT) as f32));
            node.layer("spikingjelly.LIFNode")
                .with_numbers("tau", &tau)
                .with("decay_input", Value::Flag(all(&gain, |r| r == 1.0)))
        }
        "IF" => node.layer("spikingjelly.IFNode"),
        "CubaLIF" => {
            node.used("w_in");
            node.used("v_leak");
            node.layer("spikingjelly.CUBALIFNode")
                .with_numbers("c_decay", &decay(&node.numbers("tau_syn")?))
                .with_numbers("v_decay", &decay(&node.numbers("tau_mem")?))
        }
        _ => return node.unknown("spikingjelly"),
    };
    Ok(layer
        .with_numbers("v_threshold", &node.numbers("v_threshold")?)
        .with_numbers("v_reset", &node.numbers_or("v_reset", 0.0)?))
}

/// `v_reset` as there: where the potential starts and decays to, `None` for a reset by subtraction.
fn v_reset(step: &Step) -> std::result::Result<Option<f64>, String> {
    let rest = same("v_rest", &step.rest)?;
    match &step.reset {
        Reset::To(v) if same("v_reset", v)? == rest => Ok(Some(rest)),
        Reset::To(_) => Err("a potential decays to what it is reset to there".into()),
        Reset::By(_) if step.takes_threshold() && rest == 0.0 => Ok(None),
        Reset::By(_) => {
            Err("a reset by subtraction takes the threshold there, and the potential decays to 0".into())
        }
        Reset::Never => Err("every neuron is reset there".into()),
    }
}

/// In units in which the input's gain is 1; potentials that are reset by subtraction are counted from rest.
fn in_units(step: &Step) -> std::result::Result<(Step, Numbers), String> {
    let step = step.with_gain(&one(1.0))?;
    match (&step.reset, &step.threshold) {
        (Reset::To(_), Some(threshold)) if step.alpha.is_none() => Ok((step.clone(), threshold.clone())),
        _ => step.above_rest(),
    }
}

fn to_layer(step: &Step) -> std::result::Result<Written, String> {
    let (step, threshold) = in_units(step)?;
    let (threshold, beta) = (same("v_th", &threshold)?, same("beta", &step.beta)?);
    let v_reset = v_reset(&step)?;
    let mut said = step.plain(true);
    step.resets_at_once(&mut said);
    said.push((
        "beta, alpha, v_th",
        Fate::Rewritten,
        "tau = 1/(1 − beta), in units in which the gain of the input is 1".into(),
    ));
    let class = if beta == 1.0 { "IFNode" } else { "LIFNode" };
    let mut written = match &step.alpha {
        Some(_) if v_reset.is_some_and(|v| v != 0.0) => {
            return Err("CUBALIFNode decays to 0 whatever v_reset is".into());
        }
        Some(alpha) => Written::new("spikingjelly.CUBALIFNode", said)
            .with_number("c_decay", same("alpha", alpha)?)
            .with_number("v_decay", beta),
        None => Written::new(&format!("spikingjelly.{class}"), said),
    };
    if step.alpha.is_none() && beta < 1.0 {
        if beta <= 0.0 {
            return Err("tau has to be above 1 there, and beta = 0 is tau = 1".into());
        }
        written =
            written.with_number("tau", 1.0 / (1.0 - beta)).with_value("decay_input", Value::Flag(false));
    }
    let v_reset = v_reset.map_or(Value::Nothing, |v| Value::Tensor(Tensor::scalar(v)));
    Ok(written.with_number("v_threshold", threshold).with_value("v_reset", v_reset))
}

/// Kinds of nodes that its reader of NIR knows.
const KINDS: &[&str] =
    &["Affine", "Linear", "Conv1d", "Conv2d", "Flatten", "AvgPool2d", "IF", "LIF", "CubaLIF"];

/// What `import_from_nir` makes of a node: dt = 1e-4, one number for a layer.
fn to_nir(step: &Step) -> std::result::Result<NirNeuron, String> {
    let (step, threshold) = in_units(step)?;
    let (threshold, beta) = (same("v_th", &threshold)?, same("beta", &step.beta)?);
    let mut said = step.plain(true);
    step.resets_at_once(&mut said);
    let v_reset = match v_reset(&step)? {
        Some(v) => v,
        None => {
            said.push(("reset", Fate::Lost, "its reader resets potentials to v_reset, here 0".into()));
            0.0
        }
    };
    said.push(("beta, alpha", Fate::Rewritten, "tau = dt/(1 − beta), r = tau/dt with dt = 1e-4".into()));
    let end = [("v_threshold", one(threshold)), ("v_reset", one(v_reset))];
    let (tau, rise) = (|x: f64| one(DT / (1.0 - x)), |x: f64| one(1.0 / (1.0 - x)));
    let (kind, first) = match &step.alpha {
        Some(alpha) if beta < 1.0 && v_reset == 0.0 => {
            let alpha = same("alpha", alpha)?;
            let first = vec![
                ("tau_mem", tau(beta)),
                ("tau_syn", tau(alpha)),
                ("r", rise(beta)),
                ("w_in", rise(alpha)),
            ];
            ("CubaLIF", [first, vec![("v_leak", one(0.0))]].concat())
        }
        Some(_) => return Err("its reader wants tau_mem of a CubaLIF to be finite, and v_leak = 0".into()),
        None if beta >= 1.0 => ("IF", vec![("r", one(1.0 / DT))]),
        None => ("LIF", vec![("tau", tau(beta)), ("r", rise(beta)), ("v_leak", one(v_reset))]),
    };
    Ok(NirNeuron { kind, fields: first.into_iter().chain(end).collect(), said })
}

/// A checkpoint holds nothing of a neuron.
fn state(_: &Layer, _: usize) -> Vec<(&'static str, Tensor)> {
    Vec::new()
}

fn wrote(graph: &Graph) -> bool {
    graph.nodes.iter().any(|n| n.name.starts_with('_'))
        && graph.neurons_all(|n| match n.kind() {
            "LIF" => n.holds(&["r", "tau"], |x| x[0] == 1.0 || near(x[0], x[1] / DT)),
            "IF" => n.holds(&["r"], |x| near(x[0], 1.0 / DT)),
            "CubaLIF" => n.holds(&["r", "tau_mem"], |x| near(x[0], x[1] / DT)),
            _ => false,
        })
}
