//! What columns and arrays are usually called.

use super::options::Role;
use super::unit::{Unit, split_name};

const NEURON: &[&str] = &[
    "neuron",
    "neurons",
    "neuron_id",
    "neuron_ids",
    "neuronid",
    "neuron_index",
    "nid",
    "id",
    "ids",
    "i",
    "cell",
    "cells",
    "cell_id",
    "cell_ids",
    "cellid",
    "unit",
    "units",
    "unit_id",
    "unit_ids",
    "unitid",
    "sender",
    "senders",
    "channel",
    "channels",
    "channel_id",
    "ch",
    "node",
    "nodes",
    "node_id",
    "node_ids",
    "nodeid",
    "gid",
    "gids",
    "cluster",
    "clusters",
    "cluster_id",
    "cluster_ids",
    "spike_clusters",
    "spike_cluster",
    "electrode",
    "electrodes",
    "electrode_id",
    "source",
    "sources",
    "train",
    "train_id",
    "spike_labels",
    "spike_label",
    "unit_index",
    "spike_unit",
    "spike_units",
    "spike_id",
    "spike_ids",
    "cell_index",
    "idx",
    "name",
];
const TIME: &[&str] = &[
    "time",
    "times",
    "t",
    "timestamp",
    "timestamps",
    "ts",
    "spike_time",
    "spike_times",
    "spiketime",
    "spiketimes",
    "spike_t",
    "event_time",
    "event_times",
    "time_stamp",
    "time_stamps",
    "tspike",
    "t_spike",
    "timepoint",
    "peak_time",
];
const STEPS: &[&str] =
    &["step", "steps", "time_step", "time_steps", "timestep", "timesteps", "spike_step", "spike_steps"];
const SAMPLES: &[&str] = &[
    "sample",
    "samples",
    "sample_index",
    "sample_indices",
    "sample_number",
    "spike_sample",
    "spike_samples",
    "spike_indexes",
    "spike_indices",
    "sample_ind",
    "sample_idx",
    "frame",
    "frames",
    "sample_id",
];
const TRIAL: &[&str] = &[
    "trial",
    "trials",
    "trial_id",
    "trial_ids",
    "trial_index",
    "batch",
    "sweep",
    "sweeps",
    "sweep_id",
    "segment",
    "segments",
    "repetition",
    "repeat",
    "episode",
    "epoch",
    "run",
    "session",
];
const RATE: &[&str] = &[
    "fs",
    "sampling_frequency",
    "sampling_rate",
    "sample_rate",
    "samplerate",
    "sampling_freq",
    "samplingrate",
    "sfreq",
    "srate",
];
const STEP_LENGTH: &[&str] =
    &["dt", "resolution", "delta_t", "time_resolution", "sampling_interval", "bin", "bin_width", "bin_size"];
const UNIT: &[&str] =
    &["unit", "units", "time_unit", "time_units", "unit_of_time", "times_unit", "times_units"];

/// What the name of a column or an array says it is.
pub(super) struct Meaning {
    pub(super) role: Role,
    /// The unit, where the name says it.
    pub(super) unit: Option<Unit>,
    /// Whether it may be what it is called only where nothing clearer is there.
    pub(super) weak: bool,
}

/// The name without what numbers the segments of one tool.
fn base(name: &str) -> (String, Option<Unit>) {
    let (base, unit) = split_name(name);
    let cut = base.strip_suffix("_seg0").map(String::from).unwrap_or(base);
    (cut.replace([' ', '-'], "_"), unit)
}

/// What is meant by a name; `None` where it says nothing.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    let last = name.rsplit('.').next().filter(|n| !n.is_empty()).unwrap_or(name);
    let whole = last.trim().to_lowercase().replace([' ', '-'], "_");
    let is = |list: &[&str], name: &str| list.contains(&name);
    let found = |role, unit, weak| Some(Meaning { role, unit, weak });
    if is(STEPS, &whole) {
        return found(Role::Time, Some(Unit::Steps), false);
    }
    let (base, unit) = base(last);
    if is(SAMPLES, &whole) || is(SAMPLES, &base) {
        return found(Role::Time, Some(Unit::Samples(0.0)), whole == "sample");
    }
    match &base[..] {
        n if is(TIME, n) => found(Role::Time, unit, n == "ts"),
        n if is(STEPS, n) => found(Role::Time, unit.or(Some(Unit::Steps)), false),
        n if is(NEURON, n) || is(NEURON, &whole) => {
            found(Role::Neuron, None, matches!(n, "id" | "name" | "i"))
        }
        n if is(TRIAL, n) => found(Role::Trial, None, n != "trial"),
        "value" => found(Role::Value, None, false),
        "offset" | "time_offset" => {
            found(Role::Offset, unit.or((base == "time_offset").then_some(Unit::Milliseconds)), false)
        }
        "population" => found(Role::Population, None, false),
        _ => None,
    }
}

/// Whether a number of this name is a rate of samples.
pub(super) fn is_rate(name: &str) -> bool {
    RATE.contains(&&base(name).0[..]) || RATE.contains(&&name.to_lowercase()[..])
}

/// Whether a number of this name is the length of a step.
pub(super) fn is_step_length(name: &str) -> bool {
    STEP_LENGTH.contains(&&base(name).0[..])
}

/// Whether a text of this name is a unit of time.
pub(super) fn is_unit(name: &str) -> bool {
    UNIT.contains(&&name.rsplit('.').next().unwrap_or(name).to_lowercase()[..])
}

/// Whether the array is called as spikes usually are.
pub(super) fn is_spikes(name: &str) -> bool {
    matches!(
        &name.to_lowercase()[..],
        "spikes" | "output" | "spike_train" | "spike_trains" | "spiketrains" | "trains" | "raster" | "spk"
    )
}

/// Whether the array is called as potentials usually are.
pub(super) fn is_potential(name: &str) -> bool {
    let name = name.to_lowercase();
    matches!(
        &name[..],
        "v" | "vm" | "v_m" | "u" | "mem" | "membrane" | "voltage" | "potential" | "potentials"
    )
}

/// Whether names are those that NumPy gives to arrays without one.
pub(super) fn is_unnamed(name: &str) -> bool {
    let number = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    name.strip_prefix("arr_").or_else(|| name.strip_prefix("column_")).is_some_and(number)
}
