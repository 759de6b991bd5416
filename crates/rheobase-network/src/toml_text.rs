//! Settings as TOML: errors with line and nearest known key, numbers that are numbers.

mod value;
mod words;

use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Value;
use toml::de::DeTable;

use self::value::TomlValue;
use self::words::plain;
use rheobase_base::{Error, Result};

/// Reads `text`, which comes from `place` (a file's name, say).
///
/// # Errors
/// Unknown keys and names with the line and the nearest known one; anything else with line and what was expected.
pub fn read<T: DeserializeOwned>(text: &str, place: &str) -> Result<T> {
    no_nan(&from_text(text, text, place)?, "", place)?;
    from_text(text, text, place)
}

/// Reads `text` for what `place` names; lines are those of `shown`, where that is the same.
fn from_text<T: DeserializeOwned>(text: &str, shown: &str, place: &str) -> Result<T> {
    let parsed = DeTable::parse(text).map_err(|e| explain(e.message(), e.span(), shown, place))?;
    T::deserialize(TomlValue::of_text(&parsed)).map_err(|e| explain(&e.message, e.at, shown, place))
}

/// Makes settings of what was put together from parts, or read as JSON: through text, so that what reads settings is
/// compiled for one reader.
///
/// # Errors
/// As [`read`], without lines; null, and whole numbers of 2^63 and more.
pub fn read_value<T: DeserializeOwned>(value: &impl Serialize, place: &str) -> Result<T> {
    let text = write(value, place)?;
    from_text(&text, "", place)
}

/// The text of `value`, which stands for what `place` names.
///
/// # Errors
/// What [`read`] would refuse: NaN, and whole numbers of 2^63 and more, which TOML does not have.
pub fn write<T: Serialize>(value: &T, place: &str) -> Result<String> {
    no_nan(&table_of(value, place)?, "", place)?;
    toml::to_string(value).map_err(|e| unwritable(&e, place))
}

/// `value` as a table.
///
/// # Errors
/// Whole numbers of 2^63 and more.
pub fn table_of<T: Serialize>(value: &T, place: &str) -> Result<toml::Table> {
    let text = toml::to_string(value).map_err(|e| unwritable(&e, place))?;
    from_text(&text, "", place)
}

fn unwritable(error: &toml::ser::Error, place: &str) -> Error {
    Error::file(place, format!("cannot be written as TOML: {error}"))
}

/// The contents of a text file.
///
/// # Errors
/// [`Error::File`] if it cannot be read.
pub fn text_of(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|e| Error::file(path, format!("cannot be read: {e}")))?;
    String::from_utf8(bytes).map_err(|e| {
        Error::file(path, format!("is not text: byte {} is not UTF-8", e.utf8_error().valid_up_to()))
    })
}

fn no_nan(table: &toml::Table, path: &str, place: &str) -> Result<()> {
    table.iter().try_for_each(|(key, value)| {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        no_nan_in(value, &path, place)
    })
}

fn no_nan_in(value: &Value, path: &str, place: &str) -> Result<()> {
    match value {
        Value::Float(x) if x.is_nan() => Err(Error::value(place, path, "nan", "must be a number")),
        Value::Table(table) => no_nan(table, path, place),
        Value::Array(values) => {
            values.iter().enumerate().try_for_each(|(i, v)| no_nan_in(v, &format!("{path}[{i}]"), place))
        }
        _ => Ok(()),
    }
}

/// The library's error for one of the reader's.
fn explain(message: &str, at: Option<Range<usize>>, text: &str, place: &str) -> Error {
    let before = at.and_then(|at| text.get(..at.start)).filter(|_| !text.is_empty());
    let line = before.map(|before| before.matches('\n').count() + 1);
    if let Some((kind, name, known)) = unknown(message) {
        let place = line.map_or(place.to_string(), |n| format!("{place}, line {n}"));
        return Error::unknown(place, kind, &name, known.iter().map(String::as_str));
    }
    let what = plain(&message.trim_end().replace('\n', ", "));
    Error::file(place, line.map_or(what.clone(), |n| format!("line {n}: {what}")))
}

/// What serde says of a name it does not know: "unknown field `a`, expected one of `b`, `c`".
fn unknown(message: &str) -> Option<(&'static str, String, Vec<String>)> {
    let (kind, rest) = match message.strip_prefix("unknown field ") {
        Some(rest) => ("key", rest),
        None => ("name", message.strip_prefix("unknown variant ")?),
    };
    let (found, known) = rest.split_once(", ")?;
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_string).collect::<Vec<_>>();
    let name = found.trim().trim_matches('`').to_string();
    Some((kind, name, quoted(known)))
}
