//! HDF5 files as trees: the only place that knows the library behind them.

use std::collections::BTreeMap;
use std::path::Path;

use hdf5_pure::{DType, Dataset, File, FileBuilder, Group as H5Group, VlenStringReadOptions};
use rheobase_base::{Error, Result, memory};

use crate::tensor::{Data, Tensor};

/// What a name in a group stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    /// A group.
    Group(Group),
    /// Numbers.
    Numbers(Tensor),
    /// Words, in the order of the array, with its shape.
    Words(Vec<usize>, Vec<String>),
}

/// A group: items by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Group {
    pub(crate) items: BTreeMap<String, Item>,
}

/// How deep groups may lie within each other, and how many items a file may have.
const DEPTH: usize = 32;
const ITEMS: usize = 1 << 20;
/// The longest text, in bytes.
const TEXT: usize = 1 << 26;

impl Group {
    pub(crate) fn insert(&mut self, name: &str, item: Item) {
        self.items.insert(name.into(), item);
    }

    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        match self.items.get(name) {
            Some(Item::Words(_, words)) if words.len() == 1 => Some(&words[0]),
            _ => None,
        }
    }

    pub(crate) fn group(&self, name: &str) -> Option<&Group> {
        match self.items.get(name) {
            Some(Item::Group(group)) => Some(group),
            _ => None,
        }
    }
}

/// Whether the file begins as HDF5 files do.
pub(crate) fn is_hdf5(bytes: &[u8]) -> bool {
    hdf5_pure::is_hdf5_bytes(bytes)
}

/// Reads a whole file.
///
/// # Errors
/// A file that cannot be read or is damaged; kinds of arrays that are neither numbers nor text; more than fits into memory.
pub(crate) fn read(path: &Path) -> Result<Group> {
    let fault = |what: String| Error::file(path, what);
    // Pieces are read as they are needed: arrays do not stand in memory twice.
    let file = File::open_streaming(path).map_err(|e| fault(format!("cannot be read as HDF5: {e}")))?;
    let mut left = ITEMS;
    let most = path.metadata().map_or(u64::MAX, |found| found.len().saturating_mul(DEFLATE));
    group(&file.root(), "", DEPTH, &mut left, most).map_err(fault)
}

/// Bytes that one byte of a file can become at most.
const DEFLATE: u64 = 1032;

fn group(
    from: &H5Group,
    place: &str,
    depth: usize,
    left: &mut usize,
    most: u64,
) -> std::result::Result<Group, String> {
    let at = |name: &str| format!("{place}/{name}");
    let failed = |e: hdf5_pure::Error| format!("{}: {e}", if place.is_empty() { "/" } else { place });
    let mut read = Group::default();
    for name in from.groups().map_err(failed)? {
        let place = at(&name);
        *left = left.checked_sub(1).ok_or_else(|| format!("more than {ITEMS} items"))?;
        if depth == 0 {
            return Err(format!("{place}: groups lie more than {DEPTH} deep"));
        }
        let inner = from.group(&name).map_err(|e| format!("{place}: {e}"))?;
        read.insert(&name, Item::Group(group(&inner, &place, depth - 1, left, most)?));
    }
    for name in from.datasets().map_err(failed)? {
        let place = at(&name);
        *left = left.checked_sub(1).ok_or_else(|| format!("more than {ITEMS} items"))?;
        let dataset = from.dataset(&name).map_err(|e| format!("{place}: {e}"))?;
        read.insert(&name, array(&dataset, &place, most)?);
    }
    Ok(read)
}

fn array(from: &Dataset, place: &str, most: u64) -> std::result::Result<Item, String> {
    let failed = |e: hdf5_pure::Error| format!("{place}: {e}");
    let shape = from.shape().map_err(failed)?;
    let dtype = from.dtype().map_err(failed)?;
    let too_large = || format!("{place}: {shape:?} is more than an array can be");
    let count = shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d)).ok_or_else(too_large)?;
    let size = from.element_size().map_err(failed)?;
    let bytes = count.checked_mul(size.max(8)).ok_or_else(too_large)?;
    // A damaged shape would else be filled with zeros until memory is used up.
    if count.saturating_mul(size) > most {
        return Err(format!("{place}: {shape:?} is more than the file can hold"));
    }
    memory::check(bytes as f64).map_err(|rule| format!("{place}: {shape:?} numbers: {rule}"))?;
    let shape: Vec<usize> = shape.iter().map(|d| *d as usize).collect();
    let data = match dtype {
        DType::F32 => Data::F32(from.read_f32().map_err(failed)?),
        DType::F64 => Data::F64(from.read_f64().map_err(failed)?),
        DType::I8 | DType::I16 | DType::I32 | DType::I64 | DType::U8 | DType::U16 | DType::U32 => {
            Data::I64(from.read_i64().map_err(failed)?)
        }
        DType::U64 => {
            let whole = from.read_u64().map_err(failed)?;
            Data::I64(whole.into_iter().map(|x| i64::try_from(x).unwrap_or(i64::MAX)).collect())
        }
        DType::VariableLengthString => {
            let limits = VlenStringReadOptions::new().with_max_elements(ITEMS).with_max_payload_bytes(TEXT);
            return Ok(Item::Words(shape, from.read_vlen_strings(limits).map_err(failed)?));
        }
        DType::String if bytes <= 8 * TEXT as u64 => {
            return Ok(Item::Words(shape, from.read_string().map_err(failed)?));
        }
        // NumPy's truth values.
        DType::Enum(_) => Data::I64(from.read_raw().map_err(failed)?.into_iter().map(i64::from).collect()),
        other => return Err(format!("{place}: holds {other}; numbers or text are needed")),
    };
    Tensor::new("", place, shape, data).map(Item::Numbers).map_err(|e| e.to_string())
}

/// The bytes of a file with these items.
///
/// # Errors
/// What the library cannot write.
pub(crate) fn bytes(path: &Path, root: &Group) -> Result<Vec<u8>> {
    let mut file = FileBuilder::new();
    for (name, item) in &root.items {
        match item {
            Item::Group(inner) => {
                let mut made = file.create_group(name);
                fill(&mut made, inner);
                file.add_group(made.finish());
            }
            item => write_array(file.create_dataset(name), item),
        }
    }
    file.finish().map_err(|e| Error::file(path, format!("cannot be written as HDF5: {e}")))
}

fn fill(to: &mut hdf5_pure::GroupBuilder, from: &Group) {
    for (name, item) in &from.items {
        match item {
            Item::Group(inner) => {
                let mut made = to.create_group(name);
                fill(&mut made, inner);
                to.add_group(made.finish());
            }
            item => write_array(to.create_dataset(name), item),
        }
    }
}

fn write_array(to: &mut hdf5_pure::DatasetBuilder, item: &Item) {
    let wide = |shape: &[usize]| shape.iter().map(|d| *d as u64).collect::<Vec<u64>>();
    match item {
        Item::Words(shape, words) => {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            to.with_vlen_strings(&words).with_shape(&wide(shape));
        }
        Item::Numbers(tensor) => {
            match tensor.data() {
                Data::F32(x) => to.with_f32_data(x),
                Data::F64(x) => to.with_f64_data(x),
                Data::I64(x) => to.with_i64_data(x),
            };
            to.with_shape(&wide(tensor.shape()));
        }
        Item::Group(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shape of 6 GB in a file of 44 kB: refused by the size of the file, however much memory there is.
    #[test]
    fn an_array_is_not_larger_than_its_file_can_make_it() {
        let recorded =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/snntorch/rleaky_all_to_all/model.nir");
        let mut written = std::fs::read(recorded).unwrap();
        // The rows and columns of a matrix of 12 times 6, and the most that it may grow to.
        let matrix: Vec<u8> = [12u64, 6, 12, 6].iter().flat_map(|n| n.to_le_bytes()).collect();
        let at = written.windows(matrix.len()).position(|bytes| bytes == matrix).unwrap();
        written[at..at + 8].copy_from_slice(&(1u64 << 28).to_le_bytes());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("claims.nir");
        std::fs::write(&path, &written).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("claims.nir") && error.contains("more than the file can hold"), "{error}");
    }
}
