//! NWB: the units table. Times of all units stand in one array, the end of each unit's part in another.
//!
//! Schema: <https://nwb-schema.readthedocs.io/en/latest/format.html#units>.

use std::path::Path;

use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::spike_list::SpikeList;
use super::verdicts::Verdicts;
use crate::hdf5::Hdf5;

pub(super) fn is(file: &Hdf5) -> bool {
    file.attribute("", "nwb_version").is_some()
        || file.attribute("", "neurodata_type").is_some_and(|t| t == "NWBFile")
}

pub(super) fn read(path: &Path, _: &TrainOptions, found: &mut Found) -> Said<Content> {
    let file = Hdf5::open(path)?;
    if !file.has_group("units") {
        let others = ["acquisition", "processing"]
            .iter()
            .flat_map(|g| file.groups(g).unwrap_or_default())
            .collect::<Vec<_>>();
        return Err(format!(
            "is an NWB file without a units table, and so without spikes; it holds `{}`",
            others.join("`, `")
        ));
    }
    if !file.has("units/spike_times") || !file.has("units/spike_times_index") {
        return Err("has a units table without spike times".into());
    }
    let (_, times) = file.numbers("units/spike_times")?;
    let ends = ends(&file, "units/spike_times_index", times.len())?;
    let names = match file.has("units/id") {
        true => file.numbers("units/id")?.1.iter().map(|id| format!("{id}")).collect(),
        false => rheobase_signals::trains::numbers(ends.len()),
    };
    if names.len() != ends.len() {
        return Err(format!(
            "array `units/id` names {} units, but `units/spike_times_index` has {}",
            names.len(),
            ends.len()
        ));
    }
    let lists = parts(&times, &ends);
    let mut list = SpikeList::of_lists(lists, names);
    if file.has("units/obs_intervals") {
        observed(&file, &mut list, found)?;
    }
    list.verdicts = Some(verdicts(&file, &list.ids.names)?);
    found.say("times in s (as NWB has them); neurons by their id".into());
    Ok(Content::Spikes(list))
}

/// Columns with a verdict on each unit, in the order in which they are believed: what people said before what sorters did.
const JUDGED: &[&str] = &[
    "quality",
    "group",
    "cluster_quality",
    "unit_quality",
    "label",
    "unit_type",
    "KSLabel",
    "ks_label",
    "kilosort2_label",
];

fn verdicts(file: &Hdf5, names: &[String]) -> Said<Verdicts> {
    let mut verdicts = Verdicts::default();
    let columns = file.arrays("units")?;
    for column in JUDGED.iter().filter(|c| columns.iter().any(|there| there == *c)) {
        let path = format!("units/{column}");
        // Some call numbers so, which are no verdicts.
        if !file.is_text(&path) {
            continue;
        }
        let said = file.texts(&path)?;
        if said.len() != names.len() {
            return Err(format!(
                "array `{path}` has {} entries, but there are {} units",
                said.len(),
                names.len()
            ));
        }
        verdicts.add(&format!("column `{column}`"), names.iter().cloned().zip(said));
    }
    Ok(verdicts)
}

/// The ends of parts, checked.
fn ends(file: &Hdf5, path: &str, total: usize) -> Said<Vec<usize>> {
    let (_, ends) = file.numbers(path)?;
    let mut last = 0.0;
    for (i, end) in ends.iter().enumerate() {
        if *end < last || *end > total as f64 {
            return Err(format!(
                "array `{path}`: entry {i} is {end}; ends of parts must not fall, nor go beyond {total}"
            ));
        }
        last = *end;
    }
    Ok(ends.iter().map(|e| *e as usize).collect())
}

fn parts(values: &[f64], ends: &[usize]) -> Vec<Vec<f64>> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(from, to)| values[from..*to].to_vec()).collect()
}

/// When units were watched: the window spans all of it, and gaps are told.
fn observed(file: &Hdf5, list: &mut SpikeList, found: &mut Found) -> Said<()> {
    let (shape, values) = file.numbers("units/obs_intervals")?;
    if shape.len() != 2 || shape[1] != 2 || values.is_empty() {
        return Ok(());
    }
    let mut intervals: Vec<(f64, f64)> = values.chunks_exact(2).map(|i| (i[0], i[1])).collect();
    intervals.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    intervals.dedup();
    let start = intervals[0].0;
    let stop = intervals.iter().map(|i| i.1).fold(f64::NEG_INFINITY, f64::max);
    if start.is_finite() && stop > start {
        list.window = (Some(start), Some(stop));
    }
    let watched: f64 = intervals.iter().map(|i| i.1 - i.0).sum();
    if intervals.len() > 1 && watched < stop - start {
        let all: Vec<String> = intervals.iter().take(8).map(|i| format!("{} to {}", i.0, i.1)).collect();
        found.notes.push(format!(
            "units were watched from {} s only, {watched} s in all: rates over the whole window are too low by the gaps; take a part (--from, --to)",
            all.join(" and from ")
        ));
    }
    Ok(())
}
