//! MATLAB's level 5 MAT-files: matrices, cells, structures and text, packed or not.
//!
//! Layout: <https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf>. Numbers stand column by column.

use std::io::Read;
use std::path::Path;

use super::content::Content;
use super::field::{Field, Words};
use super::fields::{Fields, Source};
use super::found::{Found, Said};
use super::options::TrainOptions;
use crate::npy;
use rheobase_base::memory;

/// Cells within cells at most.
const DEEPEST: usize = 8;
/// Deflate cannot shrink by more than this factor.
const DEFLATE_MAX: u64 = 1032;

pub(super) fn is(head: &[u8]) -> bool {
    head.len() >= 128 && head.starts_with(b"MATLAB 5.0") && matches!(&head[126..128], b"IM" | b"MI")
}

pub(super) fn read(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let (mut file, size) = npy::open(path).map_err(super::numpy::in_file)?;
    memory::check(9.0 * size as f64).map_err(|rule| format!("of {size} bytes {rule}"))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
    let big = &bytes[126..128] == b"MI";
    let mut all = Vec::new();
    let mut rest = Elements { bytes: &bytes[128..], big };
    while let Some(element) = rest.next()? {
        let unpacked;
        let element = if element.kind == 15 {
            unpacked = inflate(element.bytes)?;
            Elements { bytes: &unpacked, big }.next()?.ok_or("has an empty packed variable")?
        } else {
            element
        };
        if element.kind == 14 {
            let (name, matrix) = matrix(element.bytes, big, 0)?;
            if !name.starts_with("__") {
                flat(&name, matrix, &mut all)?;
            }
        }
    }
    if all.is_empty() {
        return Err("holds no variable of numbers, cells or structures".into());
    }
    Fields { source: Source::Matlab, all, habit: None }.understood(options, found)
}

fn inflate(packed: &[u8]) -> Said<Vec<u8>> {
    let most = (packed.len() as u64).saturating_mul(DEFLATE_MAX) + 64;
    memory::check(9.0 * most.min(1 << 40) as f64 / 64.0)
        .map_err(|rule| format!("has a packed variable that {rule}"))?;
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(packed)
        .take(most)
        .read_to_end(&mut out)
        .map_err(|e| format!("has a damaged packed variable: {e}"))?;
    Ok(out)
}

/// One after the other: a kind, a length, and so many bytes.
struct Elements<'a> {
    bytes: &'a [u8],
    big: bool,
}

struct Element<'a> {
    kind: u32,
    bytes: &'a [u8],
}

impl<'a> Elements<'a> {
    fn next(&mut self) -> Said<Option<Element<'a>>> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let cut = "is cut off within a variable";
        let word = |at: usize| -> Said<u32> {
            let b: [u8; 4] = self.bytes.get(at..at + 4).ok_or(cut)?.try_into().map_err(|_| cut)?;
            Ok(if self.big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) })
        };
        let first = word(0)?;
        // Up to four bytes may stand within the tag itself.
        if first >> 16 != 0 {
            let length = (first >> 16) as usize;
            if length > 4 {
                return Err("has a damaged variable".into());
            }
            let bytes = self.bytes.get(4..4 + length).ok_or(cut)?;
            self.bytes = self.bytes.get(8..).unwrap_or_default();
            return Ok(Some(Element { kind: first & 0xffff, bytes }));
        }
        let length = word(4)? as usize;
        let bytes = self.bytes.get(8..).and_then(|b| b.get(..length)).ok_or(cut)?;
        let padded = if first == 15 { length } else { length.next_multiple_of(8) };
        self.bytes = self.bytes.get(8 + padded..).unwrap_or_default();
        Ok(Some(Element { kind: first, bytes }))
    }

    fn expect(&mut self, what: &str) -> Said<Element<'a>> {
        self.next()?.ok_or_else(|| format!("lacks the {what} of a variable: it is damaged"))
    }
}

/// What a variable holds.
enum Matrix {
    Numbers(Vec<usize>, Vec<f64>),
    Text(String),
    Cells(Vec<Matrix>),
    /// Fields by name, of one element.
    Struct(Vec<(String, Matrix)>),
    /// What is not a recording: objects, functions, sparse matrices.
    Other,
}

fn matrix(bytes: &[u8], big: bool, depth: usize) -> Said<(String, Matrix)> {
    if depth > DEEPEST {
        return Err(format!("has cells within cells, more than {DEEPEST} deep"));
    }
    let mut parts = Elements { bytes, big };
    if bytes.is_empty() {
        return Ok((String::new(), Matrix::Numbers(vec![0, 0], Vec::new())));
    }
    let flags = numbers(&parts.expect("flags")?, big)?;
    let class = flags.first().map_or(0, |f| *f as u32 & 0xff);
    let sizes = numbers(&parts.expect("size")?, big)?;
    let shape: Vec<usize> = sizes.iter().map(|n| if *n >= 0.0 { *n as usize } else { usize::MAX }).collect();
    let count =
        rheobase_base::shape::checked_len(&shape).ok_or("declares more elements than memory can address")?;
    let name = text(parts.expect("name")?.bytes);
    let matrix = match class {
        1 => {
            let mut cells = Vec::new();
            for _ in 0..count {
                let cell = parts.expect("cell")?;
                cells.push(self::matrix(cell.bytes, big, depth + 1)?.1);
            }
            Matrix::Cells(cells)
        }
        2 => {
            let width = numbers(&parts.expect("length of names")?, big)?.first().map_or(0, |n| *n as usize);
            let names = parts.expect("names")?.bytes;
            let names: Vec<String> =
                if width == 0 { Vec::new() } else { names.chunks(width).map(text).collect() };
            // Of several elements, each field is a list.
            let mut fields: Vec<(String, Vec<Matrix>)> = names.into_iter().map(|n| (n, Vec::new())).collect();
            for _ in 0..if fields.is_empty() { 0 } else { count } {
                for (_, values) in &mut fields {
                    let part = parts.expect("field")?;
                    values.push(self::matrix(part.bytes, big, depth + 1)?.1);
                }
            }
            let one = |mut v: Vec<Matrix>| if v.len() == 1 { v.remove(0) } else { Matrix::Cells(v) };
            Matrix::Struct(fields.into_iter().map(|(n, v)| (n, one(v))).collect())
        }
        4 => Matrix::Text(characters(&parts.expect("text")?, big)),
        6..=15 => {
            let values = numbers(&parts.expect("numbers")?, big)?;
            if values.len() != count {
                return Err(format!(
                    "variable `{name}` declares the size {shape:?} but holds {} numbers",
                    values.len()
                ));
            }
            Matrix::Numbers(shape, values)
        }
        _ => Matrix::Other,
    };
    Ok((name, matrix))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_string()
}

fn characters(element: &Element, big: bool) -> String {
    match element.kind {
        4 | 17 => {
            let units = element.bytes.as_chunks::<2>().0.iter();
            let units: Vec<u16> =
                units.map(|b| if big { u16::from_be_bytes(*b) } else { u16::from_le_bytes(*b) }).collect();
            String::from_utf16_lossy(&units)
        }
        _ => text(element.bytes),
    }
}

/// The numbers of an element, which may be stored narrower than they are.
fn numbers(element: &Element, big: bool) -> Said<Vec<f64>> {
    fn each<const K: usize>(bytes: &[u8], big: bool, from: impl Fn([u8; K]) -> f64) -> Vec<f64> {
        let turned = |b: &[u8; K]| {
            let mut b = *b;
            if big {
                b.reverse();
            }
            from(b)
        };
        bytes.as_chunks::<K>().0.iter().map(turned).collect()
    }
    let b = element.bytes;
    Ok(match element.kind {
        1 => each(b, big, |b: [u8; 1]| f64::from(b[0] as i8)),
        2 | 16 => each(b, big, |b: [u8; 1]| f64::from(b[0])),
        3 => each(b, big, |b| f64::from(i16::from_le_bytes(b))),
        4 | 17 => each(b, big, |b| f64::from(u16::from_le_bytes(b))),
        5 => each(b, big, |b| f64::from(i32::from_le_bytes(b))),
        6 => each(b, big, |b| f64::from(u32::from_le_bytes(b))),
        7 => each(b, big, |b| f64::from(f32::from_le_bytes(b))),
        9 => each(b, big, f64::from_le_bytes),
        12 => whole(each(b, big, |b| i64::from_le_bytes(b) as f64))?,
        13 => whole(each(b, big, |b| u64::from_le_bytes(b) as f64))?,
        other => return Err(format!("has numbers of type {other}, which is not known")),
    })
}

fn whole(values: Vec<f64>) -> Said<Vec<f64>> {
    match values.iter().find(|v| v.abs() > 9_007_199_254_740_992.0) {
        Some(v) => Err(format!("holds {v}, beyond what a double holds exactly")),
        None => Ok(values),
    }
}

/// A variable as fields: structures fall apart, cells of numbers are lists.
fn flat(name: &str, matrix: Matrix, all: &mut Vec<Field>) -> Said<()> {
    match matrix {
        Matrix::Numbers(shape, values) => all.push(by_rows(name, shape, values)),
        Matrix::Text(word) => {
            all.push(Field { shape: Vec::new(), ..Field::words(name, Words::from_iter([&word[..]])) })
        }
        Matrix::Cells(cells) => {
            let texts: Option<Vec<&str>> =
                cells.iter().map(|c| if let Matrix::Text(t) = c { Some(&t[..]) } else { None }).collect();
            if let Some(texts) = texts.filter(|t| !t.is_empty()) {
                all.push(Field::words(name, texts.into_iter().collect()));
                return Ok(());
            }
            let mut lists = Vec::new();
            for (i, cell) in cells.into_iter().enumerate() {
                match cell {
                    Matrix::Numbers(_, values) => lists.push(values),
                    Matrix::Text(t) if t.is_empty() => lists.push(Vec::new()),
                    _ => return Err(format!("variable `{name}`: cell {} holds no list of numbers", i + 1)),
                }
            }
            all.push(Field::lists(name, lists));
        }
        Matrix::Struct(fields) => {
            for (field, value) in fields {
                // What cannot be a recording may stand beside one.
                let _ = flat(&format!("{name}.{field}"), value, all);
            }
        }
        Matrix::Other => {}
    }
    Ok(())
}

/// The same numbers row by row; a matrix of one row or one column is a list.
pub(super) fn by_rows(name: &str, shape: Vec<usize>, values: Vec<f64>) -> Field {
    let flat = shape.iter().filter(|n| **n != 1).count() <= 1;
    if flat {
        let shape = if values.len() == 1 { Vec::new() } else { vec![values.len()] };
        return Field { shape, ..Field::numbers(name, values) };
    }
    let mut out = vec![0.0; values.len()];
    for (i, value) in values.iter().enumerate() {
        // The place of the element: the first axis goes fastest there, the last one here.
        let (mut rest, mut at, mut stride) = (i, 0, values.len());
        for n in &shape {
            stride /= n;
            at += rest % n * stride;
            rest /= n;
        }
        out[at] = *value;
    }
    Field { shape, ..Field::numbers(name, out) }
}
