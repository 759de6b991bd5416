//! NumPy's npy and npz: arrays with and without names, records, and what Rheobase itself writes.

use std::path::Path;

use rheobase_models::neuron::Time;

use super::content::Content;
use super::field::Field;
use super::fields::{Fields, Source};
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::record;
use super::spike_list::{MOST_TRAINS, meant};
use super::unit::Unit;
use crate::array::Array;
use crate::npy::read_npy;
use crate::npz::NpzReader;
use rheobase_base::Error;
use rheobase_signals::SpikeTrains;
use rheobase_signals::SpikeValues;
use rheobase_signals::trains::numbers;

/// One array, or an array of records.
pub(super) fn npy(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    if let Some(records) = record::read(path)? {
        return records.content(options, found);
    }
    let array = read_npy(path).map_err(in_file)?;
    let stem = path.file_stem().map(|s| s.to_string_lossy().to_string()).unwrap_or_default();
    // The file's name says as little as an array without a name, but that it holds times.
    let field = Field::of_array(String::new(), array)?;
    let times = field.is_vector()
        && super::names::meaning(&stem).is_some_and(|m| m.role == super::options::Role::Time);
    let field = Field { name: if times { stem } else { String::new() }, ..field };
    let fields = Fields { source: Source::Arrays, all: vec![field], habit: None };
    fields.understood(options, found)
}

/// The text of an error whose file the caller names again.
pub(crate) fn in_file(e: Error) -> String {
    match e {
        Error::File { what, .. } => what,
        other => other.to_string(),
    }
}

type Reader = NpzReader<std::io::BufReader<std::fs::File>>;

/// An archive of arrays.
pub(super) fn npz(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let mut reader = NpzReader::open(path).map_err(in_file)?;
    let names: Vec<String> = reader.names().map(String::from).collect();
    let has = |name: &str| names.iter().any(|n| n == name);
    let events = ["events", "value", "offset", "shape"].iter().all(|n| has(n));
    let chosen = |name: &str| options.array.as_deref().is_none_or(|array| array == name);
    let origin = match has("meta") {
        true => Origin::of(&reader.read("meta").map_err(in_file)?),
        false => None,
    };
    let steps = origin.as_ref().is_some_and(|o| o.steps);
    let trains = ["time", "train", "names", "window", "samples", "unit"].iter().all(|n| has(n));
    let own = events || trains || has("bits") && has("shape") || origin.is_some();
    let dt = match has("dt") && own {
        true => {
            Some(one_number(&reader.read("dt").map_err(in_file)?).map_err(|e| format!("array `dt` {e}"))?)
        }
        false => None,
    };
    if let (Some(file), Some(given), false) = (dt, options.dt, steps)
        && (file - given).abs() > 1e-9 * file
    {
        return Err(format!("has steps of {file} s, but dt = {given} s was given; leave that away"));
    }
    let step = if steps { options.dt } else { dt.or(options.dt) };
    if events && chosen("events") {
        found.form = "spikes of Rheobase".into();
        return own_events(&mut reader, origin, steps, step);
    }
    if trains && options.array.is_none() {
        found.form = "trains of Rheobase".into();
        let read = |name: &str| reader.read(name).map_err(in_file);
        return super::write::of_arrays(read, has).map(Content::Trains);
    }
    if has("bits") && chosen("bits") && has("shape") {
        found.say("one bit per step and neuron".into());
        let shape = reader.read("shape").map_err(in_file)?;
        let bits = reader.read("bits").map_err(in_file)?;
        return unpacked(&bits, &shape, step).map(Content::Trains).map_err(|e| format!("array `bits` {e}"));
    }
    if let Some(name) = &options.array
        && !has(name)
    {
        let hint = rheobase_base::nearest(name, names.iter().map(String::as_str))
            .map_or(String::new(), |n| format!("; did you mean `{n}`?"));
        return Err(format!("has no array `{name}` among `{}`{hint}", names.join("`, `")));
    }
    let mut all = Vec::new();
    for name in names.iter().filter(|n| *n != "meta" && !(steps && *n == "dt")) {
        match reader.read(name) {
            Ok(array) => all.push(Field::of_array(name, array).map_err(|e| format!("array `{name}` {e}"))?),
            // Objects beside the spikes do not matter unless they are what is asked for.
            Err(e) if chosen(name) && (names.len() == 1 || options.array.is_some()) => {
                return Err(in_file(e));
            }
            Err(e) => {
                let text = in_file(e);
                if !text.contains("element type") {
                    return Err(text);
                }
                found.notes.push(text);
            }
        }
    }
    let has = |name: &str| all.iter().any(|f| f.name == name);
    let habit = if has("senders") && has("times") {
        found.form = "events of NEST".into();
        Some((Unit::Milliseconds, "as NEST's `senders` and `times` have them; else give --unit".into()))
    } else {
        None
    };
    let options = TrainOptions { dt: if steps { options.dt } else { options.dt.or(dt) }, ..options.clone() };
    Fields { source: Source::Arrays, all, habit }.understood(&options, found)
}

/// Spikes of Rheobase: every row is checked, and nothing is held but times, neurons and, where they are not all 1, values.
fn own_events(reader: &mut Reader, origin: Option<Origin>, steps: bool, dt: Option<f64>) -> Said<Content> {
    let mut read = |name: &str| reader.read(name).map_err(in_file);
    let shape = read("shape")?.try_i64().map_err(|e| format!("array `shape` {e}"))?;
    let sizes: Option<Vec<usize>> = shape.iter().map(|n| usize::try_from(*n).ok()).collect();
    let Some(Ok([time, samples, neurons])) = sizes.map(<[usize; 3]>::try_from) else {
        return Err("array `shape` must hold three lengths: time, batch, neuron".into());
    };
    if samples.saturating_mul(neurons) > MOST_TRAINS {
        return Err(format!(
            "has {samples} samples of {neurons} neurons; at most {MOST_TRAINS} trains are read"
        ));
    }
    let file_dt = one_number(&read("dt")?).map_err(|e| format!("array `dt` {e}"))?;
    let (events_shape, events) = read("events")?.into_parts();
    let rows = events_shape.first().copied().unwrap_or_default();
    if events_shape != [rows, 3] {
        return Err(format!("array `events` has shape {events_shape:?}, but [E, 3] is needed"));
    }
    let crate::ArrayData::I64(events) = events else {
        return Err("array `events` holds no whole numbers".into());
    };
    let column = |array: Array, name: &str| match array.shape() == [rows] {
        true => array.try_f32().map_err(|e| format!("array `{name}` {e}")),
        false => Err(format!(
            "array `{name}` has shape {:?}, but [{rows}] is needed, one per event",
            array.shape()
        )),
    };
    let (value, offset) = (column(read("value")?, "value")?, column(read("offset")?, "offset")?);
    check_events(&events, &value, &offset, [time, samples, neurons], file_dt)?;
    let values = origin.map_or_else(
        || SpikeValues::guessed(value.iter().map(|v| f64::from(*v)), Some(file_dt)),
        |o| o.values,
    );
    let clock = if steps && dt.is_none() { Time::Steps } else { Time::Seconds };
    let scale = if steps { dt.unwrap_or(file_dt) / file_dt } else { 1.0 };
    let (step, end) = (file_dt * scale, time as f64 * file_dt * scale);
    let counts = |v: f32| values.count(v.into());
    meant(value.iter().map(|v| counts(*v)).sum(), value.len())
        .map_err(|rule| format!("array `value` {rule}"))?;
    // Nearly all recordings are of plain spikes at the start of their steps: what says so is given back before times are made.
    let plain = counts(1.0) == 1.0 && value.iter().all(|v| *v == 1.0);
    let value = if plain { Vec::new() } else { value };
    let offset = if offset.iter().all(|o| *o == 0.0) { Vec::new() } else { offset };
    let value_of = |i: usize| value.get(i).copied().unwrap_or(1.0);
    let mut trains = SpikeTrains::silent(samples, numbers(neurons), (0.0, end), Some(step), clock);
    let mut room = vec![0_usize; trains.times.len()];
    let place = |e: &[i64; 3]| e[1] as usize * neurons + e[2] as usize;
    for (i, event) in events.as_chunks::<3>().0.iter().enumerate() {
        room[place(event)] += counts(value_of(i)) as usize;
    }
    trains.times.iter_mut().zip(&room).for_each(|(t, n)| t.reserve_exact(*n));
    for (i, event) in events.as_chunks::<3>().0.iter().enumerate() {
        let offset = offset.get(i).copied().map_or(0.0, f64::from);
        let time = ((event[0] as f64 * file_dt + offset) * scale).min(end);
        trains.add(place(event), time, counts(value_of(i)), value_of(i).into());
    }
    Ok(Content::Trains(trains))
}

/// The rules of [`crate::SpikeEvents::push`], row by row.
fn check_events(
    events: &[i64],
    value: &[f32],
    offset: &[f32],
    [time, samples, neurons]: [usize; 3],
    dt: f64,
) -> Said<()> {
    let mut last = (-1, 0, 0);
    for (row, &[step, batch, neuron]) in events.as_chunks::<3>().0.iter().enumerate() {
        let inside = |index: i64, count: usize| index >= 0 && (index as u64) < count as u64;
        if !(inside(step, time) && inside(batch, samples) && inside(neuron, neurons)) {
            return Err(format!(
                "array `events` row {row} is ({step}, {batch}, {neuron}), outside of the shape {:?}",
                [time, samples, neurons]
            ));
        }
        let key = (step, batch, neuron);
        if key <= last {
            let what = if key == last {
                "the same neuron fires twice in a step; add the two values"
            } else {
                "events are sorted by (step, batch, neuron)"
            };
            return Err(format!("array `events` row {row} is {key:?} after {last:?}: {what}"));
        }
        last = key;
        if !value[row].is_finite() || value[row] == 0.0 {
            return Err(format!("array `value`[{row}] = {}: must be finite and not 0", value[row]));
        }
        if !(offset[row] >= 0.0 && offset[row] <= dt as f32) {
            return Err(format!("array `offset`[{row}] = {} s: must lie in [0, {dt}]", offset[row]));
        }
    }
    Ok(())
}

fn one_number(array: &Array) -> Said<f64> {
    match array.try_f64()?[..] {
        [dt] if dt > 0.0 && dt.is_finite() => Ok(dt),
        _ => Err("must be one finite number above 0".into()),
    }
}

/// What a file of Rheobase says in its text `meta`.
struct Origin {
    /// Whether the model counts steps, which last no time.
    steps: bool,
    values: SpikeValues,
}

impl Origin {
    fn of(meta: &Array) -> Option<Self> {
        let meta: serde_json::Value = serde_json::from_str(meta.as_text()?).ok()?;
        let counts = meta.get("counts")?.as_f64().filter(|c| *c != 0.0 && c.is_finite());
        Some(Origin {
            steps: meta.get("clock")?.as_str()? == "steps",
            values: counts.map_or(SpikeValues::Single, SpikeValues::Counts),
        })
    }
}

fn unpacked(bits: &Array, shape: &Array, dt: Option<f64>) -> Said<SpikeTrains> {
    let sizes: Option<Vec<usize>> = shape.try_i64()?.iter().map(|n| usize::try_from(*n).ok()).collect();
    let shape = match sizes.as_deref() {
        Some(&[time, neurons]) => [time, 1, neurons],
        Some(&[time, batch, neurons]) => [time, batch, neurons],
        _ => return Err("needs an array `shape`: time, batch, neuron".into()),
    };
    let row = shape[2].div_ceil(8);
    let bytes = bits.try_i64()?;
    if shape[0].checked_mul(shape[1]).and_then(|n| n.checked_mul(row)) != Some(bytes.len()) {
        return Err(format!(
            "holds {} bytes, but spikes of shape {shape:?} take ceil(neuron / 8) for each step and sample",
            bytes.len()
        ));
    }
    if shape[1].saturating_mul(shape[2]) > MOST_TRAINS {
        return Err(format!(
            "has {} trains; at most {MOST_TRAINS} are read",
            shape[1].saturating_mul(shape[2])
        ));
    }
    if let Some(i) = bytes.iter().position(|b| !(0..256).contains(b)) {
        return Err(format!("[{i}] = {} is not a byte; save the uint8 that numpy.packbits gives", bytes[i]));
    }
    let (step, clock) = dt.map_or((1.0, Time::Steps), |dt| (dt, Time::Seconds));
    let window = (0.0, shape[0] as f64 * step);
    let mut trains = SpikeTrains::silent(shape[1], numbers(shape[2]), window, Some(step), clock);
    for (i, &byte) in bytes.iter().enumerate().filter(|(_, b)| **b != 0) {
        let (place, first) = (i / row, i % row * 8);
        for neuron in (first..shape[2].min(first + 8)).filter(|n| byte >> (n - first) & 1 == 1) {
            trains.add(place % shape[1] * shape[2] + neuron, (place / shape[1]) as f64 * step, 1.0, 1.0);
        }
    }
    Ok(trains)
}
