//! Recordings and event data as other tools write them: one table of formats, one way to say what a file does not.
//!
//! A reader gives what a file says of itself; [`understand`] decides what named columns and arrays mean. What is ambiguous is
//! refused with the option that decides; what was understood is said ([`Recording::understood`]). Identities stay names: 101 and
//! 103 are two neurons.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rheobase_base::{Error, Result};
use rheobase_signals::SpikeTrains;

mod aedat3;
mod aedat4;
mod camera;
mod dense;
mod event_stream;
mod field;
mod folder;
mod formats;
#[cfg(feature = "hdf5")]
mod hdf5_arrays;
mod matlab;
mod n_mnist;
mod names;
#[cfg(feature = "hdf5")]
mod nix;
mod numpy;
#[cfg(feature = "hdf5")]
mod nwb;
mod options;
mod prophesee;
mod record;
#[cfg(feature = "hdf5")]
pub(crate) mod shd;
#[cfg(feature = "hdf5")]
mod sonata;
mod spike_list;
#[cfg(test)]
mod tests;
mod text;
mod understand;
mod unit;
mod write;
#[cfg(feature = "hdf5")]
mod write_hdf5;

pub use formats::{FORMATS, Format};
pub use options::{Holds, Pixels, Polarity, Role, TrainOptions, parse_columns};
pub use unit::Unit;
pub use write::write_trains;

pub(crate) use numpy::in_file as without_path;
pub(crate) use spike_list::natural;
pub(crate) use text::OWN;

/// What is wrong with a file; the caller puts the file's name before it.
type Said<T> = std::result::Result<T, String>;

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

/// What a reader found.
enum Content {
    /// An entry per spike.
    Spikes(spike_list::SpikeList),
    /// Trains as they are.
    Trains(SpikeTrains),
    /// Events of a camera.
    Camera(camera::CameraEvents),
}

/// What a reader says beside the content.
#[derive(Debug, Default)]
struct Found {
    /// The kind of file.
    form: String,
    /// What its numbers were taken for.
    understood: String,
    notes: Vec<String>,
    /// Columns, arrays, variables: name, shape and kind of each.
    parts: Vec<String>,
}

impl Found {
    fn say(&mut self, what: String) {
        if !self.understood.is_empty() {
            self.understood += "; ";
        }
        self.understood += &what;
    }
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
        Content::Trains(trains) => trains,
        Content::Spikes(list) => list.trains(options, found)?,
        Content::Camera(events) => events.list(&options.pixels, found)?.trains(options, found)?,
    };
    let understood = match found.understood.is_empty() {
        true => found.form.clone(),
        false => format!("{}: {}", found.form, found.understood),
    };
    Ok(Recording { trains, understood, notes: found.notes.clone() })
}

/// Events of a camera: µs, places, polarities (1 brighter), and what holds them.
pub(crate) struct Events {
    pub(crate) t: Vec<i64>,
    pub(crate) x: Vec<u16>,
    pub(crate) y: Vec<u16>,
    pub(crate) p: Vec<u8>,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// The events in a camera's file.
pub(crate) fn events(path: &Path) -> Result<Events> {
    let read = || -> Said<Events> {
        let format = formats::of(path, &head(path)?)?;
        match (format.read)(path, &TrainOptions::default(), &mut Found::default())? {
            Content::Camera(all) => {
                let beyond = |places: &[u16]| places.iter().max().map_or(0, |m| usize::from(*m) + 1);
                let size = all.size.map(|(w, h)| (usize::from(w), usize::from(h)));
                let (width, height) = size.unwrap_or((beyond(&all.x), beyond(&all.y)));
                Ok(Events { t: all.t, x: all.x, y: all.y, p: all.p, width, height })
            }
            _ => Err(format!("is {}, and holds no events of a camera", format.name)),
        }
    };
    read().map_err(|what| Error::file(path, what))
}

/// The first bytes of a file; none of a folder.
fn head(path: &Path) -> Said<Vec<u8>> {
    let fault = |e: std::io::Error| format!("cannot be read: {e}");
    if std::fs::metadata(path).map_err(fault)?.is_dir() {
        return Ok(Vec::new());
    }
    let mut head = Vec::new();
    File::open(path).and_then(|f| f.take(4096).read_to_end(&mut head)).map_err(fault)?;
    Ok(head)
}

/// `0`, `1`, `2`…
fn plain_names(count: usize) -> Vec<String> {
    rheobase_signals::trains::numbers(count)
}
