//! Nengo 4.1.0. Comparison voltage > 1; double precision there, single here; dt = 0.001. No NIR.
//!
//! | class | update (`nengo/neurons.py`, `nengo/synapses.py`) |
//! |---|---|
//! | LIF | `lif` here: exact over the step, the spike's time interpolated; output amplitude/dt per spike |
//! | SpikingRectifiedLinear | v = v + max(J, 0)·dt; n = floor(v); v = v − n |
//! | ensemble | J = x·scaled_encoders^T + bias; without encoders (`.neurons`) J = x + bias |
//! | Linear | decoders, `[out, neurons]` |
//! | Lowpass | y = a·y + (1 − a)·x, a = exp(−dt/tau); what comes behind it sees y one step later |

use rheobase_base::Result;
use rheobase_network::network::Link;

use super::meaning::{Dialect, Meaning, one};
use super::snntorch::diagonal;
use crate::build::{Build, Set, link};
use crate::layer::Layer;
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::tensor::{Data, Tensor};

pub(super) static NENGO: Dialect = Dialect {
    name: "nengo",
    version: "4.1.0",
    settings: &[],
    layer,
    from_nir,
    omits: "",
    writes: None,
    wrote,
    sign: "",
    dt: Some(1e-3),
};

fn layer(build: &mut Build, layer: &mut Layer, inputs: Vec<Link>) -> Result<bool> {
    match &layer.class[..] {
        "Add" => {
            build.pass(inputs);
        }
        "nengo.Linear" => {
            let weight = layer.needed("weight")?;
            let per_spike = value_of_a_spike(build, layer)?;
            let scaled = weight.to_f64().iter().map(|w| (w * per_spike) as f32).collect();
            let shape = match weight.shape() {
                [] => vec![1, 1],
                [n] => vec![1, *n],
                shape => shape.to_vec(),
            };
            let scaled = Tensor::new(&layer.name, "weight", shape, Data::F32(scaled))?;
            build.linear("", inputs, scaled, layer.tensor("bias")?, false)?;
            build.say(
                "weight",
                Fate::Rewritten,
                "times amplitude/dt behind neurons, in single precision, turned to [in, out]",
            );
        }
        "nengo.Lowpass" => lowpass(build, layer, inputs)?,
        "nengo.LIF" | "nengo.SpikingRectifiedLinear" => ensemble(build, layer, inputs)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// What a decoder receives for a spike of its ensemble, which sends 1 here.
fn value_of_a_spike(build: &Build, layer: &Layer) -> Result<f64> {
    let source = layer.inputs.first().map(|s| &s.layer);
    let ensemble =
        build.foreign.layers.iter().find(|l| Some(&l.name) == source && l.values.contains_key("amplitude"));
    match ensemble {
        None => Ok(1.0),
        Some(ensemble) => Ok(ensemble.number("amplitude")?.unwrap_or(1.0) / build.dt()),
    }
}

fn lowpass(build: &mut Build, layer: &Layer, inputs: Vec<Link>) -> Result<()> {
    let tau = layer.number("tau")?.unwrap_or(0.0);
    layer.value("dt");
    let keep = if tau > 0.0 { rheobase_models::Real::exp(-build.dt() / tau) } else { 0.0 };
    let late = layer.number("delay")?.unwrap_or(1.0) as usize;
    let role = if late > 0 { "y" } else { "" };
    let filter = build.integrator(role, inputs, &one(keep), one(1.0 - keep), one(0.0))?;
    if late > 0 {
        build.pass(vec![link(&filter, late)]);
    }
    build.say("tau", Fate::Rewritten, "a leaky integrator with gain 1 − exp(−dt/tau), one step later");
    Ok(())
}

fn ensemble(build: &mut Build, layer: &Layer, inputs: Vec<Link>) -> Result<()> {
    for name in ["neurons", "dimensions", "gain", "dt", "radius"] {
        layer.value(name);
    }
    let bias = layer.tensor("bias")?;
    let width = bias.map_or(1, Tensor::len);
    let current = match layer.flag("neuron_input", false)? {
        true => {
            layer.value("scaled_encoders");
            build.linear("current", inputs, diagonal(&Tensor::scalar(1.0), width)?, bias, false)?
        }
        false => build.linear("current", inputs, layer.needed("scaled_encoders")?.clone(), bias, false)?,
    };
    build.say(
        "encoders, gain, bias",
        Fate::Rewritten,
        "a linear node by scaled_encoders^T, in single precision",
    );
    layer.value("amplitude");
    let initial = match layer.numbers("initial_voltage")? {
        Some(v) => vec![("v", v)],
        None => Vec::new(),
    };
    let (model, set): (&str, Set) = match &layer.class[..] {
        "nengo.LIF" => {
            let number = |name: &str, default| {
                Ok::<_, rheobase_base::Error>(layer.numbers(name)?.unwrap_or(one(default)))
            };
            let set = vec![
                ("tau_m", number("tau_rc", 0.02)?),
                ("t_ref", number("tau_ref", 0.002)?),
                ("v_min", number("min_voltage", 0.0)?),
            ];
            build.say("tau_rc, tau_ref, min_voltage", Fate::Exact, "tau_m, t_ref, v_min");
            ("lif", set)
        }
        _ => ("spiking_rectified_linear", Vec::new()),
    };
    build.neurons("", vec![link(&current, 0)], model, set, &initial);
    build.say("amplitude", Fate::Rewritten, "a spike is 1 here; decoders are multiplied by amplitude/dt");
    Ok(())
}

fn from_nir(node: &NirNode, _: &Meaning) -> Result<Layer> {
    node.unknown("nengo")
}

fn wrote(_: &Graph) -> bool {
    false
}
