//! The spikes that `analyse` and `plot` are asked about: a file, a part of it, and what the file does not say.

use std::path::Path;

use clap::Args;
use rheobase::analyse::Window;
use rheobase::data::{
    Holds, Pixels, Polarity, Recording as Read, Role, SpikeTrains, TrainOptions, Unit, parse_columns,
    read_recording,
};
use rheobase::models::neuron::Time;

use crate::arguments::FilePart;
use crate::failure::{Failure, Outcome};
use crate::terminal;
use crate::text::{grouped, short};
use crate::units::{Amount, time_of};

/// The help on files of spikes.
pub(crate) const HELP: &str = "Files of spikes:
  Tables (.csv, .tsv, .txt, .dat, .gdf; NEST, Brian2, bmtk, PySpike, spreadsheets), npy and npz,
  NWB, SONATA, Neo's NIX, SHD, MATLAB, folders of Phy and NEST, cameras (Prophesee DAT and EVT,
  AEDAT 3.1 and 4, N-MNIST, Event Stream). `rheobase inspect FILE` says what is in a file;
  docs/formats.md lists all. FILE:NAME takes one array, population, block, stream or sample.
  The first line says what the numbers were taken for. What a file does not say is asked for:
    --unit ms, --unit samples=30000           what times are counted in
    --columns neuron=sender,time=time_ms      which column is what (or in order: neuron,time)
    --as events|dense|counts|trains|…         what the numbers are
    --dt, --time-axis                         of values per step: its length, and the axis of time
    --start, --stop                           when the recording began and ended
    --verdict good                            which neurons, where a sorter or a person judged them
  Several spikes of a neuron at one time all count: a count in a step, a `value`, equal times.
  --from is included, --to is not, so that adjoining parts share no spike; only where the
  recording itself ends is its end included.";

/// A recording and which part of it.
#[derive(Args)]
pub(crate) struct Recording {
    /// File or folder of spikes; FILE:NAME for one array or population of several
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    #[command(flatten)]
    pub(crate) part: Part,
}

/// What the file does not say, and which part of it is meant.
#[derive(Args, Default)]
pub(crate) struct Part {
    /// Length of a step in seconds, where the file has none
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = crate::units::seconds)]
    pub(crate) dt: Option<f64>,
    /// What the numbers are: events, dense, counts, potentials, trains, trains-in-columns
    #[arg(long = "as", value_name = "WHAT")]
    pub(crate) holds: Option<Holds>,
    /// What times are counted in: s, ms, us, ns, steps, or samples=RATE
    #[arg(long, value_name = "UNIT")]
    pub(crate) unit: Option<Unit>,
    /// Which column or array is what: neuron=NAME,time=NAME (also trial, value, offset, skip), or in order: neuron,time
    #[arg(long, value_name = "ROLE=NAME,…", value_parser = columns)]
    pub(crate) columns: Option<Columns>,
    /// The axis of time in values per step: 0 where rows are steps, 1 where columns are
    #[arg(long, value_name = "AXIS")]
    pub(crate) time_axis: Option<usize>,
    /// When the recording began; one time, or one for each trial
    #[arg(long, value_name = "TIME,…", value_delimiter = ',', allow_negative_numbers = true)]
    pub(crate) start: Vec<Amount>,
    /// When the recording ended, likewise [default: as the file says, or its last spike]
    #[arg(long, value_name = "TIME,…", value_delimiter = ',', allow_negative_numbers = true)]
    pub(crate) stop: Vec<Amount>,
    /// Only neurons that a sorter or a person judged so, such as good or good,mua: of Phy's folders and NWB's units
    #[arg(long, value_name = "WHAT,…", value_delimiter = ',')]
    pub(crate) verdict: Vec<String>,
    /// Polarity of a camera's events: split into two neurons, merge into one, or keep as the sign of the value
    #[arg(long, value_name = "HOW")]
    pub(crate) polarity: Option<Polarity>,
    /// Make one neuron of N by N pixels of a camera
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) pool: u16,
    /// Only these pixels of a camera: first column, first row, width, height
    #[arg(long, value_name = "X,Y,W,H", value_parser = crop)]
    pub(crate) crop: Option<[u16; 4]>,
    /// Number of neurons, where a list of spikes does not name the silent ones
    #[arg(short, long, value_name = "N")]
    pub(crate) neurons: Option<usize>,
    /// Only this sample of a batch, from 0
    #[arg(long, value_name = "I")]
    pub(crate) sample: Option<usize>,
    /// Only from this time on
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) from: Option<Amount>,
    /// Only before this time [default: the end of the file's last step, or its last spike]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) to: Option<Amount>,
    /// Make one spike of several at one time, for measures that need strictly ascending times
    #[arg(long)]
    pub(crate) merge_equal: bool,
}

/// Which columns are what.
pub(crate) type Columns = Vec<(Option<String>, Role)>;

fn columns(text: &str) -> Result<Columns, String> {
    parse_columns(text)
}

fn crop(text: &str) -> Result<[u16; 4], String> {
    let numbers: Option<Vec<u16>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
    let four = numbers.and_then(|n| <[u16; 4]>::try_from(n).ok());
    four.ok_or_else(|| format!("`{text}` is not X,Y,W,H: four whole numbers"))
}

impl Recording {
    /// The spike trains, and what was understood of the file.
    pub(crate) fn read(&self) -> Outcome<Read> {
        self.part.read(&file_part(&self.file))
    }
}

impl Part {
    /// What is to be told to the reader of a file.
    pub(crate) fn options(&self, array: Option<String>) -> TrainOptions {
        TrainOptions {
            dt: self.dt,
            array,
            neurons: self.neurons,
            holds: self.holds,
            unit: self.unit,
            columns: self.columns.clone().unwrap_or_default(),
            time_axis: self.time_axis,
            start: self.start.iter().map(Amount::in_base).collect(),
            stop: self.stop.iter().map(Amount::in_base).collect(),
            verdicts: self.verdict.clone(),
            pixels: Pixels { polarity: self.polarity.unwrap_or_default(), pool: self.pool, crop: self.crop },
        }
    }

    /// Where what is asked for begins and ends, as far as that is said.
    pub(crate) fn range(&self, clock: Time) -> Outcome<(Option<f64>, Option<f64>)> {
        Ok((time_of("--from", &self.from, clock)?, time_of("--to", &self.to, clock)?))
    }

    pub(crate) fn read(&self, file: &FilePart) -> Outcome<Read> {
        let Read { mut trains, understood, notes } =
            read_recording(&file.path, &self.options(file.part.clone()))?;
        if let Some(sample) = self.sample {
            trains = trains.sample(sample)?;
        }
        for (option, times) in [("--start", &self.start), ("--stop", &self.stop)] {
            times.iter().try_for_each(|t| t.time(option, trains.clock).map(drop))?;
        }
        let (from, to) = self.range(trains.clock)?;
        if from.is_some() || to.is_some() {
            let (start, end) = trains.window;
            let (from, to) = (from.unwrap_or(start), to.unwrap_or(end));
            if !from.is_finite() || !to.is_finite() || from >= to {
                return Err(Failure::bad(format!(
                    "--from {from} --to {to}: must be finite, the start before the end"
                )));
            }
            trains = trains.within((from, to))?;
        }
        if self.merge_equal {
            let all = trains.spikes();
            trains = trains.merged();
            if trains.spikes() < all {
                let (all, left) = (grouped(all as u64), grouped(trains.spikes() as u64));
                terminal::warn(&format!("note: --merge-equal made {left} spikes of {all}"));
            }
        }
        if trains.times.is_empty() {
            return Err(Failure::bad(format!(
                "{}: names no neuron; say with --neurons how many there were",
                file.path.display()
            )));
        }
        Ok(Read { trains, understood, notes })
    }
}

/// What was understood of a file, for those who do not print it with their results.
pub(crate) fn say(file: &str, read: &Read) {
    terminal::warn(&format!("{file}: {}", read.understood));
    read.notes.iter().for_each(|note| terminal::warn(&format!("note: {note}")));
}

/// `text` as FILE or FILE:NAME: the whole, if there is such a file.
pub(crate) fn file_part(text: &str) -> FilePart {
    if !Path::new(text).exists()
        && let Some((path, part)) = text.rsplit_once(':')
        && Path::new(path).exists()
    {
        return FilePart { path: path.into(), part: Some(part.into()) };
    }
    FilePart { path: text.into(), part: None }
}

/// The train that an option calls `text`: its name, or where none is called so, its number from 0.
pub(crate) fn train_called(trains: &SpikeTrains, option: &str, text: &str) -> Outcome<usize> {
    let count = trains.times.len();
    let called = (0..count).find(|i| trains.label(*i) == text);
    let numbered = || text.parse().ok().filter(|number| *number < count);
    called.or_else(numbered).ok_or_else(|| {
        let last = count.saturating_sub(1);
        let (first_name, last_name) = (trains.label(0), trains.label(last));
        let names =
            if first_name == "0" { String::new() } else { format!(", or {first_name} to {last_name}") };
        Failure::bad(format!("{option}: there is no train {text}; trains are 0 to {last}{names}"))
    })
}

/// Units of times and of rates.
pub(crate) fn units(clock: Time) -> (&'static str, &'static str) {
    match clock {
        Time::Seconds => ("s", "Hz"),
        Time::Steps => ("steps", "per step"),
    }
}

/// `choice` for time in seconds, or for time in steps.
pub(crate) fn by_clock(clock: Time, seconds: f64, steps: f64) -> f64 {
    match clock {
        Time::Seconds => seconds,
        Time::Steps => steps,
    }
}

/// A width of bins for counts: a tenth of a second where the recording is long enough, a twentieth of it where it counts
/// steps; whole steps where there are steps.
pub(crate) fn slow_bin(trains: &SpikeTrains) -> f64 {
    let length = trains.window.1 - trains.window.0;
    let wanted = match trains.clock {
        Time::Seconds => 0.1f64.min(length / 10.0).max(length / 1000.0),
        Time::Steps => length / 20.0,
    };
    trains.whole().bin(wanted, trains.dt)
}

/// Trains cut to a whole number of bins from their start.
pub(crate) struct Binned {
    pub(crate) trains: Vec<Vec<f64>>,
    pub(crate) window: Window,
    pub(crate) bin: f64,
    /// What is left of the recording after the last bin; 0 where bins fill it.
    pub(crate) remainder: f64,
    clock: Time,
}

impl Binned {
    /// The width of the bins, and that a remainder is left out.
    pub(crate) fn text(&self) -> String {
        let unit = units(self.clock).0;
        let bins = format!("bins of {} {unit}", short(self.bin));
        if self.remainder == 0.0 {
            return bins;
        }
        format!("{bins}, the last {} {unit} left out: less than a bin", short(self.remainder))
    }
}

/// Cuts trains to a whole number of bins.
pub(crate) fn whole_bins(trains: &SpikeTrains, bin: f64) -> Outcome<Binned> {
    let (start, end) = trains.window;
    let bins = ((end - start) / bin + 1e-6).floor();
    if !(bin > 0.0 && bin.is_finite()) || bins < 1.0 {
        return Err(Failure::bad(format!(
            "--bin {bin}: must be above 0 and not longer than the recording, {} {}",
            short(end - start),
            units(trains.clock).0
        )));
    }
    let cut = start + bins * bin;
    crate::memory::fits("--bin", trains.times.len().saturating_mul(bins as usize), 24)?;
    let (all, clock) = (trains.clone(), trains.clock);
    if cut + 1e-6 * bin >= end {
        return Ok(Binned { window: all.whole(), trains: all.times, bin, remainder: 0.0, clock });
    }
    let some = all.within((start, cut))?;
    Ok(Binned { window: some.whole(), trains: some.times, bin, remainder: end - cut, clock })
}

/// Refuses several spikes at one time for `what`, which has no meaning for them.
pub(crate) fn strictly_ascending(trains: &SpikeTrains, what: &str) -> Outcome<()> {
    let Some((train, time)) = trains.repeated() else { return Ok(()) };
    Err(Failure::bad(format!(
        "{what}: train {} has several spikes at {} {}, and there is no measure of intervals or coincidences of such; \
         --merge-equal makes one spike of equal ones",
        trains.label(train),
        short(time),
        units(trains.clock).0
    )))
}
