//! Data sets in npz archives: values or spike events, with labels.
//!
//! Exactly one kind of inputs:
//!
//! | arrays | inputs |
//! |---|---|
//! | `inputs` (or `x`, `X`, `data`, `images`, `features`) `[sample, feature…]` | static |
//! | `series` `[sample, time, feature…]`, `lengths` `[sample]` if samples differ | over time; steps past a sample's length are left out |
//! | `events`, `value`, `offset`, `dt`, `shape` as [`super::spike_files`] says, `lengths` `[sample]` if samples differ | spikes; `batch` counts samples |
//!
//! Data sets in parts have `x_train`, `y_train`, `x_test`, `y_test` ([`read_npz_part`]).
//!
//! Images are `[sample, channel, row, column]`, or with their channels at the end if [`NpzOptions::channels`] says so.
//!
//! Beside them: `labels` (or `y`, `Y`, `target`) `[sample]`, whole numbers from 0, names of classes, or `[sample, class]` with a single
//! 1 in each row; `class_names` `[class]`, text; for spikes
//! `sample_shape`, the lengths of a sample's axes. All but the inputs may be missing. Offsets within a step are not
//! used: steps are.

use std::io::{Read, Seek};
use std::path::Path;

use super::array::{Array, ArrayData};
use super::channels::Channels;
use super::dataset::{Dataset, EventInputs, Inputs};
use super::npz::NpzReader;
use super::spike_files::assemble;
use rheobase_base::{Error, Result};
use rheobase_signals::SpikeEvents;

/// How the arrays of an archive are to be understood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NpzOptions {
    /// Where the channels of images stand; first by default, but asked for where it looks otherwise.
    pub channels: Option<Channels>,
    /// Every static value is divided by this: finite and above 0.
    pub scale: f32,
}

impl Default for NpzOptions {
    fn default() -> Self {
        NpzOptions { channels: None, scale: 1.0 }
    }
}

/// Reads the data set in the npz file `path`.
///
/// # Errors
/// [`Error::File`] if the file is damaged, holds no inputs or several kinds, or an array has a wrong shape or type; images
/// whose channels may be first or last, where options do not say which;
/// as [`Dataset::new`] if counts differ, values are not finite, labels are out of range, or there is no sample.
pub fn read_npz_dataset(path: impl AsRef<Path>, options: &NpzOptions) -> Result<Dataset> {
    let path = path.as_ref();
    from_archive(path, NpzReader::open(path)?, None, options)
}

/// Reads one part of a data set in parts: `"test"` takes the arrays `x_test` and `y_test`.
///
/// # Errors
/// As [`read_npz_dataset`]; [`Error::File`] if there is no such part.
pub fn read_npz_part(path: impl AsRef<Path>, part: &str, options: &NpzOptions) -> Result<Dataset> {
    let path = path.as_ref();
    from_archive(path, NpzReader::open(path)?, Some(part), options)
}

/// Names of the parts of a data set in parts: `train`, `test`. None where it has none.
///
/// # Errors
/// As [`NpzReader::open`].
pub fn npz_parts(path: impl AsRef<Path>) -> Result<Vec<String>> {
    let reader = NpzReader::open(path)?;
    let parts = reader.names().filter_map(|n| n.to_lowercase().strip_prefix("x_").map(String::from));
    Ok(parts.collect())
}

/// What inputs are called.
const INPUTS: [&str; 8] = ["inputs", "x", "X", "data", "images", "features", "series", "events"];
/// What labels are called.
const LABELS: [&str; 7] = ["labels", "y", "Y", "target", "targets", "label", "classes"];

/// The one array of inputs, among all of an archive; or what is wrong.
fn one_kind(kinds: &[String], names: &[String], part: Option<&str>) -> std::result::Result<String, String> {
    if let [kind] = kinds {
        return Ok(kind.clone());
    }
    let parts: Vec<String> =
        names.iter().filter_map(|n| n.to_lowercase().strip_prefix("x_").map(String::from)).collect();
    let rule = match (part, parts.is_empty()) {
        (_, true) => format!("exactly one of `{}` is needed", INPUTS.join("`, `")),
        (None, false) => {
            format!("it is in the parts `{}`; take one of them, as FILE:PART", parts.join("`, `"))
        }
        (Some(part), false) => format!("there is no part `{part}` among `{}`", parts.join("`, `")),
    };
    Err(format!("holds the arrays `{}`; {rule}", names.join("`, `")))
}

fn from_archive<R: Read + Seek>(
    path: &Path,
    mut reader: NpzReader<R>,
    part: Option<&str>,
    options: &NpzOptions,
) -> Result<Dataset> {
    if !(options.scale > 0.0 && options.scale.is_finite()) {
        return Err(Error::value("npz", "scale", options.scale, "must be finite and above 0"));
    }
    let fault = |what: String| Error::file(path, what);
    let names: Vec<String> = reader.names().map(str::to_string).collect();
    let present = |wanted: &[&str]| -> Vec<String> {
        let is = |name: &str| match part {
            None => wanted.contains(&name),
            Some(part) => {
                name.len() > part.len() + 1
                    && name.to_lowercase().ends_with(&format!("_{}", part.to_lowercase()))
                    && wanted.contains(&&name[..name.len() - part.len() - 1])
            }
        };
        names.iter().filter(|n| is(n)).cloned().collect()
    };
    let kind = &one_kind(&present(&INPUTS), &names, part).map_err(fault)?;
    let lengths = match present(&["lengths"]).first() {
        Some(name) => Some(whole(path, name, &reader.read(name)?)?),
        None => None,
    };
    let bare = part.map_or(kind.as_str(), |part| &kind[..kind.len() - part.len() - 1]);
    let (shape, inputs) = match bare {
        "events" if part.is_none() => {
            let spikes = assemble(path, |name| reader.read(name))?;
            let shape = match present(&["sample_shape"]).first() {
                Some(name) => whole(path, name, &reader.read(name)?)?.iter().map(|&n| n as usize).collect(),
                None => vec![spikes.shape()[2]],
            };
            if shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)) != Some(spikes.shape()[2]) {
                let what =
                    format!("`sample_shape` is {shape:?}, but a sample has {} neurons", spikes.shape()[2]);
                return Err(fault(what));
            }
            (shape, from_spikes(path, &spikes, lengths.as_deref())?)
        }
        "series" => from_series(path, reader.read(kind)?, lengths.as_deref())?,
        "events" => {
            return Err(fault("holds events in parts, which are not read; save each part as a file".into()));
        }
        _ if lengths.is_some() => {
            return Err(fault(format!(
                "has `lengths`, but `{kind}` does not change over time; use `series`"
            )));
        }
        _ => {
            let (mut shape, values) = floats(path, kind, reader.read(kind)?)?;
            if shape.len() < 2 {
                return Err(fault(format!("array `{kind}` has shape {shape:?}, not [sample, feature…]")));
            }
            shape.remove(0);
            let said = |what: String| fault(format!("array `{kind}` {what}"));
            let (shape, mut values) = Channels::first(options.channels, shape, values).map_err(said)?;
            if options.scale != 1.0 {
                values.iter_mut().for_each(|x| *x /= options.scale);
            }
            (shape, Inputs::Static(values))
        }
    };
    let (labels, texts) = match &present(&LABELS)[..] {
        [] => (Vec::new(), None),
        [name] => labels_in(path, name, reader.read(name)?)?,
        several => {
            return Err(fault(format!(
                "holds labels as `{}`; leave all but one away",
                several.join("` and `")
            )));
        }
    };
    let data = Dataset::new(path.display().to_string(), shape, inputs, labels)?;
    if let Some(names) = texts {
        return data.with_class_names(names);
    }
    match names.iter().find(|n| *n == "class_names") {
        Some(name) => match reader.read(name)?.into_parts() {
            (shape, ArrayData::Text(names)) if shape.len() == 1 => data.with_class_names(names),
            _ => Err(fault("array `class_names` must hold text along one axis".into())),
        },
        None => Ok(data),
    }
}

fn floats(path: &Path, name: &str, array: Array) -> Result<(Vec<usize>, Vec<f32>)> {
    let fault = |e: String| Error::file(path, format!("array `{name}` {e}"));
    match array.into_parts() {
        (shape, ArrayData::F32(values)) => Ok((shape, values)),
        (shape, data) => {
            let values = Array::new(shape.clone(), data)?.try_f32().map_err(fault)?;
            Ok((shape, values))
        }
    }
}

/// Labels as whole numbers, as one of several per row (one-hot), or as names of classes, which are returned in the order in which
/// people count.
fn labels_in(path: &Path, name: &str, array: Array) -> Result<(Vec<u32>, Option<Vec<String>>)> {
    let fault = |what: String| Error::file(path, format!("array `{name}` {what}"));
    if let ArrayData::Text(texts) = array.data() {
        let mut names = texts.clone();
        names.sort_by(|a, b| crate::recording::natural(a, b));
        names.dedup();
        let place = |t: &String| names.iter().position(|n| n == t).unwrap_or(0) as u32;
        return Ok((texts.iter().map(place).collect(), Some(names)));
    }
    match *array.shape() {
        [_, 1] => Ok((whole(path, name, &Array::vector(array.into_parts().1))?, None)),
        [_, classes] if classes > 1 => {
            let values = array.try_f64().map_err(fault)?;
            let hot = |(row, values): (usize, &[f64])| {
                let ones: Vec<usize> = (0..classes).filter(|c| values[*c] == 1.0).collect();
                match (&ones[..], values.iter().filter(|v| **v != 0.0).count()) {
                    ([class], 1) => Ok(*class as u32),
                    _ => Err(fault(format!(
                        "row {row} is not a one-hot label: it needs a single 1 among zeros"
                    ))),
                }
            };
            Ok((values.chunks(classes).enumerate().map(hot).collect::<Result<_>>()?, None))
        }
        _ => Ok((whole(path, name, &array)?, None)),
    }
}

/// Whole numbers from 0 along one axis.
fn whole(path: &Path, name: &str, array: &Array) -> Result<Vec<u32>> {
    let fault = |what: String| Error::file(path, format!("array `{name}` {what}"));
    if array.shape().len() != 1 {
        return Err(fault(format!("has shape {:?}, but one axis is needed", array.shape())));
    }
    let values = array.try_i64().map_err(fault)?;
    let narrow = |(i, &x): (usize, &i64)| {
        u32::try_from(x).map_err(|_| fault(format!("element {i} is {x}: must be from 0 to {}", u32::MAX)))
    };
    values.iter().enumerate().map(narrow).collect()
}

fn check_lengths(path: &Path, lengths: &[u32], samples: usize, steps: usize) -> Result<()> {
    let fault = |what: String| Err(Error::file(path, format!("array `lengths` {what}")));
    if lengths.len() != samples {
        return fault(format!("has {} entries for {samples} samples", lengths.len()));
    }
    match lengths.iter().position(|&n| n == 0 || n as usize > steps) {
        Some(i) => {
            fault(format!("element {i} is {}: must be from 1 to {steps}, the steps there are", lengths[i]))
        }
        None => Ok(()),
    }
}

fn from_series(path: &Path, array: Array, lengths: Option<&[u32]>) -> Result<(Vec<usize>, Inputs)> {
    let (shape, mut values) = floats(path, "series", array)?;
    let [samples, steps, features @ ..] = &shape[..] else {
        let what = format!("array `series` has shape {shape:?}, not [sample, time, feature…]");
        return Err(Error::file(path, what));
    };
    let (samples, steps, features) = (*samples, *steps, features.to_vec());
    if shape.contains(&0) || features.is_empty() {
        let what =
            format!("array `series` has shape {shape:?}; [sample, time, feature…], none empty, is needed");
        return Err(Error::file(path, what));
    }
    let Some(lengths) = lengths else {
        return Ok((features, Inputs::Series { starts: (0..=samples).map(|i| i * steps).collect(), values }));
    };
    check_lengths(path, lengths, samples, steps)?;
    let row: usize = features.iter().product();
    let (mut starts, mut end) = (vec![0], 0);
    for (i, &length) in lengths.iter().enumerate() {
        let from = i * steps * row;
        values.copy_within(from..from + length as usize * row, end * row);
        end += length as usize;
        starts.push(end);
    }
    values.truncate(end * row);
    Ok((features, Inputs::Series { starts, values }))
}

/// Events sorted by sample.
fn from_spikes(path: &Path, spikes: &SpikeEvents, lengths: Option<&[u32]>) -> Result<Inputs> {
    let [steps, samples, _] = spikes.shape();
    let fault = |what: String| Error::file(path, what);
    if samples > SAMPLES_MAX {
        return Err(fault(format!("declares {samples} samples; at most {SAMPLES_MAX} are read")));
    }
    let all = u32::try_from(steps).map_err(|_| fault(format!("declares {steps} steps, 2³² or more")))?;
    if let Some(lengths) = lengths {
        check_lengths(path, lengths, samples, steps)?;
    }
    let mut e = EventInputs {
        lengths: lengths.map_or_else(|| vec![all; samples], <[u32]>::to_vec),
        starts: vec![0; samples + 1],
        ..Default::default()
    };
    let mut order: Vec<usize> = (0..spikes.len()).collect();
    // Stable: within a sample events stay sorted by (step, neuron).
    order.sort_by_key(|&row| spikes.batches()[row]);
    for row in order {
        let event = spikes.event(row);
        // Below `steps`, which fits.
        e.step.push(event.step as u32);
        e.feature.push(event.neuron);
        e.value.push(event.value);
        e.starts[event.batch as usize + 1] += 1;
    }
    for i in 0..samples {
        e.starts[i + 1] += e.starts[i];
    }
    Ok(Inputs::Events(e))
}

/// Most samples of spikes in a file: silent samples take memory though they take no bytes in the file.
const SAMPLES_MAX: usize = 1 << 24;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SampleView, spike_arrays, write_npz};
    use rheobase_signals::SpikeEvent;

    fn read(arrays: &[(&str, Array)]) -> Result<Dataset> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.npz");
        write_npz(&path, arrays).unwrap();
        read_npz_dataset(&path, &NpzOptions::default())
    }

    fn array(shape: &[usize], values: Vec<f32>) -> Array {
        Array::new(shape, values).unwrap()
    }

    fn count(n: usize) -> Vec<f32> {
        (0..n).map(|i| i as f32).collect()
    }

    #[test]
    fn static_inputs_with_labels_and_names() {
        let labels = Array::vector(vec![1_i64, 0]);
        let names = Array::vector(vec!["no".to_string(), "yes".into(), "never".into()]);
        let inputs = array(&[2, 1, 2, 2], count(8));
        let data = read(&[("x", inputs.clone()), ("y", labels.clone()), ("class_names", names)]).unwrap();
        assert_eq!((data.shape(), data.classes(), data.class_name(2)), (&[1, 2, 2][..], 3, "never".into()));
        assert_eq!(data.inputs(), &Inputs::Static(count(8)));
        let bytes = Array::new([2, 1], vec![0_i64, 255]).unwrap();
        let data = read(&[("inputs", bytes), ("labels", labels)]).unwrap();
        assert_eq!(data.inputs(), &Inputs::Static(vec![0.0, 255.0]));
        assert!(read(&[("inputs", inputs)]).unwrap().labels().is_empty());
    }

    #[test]
    fn channels_at_the_end_come_first_and_values_are_scaled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.npz");
        // Red is 0 at every place, green the number of the place, blue 200.
        let bytes: Vec<i64> = (0..2 * 5 * 6).flat_map(|place| [0, place, 200]).collect();
        write_npz(&path, &[("x", Array::new([2, 5, 6, 3], bytes).unwrap())]).unwrap();
        let last = NpzOptions { channels: Some(Channels::Last), scale: 100.0 };
        let data = read_npz_dataset(&path, &last).unwrap();
        assert_eq!(data.shape(), [3, 5, 6]);
        let SampleView::Static(second) = data.sample(1).unwrap() else { panic!() };
        assert!(second[..30].iter().all(|x| *x == 0.0) && second[60..].iter().all(|x| *x == 2.0));
        assert_eq!((second[30], second[59]), (0.3, 0.59));
        let first = NpzOptions { channels: Some(Channels::First), ..NpzOptions::default() };
        assert_eq!(read_npz_dataset(&path, &first).unwrap().shape(), [5, 6, 3]);
        let error = read_npz_dataset(&path, &NpzOptions::default()).unwrap_err().to_string();
        assert!(
            error.contains("array `x` has samples of shape [5, 6, 3]") && error.contains("\"last\""),
            "{error}"
        );
        write_npz(&path, &[("x", array(&[2, 3], count(6)))]).unwrap();
        let error = read_npz_dataset(&path, &last).unwrap_err().to_string();
        assert!(error.contains("[row, column, channel] is needed"), "{error}");
        for scale in [0.0, -1.0, f32::NAN] {
            let error = read_npz_dataset(&path, &NpzOptions { scale, ..first }).unwrap_err().to_string();
            assert!(error.starts_with("npz.scale"), "{error}");
        }
    }

    #[test]
    fn series_of_different_lengths() {
        let series = array(&[2, 3, 2], count(12));
        let all = read(&[("series", series.clone())]).unwrap();
        assert_eq!(all.sample(1).unwrap().steps(), Some(3));
        let lengths = Array::vector(vec![1_i64, 2]);
        let cut = read(&[("series", series), ("lengths", lengths)]).unwrap();
        let want = Inputs::Series { starts: vec![0, 1, 3], values: vec![0.0, 1.0, 6.0, 7.0, 8.0, 9.0] };
        assert_eq!((cut.shape(), cut.inputs()), (&[2][..], &want));
    }

    fn spikes() -> SpikeEvents {
        let e = |step, batch, neuron, value| SpikeEvent { step, batch, neuron, value, offset: 0.0 };
        let events = [e(0, 1, 3, 1.0), e(1, 0, 0, 2.0), e(1, 1, 0, 1.0), e(4, 1, 2, 1.0)];
        SpikeEvents::from_events([5, 3, 4], 0.001, events).unwrap()
    }

    #[test]
    fn spikes_are_sorted_by_sample() {
        let mut arrays = spike_arrays(&spikes()).unwrap();
        arrays.push(("sample_shape".into(), Array::vector(vec![1_i64, 2, 2])));
        arrays.push(("lengths".into(), Array::vector(vec![2_i64, 5, 1])));
        let arrays: Vec<(&str, Array)> = arrays.iter().map(|(n, a)| (n.as_str(), a.clone())).collect();
        let data = read(&arrays).unwrap();
        assert_eq!((data.samples(), data.shape()), (3, &[1, 2, 2][..]));
        let want = SampleView::Events {
            features: 4,
            steps: 5,
            step: &[0, 1, 4],
            feature: &[3, 0, 2],
            value: &[1.0; 3],
        };
        assert_eq!(data.sample(1).unwrap(), want);
        assert_eq!(data.sample(2).unwrap().steps(), Some(1));
    }

    #[test]
    fn parts_one_hot_labels_and_names_of_classes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.npz");
        let x = |n: usize| array(&[n, 2], count(2 * n));
        let hot = array(&[3, 3], vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        let words = Array::vector(["c10", "c2"].map(String::from).to_vec());
        write_npz(&path, &[("X_train", x(3)), ("y_train", hot), ("X_test", x(2)), ("y_test", words)])
            .unwrap();
        assert_eq!(npz_parts(&path).unwrap(), ["train", "test"]);
        assert_eq!(read_npz_part(&path, "train", &NpzOptions::default()).unwrap().labels(), [2, 0, 1]);
        let test = read_npz_part(&path, "test", &NpzOptions::default()).unwrap();
        assert_eq!((test.labels(), test.class_names()), (&[1, 0][..], &["c2".to_string(), "c10".into()][..]));
        assert!(
            read_npz_part(&path, "valid", &NpzOptions::default())
                .unwrap_err()
                .to_string()
                .contains("no part `valid` among `train`, `test`")
        );
    }

    #[test]
    fn faults_name_the_array() {
        let x = || array(&[2, 2], count(4));
        let whole = |v: Vec<i64>| Array::vector(v);
        for (arrays, part) in [
            (vec![("z", x())], "`z`; exactly one of"),
            (vec![("x", x()), ("inputs", x())], "exactly one of"),
            (vec![("x", x()), ("lengths", whole(vec![1, 1]))], "use `series`"),
            (vec![("x", Array::vector(count(2)))], "[sample, feature…]"),
            (vec![("x", array(&[0, 2], vec![]))], "at least one sample"),
            (vec![("x", array(&[2, 0], vec![]))], "empty axis"),
            (vec![("x", array(&[2, 1, 1, 1, 1], count(2)))], "[channel, height, width]"),
            (vec![("x", array(&[2, 2], vec![0.0, 0.0, f32::NAN, 0.0]))], "inputs[1][0] = NaN"),
            (vec![("x", Array::new([1, 1], vec![1e300]).unwrap())], "array `x` element 0"),
            (vec![("x", x()), ("y", whole(vec![0]))], "2 samples"),
            (vec![("x", x()), ("y", whole(vec![0, -1]))], "array `y` element 1 is -1"),
            (vec![("x", x()), ("y", whole(vec![0, 70_000]))], "labels[1] = 70000"),
            (vec![("x", x()), ("y", Array::vector(vec![0.0, 0.5]))], "array `y` element 1 is 0.5"),
            (vec![("x", x()), ("y", array(&[2, 1, 1], count(2)))], "one axis"),
            (vec![("x", x()), ("y", array(&[2, 2], count(4)))], "row 1 is not a one-hot label"),
            (vec![("x", x()), ("y", whole(vec![0, 1])), ("labels", whole(vec![0, 1]))], "`y` and `labels`"),
            (vec![("x_train", x()), ("x_test", x())], "in the parts `train`, `test`"),
            (vec![("x", x()), ("y", whole(vec![0, 1])), ("class_names", x())], "must hold text"),
            (vec![("series", x())], "none empty"),
            (vec![("series", array(&[1, 2, 1], count(2))), ("lengths", whole(vec![3]))], "from 1 to 2"),
            (vec![("series", array(&[1, 2, 1], count(2))), ("lengths", whole(vec![1, 1]))], "for 1 samples"),
            (vec![("events", x())], "value"),
        ] {
            let text = read(&arrays).unwrap_err().to_string();
            assert!(text.contains("t.npz") && text.contains(part), "{part}: {text}");
        }
        let mut arrays = spike_arrays(&SpikeEvents::new([1, 1 << 30, 1], 1.0).unwrap()).unwrap();
        let named =
            |v: &[(String, Array)]| read(&v.iter().map(|(n, a)| (&n[..], a.clone())).collect::<Vec<_>>());
        assert!(named(&arrays).unwrap_err().to_string().contains("samples; at most"));
        arrays = spike_arrays(&spikes()).unwrap();
        arrays.push(("lengths".into(), whole(vec![1, 5, 5])));
        assert!(named(&arrays).unwrap_err().to_string().contains("the sample has 1 steps"));
        arrays.pop();
        arrays.push(("sample_shape".into(), whole(vec![3])));
        assert!(named(&arrays).unwrap_err().to_string().contains("4 neurons"));
    }
}
