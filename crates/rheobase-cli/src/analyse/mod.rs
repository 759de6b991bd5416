//! `rheobase analyse`: what a file of spikes says in numbers.

pub(crate) mod measures;
pub(crate) mod over_time;
pub(crate) mod pair_measures;
pub(crate) mod recording;
pub(crate) mod report;
mod run_report;
mod sweep_report;
mod unread;

use std::str::FromStr;

use clap::{Args, ValueEnum};
use rheobase::analyse::{BurstRule, Kernel};
use rheobase::data::{Recording as Read, SpikeTrains};
use rheobase::models::neuron::Time;
use serde_json::{Value, json};

use crate::arguments::{NumberOrSpan, any_unit};
use crate::failure::{Failure, Outcome};
use crate::terminal;
use crate::text::{Table, grouped, short};
use crate::units::{Amount, time_of};
use measures::{Findings, Settings};
use pair_measures::Kind;
use recording::{Recording, train_called, units};

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
    /// Print CSV: a line per train; of population, smooth and psth a line per time, of correlogram per
    /// lag, of measures of pairs a matrix
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

/// Settings of the measures.
#[derive(Args)]
pub(crate) struct Options {
    /// Width of the bins in which spikes or lags are counted, s or steps [default: chosen by length]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) bin: Option<Amount>,
    /// Longest lag of correlograms and of coincidences, s or steps [default: 0.1 s or 100 steps; no limit]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) max_lag: Option<Amount>,
    /// The two trains of a cross-correlogram, by name, or else by number from 0 [default: every train with itself, added up]
    #[arg(long, value_name = "A,B", value_parser = pair)]
    pub(crate) pair: Option<(String, String)>,
    /// Measures of pairs take the first N trains
    #[arg(long, value_name = "N", default_value_t = 100)]
    trains: usize,
    /// Time scale of the van Rossum distance, s or steps [default: 0.02 s or 20 steps]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) tau: Option<Amount>,
    /// Cost of moving a spike in the Victor-Purpura distance, 1/s or per step [default: 1/tau]
    #[arg(long, value_name = "COST", allow_negative_numbers = true)]
    pub(crate) cost: Option<Amount>,
    /// Probability with which intervals cover
    #[arg(long, value_name = "P", default_value_t = 0.95, allow_negative_numbers = true)]
    level: f64,
    /// Refractoriness constant R of LvR, s or steps [default: 0.005 s or 5 steps]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, alias = "refractoriness")]
    pub(crate) lvr_constant: Option<Amount>,
    /// Intervals below this are violations, s or steps [default: 0.002 s or 2 steps]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) refractory: Option<Amount>,
    /// Limits of bursts, such as begin=0.1,within=0.2: longest interval to begin with and within, shortest pause between,
    /// shortest duration, fewest spikes [default: begin=0.17,within=0.3,between=0.2,duration=0.01,spikes=3]
    #[arg(long, value_name = "NAME=X,…", value_delimiter = ',', value_parser = limit)]
    pub(crate) bursts: Vec<(String, Amount)>,
    /// Kernel of smoothed rates: expon, gauss, expogauss, alpha; published-… as nengo-extras samples them [default: gauss]
    #[arg(long, value_name = "NAME", value_parser = kernel)]
    pub(crate) kernel: Option<Kernel>,
    /// Time between two smoothed rates [default: the recording's step, or tau/20]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) step: Option<Amount>,
    /// Times of the stimuli of a PSTH
    #[arg(long, value_name = "TIME,…", value_delimiter = ',', allow_negative_numbers = true)]
    pub(crate) at: Vec<Amount>,
    /// The span around each stimulus [default: -0.1..0.2]
    #[arg(long, value_name = "LOW..HIGH", allow_hyphen_values = true)]
    pub(crate) around: Option<Span>,
}

/// `LOW..HIGH`, of which the unit is known with the recording.
#[derive(Debug, Clone)]
pub(crate) struct Span(String);

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        NumberOrSpan::parse(text, &any_unit).map(|_| Span(text.into()))
    }
}

impl Span {
    /// Its ends as times of the recording.
    fn times(&self, option: &str, clock: Time) -> Outcome<(f64, f64)> {
        let number = |text: &str| {
            let amount: Amount = text.parse()?;
            amount.time(option, clock).map_err(|e| e.message().unwrap_or_default().to_string())
        };
        match NumberOrSpan::parse(&self.0, &number).map_err(Failure::bad)? {
            NumberOrSpan::Between(low, high) if low < high => Ok((low, high)),
            _ => Err(Failure::bad(format!("{option}: must be LOW..HIGH, the lower one first"))),
        }
    }
}

fn limit(text: &str) -> Result<(String, Amount), String> {
    let (name, x) =
        text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=X, such as begin=0.1"))?;
    Ok((name.trim().to_string(), x.parse()?))
}

fn kernel(text: &str) -> Result<Kernel, String> {
    text.parse().map_err(|e: rheobase::Error| {
        let names = Kernel::NAMES.iter().chain(&Kernel::PUBLISHED).map(|(name, _)| *name);
        format!("{e}; kernels are {}", names.collect::<Vec<_>>().join(", "))
    })
}

fn pair(text: &str) -> Result<(String, String), String> {
    let both = text.split_once(',').map(|(a, b)| (a.trim().to_string(), b.trim().to_string()));
    both.ok_or_else(|| format!("`{text}` is not A,B: two trains, by name, or else by number from 0"))
}

impl Options {
    /// Whether rates are to be smoothed: a kernel, its width, or the time between two rates is said.
    pub(crate) fn smooths(&self) -> bool {
        self.kernel.is_some() || self.tau.is_some() || self.step.is_some()
    }

    fn bursts(&self, trains: &SpikeTrains) -> Outcome<BurstRule> {
        let mut rule = measures::usual_bursts(trains.clock);
        for (name, x) in &self.bursts {
            let time = || x.time(&format!("--bursts {name}"), trains.clock);
            match &name[..] {
                "begin" => rule.max_begin = time()?,
                "within" => rule.max_within = time()?,
                "between" => rule.min_between = time()?,
                "duration" => rule.min_duration = time()?,
                "spikes" if x.is_count() => rule.min_spikes = x.value as usize,
                "spikes" => {
                    return Err(Failure::bad(format!(
                        "--bursts spikes={}{}: must be a whole number, at least 1",
                        x.value, x.unit
                    )));
                }
                _ => {
                    let known = ["begin", "within", "between", "duration", "spikes"];
                    return Err(rheobase::Error::unknown("--bursts", "limit", name, known).into());
                }
            }
        }
        Ok(rule)
    }

    pub(crate) fn settings(&self, trains: &SpikeTrains) -> Outcome<Settings> {
        let around = self.around.as_ref().map(|span| span.times("--around", trains.clock)).transpose()?;
        let cost = |cost: &Amount| match trains.clock {
            Time::Seconds => cost.in_unit("--cost", "Hz"),
            Time::Steps => cost.time("--cost", Time::Steps),
        };
        let usual = Settings::usual(trains.clock, self.trains);
        let pair = |(a, b): &(String, String)| {
            Ok::<_, Failure>((train_called(trains, "--pair", a)?, train_called(trains, "--pair", b)?))
        };
        let time = |option: &str, given: &Option<Amount>| time_of(option, given, trains.clock);
        let smoothing = time("--tau", &self.tau)?;
        let tau = smoothing.unwrap_or(usual.tau);
        Ok(Settings {
            level: self.level,
            bin: time("--bin", &self.bin)?,
            tau,
            cost: self.cost.as_ref().map(cost).transpose()?.unwrap_or(1.0 / tau),
            max_lag: time("--max-lag", &self.max_lag)?,
            pair: self.pair.as_ref().map(pair).transpose()?,
            refractoriness: time("--lvr-constant", &self.lvr_constant)?.unwrap_or(usual.refractoriness),
            bursts: self.bursts(trains)?,
            refractory: time("--refractory", &self.refractory)?.unwrap_or(usual.refractory),
            kernel: self.kernel,
            smoothing,
            step: time("--step", &self.step)?,
            at: self.at.iter().map(|t| t.time("--at", trains.clock)).collect::<Outcome<_>>()?,
            around,
            ..usual
        })
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
    /// Intervals shorter than the refractory period, and spikes at one time
    Violations,
    /// Rates of every train, smoothed by a kernel
    Smooth,
    /// Rates around stimuli (--at)
    Psth,
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
    /// Its name on the command line.
    fn name(self) -> String {
        self.to_possible_value().map_or(String::new(), |value| value.get_name().to_string())
    }

    fn take(self, trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
        match self {
            Measure::Rate => measures::rate(trains, set, found),
            Measure::Isi => measures::isi(trains, set, found),
            Measure::Fano => measures::fano(trains, set, found),
            Measure::Bursts => measures::burst(trains, set, found),
            Measure::Population => measures::population(trains, set, found),
            Measure::Violations => over_time::violations(trains, set, found),
            Measure::Smooth => over_time::smooth(trains, set, found),
            Measure::Psth => over_time::psth(trains, set, found),
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
        let read = self.recording.read()?;
        let found = self.measured(&read.trains)?;
        if self.csv {
            return terminal::print(&self.as_csv(&read.trains, &found)?);
        }
        match self.json {
            true => terminal::print_json(&self.as_json(&read, found)),
            false => terminal::print(&overview(&read, &self.recording.file, &found)),
        }
    }

    /// What was found as one table.
    fn as_csv(&self, trains: &SpikeTrains, found: &Findings) -> Outcome<String> {
        match &found.tables[..] {
            [] if found.columns.is_empty() => {
                Err(Failure::bad("--csv: what was measured is no table; --json has it"))
            }
            [] => Ok(crate::text::csv(&per_train(trains, found))),
            [table] if self.measure.len() == 1 => Ok(crate::text::csv(&table.lines())),
            _ => {
                let rule = "--csv: is one table, but each of population, smooth, psth, correlogram and measures of pairs has its own; measure one at a time, or take --json";
                Err(Failure::bad(rule))
            }
        }
    }

    fn measured(&self, trains: &SpikeTrains) -> Outcome<Findings> {
        let set = self.options.settings(trains)?;
        self.options.note_unread(&self.measure);
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

    fn as_json(&self, read: &Read, found: Findings) -> Value {
        let trains = &read.trains;
        let (time, rate) = units(trains.clock);
        json!({
            "file": self.recording.file,
            "understood": read.understood,
            "notes": read.notes,
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
pub(crate) fn overview(read: &Read, file: &str, found: &Findings) -> String {
    let trains = &read.trains;
    let mut out = format!("{file}: {}\n{}\n", read.understood, described(trains));
    read.notes.iter().for_each(|note| out += &format!("note: {note}\n"));
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

/// A line per train with the measures that have a number for each.
fn per_train(trains: &SpikeTrains, found: &Findings) -> Vec<Vec<String>> {
    let heads = ["train", "spikes"].into_iter().chain(found.columns.iter().map(|c| c.0.as_str()));
    let head = heads.map(str::to_lowercase).collect();
    let row = |(i, times): (usize, &Vec<f64>)| {
        let cells = found.columns.iter().map(|c| c.1.get(i).filter(|cell| *cell != "-").cloned());
        let known = [trains.label(i), times.len().to_string()].into_iter();
        known.chain(cells.map(Option::unwrap_or_default)).collect()
    };
    std::iter::once(head).chain(trains.times.iter().enumerate().map(row)).collect()
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
