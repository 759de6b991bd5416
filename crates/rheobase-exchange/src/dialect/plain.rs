//! NIR by its own equations, where no framework is known: differential equations, solved over a step whose input is constant.
//!
//! `tau·dv/dt = v_leak − v + r·x`; a spike where v > v_threshold, then v = v_reset.

use rheobase_base::Result;
use rheobase_network::network::{Link, Numbers};

use super::meaning::{Dialect, Meaning, Setting, one};
use crate::build::{Build, Set, link};
use crate::layer::Layer;
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::tensor::{map, zip};

pub(super) static NIR: Dialect = Dialect {
    name: "nir",
    version: "1.0.8",
    settings: &[Setting {
        name: "dt",
        assumed: "0.0001",
        words: &[],
        of: &["LIF", "CubaLIF", "CubaLI", "LI", "IF", "I"],
    }],
    layer,
    from_nir,
    omits: "",
    writes: None,
    wrote,
    sign: "",
    dt: Some(1e-4),
};

fn share(tau: &Numbers, dt: f64) -> Numbers {
    map(tau, |tau| rheobase_models::Real::exp(-dt / tau))
}

/// `1 − exp(−dt/tau)` without cancellation.
fn rise(tau: &Numbers, dt: f64) -> Numbers {
    map(tau, |tau| -rheobase_models::Real::exp_m1(-dt / tau))
}

fn layer(build: &mut Build, layer: &mut Layer, mut inputs: Vec<Link>) -> Result<bool> {
    let Some(kind) = layer.class.strip_prefix("nir.") else { return Ok(false) };
    let dt = build.dt();
    let number = |name: &str| layer.needed_numbers(name);
    let product = |a: &Numbers, b: &Numbers| zip(a, b, |a, b| a * b);
    let fires = matches!(kind, "LIF" | "CubaLIF" | "IF");
    let r = layer.numbers("r")?.unwrap_or(one(1.0));
    let synapse = match kind {
        "CubaLIF" | "CubaLI" => {
            let tau = number("tau_syn")?;
            Some((share(&tau, dt), product(&rise(&tau, dt), &number("w_in")?)))
        }
        _ => None,
    };
    let (keep, gain, rest) = match kind {
        "IF" | "I" => (one(1.0), map(&r, |r| r * dt), one(0.0)),
        "LIF" | "LI" | "CubaLIF" | "CubaLI" => {
            let tau = number(if synapse.is_some() { "tau_mem" } else { "tau" })?;
            (share(&tau, dt), product(&r, &rise(&tau, dt)), number("v_leak")?)
        }
        _ => return Ok(false),
    };
    let fate = if synapse.is_some() { Fate::Approximated } else { Fate::Rewritten };
    let how = match synapse {
        None => "solved exactly over a step: beta = exp(−dt/tau), gain = r·(1 − beta)",
        Some(_) => {
            "current and potential each solved exactly over a step, the potential with the current at its end: off by dt/(2·tau_syn) of a step's rise"
        }
    };
    build.say("tau, r, v_leak", fate, how);
    if !fires {
        if let Some((alpha, w_in)) = synapse {
            let current = build.integrator("i", inputs, &alpha, w_in, one(0.0))?;
            inputs = vec![link(&current, 0)];
        }
        build.integrator("", inputs, &keep, gain, rest)?;
        return Ok(true);
    }
    let mut set: Set = vec![
        ("beta", keep),
        ("gain", gain),
        ("v_rest", rest),
        ("v_th", number("v_threshold")?),
        ("v_reset", layer.numbers("v_reset")?.unwrap_or(one(0.0))),
        ("subtract", one(0.0)),
    ];
    if let Some((alpha, w_in)) = synapse {
        set.extend([("alpha", alpha), ("w_in", w_in)]);
    }
    build.neurons("", inputs, "lif_discrete", set, &[]);
    build.say("v_threshold, v_reset", Fate::Exact, "v_th, v_reset");
    Ok(true)
}

/// Nodes of NIR that are neither neurons nor layers of torch.
pub(super) fn common(build: &mut Build, layer: &mut Layer, inputs: Vec<Link>) -> Result<bool> {
    match &layer.class[..] {
        "nir.Scale" => match layer.needed_numbers("scale")? {
            Numbers::One(factor) => {
                build.scale("", inputs, factor);
                build.say("scale", Fate::Exact, "factor");
            }
            each => {
                build.integrator("", inputs, &one(0.0), each, one(0.0))?;
                build.say(
                    "scale",
                    Fate::Rewritten,
                    "an integrator without memory, whose gain is each value's own factor",
                );
            }
        },
        "nir.Threshold" => {
            build.neurons(
                "",
                inputs,
                "discontinuous",
                vec![("v_th", layer.needed_numbers("threshold")?)],
                &[],
            );
            build.say("threshold", Fate::Exact, "v_th");
        }
        "nir.Delay" => delay(build, layer, &inputs)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// A delay is one of edges, in whole steps, the same for all.
fn delay(build: &mut Build, layer: &Layer, inputs: &[Link]) -> Result<()> {
    let Numbers::One(seconds) = layer.needed_numbers("delay")? else {
        build.say(
            "delay",
            Fate::Refused,
            "delays that differ from value to value have no counterpart: edges have one delay",
        );
        return Ok(());
    };
    let steps = seconds / build.dt();
    if !(steps >= 0.0
        && steps <= f64::from(1 << 20)
        && (steps - steps.round()).abs() <= 1e-6 * steps.max(1.0))
    {
        let how = format!(
            "{seconds} s are {steps} steps of {} s: only whole steps up to 2^20 have a counterpart",
            build.dt()
        );
        build.say("delay", Fate::Refused, how);
        return Ok(());
    }
    let steps = steps.round() as usize;
    let late = inputs.iter().map(|l| link(l.node(), l.delay() + steps)).collect();
    build.pass(late);
    build.say("delay", Fate::Rewritten, format!("{steps} steps"));
    Ok(())
}

fn from_nir(node: &NirNode, _: &Meaning) -> Result<Layer> {
    let names: &[&str] = match node.kind() {
        "LIF" => &["tau", "r", "v_leak", "v_threshold"],
        "LI" => &["tau", "r", "v_leak"],
        "IF" => &["r", "v_threshold"],
        "I" => &["r"],
        "CubaLIF" => &["tau_mem", "tau_syn", "r", "v_leak", "v_threshold"],
        "CubaLI" => &["tau_mem", "tau_syn", "r", "v_leak"],
        _ => return node.unknown("nir"),
    };
    let mut layer = node.layer(&format!("nir.{}", node.kind()));
    for name in names {
        layer = layer.with_numbers(name, &node.numbers(name)?);
    }
    if node.kind().starts_with("Cuba") {
        layer = layer.with_numbers("w_in", &node.numbers_or("w_in", 1.0)?);
    }
    if names.contains(&"v_threshold") {
        layer = layer.with_numbers("v_reset", &node.numbers_or("v_reset", 0.0)?);
    }
    Ok(layer)
}

fn wrote(_: &Graph) -> bool {
    false
}
