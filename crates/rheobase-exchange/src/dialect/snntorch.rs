//! snnTorch 1.0.0. Comparison >; no dt; the reset comes one step after the spike unless `reset_delay=False`.
//!
//! | class | update (`snntorch/_neurons/*.py`) |
//! |---|---|
//! | Leaky | `leaky.py`: v = clip(beta)·v + x − r·thr, r = [v > thr] of the step before; zero: v = clip(beta)·(1 − r)·v + x |
//! | Synaptic | `synaptic.py`: i = clip(alpha)·i + x; v = clip(beta)·v + i − r·thr; zero: (1 − r)·(clip(beta)·v + i) |
//! | RLeaky, RSynaptic | the same with the last spikes through a matrix (or `V`) added to x; zero takes the input too |
//! | Lapicque | `lapicque.py`: u = x·dt/C + (1 − dt/(R·C))·v; v = u − r·thr, or (1 − r)·u |
//! | NIR | `export_nir.py`: dt = 1e-4, tau = dt/(1 − beta), r = tau/dt, w_in = tau_syn/dt, all in float32 |

use rheobase_base::Result;
use rheobase_network::network::{Link, Numbers};

use super::meaning::{Dialect, Meaning, Setting, Writes, invert, near, one};
use crate::build::{Build, Set, link};
use crate::layer::{Layer, Value};
use crate::nir::node::{Graph, NirNode};
use crate::report::Fate;
use crate::step::{NirNeuron, Reset, Step, Written, are, same};
use crate::tensor::{Tensor, all, map, zip};

pub(super) static SNNTORCH: Dialect = Dialect {
    name: "snntorch",
    version: "1.0.0",
    settings: &[
        Setting {
            name: "reset_mechanism",
            assumed: "subtract",
            words: &["subtract", "zero", "none"],
            of: &["LIF", "CubaLIF"],
        },
        Setting { name: "reset_delay", assumed: "true", words: &["true", "false"], of: &["LIF", "CubaLIF"] },
        Setting { name: "graded_spikes_factor", assumed: "1", words: &[], of: &["LIF", "CubaLIF"] },
        Setting { name: "inhibition", assumed: "false", words: &["true", "false"], of: &["LIF", "CubaLIF"] },
    ],
    layer,
    from_nir,
    omits: "a branch that is added to another is cut off by the exporter, and all behind it",
    writes: Some(Writes { layer: to_layer, nir: to_nir, state, kinds: KINDS }),
    wrote,
    sign: "r = tau/dt with dt = 1e-4",
    dt: None,
};

/// What the exporter takes for the length of a step.
const DT: f32 = 1e-4;

fn layer(build: &mut Build, layer: &mut Layer, mut inputs: Vec<Link>) -> Result<bool> {
    let class = layer.class.strip_prefix("snntorch.").unwrap_or(&layer.class);
    let late_takes_all = match class {
        "Leaky" => false,
        "Synaptic" | "RLeaky" | "RSynaptic" | "Lapicque" => true,
        _ => return Ok(false),
    };
    if layer.flag("inhibition", false)? {
        let how = "inhibition=True lets one neuron of a sample send in a step while the others lose their potential; \
                   competition here silences the coming steps instead";
        build.say("inhibition", Fate::Refused, how);
        return Ok(true);
    }
    if class == "RSynaptic" && !layer.flag("reset_delay", true)? {
        let how = "RSynaptic with reset_delay=False takes the spikes it is called with for its own, and raises an error where it \
                   keeps its state itself (snnTorch 1.0.0)";
        build.say("reset_delay", Fate::Refused, how);
        return Ok(true);
    }
    for (name, how) in [
        ("surrogate_disable", "a potential is sent, not spikes"),
        ("state_quant", "states are rounded to levels"),
    ] {
        if layer.value(name).is_some_and(|value| *value != Value::Flag(false)) {
            build.say(name, Fate::Refused, how);
            return Ok(true);
        }
    }
    let threshold = layer.needed_numbers("threshold")?;
    let mut set: Set = vec![("v_th", threshold)];
    build.say("threshold", Fate::Exact, "v_th");
    decays(build, layer, class, &mut set)?;
    reset(build, layer, late_takes_all, &mut set)?;
    let factor = layer.number("graded_spikes_factor")?.unwrap_or(1.0);
    if factor != 1.0 {
        build.say("graded_spikes_factor", Fate::Rewritten, "a node that scales what the neurons send");
    }
    // What comes back is what left one step before, factor included.
    let recurrent = (layer.tensor("recurrent_weight")?, layer.tensor("V")?);
    let sends = build.promised();
    if let (Some(weight), _) = recurrent {
        let back = build.linear(
            "rec",
            vec![link(&sends, 1)],
            weight.clone(),
            layer.tensor("recurrent_bias")?,
            false,
        )?;
        inputs.push(link(&back, 0));
        build.say("recurrent", Fate::Rewritten, "a linear node fed by the spikes of the step before");
    } else if let (None, Some(v)) = recurrent {
        let from = vec![link(&sends, 1)];
        let back = match v.len() {
            1 => build.scale("rec", from, v.at(0)),
            width => build.linear("rec", from, diagonal(v, width)?, None, false)?,
        };
        inputs.push(link(&back, 0));
        build.say(
            "V",
            Fate::Rewritten,
            "a linear node with V on its diagonal, fed by the spikes of the step before",
        );
    }
    if factor == 1.0 {
        build.neurons("", inputs, "lif_discrete", set, &[]);
    } else {
        let cell = build.neurons("cell", inputs, "lif_discrete", set, &[]);
        build.scale("", vec![link(&cell, 0)], factor);
    }
    Ok(true)
}

/// The shares that are kept and what the input is multiplied with.
fn decays(build: &mut Build, layer: &Layer, class: &str, set: &mut Set) -> Result<()> {
    let clipped = |x: &Numbers| map(x, |x| x.clamp(0.0, 1.0));
    if class == "Lapicque" {
        let (r, c) = (layer.needed_numbers("R")?, layer.needed_numbers("C")?);
        let dt = layer.needed_numbers("time_step")?;
        layer.value("beta");
        // In single precision, as there.
        let rc = zip(&r, &c, |r, c| f64::from(r as f32 * c as f32));
        let beta = zip(&dt, &rc, |dt, rc| f64::from(1.0 - dt as f32 / rc as f32));
        let gain = zip(&zip(&r, &rc, |r, rc| f64::from(r as f32 * (1.0 / rc as f32))), &dt, |g, dt| g * dt);
        if !all(&beta, |b| (0.0..=1.0).contains(&b)) {
            return Err(layer.fault("R·C", format!("{rc:?}"), "must be at least time_step"));
        }
        set.extend([("beta", beta), ("gain", gain)]);
        build.say("R, C, time_step", Fate::Rewritten, "beta = 1 − dt/(R·C), gain = dt/C");
        build.say("beta", Fate::Exact, "stored, and not used there either");
        return Ok(());
    }
    let beta = layer.needed_numbers("beta")?;
    let (said, fate) = match all(&beta, |b| (0.0..=1.0).contains(&b)) {
        true => ("beta", Fate::Exact),
        false => ("clipped to 0..1, as there in every step", Fate::Rewritten),
    };
    build.say("beta", fate, said);
    set.push(("beta", clipped(&beta)));
    if class.ends_with("Synaptic") {
        set.push(("alpha", clipped(&layer.needed_numbers("alpha")?)));
        build.say("alpha", Fate::Exact, "alpha");
    }
    Ok(())
}

fn reset(build: &mut Build, layer: &Layer, late_takes_all: bool, set: &mut Set) -> Result<()> {
    let stored = layer.number("reset_mechanism_val")?;
    let word = match (layer.text("reset_mechanism")?, stored) {
        (Some(word), _) => word,
        (None, Some(0.0)) | (None, None) => "subtract",
        (None, Some(1.0)) => "zero",
        (None, Some(_)) => "none",
    };
    let delay = layer.flag("reset_delay", true)?;
    let late = if delay { 1.0 } else { 2.0 };
    let how = match (word, delay) {
        ("subtract", _) => {
            set.extend([("subtract", one(1.0)), ("late", one(late))]);
            format!("subtract = 1, late = {late}")
        }
        ("none", _) => {
            set.push(("drop", one(0.0)));
            "drop = 0".into()
        }
        ("zero", true) if late_takes_all => {
            set.extend([("subtract", one(0.0)), ("late", one(1.0))]);
            "subtract = 0, late = 1: the potential is 0 in the step after a spike, input included".into()
        }
        ("zero", _) => {
            set.push(("subtract", one(0.0)));
            "subtract = 0, v_reset = 0 in the step of the spike: the same spikes; the shown potential is after the reset".into()
        }
        (other, _) => {
            return Err(layer.fault(
                "reset_mechanism",
                format!("`{other}`"),
                "must be subtract, zero or none",
            ));
        }
    };
    let fate = if word == "none" || word == "subtract" { Fate::Exact } else { Fate::Rewritten };
    build.say("reset_mechanism, reset_delay", fate, how);
    Ok(())
}

/// A matrix with `v` on its diagonal.
pub(super) fn diagonal(v: &Tensor, width: usize) -> Result<Tensor> {
    let mut matrix = vec![0.0f32; width * width];
    for i in 0..width {
        matrix[i * width + i] = v.at(if v.len() == 1 { 0 } else { i }) as f32;
    }
    Tensor::new("recurrent", "V", vec![width, width], crate::tensor::Data::F32(matrix))
}

fn from_nir(node: &NirNode, meaning: &Meaning) -> Result<Layer> {
    let share = |tau: &Numbers| {
        map(tau, |tau| invert(tau, 1.0 - f64::from(DT) / tau, |beta| f64::from(DT / (1.0 - beta))))
    };
    node.must_be("v_leak", 0.0)?;
    node.must_be("v_reset", 0.0)?;
    let class = |name: &str| format!("snntorch.{}{name}", if meaning.recurrent { "R" } else { "" });
    let layer = match node.kind() {
        "LIF" => node.layer(&class("Leaky")).with_numbers("beta", &share(&node.numbers("tau")?)),
        "CubaLIF" => node
            .layer(&class("Synaptic"))
            .with_numbers("beta", &share(&node.numbers("tau_mem")?))
            .with_numbers("alpha", &share(&node.numbers("tau_syn")?)),
        _ => return node.unknown("snntorch"),
    };
    node.used("r");
    node.used("w_in");
    Ok(layer.with_numbers("threshold", &node.numbers("v_threshold")?))
}

fn to_layer(step: &Step) -> std::result::Result<Written, String> {
    let (step, threshold) = step.with_gain(&one(1.0))?.above_rest()?;
    let class = if step.alpha.is_some() { "snntorch.Synaptic" } else { "snntorch.Leaky" };
    let (word, delay) = match &step.reset {
        Reset::Never => ("none", true),
        Reset::To(v) if !are(v, 0.0) => {
            return Err("a potential is reset to 0 there, or by the threshold".into());
        }
        // Leaky's own zero with a delay keeps the input of the step after: the spikes are those of a reset at once.
        Reset::To(_) if step.late == 1.0 && step.alpha.is_none() => {
            return Err("Leaky has no reset that takes the input of the step after a spike".into());
        }
        Reset::To(_) => ("zero", step.late == 1.0),
        Reset::By(_) if step.takes_threshold_next() => ("subtract", true),
        Reset::By(_) if step.takes_threshold() => ("subtract", false),
        Reset::By(_) => return Err("a reset takes the threshold there, neither more nor less".into()),
    };
    let mut written = Written::new(class, step.plain(false));
    if matches!(step.reset, Reset::By(_)) && step.takes_threshold() && step.late == 0.0 {
        let how = "reset_delay=False: a potential above two thresholds rests above threshold there, and fires again here";
        written = written.say("late", Fate::Approximated, how);
    }
    if let Some(alpha) = &step.alpha {
        written = written.with("alpha", alpha);
    }
    Ok(written
        .with("beta", &step.beta)
        .with("threshold", &threshold)
        .with_value("reset_mechanism", Value::Text(word.into()))
        .with_value("reset_delay", Value::Flag(delay))
        .say("alpha, beta, v_th", Fate::Rewritten, "in units in which the gain of the input is 1"))
}

/// Kinds of nodes that its reader of NIR knows.
const KINDS: &[&str] = &["Affine", "Linear", "Conv2d", "Flatten", "AvgPool2d", "LIF", "CubaLIF"];

/// What `import_from_nir` makes of a node: dt = 1e-4, a reset to 0 in the step of the spike, one threshold for all.
fn to_nir(step: &Step) -> std::result::Result<NirNeuron, String> {
    let (step, threshold) = step.with_gain(&one(1.0))?.above_rest()?;
    let threshold = one(same("v_threshold", &threshold)?);
    if !all(&step.beta, |b| b < 1.0) {
        return Err("its reader takes an IF for a Leaky with beta = 0.9, and no LIF is without a leak".into());
    }
    let mut said = step.plain(false);
    if !matches!(&step.reset, Reset::To(v) if are(v, 0.0)) {
        said.push(("reset", Fate::Lost, "its reader resets potentials to 0".into()));
    }
    step.resets_at_once(&mut said);
    said.push(("beta, alpha", Fate::Rewritten, "tau = dt/(1 − beta), r = tau/dt with dt = 1e-4".into()));
    let tau = |share: &Numbers| map(share, |x| f64::from(DT) / (1.0 - x));
    let gain = |share: &Numbers| map(share, |x| 1.0 / (1.0 - x));
    let end = [("v_leak", one(0.0)), ("v_threshold", threshold), ("v_reset", one(0.0))];
    let beta = &step.beta;
    let (kind, first) = match &step.alpha {
        None => ("LIF", vec![("tau", tau(beta)), ("r", gain(beta))]),
        Some(alpha) => {
            let first = vec![
                ("tau_mem", tau(beta)),
                ("tau_syn", tau(alpha)),
                ("r", gain(beta)),
                ("w_in", gain(alpha)),
            ];
            ("CubaLIF", first)
        }
    };
    Ok(NirNeuron { kind, fields: first.into_iter().chain(end).collect(), said })
}

/// What a layer's checkpoint holds.
fn state(layer: &Layer, _: usize) -> Vec<(&'static str, Tensor)> {
    let kinds = ["subtract", "zero", "none"];
    let kind =
        layer.text("reset_mechanism").ok().flatten().and_then(|word| kinds.iter().position(|k| *k == word));
    let number = |x: f64| Tensor::row(vec![x as f32]).reshaped(Vec::new());
    let own = ["threshold", "beta", "alpha"]
        .into_iter()
        .filter_map(|name| Some((name, layer.tensor(name).ok()??.single())));
    let rest =
        [("graded_spikes_factor", number(1.0)), ("reset_mechanism_val", number(kind.unwrap_or(0) as f64))];
    own.chain(rest).collect()
}

fn wrote(graph: &Graph) -> bool {
    let dt = f64::from(DT);
    !graph.nodes.iter().any(|n| n.name.starts_with('_'))
        && graph.neurons_all(|n| match n.kind() {
            "LIF" => n.holds(&["r", "tau"], |x| near(x[0], x[1] / dt)),
            "CubaLIF" => n.holds(&["r", "tau_mem", "w_in", "tau_syn"], |x| {
                near(x[0], x[1] / dt) && near(x[2], x[3] / dt)
            }),
            _ => false,
        })
}
