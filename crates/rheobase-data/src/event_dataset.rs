//! Data sets of events: a folder for each class with a recording in each file, and the Spiking Heidelberg Digits.

use std::path::{Path, PathBuf};

use rheobase_base::{Error, Result};
use rheobase_signals::{Doubles, Stepping};

use crate::dataset::{Dataset, EventInputs, Inputs};
use crate::recording::{Events, Pixels, Polarity, TrainOptions, read_events};

/// How events become samples.
#[derive(Debug, Clone, PartialEq)]
pub struct EventOptions {
    /// Width of a step, s.
    pub dt: f64,
    /// Steps of every sample; later events are left out. Without it, a sample lasts until its last event.
    pub steps: Option<usize>,
    /// What becomes of several events of a feature in a step.
    pub doubles: Doubles,
    /// What pixels of a camera become.
    pub pixels: Pixels,
    /// Width and height of the camera, where files do not say; without it, what holds all events.
    pub size: Option<(usize, usize)>,
    /// So many neighbouring channels of sound become one, at least 1.
    pub channels: usize,
}

impl EventOptions {
    /// Steps of this width over the whole of each sample; polarities are channels.
    pub fn new(dt: f64) -> Self {
        let (pixels, doubles) = (Pixels::default(), Doubles::Add);
        EventOptions { dt, steps: None, doubles, pixels, size: None, channels: 1 }
    }

    fn check(&self) -> Result<()> {
        let wrong = |field: &str, value: f64, rule: &str| Err(Error::value("events", field, value, rule));
        if !(self.dt > 0.0 && self.dt.is_finite()) {
            return wrong("dt", self.dt, "must be finite and above 0, in s");
        }
        if self.steps == Some(0) {
            return wrong("steps", 0.0, "a sample has at least one");
        }
        if self.channels == 0 || self.pixels.pool == 0 {
            return wrong("pool", 0.0, "at least one pixel or channel becomes a neuron");
        }
        Ok(())
    }
}

/// Samples while they are put together.
struct Gathering<'a> {
    options: &'a EventOptions,
    inputs: EventInputs,
}

impl Gathering<'_> {
    /// Adds a sample of times in s and features.
    fn add(&mut self, name: &str, times: impl Iterator<Item = (f64, u32, f32)>) -> Result<()> {
        let stepping = Stepping::new(self.options.dt);
        let mut all: Vec<(u32, u32, f32)> = Vec::new();
        for (time, feature, value) in times {
            let step = stepping.step(time, 0.0);
            let step = u32::try_from(step).map_err(|_| {
                Error::file(
                    name,
                    format!(
                        "has an event at {time} s, outside of what steps of {} s can count",
                        self.options.dt
                    ),
                )
            })?;
            if self.options.steps.is_none_or(|n| (step as usize) < n) {
                all.push((step, feature, value));
            }
        }
        all.sort_unstable_by_key(|e| (e.0, e.1));
        let last = all.last().map_or(0, |e| e.0);
        self.inputs
            .lengths
            .push(self.options.steps.map_or(last + 1, |n| u32::try_from(n).unwrap_or(u32::MAX)));
        let mut at = 0;
        while at < all.len() {
            let (step, feature, mut value) = all[at];
            let same = all[at..].iter().take_while(|e| (e.0, e.1) == (step, feature)).count();
            match self.options.doubles {
                Doubles::Add => value = all[at..at + same].iter().map(|e| e.2).sum(),
                Doubles::One => value = value.signum(),
                Doubles::Error if same > 1 => {
                    return Err(Error::file(
                        name,
                        format!(
                            "has {same} events of feature {feature} in step {step}; narrow the steps, or let them add up or be one"
                        ),
                    ));
                }
                Doubles::Error => {}
            }
            if value != 0.0 {
                self.inputs.step.push(step);
                self.inputs.feature.push(feature);
                self.inputs.value.push(value);
            }
            at += same;
        }
        self.inputs.starts.push(self.inputs.step.len());
        Ok(())
    }
}

fn gathering(options: &EventOptions) -> Gathering<'_> {
    Gathering { options, inputs: EventInputs { starts: vec![0], ..Default::default() } }
}

/// Reads a folder with a folder for each class, whose files are recordings of a camera: N-MNIST, AEDAT, Prophesee, npy of tonic.
///
/// Classes are in the order in which people count (2 before 10), samples in the order of their names. Shapes are
/// `[polarity, row, column]`, or `[1, row, column]` where polarities are merged or kept as signs. Each sample begins with its
/// first event.
///
/// # Errors
/// [`Error::File`] if there is no such folder or a file cannot be read, as [`crate::read_recording`] says; as [`Dataset::new`].
pub fn read_class_folders(path: impl AsRef<Path>, options: &EventOptions) -> Result<Dataset> {
    let path = path.as_ref();
    options.check()?;
    let fault = |what: String| Error::file(path, what);
    let within = |folder: &Path| -> Result<Vec<PathBuf>> {
        let entries =
            std::fs::read_dir(folder).map_err(|e| Error::file(folder, format!("cannot be read: {e}")))?;
        let mut all: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
        all.retain(|p| !name(p).starts_with('.'));
        all.sort_by(|a, b| crate::recording::natural(&name(a), &name(b)));
        Ok(all)
    };
    let classes: Vec<PathBuf> = within(path)?.into_iter().filter(|p| p.is_dir()).collect();
    if classes.is_empty() {
        return Err(fault(
            "holds no folder; a folder for each class is needed, with a recording in each file".into(),
        ));
    }
    let mut samples: Vec<(u32, PathBuf, Events)> = Vec::new();
    for (class, folder) in (0_u32..).zip(&classes) {
        for file in within(folder)?.into_iter().filter(|f| f.is_file()) {
            let events = read_events(&file, &TrainOptions::default())?;
            samples.push((class, file, events));
        }
    }
    let crop = options.pixels.crop;
    let largest = |of: fn(&Events) -> usize| samples.iter().map(|s| of(&s.2)).max().unwrap_or(0);
    let (width, height) = options.size.unwrap_or((largest(|e| e.width), largest(|e| e.height)));
    let (width, height) = crop.map_or((width, height), |[_, _, w, h]| (w.into(), h.into()));
    let pool = usize::from(options.pixels.pool);
    let (columns, rows) = (width.div_ceil(pool), height.div_ceil(pool));
    let split = options.pixels.polarity == Polarity::Split;
    let shape = vec![if split { 2 } else { 1 }, rows, columns];
    let mut all = gathering(options);
    let mut labels = Vec::new();
    for (class, file, events) in &samples {
        let (left, top) = crop.map_or((0, 0), |[x, y, ..]| (x, y));
        let begin = events.t.iter().copied().min().unwrap_or(0);
        let mut outside = None;
        let place = |i: usize| {
            let (x, y) = (events.x[i].checked_sub(left)?, events.y[i].checked_sub(top)?);
            let (x, y) = (usize::from(x), usize::from(y));
            (x < width && y < height).then(|| (y / pool) * columns + x / pool)
        };
        let mut times = Vec::with_capacity(events.t.len());
        for i in 0..events.t.len() {
            let Some(pixel) = place(i) else {
                outside = outside.or(if crop.is_none() { Some(i) } else { None });
                continue;
            };
            let bright = events.p[i] == 1;
            let feature = pixel + if split && bright { rows * columns } else { 0 };
            let value = if options.pixels.polarity == Polarity::Keep && !bright { -1.0 } else { 1.0 };
            times.push(((events.t[i] - begin) as f64 / 1e6, feature as u32, value));
        }
        if let Some(i) = outside {
            return Err(Error::file(
                file,
                format!(
                    "event {i} is at {},{}, outside of {width} x {height} pixels",
                    events.x[i], events.y[i]
                ),
            ));
        }
        all.add(&file.display().to_string(), times.into_iter())?;
        labels.push(*class);
    }
    let names = classes.iter().map(|c| name(c)).collect();
    Dataset::new(path.display().to_string(), shape, Inputs::Events(all.inputs), labels)?
        .with_class_names(names)
}

fn name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().to_string()).unwrap_or_default()
}

/// Reads the Spiking Heidelberg Digits or Spiking Speech Commands: 700 channels, labels, names of classes where the file has them.
///
/// # Errors
/// [`Error::File`] if the file is no such file or is damaged; as [`Dataset::new`].
#[cfg(feature = "hdf5")]
pub fn read_shd_dataset(path: impl AsRef<Path>, options: &EventOptions) -> Result<Dataset> {
    use crate::hdf5::Hdf5;
    use crate::recording::shd;
    let path = path.as_ref();
    options.check()?;
    let fault = |what: String| Error::file(path, what);
    let mut file = Hdf5::open(path).map_err(fault)?;
    let (_, labels) = file.numbers("labels").map_err(fault)?;
    let mut all = gathering(options);
    let features = shd::CHANNELS.div_ceil(options.channels);
    let count = shd::each_sample(&mut file, |i, times, units| {
        let wrong = units.iter().find(|u| !(0.0..shd::CHANNELS as f64).contains(*u));
        if let Some(unit) = wrong {
            return Err(format!("sample {i} has channel {unit}; there are {}", shd::CHANNELS));
        }
        let events = times.iter().zip(units).map(|(t, u)| (*t, (*u as usize / options.channels) as u32, 1.0));
        all.add(&format!("{}, sample {i}", path.display()), events).map_err(|e| e.to_string())
    })
    .map_err(fault)?;
    if labels.len() != count || labels.iter().any(|l| !(l.fract() == 0.0 && (0.0..65_536.0).contains(l))) {
        return Err(fault(format!(
            "has {} labels for {count} samples; whole numbers from 0 are needed, one for each",
            labels.len()
        )));
    }
    let labels = labels.iter().map(|l| *l as u32).collect();
    let data = Dataset::new(path.display().to_string(), vec![features], Inputs::Events(all.inputs), labels)?;
    match file.texts("extra/keys") {
        Ok(names) if names.len() >= data.classes() => data.with_class_names(names),
        _ => Ok(data),
    }
}

/// Without the feature `hdf5`, only an error.
///
/// # Errors
/// [`Error::File`], always.
#[cfg(not(feature = "hdf5"))]
pub fn read_shd_dataset(path: impl AsRef<Path>, _: &EventOptions) -> Result<Dataset> {
    Err(Error::file(path.as_ref(), "is an HDF5 file, and this program was built without the feature `hdf5`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event as N-MNIST writes it.
    fn event(x: u8, y: u8, p: u8, t: u32) -> [u8; 5] {
        let t = t.to_be_bytes();
        [x, y, p << 7 | t[1], t[2], t[3]]
    }

    #[test]
    fn folders_are_classes_and_files_samples() {
        let folder = tempfile::tempdir().unwrap();
        for (class, sample, events) in [
            ("10", "a.bin", vec![event(3, 1, 1, 5000), event(3, 1, 1, 5100), event(0, 0, 0, 9000)]),
            ("2", "10.bin", vec![event(1, 2, 0, 100)]),
            ("2", "9.bin", vec![event(2, 2, 1, 700), event(2, 2, 0, 900)]),
        ] {
            let place = folder.path().join(class);
            std::fs::create_dir_all(&place).unwrap();
            std::fs::write(place.join(sample), events.concat()).unwrap();
        }
        let read = |options: &EventOptions| read_class_folders(folder.path(), options);
        let data = read(&EventOptions::new(1e-3)).unwrap();
        assert_eq!(
            (data.shape(), data.labels(), data.class_names()),
            (&[2, 3, 4][..], &[0, 0, 1][..], &["2".to_string(), "10".into()][..])
        );
        let Inputs::Events(e) = data.inputs() else { panic!("no events") };
        assert_eq!((&e.lengths[..], &e.starts[..]), (&[1, 1, 5][..], &[0, 2, 3, 5][..]));
        assert_eq!(e.feature, [10, 22, 9, 19, 0]);
        assert_eq!(e.value, [1.0, 1.0, 1.0, 2.0, 1.0]);
        let pixels = Pixels { polarity: Polarity::Keep, pool: 2, crop: None };
        let kept =
            read(&EventOptions { pixels, steps: Some(3), doubles: Doubles::One, ..EventOptions::new(1e-3) })
                .unwrap();
        let Inputs::Events(e) = kept.inputs() else { panic!("no events") };
        assert_eq!(
            (kept.shape(), &e.lengths[..], &e.feature[..], &e.value[..]),
            (&[1, 2, 2][..], &[3, 3, 3][..], &[3, 2, 1][..], &[1.0, -1.0, 1.0][..])
        );
        let e = read(&EventOptions { doubles: Doubles::Error, ..EventOptions::new(1e-3) })
            .unwrap_err()
            .to_string();
        assert!(e.contains("2 events of feature 19 in step 0"), "{e}");
        assert!(read(&EventOptions::new(0.0)).is_err());
        assert!(
            read_class_folders(folder.path().join("2"), &EventOptions::new(1e-3))
                .unwrap_err()
                .to_string()
                .contains("a folder for each class")
        );
        std::fs::write(folder.path().join("2/x.bin"), [1, 2, 3]).unwrap();
        assert!(read(&EventOptions::new(1e-3)).unwrap_err().to_string().contains("x.bin"));
    }
}
