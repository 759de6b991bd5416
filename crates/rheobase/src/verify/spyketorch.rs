//! SpykeTorch-Extended: layers of [C, H, W] under k-winners-take-all.

use super::compare::{Comparison, Pair, SINGLE, SINGLE_EXP};
use super::replay::Replay;
use super::{Outcome, TraceFile};
use crate::compete::{Competition, Ranking, Scope};
use crate::population::{Builder, Winner};
use crate::{Catalog, Population, Result};

/// How one of the original's classes is played here.
struct Class {
    theirs: &'static str,
    ours: &'static str,
    /// Whether a step takes an exponential.
    exponential: bool,
    /// Value of a spike: 1, or 1/dt.
    per_dt: bool,
    /// Whether spikes take the sign of the potential.
    signed: bool,
    /// Whom a winner silences; `None` where the attribute `inhibition_mode` says.
    scope: Option<Scope>,
}

const CLASSES: [Class; 1] = [Class {
    theirs: "AdEx",
    ours: "adex",
    exponential: true,
    per_dt: true,
    signed: false,
    scope: Some(Scope::Layer),
}];

/// The original's parameters and ours.
const PARAMETERS: [(&str, &str); 8] = [
    ("threshold", "v_th"),
    ("tau_rc", "tau_m"),
    ("C", "c_m"),
    ("delta_t", "delta_t"),
    ("theta_rh", "theta_rh"),
    ("a", "a"),
    ("b", "b"),
    ("tau_w", "tau_w"),
];

/// The original's defaults, where they are not given in a trace.
const DEFAULTS: [(&str, f64); 7] = [
    ("tau_rc", 0.02),
    ("C", 0.281),
    ("delta_t", 0.5),
    ("a", 0.6),
    ("b", 0.7),
    ("tau_w", 1.0),
    ("resting_potential", 0.0),
];

pub(super) fn replay(trace: &TraceFile) -> Result<Outcome> {
    let meta = &trace.meta;
    let Some(class) = CLASSES.iter().find(|c| c.theirs == meta.class()) else {
        return Ok(Outcome::NotCovered(format!("no model for {} yet", meta.target)));
    };
    let shape = trace.shape("input")?;
    let n: usize = shape[2..].iter().product();
    let dt = meta.number_or("ts", 0.001);
    let default = |name: &str| DEFAULTS.iter().find(|d| d.0 == name).map(|d| d.1);
    let given = |name: &str| meta.number(name).or_else(|| default(name));
    let threshold = meta.number_or("threshold", 0.0);
    let rest = given("resting_potential").unwrap_or(0.0);
    let model = Catalog::standard().get(class.ours)?;
    let mut builder: Builder<f32> = Population::builder(model.clone(), &shape[2..]).dt(dt);
    for (theirs, ours) in PARAMETERS {
        let known = model.params().iter().any(|f| f.name == ours);
        let value = match theirs {
            "theta_rh" => meta.number(theirs).or(Some(threshold - 0.25 * threshold.abs())),
            _ => given(theirs),
        };
        if let (true, Some(x)) = (known, value) {
            builder = builder.set(ours, x);
        }
    }
    builder = builder
        .set("v_rest", rest)
        .set("v_reset", meta.number("v_reset").unwrap_or(rest))
        .set("v_min", rest)
        .set("t_ref", 0.0);
    let spike = if class.per_dt { (1.0 / dt as f32) as f64 } else { 1.0 };
    let scope = class.scope.unwrap_or(Scope::Feature);
    builder = builder.competition(Competition {
        k: meta.number_or("n_winners", 1.0) as usize,
        radius: 0,
        scope,
        silence: meta.number_or("refractory_timesteps", 2.0) as u32,
        ranking: Ranking::Published { spike: spike as f32, signed: class.signed },
    });
    let mut population = builder.build()?;

    let input = trace.array("input")?;
    let spikes = trace.array("spikes")?;
    let state = trace.array("state")?;
    let w = if trace.has("post_w") { Some(trace.array("post_w")?) } else { None };
    let mut resync: Vec<(&str, &[f64])> = vec![("v", &state)];
    let mut probes = vec!["v", "potential", "thresholded", "held"];
    if let Some(w) = &w {
        resync.push(("w", w));
        probes.push("w");
    }
    let rtol = if class.exponential { SINGLE_EXP } else { SINGLE };
    let resets = meta.steps("reset_before_step");
    let mut before = Vec::with_capacity(input.len());
    let replayed = Replay { input: &input, spikes: Some(&spikes), probes: &probes, states: &resync, rtol }
        .run(&mut population, |t, population, _| {
            if resets.contains(&t) {
                population.reset();
            }
            before.extend(population.state().fields[0].iter().map(|v| f64::from(*v)));
            Ok(())
        })?;

    let mut arrays = Vec::new();
    let mut close = |name: &str, got: &[f64], rtol: f64, scale: Option<&[f64]>| -> Result<()> {
        let want = trace.array(name)?;
        let pair = Pair { name, got, want: &want, shape: &shape, neurons: n };
        arrays.push(pair.close(rtol, scale, |i| replayed.is_lost(i)));
        Ok(())
    };
    let output: Vec<f64> = replayed
        .output
        .iter()
        .zip(replayed.trace("potential"))
        .map(|(s, u)| if class.signed { s * spike * u.signum() } else { s * spike })
        .collect();
    close("spikes", &output, 1e-6, None)?;
    close("thresholded", replayed.trace("thresholded"), rtol, Some(&state))?;
    close("state", replayed.trace("v"), rtol, None)?;
    let dudt: Vec<f64> = replayed.trace("potential").iter().zip(&before).map(|(u, p)| u - p).collect();
    close("dudt", &dudt, rtol, Some(&state))?;
    let silence: Vec<f64> = replayed.trace("held").iter().map(|h| h * dt).collect();
    close("post_refractory_periods", &silence, 1e-4, None)?;
    if w.is_some() {
        close("post_w", replayed.trace("w"), rtol, None)?;
    }
    arrays.push(winners(trace, &replayed.winners)?);
    Ok(Outcome::Compared { arrays, flips: replayed.flips })
}

/// Winners as the original lists them: feature, row, column, −1 where there is none.
fn winners(trace: &TraceFile, found: &[Winner]) -> Result<Comparison> {
    let shape = trace.shape("winners")?;
    let want = trace.array("winners")?;
    let mut got = vec![-1.0; want.len()];
    let mut next = vec![0; shape[0]];
    for w in found {
        let k = next[w.step];
        next[w.step] += 1;
        for (i, x) in w.place.iter().enumerate() {
            if let Some(to) = got.get_mut((w.step * shape[1] + k) * 3 + i) {
                *to = *x as f64;
            }
        }
    }
    let n = shape[1] * 3;
    Ok(Pair { name: "winners", got: &got, want: &want, shape: &shape, neurons: n }.exact(|_| false))
}
