//! `rheobase plot`: pictures of what is in a file.

pub(crate) mod numbers;
pub(crate) mod traces;

use std::iter::once;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rheobase::Show;
use rheobase::analyse::{Kernel, population_rate, rates_kernel};
use rheobase::data::SpikeTrains;
use rheobase::draw::{Correlogram, DistanceMatrix, Figure, Intervals, Rates};
use rheobase::models::neuron::Time;

use crate::analyse::Options;
use crate::analyse::pair_measures::{self, Kind};
use crate::analyse::recording::{self, Part, file_part, units, whole_bins};
use crate::arguments::{FilePart, check_output};
use crate::failure::{Failure, Outcome};
use crate::terminal;
use crate::text::short;

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
  rheobase plot learning metrics.csv -o learning.svg
  rheobase plot fi curve.csv -o curve.svg";

const FILES: &str = "Other files:
  traces     .npz of `simulate --probe` (all probes, or FILE:NAME), .npy as [time], [time, neuron]
             or [time, batch, neuron], .csv with a line per step
  weights    .npz or .npy as [row, column], [map, row, column] or [out, in, row, column]
  learning   .csv with a line per epoch, or .json with a list of epochs or an array per curve;
             names with `loss` and `acc` in them are curves
  confusion  square matrix of counts: .npz, .npy, .csv
  fi         .csv or .npz of `curve -o`";

/// Draw what is in a file, as SVG or PNG
#[derive(Args)]
#[command(after_help = format!("{EXAMPLES}\n\nMore with --help: what files may hold."),
    after_long_help = format!("{EXAMPLES}\n\n{}\n\n{FILES}", recording::HELP))]
pub(crate) struct Plot {
    /// What to draw
    kind: Picture,
    /// The file; FILE:NAME for one array of several
    #[arg(value_name = "FILE")]
    file: String,
    /// The picture to write: .svg or .png
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    options: Options,
    /// Smooth the rates of single trains with this kernel (expon, gauss, expogauss, alpha; published-… as nengo-extras
    /// samples them), instead of counting the population's
    #[arg(long, value_name = "NAME", value_parser = kernel)]
    kernel: Option<Kernel>,
    /// Draw only these trains or neurons, from 0
    #[arg(long, value_name = "I,J…", value_delimiter = ',')]
    pub(crate) only: Vec<usize>,
    /// Distance of the matrix
    #[arg(long, value_name = "NAME", default_value = "spike")]
    distance: Distance,
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

fn kernel(text: &str) -> Result<Kernel, String> {
    text.parse().map_err(|e: rheobase::Error| {
        let names = Kernel::NAMES.iter().chain(&Kernel::PUBLISHED).map(|(name, _)| *name);
        format!("{e}; kernels are {}", names.collect::<Vec<_>>().join(", "))
    })
}

fn map_size(text: &str) -> Result<(usize, usize), String> {
    let both = text.split_once([',', 'x']);
    let both = both.and_then(|(h, w)| Some((h.trim().parse().ok()?, w.trim().parse().ok()?)));
    both.filter(|(h, w)| *h > 0 && *w > 0).ok_or_else(|| format!("`{text}` is not H,W: rows, columns"))
}

impl Plot {
    pub(crate) fn run(self) -> Outcome<()> {
        check_output("-o", &self.output, &["svg", "png"])?;
        let file = file_part(&self.file);
        let mut figure = self.figure(&file)?;
        if let Some(title) = &self.title {
            figure = figure.title(title);
        }
        figure.save(&self.output)?;
        terminal::print(&format!("wrote {}\n", self.output.display()))
    }

    fn figure(&self, file: &FilePart) -> Outcome<Figure> {
        match self.kind {
            Picture::Traces => traces::traces(file, &self.part, &self.only),
            Picture::Weights => numbers::weights(file, self.map),
            Picture::Learning => numbers::learning(&file.path),
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
        let set = self.options.settings(&trains);
        match self.kind {
            Picture::Isi => intervals(&trains, self.options.bin),
            Picture::Correlogram => correlogram(&trains, &set),
            Picture::Distances => distances(&trains, self.distance.kind(), &set),
            Picture::Rates => match self.kernel {
                Some(kernel) => smooth_rates(&trains, kernel, self.options.tau),
                None => rates(&trains, self.options.bin, set.level),
            },
            _ => raster(&trains),
        }
    }
}

/// The trains with these numbers, or all.
fn only(trains: &SpikeTrains, chosen: &[usize]) -> Outcome<SpikeTrains> {
    if chosen.is_empty() {
        return Ok(trains.clone());
    }
    if let Some(i) = chosen.iter().find(|i| **i >= trains.times.len()) {
        return Err(Failure::bad(format!("--only {i}: trains are 0 to {}", trains.times.len() - 1)));
    }
    let names = chosen.iter().map(|i| trains.label(*i)).collect();
    let mut some = SpikeTrains::silent(1, names, trains.window, trains.dt, trains.clock);
    some.times = chosen.iter().map(|i| trains.times[*i].clone()).collect();
    some.values = chosen.iter().map(|i| trains.values[*i].clone()).collect();
    Ok(some)
}

/// Spikes over time.
pub(crate) fn raster(trains: &SpikeTrains) -> Outcome<Figure> {
    Ok(trains.figure()?)
}

/// The population's rate in bins, with its interval for Poisson spikes.
pub(crate) fn rates(trains: &SpikeTrains, bin: Option<f64>, level: f64) -> Outcome<Figure> {
    let bin = bin.unwrap_or_else(|| recording::drawn_bin(trains));
    let binned = whole_bins(trains, bin)?;
    let h = population_rate(&binned.trains, binned.window, bin, level)?;
    let middles = (0..h.rate.len()).map(|i| h.start + (i as f64 + 0.5) * bin);
    // The first and the last rate hold up to the ends of the bins.
    let (start, end) = (binned.window.start, binned.window.end);
    let middle: Vec<f64> = once(start).chain(middles).chain(once(end)).collect();
    let low = to_the_ends(h.interval.iter().map(|i| i.low).collect());
    let high = to_the_ends(h.interval.iter().map(|i| i.high).collect());
    let rate = to_the_ends(h.rate);
    let who = if trains.times.len() == 1 {
        "1 train".to_string()
    } else {
        format!("mean of {} trains", trains.times.len())
    };
    let rest = match binned.remainder {
        0.0 => String::new(),
        rest => format!(", the last {} left out", length(rest, trains.clock)),
    };
    let name = format!("{who}, bins of {}{rest}", length(bin, trains.clock));
    let rates = Rates::new(&middle).clock(trains.clock);
    Ok(rates.rate_with_band(name, &rate, &low, &high).figure()?)
}

/// The values with the first and the last of them twice.
fn to_the_ends(mut values: Vec<f64>) -> Vec<f64> {
    values.extend(values.last().copied());
    values.splice(0..0, values.first().copied());
    values
}

/// A length of time for reading.
fn length(time: f64, clock: Time) -> String {
    match clock {
        Time::Seconds if time < 1.0 => format!("{} ms", short(1e3 * time)),
        clock => format!("{} {}", short(time), units(clock).0),
    }
}

/// Rates of the first trains, smoothed.
fn smooth_rates(trains: &SpikeTrains, kernel: Kernel, tau: Option<f64>) -> Outcome<Figure> {
    let (start, end) = trains.window;
    let span = end - start;
    let tau = tau.unwrap_or_else(|| recording::by_clock(trains.clock, 0.04, 40.0));
    // Steps of the recording, or so fine that the kernel is smooth.
    let step = trains.dt.unwrap_or(tau / 20.0);
    let samples = (span / step).round();
    if !(tau > 0.0 && (2.0..1e8).contains(&samples)) {
        return Err(Failure::bad(format!(
            "--tau {tau}: must be above 0, and the recording 2 to 1e8 steps long (it has {samples})"
        )));
    }
    let samples = samples as usize;
    let shown = trains.times.len().min(DRAWN);
    let times: Vec<f64> = (0..samples).map(|i| start + i as f64 * step).collect();
    let every = samples.div_ceil(POINTS);
    let at: Vec<f64> = times.iter().copied().step_by(every).collect();
    let smooth = |train: &Vec<f64>| -> Outcome<Vec<f64>> {
        let mut spikes = vec![0.0; samples];
        for t in train {
            spikes[(((t - start) / step + 1e-6) as usize).min(samples - 1)] += 1.0 / step;
        }
        Ok(rates_kernel(&times, &spikes, 1, kernel, tau)?.into_iter().step_by(every).collect())
    };
    let curves: Vec<Vec<f64>> = trains.times[..shown].iter().map(smooth).collect::<Outcome<_>>()?;
    let rates = Rates::new(&at).clock(trains.clock);
    let rates = curves
        .iter()
        .enumerate()
        .fold(rates, |rates, (i, c)| rates.rate(format!("train {}", trains.label(i)), c));
    Ok(rates.figure()?)
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

fn correlogram(trains: &SpikeTrains, set: &crate::analyse::measures::Settings) -> Outcome<Figure> {
    let lags = pair_measures::lags(trains, set)?;
    let c = &lags.correlogram;
    let half = 0.5 * lags.bin;
    let mut edges: Vec<f64> = c.lags.iter().map(|lag| lag - half).collect();
    edges.extend(c.lags.last().map(|lag| lag + half));
    let counts: Vec<f64> = c.counts.iter().map(|n| *n as f64).collect();
    let mut figure = Correlogram::new(&edges, &counts, "pairs of spikes").title(&lags.of).clock(trains.clock);
    let centre = c.expected.len() / 2;
    figure = figure.expected(c.expected[centre], c.range[centre].low, c.range[centre].high);
    Ok(figure.figure()?)
}

fn distances(trains: &SpikeTrains, kind: Kind, set: &crate::analyse::measures::Settings) -> Outcome<Figure> {
    let m = pair_measures::matrix(trains, kind, set)?;
    let label = if m.with.is_empty() { m.name.to_string() } else { format!("{} ({})", m.name, m.with) };
    let mut figure = DistanceMatrix::new(&m.values, m.trains, label, "");
    if m.trains <= 30 {
        figure = figure.names((0..m.trains).map(|i| trains.label(i)));
    }
    Ok(figure.figure()?)
}
