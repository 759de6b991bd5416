//! Pictures of a training: learning curves, an input and what each layer answers, the confusion matrix.

use rheobase::draw::{Confusion, Figure, LearningCurves, Panel, Raster, Traces, Weights};
use rheobase::encode::SampleInput;
use rheobase::learn::Job;
use rheobase::models::lanes::Level;
use rheobase::models::neuron::Time;
use rheobase::network::{Context, Counts, Tape, TileInput};

use crate::failure::Outcome;
use crate::run_folder::{CONFUSION, CURVES, INPUT, LAYERS, RunFolder};
use crate::stage_pictures;

/// Outputs that get a line of their own.
const LINES: usize = 5;
/// Classes whose matrix is drawn, at most.
const CLASSES: usize = 200;

/// Draws all pictures into the folder and gives their names.
pub(crate) fn draw(job: &Job, matrix: &[u64], classes: usize, folder: &RunFolder) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    let mut save = |name: &str, figure: Figure| -> Outcome<()> {
        figure.save(folder.file(name))?;
        names.push(name.to_string());
        Ok(())
    };
    if !job.history().is_empty() {
        save(CURVES, curves(job)?)?;
    }
    if let Some(figure) = image(job)? {
        save(INPUT, figure)?;
    }
    save(LAYERS, layers(job)?)?;
    if classes <= CLASSES {
        let mut figure = Confusion::new(matrix, classes).title("Test samples");
        let names = job.splits().test.class_names();
        if names.len() == classes {
            figure = figure.names(names);
        }
        save(CONFUSION, figure.figure()?)?;
    }
    names.extend(stage_pictures::draw(job.stages(), folder)?);
    Ok(names)
}

fn curves(job: &Job) -> rheobase::Result<Figure> {
    let history = job.history();
    let loss: Vec<f64> = history.iter().map(|e| e.loss).collect();
    let accuracy: Vec<f64> = history.iter().map(|e| e.accuracy).collect();
    let checked_loss: Vec<f64> = history.iter().filter_map(|e| e.validation_loss).collect();
    let checked: Vec<f64> = history.iter().filter_map(|e| e.validation_accuracy).collect();
    let mut curves = LearningCurves::new().loss("training", &loss).accuracy("training", &accuracy);
    if checked.len() == history.len() {
        curves = curves.loss("validation", &checked_loss).accuracy("validation", &checked);
    }
    curves.figure()
}

/// The first test sample as an image, if it is one.
fn image(job: &Job) -> rheobase::Result<Option<Figure>> {
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
    spikes: bool,
    width: usize,
    times: Vec<f64>,
    neurons: Vec<u32>,
    /// `[feature][time]`, of the output.
    values: Vec<Vec<f64>>,
}

impl Answer {
    fn new(name: &str, spikes: bool, shape: &[usize]) -> Self {
        let width = shape.iter().product();
        let (times, neurons, values) = (Vec::new(), Vec::new(), vec![Vec::new(); width]);
        Answer { name: name.to_string(), spikes, width, times, neurons, values }
    }

    fn take(&mut self, step: usize, row: &[f32]) {
        for (i, x) in row.iter().enumerate() {
            if self.spikes && *x != 0.0 {
                self.times.push(step as f64);
                self.neurons.push(i as u32);
            }
            if let Some(values) = self.values.get_mut(i).filter(|_| !self.spikes) {
                values.push(f64::from(*x));
            }
        }
    }
}

/// What each layer answers to the first test sample.
fn layers(job: &Job) -> rheobase::Result<Figure> {
    let test = &job.splits().test;
    let (input, steps) = job.input(test, 0)?;
    let program = job.program();
    let spiking = matches!(input, SampleInput::Spikes(_));
    let mut answers = vec![Answer::new("input", spiking, program.input_shape())];
    let nodes = program.nodes().zip(program.spiking());
    answers.extend(nodes.map(|((name, _, shape), spikes)| Answer::new(name, spikes, shape)));
    let constant = matches!(input, SampleInput::Constant(_));
    let context =
        Context { step: 0, sample_ids: &[0], epoch: 0, training: false, taping: false, level: Level::best() };
    let inputs = [input];
    let width = program.input_shape().iter().product();
    let fed = TileInput { samples: &inputs, lengths: None, width, wanted: false };
    let (mut state, mut tape, mut counts) = (program.start(1), Tape::default(), Counts::default());
    program.run(&context, &mut state, &fed, 0, steps, &mut tape, &mut counts, |t, signals| {
        let mut buffer = Vec::new();
        for (answer, signal) in answers.iter_mut().zip(signals) {
            answer.take(t, signal.dense(&mut buffer));
        }
    })?;
    let output = rheobase::network::table(program).output;
    let times: Vec<f64> = (0..steps).map(|t| t as f64).collect();
    let mut panels = Vec::new();
    for (n, answer) in answers.iter().enumerate() {
        let shown = if n == 0 { !constant } else { answer.spikes || answer.name == output };
        if shown {
            panels.push(panel(answer, &times)?);
        }
    }
    let class = test.labels().first().map_or(String::new(), |l| format!(" (class {})", test.class_name(*l)));
    Ok(Figure::stack(panels)?.title(format!("Answers to test sample 0{class}")))
}

fn panel(answer: &Answer, times: &[f64]) -> rheobase::Result<Panel> {
    if answer.spikes {
        let raster = Raster::new(&answer.times, &answer.neurons, answer.width).clock(Time::Steps);
        return raster.span(-0.5, times.len() as f64 - 0.5).title(answer.name.clone()).panel();
    }
    // The largest at the end get a line each: many lines tell nothing.
    let mut order: Vec<usize> = (0..answer.width).collect();
    let last = |i: &usize| answer.values[*i].last().copied().unwrap_or(0.0);
    order.sort_by(|a, b| last(b).total_cmp(&last(a)));
    order.truncate(LINES);
    order.sort_unstable();
    let mut traces = Traces::new(times, "value", "").clock(Time::Steps);
    for i in order {
        traces = traces.trace(i.to_string(), &answer.values[i]);
    }
    let shown =
        if answer.width > LINES { format!(", the {LINES} largest at the end") } else { String::new() };
    traces.title(format!("{}{shown}", answer.name)).panel()
}
