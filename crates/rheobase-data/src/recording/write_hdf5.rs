//! Trains as NWB's units table, as a population of SONATA, and as Neo's NIX.

use rheobase_models::neuron::Time;
use rheobase_signals::SpikeTrains;

use super::Said;
use crate::hdf5::{Tree, Value};

/// The bytes of a file of this kind.
pub(super) fn bytes(ending: &str, trains: &SpikeTrains) -> Said<Vec<u8>> {
    if trains.clock == Time::Steps {
        return Err("cannot be written: its times count steps, which have no length; give dt first".into());
    }
    match ending {
        "nwb" => nwb(trains),
        "h5" => sonata(trains),
        _ => nix(trains),
    }
}

fn text(value: &str) -> Value {
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
fn identity(number: usize) -> String {
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

/// What every entity of NIX has.
fn entity(tree: Tree, name: &str, kind: &str, number: &mut usize) -> Tree {
    *number += 1;
    let when = text("19700101T000000");
    let tree = tree.with("name", text(name)).with("entity_id", text(&identity(*number)));
    let tree = if kind.is_empty() { tree } else { tree.with("type", text(kind)) };
    tree.with("created_at", when.clone()).with("updated_at", when)
}

fn property(name: &str, value: Value, unit: Option<&str>, number: &mut usize) -> Tree {
    let tree = entity(Tree::array(value), name, "", number);
    match unit {
        Some(unit) => tree.with("unit", text(unit)),
        None => tree,
    }
}

/// A section of metadata with the names that Neo looks for.
fn section(name: &str, kind: &str, label: &str, edges: Option<(f64, f64)>, number: &mut usize) -> Tree {
    let mut properties = vec![
        ("neo_name".to_string(), property("neo_name", Value::Texts(vec![label.into()]), None, number)),
        ("nix_name".to_string(), property("nix_name", Value::Texts(vec![name.into()]), None, number)),
    ];
    if let Some((start, stop)) = edges {
        properties
            .push(("t_start".into(), property("t_start", Value::Floats(vec![start]), Some("s"), number)));
        properties.push(("t_stop".into(), property("t_stop", Value::Floats(vec![stop]), Some("s"), number)));
    }
    let parts = vec![
        ("properties".to_string(), Tree::named(properties)),
        ("sections".into(), Tree::group(Vec::new())),
    ];
    entity(Tree::named(parts), name, &format!("{kind}.metadata"), number)
}

fn nix(trains: &SpikeTrains) -> Said<Vec<u8>> {
    let mut number = 100;
    let neurons = trains.names.len();
    let mut segments = Vec::new();
    for sample in 0..trains.samples.max(1) {
        let window = trains.windows.get(sample).copied().unwrap_or(trains.window);
        let mut tags = Vec::new();
        for (neuron, label) in trains.names.iter().enumerate() {
            let times = trains.times.get(sample * neurons + neuron).cloned().unwrap_or_default();
            let name = format!("neo.spiketrain.{sample}.{neuron}");
            let data = Tree::named(vec![("data".to_string(), Tree::array(Value::Floats(times)))])
                .with("unit", text("s"));
            let positions = entity(data, &format!("{name}.times"), "neo.spiketrain.times", &mut number);
            let about = section(&name, "neo.spiketrain", label, Some(window), &mut number);
            let tag = Tree::named(vec![("positions".to_string(), positions), ("metadata".into(), about)]);
            let tag = entity(tag, &name, "neo.spiketrain", &mut number);
            tags.push((identity(number), tag));
        }
        let name = format!("neo.segment.{sample:08}");
        let about = section(&name, "neo.segment", &format!("trial {sample}"), None, &mut number);
        let parts = vec![("metadata".to_string(), about), ("multi_tags".into(), Tree::named(tags))];
        segments.push((name.clone(), entity(Tree::named(parts), &name, "neo.segment", &mut number)));
    }
    let about = section("neo.block.rheobase", "neo.block", "rheobase", None, &mut number);
    let block = Tree::named(vec![
        ("data_arrays".to_string(), Tree::group(Vec::new())),
        ("groups".into(), Tree::named(segments)),
        ("metadata".into(), about),
        ("multi_tags".into(), Tree::group(Vec::new())),
    ]);
    let block = entity(block, "neo.block.rheobase", "neo.block", &mut number);
    let version = property("version", Value::Texts(vec!["0.14.0".into()]), None, &mut number);
    let neo = Tree::group(vec![
        ("properties", Tree::group(vec![("version", version)])),
        ("sections", Tree::group(Vec::new())),
    ]);
    let neo = entity(neo, "neo", "neo.metadata", &mut number);
    let file = Tree::group(vec![
        ("data", Tree::group(vec![("neo.block.rheobase", block)])),
        ("metadata", Tree::group(vec![("neo", neo)])),
    ]);
    let when = text("19700101T000000");
    file.with("format", text("nix"))
        .with("id", text(&identity(1)))
        .with("version", Value::Signed(vec![1, 2, 1]))
        .with("created_at", when.clone())
        .with("updated_at", when)
        .bytes()
}
