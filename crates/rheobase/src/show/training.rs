//! A training: learning curves, an input and what each layer answers, the confusion matrix.

use rheobase_base::{Error, Result};
use rheobase_draw::{Confusion, Figure, LearningCurves, Panel, Raster, Traces, Weights};
use rheobase_learn::learn::runs::{Band, Comparison, Measure};
use rheobase_learn::learn::{Epoch, Job, Trained};
use rheobase_models::lanes::Level;
use rheobase_models::neuron::Time;
use rheobase_network::network::{
    Context, Counts, Feed, Kind, Network, Numbers, Program, SampleInput, Signal, Tape, TileInput,
};
use rheobase_signals::SpikeValues;
use rheobase_sim::Catalog;

use super::Show;

/// Outputs that get a line of their own.
const LINES: usize = 5;
/// Sets of samples with what is known of them after an epoch, from the one that is always known to the one that says most.
const SETS: [(&str, [Measure; 2]); 3] = [
    ("training", [Measure::Loss, Measure::Accuracy]),
    ("validation", [Measure::ValidationLoss, Measure::ValidationAccuracy]),
    ("test", [Measure::TestLoss, Measure::TestAccuracy]),
];

impl Show for Job {
    fn figure(&self) -> Result<Figure> {
        learning_curves(self.history(), None, false)
    }
}

impl Show for Trained {
    fn figure(&self) -> Result<Figure> {
        learning_curves(self.history(), None, false)
    }
}

/// Loss and accuracy, epoch by epoch: of training, and of validation and test in the epochs that have them. What a test gave at
/// the end (loss, accuracy) is marked; the axis of the loss may be logarithmic.
///
/// # Errors
/// No epoch; a loss that is not finite, or not above 0 on a logarithmic axis.
pub fn learning_curves(history: &[Epoch], tested: Option<[f64; 2]>, log_loss: bool) -> Result<Figure> {
    let sets = SETS.map(|(name, [loss, accuracy])| {
        let of = |e: &Epoch| Some((e.epoch as f64, loss.of(e)?, accuracy.of(e)?));
        let known: Vec<(f64, f64, f64)> = history.iter().filter_map(of).collect();
        let column = |of: fn(&(f64, f64, f64)) -> f64| known.iter().map(of).collect::<Vec<f64>>();
        (name, column(|k| k.0), column(|k| k.1), column(|k| k.2))
    });
    let mut curves = LearningCurves::new();
    for (name, epochs, loss, accuracy) in sets.iter().filter(|set| !set.1.is_empty()) {
        curves = curves.loss_at(*name, epochs, loss, None).accuracy_at(*name, epochs, accuracy, None);
    }
    if let Some([loss, accuracy]) = tested {
        curves = curves.tested(Some(loss).filter(|l| l.is_finite()), Some(accuracy));
    }
    if log_loss { curves.log_loss().figure() } else { curves.figure() }
}

impl Show for Comparison {
    fn figure(&self) -> Result<Figure> {
        comparison(self, false)
    }
}

/// Loss and accuracy of runs side by side: a curve for each group of runs that differ in their seed at most, the mean of
/// these, within a band from the lowest to the highest. Of several groups the test is shown where all runs have it epoch by
/// epoch, else validation where all have it, else training; of a single group all of them.
///
/// # Errors
/// No run with an epoch; a loss that is not finite, or not above 0 where its axis is logarithmic.
pub fn comparison(runs: &Comparison, log_loss: bool) -> Result<Figure> {
    let groups = runs.groups();
    let bands =
        |measure: Measure| groups.iter().map(|g| runs.band(g, measure)).collect::<Option<Vec<Band>>>();
    let known = |(name, [loss, accuracy]): (&'static str, [Measure; 2])| {
        bands(loss).zip(bands(accuracy)).map(|(loss, accuracy)| (name, loss, accuracy))
    };
    let mut sets: Vec<_> = SETS.into_iter().filter_map(known).collect();
    let Some(last) = sets.last().map(|set| set.0) else {
        let missing = runs.runs().iter().find(|r| r.epochs.is_empty()).map(|r| r.folder.clone());
        let what = "has no epoch yet; leave it out, or train it first";
        return Err(Error::file(missing.unwrap_or_default(), what));
    };
    let alone = groups.len() == 1;
    if !alone {
        sets.retain(|set| set.0 == last);
    }
    let seeds = groups.iter().map(|g| g.runs.len()).max().unwrap_or(1);
    // Where all groups have as many seeds, the number is said once.
    let alike = groups.iter().all(|g| g.runs.len() == seeds);
    let range = match (seeds, alike) {
        (1, _) => String::new(),
        (n, true) => format!("mean and range over {n} seeds"),
        (_, false) => "mean and range over seeds".into(),
    };
    let mut curves = LearningCurves::new().title(match (alone, &range[..]) {
        (true, "") => runs.label(&groups[0]),
        (true, range) => range.replacen("mean", "Mean", 1),
        (false, "") => format!("Samples of {last}"),
        (false, range) => format!("Samples of {last}: {range}"),
    });
    for (set, loss, accuracy) in &sets {
        for ((group, loss), accuracy) in groups.iter().zip(loss).zip(accuracy) {
            let name = match group.runs.len() {
                _ if alone => set.to_string(),
                _ if alike => runs.label(group),
                1 => runs.label(group),
                n => format!("{} ({n} seeds)", runs.label(group)),
            };
            curves = added(curves, name, loss, accuracy, group.runs.len() > 1);
        }
    }
    if log_loss { curves.log_loss().figure() } else { curves.figure() }
}

/// `curves` with those of a group of runs, within their bands if there are several.
fn added<'a>(
    curves: LearningCurves<'a>,
    name: String,
    loss: &'a Band,
    accuracy: &'a Band,
    several: bool,
) -> LearningCurves<'a> {
    let limits = |band: &'a Band| several.then_some([&band.low[..], &band.high[..]]);
    curves.loss_at(name.clone(), &loss.epochs, &loss.mean, limits(loss)).accuracy_at(
        name,
        &accuracy.epochs,
        &accuracy.mean,
        limits(accuracy),
    )
}

/// How often each class was taken for each, from [`Outcome::confusion`](crate::learn::Outcome) of the test samples.
///
/// # Errors
/// Counts that are not square of `classes`.
pub fn confusion(job: &Job, matrix: &[u64], classes: usize) -> Result<Figure> {
    let figure = Confusion::new(matrix, classes).title("Test samples");
    let names = job.splits().test.class_names();
    if names.len() == classes { figure.names(names).figure() } else { figure.figure() }
}

/// The first test sample as an image, if it is one.
///
/// # Errors
/// Those of [`Job::input`].
pub fn first_sample(job: &Job) -> Result<Option<Figure>> {
    let test = &job.splits().test;
    let (SampleInput::Constant(_), _) = job.input(test, 0)? else { return Ok(None) };
    let (Some(sample), [maps, height, width]) = (test.sample(0).and_then(|s| s.row(0)), test.shape()) else {
        return Ok(None);
    };
    let values: Vec<f64> = sample.iter().map(|x| f64::from(*x)).collect();
    let class = test.labels().first().map_or(String::new(), |l| format!(": class {}", test.class_name(*l)));
    let figure = Weights::new(&values, *maps, *height, *width).label("value", "");
    figure.title(format!("Test sample 0{class}")).figure().map(Some)
}

/// What the nodes of a network sent for one sample.
struct Answer {
    name: String,
    /// Of spikes, what their values stand for: one for each neuron, or one for all alike. Empty for other signals.
    spikes: Vec<SpikeValues>,
    width: usize,
    times: Vec<f64>,
    neurons: Vec<u32>,
    /// How many spikes each mark is.
    counts: Vec<u64>,
    /// `[feature][time]`, of the output.
    values: Vec<Vec<f64>>,
}

impl Answer {
    fn new(name: &str, spikes: Vec<SpikeValues>, shape: &[usize]) -> Self {
        let width = shape.iter().product();
        let (times, neurons, counts) = (Vec::new(), Vec::new(), Vec::new());
        Answer {
            name: name.to_string(),
            spikes,
            width,
            times,
            neurons,
            counts,
            values: vec![Vec::new(); width],
        }
    }

    fn spikes(&self) -> bool {
        !self.spikes.is_empty()
    }

    fn take(&mut self, step: usize, row: &[f32]) {
        for (i, x) in row.iter().enumerate() {
            if !self.spikes() {
                self.values[i].push(f64::from(*x));
            } else if *x != 0.0 {
                self.times.push(step as f64);
                self.neurons.push(i as u32);
                self.counts.push(self.spikes[i % self.spikes.len()].count(f64::from(*x)) as u64);
            }
        }
    }
}

/// What the values of a layer's spikes stand for.
fn spike_values(job: &Job, layer: &str, model: &str) -> Vec<SpikeValues> {
    let Ok(model) = Catalog::standard().get(model) else { return vec![SpikeValues::Single] };
    let amplitudes = amplitudes(job, layer);
    amplitudes.into_iter().map(|a| SpikeValues::of_model(model.info(), a)).collect()
}

/// The size of a layer's spikes: as learned, or as the network's description has it; 1 where it says nothing.
fn amplitudes(job: &Job, layer: &str) -> Vec<f64> {
    const NAME: &str = "amplitude";
    if let Ok(learned) = job.program().parameters().get(&format!("{layer}.{NAME}")) {
        return learned.values.iter().map(|x| f64::from(*x)).collect();
    }
    let drawn = job.network().drawn(job.program().library()).ok();
    match set_of(drawn.as_ref().unwrap_or(job.network()), layer, NAME) {
        Some(Numbers::Each(all)) => all,
        Some(Numbers::One(x)) => vec![x],
        None => vec![1.0],
    }
}

/// A setting of a layer, which may stand in a network within the network.
fn set_of(network: &Network, layer: &str, name: &str) -> Option<Numbers> {
    let (first, rest) = layer.split_once('.').map_or((layer, None), |(first, rest)| (first, Some(rest)));
    let node = network.nodes.iter().find(|n| n.name == first)?;
    match (&node.kind, rest) {
        (Kind::Network(inner), Some(rest)) => set_of(inner, rest, name),
        (Kind::Neurons(neurons), None) => neurons.set.get(name).cloned(),
        _ => None,
    }
}

/// What each layer answers to the first test sample.
///
/// # Errors
/// NaN that arises in the network.
pub fn answers(job: &Job) -> Result<Figure> {
    let test = &job.splits().test;
    let (input, steps) = job.input(test, 0)?;
    let program = job.program();
    let spiking = matches!(input, SampleInput::Spikes(_));
    // An event of the input says how many spikes it is.
    let of_input = spiking.then_some(SpikeValues::Counts(1.0)).into_iter().collect();
    let mut answers = vec![Answer::new("input", of_input, program.input_shape())];
    let nodes = program.nodes().zip(program.spiking());
    answers.extend(nodes.map(|((name, model, shape), spikes)| {
        Answer::new(name, if spikes { spike_values(job, name, model) } else { Vec::new() }, shape)
    }));
    let constant = matches!(input, SampleInput::Constant(_));
    shown(program, input, steps, |t, signals| {
        let mut buffer = Vec::new();
        for (answer, signal) in answers.iter_mut().zip(signals) {
            answer.take(t, signal.dense(&mut buffer));
        }
    })?;
    let output = rheobase_network::network::table(program).output;
    let times: Vec<f64> = (0..steps).map(|t| t as f64).collect();
    let mut panels = Vec::new();
    for (n, answer) in answers.iter().enumerate() {
        let shown = if n == 0 { !constant } else { answer.spikes() || answer.name == output };
        if shown {
            let is_output = answer.name == output;
            let names = if is_output { test.class_names() } else { &[] };
            panels.push(panel(answer, &times, test.labels().first().filter(|_| is_output), names)?);
        }
    }
    let class = test.labels().first().map_or(String::new(), |l| format!(" (class {})", test.class_name(*l)));
    Ok(Figure::stack(panels)?.title(format!("Answers to test sample 0{class}")))
}

/// Shows a network an input; `see` is shown what each source sends in each step.
fn shown(
    program: &Program,
    input: SampleInput,
    steps: usize,
    see: impl FnMut(usize, &[Signal]),
) -> Result<()> {
    let context =
        Context { step: 0, sample_ids: &[0], epoch: 0, training: false, taping: false, level: Level::best() };
    let inputs = [input];
    let width = program.input_shape().iter().product();
    let fed = TileInput { samples: &inputs, lengths: None, width, wanted: false };
    let (mut state, mut tape, mut counts) = (program.start(1), Tape::default(), Counts::default());
    program.run(&context, &mut state, fed.steps(0..steps), &mut tape, &mut counts, see)
}

/// Where, and how early, each map of the layer called `layer` spikes for the first test sample: 1 in the first step, less the
/// later, 0 where it does not. `None` where the layer's output is not spikes of maps `[feature, row, column]`.
///
/// # Errors
/// A layer that is not there; NaN that arises in the network.
pub fn maps(job: &Job, layer: &str) -> Result<Option<Figure>> {
    let (test, program) = (&job.splits().test, job.program());
    let node = program.node(layer)?;
    let here = &program.list()[node];
    let (true, &[features, rows, columns]) = (here.operator.spikes(), &here.shape[..]) else {
        return Ok(None);
    };
    let (input, steps) = job.input(test, 0)?;
    let mut earliest = vec![0.0; features * rows * columns];
    shown(program, input, steps, |t, signals| {
        let mut buffer = Vec::new();
        let spikes = signals[node + 1].dense(&mut buffer).iter().zip(&mut earliest);
        for (_, early) in spikes.filter(|(x, early)| **x != 0.0 && **early == 0.0) {
            *early = 1.0 - t as f64 / steps as f64;
        }
    })?;
    let spikes = |map: &[f64]| map.iter().filter(|early| **early > 0.0).count();
    let counts = earliest.chunks_exact((rows * columns).max(1)).enumerate();
    let names = counts.map(|(feature, map)| format!("{feature}: {}", spikes(map)));
    let figure =
        Weights::new(&earliest, features, rows, columns).names(names).limit(1.0).label("how early", "");
    let class = test.labels().first().map_or(String::new(), |l| format!(" (class {})", test.class_name(*l)));
    figure.title(format!("Maps of {layer} with their spikes, test sample 0{class}")).figure().map(Some)
}

/// A layer's answer; of the output, the true class is marked, and neurons go by the names of the classes where they have some.
fn panel(answer: &Answer, times: &[f64], class: Option<&u32>, names: &[String]) -> Result<Panel> {
    let names = if names.len() == answer.width { names } else { &[] };
    let class = class.map(|c| *c as usize).filter(|c| *c < answer.width);
    if answer.spikes() {
        let raster = Raster::new(&answer.times, &answer.neurons, answer.width).clock(Time::Steps);
        let mut raster = raster.counts(&answer.counts).names(names);
        if let Some(class) = class {
            raster = raster.mark(class as u32, "true class");
        }
        return raster.span(-0.5, times.len() as f64 - 0.5).title(answer.name.clone()).panel();
    }
    // The largest at the end get a line each: many lines tell nothing.
    let mut order: Vec<usize> = (0..answer.width).collect();
    let last = |i: &usize| answer.values[*i].last().copied().unwrap_or(0.0);
    order.sort_by(|a, b| last(b).total_cmp(&last(a)));
    order.truncate(LINES);
    order.extend(class.filter(|c| !order.contains(c)));
    order.sort_unstable();
    let mut traces = Traces::new(times, "value", "").clock(Time::Steps);
    for i in order {
        let name = names.get(i).cloned().unwrap_or_else(|| i.to_string());
        let name = if class == Some(i) { format!("{name} (true class)") } else { name };
        traces = traces.trace(name, &answer.values[i]);
    }
    let shown =
        if answer.width > LINES { format!(", the {LINES} largest at the end") } else { String::new() };
    traces.title(format!("{}{shown}", answer.name)).panel()
}

#[cfg(test)]
mod tests {
    use rheobase_learn::learn::TrainConfig;

    use super::*;

    #[test]
    fn several_spikes_in_a_step_all_count() {
        let folder = tempfile::tempdir().unwrap();
        let rows = "1,0\n1,1\n".repeat(5);
        std::fs::write(folder.path().join("data.csv"), format!("x,class\n{rows}")).unwrap();
        // 2.5 spikes in a step: 10 in 4 steps, 20 of two neurons, whatever their size.
        let layer = |more: &str| {
            format!(
                "[[network.node]]\nname = \"first\"\nlinear = {{ outputs = 2, start = {{ constant = 2500.0 }} }}\n\
                 [[network.node]]\nname = \"layer\"\nneurons = {{ model = \"spiking_rectified_linear\"{more} }}\n"
            )
        };
        let rest = "[[network.node]]\nname = \"last\"\nlinear = { outputs = 2 }\n\
                    [[network.node]]\nname = \"readout\"\nneurons = { model = \"leaky_integrator\" }\n";
        for more in [
            "",
            ", set = { amplitude = 0.5 }",
            ", set = { amplitude = [0.5, 4.0] }",
            ", set = { amplitude = 0.5 }, learn = [\"amplitude\"]",
        ] {
            let path = folder.path().join("data.csv");
            let text =
                format!("[data]\nsteps = 4\n[data.source.csv]\ntrain = {path:?}\n{}{rest}", layer(more));
            let job = Job::new(TrainConfig::from_toml(&text, "job.toml").unwrap()).unwrap();
            let svg = answers(&job).unwrap().to_svg().unwrap();
            assert!(svg.contains(">20 spikes<"), "{more}: {svg}");
        }
    }
}
