//! The idx files of MNIST and its relatives, plain or gzipped.
//!
//! Format: <http://yann.lecun.com/exdb/mnist/>: two zero bytes, the element type, the number of axes, the axes as
//! big-endian 32-bit numbers, then the elements, big-endian, last axis fastest. Whether a file is gzipped is told from
//! its first two bytes.

use std::io::{BufRead, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;

use super::dataset::{Dataset, Inputs};
use super::npy::{cut_off, numbers, open};
use rheobase_base::shape::checked_len;
use rheobase_base::{Error, Result, memory};

/// Deflate cannot shrink by more than this factor; whoever declares more lies.
const DEFLATE_MAX: u64 = 1032;
/// Most axes accepted; images with channels need four.
const AXES_MAX: usize = 8;

/// What an idx file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Idx {
    /// Lengths of the axes, slowest first.
    pub shape: Vec<usize>,
    /// As many elements as the product of the shape.
    pub elements: IdxElements,
}

/// The elements of an idx file, by type.
#[derive(Debug, Clone, PartialEq)]
pub enum IdxElements {
    /// Unsigned bytes: pixels and labels.
    Bytes(Vec<u8>),
    /// Signed whole numbers of 8, 16 or 32 bits.
    Whole(Vec<i32>),
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

/// Reads the idx file `path`.
///
/// # Errors
/// [`Error::File`] if it cannot be read, is not an idx file, is cut off, goes on after its last element, or declares
/// more than it can hold: memory is taken as elements really arrive.
pub fn read_idx(path: impl AsRef<Path>) -> Result<Idx> {
    let path = path.as_ref();
    let (mut file, size) = open(path)?;
    read(&mut file, size).map_err(|what| Error::file(path, what))
}

/// Reads images and labels of the MNIST family into a data set of static inputs.
///
/// Images of shape `[sample, height, width]` get one channel; `[sample, channel, height, width]` and
/// `[sample, feature]` are taken as they are. Bytes are divided by 255, so that they lie in [0, 1]; other types are not
/// scaled.
///
/// # Errors
/// As [`read_idx`] for either file, and as [`Dataset::new`] if counts differ, there is no sample, or a value is not
/// finite; [`Error::File`] if `labels` holds no whole numbers from 0 along a single axis.
pub fn read_idx_dataset(images: impl AsRef<Path>, labels: Option<&Path>) -> Result<Dataset> {
    let path = images.as_ref();
    let idx = read_idx(path)?;
    let shape = match idx.shape[..] {
        [_, n] => vec![n],
        [_, h, w] => vec![1, h, w],
        [_, c, h, w] => vec![c, h, w],
        ref other => {
            let what = format!(
                "has shape {other:?}, but inputs are [sample, feature], [sample, height, width] or \
                 [sample, channel, height, width]"
            );
            return Err(Error::file(path, what));
        }
    };
    let values = idx.elements.to_f32().map_err(|what| Error::file(path, what))?;
    let labels = labels.map_or(Ok(Vec::new()), read_idx_labels)?;
    Dataset::new(path.display().to_string(), shape, Inputs::Static(values), labels)
}

/// Reads the labels in the idx file `path`.
///
/// # Errors
/// As [`read_idx`], and [`Error::File`] if it has another number of axes than one, or a label is not a whole number from 0.
pub fn read_idx_labels(path: &Path) -> Result<Vec<u32>> {
    let idx = read_idx(path)?;
    if idx.shape.len() != 1 {
        return Err(Error::file(path, format!("has shape {:?}, but labels are [sample]", idx.shape)));
    }
    idx.elements.to_labels().map_err(|what| Error::file(path, what))
}

impl IdxElements {
    fn to_f32(&self) -> std::result::Result<Vec<f32>, String> {
        match self {
            IdxElements::Bytes(v) => Ok(v.iter().map(|&b| f32::from(b) / 255.0).collect()),
            IdxElements::Whole(v) => Ok(v.iter().map(|&i| i as f32).collect()),
            IdxElements::F32(v) => Ok(v.clone()),
            IdxElements::F64(v) => match v.iter().position(|x| x.is_finite() && !(*x as f32).is_finite()) {
                Some(i) => Err(format!("element {i} is {}, which float32 cannot hold", v[i])),
                None => Ok(v.iter().map(|&x| x as f32).collect()),
            },
        }
    }

    fn to_labels(&self) -> std::result::Result<Vec<u32>, String> {
        let whole = |i: usize, x: i32| {
            u32::try_from(x).map_err(|_| format!("label {i} is {x}; labels are classes counted from 0"))
        };
        match self {
            IdxElements::Bytes(v) => Ok(v.iter().map(|&b| u32::from(b)).collect()),
            IdxElements::Whole(v) => v.iter().enumerate().map(|(i, &x)| whole(i, x)).collect(),
            IdxElements::F32(_) | IdxElements::F64(_) => {
                Err("holds fractions, but labels are whole numbers; are images and labels swapped?".into())
            }
        }
    }
}

fn read(file: &mut impl BufRead, size: u64) -> std::result::Result<Idx, String> {
    let start = file.fill_buf().map_err(cut_off)?;
    if start.starts_with(&[0x1f, 0x8b]) {
        read_plain(&mut GzDecoder::new(file), size.saturating_mul(DEFLATE_MAX), false)
    } else {
        read_plain(file, size, true)
    }
}

/// Reads what is there, which is `size` bytes, or at most that many if not `exact`.
fn read_plain(reader: &mut impl Read, size: u64, exact: bool) -> std::result::Result<Idx, String> {
    let mut magic = [0; 4];
    reader.read_exact(&mut magic).map_err(|e| format!("its first four bytes: {}", cut_off(e)))?;
    let [0, 0, kind, axes] = magic else {
        return Err(format!(
            "is not in idx format: it begins with {magic:02x?}, but idx files begin with two zero bytes"
        ));
    };
    let width: u64 = match kind {
        0x08 | 0x09 => 1,
        0x0b => 2,
        0x0c | 0x0d => 4,
        0x0e => 8,
        _ => return Err(format!("has the unknown element type 0x{kind:02x}; 0x08, 09, 0b to 0e are read")),
    };
    let axes = usize::from(axes);
    if axes == 0 || axes > AXES_MAX {
        return Err(format!("declares {axes} axes; 1 to {AXES_MAX} are read"));
    }
    let lengths = numbers(reader, axes, true, u32::from_le_bytes).map_err(|e| format!("its header {e}"))?;
    let shape: Vec<usize> = lengths.iter().map(|&n| n as usize).collect();
    let count = checked_len(&shape).ok_or_else(|| format!("declares the shape {shape:?}, beyond memory"))?;
    let header = 4 + 4 * axes as u64;
    let needed = (count as u64).checked_mul(width).and_then(|n| n.checked_add(header));
    if needed.is_none_or(|n| n > size) {
        let most = if exact { "" } else { "at most " };
        return Err(format!(
            "declares the shape {shape:?} of {width}-byte elements, but {most}{size} bytes are there: it is cut off \
             or false"
        ));
    }
    // The elements, and as many single-precision numbers made of them.
    memory::check((count as u64).saturating_mul(width + 4) as f64)
        .map_err(|rule| format!("has the shape {shape:?}, which {rule}"))?;
    let elements = match kind {
        0x08 => IdxElements::Bytes(numbers(reader, count, true, |[b]: [u8; 1]| b)?),
        0x09 => IdxElements::Whole(numbers(reader, count, true, |b| i8::from_le_bytes(b).into())?),
        0x0b => IdxElements::Whole(numbers(reader, count, true, |b| i16::from_le_bytes(b).into())?),
        0x0c => IdxElements::Whole(numbers(reader, count, true, i32::from_le_bytes)?),
        0x0d => IdxElements::F32(numbers(reader, count, true, f32::from_le_bytes)?),
        _ => IdxElements::F64(numbers(reader, count, true, f64::from_le_bytes)?),
    };
    // Reading to the end also lets gzip check its checksum.
    if reader.read(&mut [0]).map_err(cut_off)? != 0 {
        return Err("goes on after its last element; it is damaged or false".into());
    }
    Ok(Idx { shape, elements })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::path::PathBuf;

    fn idx(kind: u8, shape: &[u32], body: &[u8]) -> Vec<u8> {
        let mut v = vec![0, 0, kind, shape.len() as u8];
        shape.iter().for_each(|n| v.extend(n.to_be_bytes()));
        v.extend(body);
        v
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn parse(bytes: &[u8]) -> std::result::Result<Idx, String> {
        read(&mut &bytes[..], bytes.len() as u64)
    }

    fn folder_of(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    #[test]
    fn every_type_is_read_plain_and_gzipped() {
        for (bytes, want) in [
            (idx(0x08, &[2], &[0, 255]), IdxElements::Bytes(vec![0, 255])),
            (idx(0x09, &[2], &[1, 255]), IdxElements::Whole(vec![1, -1])),
            (idx(0x0b, &[1], &[1, 2]), IdxElements::Whole(vec![258])),
            (idx(0x0c, &[1], &[255, 255, 255, 254]), IdxElements::Whole(vec![-2])),
            (idx(0x0d, &[1], &1.5_f32.to_be_bytes()), IdxElements::F32(vec![1.5])),
            (idx(0x0e, &[1], &0.1_f64.to_be_bytes()), IdxElements::F64(vec![0.1])),
        ] {
            assert_eq!(parse(&bytes).unwrap().elements, want);
            assert_eq!(parse(&gz(&bytes)).unwrap().elements, want);
        }
    }

    #[test]
    fn false_files_are_refused_with_a_reason() {
        let vast = idx(0x0e, &[u32::MAX; 8], &[]);
        let large = idx(0x08, &[60_000, 28, 28], &[0; 100]);
        for (bytes, reason) in [
            (Vec::new(), "cut off"),
            (vec![0, 0, 8], "cut off"),
            (b"P5 28 28".to_vec(), "not in idx format"),
            (idx(0x0a, &[1], &[0]), "0x0a"),
            (idx(0x08, &[], &[]), "0 axes"),
            (idx(0x08, &[1; 9], &[0]), "9 axes"),
            (vec![0, 0, 8, 3, 0, 0], "its header"),
            (idx(0x08, &[2], &[1, 2, 3]), "goes on"),
            (vast, "beyond memory"),
            (large, "60000, 28, 28"),
        ] {
            let plain = parse(&bytes).unwrap_err();
            assert!(plain.contains(reason), "{plain}");
            let zipped = parse(&gz(&bytes)).unwrap_err();
            assert!(zipped.contains(reason) || zipped.contains("cut off"), "{zipped}");
        }
    }

    #[test]
    fn every_truncation_is_an_error_and_no_damage_panics() {
        let plain = idx(0x08, &[3, 2, 2], &[7; 12]);
        for bytes in [plain.clone(), gz(&plain)] {
            for n in 0..bytes.len() {
                assert!(parse(&bytes[..n]).is_err(), "{n} bytes");
            }
            for at in 0..bytes.len() {
                for flip in [1, 0x80, 0xff] {
                    let mut damaged = bytes.clone();
                    damaged[at] ^= flip;
                    let _ = parse(&damaged);
                }
            }
        }
    }

    #[test]
    fn images_and_labels_become_a_data_set_or_an_error_that_says_why() {
        let images = idx(0x08, &[3, 1, 2], &[0, 255, 51, 0, 0, 1]);
        let folder = folder_of(&[
            ("images", images),
            ("labels", gz(&idx(0x08, &[3], &[2, 0, 1]))),
            ("few", idx(0x08, &[2], &[2, 0])),
            ("negative", idx(0x09, &[3], &[0, 255, 1])),
            ("nan", idx(0x0d, &[1, 2], &[1.0_f32.to_be_bytes(), f32::NAN.to_be_bytes()].concat())),
            ("none", idx(0x08, &[0, 1, 2], &[])),
        ]);
        let at = |name: &str| folder.path().join(name);
        let data = read_idx_dataset(at("images"), Some(&at("labels"))).unwrap();
        assert_eq!((data.shape(), data.labels()), (&[1, 1, 2][..], &[2, 0, 1][..]));
        assert_eq!(data.inputs(), &Inputs::Static(vec![0.0, 1.0, 0.2, 0.0, 0.0, 1.0 / 255.0]));
        for (images, labels, reason) in [
            ("images", Some("few"), "3 samples"),
            ("images", Some("negative"), "label 1 is -1"),
            ("images", Some("images"), "[sample]"),
            ("labels", None, "inputs are"),
            ("nan", None, "inputs[0][1] = NaN"),
            ("none", None, "at least one sample"),
            ("absent", None, "cannot be read"),
        ] {
            let text = read_idx_dataset(at(images), labels.map(at).as_deref()).unwrap_err().to_string();
            assert!(text.contains(reason), "{text}");
        }
    }

    /// The first 7,000 and the next 1,000 of MNIST's test images, if they are at hand: `RHEOBASE_SHARED` or the folder
    /// `shared` beside the repository.
    #[test]
    fn mnist_is_read() {
        let shared = std::env::var_os("RHEOBASE_SHARED")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
        let folder = shared.join("data/mnist");
        if !folder.is_dir() {
            eprintln!("NOT TESTED: MNIST is absent ({}); set RHEOBASE_SHARED", folder.display());
            return;
        }
        for (part, samples, ink) in [("train", 7000, 178_455_262.0), ("test", 1000, 29_602_979.0)] {
            let file = |name: &str| folder.join(part).join(name);
            let labels = file("labels-idx1-ubyte.gz");
            let data = read_idx_dataset(file("images-idx3-ubyte.gz"), Some(&labels)).unwrap();
            assert_eq!((data.samples(), data.classes()), (samples, 10));
            assert_eq!(data.shape(), [1, 28, 28]);
            let Inputs::Static(values) = data.inputs() else { panic!("images do not move") };
            assert_eq!(values.iter().map(|&x| (f64::from(x) * 255.0).round()).sum::<f64>(), ink);
            if part == "train" {
                assert_eq!(data.labels()[..5], [7, 2, 1, 0, 4]);
            }
            assert!(data.class_counts().iter().all(|&n| n > samples / 13), "{:?}", data.class_counts());
        }
    }
}
