//! Trains written in the layouts of other tools, whole or not at all.

use std::io::Write;
use std::path::Path;

use rheobase_base::{Error, Result};
use rheobase_files::atomic_write;
use rheobase_models::neuron::Time;
use rheobase_signals::SpikeTrains;

use super::found::Said;
use super::own_table::{OWN_TRAINS, OWN_WINDOWS, check_windows};
use crate::array::Array;
use crate::npz::write_npz;

/// Writes `trains` as the file `path`, whose ending says how: `.csv` and `.npz` (which come back as they were, silent neurons,
/// window and step too), `.nwb` (a units table), `.nix` (a block of Neo, a segment for each trial), `.h5` (SONATA, one population
/// `rheobase`).
///
/// # Errors
/// [`Error::File`] for another ending, for trains that the layout cannot hold (times in steps of unknown length, ids that are no
/// numbers), and if the file cannot be written.
pub fn write_trains(path: impl AsRef<Path>, trains: &SpikeTrains) -> Result<()> {
    let path = path.as_ref();
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let fault = |what: String| Error::file(path, what);
    match &ending[..] {
        "csv" => atomic_write(path, |out| csv(out, trains)),
        "npz" => write_npz(path, &arrays(trains)),
        #[cfg(feature = "hdf5")]
        "nwb" | "h5" | "nix" => {
            let bytes = match &ending[..] {
                "nix" => super::write_nix::bytes(trains),
                _ => super::write_hdf5::bytes(&ending, trains),
            };
            let bytes = bytes.map_err(fault)?;
            atomic_write(path, |out| out.write_all(&bytes))
        }
        _ => Err(fault(format!(
            "cannot be written: by their endings, .csv, .npz, .nwb, .nix (Neo) and .h5 (SONATA) are, not `.{ending}`"
        ))),
    }
}

/// A line per spike, behind lines that say what else is known.
fn csv(out: &mut dyn Write, trains: &SpikeTrains) -> std::io::Result<()> {
    let unit = if trains.clock == Time::Seconds { "s" } else { "steps" };
    let (start, end) = trains.window;
    write!(
        out,
        "# {OWN_TRAINS} unit = {unit}, start = {start:?}, stop = {end:?}, trials = {}",
        trains.samples
    )?;
    match trains.dt {
        Some(dt) => writeln!(out, ", dt = {dt:?}")?,
        None => writeln!(out)?,
    }
    let names: Vec<String> =
        trains.names.iter().map(|n| serde_json::Value::from(n.as_str()).to_string()).collect();
    writeln!(out, "# neurons: [{}]", names.join(","))?;
    if !trains.windows.is_empty() {
        let each: Vec<String> =
            trains.windows.iter().map(|(from, to)| format!("[{from:?},{to:?}]")).collect();
        writeln!(out, "# {OWN_WINDOWS} [{}]", each.join(","))?;
    }
    let valued = trains.values.iter().any(|v| !v.is_empty());
    let head = [("trial", trains.samples > 1), ("neuron", true), ("time", true), ("value", valued)];
    let head: Vec<&str> = head.iter().filter(|h| h.1).map(|h| h.0).collect();
    let mut writer = ::csv::Writer::from_writer(out);
    let io = std::io::Error::from;
    writer.write_record(&head).map_err(io)?;
    let neurons = trains.neurons().max(1);
    for (train, times) in trains.times.iter().enumerate() {
        for (i, time) in times.iter().enumerate() {
            let mut record = Vec::with_capacity(4);
            if trains.samples > 1 {
                record.push((train / neurons).to_string());
            }
            record.push(trains.names[train % neurons].clone());
            record.push(format!("{time:?}"));
            if valued {
                record.push(trains.values[train].get(i).map_or("1".into(), |v| format!("{v:?}")));
            }
            writer.write_record(&record).map_err(io)?;
        }
    }
    writer.flush()
}

/// `time` and `train` with an entry per spike; `names`, `samples`, `window`, `unit`, `dt`, `windows` where trials have their own (start
/// and end of each in turn), and `value` where spikes carry some.
fn arrays(trains: &SpikeTrains) -> Vec<(&'static str, Array)> {
    let (times, which) = trains.flat();
    let unit = if trains.clock == Time::Seconds { "s" } else { "steps" };
    let mut arrays = vec![
        ("time", Array::vector(times)),
        ("train", Array::vector(which.into_iter().map(i64::from).collect::<Vec<_>>())),
        ("names", Array::vector(trains.names.clone())),
        ("samples", Array::scalar(trains.samples as f64)),
        ("window", Array::vector(vec![trains.window.0, trains.window.1])),
        ("unit", Array::text(unit)),
    ];
    if let Some(dt) = trains.dt {
        arrays.push(("dt", Array::scalar(dt)));
    }
    if !trains.windows.is_empty() {
        let edges = trains.windows.iter().flat_map(|(from, to)| [*from, *to]).collect::<Vec<f64>>();
        arrays.push(("windows", Array::vector(edges)));
    }
    if trains.values.iter().any(|v| !v.is_empty()) {
        let each = |(t, v): (&Vec<f64>, &Vec<f64>)| if v.is_empty() { vec![1.0; t.len()] } else { v.clone() };
        let values: Vec<f64> = trains.times.iter().zip(&trains.values).flat_map(each).collect();
        arrays.push(("value", Array::vector(values)));
    }
    arrays
}

/// The trains in arrays that [`arrays`] wrote.
pub(super) fn of_arrays(
    mut get: impl FnMut(&str) -> Said<Array>,
    has: impl Fn(&str) -> bool,
) -> Said<SpikeTrains> {
    let times = get("time")?.try_f64()?;
    let which = get("train")?.try_i64()?;
    let names = match get("names")?.into_parts().1 {
        crate::ArrayData::Text(names) => names,
        _ => Vec::new(),
    };
    let [samples, ..] = get("samples")?.try_f64()?[..] else { return Err("array `samples` is empty".into()) };
    let window = get("window")?.try_f64()?;
    let [start, end] = window[..] else { return Err("array `window` must hold start and end".into()) };
    let dt = if has("dt") { get("dt")?.try_f64()?.first().copied() } else { None };
    let clock = if get("unit")?.as_text() == Some("steps") { Time::Steps } else { Time::Seconds };
    let samples = samples as usize;
    if samples.saturating_mul(names.len()) > super::spike_list::MOST_TRAINS {
        return Err("names more trains than are read".into());
    }
    if times.len() != which.len() || start.is_nan() || end.is_nan() || start > end {
        return Err(format!(
            "holds {} times of {} spikes from {start} to {end}: it is damaged",
            times.len(),
            which.len()
        ));
    }
    let values = if has("value") { Some(get("value")?.try_f64()?) } else { None };
    if !(start.is_finite() && end.is_finite()) || dt.is_some_and(|dt| !(dt > 0.0 && dt.is_finite())) {
        return Err(format!("has the window {start} to {end} and steps of {dt:?}: it is damaged"));
    }
    let windows = if has("windows") { get("windows")?.try_f64()? } else { Vec::new() };
    let windows: Vec<(f64, f64)> = windows.as_chunks::<2>().0.iter().map(|w| (w[0], w[1])).collect();
    let mut trains = SpikeTrains::silent(samples, names, (start, end), dt, clock);
    if !windows.is_empty() {
        check_windows(&windows, samples, (start, end))?;
        trains.windows = windows;
    }
    for (i, (time, train)) in times.iter().zip(&which).enumerate() {
        let place = usize::try_from(*train).ok().filter(|t| *t < trains.times.len());
        let place = place.ok_or_else(|| {
            format!("array `train`: entry {i} is {train}, but there are {} trains", trains.times.len())
        })?;
        let before = trains.times[place].last().copied().unwrap_or(start);
        let (start, end) =
            trains.windows.get(place / trains.neurons().max(1)).copied().unwrap_or((start, end));
        if !(*time >= before && *time >= start && *time <= end) {
            return Err(format!(
                "array `time`: entry {i} is {time}; times of a train rise within {start} and {end}"
            ));
        }
        trains.add(place, *time, 1.0, values.as_ref().and_then(|v| v.get(i)).copied().unwrap_or(1.0));
    }
    Ok(trains)
}

#[cfg(test)]
mod tests {
    use super::super::{TrainOptions, read_trains};
    use super::*;

    fn trains() -> SpikeTrains {
        let names = ["cell, a", "b", "c"].map(String::from).to_vec();
        let mut trains = SpikeTrains::silent(1, names, (-0.25, 1.5), Some(1e-4), Time::Seconds);
        for (train, time) in [(0, 0.1), (0, 0.1 + 0.2), (0, 0.1 + 0.2), (2, -0.25), (2, 1.0 / 3.0)] {
            trains.add(train, time, 1.0, 1.0);
        }
        trains
    }

    #[test]
    fn what_is_written_as_csv_and_npz_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut valued = trains();
        valued.values[0] = vec![1.0, -2.0, 0.5];
        valued.values[2] = vec![1.0, 1.0];
        let mut several = trains();
        several.samples = 2;
        several.times.extend([vec![], vec![0.5], vec![]]);
        several.values.extend([vec![], vec![], vec![]]);
        let mut uneven = several.clone();
        uneven.windows = vec![(-0.25, 1.0), (0.25, 1.5)];
        for all in [trains(), several, uneven] {
            for ending in ["csv", "npz"] {
                let path = folder.path().join(format!("t.{ending}"));
                write_trains(&path, &all).unwrap();
                assert_eq!(read_trains(&path, &TrainOptions::default()).unwrap(), all, "{ending}");
            }
        }
        let path = folder.path().join("t.npz");
        write_trains(&path, &valued).unwrap();
        assert_eq!(read_trains(&path, &TrainOptions::default()).unwrap().output(0), -0.5);
        let e = write_trains(folder.path().join("t.mat"), &trains()).unwrap_err().to_string();
        assert!(e.contains(".nwb") && e.contains("`.mat`"), "{e}");
    }

    #[cfg(feature = "hdf5")]
    #[test]
    fn what_is_written_for_other_tools_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut numbered = trains();
        numbered.names = ["7", "9", "30"].map(String::from).to_vec();
        for ending in ["nwb", "h5"] {
            let path = folder.path().join(format!("t.{ending}"));
            write_trains(&path, &numbered).unwrap();
            let back = read_trains(&path, &TrainOptions::default()).unwrap();
            let fired = |t: &SpikeTrains| {
                let all = t.names.iter().cloned().zip(t.times.clone());
                all.filter(|(_, t)| !t.is_empty()).collect::<Vec<_>>()
            };
            assert_eq!(back.spikes(), 5, "{ending}");
            for ((name, got), (other, want)) in fired(&back).iter().zip(&fired(&numbered)) {
                assert_eq!(name, other, "{ending}");
                assert!(
                    got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12),
                    "{ending}: {got:?} {want:?}"
                );
            }
        }
        let named = write_trains(folder.path().join("t.h5"), &trains()).unwrap_err().to_string();
        assert!(named.contains("whole numbers"), "{named}");
    }

    #[cfg(feature = "hdf5")]
    #[test]
    fn nix_keeps_names_trials_and_windows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.nix");
        let mut several = SpikeTrains { dt: None, ..trains() };
        several.names = ["a", "b", "cell, c"].map(String::from).to_vec();
        write_trains(&path, &several).unwrap();
        assert_eq!(read_trains(&path, &TrainOptions::default()).unwrap(), several);
        // So many that they are told apart by more than one digit, and that groups have more links than fit into a header.
        several.samples = 12;
        for trial in 1..12 {
            several.times.extend([vec![], vec![0.5, 0.5 + f64::from(trial) / 100.0], vec![]]);
            several.values.extend([vec![], vec![], vec![]]);
        }
        several.windows = (0..12).map(|k| (-0.25, 1.0 + f64::from(k) / 22.0)).collect();
        several.window = (-0.25, 1.5);
        write_trains(&path, &several).unwrap();
        assert_eq!(read_trains(&path, &TrainOptions::default()).unwrap(), several);
        let steps = SpikeTrains { clock: Time::Steps, ..trains() };
        assert!(write_trains(&path, &steps).unwrap_err().to_string().contains("give dt first"));
    }
}
