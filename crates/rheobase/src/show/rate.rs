//! The rate of a population over time.

use rheobase_analyse as analyse;
use rheobase_base::Result;
use rheobase_draw::{Figure, Raster, Rates, short};
use rheobase_models::neuron::Time;
use rheobase_signals::{SpikeTrains, Window};

/// Bins of a curve over the whole recording.
const BINS: f64 = 80.0;

/// Spikes of a population, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Spikes<'a> {
    /// When each mark of a raster is.
    pub times: &'a [f64],
    /// In which neuron.
    pub neurons: &'a [u32],
    /// How many spikes each stands for; without it, one.
    pub counts: Option<&'a [u64]>,
    /// How many neurons there are.
    pub count: usize,
    /// The recording.
    pub window: Window,
    /// Length of a step, where there are steps.
    pub dt: Option<f64>,
    /// What times are counted in.
    pub clock: Time,
}

impl<'a> Spikes<'a> {
    /// What is known of the recording of these trains, and none of their spikes.
    pub(super) fn none_of(trains: &SpikeTrains) -> Self {
        Spikes {
            times: &[],
            neurons: &[],
            counts: None,
            count: trains.times.len(),
            window: trains.whole(),
            dt: trains.dt,
            clock: trains.clock,
        }
    }
}

/// The mean rate of trains in bins, as [`PopulationRate`].
///
/// # Errors
/// Those of [`PopulationRate::new`]; no trains.
pub fn population_rate(trains: &SpikeTrains, bin: Option<f64>, level: f64) -> Result<Figure> {
    let (times, neurons) = trains.flat();
    let spikes = Spikes { times: &times, neurons: &neurons, ..Spikes::none_of(trains) };
    PopulationRate::new(&spikes, &[], bin, level)?.rates().figure()
}

/// The rate of a population's average neuron in bins, with its interval for Poisson spikes; where there are groups, of each.
pub struct PopulationRate {
    times: Vec<f64>,
    curves: Vec<Curve>,
    clock: Time,
}

/// One of its curves.
struct Curve {
    name: String,
    rate: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl PopulationRate {
    /// The rate of `spikes` in bins of this width (without one, an eightieth of the recording, in whole steps), with its interval
    /// at `level`. A group is a name and its first neuron.
    ///
    /// # Errors
    /// A width that is not above 0 or longer than the recording; a level not between 0 and 1; groups out of order.
    pub fn new(spikes: &Spikes<'_>, groups: &[(String, u32)], bin: Option<f64>, level: f64) -> Result<Self> {
        let window = spikes.window;
        // Groups as a raster has them.
        let raster = Raster::new(&[], &[], spikes.count).window(window);
        groups.iter().fold(raster, |raster, (name, first)| raster.group(name, *first)).panel()?;
        let bin = bin.unwrap_or_else(|| window.bin(window.length() / BINS, spikes.dt));
        let firsts: Vec<u32> = groups.iter().map(|g| g.1).collect();
        // The spikes of a group's neurons as those of one, in order.
        let mut pooled = vec![Vec::new(); groups.len().max(1)];
        for (i, (time, neuron)) in spikes.times.iter().zip(spikes.neurons).enumerate() {
            let group = firsts.partition_point(|first| first <= neuron).saturating_sub(1);
            let count = spikes.counts.map_or(1, |counts| counts[i]);
            pooled[group].extend((0..count).map(|_| *time));
        }
        let mut rate = PopulationRate { times: Vec::new(), curves: Vec::new(), clock: spikes.clock };
        for (group, times) in pooled.iter_mut().enumerate() {
            times.sort_by(f64::total_cmp);
            let first = firsts.get(group).map_or(0, |first| *first as usize);
            let neurons = firsts.get(group + 1).map_or(spikes.count, |next| *next as usize) - first;
            let found = analyse::population_rate(&[&*times], window, bin, level)?;
            let each = |sum: f64| sum / neurons as f64;
            let mut name = match neurons {
                1 => "1 neuron".to_string(),
                n => format!("mean of {n} neurons"),
            };
            if let Some((group, _)) = groups.get(group) {
                name = format!("{group}: {name}");
            }
            if group == 0 {
                name += &format!(", bins of {}", length(bin, spikes.clock));
                if found.remainder > 0.0 {
                    name += &format!(", the last {} left out", length(found.remainder, spikes.clock));
                }
                let end = found.start + found.rate.len() as f64 * bin;
                let middles = (0..found.rate.len()).map(|i| found.start + (i as f64 + 0.5) * bin);
                // The first and the last rate hold up to the ends of the bins.
                rate.times = [found.start].into_iter().chain(middles).chain([end]).collect();
            }
            rate.curves.push(Curve {
                name,
                rate: to_the_ends(found.rate.iter().copied().map(each)),
                low: to_the_ends(found.interval.iter().map(|i| each(i.low))),
                high: to_the_ends(found.interval.iter().map(|i| each(i.high))),
            });
        }
        Ok(rate)
    }

    /// Its picture.
    pub fn rates(&self) -> Rates<'_> {
        let rates = Rates::new(&self.times).clock(self.clock);
        self.curves.iter().fold(rates, |rates, c| rates.rate_with_band(&c.name, &c.rate, &c.low, &c.high))
    }
}

/// The values with the first and the last of them twice.
fn to_the_ends(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.extend(values.last().copied());
    values.splice(0..0, values.first().copied());
    values
}

/// A length of time for reading.
fn length(time: f64, clock: Time) -> String {
    match clock {
        Time::Seconds if time < 1.0 => format!("{} ms", short(1e3 * time)),
        Time::Seconds => format!("{} s", short(time)),
        Time::Steps => format!("{} steps", short(time)),
    }
}
