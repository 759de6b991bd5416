//! A run of one of the original's layers: built from its arguments, replayed step by step.

use super::super::compare::SINGLE;
use super::super::replay::{Replay, Replayed};
use super::super::{Outcome, TraceFile};
use super::attributes::{Attributes, scope};
use super::classes::{Class, PARAMETERS};
use super::{outputs, quirks};
use rheobase_base::Result;
use rheobase_sim::compete::{Competition, Ranking};
use rheobase_sim::population::Builder;
use rheobase_sim::{Catalog, Population};

/// States of the original as arrays of a trace, and our fields.
pub(in super::super) const STATES: [(&str, &str); 3] = [
    ("post_w", "w"),
    ("post_time_since_injection", "since_input"),
    ("post_potential_at_last_injection", "v_input"),
];

/// A finished replay.
pub(super) struct Run {
    pub(super) population: Population<f32>,
    pub(super) replayed: Replayed,
    /// Potentials before each step.
    pub(super) before: Vec<f64>,
}

pub(super) fn replay(trace: &TraceFile, class: &Class) -> Result<Outcome> {
    let times = ["ts", "threshold", "resting_potential", "v_reset", "refractory_timesteps", "n_winners"];
    trace.meta.check_numbers(PARAMETERS.into_iter().map(|p| p.0).chain(times))?;
    let [_, samples, features, rows, columns] = trace.input_shape(1)?[..] else {
        return Ok(Outcome::NotCovered("input is not [time, batch, feature, row, column]".into()));
    };
    let shape = [features, rows, columns];
    if let Some(reason) = Attributes::not_covered(trace, samples, shape)? {
        return Ok(Outcome::NotCovered(reason));
    }
    let feed = quirks::silence_differs(&trace.meta);
    let mut done = run(trace, class, samples, shape, feed)?;
    if done.replayed.flips > 0 && !feed {
        // A spike that fell the other way may have changed who wins: what winners silence is taken from the trace.
        done = run(trace, class, samples, shape, true)?;
    }
    let arrays = outputs::compare(trace, class, samples, shape, &done)?;
    Ok(Outcome::Compared { arrays, flips: done.replayed.flips })
}

/// Value of a spike.
pub(super) fn spike_value(trace: &TraceFile, class: &Class) -> f32 {
    if class.per_dt { 1.0 / class.ts(&trace.meta) as f32 } else { 1.0 }
}

fn build(trace: &TraceFile, class: &Class, samples: usize, shape: [usize; 3]) -> Result<Population<f32>> {
    let meta = &trace.meta;
    let ts = class.ts(meta);
    let model = Catalog::standard().get(class.ours)?;
    let mut builder: Builder<f32> = Population::builder(model.clone(), &shape)
        .batch(samples)
        .dt(if class.counts_steps { 1.0 } else { ts })
        .clocks(true);
    let given = |name: &str| class.given(meta, name);
    let rest = given("resting_potential").unwrap_or(0.0);
    let reset = meta.number("v_reset").filter(|_| !class.resets_to_rest).unwrap_or(rest);
    let settings = PARAMETERS.iter().map(|(theirs, ours)| (*ours, given(theirs))).chain([
        ("v_rest", Some(rest)),
        ("v_reset", Some(reset)),
        ("v_min", Some(if class.clamped { rest } else { f64::NEG_INFINITY })),
        ("t_ref", Some(0.0)),
        // The layers called simple decay to 0, and add the onset of the spike unscaled in every step.
        ("v_leak", Some(0.0)),
        ("onset_scale", given("tau_rc").map(|tau| tau / ts)),
    ]);
    for (ours, value) in settings {
        if let (true, Some(x)) = (model.params().iter().any(|f| f.name == ours), value) {
            builder = builder.set(ours, x);
        }
    }
    builder
        .competition(Competition {
            k: given("n_winners").unwrap_or(1.0) as usize,
            radius: 0,
            scope: class.scope.unwrap_or(scope("feature")),
            silence: class.silence(meta),
            ranking: Ranking::Published { spike: spike_value(trace, class), signed: class.signed },
        })
        .build()
}

fn run(trace: &TraceFile, class: &Class, samples: usize, shape: [usize; 3], feed: bool) -> Result<Run> {
    let mut population = build(trace, class, samples, shape)?;
    let mut attributes = Attributes::new(trace, class, shape, &mut population)?;
    let input = trace.array("input")?;
    let spikes = trace.array("spikes")?;
    let fields = population.model().state();
    let potential = if class.returns_potential { "post_previous_state" } else { "state" };
    let states: Vec<(&str, Vec<f64>)> = std::iter::once((potential, "v"))
        .chain(STATES)
        .filter(|(array, ours)| trace.has(array) && fields.iter().any(|f| f.name == *ours))
        .map(|(array, ours)| {
            let mut data = trace.array(array)?;
            if ours == "since_input" {
                // The original counts time where the model counts steps.
                data.iter_mut().for_each(|x| *x = (*x / class.ts(&trace.meta)).round());
            }
            Ok((ours, data))
        })
        .collect::<Result<_>>()?;
    let never_refractory = vec![0.0; input.len()];
    let mut resync: Vec<(&str, &[f64])> = states.iter().map(|(ours, data)| (*ours, &data[..])).collect();
    resync.push(("refractory", &never_refractory));
    let mut probes = vec!["potential", "thresholded", "held", "time_since_spike", "time_since_injection"];
    probes.extend(fields.iter().map(|f| f.name));

    let silence = Silence::read(trace, class)?.filter(|_| feed);
    let resets = trace.meta.steps("reset_before_step");
    let mut before = Vec::with_capacity(input.len());
    let replayed = Replay {
        input: &input,
        spikes: Some(&spikes),
        probes: &probes,
        states: &resync,
        input_errors: &[],
        rtol: SINGLE,
    }
    .run(&mut population, |t, population, _| {
        attributes.before(t, population)?;
        if resets.contains(&t) {
            population.reset();
        } else if let (Some(silence), true) = (&silence, t > 0) {
            silence.feed(t - 1, population)?;
        }
        before.extend(population.state().fields[0].iter().map(|v| f64::from(*v)));
        Ok(())
    })?;
    attributes.after_step(&mut population)?;
    Ok(Run { population, replayed, before })
}

/// The silence that the original's layer was in after each step, to be fed to ours.
struct Silence {
    /// Steps of silence left, `[time, batch, neuron]`; at least 1 where any time is left.
    held: Vec<f32>,
    /// Steps since the last spike, if the trace has the time.
    since_spike: Option<Vec<f64>>,
}

impl Silence {
    fn read(trace: &TraceFile, class: &Class) -> Result<Option<Self>> {
        if !trace.has("post_refractory_periods") {
            return Ok(None);
        }
        let ts = class.ts(&trace.meta);
        let steps = |left: &f64| if *left > 0.0 { (left / ts).round().max(1.0) as f32 } else { 0.0 };
        let held = trace.array("post_refractory_periods")?.iter().map(steps).collect();
        let name = "post_time_since_spike";
        let since = |time: &f64| (time / ts).round();
        let since_spike =
            if trace.has(name) { Some(trace.array(name)?.iter().map(since).collect()) } else { None };
        Ok(Some(Silence { held, since_spike }))
    }

    /// Puts the layer into the silence it was in after step `t`.
    fn feed(&self, t: usize, population: &mut Population<f32>) -> Result<()> {
        let n = population.neurons();
        let mut state = population.state().clone();
        let row = t * population.batch() * n;
        for (sample, layer) in state.layers.iter_mut().enumerate() {
            let at = row + sample * n..row + (sample + 1) * n;
            if let Some(held) = self.held.get(at.clone()) {
                layer.held.copy_from_slice(held);
            }
            if let Some(since) = self.since_spike.as_ref().and_then(|all| all.get(at)) {
                layer.since_spike = since.iter().map(|x| *x as f32).collect();
            }
        }
        population.set_state(state)
    }
}
