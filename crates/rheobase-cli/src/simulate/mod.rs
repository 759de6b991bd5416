//! `rheobase simulate`: a population under an input, summarised, saved, drawn.

pub(crate) mod disk;
mod picture;
mod room;
pub(crate) mod run;
mod save;
pub(crate) mod setup;
pub(crate) mod statistics;
pub(crate) mod step_warning;
mod stimulus;
mod summary;
mod trial;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use rheobase::compete::Scope;
use rheobase::models::neuron::{Emits, Info, Time};
use rheobase::population::probe::Quantity;
use rheobase::population::{Model, Number};
use rheobase::stimulus::{RunShape, Signal};
use rheobase::{Competition, Population, Record, Spikes};

use crate::arguments::{ProbeArgument, Setting, Shape, check_output, is_stdout, write_table};
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::picture_options::{PictureOptions, with_provenance};
use crate::raster_rows::RasterRows;
use crate::terminal;
use crate::text::short;
use crate::units::{Amount, time_of};
use picture::Picture;
use save::{About, Output, check_csv};
use setup::{Setup, steps_in};
use statistics::{Counts, Spread};
use stimulus::{LoadedInputs, Stimulus};
use summary::Summary;

const EXAMPLES: &str = "Examples:
  rheobase simulate lif --plot lif.svg
  rheobase simulate adex --input step:0.1,800,0.9 --probe w --plot adex.png
  rheobase simulate lif --neurons 1000 --set tau_m=0.01..0.03 --input noise:1.1,2 -o spikes.npz
  rheobase simulate lif --input current.csv --probe v -o trace.csv
  rheobase simulate adex --shape 4,8,8 --input 500..900 --wta 2 --radius 1 --silence 20";

/// Run a population of neurons and tell what it does
#[derive(Args)]
#[command(after_help = format!("{EXAMPLES}\n\nMore with --help: kinds of input, contents of output files."),
    after_long_help = format!("{EXAMPLES}\n\n{}\n\n{}", stimulus::HELP, save::HELP))]
pub(crate) struct Simulate {
    #[command(flatten)]
    pub(crate) setup: Setup,
    /// Input; several are added up [default: the model's example, constant]
    #[arg(short, long, value_name = "INPUT", allow_negative_numbers = true)]
    input: Vec<Stimulus>,
    /// Number of neurons [default: 1, or as many as the input file has]
    #[arg(short, long, value_name = "N", conflicts_with = "shape")]
    neurons: Option<usize>,
    /// Shape of the layer instead of a number: features, rows, columns
    #[arg(long, value_name = "C,H,W")]
    shape: Option<Shape>,
    /// Samples simulated side by side [default: 1, or as many as the input file has]
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Simulated time in seconds, or such as 300ms [default: 1, or the input file's]; steps for models that count steps
    #[arg(short, long, value_name = "TIME", allow_negative_numbers = true)]
    time: Option<Amount>,
    /// Number of steps, instead of --time
    #[arg(long, value_name = "N", conflicts_with = "time")]
    steps: Option<usize>,
    /// Start a state field elsewhere than at rest: a number, LOW..HIGH (drawn per neuron), @FILE (one each)
    #[arg(long, value_name = "NAME=VALUE")]
    initial: Vec<Setting>,
    /// Record a state field or another quantity, after every step or every EVERY steps
    #[arg(short, long, value_name = "NAME[:EVERY]")]
    probe: Vec<ProbeArgument>,
    /// Let up to K neurons per step and sample win, ranked by potential
    #[arg(long, value_name = "K", help_heading = "Competition")]
    pub(crate) wta: Option<usize>,
    /// No winner within this many rows and columns of a better one
    #[arg(long, value_name = "N", requires = "wta", default_value_t = 0, help_heading = "Competition")]
    radius: usize,
    /// Whom a winner silences
    #[arg(long, requires = "wta", default_value = "feature", help_heading = "Competition")]
    scope: ScopeArgument,
    /// For how many steps
    #[arg(long, value_name = "STEPS", requires = "wta", default_value_t = 0, help_heading = "Competition")]
    silence: u32,
    /// Write spikes and probes to this .npz or .csv file; - for CSV on standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Draw input, potentials and spikes into this .svg, .png or .pdf file
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    drawn: PictureOptions,
    #[command(flatten)]
    rows: RasterRows,
}

/// [`Scope`] on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScopeArgument {
    /// Its feature map
    Feature,
    /// Every feature at its place
    Location,
    /// The whole layer
    Layer,
    /// Nobody
    Nobody,
}

impl Simulate {
    pub(crate) fn run(self) -> Outcome<()> {
        if self.setup.f64 { self.run_in::<f64>() } else { self.run_in::<f32>() }
    }

    fn run_in<E: Number>(mut self) -> Outcome<()> {
        self.check_files()?;
        let model = self.setup.model()?;
        for probe in &self.probe {
            Quantity::named(&*model, &probe.name)?;
        }
        let mut stimuli = std::mem::take(&mut self.input);
        if stimuli.is_empty() {
            stimuli.push(Stimulus::constant(model.info().example_input));
        }
        let stimuli = stimuli.iter().map(|s| s.in_units_of(model.info())).collect::<Outcome<_>>()?;
        let loaded = LoadedInputs::read(stimuli)?;
        let extent = loaded.extent()?;
        let input_text = loaded.text();
        let shape = self.layer_shape(extent.neurons);
        let dt = self.setup.step_length(&*model, extent.dt)?;
        let mut population = self.population::<E>(&model, &shape, dt, extent.batch)?;
        let (batch, neurons) = (population.batch(), population.neurons());
        let steps = self.steps(model.info(), dt, extent.steps)?;
        let input =
            loaded.prepare(&RunShape { model: &*model, steps, batch, neurons, dt, seed: self.setup.seed })?;
        let asked: Vec<(String, usize)> = self.probe.iter().map(|p| (p.name.clone(), p.every)).collect();
        check_probes(&asked, steps)?;
        let input = Arc::new(input);
        let done = self.simulate(&mut population, steps, &input, &asked)?;

        let mut summary = Summary::new(&self, &population, steps, input_text, &done);
        summary.warnings.extend(weak_input(model.info(), &input, &done));
        if self.wta.is_none() {
            let duration = steps as f64 * dt;
            let rates = match model.info().emits {
                Emits::Binary => done.counts.interval_rates(duration),
                _ => done.counts.mean_rates(duration),
            };
            summary.warnings.extend(step_warning::of_run(&population, &input, steps, &rates)?);
        }
        summary.warnings.iter().for_each(|w| terminal::warn(&format!("warning: {w}")));
        if let Some(path) = &self.output
            && let Some(output) = done.output
        {
            let meta = summary.meta(&population);
            let about = About { population: &population, constant: input.constant(), meta };
            write_table(path, |path| output.write(path, about))?;
        }
        if let (Some(path), Some(picture)) = (&self.plot, &done.picture) {
            let figure = with_provenance(picture.figure()?, &summary.meta(&population));
            self.drawn.save(figure, path)?;
        }
        // What was asked for on standard output stands there alone.
        if self.output.iter().chain(&self.plot).any(|path| is_stdout(path)) {
            return Ok(());
        }
        self.format.print(&summary, || summary.text())
    }

    fn check_files(&self) -> Outcome<()> {
        if let Some(path) = self.output.as_ref().filter(|path| !is_stdout(path)) {
            check_output("-o", path, &["npz", "csv"])?;
        }
        if let Some(path) = &self.plot {
            self.drawn.check("--plot", path)?;
        }
        Ok(())
    }

    fn layer_shape(&self, file: Option<usize>) -> Vec<usize> {
        match (&self.shape, self.neurons) {
            (Some(shape), _) => shape.0.clone(),
            (None, neurons) => vec![neurons.or(file).unwrap_or(1)],
        }
    }

    fn population<E: Number>(
        &self,
        model: &Arc<dyn Model>,
        shape: &[usize],
        dt: f64,
        file_batch: Option<usize>,
    ) -> Outcome<Population<E>> {
        let batch = self.batch.or(file_batch).unwrap_or(1);
        let neurons = shape.iter().fold(batch, |n, d| n.saturating_mul(*d));
        // Two copies of the state, the layer's clocks, what is counted, and a spike of each in the same step.
        crate::memory::fits(
            &format!("{} with {neurons} neurons", model.info().name),
            neurons,
            size_of::<E>() * (3 * model.state().len() + 8) + Counts::BYTES + run::BYTES,
        )?;
        let builder = self.setup.builder::<E>(model, shape, dt)?;
        let clocks = self.probe.iter().any(|p| p.name.starts_with("time_since_"));
        let mut builder =
            self.setup.with_initial(&**model, builder, &self.initial)?.batch(batch).clocks(clocks);
        if let Some(k) = self.wta {
            let scope = match self.scope {
                ScopeArgument::Feature => Scope::Feature,
                ScopeArgument::Location => Scope::Location,
                ScopeArgument::Layer => Scope::Layer,
                ScopeArgument::Nobody => Scope::Nobody,
            };
            let (radius, silence) = (self.radius, self.silence);
            builder =
                builder.competition(Competition { k, radius, scope, silence, ..Competition::default() });
        }
        Ok(builder.build()?)
    }

    fn steps(&self, info: &Info, dt: f64, file: Option<usize>) -> Outcome<usize> {
        let time = time_of("--time", &self.time, info.time)?;
        match (self.steps, time, file) {
            (Some(0), ..) => Err(Failure::bad("--steps 0: must be at least 1")),
            (Some(steps), ..) => steps_in("--steps", steps as f64, 1.0),
            (None, Some(time), _) if info.time == Time::Steps && time.fract() != 0.0 => {
                Err(Failure::bad(format!("--time {time}: {} counts steps; give a whole number", info.name)))
            }
            (None, Some(time), _) => steps_in("--time", time, dt),
            (None, None, Some(steps)) => Ok(steps),
            (None, None, None) if info.time == Time::Steps => Ok(DEFAULT_STEPS),
            (None, None, None) => steps_in("--time", 1.0, dt),
        }
    }

    fn simulate<E: Number>(
        &self,
        population: &mut Population<E>,
        steps: usize,
        input: &Arc<Signal>,
        asked: &[(String, usize)],
    ) -> Outcome<RunResult<E>> {
        let (batch, neurons, dt) = (population.batch(), population.neurons(), population.dt());
        let model = population.model().clone();
        let analogue = model.info().emits == Emits::Analogue;
        let shape = [steps, batch, neurons];
        if let Some(path) =
            self.output.as_ref().filter(|p| is_stdout(p) || p.extension().is_some_and(|e| e == "csv"))
        {
            check_csv(path, shape, asked, analogue)?;
        }
        let output =
            self.output.as_ref().map(|path| Output::new(path, shape, dt, asked, analogue)).transpose()?;
        let number = |text: &str| {
            let neuron = text.parse().ok().filter(|neuron| *neuron < neurons);
            let last = neurons - 1;
            neuron.ok_or_else(|| Failure::bad(format!("--group {text}: neurons are 0 to {last}")))
        };
        let rows = self.rows.rows(number)?;
        let picture = self.plot.as_ref().map(|_| Picture::new(population, steps, rows));
        if !analogue && self.wta.is_none() {
            // What fails in a trial fails in the run, with its place.
            let rate = || trial::rate(population, input, steps).unwrap_or(0.0);
            output.as_ref().map_or(Ok(()), |o| o.room().check_expected(batch * neurons, rate))?;
            picture.as_ref().map_or(Ok(()), |p| p.room().check_expected(neurons, rate))?;
        }
        let mut done = RunResult {
            counts: Counts::new(batch, neurons, dt, 0.0).of(population.spike_values()),
            output,
            picture,
            probes: asked.iter().map(|(name, _)| (name.clone(), Extremes::default())).collect(),
            winners: 0,
            wall: Duration::ZERO,
        };
        let mut record = Record::spikes(if analogue { Spikes::Dense } else { Spikes::Events });
        record.probes = asked.to_vec();
        record.probes.extend(done.picture.iter().flat_map(Picture::probes).cloned());
        let constant: Option<Vec<E>> = input.constant().map(|c| c.into_iter().map(E::from_f64).collect());
        // The engine's generators own what they need.
        let source = input.clone();
        let generated = move |step, sample, first, out: &mut [E]| source.fill(step, sample, first, out);
        let fed = match &constant {
            Some(constant) => rheobase::Input::Constant(constant),
            None => rheobase::Input::Generated(&generated),
        };
        let wall = run::in_pieces(population, steps, &fed, &record, |start, piece| {
            done.take(start, &piece, asked.len())
        })?;
        done.wall = wall;
        Ok(done)
    }
}

/// A warning where no neuron fired and the input is far below what the model needs, as numbers around 1 are in pA.
fn weak_input<E: Number>(info: &Info, input: &Signal, done: &RunResult<E>) -> Option<String> {
    let (largest, example) = (input.largest(), info.example_input);
    let silent = info.emits != Emits::Analogue && done.counts.spikes() == 0;
    let unit = if info.input_unit == "1" { String::new() } else { format!(" {}", info.input_unit) };
    (silent && largest < 0.1 * example.abs()).then(|| {
        format!(
            "no neuron fired: the input is at most {}{unit}, but {} takes about {}{unit} to fire; raise --input",
            short(largest),
            info.name,
            short(example)
        )
    })
}

/// Steps of a run where nothing says how many, for models that count steps.
const DEFAULT_STEPS: usize = 200;

fn check_probes(asked: &[(String, usize)], steps: usize) -> Outcome<()> {
    for (i, (name, every)) in asked.iter().enumerate() {
        if asked[..i].iter().any(|(n, _)| n == name) {
            return Err(Failure::bad(format!("--probe {name}: is given twice; keep one")));
        }
        if *every > steps {
            return Err(Failure::bad(format!(
                "--probe {name}:{every}: the run has only {steps} steps, after none of which it would be taken"
            )));
        }
    }
    Ok(())
}

/// What a run has given.
pub(crate) struct RunResult<E> {
    pub(crate) counts: Counts,
    output: Option<Output<E>>,
    picture: Option<Picture>,
    pub(crate) probes: Vec<(String, Extremes)>,
    pub(crate) winners: u64,
    pub(crate) wall: Duration,
}

impl<E: Number> RunResult<E> {
    fn take(&mut self, start: usize, piece: &rheobase::Recording<E>, asked: usize) -> Outcome<()> {
        self.counts.take(start, piece);
        self.winners += piece.winners.len() as u64;
        for ((_, extremes), trace) in self.probes.iter_mut().zip(&piece.traces) {
            trace.data.iter().for_each(|x| extremes.take(x.to_f64()));
        }
        if let Some(picture) = &mut self.picture {
            picture.take(start, piece, asked)?;
        }
        match &mut self.output {
            Some(output) => output.take(start, piece),
            None => Ok(()),
        }
    }
}

/// Lowest, highest and mean of a probe.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extremes {
    low: f64,
    high: f64,
    sum: f64,
    count: u64,
}

impl Default for Extremes {
    fn default() -> Self {
        Extremes { low: f64::INFINITY, high: f64::NEG_INFINITY, sum: 0.0, count: 0 }
    }
}

impl Extremes {
    fn take(&mut self, x: f64) {
        self.low = self.low.min(x);
        self.high = self.high.max(x);
        self.sum += x;
        self.count += 1;
    }
    pub(crate) fn spread(&self) -> Spread {
        Spread { mean: self.sum / self.count.max(1) as f64, min: self.low, max: self.high }
    }
}
