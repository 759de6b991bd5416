//! SONATA's files of spikes: populations, each with times and ids that count within it.
//!
//! Layout: <https://github.com/AllenInstitute/sonata/blob/master/docs/SONATA_DEVELOPER_GUIDE.md#spike-file>.

use std::path::Path;

use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::spike_list::{Ids, SpikeList, in_seconds};
use super::unit::Unit;
use crate::hdf5::Hdf5;

pub(super) fn is(file: &Hdf5) -> bool {
    !populations(file).is_empty()
}

/// Paths of groups with times and ids; the oldest files have one without a name.
fn populations(file: &Hdf5) -> Vec<String> {
    let is = |path: &str| {
        file.has(&format!("{path}/timestamps"))
            && (file.has(&format!("{path}/node_ids")) || file.has(&format!("{path}/gids")))
    };
    let mut paths: Vec<String> = file
        .groups("spikes")
        .unwrap_or_default()
        .iter()
        .map(|p| format!("spikes/{p}"))
        .filter(|p| is(p))
        .collect();
    if is("spikes") {
        paths.push("spikes".into());
    }
    paths
}

pub(super) fn read(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let file = Hdf5::open(path)?;
    let all = populations(&file);
    let names: Vec<&str> = all.iter().map(|p| p.rsplit('/').next().unwrap_or(p)).collect();
    let at = match (&options.array, names.len()) {
        (Some(name), _) => names.iter().position(|n| n == name).ok_or_else(|| {
            let hint = rheobase_base::nearest(name, names.iter().copied())
                .map_or(String::new(), |n| format!("; did you mean `{n}`?"));
            format!("has no population `{name}` among `{}`{hint}", names.join("`, `"))
        })?,
        (None, 1) => 0,
        (None, _) => {
            return Err(format!(
                "holds the populations `{}`, whose neurons are numbered alike; say which, as FILE:NAME",
                names.join("`, `")
            ));
        }
    };
    let place = &all[at];
    let (_, mut times) = file.numbers(&format!("{place}/timestamps"))?;
    let ids = if file.has(&format!("{place}/node_ids")) { "node_ids" } else { "gids" };
    let (_, which) = file.numbers(&format!("{place}/{ids}"))?;
    if times.len() != which.len() {
        return Err(format!("population `{}` has {} times but {} ids", names[at], times.len(), which.len()));
    }
    let said = file.attribute(&format!("{place}/timestamps"), "units");
    let unit = match (options.unit, said.as_deref()) {
        (Some(unit), _) => unit,
        (None, None) => Unit::Milliseconds,
        (None, Some(word)) => {
            Unit::named(word).ok_or_else(|| format!("has times in `{word}`, which is not a known unit"))?
        }
    };
    in_seconds(&mut times, unit, options.dt);
    let why = if said.is_some() { "attribute `units`" } else { "as SONATA has them" };
    found.say(format!("population `{}`; times in {} ({why})", names[at], unit.text()));
    Ok(Content::Spikes(SpikeList { ids: Ids::of_numbers(&which, ids)?, times, ..Default::default() }))
}
