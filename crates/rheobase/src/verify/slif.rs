//! ngc-learn's SLIFCell: compartments after every step.

use super::compare::{Pair, SINGLE_EXP};
use super::replay::Replay;
use super::{Outcome, TraceFile};
use crate::population::{Builder, Initial};
use crate::{Catalog, Population, Result};

/// Parameters that have the same name here.
const SAME: [&str; 6] = ["tau_m", "resist_m", "thr_gain", "thr_leak", "rho_b", "refract_time"];

pub(super) fn replay(trace: &TraceFile) -> Result<Outcome> {
    let meta = &trace.meta;
    if !meta.target.contains("SLIFCell") {
        return Ok(Outcome::NotCovered(format!("no model for {} yet", meta.target)));
    }
    let shape = trace.shape("input")?;
    let (batch, n) = (shape[1], shape[2]);
    let resist_m = meta.number_or("resist_m", 1.0);
    let resist_inh = meta.number_or("resist_inh", 0.0);
    let model = Catalog::standard().get("slif")?;
    let mut builder: Builder<f32> =
        Population::builder(model, &[n]).batch(batch).dt(meta.number_or("dt", 1.0)).clocks(true);
    for name in SAME {
        if let Some(x) = meta.number(name) {
            builder = builder.set(name, x);
        }
    }
    builder = builder
        .set("sticky_spikes", f64::from(u8::from(meta.is_on("sticky_spikes"))))
        .initial("thr", Initial::Each(trace.array("threshold0")?))
        .keep_on_reset("thr", meta.is_on("thr_persist"));
    if resist_inh > 0.0 {
        let weights: Vec<f64> =
            trace.array("inh_weights")?.iter().map(|w| -w * resist_inh / resist_m).collect();
        builder = builder.lateral(&weights);
    }
    let mut population = builder.build()?;

    let input = trace.array("input")?;
    let spikes = trace.array("post_s")?;
    let fields = [("post_v", "v"), ("post_thr", "thr"), ("post_rfr", "rfr")];
    let states: Vec<Vec<f64>> = fields.iter().map(|(a, _)| trace.array(a)).collect::<Result<_>>()?;
    let resync: Vec<(&str, &[f64])> = fields.iter().zip(&states).map(|((_, f), s)| (*f, &s[..])).collect();
    let resets = meta.steps("reset_before_step");
    let currents = trace.array("post_j")?;
    let clamp = meta.text("clamp").unwrap_or("each").to_string();
    let every: usize = clamp.strip_prefix("every").and_then(|k| k.parse().ok()).unwrap_or(1);
    let row = batch * n;
    let replay = Replay {
        input: &input,
        spikes: Some(&spikes),
        probes: &["v", "thr", "rfr", "input", "slope"],
        states: &resync,
        rtol: SINGLE_EXP,
    };
    let replayed = replay.run(&mut population, |t, population, x| {
        if resets.contains(&t) {
            population.reset();
        }
        // The original writes its current back into its input: unless the input is set anew, the last current is fed.
        let clamped = match &clamp[..] {
            "each" => true,
            "first" => t == 0,
            _ => t.is_multiple_of(every),
        };
        if !clamped {
            for (i, x) in x.iter_mut().enumerate() {
                let fresh = resets.contains(&t);
                *x = if t == 0 || fresh { 0.0 } else { currents[(t - 1) * row + i] as f32 };
            }
        }
        Ok(())
    })?;

    let t = trace.array("t")?;
    let mut last = vec![0.0; row];
    let mut tols = Vec::with_capacity(replayed.output.len());
    for (step, out) in replayed.output.chunks(row).enumerate() {
        if resets.contains(&step) {
            last.fill(0.0);
        }
        for (last, out) in last.iter_mut().zip(out) {
            *last = (1.0 - out) * *last + out * t[step];
        }
        tols.extend_from_slice(&last);
    }
    let j: Vec<f64> = replayed.trace("input").iter().map(|x| x * resist_m).collect();
    // The original leaves the two constants out of its surrogate's scale.
    let scale = 0.82 * 0.08;
    let slope: Vec<f64> = replayed.trace("slope").iter().map(|x| x / scale).collect();
    let close = |name: &str, got: &[f64]| {
        let want = trace.array(name)?;
        let pair = Pair { name, got, want: &want, shape: &shape, neurons: row };
        Ok::<_, crate::Error>(pair.close(SINGLE_EXP, None, |i| replayed.is_lost(i)))
    };
    let mut arrays = vec![
        close("post_s", &replayed.output)?,
        close("post_j", &j)?,
        close("post_tols", &tols)?,
        close("post_surrogate", &slope)?,
    ];
    for (array, field) in fields {
        arrays.push(close(array, replayed.trace(field))?);
    }
    Ok(Outcome::Compared { arrays, flips: replayed.flips })
}
