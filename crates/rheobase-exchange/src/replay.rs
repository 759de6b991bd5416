//! `replay`: recorded input through a model that was read, spikes compared step by step with what the framework computed.

use std::collections::BTreeMap;
use std::path::Path;

use rheobase_base::{Error, Result};
use rheobase_data::{Npz, read_npz};
use rheobase_models::lanes::Level;
use rheobase_network::network::{
    Context, Counts, Feed, Kind, Link, Network, Neurons, Numbers, Program, Signal, Tape, TileInput,
};
use rheobase_network::network::{Library, SampleInput};
use rheobase_sim::model::Catalog;
use rheobase_sim::{Initial, Input, Population, Record, Spikes};
use serde::Serialize;

use crate::model::{Model, Shown};

/// The first spike of a layer that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The step, from 0.
    pub step: usize,
    /// The sample.
    pub sample: usize,
    /// The neuron within its layer.
    pub neuron: usize,
    /// What the framework's neuron sent.
    pub theirs: f64,
    /// What ours sent.
    pub ours: f64,
    /// The framework's potential after the step, where it was recorded.
    pub their_potential: Option<f64>,
    /// Our potential when it was compared with the threshold.
    pub potential: Option<f64>,
    /// How far our potential was above the threshold.
    pub margin: Option<f64>,
    /// Whether the margin is so small that rounding alone may have decided.
    pub rounding: bool,
}

/// What came of a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerResult {
    /// The layer, by its name in the model that was read.
    pub layer: String,
    /// Spikes of the framework's.
    pub spikes: usize,
    /// Places where ours sent something else.
    pub differ: usize,
    /// The first of them.
    pub first: Option<Difference>,
}

/// What came of a replay.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replay {
    /// Steps that were run.
    pub steps: usize,
    /// Samples side by side.
    pub samples: usize,
    /// Every layer whose spikes were recorded, in the model's order.
    pub layers: Vec<LayerResult>,
    /// Largest difference of the model's output from the recorded one, where that is there and no spikes.
    pub output: Option<f64>,
}

impl Replay {
    /// Whether all spikes were equal.
    pub fn equal(&self) -> bool {
        self.layers.iter().all(|l| l.differ == 0)
    }

    /// The layer in which a spike differs first, in time and then in the model's order.
    pub fn first(&self) -> Option<(&str, &Difference)> {
        let differences = self.layers.iter().filter_map(|l| Some((&l.layer[..], l.first.as_ref()?)));
        differences.min_by_key(|(_, d)| d.step)
    }
}

/// Margins up to this share of the potential may be rounding: sums of products are taken in another order elsewhere.
const ROUNDING: f64 = 1e-5;

/// What `model` gives for `input`, `[step, sample, value]`: the shape of a sample's output in one step, and the outputs.
///
/// # Errors
/// A model that cannot be built; input of another length, or not finite; NaN.
pub fn outputs(model: &Model, steps: usize, samples: usize, input: &[f32]) -> Result<(Vec<usize>, Vec<f32>)> {
    let program = model.program()?;
    let width: usize = program.input_shape().iter().product();
    if steps.checked_mul(samples).and_then(|n| n.checked_mul(width)) != Some(input.len()) || samples == 0 {
        return Err(Error::shape(
            "input",
            "length",
            format!("{} values", input.len()),
            format!("{steps} steps of {samples} samples of {width} values are needed"),
        ));
    }
    if let Some(i) = input.iter().position(|x| !x.is_finite()) {
        return Err(Error::value("input", "values", input[i], "must be a finite number").at(i));
    }
    let output = node(&program, &model.network.output)?;
    let recorded = Recorded { steps, samples, width, values: input.to_vec() };
    let (mut out, mut buffer) = (Vec::new(), Vec::new());
    sweep(&program, &recorded, |_, signals| out.extend_from_slice(signals[output].dense(&mut buffer)))?;
    Ok((program.output_shape().to_vec(), out))
}

/// Recorded values of all steps and samples.
struct Recorded {
    steps: usize,
    samples: usize,
    width: usize,
    values: Vec<f32>,
}

impl Recorded {
    fn read(npz: &Npz, name: &str) -> Result<Recorded> {
        let array = npz.get(name)?;
        let [steps, samples, rest @ ..] = array.shape() else {
            return Err(Error::shape(
                npz.path().display().to_string(),
                name,
                format!("{:?}", array.shape()),
                "[step, sample, …] is needed",
            ));
        };
        Ok(Recorded {
            steps: *steps,
            samples: *samples,
            width: rest.iter().product(),
            values: array.to_f32()?,
        })
    }

    fn row(&self, step: usize) -> &[f32] {
        let wide = self.samples * self.width;
        &self.values[step * wide..(step + 1) * wide]
    }
}

/// Runs the input that `run` holds through `model` and compares the spikes of each layer with `spikes_LAYER`.
///
/// # Errors
/// A file that is no such recording; an input of another shape than the model's; layers that cannot be told apart; NaN.
pub fn replay(model: &Model, run: &Path) -> Result<Replay> {
    let npz = read_npz(run)?;
    let program = model.program()?;
    let input = Recorded::read(&npz, "input")?;
    let wide: usize = program.input_shape().iter().product();
    if input.width != wide || input.steps == 0 || input.samples == 0 {
        return Err(Error::shape(
            run.display().to_string(),
            "input",
            format!("[{}, {}, …{} values]", input.steps, input.samples, input.width),
            format!("[step, sample, …] with {wide} values per step is needed"),
        ));
    }
    let paired = pair(&npz, model)?;
    let mut expected = Vec::new();
    for (name, shown) in &paired {
        let recorded = Recorded::read(&npz, &format!("spikes_{name}"))?;
        if (recorded.steps, recorded.samples) != (input.steps, input.samples) {
            return Err(Error::shape(
                run.display().to_string(),
                format!("spikes_{name}"),
                format!("[{}, {}, …]", recorded.steps, recorded.samples),
                format!("[{}, {}, …] is needed, as `input` has it", input.steps, input.samples),
            ));
        }
        expected.push((node(&program, &shown.node)?, *shown, recorded));
    }
    let answer = Recorded::read(&npz, "output").ok().filter(|o| {
        o.width == program.output_shape().iter().product::<usize>()
            && (o.steps, o.samples) == (input.steps, input.samples)
    });
    let output = node(&program, &model.network.output)?;
    let mut results: Vec<LayerResult> = paired
        .iter()
        .map(|(name, _)| LayerResult { layer: name.clone(), spikes: 0, differ: 0, first: None })
        .collect();
    let mut off = answer.as_ref().map(|_| 0.0f64);
    let mut buffer = Vec::new();
    let mut fault = None;
    sweep(&program, &input, |t, signals| {
        for ((number, _, recorded), result) in expected.iter().zip(&mut results) {
            let ours = signals[*number].dense(&mut buffer);
            let theirs = recorded.row(t);
            if ours.len() != theirs.len() {
                fault.get_or_insert_with(|| (result.layer.clone(), theirs.len(), ours.len()));
                continue;
            }
            result.compare(t, recorded.width, theirs, ours);
        }
        if let (Some(off), Some(answer)) = (&mut off, &answer) {
            let ours = signals[output].dense(&mut buffer);
            let far = ours.iter().zip(answer.row(t)).map(|(a, b)| f64::from((a - b).abs()));
            *off = far.fold(*off, f64::max);
        }
    })?;
    if let Some((layer, theirs, ours)) = fault {
        return Err(Error::shape(
            run.display().to_string(),
            format!("spikes_{layer}"),
            format!("{theirs} values per step"),
            format!("{ours} values per step are needed, as the layer has them"),
        ));
    }
    for ((_, shown, _), result) in expected.iter().zip(&mut results) {
        if let Some(first) = &mut result.first {
            explain(model, &program, &input, shown, &npz, &result.layer, first)?;
        }
    }
    Ok(Replay { steps: input.steps, samples: input.samples, layers: results, output: off })
}

impl LayerResult {
    fn compare(&mut self, step: usize, width: usize, theirs: &[f32], ours: &[f32]) {
        for (i, (a, b)) in theirs.iter().zip(ours).enumerate() {
            self.spikes += usize::from(*a != 0.0);
            if a != b {
                self.differ += 1;
                self.first.get_or_insert_with(|| Difference {
                    step,
                    sample: i / width,
                    neuron: i % width,
                    theirs: f64::from(*a),
                    ours: f64::from(*b),
                    their_potential: None,
                    potential: None,
                    margin: None,
                    rounding: false,
                });
            }
        }
    }
}

/// Recorded layers and ours: by name, else by their order among the layers of neurons.
fn pair<'a>(npz: &Npz, model: &'a Model) -> Result<Vec<(String, &'a Shown)>> {
    let recorded: Vec<&str> = npz.names().filter_map(|n| n.strip_prefix("spikes_")).collect();
    if recorded.is_empty() {
        return Err(Error::file(npz.path(), "has no `spikes_LAYER`: there is nothing to compare with"));
    }
    let by_name: Vec<_> = recorded
        .iter()
        .filter_map(|name| Some((name.to_string(), model.layers.iter().find(|l| l.layer == **name)?)))
        .collect();
    if by_name.len() == recorded.len() {
        return Ok(by_name);
    }
    let fires = |shown: &&Shown| {
        let cell = shown.cell.as_deref();
        let node = model.network.nodes.iter().find(|n| Some(&n.name[..]) == cell);
        matches!(node.map(|n| &n.kind), Some(Kind::Neurons(n)) if n.model != "leaky_integrator")
    };
    let layers: Vec<&Shown> = model.layers.iter().filter(fires).collect();
    if layers.len() == recorded.len() {
        return Ok(recorded.into_iter().map(String::from).zip(layers).collect());
    }
    let known: Vec<&str> = model.layers.iter().map(|l| &l.layer[..]).collect();
    let what = format!("records the spikes of {recorded:?}, but the model's layers are {known:?}");
    Err(Error::file(npz.path(), what))
}

/// The number of a node's signal; the last node's without a name.
fn node(program: &Program, name: &str) -> Result<usize> {
    let names: Vec<&str> = program.nodes().map(|(name, ..)| name).collect();
    if name.is_empty() {
        return Ok(names.len());
    }
    if name == "input" {
        return Ok(0);
    }
    let found = names.iter().position(|n| *n == name).map(|n| n + 1);
    found.ok_or_else(|| Error::unknown("model", "node", name, names.iter().copied()))
}

/// All steps, all samples side by side.
fn sweep(program: &Program, input: &Recorded, mut see: impl FnMut(usize, &[Signal])) -> Result<()> {
    let width = input.width;
    let level = Level::from_env().map_err(|what| Error::unsupported("replay", what))?;
    let of = |sample: usize| {
        let rows = (0..input.steps).flat_map(|t| &input.row(t)[sample * width..(sample + 1) * width]);
        SampleInput::Dense { features: width.max(1), values: rows.copied().collect() }
    };
    let samples: Vec<SampleInput> = (0..input.samples).map(of).collect();
    let ids: Vec<u64> = (0..input.samples as u64).collect();
    let context = Context { step: 0, sample_ids: &ids, epoch: 0, training: false, taping: false, level };
    let fed = TileInput { samples: &samples, lengths: None, width, wanted: false };
    let (mut state, mut tape, mut counts) =
        (program.start(input.samples), Tape::default(), Counts::default());
    // The tape of a run is as long as its piece; a step at a time keeps one.
    for t in 0..input.steps {
        program.run(&context, &mut state, fed.steps(t..t + 1), &mut tape, &mut counts, |_, signals| {
            see(t, signals)
        })?;
    }
    Ok(())
}

/// Both potentials at a spike that differs, and the margin.
fn explain(
    model: &Model,
    program: &Program,
    input: &Recorded,
    shown: &Shown,
    npz: &Npz,
    layer: &str,
    found: &mut Difference,
) -> Result<()> {
    let array = npz.find(&format!("v_{layer}"));
    let at = |width: usize| (found.step * input.samples + found.sample) * width + found.neuron;
    found.their_potential = array.and_then(|a| {
        let values = a.to_f64().ok()?;
        let width = values.len() / (input.steps * input.samples).max(1);
        values.get(at(width)).copied()
    });
    let drawn = model.network.drawn(&Library::default())?;
    let Some((cell, neurons)) = cell(&drawn, shown) else { return Ok(()) };
    // A spike that leaves late was decided before.
    let late = usize::from(shown.node != cell);
    let Some(step) = found.step.checked_sub(late) else { return Ok(()) };
    let currents = currents(model, program, input, &cell, found)?;
    let one = |numbers: &Numbers| match numbers {
        Numbers::One(x) => *x,
        Numbers::Each(xs) => xs[found.neuron.min(xs.len() - 1)],
    };
    let catalog = Catalog::standard();
    let known = catalog.get(&neurons.model)?;
    let counted = known.info().time == rheobase_models::neuron::Time::Steps;
    let mut builder =
        Population::<f32>::builder(known.clone(), &[1]).dt(if counted { 1.0 } else { model.network.dt });
    for (name, numbers) in &neurons.set {
        builder = builder.set(name, one(numbers));
    }
    for (name, numbers) in &neurons.initial {
        builder = builder.initial(name, Initial::Value(one(numbers)));
    }
    let mut alone = builder.build()?;
    let record = Record::spikes(Spikes::None).probe("potential").probe("margin");
    let run = alone.run(step + 1, &Input::Array(&currents[..=step]), &record)?;
    let last = |name: &str| run.trace(name).and_then(|t| t.data.last()).map(|x| f64::from(*x));
    (found.potential, found.margin) = (last("potential"), last("margin"));
    if let (Some(v), Some(margin)) = (found.potential, found.margin) {
        // Counts are the whole part of their margin.
        let margin = if known.info().emits == rheobase_models::neuron::Emits::Count {
            margin - margin.round()
        } else {
            margin
        };
        found.rounding = margin.abs() <= ROUNDING * v.abs().max(1e-3);
    }
    Ok(())
}

/// The node of a layer's neurons.
fn cell<'a>(network: &'a Network, shown: &Shown) -> Option<(String, &'a Neurons)> {
    let name = shown.cell.clone()?;
    let node = network.nodes.iter().find(|n| n.name == name)?;
    match &node.kind {
        Kind::Neurons(neurons) => Some((name, neurons)),
        _ => None,
    }
}

/// What came into one neuron in every step.
fn currents(
    model: &Model,
    program: &Program,
    input: &Recorded,
    cell: &str,
    found: &Difference,
) -> Result<Vec<f32>> {
    let links: Vec<Link> = match model.network.nodes.iter().position(|n| n.name == cell) {
        Some(n) if model.network.nodes[n].from.is_empty() => {
            let before = n.checked_sub(1).map_or("input", |n| &model.network.nodes[n].name);
            vec![Link::Now(before.into())]
        }
        Some(n) => model.network.nodes[n].from.clone(),
        None => Vec::new(),
    };
    let mut sent: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
    let numbers = links.iter().map(|l| node(program, l.node())).collect::<Result<Vec<_>>>()?;
    let mut buffer = Vec::new();
    sweep(program, input, |_, signals| {
        for number in &numbers {
            let values = signals[*number].dense(&mut buffer);
            let width = signals[*number].width;
            sent.entry(*number).or_default().push(values[found.sample * width + found.neuron]);
        }
    })?;
    let at =
        |link: &Link, number: &usize, t: usize| t.checked_sub(link.delay()).map_or(0.0, |t| sent[number][t]);
    Ok((0..input.steps).map(|t| links.iter().zip(&numbers).map(|(l, n)| at(l, n, t)).sum()).collect())
}
