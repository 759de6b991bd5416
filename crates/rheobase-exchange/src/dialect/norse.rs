//! Norse 1.1.0. Comparison >; dt = 0.001 unless given; h = dt·tau_mem_inv and g = dt·tau_syn_inv, each one float32 product.
//!
//! | class | update (`norse/torch/functional/*.py`) |
//! |---|---|
//! | LIFBoxCell | `lif_box.py`: v starts at v_leak; v = v + h·(x + v_leak − v); reset to v_reset, or by v_th (`reset_subtract`) |
//! | LIFCell | `lif.py`: i = i + x; v = v + h·((v_leak − v) + i); i = i − g·i |
//! | LIFRecurrentCell | the same with i = i + W_in·x + W_rec·z_last; without autapses the diagonal of W_rec is set to 0 once, when the cell is made |
//! | IAFCell | `iaf.py`: v starts at v_reset; v = v + x |
//! | LICell, LIBoxCell | as LIFCell and LIFBoxCell, never firing: the output is v |
//! | NIR | `norse/torch/utils/export_nir.py`: tau = dt/tau_mem_inv with the dt of the export (0.001), r = w_in = 1, no v_reset, no reset method |

use rheobase_base::Result;
use rheobase_network::network::{Link, Numbers};

use super::meaning::{Dialect, Meaning, Setting, Writes, invert, one};
use crate::build::{Build, Set, link};
use crate::layer::{Layer, Value};
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::step::{NirNeuron, Reset, Step, Written, are};
use crate::tensor::{Tensor, all, map};

pub(super) static NORSE: Dialect = Dialect {
    name: "norse",
    version: "1.1.0",
    settings: &[
        Setting {
            name: "reset_method",
            assumed: "reset_value",
            words: &["reset_value", "reset_subtract"],
            of: &["LIF"],
        },
        Setting { name: "v_reset", assumed: "0", words: &[], of: &["LIF", "CubaLIF", "IF"] },
        Setting { name: "dt", assumed: "0.001", words: &[], of: &["LIF", "CubaLIF", "LI"] },
    ],
    layer,
    from_nir,
    omits: "",
    writes: Some(Writes { layer: to_layer, nir: to_nir, state, kinds: KINDS }),
    wrote,
    sign: "r = w_in = 1, tau far below a millisecond, a batch axis in its Input",
    dt: Some(1e-3),
};

fn layer(build: &mut Build, layer: &mut Layer, inputs: Vec<Link>) -> Result<bool> {
    let class = layer.class.strip_prefix("norse.").unwrap_or(&layer.class);
    match class {
        "LIFBoxCell" | "LIFCell" | "LIFRecurrentCell" => lif(build, layer, inputs, class)?,
        "IAFCell" => {
            let v_reset = layer.numbers("v_reset")?.unwrap_or(one(0.0));
            let set: Set = vec![
                ("beta", one(1.0)),
                ("v_rest", v_reset.clone()),
                ("v_reset", v_reset),
                ("v_th", layer.needed_numbers("v_th")?),
                ("subtract", one(0.0)),
            ];
            layer.value("dt");
            build.neurons("", inputs, "lif_discrete", set, &[]);
            build.say("v_th, v_reset", Fate::Exact, "beta = 1; the potential starts at v_reset");
        }
        "LIBoxCell" | "LICell" => {
            let h = step(layer, "tau_mem_inv")?;
            let keep = map(&h, |h| 1.0 - h);
            let rest = layer.numbers("v_leak")?.unwrap_or(one(0.0));
            let mut from = inputs;
            if class == "LICell" {
                let kept = map(&step(layer, "tau_syn_inv")?, |g| 1.0 - g);
                let current = build.integrator("i", from, &kept, one(1.0), one(0.0))?;
                from = vec![link(&current, 0)];
            }
            build.integrator("", from, &keep, h, rest)?;
            build.say(
                "tau_mem_inv, tau_syn_inv, v_leak",
                Fate::Rewritten,
                "tau = −dt/ln(1 − dt·tau_inv), gain = dt·tau_mem_inv",
            );
        }
        "LSNNCell" | "LSNNRecurrentCell" => {
            build.say(
                "class",
                Fate::Refused,
                "an adaptive threshold that decays to v_th has no counterpart in discrete time",
            );
        }
        "LIFAdExCell" => {
            build.say("class", Fate::Refused, "its adaptation follows the potential of the step before and its current jumps; `adex` here is in mV with one current");
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// `dt·inverse` as one product in single precision.
fn step(layer: &Layer, inverse: &str) -> Result<Numbers> {
    let dt = layer.number("dt")?.unwrap_or(1e-3);
    let h = map(&layer.needed_numbers(inverse)?, |x| f64::from(dt as f32 * x as f32));
    match all(&h, |h| (0.0..=1.0).contains(&h)) {
        true => Ok(h),
        false => Err(layer.fault(
            inverse,
            format!("{h:?} times dt"),
            "must be from 0 to 1 times 1/dt: Euler's step is not stable beyond",
        )),
    }
}

fn lif(build: &mut Build, layer: &Layer, mut inputs: Vec<Link>, class: &str) -> Result<()> {
    let h = step(layer, "tau_mem_inv")?;
    let mut set: Set = vec![
        ("beta", map(&h, |h| 1.0 - h)),
        ("gain", h),
        ("v_rest", layer.numbers("v_leak")?.unwrap_or(one(0.0))),
        ("v_th", layer.needed_numbers("v_th")?),
    ];
    build.say("tau_mem_inv", Fate::Rewritten, "beta = 1 − dt·tau_mem_inv, gain = dt·tau_mem_inv");
    build.say("v_leak, v_th", Fate::Exact, "v_rest, v_th");
    if class != "LIFBoxCell" {
        set.push(("alpha", map(&step(layer, "tau_syn_inv")?, |g| 1.0 - g)));
        build.say(
            "tau_syn_inv",
            Fate::Rewritten,
            "alpha = 1 − dt·tau_syn_inv; the shown current is that before its decay",
        );
    }
    let reset = layer.numbers("v_reset")?.unwrap_or(one(0.0));
    match layer.text("reset_method")?.unwrap_or("reset_value") {
        "reset_value" => set.extend([("subtract", one(0.0)), ("v_reset", reset)]),
        "reset_subtract" => set.push(("subtract", one(1.0))),
        other => {
            return Err(layer.fault(
                "reset_method",
                format!("`{other}`"),
                "must be reset_value or reset_subtract",
            ));
        }
    }
    build.say("reset_method, v_reset", Fate::Exact, "subtract, v_reset");
    if class == "LIFRecurrentCell" {
        let weight = layer.needed("input_weights")?;
        let from = build.linear("in", inputs, weight.clone(), None, false)?;
        let back = recurrent(build, layer)?;
        inputs = vec![link(&from, 0), link(&back, 0)];
        build.say("input_weights", Fate::Rewritten, "a linear node; [out, in] is turned to [in, out]");
    }
    build.neurons("", inputs, "lif_discrete", set, &[]);
    Ok(())
}

/// The map of the spikes of the step before: as it is stored, since its diagonal is set to 0 once, when the cell is made.
fn recurrent(build: &mut Build, layer: &Layer) -> Result<String> {
    let sends = build.promised();
    layer.value("autapses");
    let how = "a linear node fed by the spikes of the step before; [out, in] is turned to [in, out]";
    build.say("recurrent_weights", Fate::Rewritten, how);
    build.linear("rec", vec![link(&sends, 1)], layer.needed("recurrent_weights")?.clone(), None, false)
}

fn from_nir(node: &NirNode, meaning: &Meaning) -> Result<Layer> {
    // The exporter multiplies by the dt of the export: 0.001 by default, 1 where the caller asked for seconds.
    let inverse = |tau: &Numbers| {
        let unit = if all(tau, |tau| tau < 1e-3) { 1e-3f32 } else { 1.0 };
        map(tau, |tau| invert(tau, f64::from(unit) / tau, |x| f64::from(unit / x)))
    };
    for gain in ["r", "w_in"] {
        node.must_be(gain, 1.0)?;
    }
    let layer = match node.kind() {
        "LIF" => node.layer("norse.LIFBoxCell").with_numbers("tau_mem_inv", &inverse(&node.numbers("tau")?)),
        "CubaLIF" => node
            .layer("norse.LIFCell")
            .with_numbers("tau_mem_inv", &inverse(&node.numbers("tau_mem")?))
            .with_numbers("tau_syn_inv", &inverse(&node.numbers("tau_syn")?)),
        "IF" => node.layer("norse.IAFCell"),
        "LI" => node.layer("norse.LIBoxCell").with_numbers("tau_mem_inv", &inverse(&node.numbers("tau")?)),
        _ => return node.unknown("norse"),
    };
    let layer =
        if node.kind() == "IF" { layer } else { layer.with_numbers("v_leak", &node.numbers("v_leak")?) };
    node.used("v_reset");
    let layer =
        if node.kind() == "LI" { layer } else { layer.with_numbers("v_th", &node.numbers("v_threshold")?) };
    Ok(layer.with("dt", Value::Tensor(Tensor::scalar(meaning.dt))))
}

/// The step that cells take unless told otherwise.
const DT: f64 = 1e-3;

fn to_layer(step: &Step) -> std::result::Result<Written, String> {
    let inverse = |share: &Numbers| map(share, |x| (1.0 - x) / DT);
    let own = map(&step.beta, |beta| 1.0 - beta);
    let leaks = !are(&step.beta, 1.0);
    let step = step.with_gain(&if leaks { own } else { one(1.0) })?;
    let mut said = step.plain(false);
    step.resets_at_once(&mut said);
    said.push((
        "beta, alpha",
        Fate::Rewritten,
        "tau_inv = (1 − beta)/dt with dt = 0.001; the potential in units in which the gain is 1 − beta"
            .into(),
    ));
    let Some(threshold) = &step.threshold else {
        return Ok(Written::new("norse.LIBoxCell", said)
            .with("tau_mem_inv", &inverse(&step.beta))
            .with("v_leak", &step.rest)
            .with_number("dt", DT));
    };
    let reset = match &step.reset {
        Reset::To(v) => Some(v),
        Reset::By(_) if step.takes_threshold() && step.alpha.is_none() && leaks => None,
        Reset::By(_) => {
            return Err("only LIFBoxCell resets by subtraction there, and it takes the threshold".into());
        }
        Reset::Never => return Err("every neuron that fires is reset there".into()),
    };
    if !leaks {
        let v_reset = reset.cloned().unwrap_or(one(0.0));
        if v_reset != step.rest || step.alpha.is_some() {
            return Err("IAFCell has no current, and starts at v_reset".into());
        }
        return Ok(Written::new("norse.IAFCell", said)
            .with("v_th", threshold)
            .with("v_reset", &v_reset)
            .with_number("dt", DT));
    }
    let class = if step.alpha.is_some() { "norse.LIFCell" } else { "norse.LIFBoxCell" };
    let mut written = Written::new(class, said)
        .with("tau_mem_inv", &inverse(&step.beta))
        .with("v_leak", &step.rest)
        .with("v_th", threshold)
        .with("v_reset", reset.unwrap_or(&one(0.0)))
        .with_number("dt", DT);
    if let Some(alpha) = &step.alpha {
        written = written.with("tau_syn_inv", &inverse(alpha));
    } else {
        let word = if reset.is_some() { "reset_value" } else { "reset_subtract" };
        written = written.with_value("reset_method", Value::Text(word.into()));
    }
    Ok(written)
}

/// Kinds of nodes that its reader of NIR knows.
const KINDS: &[&str] = &["Affine", "Linear", "Conv2d", "Flatten", "SumPool2d", "IF", "LIF", "CubaLIF"];

/// What `from_nir` makes of a node with its dt of 0.001: cells of boxes, reset to 0.
fn to_nir(step: &Step) -> std::result::Result<NirNeuron, String> {
    let leaks = !are(&step.beta, 1.0);
    let step = step.with_gain(&if leaks { map(&step.beta, |beta| 1.0 - beta) } else { one(1.0) })?;
    let threshold = step.threshold.clone().ok_or("its reader has no LI")?;
    let mut said = step.plain(false);
    step.resets_at_once(&mut said);
    if !matches!(&step.reset, Reset::To(v) if are(v, 0.0)) {
        said.push(("reset", Fate::Lost, "its reader resets potentials to 0".into()));
    }
    said.push(("beta, alpha", Fate::Rewritten, "tau = dt/(1 − beta) with dt = 0.001, r = 1".into()));
    let tau = |share: &Numbers| map(share, |x| DT / (1.0 - x));
    if !leaks {
        if step.alpha.is_some() || !are(&step.rest, 0.0) {
            return Err("its reader has no IF with a current or another potential at rest".into());
        }
        let fields = vec![("r", one(1.0)), ("v_threshold", threshold), ("v_reset", one(0.0))];
        return Ok(NirNeuron { kind: "IF", fields, said });
    }
    let end =
        [("r", one(1.0)), ("v_leak", step.rest.clone()), ("v_threshold", threshold), ("v_reset", one(0.0))];
    let (kind, first) = match &step.alpha {
        None => ("LIF", vec![("tau", tau(&step.beta))]),
        Some(_) if !are(&step.rest, 0.0) => {
            return Err("its reader lets the current decay to v_leak too".into());
        }
        Some(alpha) => {
            let w_in = map(alpha, |alpha| 1.0 / (1.0 - alpha));
            ("CubaLIF", vec![("tau_mem", tau(&step.beta)), ("tau_syn", tau(alpha)), ("w_in", w_in)])
        }
    };
    Ok(NirNeuron { kind, fields: first.into_iter().chain(end).collect(), said })
}

/// A checkpoint holds nothing of a neuron.
fn state(_: &Layer, _: usize) -> Vec<(&'static str, Tensor)> {
    Vec::new()
}

fn wrote(graph: &Graph) -> bool {
    let batched = graph
        .nodes
        .iter()
        .any(|n| n.kind() == "Input" && n.find("shape").is_some_and(|s| s.len() == 2 && s.at(0) == 1.0));
    // Names of torch.fx are SpikingJelly's.
    let named = graph.nodes.iter().any(|n| n.name.starts_with('_'));
    !named
        && graph.neurons_all(|n| match n.kind() {
            "LIF" | "LI" => {
                n.holds(&["r", "tau"], |x| x[0] == 1.0 && (x[1] < 1e-3 || (batched && x[1] < 1.0)))
            }
            "CubaLIF" => n.holds(&["r", "w_in", "tau_mem"], |x| x[0] == 1.0 && x[1] == 1.0 && x[2] < 1.0),
            "IF" => batched && n.holds(&["r"], |x| x[0] == 1.0) && n.find("v_reset").is_some(),
            _ => false,
        })
}
