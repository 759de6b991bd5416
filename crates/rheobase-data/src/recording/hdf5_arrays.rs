//! HDF5 files of no known layout, and MATLAB's from version 7.3 on, which are such: arrays by name.

use std::path::Path;

use super::content::Content;
use super::field::{Field, Words};
use super::fields::{Fields, Source};
use super::found::{Found, Said};
use super::matlab::by_rows;
use super::options::TrainOptions;
use super::unit::Unit;
use crate::hdf5::Hdf5;

/// Arrays and groups at most: in a damaged file a group may hold itself.
const MOST: usize = 10_000;
const DEEPEST: usize = 8;

pub(super) fn read(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let mut file = Hdf5::open(path)?;
    let mut all = Vec::new();
    gather(&mut file, "", false, &mut all, 0, &mut 0)?;
    understood(all, Source::Arrays, options, found)
}

pub(super) fn matlab(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let mut file = Hdf5::open(path)?;
    let mut all = Vec::new();
    gather(&mut file, "", true, &mut all, 0, &mut 0)?;
    understood(all, Source::Matlab, options, found)
}

fn understood(all: Vec<Field>, source: Source, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    if all.is_empty() {
        return Err("holds no array of numbers".into());
    }
    Fields { source, all, habit: None }.understood(options, found)
}

fn gather(
    file: &mut Hdf5,
    group: &str,
    matlab: bool,
    all: &mut Vec<Field>,
    depth: usize,
    groups: &mut usize,
) -> Said<()> {
    *groups += 1;
    if *groups > MOST {
        return Err(format!("holds more than {MOST} groups, or one that holds itself"));
    }
    let within = |name: &str| if group.is_empty() { name.to_string() } else { format!("{group}/{name}") };
    for name in file.arrays(group)? {
        let path = within(&name);
        if all.len() >= MOST {
            return Err(format!("holds more than {MOST} arrays"));
        }
        if let Some(mut field) = field(file, &path, matlab)? {
            let said = ["units", "unit"].iter().find_map(|key| file.attribute(&path, key));
            field.unit = said.and_then(|word| Unit::named(&word));
            all.push(field);
        }
    }
    for name in file.groups(group)?.iter().filter(|n| !n.starts_with('#')) {
        if depth < DEEPEST {
            gather(file, &within(name), matlab, all, depth + 1, groups)?;
        }
    }
    Ok(())
}

/// An array as a field; `None` for what cannot be spikes.
fn field(file: &mut Hdf5, path: &str, matlab: bool) -> Said<Option<Field>> {
    let name = path.replace('/', ".");
    if let Some(cells) = file.cells(path).or_else(|e| if matlab { Err(e) } else { Ok(None) })? {
        return Ok(Some(Field::lists(name, cells)));
    }
    if file.is_text(path) {
        let texts = file.texts(path)?;
        return Ok(Some(Field::words(name, texts.iter().map(String::as_str).collect())));
    }
    if matlab && file.attribute(path, "MATLAB_class").is_some_and(|c| c == "char") {
        let (_, values) = file.numbers(path)?;
        let word: String = values.iter().filter_map(|v| char::from_u32(*v as u32)).collect();
        return Ok(Some(Field { shape: Vec::new(), ..Field::words(name, Words::from_iter([&word[..]])) }));
    }
    match file.numbers(path) {
        // Dimensions stand in reverse, so that the first axis goes fastest.
        Ok((shape, values)) if matlab => Ok(Some(by_rows(&name, shape.into_iter().rev().collect(), values))),
        Ok((shape, values)) => Ok(Some(Field { shape, ..Field::numbers(name, values) })),
        Err(e) if e.contains("holds no numbers") => {
            Ok(file.all_lists(path).ok().map(|l| Field::lists(name, l)))
        }
        Err(e) => Err(e),
    }
}
