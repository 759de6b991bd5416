//! The Spiking Heidelberg Digits and Spiking Speech Commands: a list of times and a list of channels for each sample.
//!
//! Described in doi:10.1109/TNNLS.2020.3044364; times in s, as half precision has them.

use std::path::Path;

use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::spike_list::{Ids, MOST_TRAINS, SpikeList};
use crate::hdf5::Hdf5;

/// Channels of the artificial cochlea.
pub(crate) const CHANNELS: usize = 700;

pub(super) fn is(file: &Hdf5) -> bool {
    file.has("spikes/times") && file.has("spikes/units")
}

pub(super) fn read(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let mut file = Hdf5::open(path)?;
    let (times, units) = samples(&mut file)?;
    let count = times.len();
    let labels = file.numbers("labels").ok().map(|l| l.1).filter(|l| l.len() == count);
    if let Some(name) = &options.array {
        let at = name.parse().ok().filter(|i: &usize| *i < count);
        let at = at.ok_or_else(|| format!("has no sample `{name}`: there are {count}, from 0"))?;
        found.say(format!("sample {at} of {count}; times in s, as half precision has them"));
        let ids = Ids::of_numbers(&units[at], "spikes/units")?;
        return Ok(Content::Spikes(SpikeList { times: times[at].clone(), ids, ..Default::default() }));
    }
    if count.saturating_mul(CHANNELS) > MOST_TRAINS {
        return Err(format!(
            "holds {count} samples: too many trains at once; say which sample, as FILE:NUMBER"
        ));
    }
    let trial = times.iter().zip(0_u32..).flat_map(|(t, i)| std::iter::repeat_n(i, t.len())).collect();
    let trials = (count > 1).then(|| Ids { which: trial, names: rheobase_signals::trains::numbers(count) });
    let ids = Ids::of_numbers(&units.concat(), "spikes/units")?;
    let what = if labels.is_some() { " with labels" } else { "" };
    found.say(format!(
        "{count} samples{what}, each with a clock of its own; times in s, as half precision has them"
    ));
    Ok(Content::Spikes(SpikeList { times: times.concat(), ids, trials, ..Default::default() }))
}

/// Lists of times and channels, one for each sample.
type Samples = (Vec<Vec<f64>>, Vec<Vec<f64>>);

/// Times and channels of every sample.
fn samples(file: &mut Hdf5) -> Said<Samples> {
    let mut all = (Vec::new(), Vec::new());
    each_sample(file, |_, times, units| {
        all.0.push(times.to_vec());
        all.1.push(units.to_vec());
        Ok(())
    })?;
    Ok(all)
}

/// Calls `take` with number, times and channels of every sample, and says how many there are.
pub(crate) fn each_sample(
    file: &mut Hdf5,
    mut take: impl FnMut(usize, &[f64], &[f64]) -> Said<()>,
) -> Said<usize> {
    let (times, units) = (file.places("spikes/times")?, file.places("spikes/units")?);
    if times.len() != units.len() {
        return Err(format!("holds {} lists of times but {} of channels", times.len(), units.len()));
    }
    for i in 0..times.len() {
        let (t, u) = (file.list(&times, i)?, file.list(&units, i)?);
        if t.len() != u.len() {
            return Err(format!("sample {i} has {} times but {} channels", t.len(), u.len()));
        }
        take(i, &t, &u)?;
    }
    Ok(times.len())
}
