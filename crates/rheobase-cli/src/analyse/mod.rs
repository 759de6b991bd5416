//! `rheobase analyse`: what a file of spikes says in numbers.

pub(crate) mod measures;
pub(crate) mod pair_measures;
pub(crate) mod recording;
pub(crate) mod report;

use clap::{Args, ValueEnum};
use rheobase::analyse::PUBLISHED_REFRACTORINESS;
use rheobase::data::SpikeTrains;
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::terminal;
use crate::text::{Table, grouped, short};
use measures::{Findings, Settings};
use pair_measures::Kind;
use recording::{Recording, by_clock, units};

/// Trains in the table, at most.
const SHOWN: usize = 20;

const EXAMPLES: &str = "Examples:
  rheobase analyse spikes.npz
  rheobase analyse spikes.csv --dt 0.001 --measure rate,isi,fano --bin 0.2
  rheobase analyse spikes.npz --measure spike-distance,victor-purpura --cost 20 --trains 200
  rheobase analyse spikes.npz --measure correlogram --pair 0,1 --max-lag 0.05
  rheobase analyse run.npz:hidden --dt 0.001 --from 0.5 --json";

/// Statistics of recorded or simulated spikes
#[derive(Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", recording::HELP))]
pub(crate) struct Analyse {
    #[command(flatten)]
    recording: Recording,
    #[command(flatten)]
    options: Options,
    /// What to measure, separated by commas [default: rate,isi,fano,synchrony]
    #[arg(short, long, value_name = "NAME", value_delimiter = ',')]
    measure: Vec<Measure>,
    /// Print JSON, with every train and every matrix
    #[arg(long)]
    json: bool,
}

/// Settings of the measures.
#[derive(Args)]
pub(crate) struct Options {
    /// Width of the bins in which spikes or lags are counted, s or steps [default: chosen by length]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) bin: Option<f64>,
    /// Longest lag of correlograms and of coincidences, s or steps [default: 0.1 s or 100 steps; no limit]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    max_lag: Option<f64>,
    /// The two trains of a cross-correlogram, from 0 [default: every train with itself, added up]
    #[arg(long, value_name = "A,B", value_parser = pair)]
    pub(crate) pair: Option<(usize, usize)>,
    /// Measures of pairs take the first N trains
    #[arg(long, value_name = "N", default_value_t = 100)]
    trains: usize,
    /// Time scale of the van Rossum distance, s or steps [default: 0.02 s or 20 steps]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) tau: Option<f64>,
    /// Cost of moving a spike in the Victor-Purpura distance, 1/s or per step [default: 1/tau]
    #[arg(long, value_name = "COST", allow_negative_numbers = true)]
    cost: Option<f64>,
    /// Probability with which intervals cover
    #[arg(long, value_name = "P", default_value_t = 0.95, allow_negative_numbers = true)]
    level: f64,
    /// Refractoriness constant R of LvR, s or steps [default: 0.005 s or 5 steps]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    refractoriness: Option<f64>,
}

fn pair(text: &str) -> Result<(usize, usize), String> {
    let both = text.split_once(',').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
    both.ok_or_else(|| format!("`{text}` is not A,B: two numbers of trains, from 0"))
}

impl Options {
    pub(crate) fn settings(&self, trains: &SpikeTrains) -> Settings {
        let tau = self.tau.unwrap_or_else(|| by_clock(trains.clock, 0.02, 20.0));
        Settings {
            level: self.level,
            bin: self.bin,
            trains: self.trains,
            tau,
            cost: self.cost.unwrap_or(1.0 / tau),
            max_lag: self.max_lag,
            pair: self.pair,
            refractoriness: self
                .refractoriness
                .unwrap_or_else(|| by_clock(trains.clock, PUBLISHED_REFRACTORINESS, 5.0)),
        }
    }
}

/// A measure on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// Mean firing rates, with exact intervals for Poisson spikes
    Rate,
    /// Intervals between spikes: mean, CV, CV2, LV, LvR
    Isi,
    /// Fano factors of counts in bins
    Fano,
    /// Bursts by the max-interval rule
    Bursts,
    /// The population's rate over time
    Population,
    /// Synchrony: Golomb's chi of counts, SPIKE synchronisation
    Synchrony,
    /// Auto- or cross-correlogram
    Correlogram,
    /// Pearson correlations of counts
    Correlation,
    /// Distances of Victor and Purpura
    VictorPurpura,
    /// Distances of van Rossum
    VanRossum,
    /// ISI distances
    IsiDistance,
    /// SPIKE distances
    SpikeDistance,
    /// SPIKE synchronisation of pairs
    SpikeSync,
    /// Event synchronisation of pairs
    EventSync,
}

impl Measure {
    fn take(self, trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
        match self {
            Measure::Rate => measures::rate(trains, set, found),
            Measure::Isi => measures::isi(trains, set, found),
            Measure::Fano => measures::fano(trains, set, found),
            Measure::Bursts => measures::burst(trains, set, found),
            Measure::Population => measures::population(trains, set, found),
            Measure::Synchrony => measures::synchrony(trains, set, found),
            Measure::Correlogram => pair_measures::correlogram(trains, set, found),
            Measure::Correlation => pair_measures::correlation(trains, set, found),
            Measure::VictorPurpura => pair_measures::distances(trains, Kind::VictorPurpura, set, found),
            Measure::VanRossum => pair_measures::distances(trains, Kind::VanRossum, set, found),
            Measure::IsiDistance => pair_measures::distances(trains, Kind::Isi, set, found),
            Measure::SpikeDistance => pair_measures::distances(trains, Kind::Spike, set, found),
            Measure::SpikeSync => pair_measures::distances(trains, Kind::SpikeSync, set, found),
            Measure::EventSync => pair_measures::distances(trains, Kind::EventSync, set, found),
        }
    }
}

impl Analyse {
    pub(crate) fn run(self) -> Outcome<()> {
        if !(self.options.level > 0.0 && self.options.level < 1.0) {
            let level = self.options.level;
            return Err(Failure::bad(format!("--level {level}: must be between 0 and 1, such as 0.95")));
        }
        let trains = self.recording.read()?;
        let found = self.measured(&trains)?;
        match self.json {
            true => terminal::print_json(&self.as_json(&trains, found)),
            false => terminal::print(&overview(&trains, &self.recording.file, &found)),
        }
    }

    fn measured(&self, trains: &SpikeTrains) -> Outcome<Findings> {
        let set = self.options.settings(trains);
        let mut found = Findings::default();
        if self.measure.is_empty() {
            measures::usual(trains, &set, &mut found)?;
        }
        for (i, measure) in self.measure.iter().enumerate() {
            if !self.measure[..i].contains(measure) {
                measure.take(trains, &set, &mut found)?;
            }
        }
        Ok(found)
    }

    fn as_json(&self, trains: &SpikeTrains, found: Findings) -> Value {
        let (time, rate) = units(trains.clock);
        json!({
            "file": self.recording.file,
            "samples": trains.samples,
            "neurons": trains.names,
            "window": [trains.window.0, trains.window.1],
            "dt": trains.dt,
            "time_unit": time,
            "rate_unit": rate,
            "level": self.options.level,
            "spikes": trains.times.iter().map(Vec::len).collect::<Vec<_>>(),
            "spikes_at_the_end": trains.at_end(),
            "measures": found.json,
        })
    }
}

/// What was found, for reading.
pub(crate) fn overview(trains: &SpikeTrains, file: &str, found: &Findings) -> String {
    let mut out = format!("{file}: {}\n", described(trains));
    let (end, unit) = (short(trains.window.1), units(trains.clock).0);
    out += &match trains.at_end() {
        0 => String::new(),
        1 => format!("1 spike lies at {end} {unit}, where the recording ends, and counts\n"),
        n => {
            format!("{} spikes lie at {end} {unit}, where the recording ends, and count\n", grouped(n as u64))
        }
    };
    if !found.columns.is_empty() {
        out += &table(trains, found);
        if trains.times.len() > SHOWN {
            out += &format!(
                "… and {} more trains; --json has all\n",
                grouped((trains.times.len() - SHOWN) as u64)
            );
        }
        out.push('\n');
    }
    let mut lines = Table::bare();
    for (name, text) in &found.lines {
        lines.row([name.clone(), text.clone()]);
    }
    out + &lines.render(terminal::width())
}

/// The recording in a line.
pub(crate) fn described(trains: &SpikeTrains) -> String {
    let (start, end) = trains.window;
    let unit = units(trains.clock).0;
    let plural =
        |n: usize, what: &str| format!("{} {what}{}", grouped(n as u64), if n == 1 { "" } else { "s" });
    let samples =
        if trains.samples > 1 { format!(" × {}", plural(trains.samples, "sample")) } else { String::new() };
    let from = if start == 0.0 { String::new() } else { format!(" from {} {unit} on", short(start)) };
    format!(
        "{}{samples}, {} {unit}{from}, {}",
        plural(trains.neurons(), "neuron"),
        short(end - start),
        plural(trains.spikes(), "spike")
    )
}

fn table(trains: &SpikeTrains, found: &Findings) -> String {
    let heads = ["TRAIN", "SPIKES"].into_iter().chain(found.columns.iter().map(|c| c.0.as_str()));
    let mut table = Table::new(&heads.collect::<Vec<_>>());
    for (i, times) in trains.times.iter().enumerate().take(SHOWN) {
        let cells = found.columns.iter().map(|c| c.1.get(i).cloned().unwrap_or_default());
        table.cells([trains.label(i), grouped(times.len() as u64)].into_iter().chain(cells).collect());
    }
    table.render(usize::MAX)
}
