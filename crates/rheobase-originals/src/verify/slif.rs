//! ngc-learn's SLIFCell: compartments after every step; and its surrogate.

use rheobase_models::Surrogate;
use rheobase_models::neuron::{Drive, Firing};
use rheobase_models::real::Real;

use super::bounds::unit_roundoff;
use super::compare::{Comparison, Pair, SINGLE};
use super::replay::{Replay, Replayed};
use super::{Outcome, TraceFile};
use rheobase_base::Result;
use rheobase_sim::population::{Builder, Initial};
use rheobase_sim::{Catalog, Population};

/// The model that plays the cell.
pub(super) const MODEL: &str = "slif";

/// What is not a parameter of the model here, or has another name.
pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("the class itself, with compartments by name", "`cells::SlifCell`"),
    ("R_m, resist_m", "`resist_m`"),
    ("resist_inh, inh_weights", "`Builder::lateral` with weights −resist_inh·w"),
    ("thr, threshold0", "`thr`, or `Builder::initial(\"thr\", …)` per cell"),
    ("thr_persist", "`Builder::keep_on_reset(\"thr\", true)`"),
    ("thr_jitter", "`SlifOptions::thr_jitter`"),
    ("sticky_spikes", "`sticky_spikes`, 0 or 1"),
    ("times in ms", "one unit for dt and all times: any"),
];

/// Parameters that have the same name here.
pub(super) const SAME: [&str; 5] = ["tau_m", "thr_gain", "thr_leak", "rho_b", "refract_time"];

/// The original's compartments, as arrays of a trace, and our state.
pub(super) const STATES: [(&str, &str); 3] =
    [("post_v", "v"), ("post_thr", "thr"), ("post_rfr", "refractory")];

pub(super) fn replay(trace: &TraceFile) -> Result<Outcome> {
    if trace.meta.target.contains("secant_lif_estimator") { estimator(trace) } else { cell(trace) }
}

/// The cell as a population that takes the current J: the resistance multiplies input and inhibition beforehand.
fn population(trace: &TraceFile) -> Result<Population<f32>> {
    let meta = &trace.meta;
    let shape = trace.input_shape(3)?;
    let mut builder: Builder<f32> = Population::builder(Catalog::standard().get(MODEL)?, &[shape[2]])
        .batch(shape[1])
        .dt(meta.number_or("dt", 1.0))
        // With c1 = 1/c2 the slope is sech(c2·J): the original leaves the two constants out of its scale.
        .surrogate(Surrogate::Secant(1.0 / 0.08, 0.08))
        .set("resist_m", 1.0)
        .set("sticky_spikes", f64::from(u8::from(meta.is_on("sticky_spikes"))))
        .keep_on_reset("thr", meta.is_on("thr_persist"));
    for name in SAME {
        if let Some(x) = meta.number(name) {
            builder = builder.set(name, x);
        }
    }
    if trace.has("threshold0") {
        builder = builder.initial("thr", Initial::Each(trace.array("threshold0")?));
    } else if let Some(thr) = meta.number("thr") {
        builder = builder.initial("thr", Initial::Value(thr));
    }
    let inhibition = meta.number_or("resist_inh", 0.0);
    if inhibition > 0.0 {
        let weights: Vec<f64> = trace.array("inh_weights")?.iter().map(|w| -w * inhibition).collect();
        builder = builder.lateral(&weights);
    }
    builder.build()
}

/// Whether the input is set anew before step `t`.
fn is_clamped(clamp: &str, t: usize) -> bool {
    match clamp {
        "each" => true,
        "first" => t == 0,
        _ => {
            let every = clamp.strip_prefix("every").and_then(|k| k.parse().ok()).unwrap_or(1);
            t.is_multiple_of(every)
        }
    }
}

fn cell(trace: &TraceFile) -> Result<Outcome> {
    let meta = &trace.meta;
    meta.check_numbers(SAME.into_iter().chain(["dt", "resist_m", "resist_inh", "thr"]))?;
    let shape = trace.input_shape(3)?;
    let (steps, row) = (shape[0], shape[1] * shape[2]);
    let mut population = population(trace)?;
    let mut arrays = before_the_run(trace, &population)?;
    let input = trace.array("input")?;
    let spikes = trace.array("post_s")?;
    let currents = if trace.has("post_j") { Some(trace.array("post_j")?) } else { None };
    let clock = Clock::of(trace);
    let states: Vec<(&str, &str, Vec<f64>)> = STATES
        .iter()
        .filter(|(array, _)| trace.has(array))
        .map(|(array, field)| {
            let mut data = trace.array(array)?;
            if *field == "refractory" {
                data.iter_mut().for_each(|rfr| *rfr = clock.steps_left(*rfr));
            }
            Ok((*array, *field, data))
        })
        .collect::<Result<_>>()?;
    let resync: Vec<(&str, &[f64])> = states.iter().map(|(_, field, data)| (*field, &data[..])).collect();
    let resets = meta.steps("reset_before_step");
    let resist_m = meta.number_or("resist_m", 1.0) as f32;
    let clamp = meta.text("clamp").unwrap_or("each");
    let input_errors = current_errors(trace, &spikes)?;
    let replay = Replay {
        input: &input,
        spikes: Some(&spikes),
        probes: &["v", "thr", "input", "slope"],
        states: &resync,
        input_errors: &input_errors,
        rtol: SINGLE,
    };
    let mut current = vec![0.0f32; row];
    let replayed = replay.run(&mut population, |t, population, x| {
        if resets.contains(&t) {
            population.reset();
            current.fill(0.0);
        } else if t > 0 {
            let last = (t - 1) * row..t * row;
            if let Some(j) = currents.as_ref().and_then(|all| all.get(last.clone())) {
                current = j.iter().map(|j| *j as f32).collect();
            }
            follow(population, &spikes[last])?;
        }
        // The original writes its current back into its input: unless that is set anew, the last current is fed.
        let clamped = is_clamped(clamp, t);
        for (x, current) in x.iter_mut().zip(&current) {
            *x = if clamped { *x } else { *current } * resist_m;
        }
        Ok(())
    })?;

    let times = match trace.has("t") {
        true => trace.array("t")?,
        false => (0..steps).map(|t| t as f64 * meta.number_or("dt", 1.0)).collect(),
    };
    let tols = times_of_last_spike(&replayed.output, &times, &resets, row);
    let mut close = |name: &str, got: &[f64], bounds: &[f64]| -> Result<()> {
        if trace.has(name) {
            let want = trace.array(name)?;
            let pair = Pair { name, got, want: &want, shape: &shape, neurons: row, bounds };
            arrays.push(pair.close(SINGLE, None, |i| replayed.is_lost(i)));
        }
        Ok(())
    };
    close("post_s", &replayed.output, &[])?;
    close("post_j", replayed.trace("input"), &input_errors)?;
    close("post_tols", &tols, &[])?;
    close("post_surrogate", replayed.trace("slope"), &[])?;
    for (array, field, _) in &states {
        if *field == "refractory" {
            close(array, &clock.times(&replayed, &resets, row), &[])?;
        } else {
            close(array, replayed.trace(field), replayed.bounds(field))?;
        }
    }
    Ok(Outcome::Compared { arrays, flips: replayed.flips })
}

/// The compartments as the cell is built: nothing has happened, and the surrogate of no current is 1.
fn before_the_run(trace: &TraceFile, population: &Population<f32>) -> Result<Vec<Comparison>> {
    let fields = population.model().state();
    let field = |name: &str| -> Vec<f64> {
        let f = fields.iter().position(|f| f.name == name);
        f.map_or(Vec::new(), |f| population.state().fields[f].iter().map(|x| f64::from(*x)).collect())
    };
    let constant = |x: f64| vec![x; population.batch() * population.neurons()];
    let compartments = [
        ("init_j", constant(0.0)),
        ("init_s", constant(0.0)),
        ("init_tols", constant(0.0)),
        ("init_surrogate", constant(1.0)),
        ("init_v", field("v")),
        ("init_thr", field("thr")),
        ("init_rfr", constant(trace.meta.number_or("refract_time", 0.0))),
    ];
    let mut arrays = Vec::new();
    for (name, got) in compartments.iter().filter(|(name, _)| trace.has(name)) {
        let (want, shape) = (trace.array(name)?, trace.shape(name)?);
        // Thresholds have no batch before the first step: all samples start from one row.
        let got = if got.chunks(population.neurons()).all(|row| *row == got[..row.len()]) {
            &got[..want.len().min(got.len())]
        } else {
            &got[..]
        };
        let pair = Pair { name, got, want: &want, shape: &shape, neurons: got.len(), bounds: &[] };
        arrays.push(pair.close(SINGLE, None, |_| false));
    }
    Ok(arrays)
}

/// How far rounding may have carried the current J: the product of input and resistance, and the sum over the cells that
/// inhibit.
fn current_errors(trace: &TraceFile, spikes: &[f64]) -> Result<Vec<f64>> {
    let shape = trace.input_shape(3)?;
    let (cells, row) = (shape[2], shape[1] * shape[2]);
    let (resist_m, inhibition) =
        (trace.meta.number_or("resist_m", 1.0), trace.meta.number_or("resist_inh", 0.0));
    let weights = if inhibition > 0.0 { trace.array("inh_weights")? } else { Vec::new() };
    let from = |i: usize, cell: usize| {
        let last = i.checked_sub(row).and_then(|i| spikes.get(i - i % cells..i - i % cells + cells));
        let sent = last.into_iter().flatten().zip(weights.iter().skip(cell).step_by(cells));
        sent.map(|(s, w)| (s * w).abs()).sum::<f64>() * inhibition
    };
    let terms = if inhibition > 0.0 { cells + 2 } else { 1 } as f64;
    let size = |(i, x): (usize, &f64)| (x * resist_m).abs() + from(i, i % cells);
    let unit = unit_roundoff::<f32>();
    Ok(trace.array("input")?.iter().enumerate().map(|x| 2.0 * unit * terms * size(x)).collect())
}

/// The original's refractory clock: the time since a cell's spike, the spike's own step included, where the model
/// counts the refractory steps left.
struct Clock {
    dt: f64,
    refract_time: f64,
    sticky: bool,
}

impl Clock {
    fn of(trace: &TraceFile) -> Clock {
        let meta = &trace.meta;
        Clock {
            dt: meta.number_or("dt", 1.0),
            refract_time: meta.number_or("refract_time", 0.0),
            sticky: meta.is_on("sticky_spikes"),
        }
    }

    /// Refractory steps left where the original's clock says `rfr`, which is a sum in single precision.
    fn steps_left(&self, rfr: f64) -> f64 {
        ((self.refract_time - rfr) / self.dt - 1e-3).ceil().max(0.0)
    }

    /// The clocks that the replay's spikes give, `[time, batch·cell]`.
    fn times(&self, replayed: &Replayed, resets: &[usize], row: usize) -> Vec<f64> {
        // A sticky spike is not a new one: then the margin says who spiked.
        let spiked = |i: usize| match self.sticky {
            true => replayed.trace("margin")[i] > 0.0,
            false => replayed.output[i] != 0.0,
        };
        let mut all = vec![0.0; replayed.output.len()];
        for i in 0..all.len() {
            let first = i < row || resets.contains(&(i / row));
            let before = if first { self.refract_time } else { all[i - row] };
            all[i] = if spiked(i) { self.dt } else { before + self.dt };
        }
        all
    }
}

/// Gives the lateral edges the original's last spikes, where one fell the other way.
fn follow(population: &mut Population<f32>, spikes: &[f64]) -> Result<()> {
    let ours = population.state().layers.iter().flat_map(|l| &l.output);
    if ours.zip(spikes).all(|(a, b)| f64::from(*a) == *b) {
        return Ok(());
    }
    let mut state = population.state().clone();
    for (to, spike) in state.layers.iter_mut().flat_map(|l| &mut l.output).zip(spikes) {
        *to = *spike as f32;
    }
    population.set_state(state)
}

/// For every step the time of each cell's last spike, 0 before the first.
fn times_of_last_spike(output: &[f64], times: &[f64], resets: &[usize], row: usize) -> Vec<f64> {
    let mut last = vec![0.0; row];
    let mut all = Vec::with_capacity(output.len());
    for (step, (out, time)) in output.chunks(row).zip(times).enumerate() {
        if resets.contains(&step) {
            last.fill(0.0);
        }
        for (last, out) in last.iter_mut().zip(out) {
            *last = (1.0 - out) * *last + out * time;
        }
        all.extend_from_slice(&last);
    }
    all
}

/// The surrogate's functions by themselves: arrays `d_spike_C1_C2` (without scale), `d_spike_scaled_C1_C2` and
/// `surr_C1_C2` over currents `j`, and `spike_fx` over `v` and `thr`.
fn estimator(trace: &TraceFile) -> Result<Outcome> {
    let mut arrays = Vec::new();
    for name in trace.names() {
        let constants = |prefix: &str| {
            let (c1, c2) = name.strip_prefix(prefix)?.split_once('_')?;
            Some((c1.parse::<f64>().ok()?, c2.parse::<f64>().ok()?))
        };
        let currents = || trace.array("j");
        let got: Vec<f64> = if let Some((c1, c2)) = constants("d_spike_scaled_") {
            currents()?.iter().map(|j| f64::from(Surrogate::Secant(c1, c2).slope(*j as f32))).collect()
        } else if let Some((_, c2)) = constants("d_spike_") {
            currents()?.iter().map(|j| f64::from(Surrogate::Secant(1.0 / c2, c2).slope(*j as f32))).collect()
        } else if let Some((c1, c2)) = constants("surr_") {
            currents()?.iter().map(|j| Surrogate::SecantSquared(c1, c2).primitive(*j)).collect()
        } else if name == "spike_fx" {
            let fire = |(v, thr): (&f64, &f64)| {
                f64::from(f32::fire(
                    Drive::at(*v as f32 - *thr as f32),
                    Firing::Strict,
                    &Surrogate::default(),
                ))
            };
            trace.array("v")?.iter().zip(&trace.array("thr")?).map(fire).collect()
        } else {
            continue;
        };
        let (want, shape) = (trace.array(&name)?, trace.shape(&name)?);
        let pair = Pair { name: &name, got: &got, want: &want, shape: &shape, neurons: 1, bounds: &[] };
        arrays.push(if name == "spike_fx" {
            pair.exact(|_| false)
        } else {
            pair.close(SINGLE, None, |_| false)
        });
    }
    Ok(Outcome::Compared { arrays, flips: 0 })
}
