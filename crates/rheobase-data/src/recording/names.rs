//! What columns and arrays are usually called: by the words of their names, however these are put together.

use super::options::Role;
use super::unit::{Unit, split_name};

/// Who fires.
const NEURON: &[&str] = &[
    "neuron",
    "nrn",
    "cell",
    "unit",
    "sender",
    "channel",
    "ch",
    "node",
    "gid",
    "nid",
    "cluster",
    "clu",
    "electrode",
    "source",
    "train",
    "template",
];
const TIME: &[&str] = &["time", "timestamp", "t", "ts", "timepoint", "tspike"];
const STEP: &[&str] = &["step", "timestep", "bin", "timebin"];
const SAMPLE: &[&str] = &["sample", "frame"];
const TRIAL: &[&str] = &[
    "trial",
    "batch",
    "sweep",
    "segment",
    "repetition",
    "repeat",
    "rep",
    "episode",
    "epoch",
    "run",
    "session",
];
/// Words that say that a number or a name tells one from another.
const WHICH: &[&str] =
    &["id", "index", "indice", "indexe", "idx", "ind", "no", "nr", "num", "number", "name", "label", "lbl"];
/// Words that say of which event.
const EVENT: &[&str] = &["spike", "spk", "event", "peak", "of", "the"];
const RATE: &[&str] = &[
    "fs",
    "sampling_frequency",
    "sampling_freq",
    "sampling_rate",
    "samplingrate",
    "sample_rate",
    "samplerate",
    "sample_frequency",
    "sfreq",
    "srate",
];
const STEP_LENGTH: &[&str] = &[
    "dt",
    "resolution",
    "delta_t",
    "time_resolution",
    "sampling_interval",
    "sampling_period",
    "bin",
    "bin_width",
    "binwidth",
    "bin_size",
    "binsize",
    "time_step",
    "timestep",
];
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

/// The last part of a name within groups and structures.
fn last(name: &str) -> &str {
    name.rsplit('.').next().filter(|n| !n.is_empty()).unwrap_or(name).trim()
}

/// `spikeTime` as `spike_Time`, so that its words can be told.
fn spread(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        if before.is_lowercase() && c.is_uppercase() {
            out.push('_');
        }
        out.push(c);
        before = c;
    }
    out
}

/// The words of a name, in small letters and in the singular, and the unit behind them.
fn words(name: &str) -> (Vec<String>, Option<Unit>) {
    let (base, unit) = split_name(&spread(last(name)));
    // SpikeInterface numbers the segments of a recording.
    let base = base.strip_suffix("_seg0").unwrap_or(&base);
    let parts = base.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let mut words = Vec::new();
    for part in parts.map(singular) {
        // `spiketime`, `cellid`: two words in one.
        let (event, rest) = match part.strip_prefix("spike") {
            Some(rest) if !rest.is_empty() => (true, singular(rest)),
            _ => (false, part),
        };
        let whose = rest.strip_suffix("id").or(rest.strip_suffix("index")).filter(|n| NEURON.contains(n));
        words.extend(event.then(|| "spike".to_string()));
        match whose {
            Some(whose) => words.extend([whose.to_string(), "id".into()]),
            None => words.push(rest),
        }
    }
    (words, unit)
}

fn singular(word: &str) -> String {
    let end = word.strip_suffix('s').filter(|w| w.len() > 1 && !w.ends_with(['s', 'u', 'i']));
    end.unwrap_or(word).to_string()
}

/// What is meant by a name; `None` where it says nothing.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    let (words, unit) = words(name);
    let words: Vec<&str> = words.iter().map(|w| &w[..]).collect();
    let found = |role, unit, weak| Some(Meaning { role, unit, weak });
    let is = |list: &[&str], word: &str| list.contains(&word);
    let events = words.iter().any(|w| is(EVENT, w));
    let core: Vec<&str> = words.iter().copied().filter(|w| !is(EVENT, w)).collect();
    match core[..] {
        // `spikes_ms`, `spike_samples`.
        [] => unit.filter(|_| events).and_then(|unit| found(Role::Time, Some(unit), false)),
        ["index" | "indice" | "indexe"] if events => found(Role::Time, Some(Unit::Samples(0.0)), false),
        [word] if is(TIME, word) => found(Role::Time, unit, word == "ts" && !events),
        ["time", "stamp" | "point"] => found(Role::Time, unit, false),
        [word] | ["time", word] if is(STEP, word) => found(Role::Time, unit.or(Some(Unit::Steps)), false),
        [word, which] if is(TIME, word) && is(WHICH, which) => {
            found(Role::Time, unit.or(Some(Unit::Steps)), false)
        }
        [word, which] if is(STEP, word) && is(WHICH, which) => found(Role::Time, Some(Unit::Steps), false),
        [word] if is(SAMPLE, word) => {
            found(Role::Time, Some(Unit::Samples(0.0)), last(name).eq_ignore_ascii_case("sample"))
        }
        [word, which] if is(SAMPLE, word) && is(WHICH, which) => {
            found(Role::Time, Some(Unit::Samples(0.0)), false)
        }
        [word] if is(NEURON, word) => found(Role::Neuron, None, false),
        [word, which] if is(NEURON, word) && is(WHICH, which) => found(Role::Neuron, None, false),
        ["i"] => found(Role::Neuron, None, true),
        [word] if is(WHICH, word) && !matches!(word, "no" | "num" | "number" | "ind") => {
            found(Role::Neuron, None, !events)
        }
        [word] if is(TRIAL, word) => found(Role::Trial, None, word != "trial"),
        [word, which] if is(TRIAL, word) && is(WHICH, which) => found(Role::Trial, None, word != "trial"),
        ["value"] => found(Role::Value, None, false),
        ["offset"] => found(Role::Offset, unit, false),
        ["time", "offset"] => found(Role::Offset, unit.or(Some(Unit::Milliseconds)), false),
        ["population"] => found(Role::Population, None, false),
        _ => None,
    }
}

/// A name as lists have it, in small letters: `samplingRate` is `sampling_rate`.
fn listed(name: &str) -> String {
    spread(last(name)).to_lowercase().replace([' ', '-'], "_")
}

/// How many Hz one of a number of this name is, if it is a rate of samples.
pub(super) fn rate_in_hz(name: &str) -> Option<f64> {
    let name = listed(name);
    let (base, scale) = match name.trim_end_matches([')', ']']).rsplit_once(['_', '(', '[']) {
        Some((base, "hz")) => (base, 1.0),
        Some((base, "khz")) => (base, 1e3),
        _ => (&name[..], 1.0),
    };
    RATE.contains(&base.trim_end_matches('_')).then_some(scale)
}

/// The unit of a number of this name, if it is the length of a step; s where the name has none.
pub(super) fn step_length(name: &str) -> Option<Unit> {
    let name = listed(name);
    if STEP_LENGTH.contains(&&name[..]) {
        return Some(Unit::Seconds);
    }
    let (base, unit) = split_name(&name);
    unit.filter(|u| !matches!(u, Unit::Steps | Unit::Samples(_)) && STEP_LENGTH.contains(&&base[..]))
}

/// Whether a number of this name says when the recording began (`Some(true)`) or ended, and its unit, where the name has one.
pub(super) fn edge(name: &str) -> Option<(bool, Option<Unit>)> {
    let (base, unit) = split_name(&listed(name));
    match &base[..] {
        "t_start" | "tstart" => Some((true, unit)),
        "t_stop" | "tstop" | "t_end" | "duration" => Some((false, unit)),
        _ => None,
    }
}

/// Whether a text of this name is a unit of time.
pub(super) fn is_unit(name: &str) -> bool {
    UNIT.contains(&&listed(name)[..])
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

/// The columns of a camera's events, among names: x, y, t, p.
pub(super) fn of_camera<'a>(mut all: impl Iterator<Item = &'a str> + Clone) -> Option<[usize; 4]> {
    let find = |names: &[&str]| all.clone().position(|n| names.contains(&&split_name(last(n)).0[..]));
    let found = Some([
        find(&["x", "xs"])?,
        find(&["y", "ys"])?,
        find(&["t", "ts", "time", "times", "timestamp", "timestamps"])?,
        find(&["p", "ps", "pol", "polarity", "polarities", "on"])?,
    ]);
    all.next().and(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_their_words() {
        let ms = Some(Unit::Milliseconds);
        let samples = Some(Unit::Samples(0.0));
        for (name, role, unit) in [
            ("neuron", Role::Neuron, None),
            ("Neuron ID", Role::Neuron, None),
            ("neuronIndex", Role::Neuron, None),
            ("cellid", Role::Neuron, None),
            ("cell_no", Role::Neuron, None),
            ("unit_name", Role::Neuron, None),
            ("spikes_neuron", Role::Neuron, None),
            ("spike_labels_seg0", Role::Neuron, None),
            ("neuron #", Role::Neuron, None),
            ("spike_clusters", Role::Neuron, None),
            ("gids", Role::Neuron, None),
            ("spikeTime (ms)", Role::Time, ms),
            ("SpikeTimes_ms", Role::Time, ms),
            ("spiketimes", Role::Time, None),
            ("TimeStamp", Role::Time, None),
            ("time of spike [ms]", Role::Time, ms),
            ("t", Role::Time, None),
            ("time_step", Role::Time, Some(Unit::Steps)),
            ("time_bin", Role::Time, Some(Unit::Steps)),
            ("bin index", Role::Time, Some(Unit::Steps)),
            ("t_idx", Role::Time, Some(Unit::Steps)),
            ("spike_indexes_seg0", Role::Time, samples),
            ("spike_samples", Role::Time, samples),
            ("sample_index", Role::Time, samples),
            ("frames", Role::Time, samples),
            ("data.times", Role::Time, None),
            ("trial_id", Role::Trial, None),
            ("time_offset", Role::Offset, ms),
            ("value", Role::Value, None),
        ] {
            let found = meaning(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((found.role, found.unit), (role, unit), "{name}");
        }
        for name in [
            "rate",
            "v",
            "amplitude",
            "depth",
            "spikes",
            "n0",
            "time_constant",
            "cell_type",
            "x",
            "count",
            "",
        ] {
            assert!(meaning(name).is_none(), "{name}");
        }
    }

    #[test]
    fn rates_and_steps_have_the_unit_of_their_name() {
        assert_eq!(rate_in_hz("samplingRate"), Some(1.0));
        assert_eq!(rate_in_hz("sampling_rate_khz"), Some(1e3));
        assert_eq!(rate_in_hz("fs (Hz)"), Some(1.0));
        assert_eq!(rate_in_hz("rate"), None);
        assert_eq!(step_length("dt"), Some(Unit::Seconds));
        assert_eq!(step_length("dt_ms"), Some(Unit::Milliseconds));
        assert_eq!(step_length("bin_width (ms)"), Some(Unit::Milliseconds));
        assert_eq!(step_length("step"), None);
        assert_eq!(edge("t_stop_ms"), Some((false, Some(Unit::Milliseconds))));
    }
}
