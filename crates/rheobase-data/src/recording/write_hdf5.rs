//! Trains as NWB's units table, and as a population of SONATA.

use rheobase_models::neuron::Time;
use rheobase_signals::SpikeTrains;

use super::found::Said;
use crate::hdf5_tree::{Tree, Value};

/// The bytes of a file of this kind.
pub(super) fn bytes(ending: &str, trains: &SpikeTrains) -> Said<Vec<u8>> {
    check_clock(trains)?;
    match ending {
        "nwb" => nwb(trains),
        _ => sonata(trains),
    }
}

/// Only seconds are written.
pub(super) fn check_clock(trains: &SpikeTrains) -> Said<()> {
    match trains.clock {
        Time::Seconds => Ok(()),
        Time::Steps => {
            Err("cannot be written: its times count steps, which have no length; give dt first".into())
        }
    }
}

pub(super) fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// Names as whole numbers.
fn numbers(trains: &SpikeTrains) -> Said<Vec<i64>> {
    trains
        .names
        .iter()
        .map(|n| {
            n.parse::<i64>().ok().filter(|n| *n >= 0).ok_or_else(|| {
                format!(
                    "cannot be written: neuron `{n}` has a name, but there neurons are whole numbers from 0"
                )
            })
        })
        .collect()
}

fn one_sample(trains: &SpikeTrains, what: &str) -> Said<()> {
    match trains.samples {
        0 | 1 => Ok(()),
        n => Err(format!("cannot be written: it has {n} trials, and {what} has none; write one of them")),
    }
}

fn sonata(trains: &SpikeTrains) -> Said<Vec<u8>> {
    one_sample(trains, "SONATA")?;
    let ids = numbers(trains)?;
    let mut spikes: Vec<(f64, i64)> =
        trains.times.iter().zip(&ids).flat_map(|(times, id)| times.iter().map(|t| (t * 1e3, *id))).collect();
    spikes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let times = Tree::array(Value::Floats(spikes.iter().map(|s| s.0).collect())).with("units", text("ms"));
    let ids = Tree::array(Value::Unsigned(spikes.iter().map(|s| s.1 as u64).collect()));
    let population = Tree::group(vec![("node_ids", ids), ("timestamps", times)]);
    let file = Tree::group(vec![("spikes", Tree::group(vec![("rheobase", population)]))]);
    file.with("magic", Value::Word(0x0a7a)).with("version", Value::Words(vec![0, 1])).bytes()
}

/// An identity that is the same for the same place in the same kind of file.
pub(super) fn identity(number: usize) -> String {
    format!("72686f62-6173-4000-8000-{number:012x}")
}

fn typed(tree: Tree, namespace: &str, kind: &str, number: usize) -> Tree {
    tree.with("namespace", text(namespace))
        .with("neurodata_type", text(kind))
        .with("object_id", text(&identity(number)))
}

fn nwb(trains: &SpikeTrains) -> Said<Vec<u8>> {
    one_sample(trains, "NWB's units table")?;
    let count = trains.names.len();
    let labels = numbers(trains);
    let ids = labels.clone().unwrap_or_else(|_| (0..count as i64).collect());
    let ends: Vec<u64> = trains
        .times
        .iter()
        .scan(0_u64, |end, t| {
            *end += t.len() as u64;
            Some(*end)
        })
        .collect();
    let (start, stop) = trains.window;
    let column = |value: Value, what: &str, number| {
        typed(Tree::array(value), "hdmf-common", "VectorData", number).with("description", text(what))
    };
    let index = |value: Value, of: &str, number| {
        let what = format!("Index for VectorData '{of}'");
        typed(Tree::array(value), "hdmf-common", "VectorIndex", number)
            .with("description", text(&what))
            .with("target", Value::Reference(format!("units/{of}")))
    };
    let mut columns = vec!["spike_times", "obs_intervals"];
    let mut parts = vec![
        ("id", typed(Tree::array(Value::Integers(ids)), "hdmf-common", "ElementIdentifiers", 1)),
        (
            "spike_times",
            column(Value::Floats(trains.times.concat()), "the spike times for each unit in seconds", 2),
        ),
        ("spike_times_index", index(Value::Unsigned(ends), "spike_times", 3)),
        (
            "obs_intervals",
            column(
                Value::Matrix([count, 2], (0..count).flat_map(|_| [start, stop]).collect()),
                "the observation intervals for each unit",
                4,
            ),
        ),
        ("obs_intervals_index", index(Value::Unsigned((1..=count as u64).collect()), "obs_intervals", 5)),
    ];
    if labels.is_err() {
        columns.push("unit_name");
        parts.push(("unit_name", column(Value::Texts(trains.names.clone()), "names of the neurons", 6)));
    }
    let units = typed(Tree::group(parts), "core", "Units", 7)
        .with("colnames", Value::Texts(columns.into_iter().map(String::from).collect()))
        .with("description", text("spike trains"));
    let empty = || Tree::group(Vec::new());
    let since = "1970-01-01T00:00:00+00:00";
    let file = Tree::group(vec![
        ("acquisition", empty()),
        ("analysis", empty()),
        ("general", empty()),
        ("processing", empty()),
        ("stimulus", Tree::group(vec![("presentation", empty()), ("templates", empty())])),
        ("file_create_date", Tree::array(Value::Texts(vec![since.into()]))),
        ("identifier", Tree::array(text("rheobase"))),
        ("session_description", Tree::array(text("spike trains written by Rheobase"))),
        ("session_start_time", Tree::array(text(since))),
        ("timestamps_reference_time", Tree::array(text(since))),
        ("units", units),
    ]);
    typed(file, "core", "NWBFile", 8).with("nwb_version", text("2.7.0")).bytes()
}
