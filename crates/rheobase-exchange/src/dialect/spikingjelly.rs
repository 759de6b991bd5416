//! SpikingJelly 2.0.0. Comparison >=; no dt; the reset comes in the step of the spike. rest = v_reset, or 0 if that is None.
//!
//! | class | update (`spikingjelly/activation_based/neuron/*.py`) |
//! |---|---|
//! | IFNode | h = v + x |
//! | LIFNode | decay_input: h = v + (x − (v − rest))/tau; without: h = v − (v − rest)/tau + x |
//! | ParametricLIFNode | the same with 1/tau = sigmoid(w) |
//! | CUBALIFNode | c = c·c_decay + x; h = v·v_decay + c: the leak goes to 0 whatever v_reset is |
//! | NIR | `nir_exchange/to_nir.py`: dt = 1e-4; LIF tau = tau·dt, r = 1 or tau; IF r = 1/dt; CubaLIF tau = dt/(1 − decay), r = tau_mem/dt |

use rheobase::Result;
use rheobase::network::{Link, Numbers};

use super::meaning::{Dialect, Meaning, near, one};
use crate::build::{Build, Set};
use crate::layer::{Layer, Value};
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::tensor::{all, map};

pub(super) static SPIKINGJELLY: Dialect =
    Dialect { name: "spikingjelly", version: "2.0.0", settings: &[], layer, from_nir, omits: "", wrote, sign: "nodes named after torch.fx (`_0`), dt = 1e-4", dt: None };

/// What the exporter takes for the length of a step.
const DT: f64 = 1e-4;

fn layer(build: &mut Build<'_>, layer: &Layer, inputs: Vec<Link>) -> Result<bool> {
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
            set.extend([("alpha", layer.needed_numbers("c_decay")?), ("beta", layer.needed_numbers("v_decay")?)]);
            build.say("c_decay, v_decay", Fate::Exact, "alpha, beta");
            initial.push(("v", rest));
        }
        _ => {
            let rate = match layer.numbers("tau")? {
                Some(tau) => map(&tau, |tau| 1.0 / tau),
                None => map(&layer.needed_numbers("w")?, |w| 1.0 / (1.0 + rheobase::models::Real::exp(-w))),
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

fn wrote(graph: &Graph) -> bool {
    graph.nodes.iter().any(|n| n.name.starts_with('_'))
        && graph.neurons_all(|n| match n.kind() {
            "LIF" => n.holds(&["r", "tau"], |x| x[0] == 1.0 || near(x[0], x[1] / DT)),
            "IF" => n.holds(&["r"], |x| near(x[0], 1.0 / DT)),
            "CubaLIF" => n.holds(&["r", "tau_mem"], |x| near(x[0], x[1] / DT)),
            _ => false,
        })
}
