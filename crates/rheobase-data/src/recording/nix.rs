//! Neo's NIX files: every train is a multi tag of type `neo.spiketrain`, with a unit and a window of its own; segments are trials.
//!
//! Layout: <https://nixio.readthedocs.io>, <https://neo.readthedocs.io/en/latest/neo.io.html>.

use std::path::Path;

use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::spike_list::{Ids, SpikeList, in_seconds, natural};
use super::unit::Unit;
use crate::hdf5::Hdf5;

pub(super) fn is(file: &Hdf5) -> bool {
    file.attribute("", "format").is_some_and(|f| f == "nix")
}

/// A train: its name, its times in s, and its window.
struct Train {
    trial: usize,
    name: String,
    times: Vec<f64>,
    window: Option<(f64, f64)>,
}

pub(super) fn read(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let file = Hdf5::open(path)?;
    let blocks = file.groups("data")?;
    let names: Vec<String> =
        blocks.iter().map(|b| called(&file, &format!("data/{b}")).unwrap_or_else(|| b.clone())).collect();
    let at = match (&options.array, blocks.len()) {
        (Some(name), _) => names
            .iter()
            .zip(&blocks)
            .position(|(n, b)| n == name || b == name)
            .ok_or_else(|| format!("has no block `{name}` among `{}`", names.join("`, `")))?,
        (None, 1) => 0,
        (None, 0) => return Err("is a NIX file without a block".into()),
        (None, _) => {
            return Err(format!("holds the blocks `{}`; say which, as FILE:NAME", names.join("`, `")));
        }
    };
    let block = format!("data/{}", blocks[at]);
    let mut places: Vec<String> = file
        .groups(&format!("{block}/groups"))
        .unwrap_or_default()
        .into_iter()
        .map(|g| format!("{block}/groups/{g}"))
        .filter(|g| file.attribute(g, "type").is_none_or(|t| t == "neo.segment"))
        .collect();
    sort_as_made(&file, &mut places, found);
    if places.is_empty() {
        places.push(block);
    }
    let mut trains = Vec::new();
    for (trial, place) in places.iter().enumerate() {
        for tag in file.groups(&format!("{place}/multi_tags")).unwrap_or_default() {
            let tag = format!("{place}/multi_tags/{tag}");
            if file.attribute(&tag, "type").is_some_and(|t| t == "neo.spiketrain") {
                trains.push(train(&file, &tag, trial)?);
            }
        }
    }
    if trains.is_empty() {
        return Err("is a NIX file without a spike train".into());
    }
    found.say("times in the unit that each train has".into());
    Ok(Content::Spikes(list(trains, places.len())))
}

/// Segments are trials in the order in which they were made, as their times say, to a second; else as their names do, and last as
/// the file does.
fn sort_as_made(file: &Hdf5, places: &mut Vec<String>, found: &mut Found) {
    let key = |g: &String| (file.attribute(g, "created_at"), position(file, g));
    places.sort_by_cached_key(key);
    let keys: Vec<_> = places.iter().map(key).collect();
    if keys.windows(2).all(|w| w[0] != w[1]) {
        return;
    }
    let names: Vec<String> = places.iter().map(|g| g.rsplit('/').next().unwrap_or(g).to_string()).collect();
    match file.order_made(&names) {
        Some(order) => {
            let mut made: Vec<(u64, String)> = order.into_iter().zip(std::mem::take(places)).collect();
            made.sort();
            *places = made.into_iter().map(|(_, g)| g).collect();
        }
        None => found.notes.push(
            "the file does not say in which order its segments were made: the order of trials may be another"
                .into(),
        ),
    }
}

/// Where a segment stands among those of its block, as Neo writes it into its name.
fn position(file: &Hdf5, group: &str) -> String {
    called(file, group).unwrap_or_default()
}

/// The name that a user gave.
fn called(file: &Hdf5, group: &str) -> Option<String> {
    let names = file.texts(&format!("{group}/metadata/properties/neo_name")).ok()?;
    names.into_iter().next().filter(|n| !n.is_empty())
}

fn train(file: &Hdf5, tag: &str, trial: usize) -> Said<Train> {
    let place = format!("{tag}/positions");
    let word =
        file.attribute(&place, "unit").ok_or_else(|| format!("train `{tag}` says no unit of its times"))?;
    let unit = Unit::named(&word)
        .ok_or_else(|| format!("train `{tag}` has times in `{word}`, which is not a known unit"))?;
    let (_, mut times) = file.numbers(&format!("{place}/data"))?;
    in_seconds(&mut times, unit, None);
    let edge = |name: &str| {
        let path = format!("{tag}/metadata/properties/{name}");
        let unit = file.attribute(&path, "unit").and_then(|u| Unit::named(&u)).unwrap_or(unit);
        let value = *file.numbers(&path).ok()?.1.first()?;
        Some(unit.time(value, None)).filter(|t| t.is_finite())
    };
    let name = called(file, tag).or_else(|| file.attribute(tag, "name")).unwrap_or_else(|| tag.to_string());
    Ok(Train { trial, name, times, window: edge("t_start").zip(edge("t_stop")) })
}

fn list(trains: Vec<Train>, trials: usize) -> SpikeList {
    let mut names: Vec<String> = trains.iter().map(|t| t.name.clone()).collect();
    names.sort_by(|a, b| natural(a, b));
    names.dedup();
    // Trains of one segment with one name are kept apart.
    let twice = (0..trials).any(|trial| {
        let mut seen: Vec<&str> = trains.iter().filter(|t| t.trial == trial).map(|t| &t.name[..]).collect();
        seen.sort_unstable();
        seen.windows(2).any(|w| w[0] == w[1])
    });
    let mut list = SpikeList::default();
    let mut windows = vec![(f64::INFINITY, f64::NEG_INFINITY); trials];
    let (mut which, mut trial_of, mut numbered) = (Vec::new(), Vec::new(), Vec::new());
    for (i, train) in trains.iter().enumerate() {
        let id = if twice { i } else { names.iter().position(|n| *n == train.name).unwrap_or(0) };
        numbered.push(format!("{} ({i})", train.name));
        which.extend(std::iter::repeat_n(id as u32, train.times.len()));
        trial_of.extend(std::iter::repeat_n(train.trial as u32, train.times.len()));
        list.times.extend_from_slice(&train.times);
        if let Some((from, to)) = train.window {
            let window = &mut windows[train.trial];
            *window = (window.0.min(from), window.1.max(to));
        }
    }
    list.ids = Ids { which, names: if twice { numbered } else { names } };
    if trials > 1 {
        list.trials = Some(Ids { which: trial_of, names: rheobase_signals::trains::numbers(trials) });
    }
    if windows.iter().all(|w| w.0.is_finite() && w.1 > w.0) {
        match windows[..] {
            [(from, to)] => list.window = (Some(from), Some(to)),
            _ => list.windows = windows,
        }
    }
    list
}
