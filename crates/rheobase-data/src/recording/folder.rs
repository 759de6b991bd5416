//! Folders that are one recording: what Phy and Kilosort leave, and what the threads of NEST write.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::content::Content;
use super::field::{Field, Values, are_whole};
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::spike_list::{Ids, SpikeList, in_seconds};
use super::text::Text;
use super::unit::Unit;
use super::verdicts;
use crate::npy::read_npy;

pub(super) fn is_phy(path: &Path) -> bool {
    path.is_dir() && path.join("spike_times.npy").is_file()
}

/// A folder of Phy or Kilosort: samples, clusters, and the rate in `params.py`, of which the line is read and nothing run.
pub(super) fn phy(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let vector = |name: &str| vector(path, name);
    let mut times = vector("spike_times.npy")?;
    let clusters = ["spike_clusters.npy", "spike_templates.npy"].into_iter().find(|n| path.join(n).is_file());
    let clusters =
        clusters.ok_or("has spike_times.npy, but neither spike_clusters.npy nor spike_templates.npy")?;
    let which = vector(clusters)?;
    if which.len() != times.len() {
        return Err(format!(
            "has {} spikes in spike_times.npy but {} in {clusters}",
            times.len(),
            which.len()
        ));
    }
    let unit = match options.unit {
        Some(unit) => unit,
        None if !are_whole(&times) => {
            return Err("has times in spike_times.npy that are no whole numbers, and so no samples: give --unit s|ms|us".into());
        }
        None => Unit::Samples(
            rate(path)?
                .ok_or("has no params.py with a line `sample_rate = …`; give --unit samples=RATE (in Hz)")?,
        ),
    };
    let dt = match unit {
        Unit::Samples(rate) => Some(1.0 / rate),
        _ => options.dt,
    };
    in_seconds(&mut times, unit, dt);
    let why = if options.unit.is_some() { "--unit" } else { "params.py" };
    found.say(format!("times in {} ({why}); neurons by their cluster in {clusters}", unit.text()));
    Ok(Content::Spikes(SpikeList {
        ids: Ids::of_numbers(&which, clusters)?,
        times,
        dt,
        verdicts: Some(verdicts::of_phy(path)?),
        ..Default::default()
    }))
}

fn vector(path: &Path, name: &str) -> Said<Vec<f64>> {
    let array = read_npy(path.join(name)).map_err(|e| format!("{name} {}", super::numpy::in_file(e)))?;
    let field = Field::of_array(name, array)?;
    match (field.is_vector() || field.len() == 0, field.data) {
        (true, Values::Numbers(values)) => Ok(values),
        _ => Err(format!("{name} holds no list of numbers")),
    }
}

pub(super) fn is_alf(path: &Path) -> bool {
    path.is_dir() && path.join("spikes.times.npy").is_file() && path.join("spikes.clusters.npy").is_file()
}

/// A folder of ALF: times in s, and a cluster for each.
pub(super) fn alf(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let (mut times, which) = (vector(path, "spikes.times.npy")?, vector(path, "spikes.clusters.npy")?);
    if times.len() != which.len() {
        return Err(format!(
            "has {} spikes in spikes.times.npy but {} in spikes.clusters.npy",
            times.len(),
            which.len()
        ));
    }
    let (unit, why) =
        options.unit.map_or((Unit::Seconds, "as ALF has them"), |unit| (unit, "as --unit says"));
    in_seconds(&mut times, unit, options.dt);
    found.say(format!("times in {} ({why}); neurons by their cluster", unit.text()));
    let ids = Ids::of_numbers(&which, "spikes.clusters.npy")?;
    Ok(Content::Spikes(SpikeList { ids, times, dt: options.dt, ..Default::default() }))
}

/// The rate in the line `sample_rate = …` of params.py.
fn rate(path: &Path) -> Said<Option<f64>> {
    let Ok(text) = std::fs::read_to_string(path.join("params.py")) else { return Ok(None) };
    let line = text.lines().filter_map(|l| l.split_once('=')).find(|(k, _)| k.trim() == "sample_rate");
    let Some((_, value)) = line else { return Ok(None) };
    let value = value.split('#').next().unwrap_or(value).trim().trim_end_matches('.');
    match value.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(Some(rate)),
        _ => Err(format!(
            "params.py: `sample_rate = {value}` is not a number above 0; give --unit samples=RATE"
        )),
    }
}

/// Files of a folder whose names end in the number of a thread: `<label>-<recorder>-<thread>.dat`.
fn threads(path: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(path).map(|d| d.filter_map(|e| e.ok().map(|e| e.path())).collect::<Vec<_>>());
    let data = |p: &PathBuf| p.extension().is_some_and(|e| e == "dat" || e == "gdf") && !is_binary(p);
    let mut files: Vec<PathBuf> = entries.unwrap_or_default().into_iter().filter(data).collect();
    files.sort();
    files
}

/// Whether a file does not begin as text: cameras write `.dat` too.
fn is_binary(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|f| f.take(4096).read_to_end(&mut head));
    read.is_ok() && head.contains(&0)
}

pub(super) fn is_nest(path: &Path) -> bool {
    path.is_dir() && !threads(path).is_empty()
}

/// The spikes of all threads of one recorder.
pub(super) fn nest(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let files = threads(path);
    let recorder = |p: &Path| {
        let stem = p.file_stem().map(|s| s.to_string_lossy().to_string()).unwrap_or_default();
        stem.rsplit_once('-').map_or(stem.clone(), |(front, _)| front.to_string())
    };
    let mut recorders: Vec<String> = files.iter().map(|f| recorder(f)).collect();
    recorders.dedup();
    let wanted = match (&options.array, &recorders[..]) {
        (Some(name), all) if all.contains(name) => name.clone(),
        (None, [only]) => only.clone(),
        _ => {
            return Err(format!(
                "holds files of the recorders `{}`; say which, as FOLDER:NAME, or give one file",
                recorders.join("`, `")
            ));
        }
    };
    let options = TrainOptions { array: None, ..options.clone() };
    let mut all: Option<SpikeList> = None;
    let mut used = 0;
    for file in files.iter().filter(|f| recorder(f) == wanted) {
        let name = file.file_name().map(|n| n.to_string_lossy().to_string()).unwrap_or_default();
        let mut inner = Found::default();
        let gdf = file.extension().is_some_and(|e| e == "gdf");
        let content = Text::read(file)
            .and_then(|t| t.content(gdf, &options, &mut inner))
            .map_err(|e| format!("{name}: {e}"))?;
        let Content::Spikes(list) = content else { return Err(format!("{name}: holds no list of spikes")) };
        used += 1;
        if found.understood.is_empty() {
            found.form = inner.form;
            found.say(inner.understood);
        }
        all = Some(match all {
            None => list,
            Some(before) => before.with(list),
        });
    }
    found.say(format!("{used} files of `{wanted}`, one per thread, put together"));
    all.map(Content::Spikes).ok_or_else(|| "holds no file of spikes".into())
}
