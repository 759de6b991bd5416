//! NumPy arrays of records: fields of numbers, one record after the other.

use std::io::Read;
use std::path::Path;

use super::camera::CameraEvents;
use super::content::Content;
use super::field::Field;
use super::fields::{Fields, Source};
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::unit::Unit;
use crate::npy;
use rheobase_base::memory;

/// Fields of all records, one after the other.
pub(super) struct Records {
    pub(super) fields: Vec<Field>,
}

/// One field: name, kind letter, bytes, and where it stands in a record.
struct Part {
    name: String,
    kind: char,
    size: usize,
    at: usize,
    big: bool,
}

const MOST_HEADER: usize = 65_535;
const MOST_FIELDS: usize = 64;

/// Reads the records of an npy file; `None` if it holds plain numbers.
pub(super) fn read(path: &Path) -> Said<Option<Records>> {
    let (mut file, size) = npy::open(path).map_err(|e| e.to_string())?;
    let cut = |_| "ends within its header: the file is cut off".to_string();
    let mut start = [0_u8; 8];
    file.read_exact(&mut start).map_err(cut)?;
    let mut wide = [0_u8; 4];
    let bytes = if start[6] == 1 { 2 } else { 4 };
    file.read_exact(&mut wide[..bytes]).map_err(cut)?;
    let length = u32::from_le_bytes(wide) as usize;
    if length > MOST_HEADER {
        return Ok(None);
    }
    let mut text = vec![0_u8; length];
    file.read_exact(&mut text).map_err(cut)?;
    let text = String::from_utf8(text).map_err(|_| "its header is not text".to_string())?;
    let Some((parts, width)) = parts(&text)? else { return Ok(None) };
    let count = count(&text)?;
    let there = (size - 8 - bytes as u64).saturating_sub(length as u64);
    if (count as u64).checked_mul(width as u64).is_none_or(|n| n > there) {
        return Err(format!(
            "declares {count} records of {width} bytes, but only {there} bytes are there: it is cut off or false"
        ));
    }
    memory::check((count * 8 * parts.len()) as f64)
        .map_err(|rule| format!("has {count} records, which {rule}"))?;
    let mut columns: Vec<Vec<f64>> = parts.iter().map(|_| Vec::with_capacity(count)).collect();
    let mut piece = vec![0_u8; width * count.clamp(1, 8192)];
    let mut left = count;
    while left > 0 {
        let now = left.min(8192);
        file.read_exact(&mut piece[..now * width]).map_err(|e| format!("cannot be read: {e}"))?;
        for record in piece[..now * width].chunks_exact(width) {
            for (part, column) in parts.iter().zip(&mut columns) {
                column.push(number(&record[part.at..part.at + part.size], part)?);
            }
        }
        left -= now;
    }
    let fields = parts.into_iter().zip(columns).map(|(p, c)| Field::numbers(p.name, c)).collect();
    Ok(Some(Records { fields }))
}

impl Records {
    pub(super) fn content(self, options: &TrainOptions, found: &mut Found) -> Said<Content> {
        let named = |name: &str| self.fields.iter().find(|f| f.name.eq_ignore_ascii_case(name));
        let Some((((x, y), t), p)) = named("x")
            .zip(named("y"))
            .zip(named("t").or(named("timestamp")).or(named("ts")))
            .zip(named("p").or(named("on")).or(named("polarity")))
        else {
            found.form = "npy of records".into();
            return Fields { source: Source::Table, all: self.fields, habit: None }
                .understood(options, found);
        };
        found.form = "camera events in npy records (tonic)".into();
        let unit = options.unit.unwrap_or(Unit::Microseconds);
        if unit != Unit::Microseconds {
            return Err(format!(
                "has times of a camera, which are us; --unit {} is not read there",
                unit.text()
            ));
        }
        let columns = [x, y, t, p].map(|f| f.vector().unwrap_or_default());
        CameraEvents::of_columns(columns).map(Content::Camera)
    }
}

/// The fields of a record and its bytes; `None` if the header describes no records.
fn parts(header: &str) -> Said<Option<(Vec<Part>, usize)>> {
    let Some(rest) =
        header.split_once("'descr'").and_then(|(_, r)| r.split_once(':')).map(|(_, r)| r.trim_start())
    else {
        return Ok(None);
    };
    let Some(rest) = rest.strip_prefix('[') else { return Ok(None) };
    let rest = rest.split_once(']').ok_or("its header is malformed: a list does not end")?.0;
    let mut parts = Vec::new();
    let mut at = 0;
    for entry in rest.split('(').skip(1) {
        let quoted: Vec<&str> = entry.split(['\'', '"']).collect();
        let [_, name, _, kind, after] = quoted[..] else {
            return Err(format!("has a field of records that is not read: `({}`", entry.trim()));
        };
        if after.contains(|c: char| c.is_ascii_digit()) {
            return Err(format!(
                "has the field `{name}` of several values in each record; save each as a field of its own"
            ));
        }
        let big = kind.starts_with('>');
        let kind = kind.trim_start_matches(['<', '>', '|', '=']);
        let letter = kind.chars().next().unwrap_or(' ');
        let size: usize = kind[letter.len_utf8().min(kind.len())..].parse().unwrap_or(0);
        let known = matches!(
            (letter, size),
            ('b' | '?', 1) | ('i' | 'u', 1 | 2 | 4 | 8) | ('f', 4 | 8) | ('V', 1..=4096)
        );
        if !known || parts.len() >= MOST_FIELDS {
            return Err(format!(
                "has the field `{name}` of type `{kind}`, which is not read; numbers and booleans are"
            ));
        }
        if letter != 'V' {
            parts.push(Part { name: name.into(), kind: letter, size, at, big });
        }
        at += size;
    }
    match parts.is_empty() {
        true => Err("has records without a field".into()),
        false => Ok(Some((parts, at))),
    }
}

fn count(header: &str) -> Said<usize> {
    let shape = header
        .split_once("'shape'")
        .and_then(|(_, r)| r.split_once('('))
        .and_then(|(_, r)| r.split_once(')'));
    let sizes: Option<Vec<usize>> = shape
        .map(|(s, _)| s.split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| s.parse().ok()).collect())
        .unwrap_or(None);
    match sizes.as_deref() {
        Some([n]) => Ok(*n),
        _ => Err("has records in several axes; one is read".into()),
    }
}

fn number(bytes: &[u8], part: &Part) -> Said<f64> {
    let mut wide = [0_u8; 8];
    for (i, b) in bytes.iter().enumerate() {
        wide[if part.big { bytes.len() - 1 - i } else { i }] = *b;
    }
    let raw = u64::from_le_bytes(wide);
    let exact = |x: i128| match x.unsigned_abs() <= 1 << 53 {
        true => Ok(x as f64),
        false => Err(format!("field `{}` holds {x}, beyond what a double holds exactly", part.name)),
    };
    match (part.kind, part.size) {
        ('f', 4) => Ok(f32::from_bits(raw as u32).into()),
        ('f', _) => Ok(f64::from_bits(raw)),
        ('i', size) => {
            let shift = 64 - 8 * size as u32;
            exact(i128::from((raw << shift) as i64 >> shift))
        }
        ('u', _) => exact(i128::from(raw)),
        _ => Ok(f64::from(u8::from(raw != 0))),
    }
}
