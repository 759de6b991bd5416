//! Spyx 1.0.0. Comparison >; no dt; the spike is decided on the potential of the step before and leaves one step late.
//!
//! | class | update (`spyx/nn.py`) |
//! |---|---|
//! | LIF, IF | z = [V − thr > 0]; V = clip(beta)·V + x − z·thr |
//! | CuBaLIF | z; V = V − z·thr; I = clip(alpha)·I + x; V = clip(beta)·V + I |
//! | RLIF, RIF, RCuBaLIF | x + z·W in place of x, with the z of this step, W `[from, to]` |
//! | LI | V = clip(beta)·V + x, the output |
//! | NIR | `spyx/nir.py`: dt = 1; tau = 1/(1 − beta) in steps, r = beta; LI is left out; recurrent layers are subgraphs |

use rheobase_base::Result;
use rheobase_network::network::Link;

use super::meaning::{Dialect, Meaning, invert, one};
use super::torch;
use crate::build::{Build, Set, link};
use crate::layer::Layer;
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::tensor::{all, map};

pub(super) static SPYX: Dialect = Dialect {
    name: "spyx",
    version: "1.0.0",
    settings: &[],
    layer,
    from_nir,
    omits: "LI layers are left out by the exporter: what a read-out does is not in the file. Gaps in a kernel (`kernel_dilation`) are written as none",
    writes: None,
    wrote,
    sign: "r = 1 − 1/tau, tau in steps",
    dt: None,
};

fn layer(build: &mut Build, layer: &mut Layer, mut inputs: Vec<Link>) -> Result<bool> {
    let class =
        layer.class.strip_prefix("spyx.").or(layer.class.strip_prefix("flax.nnx.")).unwrap_or(&layer.class);
    let clipped =
        |name: &str| Ok::<_, rheobase_base::Error>(map(&layer.needed_numbers(name)?, |x| x.clamp(0.0, 1.0)));
    let mut set: Set = match class {
        "Linear" => {
            let bias = layer.tensor("bias")?;
            build.linear("", inputs, layer.needed("weight")?.clone(), bias, true)?;
            build.say("kernel", Fate::Exact, "[in, out], as here");
            torch::said_bias(build, bias.is_some());
            return Ok(true);
        }
        "LI" => {
            build.integrator("", inputs, &clipped("beta")?, one(1.0), one(0.0))?;
            build.say("beta", Fate::Rewritten, "tau = −dt/ln(clip(beta))");
            return Ok(true);
        }
        "LIF" | "RLIF" => vec![("beta", clipped("beta")?), ("late", one(1.0))],
        "IF" | "RIF" => vec![("beta", one(1.0)), ("late", one(1.0))],
        "CuBaLIF" | "RCuBaLIF" => vec![("beta", clipped("beta")?), ("alpha", clipped("alpha")?)],
        _ => return Ok(false),
    };
    for name in ["alpha", "beta"] {
        if let Some(x) = layer.numbers(name)? {
            let fate = if all(&x, |x| (0.0..=1.0).contains(&x)) { Fate::Exact } else { Fate::Rewritten };
            build.say(name, fate, "clipped to 0..1, as there in every step");
        }
    }
    set.push(("v_th", layer.numbers("threshold")?.unwrap_or(one(1.0))));
    build.say("threshold", Fate::Exact, "v_th");
    let sends = build.promised();
    if let Some(weight) = layer.tensor("recurrent_w")? {
        let back = build.linear("rec", vec![link(&sends, 0)], weight.clone(), None, true)?;
        inputs.push(link(&back, 0));
        build.say("recurrent_w", Fate::Exact, "a linear node fed by the spikes that leave in the same step");
    }
    let cell = build.neurons("cell", inputs, "lif_discrete", set, &[]);
    build.pass(vec![link(&cell, 1)]);
    build.say("spikes", Fate::Rewritten, "they leave one step later, through an edge with a delay of 1");
    Ok(true)
}

fn from_nir(node: &NirNode, meaning: &Meaning) -> Result<Layer> {
    let share = |tau: f64| invert(tau, 1.0 - 1.0 / tau, |beta| f64::from(1.0 / (1.0 - beta)));
    let class = |name: &str| format!("spyx.{}{name}", if meaning.recurrent { "R" } else { "" });
    node.used("v_reset");
    if node.kind() != "IF" {
        node.must_be("v_leak", 0.0)?;
    }
    let layer = match node.kind() {
        // r is beta itself, to the bit.
        "LIF" => {
            node.used("tau");
            node.layer(&class("LIF")).with_numbers("beta", &node.numbers("r")?)
        }
        "IF" => {
            node.must_be("r", 1.0)?;
            node.layer(&class("IF"))
        }
        "CubaLIF" => {
            node.used("tau_mem");
            node.must_be("w_in", 1.0)?;
            node.layer(&class("CuBaLIF"))
                .with_numbers("beta", &node.numbers("r")?)
                .with_numbers("alpha", &map(&node.numbers("tau_syn")?, share))
        }
        _ => return node.unknown("spyx"),
    };
    Ok(layer.with_numbers("threshold", &node.numbers("v_threshold")?))
}

fn wrote(graph: &Graph) -> bool {
    let named = graph.nodes.iter().any(|n| n.name.starts_with("layer_"));
    graph.neurons_all(|n| match n.kind() {
        "LIF" => n.holds(&["r", "tau"], |x| (x[0] - (1.0 - 1.0 / x[1])).abs() < 1e-6),
        "CubaLIF" => {
            n.holds(&["r", "tau_mem", "w_in"], |x| (x[0] - (1.0 - 1.0 / x[1])).abs() < 1e-6 && x[2] == 1.0)
        }
        "IF" => named && n.holds(&["r"], |x| x[0] == 1.0),
        _ => false,
    })
}
