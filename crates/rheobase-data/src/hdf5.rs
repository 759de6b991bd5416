//! HDF5 files read: groups, arrays of numbers and texts, arrays of arrays. This and `hdf5_tree`, which writes, alone know
//! the library behind it.
//!
//! Nothing is read but what is asked for, and no array is believed to be larger than its file could hold, packed.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use hdf5_pure::{Dataset, Datatype, Group, Object, VlenStringReadOptions};

use super::hdf5_heap::Heap;
use rheobase_base::memory;

/// Packing cannot shrink by more than this factor.
const PACKED_MAX: u64 = 1032;
/// Bytes of a file that are searched for links, at most, and bytes that are looked at together.
const SEARCHED: u64 = 1 << 30;
const PIECE: usize = 1 << 20;
/// Bytes of a link before its name at most: version, flags, kind, place, character set, length.
const LINK: usize = 13;
/// Texts of an array at most, and their bytes together.
const MOST_TEXTS: usize = 1 << 22;
const MOST_LETTERS: usize = 1 << 26;
/// Heaps that are kept: entries point to heaps one after the other, and two arrays may be read in turn.
const HEAPS: usize = 8;

type Said<T> = std::result::Result<T, String>;

/// An open file.
pub struct Hdf5 {
    file: hdf5_pure::File,
    path: std::path::PathBuf,
    plain: File,
    size: u64,
    /// The heaps seen last, which hold arrays of arrays, in a ring.
    heaps: Vec<Heap>,
    /// The heap of the ring that is read over next.
    oldest: usize,
}

/// An array of arrays of numbers, each of which becomes a `T` when it is read.
pub struct Lists<T, F> {
    path: String,
    kind: Datatype,
    raw: Vec<u8>,
    becomes: F,
    /// What every number of two bytes becomes: there are so few that each is computed once.
    table: Vec<T>,
}

impl<T, F> Lists<T, F> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.raw.len() / PLACE
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers in all of them together.
    pub fn numbers(&self) -> usize {
        self.raw.as_chunks::<PLACE>().0.iter().map(|p| place(p).0).sum()
    }
}

/// Bytes that say where an array of an array of arrays is.
const PLACE: usize = 16;

/// Length, address of the heap, and number within it.
fn place(bytes: &[u8; PLACE]) -> (usize, u64, u32) {
    let word = |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
    (word(0) as usize, u64::from(word(4)) | u64::from(word(8)) << 32, word(12))
}

/// A matrix of single precision, some rows at a time: the bytes of their numbers, each number's least one first.
pub struct Strips {
    path: String,
    dataset: Dataset,
    rows: usize,
    columns: usize,
    next: usize,
}

impl Strips {
    /// Rows and columns of the whole matrix.
    pub fn shape(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }
}

impl Iterator for Strips {
    type Item = Said<Vec<u8>>;

    fn next(&mut self) -> Option<Said<Vec<u8>>> {
        (self.next < self.rows).then(|| {
            let together = (PIECE / 4 / self.columns).clamp(1, self.rows - self.next);
            let read = self.dataset.read_raw_rows(self.next as u64, together as u64);
            let strip = read.map_err(|e| at(&self.path, &e))?;
            self.next += together;
            match strip.len() == 4 * together * self.columns {
                true => Ok(strip),
                false => Err(format!("array `{}` is cut off: the file is damaged", self.path)),
            }
        })
    }
}

/// Numbers with their shape, last axis fastest.
pub type Numbers = (Vec<usize>, Vec<f64>);

/// The elements of an array as they are stored, last axis fastest.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Whole numbers.
    I64(Vec<i64>),
    /// Texts.
    Texts(Vec<String>),
}

impl Hdf5 {
    /// Opens a file.
    ///
    /// # Errors
    /// What is wrong, without the file's name.
    pub fn open(path: &Path) -> Said<Hdf5> {
        let file =
            hdf5_pure::File::open_streaming(path).map_err(|e| format!("cannot be read as HDF5: {e}"))?;
        let plain = File::open(path).map_err(|e| format!("cannot be read: {e}"))?;
        let size = plain.metadata().map_err(|e| format!("cannot be read: {e}"))?.len();
        Ok(Hdf5 { file, path: path.into(), plain, size, heaps: Vec::new(), oldest: 0 })
    }

    fn group(&self, path: &str) -> Said<Group> {
        match path.trim_matches('/') {
            "" => Ok(self.file.root()),
            inner => self.file.group(inner).map_err(|e| at(path, &e)),
        }
    }

    /// Which of these groups was made first: their places in the order of making, which links of newer files say, and the library
    /// does not give; `None` where they do not say. Names must begin alike.
    pub fn order_made(&self, names: &[String]) -> Option<Vec<u64>> {
        let first = names.first()?.as_bytes();
        let alike = |n: &String| n.bytes().zip(first).take_while(|(a, b)| a == *b).count();
        let prefix = &first[..names.iter().map(alike).min()?.min(first.len())];
        let longest = names.iter().map(String::len).max()?;
        if prefix.len() < 4 || longest > 255 {
            return None;
        }
        let mut file = File::open(&self.path).ok()?.take(SEARCHED);
        let mut order: Vec<Option<u64>> = vec![None; names.len()];
        let (mut piece, mut kept) = (vec![0_u8; PIECE], 0);
        loop {
            let read = file.read(&mut piece[kept..]).ok()?;
            let there = &piece[..kept + read];
            let mut at = 0;
            while let Some(next) = there[at..].windows(prefix.len()).position(|w| w == prefix) {
                at += next;
                if let Some((which, place)) = link(there, at, names) {
                    order[which].get_or_insert(place);
                }
                at += 1;
            }
            if read == 0 || order.iter().all(Option::is_some) {
                return order.into_iter().collect();
            }
            // What begins at the end of a piece is looked at again with the next one.
            let tail = there.len().min(longest + LINK);
            piece.copy_within(kept + read - tail..kept + read, 0);
            kept = tail;
        }
    }

    /// Names of the groups within a group, in order.
    ///
    /// # Errors
    /// If there is no such group, or the file is damaged.
    pub fn groups(&self, path: &str) -> Said<Vec<String>> {
        let mut names = self.group(path)?.groups().map_err(|e| at(path, &e))?;
        names.sort();
        Ok(names)
    }

    /// Names of the arrays within a group, in order.
    ///
    /// # Errors
    /// As [`Hdf5::groups`].
    pub fn arrays(&self, path: &str) -> Said<Vec<String>> {
        let mut names = self.group(path)?.datasets().map_err(|e| at(path, &e))?;
        names.sort();
        Ok(names)
    }

    /// Whether there is a group of this path.
    pub fn has_group(&self, path: &str) -> bool {
        self.file.group(path).is_ok()
    }

    /// Whether there is an array of this path.
    pub fn has(&self, path: &str) -> bool {
        self.file.dataset(path).is_ok()
    }

    fn dataset(&self, path: &str) -> Said<Dataset> {
        self.file.dataset(path).map_err(|e| at(path, &e))
    }

    /// Lengths of an array's axes.
    ///
    /// # Errors
    /// If there is none, or it is damaged.
    pub fn shape(&self, path: &str) -> Said<Vec<usize>> {
        shape(&self.dataset(path)?, path)
    }

    /// An array of numbers.
    ///
    /// # Errors
    /// If there is none, it holds no numbers, whole numbers beyond 2⁵³, or more than the file could.
    pub fn numbers(&self, path: &str) -> Said<Numbers> {
        self.numbers_of(&self.dataset(path)?, path)
    }

    fn numbers_of(&self, dataset: &Dataset, path: &str) -> Said<Numbers> {
        let shape = self.believable(dataset, path)?;
        let kind = dataset.datatype().map_err(|e| at(path, &e))?;
        let values = match &kind {
            Datatype::FloatingPoint { size: 2, .. } => {
                decoded(&dataset.read_raw().map_err(|e| at(path, &e))?, &kind, path)?
            }
            Datatype::FixedPoint { .. } | Datatype::FloatingPoint { .. } | Datatype::Enumeration { .. } => {
                dataset.read_f64().map_err(|e| at(path, &e))?
            }
            _ => return Err(format!("array `{path}` holds no numbers")),
        };
        let whole = matches!(kind, Datatype::FixedPoint { size: 8, .. });
        match values.iter().find(|v| whole && v.abs() > 9_007_199_254_740_992.0) {
            Some(v) => Err(format!("array `{path}` holds {v}, beyond what a double holds exactly")),
            None => Ok((shape, values)),
        }
    }

    /// The shape of an array that its file could hold, and so could its parts be, for each of which the library takes memory.
    fn believable(&self, dataset: &Dataset, path: &str) -> Said<Vec<usize>> {
        let shape = shape(dataset, path)?;
        let parts = if dataset.is_chunked() { dataset.chunks().unwrap_or_default() } else { Vec::new() };
        if let Some(part) = parts.iter().find(|c| c.storage_size > self.size) {
            return Err(format!(
                "array `{path}` declares a part of {} bytes, more than its file has: it is false",
                part.storage_size
            ));
        }
        let count = rheobase_base::shape::checked_len(&shape).map(|n| n as u64);
        let bytes = dataset.element_size().map_err(|e| at(path, &e))?.max(1);
        match count.filter(|n| n.saturating_mul(bytes) <= self.size.saturating_mul(PACKED_MAX)) {
            Some(count) => match memory::check(8.0 * count as f64) {
                Ok(()) => Ok(shape),
                Err(rule) => Err(format!("array `{path}` has the shape {shape:?}, which {rule}")),
            },
            None => Err(format!(
                "array `{path}` declares the shape {shape:?}, more than its file could hold: it is false"
            )),
        }
    }

    /// An array of texts.
    ///
    /// # Errors
    /// If there is none, or it holds no texts.
    pub fn texts(&self, path: &str) -> Said<Vec<String>> {
        let dataset = self.dataset(path)?;
        self.believable(&dataset, path)?;
        texts_of(&dataset, path)
    }

    /// An array as it is stored: half precision is widened to single, whole numbers and truth values to 64 bits.
    ///
    /// # Errors
    /// If there is none, it holds something else, or more than the file could.
    pub fn stored(&self, path: &str) -> Said<(Vec<usize>, Stored)> {
        let dataset = self.dataset(path)?;
        let shape = self.believable(&dataset, path)?;
        let kind = dataset.datatype().map_err(|e| at(path, &e))?;
        let failed = |e: hdf5_pure::Error| at(path, &e);
        let stored = match &kind {
            Datatype::FloatingPoint { size: 2, .. } => {
                let raw = dataset.read_raw().map_err(failed)?;
                Stored::F32(decoded(&raw, &kind, path)?.into_iter().map(|x| x as f32).collect())
            }
            Datatype::FloatingPoint { size: 4, .. } => Stored::F32(dataset.read_f32().map_err(failed)?),
            Datatype::FloatingPoint { size: 8, .. } => Stored::F64(dataset.read_f64().map_err(failed)?),
            Datatype::FixedPoint { size: 8, layout, .. } if !layout.signed => {
                let whole = dataset.read_u64().map_err(failed)?;
                Stored::I64(whole.into_iter().map(|x| i64::try_from(x).unwrap_or(i64::MAX)).collect())
            }
            Datatype::FixedPoint { .. } => Stored::I64(dataset.read_i64().map_err(failed)?),
            // NumPy's truth values.
            Datatype::Enumeration { .. } => {
                Stored::I64(dataset.read_raw().map_err(failed)?.into_iter().map(i64::from).collect())
            }
            Datatype::String { .. } | Datatype::VariableLength { is_string: true, .. } => {
                Stored::Texts(texts_of(&dataset, path)?)
            }
            _ => return Err(format!("array `{path}` holds neither numbers nor texts")),
        };
        Ok((shape, stored))
    }

    /// A matrix of single precision some rows at a time, where it stands in the file in one piece, each number's least byte first;
    /// `None` for any other array.
    ///
    /// # Errors
    /// If there is none, or it declares more than the file could hold.
    pub fn strips(&self, path: &str) -> Said<Option<Strips>> {
        let dataset = self.dataset(path)?;
        let [rows, columns] = self.believable(&dataset, path)?[..] else { return Ok(None) };
        let little = hdf5_pure::DatatypeByteOrder::LittleEndian;
        let single = matches!(dataset.datatype(), Ok(Datatype::FloatingPoint { size: 4, byte_order, .. }) if byte_order == little);
        // What was never written is not in the file, and reads as its fill value.
        let there = rows as u64 * columns as u64 <= self.size / 4;
        let whole = single && there && !dataset.is_chunked() && rows > 0 && columns > 0;
        Ok(whole.then(|| Strips { path: path.into(), dataset, rows, columns, next: 0 }))
    }

    /// Whether an array holds texts.
    pub fn is_text(&self, path: &str) -> bool {
        let kind = self.dataset(path).and_then(|d| d.datatype().map_err(|e| at(path, &e)));
        matches!(kind, Ok(Datatype::String { .. } | Datatype::VariableLength { is_string: true, .. }))
    }

    /// An attribute of a group or an array, as text.
    pub fn attribute(&self, path: &str, name: &str) -> Option<String> {
        let all = match self.file.dataset(path) {
            Ok(dataset) => dataset.attrs().ok()?,
            Err(_) => self.group(path).ok()?.attrs().ok()?,
        };
        let value = all.get(name)?;
        value.as_str().map(String::from).or_else(|| value.as_strings()?.first().cloned())
    }

    /// An array of arrays of numbers, whole.
    ///
    /// # Errors
    /// If there is none, it holds no arrays of numbers, or the file is damaged.
    pub fn all_lists(&mut self, path: &str) -> Said<Vec<Vec<f64>>> {
        let lists = self.lists(path, |x| x)?;
        let all = (0..lists.len()).map(|i| {
            let mut list = Vec::new();
            self.list(&lists, i, &mut list).map(|()| list)
        });
        all.collect()
    }

    /// An array of arrays of numbers, to be read one by one, and what each number becomes.
    ///
    /// # Errors
    /// As [`Hdf5::all_lists`]; if the arrays are together longer than the file.
    pub fn lists<T, F: Fn(f64) -> T>(&self, path: &str, becomes: F) -> Said<Lists<T, F>> {
        let dataset = self.dataset(path)?;
        self.believable(&dataset, path)?;
        let kind = dataset.datatype().map_err(|e| at(path, &e))?;
        let Datatype::VariableLength { is_string: false, base_type, .. } = kind else {
            return Err(format!("array `{path}` holds no arrays of numbers"));
        };
        if self.file.superblock().offset_size != 8 || base_type.type_size() == 0 {
            return Err(format!("array `{path}` holds arrays in a way that is not read"));
        }
        let raw = dataset.read_raw().map_err(|e| at(path, &e))?;
        let mut lists = Lists { path: path.into(), kind: *base_type, raw, becomes, table: Vec::new() };
        let numbers = lists.numbers() as u64;
        if numbers.saturating_mul(lists.kind.type_size().into()) > self.size {
            return Err(format!(
                "array `{path}` declares {numbers} numbers, more than its file could hold: it is false"
            ));
        }
        memory::check(8.0 * numbers as f64)
            .map_err(|rule| format!("array `{path}` holds {numbers} numbers, which {rule}"))?;
        if lists.kind.type_size() == 2 {
            let every: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
            decode(&every, &lists.kind, path, |x| lists.table.push((lists.becomes)(x)))?;
        }
        Ok(lists)
    }

    /// Puts one array of an array of arrays into `into`, and nothing else.
    ///
    /// # Errors
    /// If there is none of this number, or the file is damaged.
    pub fn list<T: Copy, F: Fn(f64) -> T>(
        &mut self,
        lists: &Lists<T, F>,
        number: usize,
        into: &mut Vec<T>,
    ) -> Said<()> {
        into.clear();
        let path = &lists.path;
        let (length, address, index) = lists
            .raw
            .as_chunks()
            .0
            .get(number)
            .map(place)
            .ok_or_else(|| format!("array `{path}` has no entry {number}"))?;
        if length == 0 {
            return Ok(());
        }
        let bytes =
            length.checked_mul(lists.kind.type_size() as usize).ok_or("declares an array beyond memory")?;
        let part = self.heap(address)?.object(index).and_then(|o| o.get(..bytes));
        let part = part.ok_or_else(|| {
            format!("array `{path}`: entry {number} points to nothing: the file is damaged")
        })?;
        match <&[T; 1 << 16]>::try_from(&lists.table[..]) {
            Ok(table) => {
                into.extend(part.as_chunks().0.iter().map(|b| table[usize::from(u16::from_le_bytes(*b))]));
                Ok(())
            }
            Err(_) => decode(part, &lists.kind, path, |x| into.push((lists.becomes)(x))),
        }
    }

    fn heap(&mut self, address: u64) -> Said<&Heap> {
        if let Some(known) = self.heaps.iter().position(|h| h.address == Some(address)) {
            return Ok(&self.heaps[known]);
        }
        if self.heaps.len() < HEAPS {
            self.heaps.push(Heap::default());
        }
        let next = self.oldest;
        self.oldest = (next + 1) % HEAPS;
        let base = self.file.superblock().base_address;
        self.heaps[next].read(&mut self.plain, base.get(), address, self.size)?;
        Ok(&self.heaps[next])
    }

    /// What the cells of a MATLAB cell array hold: lists of numbers; `None` if the array holds no references.
    ///
    /// # Errors
    /// If a reference leads nowhere or to something else.
    pub fn cells(&self, path: &str) -> Said<Option<Vec<Vec<f64>>>> {
        let dataset = self.dataset(path)?;
        if !matches!(dataset.datatype(), Ok(Datatype::Reference { .. })) {
            return Ok(None);
        }
        self.believable(&dataset, path)?;
        let mut lists = Vec::new();
        for (i, object) in dataset.dereference().map_err(|e| at(path, &e))?.into_iter().enumerate() {
            let Object::Dataset(cell) = object else {
                return Err(format!("`{path}`: cell {} holds no list of numbers", i + 1));
            };
            // An empty cell holds its size and says that it is empty.
            let empty = cell.attrs().is_ok_and(|all| all.contains_key("MATLAB_empty"));
            lists.push(if empty { Vec::new() } else { self.numbers_of(&cell, path)?.1 });
        }
        Ok(Some(lists))
    }
}

/// The link whose name begins at `at`: which of the names, and its place in the order of making.
fn link(bytes: &[u8], at: usize, names: &[String]) -> Option<(usize, u64)> {
    let which = names.iter().position(|n| bytes[at..].starts_with(n.as_bytes()))?;
    let mut front = bytes[..at].iter().rev();
    (usize::from(*front.next()?) == names[which].len()).then_some(())?;
    // Version 1, then flags: bit 2 says that a place follows, bit 3 a kind before it, bit 4 a character set behind it.
    for (before, flags) in [(10, [0x04, 0x0c]), (11, [0x14, 0x1c])] {
        let Some(start) = at.checked_sub(1 + before) else { continue };
        let (plain, kind) = (bytes[start] == 1 && bytes[start + 1] == flags[0], start.checked_sub(1));
        let kind = kind.is_some_and(|s| bytes[s] == 1 && bytes[s + 1] == flags[1]);
        if plain || kind {
            let place: [u8; 8] = bytes[start + 2..start + 10].try_into().ok()?;
            return Some((which, u64::from_le_bytes(place)));
        }
    }
    None
}

fn at(path: &str, e: &hdf5_pure::Error) -> String {
    format!("`{path}` cannot be read: {e}")
}

/// Texts, of which a damaged file may declare any number and length.
fn texts_of(dataset: &Dataset, path: &str) -> Said<Vec<String>> {
    let varying = matches!(dataset.datatype(), Ok(Datatype::VariableLength { .. }));
    let read = match varying {
        true => dataset.read_vlen_strings(
            VlenStringReadOptions::new().with_max_elements(MOST_TEXTS).with_max_payload_bytes(MOST_LETTERS),
        ),
        false => dataset.read_string(),
    };
    read.map_err(|e| at(path, &e))
}

fn shape(dataset: &Dataset, path: &str) -> Said<Vec<usize>> {
    let shape = dataset.shape().map_err(|e| at(path, &e))?;
    shape
        .iter()
        .map(|n| usize::try_from(*n).map_err(|_| format!("array `{path}` is larger than memory")))
        .collect()
}

/// Numbers of a type that the library does not convert within arrays of arrays, or at all.
fn decoded(bytes: &[u8], kind: &Datatype, path: &str) -> Said<Vec<f64>> {
    let mut numbers = Vec::with_capacity(bytes.len() / (kind.type_size() as usize).max(1));
    decode(bytes, kind, path, |x| numbers.push(x))?;
    Ok(numbers)
}

/// Hands over the same, one by one.
fn decode(bytes: &[u8], kind: &Datatype, path: &str, mut take: impl FnMut(f64)) -> Said<()> {
    /// Calls with each number's bytes, the least first.
    fn each<const N: usize>(
        bytes: &[u8],
        order: &hdf5_pure::DatatypeByteOrder,
        mut take: impl FnMut([u8; N]),
    ) {
        let little = matches!(order, hdf5_pure::DatatypeByteOrder::LittleEndian);
        for number in bytes.as_chunks::<N>().0 {
            let mut number = *number;
            if !little {
                number.reverse();
            }
            take(number);
        }
    }
    match kind {
        Datatype::FloatingPoint { size: 2, byte_order, .. } => {
            each(bytes, byte_order, |b| take(crate::npy::half(u16::from_le_bytes(b)).into()));
        }
        Datatype::FloatingPoint { size: 4, byte_order, .. } => {
            each(bytes, byte_order, |b| take(f32::from_le_bytes(b).into()));
        }
        Datatype::FloatingPoint { size: 8, byte_order, .. } => {
            each(bytes, byte_order, |b| take(f64::from_le_bytes(b)));
        }
        Datatype::FixedPoint { size, byte_order, layout } => match (size, layout.signed) {
            (1, false) => each(bytes, byte_order, |b| take(u8::from_le_bytes(b).into())),
            (1, true) => each(bytes, byte_order, |b| take(i8::from_le_bytes(b).into())),
            (2, false) => each(bytes, byte_order, |b| take(u16::from_le_bytes(b).into())),
            (2, true) => each(bytes, byte_order, |b| take(i16::from_le_bytes(b).into())),
            (4, false) => each(bytes, byte_order, |b| take(u32::from_le_bytes(b).into())),
            (4, true) => each(bytes, byte_order, |b| take(i32::from_le_bytes(b).into())),
            (8, false) => each(bytes, byte_order, |b| take(u64::from_le_bytes(b) as f64)),
            (8, true) => each(bytes, byte_order, |b| take(i64::from_le_bytes(b) as f64)),
            _ => {
                return Err(format!(
                    "array `{path}` holds whole numbers of {size} bytes; 1, 2, 4 and 8 are read"
                ));
            }
        },
        _ => return Err(format!("array `{path}` holds numbers of a type that is not read")),
    }
    Ok(())
}
