//! Recordings and event data as other tools write them: one table of formats, one way to say what a file does not.
//!
//! A reader gives what a file says of itself; `understand.rs` decides what named columns and arrays mean. What is ambiguous is
//! refused with the option that decides; what was understood is said ([`Recording::understood`]). Identities stay names: 101 and
//! 103 are two neurons.

use std::path::Path;

use rheobase_base::{Error, Result};
use rheobase_signals::SpikeTrains;

mod aedat3;
mod aedat4;
mod camera;
mod content;
mod dense;
mod entries;
mod event_stream;
mod field;
mod fields;
mod folder;
mod formats;
mod found;
#[cfg(feature = "hdf5")]
mod hdf5_arrays;
mod layout;
mod lists;
mod matlab;
mod matrix;
mod n_mnist;
mod names;
#[cfg(feature = "hdf5")]
mod nix;
mod numpy;
#[cfg(feature = "hdf5")]
mod nwb;
mod options;
mod own_table;
mod prophesee;
mod record;
mod roles;
#[cfg(feature = "hdf5")]
pub(crate) mod shd;
#[cfg(feature = "hdf5")]
mod sonata;
mod spike_list;
mod spikeinterface;
mod text;
mod understand;
mod unit;
mod verdicts;
mod write;
#[cfg(feature = "hdf5")]
mod write_hdf5;
#[cfg(feature = "hdf5")]
mod write_nix;

use content::Content;
use formats::head;
use found::{Found, Said};

pub use formats::{FORMATS, Format};
pub use options::{Holds, Pixels, Polarity, Role, TrainOptions, parse_columns};
pub use unit::Unit;
pub use write::write_trains;

pub(crate) use numpy::in_file as without_path;
pub(crate) use own_table::OWN;
pub(crate) use spike_list::natural;

/// Spike trains, and what was understood of the file they came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The trains.
    pub trains: SpikeTrains,
    /// What kind of file it is and what its numbers were taken for, in a line.
    pub understood: String,
    /// What else should be known before a figure is believed.
    pub notes: Vec<String>,
}

/// Reads the spike trains in the file or folder `path`, told by its contents and its ending ([`FORMATS`]).
///
/// # Errors
/// [`Error::File`] if it cannot be read, is of no known kind, holds no spikes, contradicts the options, or does not say enough:
/// then with the option that decides.
pub fn read_trains(path: impl AsRef<Path>, options: &TrainOptions) -> Result<SpikeTrains> {
    read_recording(path, options).map(|r| r.trains)
}

/// Reads the spike trains in the file or folder `path`, and says what was understood.
///
/// # Errors
/// As [`read_trains`].
pub fn read_recording(path: impl AsRef<Path>, options: &TrainOptions) -> Result<Recording> {
    let path = path.as_ref();
    recording(path, options, &mut Found::default()).map_err(|what| Error::file(path, what))
}

/// What is in a file: its kind, its parts, and its trains, or why it has none.
#[derive(Debug)]
pub struct Contents {
    /// The kind of file.
    pub format: &'static Format,
    /// Columns, arrays, variables: name, shape and kind of each; empty where the kind of file has none.
    pub parts: Vec<String>,
    /// The trains in it.
    pub recording: Result<Recording>,
}

/// Looks into a file or folder of any kind that is read, also where it holds no spikes or does not say enough.
///
/// # Errors
/// [`Error::File`] if it cannot be read or is of no known kind.
pub fn contents(path: impl AsRef<Path>, options: &TrainOptions) -> Result<Contents> {
    let path = path.as_ref();
    let fault = |what: String| Error::file(path, what);
    let format = formats::of(path, &head(path).map_err(fault)?).map_err(fault)?;
    let mut found = Found::default();
    let recording = recording(path, options, &mut found).map_err(fault);
    Ok(Contents { format, parts: found.parts, recording })
}

fn recording(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Recording> {
    if let Some(dt) = options.dt
        && !(dt > 0.0 && dt.is_finite())
    {
        return Err(format!("dt = {dt} s: must be finite and above 0"));
    }
    let head = head(path)?;
    let format = formats::of(path, &head)?;
    found.form = format.name.into();
    let content = (format.read)(path, options, found)?;
    let trains = match content {
        Content::Spikes(list) => verdicts::selected(list, options, found)?.trains(options, found)?,
        Content::Trains(trains) => {
            verdicts::refused(options)?;
            trains
        }
        Content::Camera(events) => {
            verdicts::refused(options)?;
            events.list(&options.pixels, found)?.trains(options, found)?
        }
    };
    let understood = match found.understood.is_empty() {
        true => found.form.clone(),
        false => format!("{}: {}", found.form, found.understood),
    };
    Ok(Recording { trains, understood, notes: found.notes.clone() })
}

/// Events of a camera, in the order of the file: 13 bytes each.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// When, µs, as in the file.
    pub t: Vec<i64>,
    /// Column of the pixel.
    pub x: Vec<u16>,
    /// Row of the pixel.
    pub y: Vec<u16>,
    /// 1 where it became brighter, 0 where darker.
    pub p: Vec<u8>,
    /// Columns, as the file says; else what holds all events.
    pub width: usize,
    /// Rows, likewise.
    pub height: usize,
}

/// Reads the events in a camera's file: those formats of [`FORMATS`] that give camera events, and tables and arrays of x, y, time and
/// polarity, where `options` say what they do not. Pixels are neither cropped nor pooled here.
///
/// # Errors
/// As [`read_recording`]; [`Error::File`] if the file holds something else.
pub fn read_events(path: impl AsRef<Path>, options: &TrainOptions) -> Result<Events> {
    let path = path.as_ref();
    let read = || -> Said<Events> {
        let format = formats::of(path, &head(path)?)?;
        match (format.read)(path, options, &mut Found::default())? {
            Content::Camera(all) => {
                let beyond = |places: &[u16]| places.iter().max().map_or(0, |m| usize::from(*m) + 1);
                let size = all.size.map(|(w, h)| (usize::from(w), usize::from(h)));
                let (width, height) = size.unwrap_or_else(|| (beyond(&all.x), beyond(&all.y)));
                Ok(Events { t: all.t, x: all.x, y: all.y, p: all.p, width, height })
            }
            _ => Err(format!("is {}, and holds no events of a camera", format.name)),
        }
    };
    read().map_err(|what| Error::file(path, what))
}

#[cfg(test)]
mod tests;
