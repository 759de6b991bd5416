//! Text: tables of numbers and names, with or without a line of names; a train per line.
//!
//! Separators are tabs, semicolons, bars, commas or spaces, told from the first lines; decimal commas may stand where no comma
//! separates. Empty lines and lines that begin with `#` are none, but between lines that are trains an empty one is a silent train.

use std::path::Path;

use super::content::Content;
use super::field::{Field, Words};
use super::fields::{Fields, Source};
use super::found::{Found, Said};
use super::layout::{Layout, Separator, shown, with_unit};
use super::options::{Holds, TrainOptions};
use super::own_table::OwnTable;
use super::unit::Unit;
use crate::npy;
use rheobase_base::memory;

/// What a text file holds.
pub(super) struct Text {
    bytes: Vec<u8>,
}

impl Text {
    pub(super) fn read(path: &Path) -> Said<Text> {
        let (mut file, size) = npy::open(path).map_err(|e| e.to_string())?;
        // The text, and a number for each pair of its bytes at most.
        memory::check(5.0 * size as f64).map_err(|rule| format!("of {size} bytes {rule}"))?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
        Text::of(bytes)
    }

    pub(super) fn of(mut bytes: Vec<u8>) -> Said<Text> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err("is UTF-16 text; save it as CSV in UTF-8".into());
        }
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        if let Some(at) = bytes.iter().take(1 << 16).position(|b| *b == 0) {
            return Err(format!(
                "is not text: byte {at} is 0; if its ending is right, this kind of file is not known"
            ));
        }
        Ok(Text { bytes })
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let end = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        end.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l))
    }

    /// Comment lines at the top, without their marks.
    pub(super) fn comments(&self) -> Vec<String> {
        let lines = self.lines().take_while(|l| l.is_empty() || l.starts_with(b"#"));
        lines.map(|l| String::from_utf8_lossy(l).trim_start_matches('#').trim().to_string()).collect()
    }

    /// Lines of data with their numbers from 1.
    fn rows(&self) -> impl Iterator<Item = (usize, &[u8])> + Clone {
        let blank = |line: &[u8]| line.iter().all(|b| b.is_ascii_whitespace());
        self.lines()
            .enumerate()
            .map(|(i, l)| (i + 1, l))
            .filter(move |(_, l)| !blank(l) && !l.starts_with(b"#"))
    }

    /// What it holds.
    pub(super) fn content(self, gdf: bool, options: &TrainOptions, found: &mut Found) -> Said<Content> {
        let own = OwnTable::of(&self.comments());
        let head: Vec<&[u8]> = self.rows().take(3).map(|(_, l)| l).collect();
        let Some(first) = head.first() else {
            return Err("holds no table: it is empty".into());
        };
        let mut layout = Layout::of(first, head.get(1).copied())?;
        layout.above = if layout.named { None } else { self.names_above(&layout, first)? };
        let lines_are_trains = options.holds == Some(Holds::Trains) && !layout.named;
        if layout.above.is_some() && !lines_are_trains {
            found.notes.push("the columns have the names of the comment above them".into());
        }
        if lines_are_trains || layout.with_units {
            return self.trains(&layout, options, found);
        }
        // A table with names says by itself which of its lines is at fault.
        let lengths = if layout.named { (0, 0) } else { self.lengths(&layout)? };
        if lengths.0 != lengths.1 {
            return Err(format!(
                "has lines of {} to {} numbers and no names: if each line is a train of times, --as trains with --unit s|ms|us|steps|samples=RATE (and --start, --stop: when the recording began and ended); if it is a table, line lengths must agree",
                lengths.0, lengths.1
            ));
        }
        let mut fields = self.columns(&layout)?;
        let nest = self.comments().iter().any(|c| c.starts_with("NEST version"));
        if nest {
            found.form = "NEST ASCII".into();
        }
        let names: Vec<&str> = fields.iter().map(|f| &f.name[..]).collect();
        let sonata = names.contains(&"timestamps") && names.contains(&"node_ids");
        let mut options = options.clone();
        let mut habit = sonata.then(|| (Unit::Milliseconds, "as SONATA has them".into()));
        if gdf && !layout.named && fields.len() == 2 && options.columns.is_empty() && options.holds.is_none()
        {
            options.columns = super::options::parse_columns("neuron,time")?;
            habit = Some((Unit::Milliseconds, "as files .gdf of NEST have them; else give --unit".into()));
            found.form = "NEST 2 (.gdf: neuron, time)".into();
        }
        options.dt = options.dt.or(own.dt);
        if own.shape.is_some() {
            found.form = "CSV of Rheobase".into();
        }
        if layout.named {
            fields.iter_mut().for_each(|f| f.name = f.name.trim().to_string());
        }
        if let Some((unit, ..)) = &own.trains {
            found.form = "trains of Rheobase".into();
            habit = Some((*unit, "as its first line says".into()));
        }
        let content = Fields { source: Source::Table, all: fields, habit }.understood(&options, found)?;
        Ok(own.completed(content))
    }

    /// The names of columns in the last comment above the data, where it has one for each column and one of them is a time.
    fn names_above(&self, layout: &Layout, first: &[u8]) -> Said<Option<Vec<String>>> {
        let mut comment: Option<&[u8]> = None;
        for line in self.lines() {
            match line.strip_prefix(b"#") {
                Some(rest) => comment = Some(rest),
                None if line.iter().all(u8::is_ascii_whitespace) => {}
                None => break,
            }
        }
        let Some(comment) = comment else { return Ok(None) };
        let text = String::from_utf8_lossy(comment).trim().to_string();
        let mut fields = Vec::new();
        layout.split(first, 1, &mut fields)?;
        let of = |text: &str| -> Vec<String> {
            match layout.separator {
                Separator::Byte(b) if text.contains(b as char) => {
                    text.split(b as char).map(|w| w.trim().to_string()).collect()
                }
                _ => text.split_whitespace().map(String::from).collect(),
            }
        };
        let names = of(&text);
        let time = names
            .iter()
            .any(|n| super::names::meaning(n).is_some_and(|m| m.role == super::options::Role::Time));
        let usable = names.len() == fields.len() && time && names.iter().all(|n| n.parse::<f64>().is_err());
        Ok(usable.then_some(names))
    }

    /// The fewest and the most values of a line.
    fn lengths(&self, layout: &Layout) -> Said<(usize, usize)> {
        let (mut least, mut most) = (usize::MAX, 0);
        let mut fields = Vec::new();
        for (line, text) in self.rows() {
            layout.split(text, line, &mut fields)?;
            (least, most) = (least.min(fields.len()), most.max(fields.len()));
        }
        Ok((least, most))
    }

    /// A train per line, an empty one for each empty line between them.
    fn trains(self, layout: &Layout, options: &TrainOptions, found: &mut Found) -> Said<Content> {
        let mut lists: Vec<Vec<f64>> = Vec::new();
        let mut unit: Option<Unit> = None;
        let mut fields = Vec::new();
        let mut empty = 0;
        for (i, line) in self.lines().enumerate().filter(|(_, l)| !l.starts_with(b"#")) {
            let mut train = Vec::new();
            layout.split(line, i + 1, &mut fields)?;
            for (column, field) in fields.iter().enumerate().filter(|(_, f)| !f.is_empty()) {
                let (number, said) = match layout.number(field).filter(|x| x.is_finite()) {
                    Some(number) => (Some(number), None),
                    None => with_unit(field),
                };
                let place = || format!("line {}, column {}", i + 1, column + 1);
                if let Some(said) = said {
                    if unit.is_some_and(|u| u != said) {
                        return Err(format!(
                            "{}: `{field}` has another unit than the values before",
                            place()
                        ));
                    }
                    unit = Some(said);
                }
                train.push(number.ok_or_else(|| format!("{}: `{}` is not a time", place(), shown(field)))?);
            }
            empty += usize::from(train.is_empty());
            lists.push(train);
        }
        // Empty lines at the top belong to comments.
        let leading = lists.iter().take_while(|l| l.is_empty()).count();
        if self.bytes.first().is_some_and(|b| *b == b'#') {
            lists.drain(..leading);
            empty -= leading;
        }
        if empty > 0 {
            found.notes.push(format!("{empty} empty lines are trains without spikes"));
        }
        let habit = unit.map(|u| (u, "as it stands behind every number".to_string()));
        if habit.is_none() && options.unit.is_none() {
            return Err("holds a train per line, but does not say the unit of its times: give --unit s|ms|us|steps|samples=RATE".into());
        }
        let options = TrainOptions { holds: Some(Holds::Trains), ..options.clone() };
        let fields = Fields { source: Source::Arrays, all: vec![Field::lists("lines", lists)], habit };
        fields
            .understood(&options, found)
            .inspect(|_| found.understood = found.understood.replace("per cell", "per line"))
    }

    fn columns(&self, layout: &Layout) -> Said<Vec<Field>> {
        let mut rows = self.rows();
        let names = layout.names(&mut rows)?;
        let mut columns: Vec<Column> = names.iter().map(|_| Column::default()).collect();
        let first = rows.next();
        // A column with a word among its first values is one of words.
        let mut split = Vec::new();
        if let Some((line, text)) = first {
            layout.split(text, line, &mut split)?;
            for (column, field) in columns.iter_mut().zip(&split) {
                if let (Some(_), Some(unit)) = with_unit(field) {
                    column.unit = Some(unit);
                } else {
                    column.words = (!field.is_empty() && layout.number(field).is_none()).then(Words::default);
                }
            }
        }
        let mut mark = None;
        loop {
            let mut again = None;
            let mut split = Vec::new();
            let mut rows = self.rows();
            layout.names(&mut rows)?;
            for (line, text) in rows {
                layout.split(text, line, &mut split)?;
                if split.len() > 1 && split.iter().all(|f| f.is_empty()) {
                    continue;
                }
                if split.len() != columns.len() {
                    return Err(format!(
                        "line {line} has {} values, but line 1 of the table has {}",
                        split.len(),
                        columns.len()
                    ));
                }
                for (i, (column, field)) in columns.iter_mut().zip(&split).enumerate() {
                    if let Err(what) = column.push(field, layout, &mut mark) {
                        let place = format!("line {line}, column {} (`{}`)", i + 1, shown(&names[i]));
                        match what {
                            Trouble::Word
                                if super::names::meaning(&names[i])
                                    .is_some_and(|m| m.role != super::options::Role::Time) =>
                            {
                                again = Some(i)
                            }
                            Trouble::Word => {
                                return Err(format!("{place}: `{}` is not a number", shown(field)));
                            }
                            Trouble::Said(what) => return Err(format!("{place}: {what}")),
                        }
                    }
                }
                if again.is_some() {
                    break;
                }
            }
            match again {
                None => break,
                Some(i) => {
                    for (at, column) in columns.iter_mut().enumerate() {
                        column.numbers.clear();
                        column.words = (column.words.is_some() || at == i).then(Words::default);
                    }
                    mark = None;
                }
            }
        }
        Ok(columns.into_iter().zip(names).map(|(c, name)| c.field(name)).collect())
    }
}

/// A column while it is read.
#[derive(Default)]
struct Column {
    numbers: Vec<f64>,
    words: Option<Words>,
    /// The unit that stands behind each number.
    unit: Option<Unit>,
}

/// Why a value does not fit into its column.
enum Trouble {
    Word,
    Said(String),
}

impl Column {
    fn push(&mut self, field: &str, layout: &Layout, mark: &mut Option<char>) -> Result<(), Trouble> {
        if let Some(words) = &mut self.words {
            words.push(field);
            return Ok(());
        }
        if field.is_empty() {
            self.numbers.push(f64::NAN);
            return Ok(());
        }
        if let Some(unit) = self.unit {
            match with_unit(field) {
                (Some(x), Some(said)) if said == unit => self.numbers.push(x),
                _ => {
                    let rule = format!("is not a number of {}, as the first value has it", unit.text());
                    return Err(Trouble::Said(format!("`{}` {rule}", shown(field))));
                }
            }
            return Ok(());
        }
        let Some(x) = layout.number(field) else { return Err(Trouble::Word) };
        if !x.is_finite() {
            let digits = field.contains(|c: char| c.is_ascii_digit());
            return Err(Trouble::Said(match digits {
                true => format!("`{}` is too large for a double", shown(field)),
                false => format!("`{}` is not finite; every value must be", shown(field)),
            }));
        }
        if layout.separator != Separator::Byte(b',') {
            let here = if field.contains(',') { Some(',') } else { field.contains('.').then_some('.') };
            match (here, *mark) {
                (Some(here), Some(before)) if here != before => {
                    return Err(Trouble::Said(format!(
                        "`{field}`: the file has decimal commas and decimal points; write one kind"
                    )));
                }
                (Some(here), None) => *mark = Some(here),
                _ => {}
            }
        }
        self.numbers.push(x);
        Ok(())
    }

    fn field(self, name: String) -> Field {
        match self.words {
            Some(words) => Field::words(name, words),
            None => Field { unit: self.unit, ..Field::numbers(name, self.numbers) },
        }
    }
}
