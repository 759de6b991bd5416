//! What a job learns from: `[data]`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::learn::check::broken;
use rheobase_base::{Error, Result};
use rheobase_data::{Channels, CsvOptions, EventOptions, LabelColumn, NpzOptions, Pixels};

/// What a job learns from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Where samples come from.
    pub source: Source,
    /// Share of the samples to test with, where the source has no test part of its own: in (0, 1), by default 0.2.
    pub test: f64,
    /// Share of the training samples that are kept for validation: in [0, 1), by default 0.
    pub validation: f64,
    /// How training images are moved, anew in every epoch; by default not at all.
    #[serde(skip_serializing_if = "AugmentConfig::is_none")]
    pub augment: AugmentConfig,
    /// Time steps of a sample without a length of its own, the longest of one with: 1 to 2^20, by default 16.
    pub steps: usize,
}

impl Default for DataConfig {
    fn default() -> Self {
        DataConfig {
            source: Source::Digits,
            test: 0.2,
            validation: 0.0,
            augment: AugmentConfig::default(),
            steps: 16,
        }
    }
}

fn is_nothing(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

/// How training images are moved, in stages and in the training by gradients: drawn anew for every epoch and sample, keyed by
/// seed. Images that are judged by stay as they are, and so do those that a `[readout]` is computed from and batches that a
/// program hands over itself.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AugmentConfig {
    /// Pixels by which they are moved at most, up or down and left or right, all moves alike: below their height and width, by
    /// default 0.
    pub shift: usize,
    /// Whether half of them are mirrored left to right.
    pub flip: bool,
    /// Degrees by which they are turned at most, either way: 0 to 180, by default 0.
    pub rotate: f64,
    /// Share by which they are enlarged or made smaller at most: at least 0 and below 1, by default 0.
    pub zoom: f64,
}

impl AugmentConfig {
    fn is_none(&self) -> bool {
        *self == AugmentConfig::default()
    }

    fn check(&self) -> Result<()> {
        let wrong = |field, value: f64, rule: &str| Err(broken("data.augment", field, value, rule));
        if !(0.0..=180.0).contains(&self.rotate) {
            return wrong("rotate", self.rotate, "must be 0 to 180 degrees");
        }
        if !(0.0..1.0).contains(&self.zoom) {
            return wrong("zoom", self.zoom, "must be at least 0 and below 1, a share of the image's size");
        }
        Ok(())
    }
}

/// Where samples come from: `source = "digits"`, or `[data.source.csv]` and so on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// The digits that come with the library ([`rheobase_data::digits_split`]).
    #[default]
    Digits,
    /// Files of the MNIST family ([`rheobase_data::read_idx_dataset`]).
    Idx(IdxFiles),
    /// Tables ([`rheobase_data::read_csv_dataset`]).
    Csv(CsvFiles),
    /// NumPy archives ([`rheobase_data::read_npz_dataset`]).
    Npz(NpzFiles),
    /// Events: a folder for each class ([`rheobase_data::read_class_folders`]), or the Spiking Heidelberg Digits
    /// ([`rheobase_data::read_shd_dataset`]).
    Events(EventFiles),
    /// A program gives them ([`fit`](crate::learn::fit())); there is nothing to read.
    Given,
}

/// Files of the MNIST family, also gzipped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdxFiles {
    /// A folder with files of the usual names, instead of naming each ([`IdxFiles::files`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Inputs to train with.
    #[serde(skip_serializing_if = "is_nothing")]
    pub images: PathBuf,
    /// Their classes.
    #[serde(skip_serializing_if = "is_nothing")]
    pub labels: PathBuf,
    /// Inputs to test with; without, a share of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_images: Option<PathBuf>,
    /// Their classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_labels: Option<PathBuf>,
}

/// Tables, and how their columns are to be understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CsvFiles {
    /// Samples to train with.
    pub train: PathBuf,
    /// Samples to test with; without, a share of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<PathBuf>,
    /// The column of classes: its name, or its number from 0; by default the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// Whether the first line holds names; by default if its first value is empty or no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Shape of a sample; by default the columns in a row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "rheobase_network::one_or_many::list")]
    pub shape: Vec<usize>,
    /// Every value is divided by this: finite and above 0, by default 1.
    pub scale: f32,
}

impl Default for CsvFiles {
    fn default() -> Self {
        CsvFiles {
            train: PathBuf::new(),
            test: None,
            label: None,
            header: None,
            shape: Vec::new(),
            scale: 1.0,
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected the name of a column, or its number from 0")]
pub enum Label {
    /// Its name.
    Name(String),
    /// Its number, from 0.
    Position(usize),
}

/// NumPy archives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NpzFiles {
    /// Samples to train with.
    pub train: PathBuf,
    /// Samples to test with; without, a share of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<PathBuf>,
    /// Where the channels of images stand: `"first"` for `[sample, channel, row, column]`, as here, or `"last"` for `[sample, row,
    /// column, channel]`. By default first; needed where the last axis is as short as colours are many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<ChannelsAt>,
    /// Every static value is divided by this: finite and above 0, by default 1. 255 brings bytes into [0, 1].
    pub scale: f32,
}

/// Where the channels of images stand in an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelsAt {
    /// Before rows and columns.
    First,
    /// Behind them.
    Last,
}

impl Default for NpzFiles {
    fn default() -> Self {
        NpzFiles { train: PathBuf::new(), test: None, channels: None, scale: 1.0 }
    }
}

impl NpzFiles {
    /// How the arrays are to be understood.
    pub fn options(&self) -> NpzOptions {
        let channels = self.channels.map(|at| match at {
            ChannelsAt::First => Channels::First,
            ChannelsAt::Last => Channels::Last,
        });
        NpzOptions { channels, scale: self.scale }
    }
}

/// Events of cameras or of the artificial cochlea, and how they become steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventFiles {
    /// Samples to train with: a folder with a folder for each class, or a file of SHD or SSC.
    pub train: PathBuf,
    /// Samples to test with; without, a share of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<PathBuf>,
    /// Width of a step, s: finite and above 0, by default 0.001.
    pub dt: f64,
    /// Steps of every sample; later events are left out. Without, a sample lasts until its last event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// So many by so many pixels, or so many channels, become one neuron: at least 1.
    pub pool: u16,
    /// Width and height of the camera, where files do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<[usize; 2]>,
}

impl Default for EventFiles {
    fn default() -> Self {
        EventFiles { train: PathBuf::new(), test: None, dt: 0.001, steps: None, pool: 1, size: None }
    }
}

impl EventFiles {
    /// How events become samples.
    pub fn options(&self) -> EventOptions {
        let pixels = Pixels { pool: self.pool, ..Pixels::default() };
        EventOptions {
            steps: self.steps,
            pixels,
            size: self.size.map(|[w, h]| (w, h)),
            channels: self.pool.into(),
            ..EventOptions::new(self.dt)
        }
    }
}

impl IdxFiles {
    /// The files, those of the folder if one is named: `train-images-idx3-ubyte` or `train/images-idx3-ubyte`, `t10k` or `test`
    /// for the test, `.idx3-ubyte` instead of `-idx3-ubyte`, gzipped or not. Without files to test with there is no test part.
    ///
    /// # Errors
    /// A folder without files to train with; several of one kind.
    pub fn files(&self) -> Result<IdxFiles> {
        let Some(folder) = &self.folder else { return Ok(self.clone()) };
        let find = |parts: &[&str], what: &str, dimensions: usize| -> Result<Option<PathBuf>> {
            let names = parts.iter().flat_map(|part| {
                ["-", "/"].map(|joint| [(part, joint, "-"), (part, joint, ".")]).into_iter().flatten()
            });
            let names = names.flat_map(|(part, joint, dot)| {
                ["", ".gz"].map(|end| format!("{part}{joint}{what}{dot}idx{dimensions}-ubyte{end}"))
            });
            let mut found: Vec<PathBuf> =
                names.map(|name| folder.join(name)).filter(|file| file.is_file()).collect();
            if let [a, b, ..] = &found[..] {
                let (a, b) = (a.display(), b.display());
                let what = format!("holds both {a} and {b}; take one away, or name the files one by one");
                return Err(Error::file(folder, what));
            }
            Ok(found.pop())
        };
        let (train, test) = (&["train"], &["t10k", "test"]);
        let needed = |found: Option<PathBuf>, name: &str| {
            let what =
                format!("holds no {name}, gzipped or not; name another folder, or the files one by one");
            found.ok_or_else(|| Error::file(folder, what))
        };
        Ok(IdxFiles {
            folder: None,
            images: needed(find(train, "images", 3)?, "train-images-idx3-ubyte")?,
            labels: needed(find(train, "labels", 1)?, "train-labels-idx1-ubyte")?,
            test_images: find(test, "images", 3)?,
            test_labels: find(test, "labels", 1)?,
        })
    }
}

impl CsvFiles {
    /// How the columns are to be understood.
    pub fn options(&self) -> CsvOptions {
        let label = match &self.label {
            None => LabelColumn::Last,
            Some(Label::Name(name)) => LabelColumn::Name(name.clone()),
            Some(Label::Position(column)) => LabelColumn::Position(*column),
        };
        let (header, shape) = (self.header, self.shape.clone());
        CsvOptions { label, header, shape, scale: self.scale, ..CsvOptions::default() }
    }
}

impl DataConfig {
    /// Refuses settings out of range and sources without files.
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |field, value: f64, rule: &str| Err(broken("data", field, value, rule));
        if !(self.test > 0.0 && self.test < 1.0) {
            return wrong("test", self.test, "must be above 0 and below 1");
        }
        if !(self.validation >= 0.0 && self.validation < 1.0) {
            return wrong("validation", self.validation, "must be at least 0 and below 1");
        }
        if !(1..=1 << 20).contains(&self.steps) {
            return Err(broken("data", "steps", self.steps, "must be 1 to 2^20 time steps"));
        }
        self.augment.check()?;
        self.source.check()
    }
}

impl Source {
    fn check(&self) -> Result<()> {
        let named = |place: &str, field: &str, path: &Path| match path.as_os_str().is_empty() {
            false => Ok(()),
            true => Err(broken(place, field, "``", "must name a file")),
        };
        let scaled = |place: &str, scale: f32| match scale > 0.0 && scale.is_finite() {
            true => Ok(()),
            false => Err(broken(place, "scale", scale, "must be finite and above 0")),
        };
        match self {
            Source::Digits | Source::Given => Ok(()),
            Source::Idx(files) => {
                let place = "data.source.idx";
                let single =
                    !is_nothing(&files.images) || !is_nothing(&files.labels) || files.test_images.is_some();
                match &files.folder {
                    Some(_) if single => {
                        let what = "`folder` stands for all files; leave it out, or the files";
                        return Err(Error::unsupported(place, what));
                    }
                    Some(folder) => return named(place, "folder", folder),
                    None => {}
                }
                named(place, "images", &files.images)?;
                named(place, "labels", &files.labels)?;
                if files.test_images.is_some() == files.test_labels.is_some() {
                    return Ok(());
                }
                let what = "`test_images` and `test_labels` belong together; give both or none";
                Err(Error::unsupported(place, what))
            }
            Source::Csv(files) => {
                scaled("data.source.csv", files.scale)?;
                named("data.source.csv", "train", &files.train)
            }
            Source::Npz(files) => {
                scaled("data.source.npz", files.scale)?;
                named("data.source.npz", "train", &files.train)
            }
            Source::Events(files) => {
                let place = "data.source.events";
                if !(files.dt > 0.0 && files.dt.is_finite()) {
                    return Err(broken(place, "dt", files.dt, "must be finite and above 0"));
                }
                if files.pool == 0 {
                    return Err(broken(place, "pool", files.pool, "must be at least 1"));
                }
                named(place, "train", &files.train)
            }
        }
    }

    /// Lets relative paths start from `folder`.
    pub(in crate::learn) fn start_from(&mut self, folder: &Path) {
        let paths: Vec<&mut PathBuf> = match self {
            Source::Digits | Source::Given => Vec::new(),
            Source::Idx(f) => {
                let tests = f.folder.iter_mut().chain(&mut f.test_images).chain(&mut f.test_labels);
                [&mut f.images, &mut f.labels].into_iter().chain(tests).collect()
            }
            Source::Csv(f) => [&mut f.train].into_iter().chain(&mut f.test).collect(),
            Source::Npz(f) => [&mut f.train].into_iter().chain(&mut f.test).collect(),
            Source::Events(f) => [&mut f.train].into_iter().chain(&mut f.test).collect(),
        };
        for path in paths.into_iter().filter(|p| !p.as_os_str().is_empty()) {
            *path = folder.join(&path);
        }
    }
}
