//! Sound in wav files, as values for encoders and input for neurons.

use std::path::Path;

use hound::{SampleFormat, WavReader};
use rheobase_base::{Error, Result, memory};

use crate::Array;

/// Sound: values from -1 to 1 and how many there are in a second.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Samples per second.
    pub rate: f64,
    /// Values `[time, channel]`; the largest that the file's numbers can be is 1.
    pub values: Array,
}

/// Reads a wav file.
///
/// # Errors
/// [`Error::File`] if it cannot be read, is cut off, or is packed in a way that is not read (whole numbers of 8 to 32 bits and
/// single precision are).
pub fn read_wav(path: impl AsRef<Path>) -> Result<Sound> {
    let path = path.as_ref();
    read(path).map_err(|what| Error::file(path, what))
}

fn read(path: &Path) -> std::result::Result<Sound, String> {
    let (file, size) = crate::npy::open(path).map_err(crate::recording::without_path)?;
    let fault = |e: hound::Error| format!("cannot be read as wav: {e}");
    let mut reader = WavReader::new(file).map_err(fault)?;
    let about = reader.spec();
    let (channels, count) = (usize::from(about.channels), reader.len() as usize);
    let bytes = count as u64 * u64::from(about.bits_per_sample.div_ceil(8));
    if channels == 0 || about.sample_rate == 0 || count % channels != 0 {
        return Err(format!(
            "has {channels} channels, {count} values, {} per second: its header is damaged",
            about.sample_rate
        ));
    }
    if bytes > size {
        return Err(format!(
            "declares {count} values, for which {bytes} bytes are needed, but only {size} are there: it is cut off or false"
        ));
    }
    memory::check(4.0 * count as f64).map_err(|rule| format!("holds {count} values, which {rule}"))?;
    let values: std::result::Result<Vec<f32>, hound::Error> = match about.sample_format {
        SampleFormat::Float => reader.samples::<f32>().collect(),
        SampleFormat::Int => {
            let largest = (1_u64 << (about.bits_per_sample.clamp(1, 64) - 1)) as f64;
            reader.samples::<i32>().map(|v| v.map(|v| (f64::from(v) / largest) as f32)).collect()
        }
    };
    let values = values.map_err(fault)?;
    if let Some(i) = values.iter().position(|v| !v.is_finite()) {
        return Err(format!("value {i} is {}: must be finite", values[i]));
    }
    let values = Array::new([count / channels, channels], values).map_err(|e| e.to_string())?;
    Ok(Sound { rate: f64::from(about.sample_rate), values })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bits: u16, format: SampleFormat, path: &Path) {
        let spec =
            hound::WavSpec { channels: 2, sample_rate: 16_000, bits_per_sample: bits, sample_format: format };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for k in 0..100 {
            match format {
                SampleFormat::Float => writer.write_sample(k as f32 / 100.0).unwrap(),
                SampleFormat::Int => writer.write_sample(k).unwrap(),
            }
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn sound_comes_with_its_rate_and_its_channels() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        for (bits, format, third) in [
            (16, SampleFormat::Int, 3.0 / 32768.0),
            (8, SampleFormat::Int, 3.0 / 128.0),
            (32, SampleFormat::Float, 0.03),
        ] {
            written(bits, format, &path);
            let sound = read_wav(&path).unwrap();
            assert_eq!((sound.rate, sound.values.shape()), (16_000.0, &[50, 2][..]));
            assert_eq!(sound.values.to_f64().unwrap()[3] as f32, third as f32);
        }
        let whole = std::fs::read(&path).unwrap();
        for n in (0..whole.len()).step_by(7) {
            std::fs::write(&path, &whole[..n]).unwrap();
            assert!(read_wav(&path).is_err(), "{n} bytes");
        }
    }
}
