//! The spikes that `analyse` and `plot` are asked about: a file, a part of it, and what the file does not say.

use clap::Args;
use rheobase::analyse::Window;
use rheobase::data::{SpikeTrains, TrainOptions, read_trains};
use rheobase::models::neuron::Time;

use crate::arguments::FilePart;
use crate::failure::{Failure, Outcome};
use crate::terminal;
use crate::text::{grouped, short};

/// The help on files of spikes.
pub(crate) const HELP: &str = "Files of spikes:
  .npz  as `simulate -o` writes them, or with an array of dense spikes (`spikes`,
        FILE:NAME for another), or with `bits` (numpy.packbits, little bit order) and `shape`
  .npy  dense spikes: [time], [time, neuron] or [time, batch, neuron]; booleans, counts,
        or 0 and one height
  .csv  .tsv .txt: with the columns `neuron` and `step` or `time`, a line per spike (a whole
        `value` counts so many); otherwise
        a line per step and a column per neuron (a column `time`, `t` or `step` is none).
        Names or none, commas, semicolons or tabs, decimal commas where these do not separate
  Where nothing says how long a step is, times are counted in steps.
  Several spikes of a neuron at one time all count: a count in a step, a `value`, equal times.
  --from is included, --to is not, so that adjoining parts share no spike; only where the
  recording itself ends is its end included.";

/// A recording and which part of it.
#[derive(Args)]
pub(crate) struct Recording {
    /// File of spikes (.npz, .npy, .csv); FILE:NAME for one array of several
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    #[command(flatten)]
    pub(crate) part: Part,
}

/// What the file does not say, and which part of it is meant.
#[derive(Args, Default)]
pub(crate) struct Part {
    /// Length of a step in seconds, where the file has none
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) dt: Option<f64>,
    /// Number of neurons, where a list of spikes does not name the silent ones
    #[arg(long, value_name = "N")]
    pub(crate) neurons: Option<usize>,
    /// Only this sample of a batch, from 0
    #[arg(long, value_name = "I")]
    pub(crate) sample: Option<usize>,
    /// Only from this time on
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) from: Option<f64>,
    /// Only before this time [default: the end of the file's last step, or its last spike]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) to: Option<f64>,
    /// Make one spike of several at one time, for measures that need strictly ascending times
    #[arg(long)]
    pub(crate) merge_equal: bool,
}

impl Recording {
    /// The spike trains.
    pub(crate) fn read(&self) -> Outcome<SpikeTrains> {
        self.part.read(&file_part(&self.file)?)
    }
}

impl Part {
    pub(crate) fn read(&self, file: &FilePart) -> Outcome<SpikeTrains> {
        let options = TrainOptions { dt: self.dt, array: file.part.clone(), neurons: self.neurons };
        let mut trains = read_trains(&file.path, &options)?;
        if let Some(sample) = self.sample {
            trains = trains.sample(sample)?;
        }
        if self.from.is_some() || self.to.is_some() {
            let (start, end) = trains.window;
            let (from, to) = (self.from.unwrap_or(start), self.to.unwrap_or(end));
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
        Ok(trains)
    }
}

/// `text` as FILE or FILE:NAME.
pub(crate) fn file_part(text: &str) -> Outcome<FilePart> {
    FilePart::parse(text).ok_or_else(|| {
        Failure::bad(format!("{text}: must end in .npz, .npy, .csv, .tsv or .txt, or in .npz:NAME"))
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
    of_steps(trains, wanted)
}

/// A width of bins for a curve over the whole recording.
pub(crate) fn drawn_bin(trains: &SpikeTrains) -> f64 {
    of_steps(trains, (trains.window.1 - trains.window.0) / 80.0)
}

/// `wanted` in whole steps; without steps, a part of the recording.
fn of_steps(trains: &SpikeTrains, wanted: f64) -> f64 {
    let length = trains.window.1 - trains.window.0;
    match trains.dt {
        Some(dt) => (wanted / dt).round().clamp(1.0, (length / dt).floor().max(1.0)) * dt,
        None => length / (length / wanted).round().max(1.0),
    }
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
