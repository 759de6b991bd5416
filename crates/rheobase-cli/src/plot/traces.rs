//! `plot traces`: states over time, from an archive, an array or a table.

use std::ops::RangeInclusive;

use rheobase::data::{Array, NonFinite, NpzReader, Table, read_csv, read_npy};
use rheobase::draw::{Figure, Traces};
use rheobase::models::neuron::Time;
use rheobase::{Catalog, Error};

use crate::analyse::recording::Part;
use crate::arguments::FilePart;
use crate::failure::{Failure, Outcome};
use crate::plot::some_of;

/// Curves in a panel, where nothing says which.
const DRAWN: usize = 6;
/// Panels at most.
const PANELS: usize = 8;

/// A quantity over time: its name and unit, and a curve per neuron.
struct Quantity {
    name: String,
    unit: String,
    times: Vec<f64>,
    curves: Vec<Curve>,
    /// How many curves there were before some were left out.
    all: usize,
}

/// What one neuron has of it, and when that neuron fired.
#[derive(Default)]
struct Curve {
    name: String,
    values: Vec<f64>,
    spikes: Vec<f64>,
}

/// Everything in the file that goes over time, a panel each; its curves one above another, unless they are to lie over one another.
pub(crate) fn traces(file: &FilePart, part: &Part, only: &[usize], overlay: bool) -> Outcome<Figure> {
    let ending = file.path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let (clock, mut all) = match ending.as_deref() {
        Some("npz") => from_npz(file, part)?,
        Some("npy") => {
            let (clock, dt) = pace(part.dt);
            (clock, vec![quantity(file, "value", &read_npy(&file.path)?, 1, dt, part.sample)?])
        }
        _ => from_table(&read_csv(&file.path, NonFinite::Refuse)?, part, &file.path.display().to_string())?,
    };
    all.truncate(PANELS);
    let count = all.iter().map(|q| q.curves.len()).max().unwrap_or(0);
    if let Some(i) = only.iter().find(|i| **i >= count) {
        return Err(Failure::bad(format!("--only {i}: neurons are 0 to {}", count.saturating_sub(1))));
    }
    let (from, to) = part.range(clock)?;
    let range = from.unwrap_or(f64::NEG_INFINITY)..=to.unwrap_or(f64::INFINITY);
    all.iter_mut().for_each(|q| q.cut(&range, only));
    if let Some(q) = all.iter().find(|q| q.times.is_empty()) {
        return Err(Failure::bad(format!("--from, --to: nothing of `{}` lies between", q.name)));
    }
    let drawn = |q: &Quantity| {
        let traces = q.traces(clock);
        if overlay { traces.panel() } else { traces.offset().panel() }
    };
    let panels = all.iter().map(drawn).collect::<Result<Vec<_>, _>>()?;
    if panels.is_empty() {
        return Err(Failure::bad(format!(
            "{}: holds nothing over time; name an array of shape [time, batch, neuron] with FILE:NAME",
            file.path.display()
        )));
    }
    Ok(Figure::stack(panels)?)
}

impl Quantity {
    /// Leaves what is asked for.
    fn cut(&mut self, range: &RangeInclusive<f64>, only: &[usize]) {
        let mut i = 0;
        let count = self.curves.len();
        self.all = count;
        self.curves.retain(|_| {
            i += 1;
            // A quantity with a single curve belongs to every neuron.
            if only.is_empty() { i <= DRAWN } else { only.contains(&(i - 1)) || count == 1 }
        });
        let kept: Vec<bool> = self.times.iter().map(|t| range.contains(t)).collect();
        let keep = |values: &mut Vec<f64>| {
            let mut flags = kept.iter();
            values.retain(|_| flags.next().copied().unwrap_or(false));
        };
        keep(&mut self.times);
        self.curves.iter_mut().for_each(|c| keep(&mut c.values));
    }

    fn traces(&self, clock: Time) -> Traces<'_> {
        let title = some_of(self.curves.len(), self.all, "neurons");
        let traces = Traces::new(&self.times, &self.name, &self.unit).clock(clock).title(title);
        self.curves
            .iter()
            .fold(traces, |traces, c| traces.trace_with_spikes(&c.name, &c.values, &c.spikes[..]))
    }
}

fn pace(dt: Option<f64>) -> (Time, f64) {
    dt.map_or((Time::Steps, 1.0), |dt| (Time::Seconds, dt))
}

/// The probes of a simulation, or the array asked for.
fn from_npz(file: &FilePart, part: &Part) -> Outcome<(Time, Vec<Quantity>)> {
    let mut reader = NpzReader::open(&file.path)?;
    let names: Vec<String> = reader.names().map(String::from).collect();
    let has = |name: &str| names.iter().any(|n| n == name);
    let meta = if has("meta") { reader.read("meta")?.as_text().map(String::from) } else { None };
    let model = meta
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        .and_then(|meta| Catalog::standard().get(meta.get("model")?.as_str()?).ok());
    let file_dt = if has("dt") { reader.read("dt")?.to_f64()?.first().copied() } else { None };
    let (clock, dt) = match &model {
        Some(m) if m.info().time == Time::Steps && part.dt.is_none() => (Time::Steps, file_dt.unwrap_or(1.0)),
        Some(m) if m.info().time == Time::Steps => (Time::Seconds, part.dt.unwrap_or(1.0)),
        _ => pace(file_dt.or(part.dt)),
    };
    let chosen: Vec<String> = match &file.part {
        Some(name) if has(name) => vec![name.clone()],
        Some(name) if has(&format!("probe_{name}")) => vec![format!("probe_{name}")],
        Some(name) => {
            let place = file.path.display().to_string();
            return Err(Error::unknown(place, "array", name, names.iter().map(String::as_str)).into());
        }
        None => names.iter().filter(|n| has(&format!("{n}_every")) || *n == "output").cloned().collect(),
    };
    if chosen.is_empty() {
        let list = names.join("`, `");
        return Err(Failure::bad(format!(
            "{}: has no probes (`simulate --probe NAME` records them); name an array with FILE:NAME: `{list}`",
            file.path.display()
        )));
    }
    let mut all = Vec::new();
    for array in &chosen {
        let every = format!("{array}_every");
        let every = if has(&every) { reader.read(&every)?.to_f64()?.first().copied() } else { None };
        let every = every.filter(|n| *n >= 1.0).unwrap_or(1.0) as usize;
        let name = array.strip_prefix("probe_").unwrap_or(array);
        let mut q = quantity(file, name, &reader.read(array)?, every, dt, part.sample)?;
        let field = model.as_ref().and_then(|m| m.state().iter().find(|f| f.name == name).map(|f| f.unit));
        let input = model.as_ref().filter(|_| name == "input").map(|m| m.info().input_unit);
        q.unit = field.or(input).filter(|u| *u != "1").unwrap_or_default().into();
        all.push(q);
    }
    if has("events") && has("shape") {
        let shape = reader.read("shape")?.to_f64()?;
        let offsets = if has("offset") { reader.read("offset")?.to_f64()? } else { Vec::new() };
        mark_spikes(&mut all, &reader.read("events")?.to_f64()?, &offsets, shape.get(2), dt, part.sample);
    }
    Ok((clock, all))
}

/// Gives the spikes of `events`, [step, batch, neuron] each, to the curves of quantities that have one for every neuron.
fn mark_spikes(
    all: &mut [Quantity],
    events: &[f64],
    offsets: &[f64],
    neurons: Option<&f64>,
    dt: f64,
    sample: Option<usize>,
) {
    let own = all.iter_mut().filter(|q| neurons == Some(&(q.curves.len() as f64)));
    let sample = sample.unwrap_or(0) as f64;
    let mut fired: Vec<Vec<f64>> = vec![Vec::new(); neurons.map_or(0, |n| *n as usize)];
    for (i, event) in events.chunks_exact(3).enumerate().filter(|(_, e)| e[1] == sample) {
        if let Some(times) = fired.get_mut(event[2] as usize) {
            times.push(event[0] * dt + offsets.get(i).copied().unwrap_or(0.0));
        }
    }
    for q in own {
        q.curves.iter_mut().zip(&fired).for_each(|(curve, times)| curve.spikes.clone_from(times));
    }
}

/// The curves in an array [time], [time, neuron] or [time, batch, neuron]. Number i was taken after step (i + 1)·every - 1.
fn quantity(
    file: &FilePart,
    name: &str,
    array: &Array,
    every: usize,
    dt: f64,
    sample: Option<usize>,
) -> Outcome<Quantity> {
    let [rows, batch, neurons] = match *array.shape() {
        [t] => [t, 1, 1],
        [t, n] => [t, 1, n],
        [t, b, n] => [t, b, n],
        ref other => {
            return Err(Failure::bad(format!(
                "{}: `{name}` has shape {other:?}, but traces are [time], [time, neuron] or [time, batch, neuron]",
                file.path.display()
            )));
        }
    };
    let sample = sample.unwrap_or(0);
    if sample >= batch {
        return Err(Failure::bad(format!(
            "--sample {sample}: `{name}` has samples 0 to {}",
            batch.saturating_sub(1)
        )));
    }
    let values = array.to_f64()?;
    let place = |row: usize, neuron: usize| (row * batch + sample) * neurons + neuron;
    let curve = |n: usize| {
        let name = if neurons == 1 { String::new() } else { format!("neuron {n}") };
        Curve { name, values: (0..rows).map(|row| values[place(row, n)]).collect(), spikes: Vec::new() }
    };
    Ok(Quantity {
        name: name.into(),
        unit: String::new(),
        times: (0..rows).map(|i| ((i + 1).saturating_mul(every) - 1) as f64 * dt).collect(),
        curves: (0..neurons).map(curve).collect(),
        all: neurons,
    })
}

/// Columns `NAME[0]`, `NAME[1]`… are one quantity; every other column is one of its own.
fn from_table(table: &Table, part: &Part, place: &str) -> Outcome<(Time, Vec<Quantity>)> {
    let lower: Vec<String> = table.names.iter().map(|n| n.to_lowercase()).collect();
    let find = |names: &[&str]| lower.iter().position(|n| names.contains(&n.as_str()));
    let (time, step) = (find(&["time", "t"]), find(&["step"]));
    let column = |i: usize| &table.columns[i];
    let count: Vec<f64> = (0..table.rows()).map(|i| i as f64).collect();
    let steps = step.map_or(&count, column);
    let scaled = |dt: f64| steps.iter().map(|s| s * dt).collect();
    let (clock, times) = match (time, part.dt) {
        // Times that are the steps are counted in them.
        (Some(time), dt) if Some(column(time)) != step.map(column) => match dt {
            None => (Time::Seconds, column(time).clone()),
            Some(_) => {
                return Err(Failure::bad(format!("--dt: {place} has a column of times; leave it away")));
            }
        },
        (_, Some(dt)) => (Time::Seconds, scaled(dt)),
        (_, None) => (Time::Steps, steps.clone()),
    };
    let mut all: Vec<Quantity> = Vec::new();
    for (i, name) in table.names.iter().enumerate().filter(|(i, _)| Some(*i) != time && Some(*i) != step) {
        let (base, curve) = match name.split_once('[') {
            Some((base, number)) => (base, format!("neuron {}", number.trim_end_matches(']'))),
            None => (name.as_str(), String::new()),
        };
        // What left the neurons is not a state.
        if base == "spikes" && table.names.len() > 3 {
            continue;
        }
        let fired = table.find(&name.replacen(base, "spikes", 1)).unwrap_or_default();
        let spikes = times.iter().zip(fired).filter(|(_, n)| **n != 0.0).map(|(t, _)| *t).collect();
        let curve = Curve { name: curve, values: column(i).clone(), spikes };
        match all.iter_mut().find(|q| q.name == base) {
            Some(q) => q.curves.push(curve),
            None => all.push(Quantity {
                name: base.into(),
                unit: String::new(),
                times: times.clone(),
                curves: vec![curve],
                all: 1,
            }),
        }
    }
    for q in all.iter_mut().filter(|q| q.curves.len() == 1) {
        q.curves[0].name.clear();
    }
    Ok((clock, all))
}
