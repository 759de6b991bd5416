//! NumPy's `.npz` archives: named arrays in a zip file.
//!
//! Written with deflate at a fast level (spikes and other mostly empty arrays become much smaller), with a constant time
//! stamp, so that the same arrays give the same bytes. Reading takes stored and deflated members.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::array::Array;
use super::npy;
use rheobase_base::{Error, Result};
use rheobase_files::atomic_write;

/// Deflate cannot shrink by more than this factor; whoever declares more lies.
const DEFLATE_MAX: u64 = 1032;

/// All arrays of an archive, in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Npz {
    path: PathBuf,
    arrays: Vec<(String, Array)>,
}

impl Npz {
    /// The array called `name`.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the file and the nearest name.
    pub fn get(&self, name: &str) -> Result<&Array> {
        self.find(name)
            .ok_or_else(|| Error::unknown(self.path.display().to_string(), "array", name, self.names()))
    }

    /// The array called `name`, if there is one.
    pub fn find(&self, name: &str) -> Option<&Array> {
        self.arrays.iter().find(|(n, _)| n == name).map(|(_, a)| a)
    }

    /// Names in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arrays.iter().map(|(n, _)| n.as_str())
    }

    /// Names and arrays in the order of the file.
    pub fn arrays(&self) -> &[(String, Array)] {
        &self.arrays
    }

    /// Names and arrays, without copying.
    pub fn into_arrays(self) -> Vec<(String, Array)> {
        self.arrays
    }

    /// The file it came from.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// An open archive whose arrays are read one by one.
#[derive(Debug)]
pub struct NpzReader<R> {
    path: PathBuf,
    zip: ZipArchive<R>,
    members: Vec<(String, usize)>,
}

impl NpzReader<BufReader<File>> {
    /// Opens the `.npz` file `path` and reads its list of arrays.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, is not a zip archive, is cut off, or its members overlap.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let (file, _) = npy::open(path)?;
        NpzReader::new(path.to_path_buf(), file)
    }
}

impl<'a> NpzReader<Cursor<&'a [u8]>> {
    /// Opens the bytes of an `.npz` file; `label` names them in errors.
    ///
    /// # Errors
    /// As [`NpzReader::open`].
    pub fn from_bytes(label: impl Into<PathBuf>, bytes: &'a [u8]) -> Result<Self> {
        NpzReader::new(label.into(), Cursor::new(bytes))
    }
}

impl<R: Read + Seek> NpzReader<R> {
    fn new(path: PathBuf, reader: R) -> Result<Self> {
        let fault = |what: String| Error::file(&path, what);
        let not_zip = |e: zip::result::ZipError| {
            fault(format!("cannot be read as an npz (zip) archive: {e}; is it whole, and an npz file?"))
        };
        let mut zip = ZipArchive::new(reader).map_err(not_zip)?;
        // Overlapping members let a small file unpack to any size.
        if zip.has_overlapping_entries().map_err(not_zip)? {
            return Err(fault("is a zip archive whose members overlap; it is damaged or malicious".into()));
        }
        let mut members = Vec::new();
        for index in 0..zip.len() {
            let name = zip.name_for_index(index).transpose().map_err(not_zip)?;
            if let Some(name) = name.as_deref().and_then(|n| n.strip_suffix(".npy")) {
                members.push((name.to_string(), index));
            }
        }
        if members.is_empty() {
            return Err(fault("is a zip archive without any array (no member ends in .npy)".into()));
        }
        let mut seen = HashSet::new();
        if let Some((twice, _)) = members.iter().find(|(name, _)| !seen.insert(name)) {
            return Err(fault(format!("holds two arrays called `{twice}`")));
        }
        Ok(NpzReader { path, zip, members })
    }

    /// Names of the arrays in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(n, _)| n.as_str())
    }

    /// Reads the array called `name`.
    ///
    /// Memory is taken as elements really arrive, for at most 16 times as many; at most 1032 times 8 the compressed bytes.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is none of that name; [`Error::File`] with its name if it is damaged, declares
    /// more than is there, or holds an element type that is not read (objects, records, complex numbers…).
    pub fn read(&mut self, name: &str) -> Result<Array> {
        match self.members.iter().find(|(n, _)| n == name) {
            Some(&(_, index)) => self.member(index).map_err(|what| self.fault(name, &what)),
            None => Err(Error::unknown(self.path.display().to_string(), "array", name, self.names())),
        }
    }

    /// Reads all arrays.
    ///
    /// # Errors
    /// As [`NpzReader::read`].
    pub fn read_all(mut self) -> Result<Npz> {
        let mut arrays = Vec::with_capacity(self.members.len());
        for (name, index) in std::mem::take(&mut self.members) {
            let array = self.member(index).map_err(|what| self.fault(&name, &what))?;
            arrays.push((name, array));
        }
        Ok(Npz { path: self.path, arrays })
    }

    fn fault(&self, name: &str, what: &str) -> Error {
        Error::file(&self.path, format!("array `{name}` {what}"))
    }

    fn member(&mut self, index: usize) -> std::result::Result<Array, String> {
        let mut member = self.zip.by_index(index).map_err(|e| format!("cannot be unpacked: {e}"))?;
        let (size, packed) = (member.size(), member.compressed_size());
        let most = match member.compression() {
            CompressionMethod::Stored => packed,
            _ => packed.saturating_mul(DEFLATE_MAX),
        };
        if size > most {
            return Err(format!("declares {size} bytes packed into {packed}, which is impossible"));
        }
        npy::read_array(&mut member, size)
    }
}

/// Reads all arrays of the `.npz` file `path`.
///
/// # Errors
/// As [`NpzReader::open`] and [`NpzReader::read`].
pub fn read_npz(path: impl AsRef<Path>) -> Result<Npz> {
    NpzReader::open(path)?.read_all()
}

/// Writes named arrays as the `.npz` file `path`, whole or not at all. NumPy's `load` reads it.
///
/// # Errors
/// [`Error::File`] if a name is empty, occurs twice or holds control characters, if a text ends in NUL, or if the
/// file cannot be written.
pub fn write_npz<N: AsRef<str>, A: Borrow<Array>>(path: impl AsRef<Path>, arrays: &[(N, A)]) -> Result<()> {
    let path = path.as_ref();
    let mut seen = HashSet::new();
    for (name, array) in arrays {
        let name = name.as_ref();
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(Error::file(path, format!("cannot hold an array called {name:?}")));
        }
        if !seen.insert(name) {
            return Err(Error::file(path, format!("cannot hold two arrays called `{name}`")));
        }
        npy::check_writable(array.borrow())
            .map_err(|what| Error::file(path, format!("array `{name}`: {what}")))?;
    }
    atomic_write(path, |out| {
        let mut zip = ZipWriter::new(out).set_auto_large_file();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(3))
            .last_modified_time(DateTime::default());
        for (name, array) in arrays {
            zip.start_file(format!("{}.npy", name.as_ref()), options).map_err(io::Error::from)?;
            npy::write_array(&mut zip, array.borrow())?;
        }
        zip.finish().map(|_| ()).map_err(io::Error::from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn all(bytes: &[u8]) -> Result<Npz> {
        NpzReader::from_bytes("t.npz", bytes)?.read_all()
    }

    fn sample() -> Vec<(&'static str, Array)> {
        vec![
            ("events", Array::new([2, 3], vec![0_i64, 1, 2, 3, 4, 5]).unwrap()),
            ("hidden.tau_m", Array::vector(vec![0.02_f32, 0.01])),
            ("meta", Array::text("{\"unit\": \"µV\"}")),
            ("dt", Array::scalar(0.001)),
            ("none", Array::new([0, 3], Vec::<f64>::new()).unwrap()),
        ]
    }

    fn sample_bytes() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        write_npz(&path, &sample()).unwrap();
        std::fs::read(&path).unwrap()
    }

    fn zipped(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn npy(descr: &str, shape: &str, body: usize) -> Vec<u8> {
        let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut v = b"\x93NUMPY\x01\x00".to_vec();
        v.extend((text.len() as u16).to_le_bytes());
        v.extend(text.as_bytes());
        v.resize(v.len() + body, 0);
        v
    }

    #[test]
    fn written_archives_come_back_and_are_the_same_bytes_each_time() {
        let bytes = sample_bytes();
        let npz = all(&bytes).unwrap();
        for (name, array) in sample() {
            assert_eq!(npz.get(name).unwrap(), &array);
        }
        assert_eq!(npz.names().collect::<Vec<_>>(), ["events", "hidden.tau_m", "meta", "dt", "none"]);
        assert_eq!(bytes, sample_bytes());
        let text = npz.get("evnts").unwrap_err().to_string();
        assert!(text.contains("did you mean `events`"), "{text}");
    }

    #[test]
    fn bad_names_are_refused_and_leave_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        let one = Array::scalar(1.0);
        assert!(write_npz(&path, &[("a", &one), ("a", &one)]).is_err());
        assert!(write_npz(&path, &[("", &one)]).is_err());
        assert!(write_npz(&path, &[("a\0b", &one)]).is_err());
        assert!(write_npz(&path, &[("a", Array::text("\0"))]).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn every_truncation_is_an_error_and_no_damage_panics() {
        let bytes = sample_bytes();
        for n in 0..bytes.len() {
            assert!(all(&bytes[..n]).is_err(), "{n} bytes");
        }
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                let _ = all(&damaged);
            }
        }
    }

    #[test]
    fn hostile_members_are_refused_by_name() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            for (member, reason) in [
                (npy("'|O'", "(1,)", 9), "pickled"),
                (npy("[('x', '<f8')]", "(1,)", 8), "structured"),
                (npy("'<c8'", "(1,)", 8), "complex"),
                (npy("'<f8'", "(1000000000000,)", 8), "declares the shape"),
                (npy("'<f8'", "(1,)", 1 << 24), "goes on"),
                (b"cnumpy\nsystem".to_vec(), "npy format"),
                (Vec::new(), "cut off"),
            ] {
                let text = all(&zipped(&[("weights.npy", &member)], method)).unwrap_err().to_string();
                assert!(text.contains("array `weights`") && text.contains(reason), "{text}");
            }
        }
        assert!(all(&zipped(&[("readme.txt", b"hello")], CompressionMethod::Stored)).is_err());
        assert!(all(b"PK\x05\x06").is_err());
        assert!(all(b"").is_err());
    }

    #[test]
    fn a_false_unpacked_size_is_refused() {
        // The sizes stand 22 and 24 bytes after the signatures of local header and central directory.
        let member = npy("'|u1'", "(1000000000,)", 64);
        let mut bytes = zipped(&[("a.npy", &member)], CompressionMethod::Deflated);
        let lie = 1_500_000_000_u32.to_le_bytes();
        let central = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        bytes[22..26].copy_from_slice(&lie);
        bytes[central + 24..central + 28].copy_from_slice(&lie);
        let text = all(&bytes).unwrap_err().to_string();
        assert!(text.contains("array `a`") && text.contains("impossible"), "{text}");
    }

    #[test]
    fn a_wrong_checksum_is_refused() {
        let member = npy("'|u1'", "(64,)", 64);
        let mut bytes = zipped(&[("a.npy", &member)], CompressionMethod::Stored);
        let central = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        bytes[central - 1] ^= 1;
        assert!(all(&bytes).unwrap_err().to_string().contains("array `a`"));
    }

    /// The published traces, if they are at hand: `RHEOBASE_SHARED` or the folder `shared` beside the repository.
    #[test]
    fn every_reference_trace_is_read() {
        let shared = std::env::var_os("RHEOBASE_SHARED")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
        let folder = shared.join("reference/traces");
        let Ok(files) = std::fs::read_dir(&folder) else {
            eprintln!(
                "NOT TESTED: the reference traces are absent ({}); set RHEOBASE_SHARED",
                folder.display()
            );
            return;
        };
        let mut count = 0;
        for file in files {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|e| e != "npz") {
                continue;
            }
            let npz = read_npz(&path).unwrap();
            let meta = npz.get("meta").unwrap().as_text().unwrap();
            assert!(serde_json::from_str::<serde_json::Value>(meta).unwrap().is_object());
            assert!(npz.arrays().iter().all(|(n, a)| n == "meta" || a.to_f64().is_ok()));
            count += 1;
        }
        assert!(count > 0, "no trace in {}", folder.display());
        eprintln!("{count} traces read");
    }
}
