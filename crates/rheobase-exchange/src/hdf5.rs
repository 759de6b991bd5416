//! HDF5 files as trees: read by `rheobase-data`, which bounds them; written here.

use std::collections::BTreeMap;
use std::path::Path;

use hdf5_pure::FileBuilder;
use rheobase_base::{Error, Result};
use rheobase_data::hdf5::{Hdf5, Stored, Strips};

use crate::tensor::{Data, Tensor, turn_strip};

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
const ITEMS: usize = 1 << 16;

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
    let mut left = ITEMS;
    let read = |file: Hdf5| group(&file, "", DEPTH, &mut left);
    Hdf5::open(path).and_then(read).map_err(|what| Error::file(path, what))
}

fn group(file: &Hdf5, place: &str, depth: usize, left: &mut usize) -> std::result::Result<Group, String> {
    let mut read = Group::default();
    let (groups, arrays) = (file.groups(place)?, file.arrays(place)?);
    for name in &arrays {
        *left = left.checked_sub(1).ok_or_else(|| format!("more than {ITEMS} items"))?;
        read.insert(name, array(file, &format!("{place}/{name}"))?);
    }
    for name in &groups {
        let place = format!("{place}/{name}");
        *left = left.checked_sub(1).ok_or_else(|| format!("more than {ITEMS} items"))?;
        if depth == 0 {
            return Err(format!("{place}: groups lie more than {DEPTH} deep"));
        }
        read.insert(name, Item::Group(group(file, &place, depth - 1, left)?));
    }
    Ok(read)
}

fn array(file: &Hdf5, place: &str) -> std::result::Result<Item, String> {
    let path = place.trim_start_matches('/');
    if let Some(strips) = file.strips(path)? {
        return matrix(strips).map(Item::Numbers);
    }
    let (shape, stored) = file.stored(path)?;
    let data = match stored {
        Stored::F32(values) => Data::F32(values),
        Stored::F64(values) => Data::F64(values),
        Stored::I64(values) => Data::I64(values),
        Stored::Texts(words) => return Ok(Item::Words(shape, words)),
    };
    Tensor::new("", place, shape, data).map(Item::Numbers).map_err(|e| e.to_string())
}

/// A matrix, turned while it is read: most are weights of linear layers, which stand turned here.
fn matrix(strips: Strips) -> std::result::Result<Tensor, String> {
    let [rows, columns] = strips.shape();
    let (mut turned, mut first) = (vec![0.0; rows * columns], 0);
    for strip in strips {
        let strip = strip?;
        let numbers = strip.as_chunks().0;
        turn_strip(numbers, f32::from_le_bytes, columns, first, rows, &mut turned);
        first += numbers.len() / columns;
    }
    Ok(Tensor::of_columns(rows, columns, turned))
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
        assert!(error.contains("claims.nir") && error.contains("more than its file could hold"), "{error}");
    }
}
