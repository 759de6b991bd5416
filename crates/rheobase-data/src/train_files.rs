//! Spike trains from files of every usual kind: archives and arrays of NumPy, CSV from a program or a spreadsheet.
//!
//! | file | what it holds |
//! |---|---|
//! | npz with `events`, `value`, `offset`, `dt`, `shape` | events, as [`super::spike_files`] has them |
//! | npz with `bits` and `shape` | `numpy.packbits(spikes, axis=-1, bitorder="little")` of shape `[time, batch, neuron]` or `[time, neuron]` |
//! | npz, npy: `[time]`, `[time, neuron]`, `[time, batch, neuron]` | dense spikes: booleans, counts of a step's spikes, or 0 and one height such as 1/dt |
//! | npz with arrays `neuron` and `step` or `time` | an entry per spike, as the columns of the next |
//! | csv with columns `neuron` and `step` or `time` | a line per spike, also `batch`, `value`, `offset` |
//! | csv with columns `spikes[0]`, `spikes[1]`… | a line per step beside other columns, as `rheobase simulate` writes it |
//! | csv otherwise | a line per step, a column per neuron; a column `time`, `t` or `step` is none |
//!
//! Several spikes of a neuron at one time all count, whether as a count in a step, a whole number in `value`, or as entries
//! of equal times. Values of one size are a spike's height, not a count, where that is no whole number, is 1/dt or more than 100.
//!
//! CSV files follow the rules of [`super::csv`]: names or none, commas, semicolons or tabs, decimal commas.

use std::path::Path;

use rheobase_models::neuron::{Emits, Info, Time};

use super::array::Array;
use super::csv::{NonFinite, Table, read_csv};
use super::npy::read_npy;
use super::npz::NpzReader;
use super::spike_files;
use super::train_rows::{SPIKE_COLUMNS, from_rows};
use rheobase_base::{Error, Result};
use rheobase_kernels::Catalog;
use rheobase_signals::SpikeValues;
use rheobase_signals::trains::{SpikeTrains, fits, numbers};

/// What a file does not say of itself.
#[derive(Debug, Clone, Default)]
pub struct TrainOptions {
    /// Length of a step, s, where the file has none. Without it, times are counted in steps.
    pub dt: Option<f64>,
    /// The array of an npz that holds the spikes; without it, `events`, `bits`, `spikes`, `output` or the only one.
    pub array: Option<String>,
    /// Number of neurons, where events do not say how many were silent.
    pub neurons: Option<usize>,
}

/// What the array with the spikes is usually called.
const USUAL: [&str; 4] = ["events", "bits", "spikes", "output"];

/// What is wrong with a file; the caller puts the file's name before it.
pub(super) type Said<T> = std::result::Result<T, String>;

/// Reads the spike trains in the file `path`, told by its ending and its contents as the table above has it.
///
/// Where neither the file nor `options.dt` says how long a step is, times are counted in steps ([`Time::Steps`]); so are
/// those of a file whose `meta` names a model that counts steps. Dense values that are neither whole numbers nor all of one
/// height are no spikes.
///
/// # Errors
/// [`Error::File`] if the file cannot be read, holds no spikes in any of these forms, or contradicts `options.dt`;
/// [`Error::Unknown`] if there is no array of the name asked for. Both say what to do.
pub fn read_trains(path: impl AsRef<Path>, options: &TrainOptions) -> Result<SpikeTrains> {
    let path = path.as_ref();
    let fault = |what: String| Error::file(path, what);
    if let Some(dt) = options.dt
        && !(dt > 0.0 && dt.is_finite())
    {
        return Err(fault(format!("dt = {dt} s: must be finite and above 0")));
    }
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("npz") => from_npz(path, options),
        _ if options.array.is_some() => {
            Err(fault("holds no named arrays; leave the name away, or give an npz file".into()))
        }
        Some("npy") => dense_array(&read_npy(path)?, options, options.dt).map_err(fault),
        Some("csv" | "tsv" | "txt") => {
            from_table(&read_csv(path, NonFinite::Refuse)?, options).map_err(fault)
        }
        _ => Err(fault("is no spike file by its name: it must end in .npz, .npy, .csv, .tsv or .txt".into())),
    }
}

fn from_npz(path: &Path, options: &TrainOptions) -> Result<SpikeTrains> {
    let fault = |what: String| Error::file(path, what);
    let mut reader = NpzReader::open(path)?;
    let names: Vec<String> = reader.names().map(String::from).collect();
    let has = |name: &str| names.iter().any(|n| n == name);
    let per_spike = options.array.is_none()
        && !USUAL.iter().any(|name| has(name))
        && has("neuron")
        && (has("time") || has("step"));
    let name = if per_spike { "neuron".to_string() } else { chosen(path, &names, options)? };
    let dt = match has("dt") {
        true => one_number(&reader.read("dt")?).map_err(|e| fault(format!("array `dt` {e}")))?,
        false => None,
    };
    let origin = if has("meta") { Origin::of(&reader.read("meta")?) } else { None };
    let steps = origin.as_ref().is_some_and(|o| o.info.time == Time::Steps);
    let dt = match (dt, options.dt) {
        (Some(_), given) if steps => given,
        (Some(file), Some(given)) if (file - given).abs() > 1e-9 * file => {
            return Err(fault(format!(
                "has steps of {file} s, but dt = {given} s was given; leave that away"
            )));
        }
        (file, given) => file.or(given),
    };
    if name == "events" && has("value") && has("offset") && has("shape") {
        let spikes = spike_files::read_spikes(path)?;
        let all = spikes.values().iter().map(|v| f64::from(*v));
        let values = origin.and_then(|o| o.values).unwrap_or_else(|| SpikeValues::guessed(all, dt));
        let clock = if steps && dt.is_none() { Time::Steps } else { Time::Seconds };
        let trains = SpikeTrains::from_events(&spikes, clock, values).map_err(|e| fault(e.to_string()))?;
        return Ok(match dt.filter(|_| steps) {
            Some(dt) => scaled(trains, dt),
            None => trains,
        });
    }
    if per_spike {
        let names: Vec<String> = names.into_iter().filter(|n| SPIKE_COLUMNS.contains(&&n[..])).collect();
        let columns = names.iter().map(|name| {
            let array = reader.read(name)?;
            column(&array).map_err(|what| fault(format!("array `{name}` {what}")))
        });
        let table = Table { columns: columns.collect::<Result<_>>()?, names };
        if let Some(i) = table.columns.iter().position(|c| c.len() != table.rows()) {
            let (name, len, first) = (&table.names[i], table.columns[i].len(), &table.names[0]);
            return Err(fault(format!(
                "array `{name}` has {len} entries, but `{first}` has {}; each needs one per spike",
                table.rows()
            )));
        }
        return from_rows(&table, &TrainOptions { dt, ..options.clone() }).map_err(fault);
    }
    let in_array = |what: String| fault(format!("array `{name}` {what}"));
    let array = reader.read(&name)?;
    if name == "bits" {
        let shape = reader.read("shape")?;
        return unpacked(&array, &shape, dt).map_err(in_array);
    }
    dense_array(&array, options, dt).map_err(in_array)
}

/// The array that holds the spikes.
fn chosen(path: &Path, names: &[String], options: &TrainOptions) -> Result<String> {
    if let Some(name) = &options.array {
        return match names.contains(name) {
            true => Ok(name.clone()),
            false => Err(Error::unknown(
                path.display().to_string(),
                "array",
                name,
                names.iter().map(String::as_str),
            )),
        };
    }
    match (USUAL.iter().find(|n| names.iter().any(|name| name == *n)), names) {
        (Some(name), _) => Ok((*name).to_string()),
        (None, [only]) => Ok(only.clone()),
        (None, _) => {
            let what = format!(
                "has no array called {}, nor `time` and `neuron` with an entry per spike; name the one with the \
                 spikes of `{}`",
                USUAL.join(", "),
                names.join("`, `")
            );
            Err(Error::file(path, what))
        }
    }
}

/// The values of an array that is a column of a table.
fn column(array: &Array) -> Said<Vec<f64>> {
    if array.shape().len() != 1 {
        return Err(format!("has shape {:?}; it needs one entry per spike", array.shape()));
    }
    let values = array.try_f64()?;
    match values.iter().position(|x| !x.is_finite()) {
        None => Ok(values),
        Some(i) => Err(format!("is {} at {i}: must be finite", values[i])),
    }
}

fn one_number(array: &Array) -> Said<Option<f64>> {
    let values = array.try_f64()?;
    match values[..] {
        [dt] if dt > 0.0 && dt.is_finite() => Ok(Some(dt)),
        _ => Err("must be one finite number above 0".into()),
    }
}

/// The model whose spikes a file holds, as its text `meta` says.
struct Origin {
    info: &'static Info,
    /// What values of spikes stand for, where the amplitude is one number for all neurons.
    values: Option<SpikeValues>,
}

impl Origin {
    fn of(meta: &Array) -> Option<Self> {
        let meta: serde_json::Value = serde_json::from_str(meta.as_text()?).ok()?;
        let info = Catalog::standard().get(meta.get("model")?.as_str()?).ok()?.info();
        let amplitude = meta.get("params").and_then(|p| p.get("amplitude"));
        let values = match amplitude.map(serde_json::Value::as_f64) {
            Some(None) if matches!(info.emits, Emits::Count | Emits::Signed) => None,
            known => Some(SpikeValues::of_model(info, known.flatten().unwrap_or(1.0))),
        };
        Some(Origin { info, values })
    }
}

/// Trains counted in steps, in seconds.
fn scaled(mut trains: SpikeTrains, dt: f64) -> SpikeTrains {
    trains.times.iter_mut().flatten().for_each(|t| *t *= dt);
    trains.window = (trains.window.0 * dt, trains.window.1 * dt);
    trains.dt = Some(dt);
    trains
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
    if let Some(i) = bytes.iter().position(|b| !(0..256).contains(b)) {
        return Err(format!("[{i}] = {} is no byte; save the uint8 that numpy.packbits gives", bytes[i]));
    }
    let mut trains = empty(shape, numbers(shape[2]), pace(dt));
    for (i, &byte) in bytes.iter().enumerate().filter(|(_, b)| **b != 0) {
        let (place, first) = (i / row, i % row * 8);
        for neuron in (first..shape[2].min(first + 8)).filter(|n| byte >> (n - first) & 1 == 1) {
            let time = (place / shape[1]) as f64 * dt.unwrap_or(1.0);
            trains.add(place % shape[1] * shape[2] + neuron, time, 1.0, 1.0);
        }
    }
    Ok(trains)
}

/// How long a step is, and in what.
type Pace = (f64, Time);

fn pace(dt: Option<f64>) -> Pace {
    dt.map_or((1.0, Time::Steps), |dt| (dt, Time::Seconds))
}

fn empty(shape: [usize; 3], names: Vec<String>, (step, clock): Pace) -> SpikeTrains {
    SpikeTrains::silent(shape[1], names, (0.0, shape[0] as f64 * step), Some(step), clock)
}

fn dense_array(array: &Array, options: &TrainOptions, dt: Option<f64>) -> Said<SpikeTrains> {
    let shape = match *array.shape() {
        [t] => [t, 1, 1],
        [t, n] => [t, 1, n],
        [t, b, n] => [t, b, n],
        ref other => {
            return Err(format!(
                "has shape {other:?}, but spikes are [time], [time, neuron] or [time, batch, neuron]"
            ));
        }
    };
    if options.neurons.is_some_and(|n| n != shape[2]) {
        return Err(format!("has {} neurons; leave their number away", shape[2]));
    }
    dense(shape, numbers(shape[2]), &array.try_f64()?, pace(dt))
}

/// Trains from values [time, batch, neuron].
fn dense(shape: [usize; 3], names: Vec<String>, values: &[f64], pace: Pace) -> Said<SpikeTrains> {
    if shape.contains(&0) {
        return Err(format!("has shape {shape:?} as [time, batch, neuron]; a recording has no empty axis"));
    }
    let row = shape[1] * shape[2];
    let height = height(values, row, Some(pace.0).filter(|_| pace.1 == Time::Seconds))?;
    let spikes = |value: &f64| SpikeValues::Counts(height).count(*value);
    fits(values.iter().map(spikes).sum())?;
    let mut trains = empty(shape, names, pace);
    for (i, value) in values.iter().enumerate().filter(|(_, v)| **v != 0.0) {
        trains.add(i % row, (i / row) as f64 * pace.0, spikes(value), value / height);
    }
    Ok(trains)
}

/// What one spike is in dense values: 1 for counts, else the one magnitude that occurs.
fn height(values: &[f64], row: usize, dt: Option<f64>) -> Said<f64> {
    let place = |i: usize| format!("step {}, train {}", i / row, i % row);
    if let Some(i) = values.iter().position(|v| !v.is_finite()) {
        return Err(format!("is {} at {}: must be finite", values[i], place(i)));
    }
    let what = "spikes are booleans, counts, or 0 and one height; this looks like another quantity, so name the array of the \
                spikes, or columns `time` and `neuron` for a line per spike";
    if values.len() > 1 && values.iter().all(|v| *v < 0.0) {
        return Err(format!("is below 0 everywhere, {} at {}: {what}", values[0], place(0)));
    }
    SpikeValues::height(values.iter().copied(), dt).ok_or_else(|| {
        let i = values.iter().position(|v| v.fract() != 0.0).unwrap_or(0);
        format!("is {} at {}: {what}", values[i], place(i))
    })
}

fn from_table(table: &Table, options: &TrainOptions) -> Said<SpikeTrains> {
    let lower: Vec<String> = table.names.iter().map(|n| n.to_lowercase()).collect();
    let find = |names: &[&str]| lower.iter().position(|n| names.contains(&n.as_str()));
    let (time, step) = (find(&["time", "t"]), find(&["step"]));
    if find(&["neuron"]).is_some() && (time.is_some() || step.is_some()) {
        let names = lower.iter().map(|n| if n == "t" { "time".into() } else { n.clone() }).collect();
        return from_rows(&Table { names, columns: table.columns.clone() }, options);
    }
    let pace = line_pace(table, time, step, options.dt)?;
    let tagged = lower.iter().any(|n| n.starts_with("spikes["));
    let is_neuron =
        |i: &usize| Some(*i) != time && Some(*i) != step && (!tagged || lower[*i].starts_with("spikes["));
    let chosen: Vec<usize> = (0..lower.len()).filter(is_neuron).collect();
    let unnamed = |i: usize| table.names[i] == format!("column_{}", i + 1);
    let names = match chosen.iter().all(|i| unnamed(*i)) || tagged {
        true => numbers(chosen.len()),
        false => chosen.iter().map(|i| table.names[*i].clone()).collect(),
    };
    if options.neurons.is_some_and(|n| n != chosen.len()) {
        return Err(format!("has {} columns of neurons; leave their number away", chosen.len()));
    }
    let rows = table.rows();
    let values: Vec<f64> =
        (0..rows).flat_map(|row| chosen.iter().map(move |i| table.columns[*i][row])).collect();
    dense([rows, 1, chosen.len()], names, &values, pace)
}

/// What a line of a table with a line per step stands for.
fn line_pace(table: &Table, time: Option<usize>, step: Option<usize>, dt: Option<f64>) -> Said<Pace> {
    let column = |i: Option<usize>| i.map(|i| &table.columns[i][..]);
    // A line may stand for several steps.
    let every = column(step).map_or(Ok(None), constant_step)?.unwrap_or(1.0);
    let Some(times) = column(time).filter(|times| Some(*times) != column(step)) else {
        return Ok(dt.map_or((every, Time::Steps), |dt| (dt * every, Time::Seconds)));
    };
    match (constant_step(times)?, dt) {
        (Some(file), Some(dt)) if (file - dt * every).abs() > 1e-3 * file => {
            Err(format!("has lines {file} s apart, but dt = {dt} s was given; leave that away"))
        }
        (Some(file), _) => Ok((file, Time::Seconds)),
        (None, dt) => Ok(pace(dt)),
    }
}

/// The step of a column that goes on evenly (to a thousandth); none where it has one row.
fn constant_step(column: &[f64]) -> Said<Option<f64>> {
    let (Some(first), Some(second)) = (column.first(), column.get(1)) else { return Ok(None) };
    let step = second - first;
    // Times are written with few digits: each may be off by half of the last one.
    let even = |w: &[f64]| ((w[1] - w[0]) - step).abs() <= 1e-3 * step + 4e-16 * w[1].abs();
    match column.windows(2).position(|w| !(step > 0.0 && even(w))) {
        None => Ok(Some(step)),
        Some(i) => Err(format!(
            "goes from {} to {} in data rows {} and {}, not on by {step}: a line per step needs a constant step (for a \
             line per spike, call the columns `time` and `neuron`)",
            column[i],
            column[i + 1],
            i + 1,
            i + 2
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SpikeEvents, write_npy, write_npz, write_spikes};

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Folder(tempfile::tempdir().unwrap())
        }
        fn csv(&self, text: &str, dt: Option<f64>) -> Result<SpikeTrains> {
            let path = self.0.path().join("s.csv");
            std::fs::write(&path, text).unwrap();
            read_trains(path, &TrainOptions { dt, ..Default::default() })
        }
        fn npz(&self, arrays: &[(&str, Array)], options: &TrainOptions) -> Result<SpikeTrains> {
            let path = self.0.path().join("s.npz");
            write_npz(&path, arrays).unwrap();
            read_trains(path, options)
        }
    }

    const THREE: [f64; 8] = [0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];

    #[test]
    fn every_form_of_the_same_spikes_gives_the_same_trains() {
        let folder = Folder::new();
        let path = |name: &str| folder.0.path().join(name);
        let dense: Vec<f32> = THREE.map(|x| x as f32).to_vec();
        let events = SpikeEvents::from_dense([4, 1, 2], 0.5, &dense).unwrap();
        write_spikes(path("e.npz"), &events).unwrap();
        let want = read_trains(path("e.npz"), &TrainOptions::default()).unwrap();
        assert_eq!(want.times, [vec![0.5], vec![0.0, 1.5]]);
        assert_eq!((want.window, want.dt, want.clock), ((0.0, 2.0), Some(0.5), Time::Seconds));
        assert_eq!((want.spikes(), want.label(1), want.output(1)), (3, "1".into(), 2.0));
        let given = TrainOptions { dt: Some(0.5), ..Default::default() };
        for height in [1.0, 1000.0, 0.25] {
            let values = THREE.map(|x| x * height).to_vec();
            write_npy(path("d.npy"), &Array::new([4, 2], values.clone()).unwrap()).unwrap();
            assert_eq!(read_trains(path("d.npy"), &given).unwrap(), want);
            let batch = Array::new([4, 1, 2], values).unwrap();
            let got = folder.npz(
                &[("spikes", batch), ("dt", Array::scalar(0.5)), ("v", Array::scalar(1.0))],
                &TrainOptions::default(),
            );
            assert_eq!(got.unwrap(), want);
        }
        let bits = Array::new([4, 1, 1], vec![2_i64, 1, 0, 2]).unwrap();
        let shape = Array::vector(vec![4_i64, 1, 2]);
        assert_eq!(folder.npz(&[("bits", bits), ("shape", shape)], &given).unwrap(), want);
        let neuron = || ("neuron", Array::vector(vec![1_i64, 0, 1]));
        let time = || ("time", Array::vector(vec![1.5, 0.5, 0.0]));
        let step = ("step", Array::vector(vec![3_i64, 1, 0]));
        let none = TrainOptions::default();
        assert_eq!(folder.npz(&[neuron(), time(), ("other", Array::scalar(1.0))], &given).unwrap(), want);
        assert_eq!(folder.npz(&[step, neuron(), ("dt", Array::scalar(0.5))], &none).unwrap(), want);
        let said = |arrays: &[(&str, Array)]| folder.npz(arrays, &none).unwrap_err().to_string();
        let e = said(&[neuron(), ("time", Array::vector(vec![0.1, 0.2]))]);
        assert!(e.contains("`time` has 2 entries, but `neuron` has 3"), "{e}");
        let e = said(&[neuron(), ("time", Array::vector(vec![0.1, f64::NAN, 0.2]))]);
        assert!(e.contains("array `time` is NaN at 1"), "{e}");
        let e = said(&[time(), ("neuron", Array::new([1, 3], vec![0.0; 3]).unwrap())]);
        assert!(e.contains("`neuron` has shape [1, 3]"), "{e}");
        for text in [
            "0,1\n1,0\n0,0\n0,1\n",
            "\u{feff}0;1,0\r\n1;0\r\n0;0\r\n0;1\r\n;\r\n\r\n",
            "step,0,1\n0,0,1\n1,1,0\n2,0,0\n3,0,1\n",
            "time,0,1\n0,0,1\n0.5,1,0\n1,0,0\n1.5,0,1\n",
            "Time;0;1\n0,0;0;1\n0,5;1;0\n1,0;0;0\n1,5;0;1\n",
            "step,time,v[0],v[1],spikes[0],spikes[1]\n0,0,.3,.1,0,1\n1,.5,.1,.1,1,0\n2,1,.1,.1,0,0\n3,1.5,.1,.1,0,1\n",
            "time,neuron\n1.5,1\n0,1\n0.5,0\n",
            "Step;Neuron;Value\n3;1;1,0\n0;1;1\n1;0;1\n",
        ] {
            assert_eq!(folder.csv(text, Some(0.5)).unwrap(), want, "{text:?}");
        }
    }

    #[test]
    fn several_spikes_at_one_time_all_count() {
        let folder = Folder::new();
        let want = [vec![0.0, 0.0, 0.0], vec![0.5, 0.5]];
        for text in [
            "a,b\n3,0\n0,2\n",
            "step,neuron,value\n0,0,3\n1,1,2\n",
            "step,neuron\n0,0\n1,1\n0,0\n1,1\n0,0\n",
            "time,neuron\n0,0\n0.5,1\n0,0\n0.5,1\n0,0\n",
        ] {
            let trains = folder.csv(text, Some(0.5)).unwrap();
            assert_eq!(trains.times, want, "{text:?}");
            assert_eq!((trains.output(0), trains.output(1)), (3.0, 2.0), "{text:?}");
        }
        // An amplitude is no count.
        let amplitude = folder.csv("step,neuron,value\n0,0,0.5\n1,0,0.5\n", Some(0.5)).unwrap();
        assert_eq!((amplitude.spikes(), amplitude.output(0)), (2, 1.0));
        let events = SpikeEvents::from_dense([3, 1, 1], 0.5, &[2.0, 0.0, 4.0]).unwrap();
        let of = |model: &str, amplitude: f64| {
            let meta = format!("{{\"model\": \"{model}\", \"params\": {{\"amplitude\": {amplitude}}}}}");
            let mut arrays = crate::spike_arrays(&events).unwrap();
            arrays.push(("meta".into(), Array::text(meta)));
            let path = folder.0.path().join("m.npz");
            write_npz(&path, &arrays).unwrap();
            read_trains(path, &TrainOptions::default()).unwrap().times.concat()
        };
        assert_eq!(of("lif", 2.0), [0.0, 1.0]);
        assert_eq!(of("spiking_rectified_linear", 2.0), [0.0, 1.0, 1.0]);
        assert_eq!(of("spiking_leaky_relu", 1.0), [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn what_a_file_does_not_say_is_not_made_up() {
        let folder = Folder::new();
        let steps = folder.csv("0,1\n1,0\n", None).unwrap();
        assert_eq!((steps.clock, steps.dt, steps.window), (Time::Steps, Some(1.0), (0.0, 2.0)));
        let rows = folder.csv("step,neuron\n7,0\n", None).unwrap();
        assert_eq!((rows.clock, rows.window, rows.neurons()), (Time::Steps, (0.0, 8.0), 1));
        let timed = folder.csv("time,neuron,batch\n-0.2,1,0\n0.3,0,1\n", None).unwrap();
        assert_eq!((timed.clock, timed.dt, timed.window), (Time::Seconds, None, (-0.2, 0.3)));
        assert_eq!((timed.samples, timed.label(2)), (2, "1/0".into()));
        assert_eq!(timed.sample(1).unwrap().times, [vec![0.3], vec![]]);
        let named = folder.csv("time;soma;axon\n0,0;1;0\n0,1;0;2\n", None).unwrap();
        assert_eq!(named.names, ["soma", "axon"]);
        assert_eq!(named.times, [vec![0.0], vec![0.1, 0.1]]);
        assert_eq!(folder.csv("time,neuron\n", None).unwrap().spikes(), 0);
        let meta = Array::text("{\"model\": \"lif\"}");
        let steps = Catalog::standard().models().iter().find(|m| m.info().time == Time::Steps).unwrap();
        let counted = Array::text(format!("{{\"model\": \"{}\"}}", steps.info().name));
        let spikes = || Array::vector(vec![0.0, 1.0, 0.0]);
        let dt = || Array::scalar(1.0);
        let got = |meta, options: &TrainOptions| {
            folder.npz(&[("spikes", spikes()), ("dt", dt()), ("meta", meta)], options).unwrap()
        };
        let ms = TrainOptions { dt: Some(0.001), ..Default::default() };
        assert_eq!(got(counted.clone(), &TrainOptions::default()).clock, Time::Steps);
        assert_eq!(got(counted, &ms).times, [vec![0.001]]);
        assert_eq!(got(meta, &TrainOptions::default()).clock, Time::Seconds);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = Folder::new();
        let said = |text: &str, dt: Option<f64>| folder.csv(text, dt).unwrap_err().to_string();
        for (text, dt, parts) in [
            ("0.012,3\n0.034,5\n", None, ["is 0.012 at step 0", "`time` and `neuron`"]),
            ("time,a\n0,1\n1,0\n3,1\n", None, ["rows 2 and 3", "constant step"]),
            ("time,a\n0,1\n1,0\n", Some(0.1), ["1 s apart", "leave that away"]),
            ("time,neuron\n0.1,1.5\n", None, ["column `neuron`", "whole numbers"]),
            ("step,neuron\n-1,1\n", None, ["column `step`", "whole numbers"]),
            ("step,neuron,value\n1,1,1e30\n2,1,1\n", None, ["column `value`", "1.000e30 spikes"]),
            ("a,b\n-65,-64\n-62,-65\n", None, ["below 0 everywhere", "another quantity"]),
            ("time,neuron\n0,1e12\n", None, ["1000000000001 neurons", "at most"]),
            ("time,neuron,colour\n0,1,2\n", None, ["`colour`", "unknown"]),
            ("step,neuron,offset\n1,1,0.001\n", None, ["offsets in seconds", "give dt"]),
            ("step,neuron,value\n1,1,0\n", None, ["column `value`", "is 0"]),
            ("a,b\n1,nan\n", None, ["`nan`", "finite"]),
            ("a,b\n", None, ["no empty axis", "[0, 1, 2]"]),
            ("0,1\n", Some(f64::NAN), ["dt = NaN", "above 0"]),
        ] {
            let got = said(text, dt);
            assert!(parts.iter().all(|p| got.contains(p)), "{text:?}: {got}");
        }
        let one = TrainOptions { array: Some("spike".into()), ..Default::default() };
        let two = [("v", Array::scalar(1.0)), ("w", Array::scalar(1.0))];
        let e = folder.npz(&two, &TrainOptions::default()).unwrap_err().to_string();
        assert!(e.contains("`v`, `w`"), "{e}");
        let e = folder.npz(&[("spikes", Array::vector(vec![1.0]))], &one).unwrap_err().to_string();
        assert!(e.contains("did you mean `spikes`"), "{e}");
        let bits = |bits: Vec<i64>, shape: Vec<i64>| {
            folder.npz(
                &[("bits", Array::vector(bits)), ("shape", Array::vector(shape))],
                &TrainOptions::default(),
            )
        };
        assert!(bits(vec![256], vec![1, 3]).unwrap_err().to_string().contains("no byte"));
        assert!(
            bits(vec![1], vec![i64::MAX, i64::MAX, 3]).unwrap_err().to_string().contains("holds 1 bytes")
        );
        assert!(bits(vec![1], vec![-1, 3]).unwrap_err().to_string().contains("shape"));
        assert!(
            read_trains("nothing.mat", &TrainOptions::default())
                .unwrap_err()
                .to_string()
                .contains("must end in")
        );
    }
}
