//! Measures over time and of single spikes for `analyse`: smoothed rates, PSTH, intervals that are too short, equal times.

use rheobase::analyse::{Kernel, Violations, align, psth as histogram, rates_kernel, violations as counted};
use rheobase::data::SpikeTrains;
use rheobase::models::neuron::Time;
use serde_json::{Value, json};

use crate::analyse::measures::{Findings, Settings, interval_json, limits};
use crate::analyse::recording::{by_clock, units};
use crate::failure::{Failure, Outcome};
use crate::text::{grouped, short};

/// Numbers of smoothed rates, at most.
const MOST: usize = 20_000_000;

/// Intervals between spikes that are shorter than the refractory period, and spikes at one time.
pub(crate) fn violations(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    let limit = set.refractory;
    let all = trains.times.iter().map(|t| counted(t, limit)).collect::<Result<Vec<_>, _>>();
    let all = all.map_err(|e| Failure::bad(format!("--refractory: {e}")))?;
    let short_ones: Vec<usize> = all.iter().map(|v| v.violations).collect();
    let equal: Vec<usize> = all.iter().map(|v| v.duplicates).collect();
    let intervals: Vec<usize> = all.iter().map(|v| v.intervals).collect();
    let shares: Vec<Option<f64>> = all.iter().map(Violations::share).collect();
    let share = |n: usize, i: usize| (i > 0).then(|| n as f64 / i as f64);
    let numbers = |all: &[usize]| all.iter().map(|n| Some(*n as f64)).collect::<Vec<_>>();
    found.column("VIOLATIONS", &numbers(&short_ones));
    found.column("SHARE", &shares);
    found.column("DUPLICATES", &numbers(&equal));
    let [bad, twice, all] = [&short_ones, &equal, &intervals].map(|v| v.iter().sum::<usize>());
    let time = units(trains.clock).0;
    found.line(
        "violations",
        format!(
            "{} of {} intervals are shorter than {} {time}{}",
            grouped(bad as u64),
            grouped(all as u64),
            short(limit),
            share(bad, all).map_or(String::new(), |s| format!(" ({} %)", short(100.0 * s)))
        ),
    );
    found.line("duplicates", format!("{} spikes are at the time of the one before", grouped(twice as u64)));
    let value = json!({ "refractory": limit, "violations": short_ones, "shares": shares, "duplicates": equal, "intervals": intervals });
    found.json.insert("violations".into(), value);
    Ok(())
}

/// Rates of every train, smoothed by a kernel, at every step.
pub(crate) fn smooth(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    let smooth = Smooth::new(trains, set)?;
    let samples = smooth.times.len();
    let all = samples.saturating_mul(trains.times.len());
    if all > MOST {
        return Err(Failure::bad(format!(
            "--measure smooth: {} trains of {samples} steps are more than {MOST} numbers; take fewer with --from and --to, or a longer --step",
            trains.times.len()
        )));
    }
    let rates = trains.times.iter().map(|t| smooth.rate(t)).collect::<Outcome<Vec<_>>>()?;
    let highest: Vec<Option<f64>> = rates.iter().map(|r| r.iter().copied().reduce(f64::max)).collect();
    let (time, unit) = units(trains.clock);
    let parts =
        json!({ "kernel": name_of(smooth.kernel), "tau": smooth.tau, "times": smooth.times, "rates": rates });
    found.per_train("smooth", ("HIGHEST RATE", unit), &highest, set.level, &parts)?;
    found.line("", format!("{}, every {} {time}", smooth.words(trains.clock), short(smooth.step)));
    let columns = rates.into_iter().enumerate().map(|(i, rates)| (trains.label(i), rates));
    found.table(std::iter::once(("time".to_string(), smooth.times)).chain(columns));
    Ok(())
}

fn name_of(kernel: Kernel) -> &'static str {
    let all = Kernel::NAMES.iter().chain(&Kernel::PUBLISHED);
    all.into_iter().find(|(_, k)| *k == kernel).map_or("", |(name, _)| *name)
}

/// How trains become smooth rates.
pub(crate) struct Smooth {
    pub(crate) times: Vec<f64>,
    pub(crate) kernel: Kernel,
    pub(crate) tau: f64,
    step: f64,
    start: f64,
}

impl Smooth {
    pub(crate) fn new(trains: &SpikeTrains, set: &Settings) -> Outcome<Self> {
        let (start, end) = trains.window;
        let tau = set.smoothing.unwrap_or_else(|| by_clock(trains.clock, 0.04, 40.0));
        // Steps of the recording, or so fine that the kernel is smooth.
        let step = set.step.or(trains.dt).unwrap_or(tau / 20.0);
        let samples = ((end - start) / step).round();
        if !(tau > 0.0 && step > 0.0 && (2.0..1e8).contains(&samples)) {
            return Err(Failure::bad(format!(
                "--tau {tau}: must be above 0, and the recording 2 to 1e8 steps long (it has {samples})"
            )));
        }
        let times = (0..samples as usize).map(|i| start + i as f64 * step).collect();
        Ok(Smooth { times, kernel: set.kernel.unwrap_or(Kernel::Gauss), tau, step, start })
    }

    /// The kernel and its width, as pictures and tables say them.
    pub(crate) fn words(&self, clock: Time) -> String {
        format!("kernel {}, tau {} {}", name_of(self.kernel), short(self.tau), units(clock).0)
    }

    /// The rate of a train at every step.
    pub(crate) fn rate(&self, train: &[f64]) -> Outcome<Vec<f64>> {
        let samples = self.times.len();
        let mut spikes = vec![0.0; samples];
        for t in train {
            spikes[(((t - self.start) / self.step + 1e-6) as usize).min(samples - 1)] += 1.0 / self.step;
        }
        Ok(rates_kernel(&self.times, &spikes, 1, self.kernel, self.tau)?)
    }
}

/// Rates around the stimuli, over all trains and stimuli: the peristimulus time histogram.
pub(crate) fn psth(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    if set.at.is_empty() {
        return Err(Failure::bad("--measure psth: needs the times of the stimuli, such as --at 0.5,1.5,2.5"));
    }
    let window = set.around.unwrap_or_else(|| {
        let reach = by_clock(trains.clock, 0.1, 100.0);
        (-reach, 2.0 * reach)
    });
    let (start, end) = trains.window;
    if let Some(at) = set.at.iter().find(|t| !(start <= **t + window.0 && **t + window.1 <= end)) {
        return Err(Failure::bad(format!(
            "--at {at}: from {} before to {} after it is not all within the recording, {start} to {end}; leave it out, or set --around",
            -window.0, window.1
        )));
    }
    let bin = set.bin.unwrap_or_else(|| (window.1 - window.0) / 30.0);
    let mut trials: Vec<Vec<f64>> = Vec::new();
    for train in &trains.times {
        trials.extend(align(train, &set.at, window)?);
    }
    let h = histogram(&trials, window, bin, set.level)?;
    let (time, unit) = units(trains.clock);
    let starts: Vec<f64> = (0..h.rate.len()).map(|i| h.start + i as f64 * bin).collect();
    let peak =
        h.rate.iter().enumerate().fold((0, 0.0), |best, (i, r)| if *r > best.1 { (i, *r) } else { best });
    found.line(
        "psth",
        format!(
            "highest rate {} {unit}, {} to {} {time} after the stimulus; {} stimuli, {} trains, bins of {} {time}",
            short(peak.1),
            short(h.start + peak.0 as f64 * bin),
            short(h.start + (peak.0 + 1) as f64 * bin),
            set.at.len(),
            trains.times.len(),
            short(bin)
        ),
    );
    let intervals: Vec<Value> = h.interval.iter().map(|i| interval_json(*i)).collect();
    let [low, high] = limits(&h.interval);
    let value = json!({ "at": set.at, "bin": bin, "start": starts, "rate": h.rate, "poisson_intervals": intervals, "unit": unit });
    found.json.insert("psth".into(), value);
    found.table([("start", starts), ("rate", h.rate), ("low", low), ("high", high)]);
    Ok(())
}
