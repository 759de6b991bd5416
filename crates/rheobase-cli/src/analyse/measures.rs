//! Measures of single trains and of the whole population, for `analyse`: numbers, intervals, text and JSON.

use rheobase::analyse::{
    BurstRule, Interval, Kernel, PUBLISHED_REFRACTORINESS, bin_counts, bootstrap_interval, bursts,
    fano_factor, isi_statistics, mean_rate, population_rate, revised_local_variation, spike_sync_of_all,
    spike_synchrony,
};
use rheobase::data::SpikeTrains;
use rheobase::models::neuron::Time;
use serde_json::{Map, Value, json};

use crate::analyse::recording::{by_clock, slow_bin, strictly_ascending, units, whole_bins};
use crate::failure::{Failure, Outcome};
use crate::text::short;

/// What the measures need besides the trains.
pub(crate) struct Settings {
    /// Probability that intervals cover.
    pub(crate) level: f64,
    /// Width of bins, where the user gave one.
    pub(crate) bin: Option<f64>,
    /// Trains that measures of pairs take, at most.
    pub(crate) trains: usize,
    /// Time scale of the distances.
    pub(crate) tau: f64,
    /// Cost of moving a spike.
    pub(crate) cost: f64,
    /// Longest lag.
    pub(crate) max_lag: Option<f64>,
    /// The two trains of a cross-correlogram.
    pub(crate) pair: Option<(usize, usize)>,
    /// Refractoriness constant of LvR.
    pub(crate) refractoriness: f64,
    /// What makes a burst.
    pub(crate) bursts: BurstRule,
    /// The shortest interval that a neuron can have.
    pub(crate) refractory: f64,
    /// How rates are smoothed: kernel, time scale, step.
    pub(crate) kernel: Option<Kernel>,
    pub(crate) smoothing: Option<f64>,
    pub(crate) step: Option<f64>,
    /// Times of stimuli, and the span around each.
    pub(crate) at: Vec<f64>,
    pub(crate) around: Option<(f64, f64)>,
}

impl Settings {
    /// Those of times in seconds, or in steps, which count as milliseconds; measures of pairs take so many trains.
    pub(crate) fn usual(clock: Time, trains: usize) -> Self {
        let tau = by_clock(clock, 0.02, 20.0);
        Settings {
            level: 0.95,
            bin: None,
            trains,
            tau,
            cost: 1.0 / tau,
            max_lag: None,
            pair: None,
            refractoriness: by_clock(clock, PUBLISHED_REFRACTORINESS, 5.0),
            bursts: usual_bursts(clock),
            refractory: by_clock(clock, 0.002, 2.0),
            kernel: None,
            smoothing: None,
            step: None,
            at: Vec::new(),
            around: None,
        }
    }
}

/// What is found: columns with a cell per train, lines about all of them, and everything as JSON.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) columns: Vec<(String, Vec<String>)>,
    pub(crate) lines: Vec<(String, String)>,
    pub(crate) json: Map<String, Value>,
    pub(crate) tables: Vec<Numbers>,
}

/// A table of other lines than one per train: of times, lags, pairs.
pub(crate) struct Numbers {
    head: Vec<String>,
    /// What each line is called; empty where lines have no names.
    labels: Vec<String>,
    pub(crate) columns: Vec<Vec<f64>>,
}

impl Numbers {
    /// Its lines, the head first; numbers in full, and nothing where they are not defined.
    pub(crate) fn lines(&self) -> Vec<Vec<String>> {
        let cell = |value: f64| if value.is_nan() { String::new() } else { value.to_string() };
        let rows = self.columns.iter().map(Vec::len).min().unwrap_or(0);
        let row = |i: usize| {
            let label = self.labels.get(i).cloned().into_iter();
            label.chain(self.columns.iter().map(|values| cell(values[i]))).collect()
        };
        std::iter::once(self.head.clone()).chain((0..rows).map(row)).collect()
    }
}

impl Findings {
    /// Adds a measure of each train: its column, its mean over the trains, and its JSON with further parts.
    pub(crate) fn per_train(
        &mut self,
        key: &str,
        (name, unit): (&str, &str),
        values: &[Option<f64>],
        level: f64,
        parts: &Value,
    ) -> Outcome<()> {
        self.column(&with_unit(name, unit), values);
        let over = Spread::of(values, level)?;
        self.lines.push((name.to_lowercase(), over.text(unit, level)));
        let mut found = json!({ "unit": unit, "trains": values, "over_trains": over.json() });
        if let (Value::Object(found), Value::Object(parts)) = (&mut found, parts) {
            found.extend(parts.clone());
        }
        self.json.insert(key.into(), found);
        Ok(())
    }

    pub(crate) fn column(&mut self, head: &str, values: &[Option<f64>]) {
        let cells = values.iter().map(|v| v.map_or("-".into(), short)).collect();
        self.columns.push((head.into(), cells));
    }

    pub(crate) fn line(&mut self, name: &str, text: String) {
        self.lines.push((name.into(), text));
    }

    /// Adds a table of these columns.
    pub(crate) fn table(&mut self, columns: impl IntoIterator<Item = (impl Into<String>, Vec<f64>)>) {
        let (head, columns) = columns.into_iter().map(|(name, values)| (name.into(), values)).unzip();
        self.tables.push(Numbers { head, labels: Vec::new(), columns });
    }

    /// Adds the table of a measure of all pairs of the first trains, so many.
    pub(crate) fn matrix(&mut self, trains: &SpikeTrains, taken: usize, values: &[f64]) {
        let labels: Vec<String> = (0..taken).map(|train| trains.label(train)).collect();
        let head = std::iter::once("train".to_string()).chain(labels.iter().cloned()).collect();
        let column = |j: usize| (0..taken).map(|i| values[i * taken + j]).collect();
        self.tables.push(Numbers { head, labels, columns: (0..taken).map(column).collect() });
    }
}

pub(crate) fn with_unit(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.into() } else { format!("{name} ({unit})") }
}

/// The lower and the upper ends of intervals.
pub(crate) fn limits(intervals: &[Interval]) -> [Vec<f64>; 2] {
    [intervals.iter().map(|i| i.low).collect(), intervals.iter().map(|i| i.high).collect()]
}

pub(crate) fn interval_json(i: Interval) -> Value {
    json!([i.low, i.high])
}

/// How a number differs between trains.
pub(crate) struct Spread {
    defined: usize,
    mean: Option<f64>,
    /// Bootstrap interval of the mean.
    interval: Option<Interval>,
    range: Option<(f64, f64)>,
}

impl Spread {
    /// Of the values that are defined.
    pub(crate) fn of(values: &[Option<f64>], level: f64) -> Outcome<Self> {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        let n = known.len();
        if n == 0 {
            return Ok(Spread { defined: 0, mean: None, interval: None, range: None });
        }
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let replicates = (20_000_000 / n).clamp(100, 2000);
        let interval = match n {
            1 => None,
            _ => Some(bootstrap_interval(&known, mean, replicates, level, 1)?),
        };
        let low = known.iter().copied().fold(f64::INFINITY, f64::min);
        let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Ok(Spread { defined: n, mean: Some(mean(&known)), interval, range: Some((low, high)) })
    }

    fn json(&self) -> Value {
        json!({
            "defined": self.defined,
            "mean": self.mean,
            "mean_interval": self.interval.map(interval_json),
            "min": self.range.map(|r| r.0),
            "max": self.range.map(|r| r.1),
        })
    }

    fn text(&self, unit: &str, level: f64) -> String {
        let (Some(mean), Some((low, high))) = (self.mean, self.range) else {
            return "not defined for any train".into();
        };
        let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        match self.interval {
            None => format!("{}{unit}", short(mean)),
            Some(i) => format!(
                "mean {}{unit} ({} % interval {} to {}), lowest {}, highest {}, {} trains",
                short(mean),
                short(100.0 * level),
                short(i.low),
                short(i.high),
                short(low),
                short(high),
                self.defined
            ),
        }
    }
}

/// What is measured unless something else is asked for. What these trains do not define is left out, and said.
pub(crate) fn usual(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    rate(trains, set, found)?;
    match strictly_ascending(trains, "isi") {
        Ok(()) => isi(trains, set, found)?,
        Err(why) => left_out(found, "isi", why)?,
    }
    fano(trains, set, found)?;
    synchrony(trains, set, found)
}

/// Mean rates with their exact intervals for Poisson spikes.
pub(crate) fn rate(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    let each = trains.times.iter().enumerate();
    let all: Vec<(f64, Interval)> =
        each.map(|(i, t)| mean_rate(t, trains.whole_of(i), set.level)).collect::<Result<_, _>>()?;
    let values: Vec<Option<f64>> = all.iter().map(|(rate, _)| Some(*rate)).collect();
    let intervals: Vec<Value> = all.iter().map(|(_, i)| interval_json(*i)).collect();
    let unit = units(trains.clock).1;
    found.per_train(
        "rate",
        ("RATE", unit),
        &values,
        set.level,
        &json!({ "poisson_intervals": intervals }),
    )?;
    let cells = all.iter().map(|(_, i)| format!("{} to {}", short(i.low), short(i.high))).collect();
    found.columns.push((format!("{} %", short(100.0 * set.level)), cells));
    if trains.values.iter().any(|v| !v.is_empty()) {
        let sent = (0..trains.times.len()).map(|i| Some(trains.output(i) / trains.whole_of(i).length()));
        found.per_train("output", ("OUTPUT", unit), &sent.collect::<Vec<_>>(), set.level, &Value::Null)?;
    }
    Ok(())
}

/// Statistics of the intervals between spikes.
pub(crate) fn isi(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    strictly_ascending(trains, "isi")?;
    let all = trains.times.iter().map(|t| isi_statistics(t)).collect::<Result<Vec<_>, _>>()?;
    let refractoriness = set.refractoriness;
    let revised = match refractoriness == PUBLISHED_REFRACTORINESS {
        true => all.iter().map(|s| s.lvr).collect(),
        false => {
            let each = trains.times.iter().map(|t| revised_local_variation(t, refractoriness));
            each.collect::<Result<Vec<_>, _>>()?
        }
    };
    let unit = units(trains.clock).0;
    let columns = [
        ("isi_mean", "ISI", unit, all.iter().map(|s| s.mean).collect::<Vec<_>>()),
        ("cv", "CV", "", all.iter().map(|s| s.cv).collect()),
        ("cv2", "CV2", "", all.iter().map(|s| s.cv2).collect()),
        ("lv", "LV", "", all.iter().map(|s| s.lv).collect()),
    ];
    columns.iter().try_for_each(|(key, name, unit, values)| {
        found.per_train(key, (name, unit), values, set.level, &Value::Null)
    })?;
    let parts = json!({ "refractoriness": refractoriness });
    found.per_train("lvr", ("LvR", ""), &revised, set.level, &parts)
}

/// Says that a measure was left out, and why.
pub(crate) fn left_out(found: &mut Findings, key: &str, why: Failure) -> Outcome<()> {
    let Failure::Bad(why) = why else { return Err(why) };
    found.line("left out", why.clone());
    found.json.insert(key.into(), json!({ "left_out": why }));
    Ok(())
}

/// Fano factors of counts in bins, beside what a Poisson process gives.
pub(crate) fn fano(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    let bin = set.bin.unwrap_or_else(|| slow_bin(trains));
    let binned = whole_bins(trains, bin)?;
    let mut factors = Vec::with_capacity(binned.trains.len());
    let mut poisson = None;
    for train in &binned.trains {
        let fano = fano_factor(&bin_counts(train, binned.window, bin)?.counts, set.level)?;
        factors.push(fano.factor);
        poisson = fano.poisson;
    }
    let poisson_json = poisson.map(interval_json);
    let parts = json!({ "bin": bin, "remainder": binned.remainder, "poisson_range": poisson_json });
    found.per_train("fano", ("FANO", ""), &factors, set.level, &parts)?;
    let bins = binned.text();
    let text = poisson.map_or(bins.clone(), |i| {
        let outside = factors.iter().flatten().filter(|f| !(i.low..=i.high).contains(f)).count();
        let (low, high) = (short(i.low), short(i.high));
        format!("{bins}; {outside} trains outside {low} to {high}, where Poisson spikes have it")
    });
    found.line("", text);
    Ok(())
}

/// The rule of bursts for times in seconds, or in steps, which count as milliseconds.
pub(crate) fn usual_bursts(clock: Time) -> BurstRule {
    let rule = BurstRule::default();
    let ms = |x: f64| if clock == Time::Steps { (x * 1000.0).round() } else { x };
    BurstRule {
        max_begin: ms(rule.max_begin),
        max_within: ms(rule.max_within),
        min_between: ms(rule.min_between),
        min_duration: ms(rule.min_duration),
        ..rule
    }
}

/// Bursts by the max-interval rule.
pub(crate) fn burst(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    let rule = set.bursts;
    strictly_ascending(trains, "bursts")?;
    let (mut numbers, mut shares, mut list) = (Vec::new(), Vec::new(), Vec::new());
    for train in &trains.times {
        let all = bursts(train, &rule)?;
        let inside: usize = all.iter().map(|b| b.spikes()).sum();
        numbers.push(Some(all.len() as f64));
        shares.push((!train.is_empty()).then(|| inside as f64 / train.len() as f64));
        list.push(all.iter().map(|b| json!([b.start, b.end, b.spikes()])).collect::<Vec<_>>());
    }
    let limits = json!({
        "max_begin": rule.max_begin,
        "max_within": rule.max_within,
        "min_between": rule.min_between,
        "min_duration": rule.min_duration,
        "min_spikes": rule.min_spikes,
    });
    let parts = json!({ "start_end_spikes": list, "rule": limits });
    found.per_train("bursts", ("BURSTS", ""), &numbers, set.level, &parts)?;
    found.per_train("burst_share", ("IN BURSTS", ""), &shares, set.level, &Value::Null)?;
    let time = units(trains.clock).0;
    let [begin, within, between, duration] =
        [rule.max_begin, rule.max_within, rule.min_between, rule.min_duration].map(short);
    found.line(
        "",
        format!(
            "a burst begins with an interval of at most {begin} {time}, has none above {within} {time}, \
             {} spikes and {duration} {time} at least, and {between} {time} to the next",
            rule.min_spikes
        ),
    );
    Ok(())
}

/// The population's rate over time.
pub(crate) fn population(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    let bin = set.bin.unwrap_or_else(|| slow_bin(trains));
    let binned = whole_bins(trains, bin)?;
    let h = population_rate(&binned.trains, binned.window, bin, set.level)?;
    let starts: Vec<f64> = (0..h.rate.len()).map(|i| h.start + i as f64 * bin).collect();
    let peak =
        h.rate.iter().enumerate().fold((0, 0.0), |best, (i, r)| if *r > best.1 { (i, *r) } else { best });
    let (time, rate) = units(trains.clock);
    found.line(
        "population",
        format!(
            "highest rate {} {rate}, in the {} {time} from {} {time} on; {}",
            short(peak.1),
            short(bin),
            short(h.start + peak.0 as f64 * bin),
            binned.text()
        ),
    );
    let intervals: Vec<Value> = h.interval.iter().map(|i| interval_json(*i)).collect();
    let value = json!({ "bin": bin, "remainder": binned.remainder, "start": starts, "rate": h.rate, "poisson_intervals": intervals, "unit": rate });
    found.json.insert("population".into(), value);
    let [low, high] = limits(&h.interval);
    found.table([("start", starts), ("rate", h.rate), ("low", low), ("high", high)]);
    Ok(())
}

/// How much the population acts together.
pub(crate) fn synchrony(trains: &SpikeTrains, set: &Settings, found: &mut Findings) -> Outcome<()> {
    let bin = set.bin.unwrap_or_else(|| slow_bin(trains));
    let binned = whole_bins(trains, bin)?;
    let chi = spike_synchrony(&binned.trains, binned.window, bin)?.chi;
    let by_chance = 1.0 / (binned.trains.len() as f64).sqrt();
    found.line(
        "synchrony",
        format!(
            "chi {} in {} (independent neurons: about {})",
            chi.map_or("not defined".into(), short),
            binned.text(),
            short(by_chance)
        ),
    );
    let mut value = json!({ "chi": chi, "bin": bin, "remainder": binned.remainder });
    let taken = set.trains.min(trains.times.len());
    match strictly_ascending(trains, "SPIKE synchronisation") {
        Ok(()) => {
            let some = &trains.times[..taken];
            let sync = spike_sync_of_all(some, trains.window, set.max_lag.unwrap_or(f64::INFINITY))?;
            found.line("", format!("SPIKE synchronisation {} over {taken} trains", short(sync)));
            value["spike_sync"] = json!(sync);
            value["spike_sync_trains"] = json!(taken);
        }
        Err(why) => left_out(found, "spike_sync", why)?,
    }
    found.json.insert("synchrony".into(), value);
    Ok(())
}
