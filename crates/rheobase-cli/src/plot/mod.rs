//! `rheobase plot`: pictures of what is in a file.

pub(crate) mod numbers;
mod of_run;
pub(crate) mod traces;
mod unread;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rheobase::data::SpikeTrains;
use rheobase::draw::{Correlogram, DistanceMatrix, Figure, Intervals, Rates};
use rheobase::show::{population_rate, raster};

use crate::analyse::Options;
use crate::analyse::measures::{Findings, Settings};
use crate::analyse::over_time::{Smooth, psth};
use crate::analyse::pair_measures::{self, Kind};
use crate::analyse::recording::{self, Part, file_part, train_called, units};
use crate::arguments::{FilePart, is_stdout};
use crate::failure::{Failure, Outcome};
use crate::picture_options::{PictureOptions, with_provenance};
use crate::raster_rows::RasterRows;
use crate::terminal;

/// Trains that have a curve of their own, at most.
const DRAWN: usize = 6;
/// Points of a curve at most: more cannot be seen.
const POINTS: usize = 20_000;

const EXAMPLES: &str = "Examples:
  rheobase plot raster spikes.npz -o raster.png
  rheobase plot traces run.npz:v -o v.svg
  rheobase plot rates spikes.csv --dt 0.001 -o rates.svg
  rheobase plot rates spikes.npz --kernel gauss --tau 0.05 --only 0,3 -o smooth.svg
  rheobase plot correlogram spikes.npz --pair 0,1 -o cross.svg
  rheobase plot distances spikes.npz --distance spike --trains 50 -o matrix.svg
  rheobase plot weights net.npz:w1 --map 28,28 -o fields.png
  rheobase plot weights runs/digits-0 -o fields.png
  rheobase plot learning runs/digits-0 --log --width 85mm -o learning.pdf
  rheobase plot fi curve.csv -o curve.svg";

const FILES: &str = "Other files:
  RUN        the folder of a training: learning, confusion, weights (RUN:NAME for one of several);
             learning also of a folder of runs, as bands over their seeds
  traces     .npz of `simulate --probe` (all probes, or FILE:NAME), .npy as [time], [time, neuron]
             or [time, batch, neuron], .csv with a line per step
  weights    .npz or .npy as [row, column], [map, row, column] or [out, in, row, column]
  learning   .csv with a line per epoch, or .json with a list of epochs or an array per curve;
             names with `loss` and `acc` in them are curves
  confusion  square matrix of counts: .npz, .npy, .csv
  fi         .csv or .npz of `curve -o`";

/// Draw what is in a file or a run, as SVG, PNG or PDF
#[derive(Args)]
#[command(after_help = format!("{EXAMPLES}\n\nMore with --help: what files may hold."),
    after_long_help = format!("{EXAMPLES}\n\n{}\n\n{FILES}", recording::HELP))]
pub(crate) struct Plot {
    /// What to draw
    kind: Picture,
    /// The file; FILE:NAME for one array of several
    #[arg(value_name = "FILE")]
    file: String,
    /// The picture to write: .svg, .png or .pdf; - for an SVG on standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    picture: PictureOptions,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    options: Options,
    /// Draw only these trains or neurons, by number from 0; trains by name first, if one is called so
    #[arg(long, value_name = "I,J…", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Distance of the matrix [default: spike]
    #[arg(long, value_name = "NAME")]
    distance: Option<Distance>,
    /// What a correlogram counts in [default: counts]
    #[arg(long, value_name = "HOW", aliases = ["scale", "normalize"])]
    normalise: Option<Scaled>,
    #[command(flatten)]
    rows: RasterRows,
    /// Draw traces over one another instead of one above another
    #[arg(long)]
    overlay: bool,
    /// Draw the loss on a logarithmic axis
    #[arg(long)]
    log: bool,
    /// Rows and columns of a receptive field, where each row of the weights is one
    #[arg(long, value_name = "H,W", value_parser = map_size)]
    map: Option<(usize, usize)>,
    /// Words above the picture
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
}

/// A kind of picture on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Picture {
    /// Spikes of all neurons over time
    Raster,
    /// Potentials and other states over time
    Traces,
    /// Firing rates over time
    Rates,
    /// Histogram of the intervals between spikes
    Isi,
    /// Auto- or cross-correlogram
    Correlogram,
    /// Rates around stimuli (--at)
    Psth,
    /// Matrix of distances between trains
    Distances,
    /// Weights and receptive fields
    Weights,
    /// Loss and accuracy over epochs
    Learning,
    /// Confusion matrix
    Confusion,
    /// Firing rate over input
    Fi,
}

impl Picture {
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// What a correlogram counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scaled {
    /// Pairs of spikes
    Counts,
    /// Rate of the second train around spikes of the first
    Rate,
    /// Pairs divided by those of independent trains
    Coefficient,
}

/// A measure of pairs on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Distance {
    VictorPurpura,
    VanRossum,
    Isi,
    Spike,
    SpikeSync,
    EventSync,
}

impl Distance {
    fn kind(self) -> Kind {
        match self {
            Distance::VictorPurpura => Kind::VictorPurpura,
            Distance::VanRossum => Kind::VanRossum,
            Distance::Isi => Kind::Isi,
            Distance::Spike => Kind::Spike,
            Distance::SpikeSync => Kind::SpikeSync,
            Distance::EventSync => Kind::EventSync,
        }
    }
}

fn map_size(text: &str) -> Result<(usize, usize), String> {
    let both = text.split_once([',', 'x']);
    let both = both.and_then(|(h, w)| Some((h.trim().parse().ok()?, w.trim().parse().ok()?)));
    both.filter(|(h, w)| *h > 0 && *w > 0).ok_or_else(|| format!("`{text}` is not H,W: rows, columns"))
}

impl Plot {
    pub(crate) fn run(self) -> Outcome<()> {
        self.picture.check("-o", &self.output)?;
        self.refuse_unread()?;
        let file = file_part(&self.file);
        let mut figure = self.figure(&file)?;
        if let Some(title) = &self.title {
            figure = figure.title(title);
        }
        let figure = figure.provenance("data", &self.file).provenance("picture", self.kind.name());
        let of_run = matches!(self.kind, Picture::Weights | Picture::Learning | Picture::Confusion);
        let figure = match self.kind {
            _ if of_run && file.path.is_dir() => of_run::with_source(figure, &file.path)?,
            // The table of a curve has said its own.
            Picture::Fi => figure,
            _ => with_provenance(figure, &numbers::source_of(&file.path)),
        };
        self.picture.save(figure, &self.output)?;
        if is_stdout(&self.output) {
            return Ok(());
        }
        terminal::say(&format!("wrote {}\n", self.output.display()))
    }

    fn figure(&self, file: &FilePart) -> Outcome<Figure> {
        match self.kind {
            Picture::Traces => traces::traces(file, &self.part, &neurons(&self.only)?, self.overlay),
            Picture::Weights if file.path.is_dir() => {
                of_run::weights(&file.path, file.part.as_deref(), self.map)
            }
            Picture::Learning if file.path.is_dir() => of_run::learning(&file.path, self.log),
            Picture::Confusion if file.path.is_dir() => of_run::confusion(&file.path),
            Picture::Weights => numbers::weights(file, self.map),
            Picture::Learning => numbers::learning(&file.path, self.log),
            Picture::Confusion => numbers::confusion(file),
            Picture::Fi => numbers::fi_curve(&file.path),
            _ => {
                let read = self.part.read(file)?;
                recording::say(&self.file, &read);
                self.of_spikes(&read.trains)
            }
        }
    }

    fn of_spikes(&self, all: &SpikeTrains) -> Outcome<Figure> {
        let trains = only(all, &self.only)?;
        let set = self.options.settings(&trains)?;
        match self.kind {
            Picture::Isi => intervals(&trains, set.bin),
            Picture::Correlogram => correlogram(&trains, &set, self.normalise.unwrap_or(Scaled::Counts)),
            Picture::Distances => distances(&trains, self.distance.unwrap_or(Distance::Spike).kind(), &set),
            Picture::Rates if self.options.smooths() => smooth_rates(&trains, &set),
            Picture::Rates => Ok(population_rate(&trains, set.bin, set.level)?),
            Picture::Psth => around_stimuli(&trains, &set),
            _ => Ok(raster(&trains, &self.rows.rows(|first| train_called(&trains, "--group", first))?)?),
        }
    }
}

/// The trains that are called so, or all.
fn only(trains: &SpikeTrains, chosen: &[String]) -> Outcome<SpikeTrains> {
    if chosen.is_empty() {
        return Ok(trains.clone());
    }
    let chosen: Vec<usize> =
        chosen.iter().map(|name| train_called(trains, "--only", name)).collect::<Outcome<_>>()?;
    let names = chosen.iter().map(|i| trains.label(*i)).collect();
    let mut some = SpikeTrains::silent(1, names, trains.window, trains.dt, trains.clock);
    some.times = chosen.iter().map(|i| trains.times[*i].clone()).collect();
    some.values = chosen.iter().map(|i| trains.values[*i].clone()).collect();
    Ok(some)
}

/// Rates of the first trains, smoothed.
fn smooth_rates(trains: &SpikeTrains, set: &Settings) -> Outcome<Figure> {
    let smooth = Smooth::new(trains, set)?;
    let shown = trains.times.len().min(DRAWN);
    let every = smooth.times.len().div_ceil(POINTS);
    let at: Vec<f64> = smooth.times.iter().copied().step_by(every).collect();
    let thinned = |train: &Vec<f64>| Ok(smooth.rate(train)?.into_iter().step_by(every).collect());
    let curves: Vec<Vec<f64>> = trains.times[..shown].iter().map(thinned).collect::<Outcome<_>>()?;
    let some = some_of(shown, trains.times.len(), "trains");
    let words = smooth.words(trains.clock);
    let title = if some.is_empty() { words } else { format!("{some}, {words}") };
    let rates = Rates::new(&at).clock(trains.clock).title(title);
    let rates = curves
        .iter()
        .enumerate()
        .fold(rates, |rates, (i, c)| rates.rate(format!("train {}", trains.label(i)), c));
    Ok(rates.figure()?)
}

/// Neurons by their numbers.
fn neurons(chosen: &[String]) -> Outcome<Vec<usize>> {
    let number = |text: &String| {
        text.parse()
            .map_err(|_| Failure::bad(format!("--only {text}: neurons of traces go by their number, from 0")))
    };
    chosen.iter().map(number).collect()
}

/// `6 of 40 trains`, where not all are shown.
pub(crate) fn some_of(shown: usize, all: usize, what: &str) -> String {
    if shown < all { format!("{shown} of {all} {what}") } else { String::new() }
}

/// Histogram of the intervals of all trains.
pub(crate) fn intervals(trains: &SpikeTrains, bin: Option<f64>) -> Outcome<Figure> {
    recording::strictly_ascending(trains, "isi")?;
    let all: Vec<f64> = trains.times.iter().flat_map(|t| t.windows(2).map(|w| w[1] - w[0])).collect();
    if all.is_empty() {
        return Err(Failure::bad("no train has two spikes, so there are no intervals to draw"));
    }
    let mut intervals = Intervals::new(&all).clock(trains.clock);
    if let Some(bin) = bin {
        intervals = intervals.bin(bin);
    }
    if let Some(dt) = trains.dt {
        intervals = intervals.step(dt);
    }
    Ok(intervals.figure()?)
}

/// Rates around the stimuli, with their interval for Poisson spikes.
fn around_stimuli(trains: &SpikeTrains, set: &Settings) -> Outcome<Figure> {
    let mut found = Findings::default();
    psth(trains, set, &mut found)?;
    let columns = found.tables.first().map_or(&[][..], |table| &table.columns[..]);
    let [start, rate, low, high] = columns else {
        return Err(Failure::bad("--measure psth: gave nothing to draw"));
    };
    let bin = start.get(1).map_or(0.0, |next| next - start[0]);
    let middle: Vec<f64> = start.iter().map(|t| t + 0.5 * bin).collect();
    let words = found.lines.first().map_or(String::new(), |(_, text)| text.clone());
    let rates = Rates::new(&middle).clock(trains.clock).title(words).around_stimulus();
    Ok(rates.rate_with_band("", rate, low, high).figure()?)
}

fn correlogram(trains: &SpikeTrains, set: &Settings, scale: Scaled) -> Outcome<Figure> {
    let lags = pair_measures::lags(trains, set)?;
    let c = &lags.correlogram;
    let half = 0.5 * lags.bin;
    let mut edges: Vec<f64> = c.lags.iter().map(|lag| lag - half).collect();
    edges.extend(c.lags.last().map(|lag| lag + half));
    let centre = c.expected.len() / 2;
    let (label, factor) = match scale {
        Scaled::Counts => ("pairs of spikes".to_string(), 1.0),
        Scaled::Rate => {
            let spikes = lags.spikes as f64;
            (format!("rate ({})", units(trains.clock).1), 1.0 / (spikes * lags.bin))
        }
        Scaled::Coefficient => ("pairs / pairs by chance".to_string(), 1.0 / c.expected[centre]),
    };
    if !factor.is_finite() {
        return Err(Failure::bad("--normalise: there are no spikes to relate the pairs to"));
    }
    let counts: Vec<f64> = c.counts.iter().map(|n| *n as f64 * factor).collect();
    let [expected, low, high] =
        [c.expected[centre], c.range[centre].low, c.range[centre].high].map(|x| x * factor);
    let figure = Correlogram::new(&edges, &counts, label).title(&lags.of).clock(trains.clock);
    Ok(figure.expected(expected, low, high).level(set.level).figure()?)
}

fn distances(trains: &SpikeTrains, kind: Kind, set: &Settings) -> Outcome<Figure> {
    let m = pair_measures::matrix(trains, kind, set)?;
    let label = if m.with.is_empty() { m.name.to_string() } else { format!("{} ({})", m.name, m.with) };
    let mut figure = DistanceMatrix::new(&m.values, m.trains, label, "");
    if m.trains <= 30 {
        figure = figure.names((0..m.trains).map(|i| trains.label(i)));
    }
    Ok(figure.figure()?)
}
