//! Nengo, NengoDL and nengo-extras: models in seconds and Hz.
//!
//! Four kinds of traces: runs of a class's step ([`step`]), its static curves ([`curve`]), NengoDL's builders on
//! TensorFlow, in inference and in training ([`builder`]), and functions on recorded spikes ([`spike_trains`]).

mod builder;
mod curve;
mod spike_trains;
mod step;

pub(super) use step::STATES;

use std::sync::Arc;

use super::compare::{DOUBLE, SINGLE};
use super::trace::Meta;
use super::{Outcome, TraceFile};
use rheobase_base::Result;
use rheobase_sim::Catalog;
use rheobase_sim::population::Model;

/// The originals' classes and our models.
pub(super) const CLASSES: [(&str, &str); 12] = [
    ("LIF", "lif"),
    ("NumbaLIF", "lif"),
    ("FastLIF", "fast_lif"),
    ("AdaptiveLIF", "adaptive_lif"),
    ("Izhikevich", "izhikevich"),
    ("SpikingRectifiedLinear", "spiking_rectified_linear"),
    ("SpikingLeakyReLU", "spiking_leaky_relu"),
    ("RectifiedLinear", "rectified_linear"),
    ("LeakyReLU", "leaky_relu"),
    ("LIFRate", "lif_rate"),
    ("SoftLIFRate", "soft_lif_rate"),
    ("AdaptiveLIFRate", "adaptive_lif_rate"),
];

/// Where nengo-extras means something else by a name. Its classes define `step_math`, but what Nengo's simulator calls
/// is the `step` that they inherit.
pub(super) const EXTRAS: [(&str, &str); 3] =
    [("SoftLIFRate", "soft_lif_rate_exact"), ("SoftLIFRate.step", "lif_rate"), ("FastLIF.step", "lif")];

/// The originals' parameters and ours.
pub(super) const PARAMETERS: [(&str, &str); 12] = [
    ("tau_rc", "tau_m"),
    ("tau_ref", "t_ref"),
    ("min_voltage", "v_min"),
    ("amplitude", "amplitude"),
    ("negative_slope", "negative_slope"),
    ("sigma", "sigma"),
    ("tau_n", "tau_w"),
    ("inc_n", "inc_w"),
    ("tau_recovery", "a"),
    ("coupling", "b"),
    ("reset_voltage", "v_reset"),
    ("reset_recovery", "d"),
];

/// What is not a parameter of a model here.
pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("dt of the simulator", "`Builder::dt`"),
    ("gain, bias, max_rates, intercepts", "`Curve::gain_bias`, `max_rates_intercepts`, `rates`"),
    ("initial_state, voltage0", "`Builder::initial`"),
    ("output in Hz (amplitude/dt per spike)", "a spike is its amplitude; divide by dt for Hz"),
    ("lif_smoothing, training with rates", "`Curve::training`"),
];

/// The same for nengo-extras.
pub(super) const EXTRAS_SETTINGS: &[(&str, &str)] = &[
    ("SoftLIFRate.derivative", "`Curve::slopes`"),
    ("softplus, lif_j", "`curve::softplus`, `curve::lif_j`"),
    ("rates_isi, rates_kernel", "the module `analyse`"),
];

pub(super) fn replay(trace: &TraceFile) -> Result<Outcome> {
    trace.meta.check_numbers(PARAMETERS.into_iter().map(|p| p.0).chain(["dt", "lif_smoothing"]))?;
    let target = trace.meta.target.as_str();
    if target.ends_with("{softplus,lif_j}") {
        return curve::functions(trace);
    }
    if target.ends_with("{rates_isi,rates_kernel,spikes2events}") {
        return spike_trains::rates(trace);
    }
    if target.ends_with(".lowpass_filter") {
        return spike_trains::filters(trace);
    }
    let built = target.strip_prefix("nengo_dl ").and_then(|t| t.strip_suffix(" builder"));
    let class = match built {
        Some(class) => class,
        None => target.rsplit("neurons.").next().unwrap_or_default().trim_start_matches("nengo."),
    };
    let Some(model) = model_of(target, class)? else {
        return Ok(Outcome::NotCovered(format!("no model for {target} yet")));
    };
    if built.is_some() {
        builder::replay(trace, &model)
    } else if trace.has("input") {
        step::replay(trace, &model)
    } else {
        curve::replay(trace, &model)
    }
}

/// The model for a class, which may be followed by `.step` or `.step_math`.
fn model_of(target: &str, class: &str) -> Result<Option<Arc<dyn Model>>> {
    let class = class.trim_end_matches(".step_math");
    let plain = class.trim_end_matches(".step");
    let extras = EXTRAS.iter().find(|(name, _)| target.starts_with("nengo_extras") && *name == class);
    let found = extras.or_else(|| CLASSES.iter().find(|(name, _)| *name == plain));
    found.map(|(_, model)| Catalog::standard().get(model)).transpose()
}

/// The trace's parameters as those of our model.
fn params(meta: &Meta, model: &dyn Model) -> Vec<(&'static str, f64)> {
    PARAMETERS
        .iter()
        .filter(|(_, ours)| model.params().iter().any(|f| f.name == *ours))
        .filter_map(|(theirs, ours)| Some((*ours, meta.number(theirs)?)))
        .collect()
}

/// The tolerance of a trace whose arrays have the precision of `array`.
fn tolerance(trace: &TraceFile, array: &str) -> f64 {
    if trace.is_single(array) { SINGLE } else { DOUBLE }
}
