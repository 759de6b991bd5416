//! Folders that SpikeInterface saves sortings to: records of spikes, and a text with the rate and the names of units.

use std::path::Path;

use serde_json::Value;

use super::content::Content;
use super::field::{Field, Values};
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::record;
use super::spike_list::{Ids, SpikeList, in_seconds};
use super::unit::Unit;

const INFO: &str = "numpysorting_info.json";

pub(super) fn is(path: &Path) -> bool {
    path.is_dir() && path.join("spikes.npy").is_file() && path.join(INFO).is_file()
}

pub(super) fn read(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let text = std::fs::read_to_string(path.join(INFO)).map_err(|e| format!("{INFO} cannot be read: {e}"))?;
    let info: Value = serde_json::from_str(&text).map_err(|e| format!("{INFO}: {e}"))?;
    let rate = info["sampling_frequency"].as_f64().filter(|r| *r > 0.0 && r.is_finite());
    let rate =
        rate.ok_or_else(|| format!("{INFO}: `sampling_frequency` must be a finite number above 0, in Hz"))?;
    let name = |id: &Value| id.as_str().map_or_else(|| id.to_string(), String::from);
    let units: Vec<String> = info["unit_ids"]
        .as_array()
        .ok_or_else(|| format!("{INFO}: `unit_ids` must be a list"))?
        .iter()
        .map(name)
        .collect();
    let segments = info["num_segments"].as_u64().unwrap_or(1);
    let records = record::read(&path.join("spikes.npy")).map_err(|e| format!("spikes.npy {e}"))?;
    let fields = records.ok_or("spikes.npy holds no records")?.fields;
    let column = |name: &str| -> Said<Vec<f64>> {
        match fields.iter().find(|f| f.name == name) {
            Some(Field { data: Values::Numbers(values), .. }) => Ok(values.clone()),
            _ => Err(format!("spikes.npy has no field `{name}`")),
        }
    };
    let mut times = column("sample_index")?;
    let which = column("unit_index")?;
    if let Some(i) = which.iter().position(|w| !(w.fract() == 0.0 && (0.0..units.len() as f64).contains(w))) {
        return Err(format!(
            "spikes.npy, record {i}: unit {}, but {INFO} names {} units",
            which[i],
            units.len()
        ));
    }
    let unit = options.unit.unwrap_or(Unit::Samples(rate));
    let dt = match unit {
        Unit::Samples(rate) => Some(1.0 / rate),
        _ => options.dt,
    };
    in_seconds(&mut times, unit, dt);
    found.say(format!("times in {} ({INFO}); neurons by their unit", unit.text()));
    let trials = match segments {
        0 | 1 => None,
        _ => Some(Ids::of_numbers(&column("segment_index")?, "segment_index")?),
    };
    let ids = Ids { which: which.iter().map(|w| *w as u32).collect(), names: units };
    Ok(Content::Spikes(SpikeList { ids, times, trials, dt, ..Default::default() }))
}
