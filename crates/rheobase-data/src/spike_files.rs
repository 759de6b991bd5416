//! Spikes in files: the one npz layout, and CSV for people and spreadsheets.
//!
//! npz: `events` int64 `[E, 3]` (step, batch, neuron), `value` float32 `[E]`, `offset` float32 `[E]` in seconds, `dt`
//! float64 `[]` in seconds, `shape` int64 `[3]` (time, batch, neuron). Other arrays may stand beside them.
//!
//! CSV: one event per line; columns `step` or `time` (seconds), `neuron`, and if need be `batch` (else 0), `value`
//! (else 1), `offset` (seconds, else 0; not beside `time`, which contains it). It holds neither dt nor shape.

use std::path::Path;

use super::array::Array;
use super::csv::{NonFinite, Table, read_csv, write_csv};
use super::npz::{Npz, NpzReader, write_npz};
use rheobase_base::{Error, Result};
use rheobase_signals::{SpikeEvent, SpikeEvents};

/// The arrays of the npz layout, for archives that hold more than spikes.
pub fn spike_arrays(spikes: &SpikeEvents) -> Result<Vec<(String, Array)>> {
    // Reserved at once: growing would take three times as much.
    let mut events: Vec<i64> = Vec::with_capacity(3 * spikes.len());
    events.extend(spikes.iter().flat_map(|e| [e.step as i64, e.batch.into(), e.neuron.into()]));
    let shape = spikes.shape().map(|n| n as i64).to_vec();
    Ok(vec![
        ("events".into(), Array::new([spikes.len(), 3], events)?),
        ("value".into(), Array::vector(spikes.values().to_vec())),
        ("offset".into(), Array::vector(spikes.offsets().to_vec())),
        ("dt".into(), Array::scalar(spikes.dt())),
        ("shape".into(), Array::vector(shape)),
    ])
}

/// Writes spikes in the npz layout, whole or not at all.
///
/// # Errors
/// [`Error::File`] if the file cannot be written.
pub fn write_spikes(path: impl AsRef<Path>, spikes: &SpikeEvents) -> Result<()> {
    write_npz(path, &spike_arrays(spikes)?)
}

/// Reads spikes in the npz layout and checks every row.
///
/// # Errors
/// [`Error::Unknown`] if an array is missing; [`Error::File`] if one has a wrong shape or type, or a row breaks a rule
/// of [`SpikeEvents::push`], naming the row.
pub fn read_spikes(path: impl AsRef<Path>) -> Result<SpikeEvents> {
    let mut reader = NpzReader::open(path.as_ref())?;
    assemble(path.as_ref(), |name| reader.read(name))
}

/// The spikes in an archive already read.
///
/// # Errors
/// As [`read_spikes`].
pub fn spikes_in(npz: &Npz) -> Result<SpikeEvents> {
    assemble(npz.path(), |name| npz.get(name).cloned())
}

pub(super) fn assemble(path: &Path, mut get: impl FnMut(&str) -> Result<Array>) -> Result<SpikeEvents> {
    let fault = |name: &str, what: String| Error::file(path, format!("array `{name}` {what}"));
    let in_file = |e: Error| Error::file(path, e.to_string());
    let (events, value, offset) = (get("events")?, get("value")?, get("offset")?);
    let rows = events.shape().first().copied().unwrap_or_default();
    if events.shape() != [rows, 3] {
        return Err(fault("events", format!("has shape {:?}, but [E, 3] is needed", events.shape())));
    }
    for (name, array) in [("value", &value), ("offset", &offset)] {
        if array.shape() != [rows] {
            let what = format!("has shape {:?}, but [{rows}] is needed, one per event", array.shape());
            return Err(fault(name, what));
        }
    }
    let dt = get("dt")?.try_f64().map_err(|e| fault("dt", e))?;
    let shape = get("shape")?.try_i64().map_err(|e| fault("shape", e))?;
    let [dt] = dt[..] else {
        return Err(fault("dt", format!("holds {} numbers, but one is needed", dt.len())));
    };
    let shape: Option<Vec<usize>> = shape.iter().map(|&n| usize::try_from(n).ok()).collect();
    let Some(Ok(shape)) = shape.map(<[usize; 3]>::try_from) else {
        return Err(fault("shape", "must hold three lengths: time, batch, neuron".into()));
    };
    let events = events.try_i64().map_err(|e| fault("events", e))?;
    let value = value.try_f32().map_err(|e| fault("value", e))?;
    let offset = offset.try_f32().map_err(|e| fault("offset", e))?;
    let mut spikes = SpikeEvents::new(shape, dt).map_err(in_file)?;
    let (indices, _) = events.as_chunks::<3>();
    for (row, &[step, batch, neuron]) in indices.iter().enumerate() {
        let event = u64::try_from(step).ok().zip(u32::try_from(batch).ok()).zip(u32::try_from(neuron).ok());
        let Some(((step, batch), neuron)) = event else {
            let what =
                format!("row {row} is ({step}, {batch}, {neuron}): indices are at least 0 and within shape");
            return Err(fault("events", what));
        };
        let event = SpikeEvent { step, batch, neuron, value: value[row], offset: offset[row] };
        spikes.push(event).map_err(in_file)?;
    }
    Ok(spikes)
}

/// Writes spikes as CSV with the columns step, batch, neuron, value, offset, whole or not at all.
///
/// # Errors
/// [`Error::File`] if the file cannot be written.
pub fn write_spikes_csv(path: impl AsRef<Path>, spikes: &SpikeEvents) -> Result<()> {
    let names = ["step", "batch", "neuron", "value", "offset"];
    let columns = vec![
        spikes.steps().iter().map(|&x| x as f64).collect(),
        spikes.batches().iter().map(|&x| f64::from(x)).collect(),
        spikes.neurons().iter().map(|&x| f64::from(x)).collect(),
        spikes.values().iter().map(|&x| f64::from(x)).collect(),
        spikes.offsets().iter().map(|&x| f64::from(x)).collect(),
    ];
    let table = Table { names: names.map(String::from).to_vec(), columns };
    write_csv(path, &table, NonFinite::Refuse)
}

/// Reads spikes from CSV; rows may stand in any order.
///
/// `dt` is the length of a step in seconds. `shape` is [time, batch, neuron]; without it, the smallest that holds all
/// events is taken. A time within 10⁻⁶ steps of a step's start is that start.
///
/// # Errors
/// [`Error::File`] as [`read_csv`] does, for unknown, missing or contradicting columns, for indices that are not whole
/// numbers from 0, and if a row breaks a rule of [`SpikeEvents::push`] (rows then counted after sorting).
pub fn read_spikes_csv(path: impl AsRef<Path>, dt: f64, shape: Option<[usize; 3]>) -> Result<SpikeEvents> {
    let path = path.as_ref();
    let table = read_csv(path, NonFinite::Refuse)?;
    let mut events = events_in(&table, dt).map_err(|what| Error::file(path, what))?;
    events.sort_by_key(|e| (e.step, e.batch, e.neuron));
    let extent = |index: fn(&SpikeEvent) -> u64| {
        events
            .iter()
            .map(index)
            .max()
            .map_or(0, |last| usize::try_from(last).unwrap_or(usize::MAX).saturating_add(1))
    };
    let shape = shape.unwrap_or_else(|| {
        [extent(|e| e.step), extent(|e| e.batch.into()).max(1), extent(|e| e.neuron.into())]
    });
    SpikeEvents::from_events(shape, dt, events).map_err(|e| Error::file(path, e.to_string()))
}

fn events_in(table: &Table, dt: f64) -> std::result::Result<Vec<SpikeEvent>, String> {
    let known = ["step", "time", "batch", "neuron", "value", "offset"];
    if let Some(other) = table.names.iter().find(|n| !known.contains(&n.as_str())) {
        return Err(format!("column `{other}` is unknown; the columns of spikes are {}", known.join(", ")));
    }
    let timed = match (table.find("step"), table.find("time")) {
        (Some(_), None) => false,
        (None, Some(_)) if table.find("offset").is_none() => true,
        (None, Some(_)) => return Err("has columns `time` and `offset`; `time` contains the offset".into()),
        _ => return Err("must have either a column `step` or a column `time`".into()),
    };
    if table.find("neuron").is_none() {
        return Err("lacks the column `neuron`".into());
    }
    if timed && !(dt > 0.0 && dt.is_finite()) {
        return Err(format!("dt = {dt} s: must be finite and above 0"));
    }
    (0..table.rows())
        .map(|row| {
            let at = |name: &str, absent: f64| table.find(name).map_or(absent, |c| c[row]);
            let (step, offset) =
                if timed { split_time(at("time", 0.0), dt) } else { (at("step", 0.0), at("offset", 0.0)) };
            Ok(SpikeEvent {
                step: index(row, if timed { "time" } else { "step" }, step)?,
                batch: narrow(row, "batch", at("batch", 0.0))?,
                neuron: narrow(row, "neuron", at("neuron", 0.0))?,
                value: at("value", 1.0) as f32,
                offset: offset as f32,
            })
        })
        .collect()
}

/// The step that holds `time`, and the seconds since its start.
fn split_time(time: f64, dt: f64) -> (f64, f64) {
    let steps = time / dt;
    let nearest = steps.round();
    if (steps - nearest).abs() <= 1e-6 {
        return (nearest, 0.0);
    }
    (steps.floor(), ((steps - steps.floor()) * dt).min(dt))
}

fn index(row: usize, column: &str, x: f64) -> std::result::Result<u64, String> {
    // Beyond 2⁵³ neighbouring whole numbers cannot be told apart.
    if (0.0..=9_007_199_254_740_992.0).contains(&x) && x.trunc() == x {
        return Ok(x as u64);
    }
    let what = if column == "time" { "lies in step" } else { "is" };
    Err(format!(
        "data row {}, column `{column}`: {what} {x}, but steps and indices are whole numbers from 0",
        row + 1
    ))
}

fn narrow(row: usize, column: &str, x: f64) -> std::result::Result<u32, String> {
    u32::try_from(index(row, column, x)?)
        .map_err(|_| format!("data row {}, column `{column}`: {x} is beyond the largest index", row + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(step: u64, batch: u32, neuron: u32, value: f32, offset: f32) -> SpikeEvent {
        SpikeEvent { step, batch, neuron, value, offset }
    }

    /// Any valid spikes of at most 5 × 3 × 70.
    fn spikes() -> impl Strategy<Value = SpikeEvents> {
        let shape = (1_usize..6, 1_usize..4, 1_usize..70);
        let picks =
            prop::collection::btree_map((0_u64..5, 0_u32..3, 0_u32..70), (-4_i8..5, 0.0_f32..=1.0), 0..40);
        (shape, picks, 1e-6_f64..1.0).prop_map(|((t, b, n), picks, dt)| {
            let inside = |e: &SpikeEvent| {
                e.step < t as u64 && e.batch < b as u32 && e.neuron < n as u32 && e.value != 0.0
            };
            let events = picks.into_iter().map(|((t, b, n), (v, o))| event(t, b, n, v.into(), o * dt as f32));
            SpikeEvents::from_events([t, b, n], dt, events.filter(inside)).unwrap()
        })
    }

    fn csv(text: &str, dt: f64, shape: Option<[usize; 3]>) -> Result<SpikeEvents> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.csv");
        std::fs::write(&path, text).unwrap();
        read_spikes_csv(&path, dt, shape)
    }

    #[test]
    fn csv_by_step_and_by_time() {
        let want = [event(0, 0, 2, 1.0, 0.0), event(3, 0, 0, 1.0, 0.0)];
        let got = csv("step,neuron\n3,0\n0,2\n", 0.001, None).unwrap();
        assert_eq!(got.iter().collect::<Vec<_>>(), want);
        assert_eq!(got.shape(), [4, 1, 3]);
        let got = csv("neuron;time\r\n2;0\r\n0;0.003\r\n", 0.001, Some([10, 1, 5])).unwrap();
        assert_eq!(got.iter().collect::<Vec<_>>(), want);
        let got = csv("time,neuron,batch,value\n0.0025,0,1,-2\n", 0.001, None).unwrap();
        let e = got.event(0);
        assert_eq!((e.step, e.batch, e.value, got.shape()), (2, 1, -2.0, [3, 2, 1]));
        assert!((e.offset - 0.0005).abs() < 1e-9);
        assert!(csv("step,neuron\n", 0.001, Some([5, 1, 3])).unwrap().is_empty());
    }

    #[test]
    fn bad_csv_is_refused() {
        for (text, part) in [
            ("step\n1\n", "`neuron`"),
            ("neuron\n1\n", "`step` or a column `time`"),
            ("step,time,neuron\n1,1,1\n", "either"),
            ("time,offset,neuron\n1,1,1\n", "contains"),
            ("step,neuron,colour\n1,1,1\n", "`colour`"),
            ("step,neuron\n1,0\n1.5,0\n", "data row 2, column `step`: is 1.5"),
            ("step,neuron\n1,-1\n", "column `neuron`: is -1"),
            ("step,neuron\n1,1e10\n", "beyond"),
            ("time,neuron\n-0.1,1\n", "column `time`"),
            ("step,neuron\n9,0\n", "below 5"),
            ("step,neuron\n1,0\n1,0\n", "twice"),
            ("step,neuron,value\n1,0,1e300\n", "finite"),
            ("step,neuron,value\n1,0,0\n", "not 0"),
            ("step,neuron,offset\n1,0,2\n", "offset"),
        ] {
            let got = csv(text, 1.0, Some([5, 1, 5])).unwrap_err().to_string();
            assert!(got.contains(part) && got.contains("s.csv"), "{text:?}: {got}");
        }
        assert!(csv("time,neuron\n1,1\n", 0.0, None).is_err());
        assert!(csv("step,neuron\n1,1\n", f64::NAN, None).is_err());
    }

    #[test]
    fn bad_npz_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.npz");
        let good =
            SpikeEvents::from_events([3, 1, 2], 0.1, [event(0, 0, 1, 1.0, 0.0), event(2, 0, 0, 1.0, 0.1)]);
        let good = spike_arrays(&good.unwrap()).unwrap();
        let events = |v: [i64; 6]| Array::new([2, 3], v.to_vec()).unwrap();
        for (name, bad, part) in [
            ("events", events([2, 0, 0, 0, 0, 1]), "events[1]"),
            ("events", events([0, 0, 1, 0, 0, 1]), "twice"),
            ("events", events([0, 0, 1, 2, 0, 2]), "neuron[1] = 2"),
            ("events", events([0, 0, 1, 2, -1, 0]), "row 1"),
            ("events", Array::new([3, 2], vec![0_i64; 6]).unwrap(), "[E, 3]"),
            ("events", Array::text("none"), "[E, 3]"),
            ("value", Array::vector(vec![1.0_f32]), "[2]"),
            ("value", Array::vector(vec![1.0, f64::NAN]), "value[1]"),
            ("value", Array::vector(vec!["a".to_string(), "b".to_string()]), "text"),
            ("offset", Array::vector(vec![0.0, 0.2]), "offset[1]"),
            ("dt", Array::scalar(0.0), "dt"),
            ("dt", Array::vector(vec![0.1, 0.1]), "2 numbers"),
            ("shape", Array::vector(vec![3_i64, 2]), "three lengths"),
            ("shape", Array::vector(vec![3_i64, -1, 2]), "three lengths"),
        ] {
            let mut arrays = good.clone();
            arrays.iter_mut().find(|(n, _)| n == name).unwrap().1 = bad;
            write_npz(&path, &arrays).unwrap();
            let text = read_spikes(&path).unwrap_err().to_string();
            assert!(text.contains(part) && text.contains("s.npz"), "{name} {part}: {text}");
        }
        write_npz(&path, &good[1..]).unwrap();
        assert!(read_spikes(&path).unwrap_err().to_string().contains("unknown array `events`"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn written_spikes_come_back(spikes in spikes()) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("s.npz");
            write_spikes(&path, &spikes).unwrap();
            prop_assert_eq!(&read_spikes(&path).unwrap(), &spikes);
            prop_assert_eq!(&spikes_in(&crate::read_npz(&path).unwrap()).unwrap(), &spikes);
            let path = folder.path().join("s.csv");
            write_spikes_csv(&path, &spikes).unwrap();
            prop_assert_eq!(read_spikes_csv(&path, spikes.dt(), Some(spikes.shape())).unwrap(), spikes);
        }
    }
}
