//! The Spiking Heidelberg Digits and Spiking Speech Commands: a list of times and a list of channels for each sample.
//!
//! Described in doi:10.1109/TNNLS.2020.3044364; times in s, as half precision has them.

use std::path::Path;

use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::spike_list::{Ids, MOST_TRAINS, SpikeList};
use crate::hdf5::{Hdf5, Lists};

/// Channels of the artificial cochlea.
pub(crate) const CHANNELS: usize = 700;

pub(super) fn is(file: &Hdf5) -> bool {
    file.has("spikes/times") && file.has("spikes/units")
}

pub(super) fn read(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let mut file = Hdf5::open(path)?;
    let samples = Samples::of(&file, |t| t, |u| u)?;
    let count = samples.len();
    let labels = file.numbers("labels").ok().map(|l| l.1).filter(|l| l.len() == count);
    let mut sample = (Vec::new(), Vec::new());
    if let Some(name) = &options.array {
        let at = name.parse().ok().filter(|i: &usize| *i < count);
        let at = at.ok_or_else(|| format!("has no sample `{name}`: there are {count}, from 0"))?;
        samples.get(&mut file, at, &mut sample)?;
        found.say(format!("sample {at} of {count}; times in s, as half precision has them"));
        let ids = Ids::of_numbers(&sample.1, "spikes/units")?;
        return Ok(Content::Spikes(SpikeList { times: sample.0, ids, ..Default::default() }));
    }
    if count.saturating_mul(CHANNELS) > MOST_TRAINS {
        return Err(format!(
            "holds {count} samples: too many trains at once; say which sample, as FILE:NUMBER"
        ));
    }
    let spikes = samples.spikes();
    let (mut times, mut units) = (Vec::with_capacity(spikes), Vec::with_capacity(spikes));
    let mut trial: Vec<u32> = Vec::with_capacity(spikes);
    for i in 0..count {
        samples.get(&mut file, i, &mut sample)?;
        times.extend_from_slice(&sample.0);
        units.extend_from_slice(&sample.1);
        trial.resize(times.len(), i as u32);
    }
    let trials = (count > 1).then(|| Ids { which: trial, names: rheobase_signals::trains::numbers(count) });
    let ids = Ids::of_numbers(&units, "spikes/units")?;
    let what = if labels.is_some() { " with labels" } else { "" };
    found.say(format!(
        "{count} samples{what}, each with a clock of its own; times in s, as half precision has them"
    ));
    Ok(Content::Spikes(SpikeList { times, ids, trials, ..Default::default() }))
}

/// The samples of a file: lists of times, each of which becomes a `T`, and of channels, each of which becomes a `U`.
pub(crate) struct Samples<T, F, U, G> {
    times: Lists<T, F>,
    units: Lists<U, G>,
}

impl<T: Copy, F: Fn(f64) -> T, U: Copy, G: Fn(f64) -> U> Samples<T, F, U, G> {
    /// The samples of this file.
    pub(crate) fn of(file: &Hdf5, time: F, unit: G) -> Said<Self> {
        let (times, units) = (file.lists("spikes/times", time)?, file.lists("spikes/units", unit)?);
        match times.len() == units.len() {
            true => Ok(Samples { times, units }),
            false => Err(format!("holds {} lists of times but {} of channels", times.len(), units.len())),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// Spikes of all of them together.
    pub(crate) fn spikes(&self) -> usize {
        self.times.numbers()
    }

    /// Puts times and channels of one into `into`, and nothing else.
    pub(crate) fn get(&self, file: &mut Hdf5, number: usize, into: &mut (Vec<T>, Vec<U>)) -> Said<()> {
        file.list(&self.times, number, &mut into.0)?;
        file.list(&self.units, number, &mut into.1)?;
        match into.0.len() == into.1.len() {
            true => Ok(()),
            false => Err(format!("sample {number} has {} times but {} channels", into.0.len(), into.1.len())),
        }
    }
}
