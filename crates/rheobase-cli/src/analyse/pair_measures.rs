//! Measures of pairs of trains for `analyse` and `plot`: correlograms, correlations, distances.

use rheobase::analyse::{
    Correlogram, Interval, Pairwise, auto_correlogram, count_correlation, cross_correlogram, fisher_interval,
    pairwise,
};
use rheobase::data::SpikeTrains;
use rheobase::models::neuron::Time;
use serde_json::{Value, json};

use crate::analyse::measures::{Findings, Settings, interval_json, limits};
use crate::analyse::recording::{by_clock, slow_bin, strictly_ascending, units, whole_bins};
use crate::failure::{Failure, Outcome};
use crate::text::short;

/// A correlogram and the names of its parts.
pub(crate) struct Lags {
    pub(crate) correlogram: Correlogram,
    pub(crate) bin: f64,
    /// Spikes that lags are counted from.
    pub(crate) spikes: usize,
    /// What was correlated.
    pub(crate) of: String,
}

/// The cross-correlogram of `set.pair`, or the autocorrelograms of the first trains added up.
pub(crate) fn lags(trains: &SpikeTrains, set: &Settings) -> Outcome<Lags> {
    let (start, end) = trains.window;
    // No finer than the steps that the spikes lie on, whose beats would show.
    let finest = trains.dt.unwrap_or(0.0);
    let bin = set.bin.unwrap_or_else(|| by_clock(trains.clock, 0.001, 1.0).max(finest).min(end - start));
    let wanted = set.max_lag.unwrap_or_else(|| by_clock(trains.clock, 0.1, 100.0).min(0.5 * (end - start)));
    let max_lag = if bin > 0.0 { (wanted / bin + 1e-6).floor() * bin } else { wanted };
    if let Some((a, b)) = set.pair {
        let (one, other) = (&trains.times[a], &trains.times[b]);
        let correlogram = match a == b {
            true => auto_correlogram(one, trains.window, bin, max_lag, set.level)?,
            false => cross_correlogram(one, other, trains.window, bin, max_lag, set.level)?,
        };
        let of = match a == b {
            true => format!("train {}", trains.label(a)),
            false => format!("train {} after train {}", trains.label(b), trains.label(a)),
        };
        let spikes = one.len();
        return Ok(Lags { correlogram, bin, spikes, of });
    }
    let taken = set.trains.min(trains.times.len());
    let mut sum: Option<Correlogram> = None;
    for train in &trains.times[..taken] {
        let one = auto_correlogram(train, trains.window, bin, max_lag, set.level)?;
        match &mut sum {
            None => sum = Some(one),
            Some(sum) => add(sum, &one),
        }
    }
    let mut correlogram = sum.ok_or_else(|| Failure::bad("--trains 0: must be at least 1"))?;
    // Sums of Poisson counts are Poisson counts: the range belongs to the sum of what is expected.
    let half = normal_half_width(set.level);
    for (range, mean) in correlogram.range.iter_mut().zip(&correlogram.expected) {
        if taken > 1 {
            let reach = half * mean.sqrt();
            *range = Interval { low: (mean - reach).max(0.0), high: mean + reach };
        }
    }
    let of = if taken == 1 {
        format!("train {}", trains.label(0))
    } else {
        let all = trains.times.len();
        let some = if taken < all { format!("{taken} of {all}") } else { taken.to_string() };
        format!("{some} trains, each with itself")
    };
    let spikes = trains.times[..taken].iter().map(Vec::len).sum();
    Ok(Lags { correlogram, bin, spikes, of })
}

/// How many standard deviations on either side of the mean hold `level` of a normal distribution: Fisher's interval of a
/// correlation of 0 with four samples ends there, before its hyperbolic tangent.
#[expect(clippy::disallowed_methods, reason = "a width for the eye")]
fn normal_half_width(level: f64) -> f64 {
    fisher_interval(0.0, 4, level).map_or(f64::INFINITY, |i| i.high.atanh())
}

fn add(sum: &mut Correlogram, one: &Correlogram) {
    sum.counts.iter_mut().zip(&one.counts).for_each(|(a, b)| *a += b);
    sum.expected.iter_mut().zip(&one.expected).for_each(|(a, b)| *a += b);
}

/// Whether this is, but for rounding, an even whole number.
fn is_even(x: f64) -> bool {
    let half = 0.5 * x;
    half >= 0.5 && (half - half.round()).abs() < 1e-6
}

/// The correlogram as a measure.
pub(crate) fn correlogram(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    let Lags { correlogram: c, bin, of, .. } = lags(trains, set)?;
    let outside = |i: &usize| !(c.range[*i].low..=c.range[*i].high).contains(&(c.counts[*i] as f64));
    let many = (0..c.counts.len()).filter(outside).count();
    let peak = (0..c.counts.len()).max_by_key(|i| c.counts[*i]).unwrap_or(0);
    let unit = units(trains.clock).0;
    let even = trains.dt.is_some_and(|dt| is_even(bin / dt));
    let uneven = if even { "; of an even number of steps, the one at lag 0 holds a lag less" } else { "" };
    found.line(
        "correlogram",
        format!(
            "{of}: most pairs at a lag of {} {unit} ({}, expected {}); {many} of {} bins of {} {unit} outside the {} % range{uneven}",
            short(c.lags[peak]),
            c.counts[peak],
            short(c.expected[peak]),
            c.counts.len(),
            short(bin),
            short(100.0 * set.level)
        ),
    );
    let range: Vec<Value> = c.range.iter().map(|i| interval_json(*i)).collect();
    let value = json!({ "of": of, "bin": bin, "lags": c.lags, "counts": c.counts, "expected": c.expected, "range": range });
    found.json.insert("correlogram".into(), value);
    let pairs: Vec<f64> = c.counts.iter().map(|n| *n as f64).collect();
    let [low, high] = limits(&c.range);
    found.table([("lag", c.lags), ("pairs", pairs), ("expected", c.expected), ("low", low), ("high", high)]);
    Ok(())
}

/// Correlations of spike counts.
pub(crate) fn correlation(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    let bin = set.bin.unwrap_or_else(|| slow_bin(trains));
    let binned = whole_bins(trains, bin)?;
    let taken = enough(set, binned.trains.len())?;
    let c = count_correlation(&binned.trains[..taken], binned.window, bin)?;
    let defined = |i: &(usize, usize)| !c.constant.contains(&i.0) && !c.constant.contains(&i.1);
    let values: Vec<f64> = pairs(taken).filter(defined).map(|(i, j)| c.matrix[i * taken + j]).collect();
    let mut text = spread(&values, taken, trains.times.len());
    let mut interval = None;
    if let [r] = values[..] {
        let i = fisher_interval(r, c.bins, set.level)?;
        text += &format!(" ({} % interval {} to {})", short(100.0 * set.level), short(i.low), short(i.high));
        interval = Some(interval_json(i));
    }
    found.line("correlation", format!("of counts in {}: {text}", binned.text()));
    let rows: Vec<&[f64]> = c.matrix.chunks(taken.max(1)).collect();
    let value = json!({
        "bin": bin, "remainder": binned.remainder, "trains": taken, "matrix": rows, "constant": c.constant,
        "fisher_interval": interval,
    });
    found.json.insert("correlation".into(), value);
    found.matrix(trains, taken, &c.matrix);
    Ok(())
}

/// A measure of all pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    VictorPurpura,
    VanRossum,
    Isi,
    Spike,
    SpikeSync,
    EventSync,
}

/// The matrix of a measure for the first trains.
pub(crate) struct Matrix {
    pub(crate) values: Vec<f64>,
    pub(crate) trains: usize,
    pub(crate) name: &'static str,
    key: &'static str,
    /// Its parameter, for reading.
    pub(crate) with: String,
}

pub(crate) fn matrix(trains: &SpikeTrains, kind: Kind, set: &Settings) -> Outcome<Matrix> {
    let taken = enough(set, trains.times.len())?;
    let (window, max_lag) = (trains.window, set.max_lag.unwrap_or(f64::INFINITY));
    let time = units(trains.clock).0;
    let per_time = match trains.clock {
        Time::Seconds => "/s",
        Time::Steps => " per step",
    };
    let lag = set.max_lag.map_or(String::new(), |lag| format!("lags up to {} {time}", short(lag)));
    let (measure, key, name, with) = match kind {
        Kind::VictorPurpura => (
            Pairwise::VictorPurpura { cost: set.cost },
            "victor_purpura",
            "Victor-Purpura distance",
            format!("cost {}{per_time}", short(set.cost)),
        ),
        Kind::VanRossum => (
            Pairwise::VanRossum { tau: set.tau },
            "van_rossum",
            "van Rossum distance",
            format!("tau {} {time}", short(set.tau)),
        ),
        Kind::Isi => (Pairwise::Isi { window }, "isi_distance", "ISI distance", String::new()),
        Kind::Spike => (Pairwise::Spike { window }, "spike_distance", "SPIKE distance", String::new()),
        Kind::SpikeSync => {
            (Pairwise::SpikeSync { window, max_lag }, "spike_sync", "SPIKE synchronisation", lag)
        }
        Kind::EventSync => (Pairwise::EventSync { max_lag }, "event_sync", "event synchronisation", lag),
    };
    if !matches!(kind, Kind::VictorPurpura | Kind::VanRossum) {
        strictly_ascending(trains, name)?;
    }
    Ok(Matrix { values: pairwise(&trains.times[..taken], measure)?, trains: taken, name, key, with })
}

/// The matrix as a measure.
pub(crate) fn distances(
    trains: &SpikeTrains,
    kind: Kind,
    set: &Settings,
    found: &mut Findings,
) -> Outcome<()> {
    let m = matrix(trains, kind, set)?;
    let values: Vec<f64> = pairs(m.trains).map(|(i, j)| m.values[i * m.trains + j]).collect();
    let with = if m.with.is_empty() { String::new() } else { format!("{}: ", m.with) };
    found.line(m.name, with + &spread(&values, m.trains, trains.times.len()));
    let rows: Vec<&[f64]> = m.values.chunks(m.trains.max(1)).collect();
    found.json.insert(m.key.into(), json!({ "trains": m.trains, "with": m.with, "matrix": rows }));
    found.matrix(trains, m.trains, &m.values);
    Ok(())
}

/// How many trains are paired: at least two.
fn enough(set: &Settings, trains: usize) -> Outcome<usize> {
    let taken = set.trains.min(trains);
    match taken {
        0 | 1 if set.trains < 2 => {
            Err(Failure::bad(format!("--trains {}: pairs need at least 2", set.trains)))
        }
        0 | 1 => Err(Failure::bad("--measure: this one compares trains, but the recording has only one")),
        _ => crate::memory::fits("--trains", taken.saturating_mul(taken), 24).map(|()| taken),
    }
}

fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
}

fn spread(values: &[f64], taken: usize, all: usize) -> String {
    if values.is_empty() {
        return "not defined for any pair".into();
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let of = if taken < all {
        format!(" of the first {taken} trains (of {all}; see --trains)")
    } else {
        String::new()
    };
    match values.len() {
        1 => format!("{}{of}", short(mean)),
        n => format!("mean {}, lowest {}, highest {}, {n} pairs{of}", short(mean), short(low), short(high)),
    }
}
