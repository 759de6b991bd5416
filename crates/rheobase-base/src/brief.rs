//! Lists in errors.

use std::fmt::Debug;

/// A list as an error shows it: whole up to eight entries, else the first four and how many there are. Files can hold lists of
/// any length where a few numbers belong.
///
/// ```
/// assert_eq!(rheobase_base::brief(&[1, 2, 3]), "[1, 2, 3]");
/// assert_eq!(rheobase_base::brief(&[7; 1_000]), "[7, 7, 7, 7, … 1000 in all]");
/// ```
#[must_use]
pub fn brief<T: Debug>(list: &[T]) -> String {
    match list {
        [a, b, c, d, _, _, _, _, _, ..] => format!("[{a:?}, {b:?}, {c:?}, {d:?}, … {} in all]", list.len()),
        short => format!("{short:?}"),
    }
}
