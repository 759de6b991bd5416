//! Input currents for a simulation, read from npy, npz, CSV or sound.

use std::path::Path;

use super::array::Array;
use super::csv::{NonFinite, read_csv};
use super::npy::read_npy;
use super::npz::NpzReader;
use super::wav::{Sound, read_wav};
use rheobase_base::{Error, Result, memory};
use rheobase_signals::Input;

/// Reads the input in the file `path`, told by its ending.
///
/// Arrays of shape `[T]` are one neuron, `[T, N]` one sample, `[T, B, N]` everything. In an `.npz`, `array` names the one
/// to take; without it, the array `input` or the only one is taken. A CSV has a line per step and a column per neuron; a
/// column `time`, `t` (seconds) or `step` is not a neuron. A wav has a neuron per channel, values from -1 to 1, and the times of
/// its samples.
///
/// # Errors
/// [`Error::File`] if the file cannot be read, several arrays could be meant (they are listed), the shape is another, an
/// axis is empty, times do not ascend, or a value is not finite (its place is named); [`Error::Unknown`] if there is no
/// array of that name.
pub fn read_input(path: impl AsRef<Path>, array: Option<&str>) -> Result<Input> {
    let path = path.as_ref();
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("npz") => {
            let mut reader = NpzReader::open(path)?;
            let name = choose(path, &reader.names().collect::<Vec<_>>(), array)?;
            let found = reader.read(&name)?;
            from_array(&found).map_err(|what| Error::file(path, format!("array `{name}` {what}")))
        }
        Some("npy" | "csv" | "tsv" | "txt" | "wav") if array.is_some() => {
            Err(Error::file(path, "holds no named arrays; leave the name away, or give an npz file"))
        }
        Some("npy") => from_array(&read_npy(path)?).map_err(|what| Error::file(path, what)),
        Some("csv" | "tsv" | "txt") => from_csv(path),
        Some("wav") => from_sound(&read_wav(path)?).map_err(|what| Error::file(path, what)),
        _ => Err(Error::file(
            path,
            "is not an input file by its name: it must end in .npy, .npz, .csv, .tsv, .txt or .wav",
        )),
    }
}

fn choose(path: &Path, names: &[&str], wanted: Option<&str>) -> Result<String> {
    match (wanted, names) {
        (Some(name), names) if names.contains(&name) => Ok(name.to_string()),
        (Some(name), names) if rheobase_base::nearest(name, names.iter().copied()).is_some() => {
            Err(Error::unknown(path.display().to_string(), "array", name, names.iter().copied()))
        }
        (Some(name), names) => {
            Err(Error::file(path, format!("has no array `{name}`; it has `{}`", names.join("`, `"))))
        }
        (None, [only]) => Ok((*only).to_string()),
        (None, names) if names.contains(&"input") => Ok("input".to_string()),
        (None, names) => {
            let list = names.join("`, `");
            Err(Error::file(
                path,
                format!("holds several arrays and none called `input`; name one of `{list}`"),
            ))
        }
    }
}

fn from_array(array: &Array) -> std::result::Result<Input, String> {
    let shape = match *array.shape() {
        [t] => [t, 1, 1],
        [t, n] => [t, 1, n],
        [t, b, n] => [t, b, n],
        ref other => {
            return Err(format!(
                "has shape {other:?}, but an input is [time], [time, neuron] or [time, batch, neuron]"
            ));
        }
    };
    checked(shape, array.try_f64()?, None)
}

fn from_sound(sound: &Sound) -> std::result::Result<Input, String> {
    let [steps, channels] = *sound.values.shape() else { return Err("has no channels".into()) };
    let values = sound.values.try_f64()?;
    memory::check(8.0 * steps as f64).map_err(|rule| format!("holds {steps} samples, whose times {rule}"))?;
    let times = (0..steps).map(|k| k as f64 / sound.rate).collect();
    checked([steps, 1, channels], values, Some(times))
}

fn checked(shape: [usize; 3], data: Vec<f64>, times: Option<Vec<f64>>) -> std::result::Result<Input, String> {
    if shape.contains(&0) {
        return Err(format!("has shape {shape:?} as [time, batch, neuron]; an input has no empty axis"));
    }
    if let Some(i) = data.iter().position(|x| !x.is_finite()) {
        let (row, neuron) = (i / shape[2], i % shape[2]);
        let (step, batch) = (row / shape[1], row % shape[1]);
        return Err(format!(
            "is {} at step {step}, sample {batch}, neuron {neuron}: must be finite",
            data[i]
        ));
    }
    Ok(Input { shape, data, times })
}

fn from_csv(path: &Path) -> Result<Input> {
    let fault = |what: String| Error::file(path, what);
    let table = read_csv(path, NonFinite::Refuse)?;
    let (mut times, mut neurons) = (None, Vec::new());
    for (name, column) in table.names.iter().zip(&table.columns) {
        match name.to_lowercase().as_str() {
            "time" | "t" if times.is_none() => times = Some(column.clone()),
            "time" | "t" => return Err(fault("has two columns of time; keep one".into())),
            "step" => {}
            _ => neurons.push(column),
        }
    }
    if let Some(i) = times.iter().flat_map(|t| t.windows(2)).position(|w| w[1] <= w[0]) {
        return Err(fault(format!("data row {}: time does not go on from the row before", i + 2)));
    }
    let rows = table.rows();
    let data = (0..rows).flat_map(|row| neurons.iter().map(move |c| c[row])).collect();
    checked([rows, 1, neurons.len()], data, times).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write_npy;
    use crate::write_npz;

    fn in_folder(name: &str, make: impl FnOnce(&Path), array: Option<&str>) -> Result<Input> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        make(&path);
        read_input(&path, array)
    }

    fn csv(text: &str) -> Result<Input> {
        in_folder("i.csv", |p| std::fs::write(p, text).unwrap(), None)
    }

    #[test]
    fn shapes_of_arrays() {
        let data: Vec<f64> = (0..12).map(f64::from).collect();
        for (from, to) in [(vec![12], [12, 1, 1]), (vec![4, 3], [4, 1, 3]), (vec![2, 2, 3], [2, 2, 3])] {
            let a = Array::new(from, data.clone()).unwrap();
            let input = in_folder("i.NPY", |p| write_npy(p, &a).unwrap(), None).unwrap();
            assert_eq!((input.shape, &input.data, input.times), (to, &data, None));
        }
        for bad in [
            Array::scalar(1.0),
            Array::new([1, 1, 1, 1], vec![1.0]).unwrap(),
            Array::new([3, 0], Vec::<f64>::new()).unwrap(),
            Array::vector(vec!["a".to_string()]),
        ] {
            assert!(in_folder("i.npy", |p| write_npy(p, &bad).unwrap(), None).is_err(), "{bad:?}");
        }
        let nan =
            Array::new([2, 2, 3], (0..12).map(|i| if i == 10 { f64::NAN } else { 0.0 }).collect::<Vec<_>>());
        let text =
            in_folder("i.npy", |p| write_npy(p, &nan.unwrap()).unwrap(), None).unwrap_err().to_string();
        assert!(text.contains("NaN at step 1, sample 1, neuron 1"), "{text}");
    }

    #[test]
    fn which_array_of_an_archive() {
        let (a, b) = (Array::vector(vec![1.0]), Array::vector(vec![2.0]));
        let read =
            |arrays: &[(&str, &Array)], name| in_folder("i.npz", |p| write_npz(p, arrays).unwrap(), name);
        assert_eq!(read(&[("x", &a)], None).unwrap().data, [1.0]);
        assert_eq!(read(&[("x", &a), ("input", &b)], None).unwrap().data, [2.0]);
        assert_eq!(read(&[("x", &a), ("input", &b)], Some("x")).unwrap().data, [1.0]);
        let text = read(&[("x", &a), ("y", &b)], None).unwrap_err().to_string();
        assert!(text.contains("`x`, `y`"), "{text}");
        let text = read(&[("x", &a), ("input", &b)], Some("inpt")).unwrap_err().to_string();
        assert!(text.contains("did you mean `input`"), "{text}");
        let text = read(&[("x", &a), ("input", &b)], Some("current")).unwrap_err().to_string();
        assert!(text.contains("`current`") && text.contains("`x`, `input`"), "{text}");
    }

    #[test]
    fn csv_columns_are_neurons() {
        let input = csv("1,2\n3,4\n5,6\n").unwrap();
        assert_eq!((input.shape, input.data), ([3, 1, 2], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let input = csv("time,step,a\n0,0,7\n0.5,1,8\n").unwrap();
        assert_eq!((input.shape, input.data), ([2, 1, 1], vec![7.0, 8.0]));
        assert_eq!(input.times, Some(vec![0.0, 0.5]));
        for bad in ["time,a\n0,1\n0,2\n", "t,time,a\n0,0,1\n", "time\n0\n1\n", "a,b\n", "a\nnan\n", ""] {
            assert!(csv(bad).is_err(), "{bad:?}");
        }
        let (rate, values) = (8_000.0, Array::new([2, 1], vec![0.5_f32, -1.0]).unwrap());
        let sound = from_sound(&Sound { rate, values }).unwrap();
        assert_eq!((sound.shape, sound.data), ([2, 1, 1], vec![0.5, -1.0]));
        assert_eq!(sound.times, Some(vec![0.0, 1.25e-4]));
        let silent = Sound { rate, values: Array::new([0, 1], Vec::<f32>::new()).unwrap() };
        assert!(from_sound(&silent).unwrap_err().contains("no empty axis"));
        assert!(in_folder("i.wav", |p| std::fs::write(p, "RIFF").unwrap(), None).is_err());
        assert!(in_folder("i.mat", |p| std::fs::write(p, "").unwrap(), None).is_err());
        assert!(in_folder("i.csv", |p| std::fs::write(p, "1\n").unwrap(), Some("x")).is_err());
    }
}
