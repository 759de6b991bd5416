//! Data sets of events: a folder for each class with a recording in each file, and the Spiking Heidelberg Digits.

use std::path::{Path, PathBuf};
#[cfg(feature = "hdf5")]
use std::sync::mpsc::{channel, sync_channel};

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

impl EventInputs {
    /// No samples.
    fn empty() -> Self {
        EventInputs { starts: vec![0], ..Default::default() }
    }

    /// No samples, and room for so many events.
    fn with_room(events: usize) -> std::result::Result<Self, String> {
        rheobase_base::memory::check(12.0 * events as f64)
            .map_err(|rule| format!("holds {events} events, which {rule}"))?;
        let mut inputs = EventInputs::empty();
        inputs.step.reserve_exact(events);
        inputs.feature.reserve_exact(events);
        inputs.value.reserve_exact(events);
        Ok(inputs)
    }

    /// Adds these samples to the end.
    #[cfg(feature = "hdf5")]
    fn append(&mut self, more: &EventInputs) {
        let before = self.step.len();
        self.starts.extend(more.starts[1..].iter().map(|s| before + s));
        self.lengths.extend_from_slice(&more.lengths);
        self.step.extend_from_slice(&more.step);
        self.feature.extend_from_slice(&more.feature);
        self.value.extend_from_slice(&more.value);
    }

    /// Takes all samples out, and keeps the room.
    #[cfg(feature = "hdf5")]
    fn clear(&mut self) {
        let EventInputs { lengths, starts, step, feature, value } = self;
        lengths.clear();
        starts.truncate(1);
        step.clear();
        feature.clear();
        value.clear();
    }
}

/// Threads that read, samples that one hands over together, and how often it may be ahead.
#[cfg(feature = "hdf5")]
const READERS: usize = 2;
#[cfg(feature = "hdf5")]
const TOGETHER: usize = 16;
#[cfg(feature = "hdf5")]
const AHEAD: usize = 4;

/// What no step and no code is: those stay below.
const NONE: u32 = 1 << 31;

/// Samples while they are put together. An event is a step and a code, which is a feature, and in its last bit whether it counts
/// as −1.
struct Gathering<'a> {
    options: &'a EventOptions,
    /// Bits of a code.
    bits: u32,
    inputs: EventInputs,
    /// Step and code of each event of a sample, and as much room to sort them.
    keys: Vec<u64>,
    room: Vec<u64>,
}

impl<'a> Gathering<'a> {
    /// For samples of so many features.
    fn new(options: &'a EventOptions, features: usize) -> std::result::Result<Self, String> {
        let bits = usize::BITS - (2 * features).leading_zeros();
        if bits > 31 {
            return Err(format!("would have samples of {features} features; fewer than 2³⁰ are read"));
        }
        Ok(Gathering { options, bits, inputs: EventInputs::empty(), keys: Vec::new(), room: Vec::new() })
    }

    /// The step of a time in s; [`NONE`] for what cannot be counted.
    fn step(options: &EventOptions, time: f64) -> u32 {
        let step = Stepping::new(options.dt).step(time, 0.0);
        u32::try_from(step).ok().filter(|s| *s < NONE && time.is_finite()).unwrap_or(NONE)
    }

    /// Adds a sample: a step and a code for each event. `fault` says what is wrong with an event that has none.
    fn add(
        &mut self,
        name: &str,
        steps: &[u32],
        codes: &[u32],
        fault: impl FnOnce(usize) -> String,
    ) -> Result<()> {
        let mut seen = 0;
        self.keys.clear();
        self.keys.extend(steps.iter().zip(codes).map(|(step, code)| {
            seen |= step | code;
            u64::from(*step) << self.bits | u64::from(*code)
        }));
        if seen & NONE != 0 {
            let event = steps.iter().zip(codes).position(|(s, c)| (s | c) & NONE != 0);
            return Err(Error::file(name, fault(event.unwrap_or_default())));
        }
        sort(&mut self.keys, &mut self.room);
        let last = self.keys.last().map_or(0, |k| (k >> self.bits) as u32);
        let length = self.options.steps.map_or(last + 1, |n| u32::try_from(n).unwrap_or(u32::MAX));
        self.keys.truncate(self.keys.partition_point(|k| k >> self.bits < u64::from(length)));
        self.inputs.lengths.push(length);
        self.merge(name)?;
        self.inputs.starts.push(self.inputs.step.len());
        Ok(())
    }

    /// Adds the events of the sorted keys, those of a feature in a step as one.
    fn merge(&mut self, name: &str) -> Result<()> {
        let value = |key: &u64| 1.0 - 2.0 * (key & 1) as f32;
        for same in self.keys.chunk_by(|a, b| a >> 1 == b >> 1) {
            let step = (same[0] >> self.bits) as u32;
            let feature = ((same[0] & ((1 << self.bits) - 1)) >> 1) as u32;
            let sum = match self.options.doubles {
                Doubles::Error if same.len() > 1 => {
                    return Err(Error::file(
                        name,
                        format!(
                            "has {} events of feature {feature} in step {step}; narrow the steps, or let them add up or be one",
                            same.len()
                        ),
                    ));
                }
                Doubles::Add => same.iter().map(value).sum(),
                _ => value(&same[0]),
            };
            // Opposite signs may cancel.
            if sum != 0.0 {
                self.inputs.step.push(step);
                self.inputs.feature.push(feature);
                self.inputs.value.push(sum);
            }
        }
        Ok(())
    }
}

/// Bits of a key by which it is sorted at a time.
const DIGIT: u32 = 11;

/// Sorts keys by their digits, from the last to the first: most keys of a sample have two. `room` is written over.
fn sort(keys: &mut Vec<u64>, room: &mut Vec<u64>) {
    if keys.len() < 256 {
        return keys.sort_unstable();
    }
    room.clear();
    room.resize(keys.len(), 0);
    let bits = u64::BITS - keys.iter().fold(0, |all, key| all | key).leading_zeros();
    for shift in (0..bits).step_by(DIGIT as usize) {
        let digit = |key: u64| (key >> shift) as usize & ((1 << DIGIT) - 1);
        let mut places = [0_u32; 1 << DIGIT];
        keys.iter().for_each(|key| places[digit(*key)] += 1);
        let mut next = 0;
        for place in &mut places {
            next += std::mem::replace(place, next);
        }
        for key in keys.iter() {
            let place = &mut places[digit(*key)];
            room[*place as usize] = *key;
            *place += 1;
        }
        std::mem::swap(keys, room);
    }
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
    let events = samples.iter().map(|s| s.2.t.len()).sum();
    let mut all = Gathering::new(options, shape.iter().product()).map_err(fault)?;
    all.inputs = EventInputs::with_room(events).map_err(fault)?;
    let mut labels = Vec::new();
    let (mut steps, mut codes) = (Vec::new(), Vec::new());
    for (class, file, events) in &samples {
        let (left, top) = crop.map_or((0, 0), |[x, y, ..]| (x, y));
        let begin = events.t.iter().copied().min().unwrap_or(0);
        let place = |i: usize| {
            let (x, y) = (events.x[i].checked_sub(left)?, events.y[i].checked_sub(top)?);
            let (x, y) = (usize::from(x), usize::from(y));
            (x < width && y < height).then(|| (y / pool) * columns + x / pool)
        };
        steps.clear();
        codes.clear();
        for i in 0..events.t.len() {
            let Some(pixel) = place(i) else {
                if crop.is_some() {
                    continue;
                }
                return Err(Error::file(
                    file,
                    format!(
                        "event {i} is at {},{}, outside of {width} x {height} pixels",
                        events.x[i], events.y[i]
                    ),
                ));
            };
            let bright = events.p[i] == 1;
            let feature = pixel + if split && bright { rows * columns } else { 0 };
            let dark = options.pixels.polarity == Polarity::Keep && !bright;
            steps.push(Gathering::step(options, events.t[i].saturating_sub(begin) as f64 / 1e6));
            codes.push(2 * feature as u32 + u32::from(dark));
        }
        let last = events.t.iter().copied().max().unwrap_or(0);
        all.add(&file.display().to_string(), &steps, &codes, |_| {
            let lasts = last.saturating_sub(begin) as f64 / 1e6;
            format!("lasts {lasts} s, more than 2³¹ steps of {} s; widen them", options.dt)
        })?;
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
    let file = Hdf5::open(path).map_err(fault)?;
    let (_, labels) = file.numbers("labels").map_err(fault)?;
    let names = file.texts("extra/keys").unwrap_or_default();
    let features = shd::CHANNELS.div_ceil(options.channels);
    let code = |unit: f64| match unit.fract() == 0.0 && (0.0..shd::CHANNELS as f64).contains(&unit) {
        true => 2 * (unit as usize / options.channels) as u32,
        false => NONE,
    };
    let samples = shd::Samples::of(&file, |t| Gathering::step(options, t), code).map_err(fault)?;
    let mut all = EventInputs::with_room(samples.spikes()).map_err(fault)?;
    let count = samples.len();
    let read = |file: &mut Hdf5, some: &mut Gathering, i: usize| {
        let mut sample = Default::default();
        samples.get(file, i, &mut sample).map_err(fault)?;
        let (steps, codes) = &sample;
        let name = format!("{}, sample {i}", path.display());
        some.add(&name, steps, codes, |event| outside(path, i, event, options.dt))
    };
    // Threads read and sort some samples after the other in turn; this one puts them together and gives their room back.
    std::thread::scope(|scope| {
        let mut readers = Vec::new();
        for reader in 0..READERS {
            let mut file = Hdf5::open(path).map_err(fault)?;
            let mut some = Gathering::new(options, features).map_err(fault)?;
            let ((give, take), (back, again)) = (sync_channel(AHEAD), channel());
            let work = move || {
                for first in (reader * TOGETHER..count).step_by(READERS * TOGETHER) {
                    some.inputs = again.try_recv().unwrap_or_else(|_| EventInputs::empty());
                    some.inputs.clear();
                    let added =
                        (first..count.min(first + TOGETHER)).try_for_each(|i| read(&mut file, &mut some, i));
                    // Nobody takes what follows a fault.
                    if give.send(added.map(|()| std::mem::take(&mut some.inputs))).is_err() {
                        return;
                    }
                }
            };
            let started = std::thread::Builder::new().spawn_scoped(scope, work);
            started.map_err(|e| fault(format!("cannot be read: a thread cannot be started: {e}")))?;
            readers.push((take, back));
        }
        for (take, back) in readers.iter().cycle().take(count.div_ceil(TOGETHER)) {
            // A reader that has nothing more to give is one that panicked, which the scope says.
            let Ok(some) = take.recv() else { break };
            let some = some?;
            all.append(&some);
            // The last ones are not needed any more.
            let _ = back.send(some);
        }
        Ok(())
    })?;
    if labels.len() != count || labels.iter().any(|l| !(l.fract() == 0.0 && (0.0..65_536.0).contains(l))) {
        return Err(fault(format!(
            "has {} labels for {count} samples; whole numbers from 0 are needed, one for each",
            labels.len()
        )));
    }
    let labels = labels.iter().map(|l| *l as u32).collect();
    let data = Dataset::new(path.display().to_string(), vec![features], Inputs::Events(all), labels)?;
    match !names.is_empty() && names.len() >= data.classes() {
        true => data.with_class_names(names),
        false => Ok(data),
    }
}

/// What is wrong with an event of a sample: its channel, or its time.
#[cfg(feature = "hdf5")]
fn outside(path: &Path, sample: usize, event: usize, dt: f64) -> String {
    use crate::recording::shd;
    let mut plain = Default::default();
    let read = crate::hdf5::Hdf5::open(path)
        .and_then(|mut file| shd::Samples::of(&file, |t| t, |u| u)?.get(&mut file, sample, &mut plain));
    match (read, plain.0.get(event), plain.1.get(event)) {
        (Ok(()), Some(time), Some(unit)) if *time >= 0.0 && *time / dt < f64::from(NONE) - 1.0 => {
            format!("event {event} has the channel {unit}; there are {}, from 0", shd::CHANNELS)
        }
        (Ok(()), Some(time), _) => {
            format!("event {event} is at {time} s, outside of what 2³¹ steps of {dt} s can count")
        }
        _ => format!("event {event} has no time or channel that can be read"),
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

    #[cfg(feature = "hdf5")]
    #[test]
    fn many_samples_of_sounds_stay_in_order() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shd");
        let data = read_shd_dataset(folder.join("forty.h5"), &EventOptions::new(1e-3)).unwrap();
        let Inputs::Events(e) = data.inputs() else { panic!("no events") };
        assert_eq!((data.samples(), data.shape(), e.starts.len()), (40, &[700][..], 41));
        for i in 0..40 {
            let (events, channel) = (e.starts[i]..e.starts[i + 1], 7 * i as u32);
            let mut want: Vec<u32> = (0..i as u32 % 5).map(|k| channel + k).collect();
            if i == 37 {
                want = vec![channel, 699];
            }
            assert_eq!((&e.feature[events.clone()], data.labels()[i]), (&want[..], i as u32 % 20));
            assert!(
                e.step[events.clone()].iter().all(|s| *s == i as u32)
                    && e.value[events].iter().all(|v| *v == 1.0)
            );
            assert_eq!(e.lengths[i], if want.is_empty() { 1 } else { i as u32 + 1 });
        }
        let refused =
            read_shd_dataset(folder.join("channel.h5"), &EventOptions::new(1e-3)).unwrap_err().to_string();
        assert!(
            refused.contains("sample 37: event 1 has the channel 700; there are 700, from 0"),
            "{refused}"
        );
    }
}
