//! Tables of numbers as CSV text, with or without a line of names.
//!
//! Read: comma, semicolon or tab between values (told from the first line: a tab wins over a semicolon, that over a
//! comma), decimal points or, where semicolons or tabs separate, decimal commas (one kind in a file), UTF-8 with or without
//! byte order mark, LF or CRLF, quoted values (within one line). Empty lines, lines of separators alone and lines that
//! start with `#` are skipped. The first line is one of names if its first value is empty or no number. Written:
//! commas, names first, the shortest digits that read back as the same number.

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use super::npy;
use rheobase_base::{Cancel, Error, Result, memory};
use rheobase_files::atomic_write;

/// Columns of equal length with names that differ.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// One name per column; `column_1`, `column_2`… where a file has none.
    pub names: Vec<String>,
    /// The values, column by column.
    pub columns: Vec<Vec<f64>>,
}

/// What to do with NaN and infinities in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NonFinite {
    /// They are errors.
    #[default]
    Refuse,
    /// They are values, written `nan`, `inf`, `-inf`; an empty field is NaN.
    Allow,
}

impl Table {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// The column called `name`, if there is one.
    pub fn find(&self, name: &str) -> Option<&[f64]> {
        let at = self.names.iter().position(|n| n == name)?;
        self.columns.get(at).map(Vec::as_slice)
    }

    /// What keeps this from being a table: counts, lengths, names.
    fn check(&self) -> std::result::Result<(), String> {
        if self.names.len() != self.columns.len() {
            return Err(format!("has {} names for {} columns", self.names.len(), self.columns.len()));
        }
        let rows = self.rows();
        if let Some((name, column)) = self.names.iter().zip(&self.columns).find(|(_, c)| c.len() != rows) {
            return Err(format!("column `{name}` has {} values, the first column {rows}", column.len()));
        }
        check_names(&self.names)
    }
}

fn check_names(names: &[String]) -> std::result::Result<(), String> {
    if names.is_empty() {
        return Err("there is no column".into());
    }
    let mut seen = HashSet::new();
    match names.iter().find(|n| unusable(n) || !seen.insert(n.as_str())) {
        Some(name) if unusable(name) => {
            Err(format!("a column is called {name:?}; names are not empty and hold no control characters"))
        }
        Some(name) => Err(format!("two columns are called `{name}`; rename one")),
        None => Ok(()),
    }
}

fn unusable(name: &str) -> bool {
    name.is_empty() || name.chars().any(char::is_control)
}

/// Reads the table in the CSV file `path`. It may have no rows, but must have a column.
///
/// # Errors
/// [`Error::File`] naming line, column and the offending text: not a number, decimal commas beside decimal points, NaN or
/// infinity (where refused), a number too large for a double, lines of different length, two columns of one name, not UTF-8.
pub fn read_csv(path: impl AsRef<Path>, non_finite: NonFinite) -> Result<Table> {
    let path = path.as_ref();
    let (file, size) = npy::open(path)?;
    // A value of eight bytes or more is read into eight.
    memory::check(size as f64).map_err(|rule| Error::file(path, format!("of {size} bytes {rule}")))?;
    read_table(file, non_finite).map_err(|what| Error::file(path, what))
}

/// Reads a table from CSV text; `label` names it in errors.
///
/// # Errors
/// As [`read_csv`].
pub fn read_csv_bytes(label: impl AsRef<Path>, bytes: &[u8], non_finite: NonFinite) -> Result<Table> {
    read_table(bytes, non_finite).map_err(|what| Error::file(label.as_ref(), what))
}

/// Writes `table` as the CSV file `path`, whole or not at all.
///
/// # Errors
/// [`Error::File`] if names and columns do not fit together, a value is not finite (where refused), or the file cannot
/// be written.
pub fn write_csv(path: impl AsRef<Path>, table: &Table, non_finite: NonFinite) -> Result<()> {
    write_commented(path.as_ref(), "", table, non_finite)
}

/// [`write_csv`] behind a line of comment, if that is not empty.
///
/// # Errors
/// Those of [`write_csv`].
pub fn write_commented(path: &Path, comment: &str, table: &Table, non_finite: NonFinite) -> Result<()> {
    let fault = |what: String| Error::file(path, format!("cannot be written: {what}"));
    table.check().map_err(fault)?;
    if let Some(name) = table.names.first().filter(|n| n.starts_with('#') || is_number(n)) {
        return Err(fault(format!(
            "the first column is called `{name}`, so its line would not be read as names"
        )));
    }
    if non_finite == NonFinite::Refuse {
        for (name, column) in table.names.iter().zip(&table.columns) {
            if let Some(row) = column.iter().position(|x| !x.is_finite()) {
                return Err(fault(format!("`{name}`[{row}] = {}: must be finite", column[row])));
            }
        }
    }
    atomic_write(path, |out| {
        if !comment.is_empty() {
            writeln!(out, "# {comment}")?;
        }
        out.write_all(&names_line(&table.names)?)?;
        let mut writer = csv::Writer::from_writer(out);
        for row in 0..table.rows() {
            writer.write_record(table.columns.iter().map(|c| shortest(c[row]))).map_err(io::Error::from)?;
        }
        writer.flush()
    })
}

/// Names are quoted if one holds what might be taken for the separator.
fn names_line(names: &[String]) -> io::Result<Vec<u8>> {
    let quoted = names.iter().any(|n| n.contains(';'));
    let style = if quoted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
    let mut writer = csv::WriterBuilder::new().quote_style(style).from_writer(Vec::new());
    writer.write_record(names).map_err(io::Error::from)?;
    writer.into_inner().map_err(|e| io::Error::other(e.to_string()))
}

/// The shortest text that reads back as exactly `x`.
fn shortest(x: f64) -> String {
    let text = format!("{x:?}").to_lowercase();
    text.strip_suffix(".0").map_or(text.clone(), str::to_string)
}

fn read_table(reader: impl Read, non_finite: NonFinite) -> std::result::Result<Table, String> {
    let mut columns = Vec::new();
    let names = each_row(reader, None, |row| {
        columns.resize(row.names.len(), Vec::new());
        for (i, column) in columns.iter_mut().enumerate() {
            column.push(row.number(i, non_finite)?);
        }
        Ok(())
    })?;
    columns.resize(names.len(), Vec::new());
    Ok(Table { names, columns })
}

/// A line of values, as many as there are names.
pub(super) struct Row<'a> {
    line: usize,
    pub(super) names: &'a [String],
    pub(super) fields: &'a [&'a str],
    /// The decimal mark seen so far, where a comma can be one.
    mark: Option<&'a Cell<Option<char>>>,
}

impl Row<'_> {
    /// The value in column `i`, which there must be.
    pub(super) fn number(&self, i: usize, non_finite: NonFinite) -> std::result::Result<f64, String> {
        let field = self.fields[i];
        let pointed = match self.mark {
            Some(cell) => {
                let mut mark = cell.get();
                let pointed = with_point(field, &mut mark);
                cell.set(mark);
                pointed
            }
            None => Ok(None),
        };
        let value = pointed.and_then(|p| number(p.as_deref().unwrap_or(field), non_finite));
        value.map_err(|what| self.fault(i, &what))
    }

    /// What is wrong in column `i`, with its place.
    pub(super) fn fault(&self, i: usize, what: &str) -> String {
        format!("line {}, column {} (`{}`): {what}", self.line, i + 1, shown(&self.names[i]))
    }
}

/// Calls `take` with every line of values and returns the names. `header` says whether the first line holds them;
/// `None` tells it from what stands there.
pub(super) fn each_row(
    reader: impl Read,
    header: Option<bool>,
    mut take: impl FnMut(Row) -> std::result::Result<(), String>,
) -> std::result::Result<Vec<String>, String> {
    let mut reader = BufReader::new(reader);
    let mut names: Vec<String> = Vec::new();
    let mut splitter = None;
    let (mut bytes, mut line, mut first_line) = (Vec::new(), 0, 0);
    let mark = Cell::new(None);
    let cancel = Cancel::current();
    while next_line(&mut reader, &mut bytes)? {
        cancel.check().map_err(|e| e.to_string())?;
        line += 1;
        let start = if line == 1 { after_mark(&bytes)? } else { &bytes[..] };
        if start.is_empty() || start[0] == b'#' {
            continue;
        }
        let splitter = splitter.get_or_insert_with(|| Splitter::new(separator(start)));
        let commas = splitter.separator != b',';
        let fields = splitter.split(start).map_err(|what| format!("line {line}{what}"))?;
        if fields.len() > 1 && fields.iter().all(|f| f.is_empty()) {
            continue;
        }
        if names.is_empty() {
            first_line = line;
            let named = header.unwrap_or_else(|| are_names(&fields));
            names = fields.iter().enumerate().map(|(i, f)| name_of(i, if named { f } else { "" })).collect();
            check_names(&names).map_err(|what| format!("line {line}: {what}"))?;
            if named {
                continue;
            }
        }
        if fields.len() != names.len() {
            let (here, first) = (fields.len(), names.len());
            return Err(format!("line {line} has {here} values, but line {first_line} has {first}"));
        }
        take(Row { line, names: &names, fields: &fields, mark: commas.then_some(&mark) })?;
    }
    if names.is_empty() {
        return Err("holds no table: it is empty".into());
    }
    Ok(names)
}

/// Reads one line without its end; false at the end of the file.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::result::Result<bool, String> {
    line.clear();
    let n = reader.read_until(b'\n', line).map_err(|e| format!("cannot be read: {e}"))?;
    while line.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        line.pop();
    }
    Ok(n > 0)
}

/// The first line without the byte order mark.
fn after_mark(line: &[u8]) -> std::result::Result<&[u8], String> {
    if line.starts_with(&[0xff, 0xfe]) || line.starts_with(&[0xfe, 0xff]) {
        return Err("is UTF-16 text; save it as CSV in UTF-8".into());
    }
    Ok(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line))
}

/// Splits lines into fields, reusing its memory.
struct Splitter {
    separator: u8,
    core: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Splitter {
    fn new(separator: u8) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(separator).build();
        Splitter { separator, core, text: Vec::new(), ends: Vec::new() }
    }

    /// The trimmed fields of `line`. The message of an error begins with the column.
    fn split(&mut self, line: &[u8]) -> std::result::Result<Vec<&str>, String> {
        if line.contains(&b'\r') {
            return Err(" holds a carriage return; save the file with line ends LF or CRLF".into());
        }
        if line.iter().filter(|&&b| b == b'"').count() % 2 == 1 {
            return Err(" has a quotation mark that does not close on the same line".into());
        }
        self.core.reset();
        // Neither unquoting nor splitting can make more bytes or fields than these.
        self.text.resize(line.len() + 1, 0);
        self.ends.resize(line.len() + 2, 0);
        let (_, read, wrote, fields) = self.core.read_record(line, &mut self.text, &mut self.ends);
        // No more input tells the core that the line has ended.
        let (_, _, _, last) =
            self.core.read_record(&line[read..], &mut self.text[wrote..], &mut self.ends[fields..]);
        let ends = &self.ends[..fields + last];
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts
            .zip(ends)
            .enumerate()
            .map(|(i, (start, &end))| {
                let field = self.text.get(start..end).unwrap_or_default();
                std::str::from_utf8(field).map(str::trim).map_err(|_| {
                    let text = shown(&String::from_utf8_lossy(field));
                    format!(", column {}: `{text}` is not UTF-8 text; save the file as UTF-8", i + 1)
                })
            })
            .collect()
    }
}

/// The separator in `line`, quoted text left aside.
fn separator(line: &[u8]) -> u8 {
    let mut quoted = false;
    let mut found = b',';
    for &b in line {
        match b {
            b'"' => quoted = !quoted,
            b'\t' if !quoted => return b'\t',
            b';' if !quoted => found = b';',
            _ => {}
        }
    }
    found
}

/// A line of names may hold numbers (neurons are often called so) but does not begin with one, nor with a decimal comma.
fn are_names(fields: &[&str]) -> bool {
    let first = fields.first().copied().unwrap_or_default();
    let some_name = fields.iter().any(|f| !f.is_empty() && !is_number(f));
    some_name && !is_number(first) && !has_decimal_comma(first)
}

fn is_number(field: &str) -> bool {
    field.parse::<f64>().is_ok()
}

fn has_decimal_comma(field: &str) -> bool {
    field.matches(',').count() == 1 && is_number(&field.replace(',', "."))
}

/// `field` with a decimal point where it has a decimal comma. `mark` is the kind that the file has used so far: a file with
/// both may use one of them between thousands, so its numbers mean nothing certain.
fn with_point(field: &str, mark: &mut Option<char>) -> std::result::Result<Option<String>, String> {
    let here = if has_decimal_comma(field) {
        ','
    } else if field.contains('.') && is_number(field) {
        '.'
    } else {
        return Ok(None);
    };
    match *mark.get_or_insert(here) {
        before if before == here => Ok((here == ',').then(|| field.replace(',', "."))),
        _ => Err(format!("`{field}`: the file has decimal commas and decimal points; write one kind")),
    }
}

fn name_of(i: usize, field: &str) -> String {
    if field.is_empty() { format!("column_{}", i + 1) } else { field.to_string() }
}

fn number(field: &str, non_finite: NonFinite) -> std::result::Result<f64, String> {
    let allowed = non_finite == NonFinite::Allow;
    match field.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        Ok(_) if field.contains(|c: char| c.is_ascii_digit()) => {
            Err(format!("`{}` is too large for a double", shown(field)))
        }
        Ok(x) if allowed => Ok(x),
        Ok(_) => Err(format!("`{field}` is not finite; every value must be")),
        Err(_) if field.is_empty() && allowed => Ok(f64::NAN),
        Err(_) if field.is_empty() => Err("the value is missing".into()),
        Err(_) if has_decimal_comma(field) => {
            Err(format!("`{field}` has a decimal comma; write a decimal point"))
        }
        Err(_) => Err(format!("`{}` is not a number", shown(field))),
    }
}

/// The first characters of `text`, printable.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Table> {
        read_csv_bytes("t.csv", text.as_bytes(), NonFinite::Refuse)
    }

    fn fault(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn every_usual_shape_of_file_gives_the_same_table() {
        let want = Table {
            names: vec!["time".into(), "v (mV)".into()],
            columns: vec![vec![0.0, 0.001], vec![-65.0, 1e-3]],
        };
        for text in [
            "time,v (mV)\n0,-65\n0.001,1e-3\n",
            "time;v (mV)\r\n0;-65\r\n0.001;1e-3\r\n",
            "\u{feff}time\tv (mV)\r\n0\t-65\r\n\r\n0.001\t.001",
            "# made by hand\ntime, v (mV)\n0.0 , -65.0\n\n0.001, +0.001\n\n",
            "\"time\",\"v (mV)\"\n\"0\",\"-65\"\n\"1e-3\",\"1E-3\"\n",
            "\u{feff}\"time\";\"v (mV)\"\n0;-65\n0.001;0.001",
            "\u{feff}time;v (mV)\r\n0;-65,0\r\n0,001;1e-3\r\n;\r\n\r\n",
            "time\tv (mV)\n0\t-65\n\"0,001\"\t,001\n\t\n",
        ] {
            assert_eq!(read(text).unwrap(), want, "{text:?}");
        }
        let bare = read("1,2\n3,4").unwrap();
        assert_eq!(bare.names, ["column_1", "column_2"]);
        assert_eq!(bare.columns, [[1.0, 3.0], [2.0, 4.0]]);
        assert_eq!(read(",a,7\n1,2,3").unwrap().names, ["column_1", "a", "7"]);
        assert_eq!(read("step,neuron\n").unwrap().rows(), 0);
    }

    #[test]
    fn errors_name_line_column_and_text() {
        for (text, parts) in [
            ("a,b\n1,2\n3,x4\n", vec!["line 3", "column 2", "`b`", "`x4`"]),
            ("a,b\n\n1,nan\n", vec!["line 3", "column 2", "`nan`", "finite"]),
            ("a\n-inf\n", vec!["`-inf`", "finite"]),
            ("a\n1e999\n", vec!["`1e999`", "too large"]),
            ("a,b\n1,\n", vec!["line 2", "missing"]),
            ("a;b\n1,5;2.5\n", vec!["line 2", "`2.5`", "one kind"]),
            ("a;b\n1.5;2\n1,500;2\n", vec!["line 3", "`1,500`", "one kind"]),
            ("a;b\n1,500,000;2\n", vec!["line 2", "not a number"]),
            ("a,b\n\"1,5\",2\n", vec!["line 2", "decimal comma"]),
            ("1,2\n1,2,3\n", vec!["line 2 has 3", "line 1 has 2"]),
            ("1,x\n", vec!["line 1", "column 2", "`x`"]),
            ("a,a\n1,2\n", vec!["line 1", "two columns", "`a`"]),
            ("1 2 3\n4 5 6\n", vec!["line 2", "4 5 6"]),
            ("1,2\r3,4\n", vec!["line 1", "carriage return"]),
            ("a,b\n1,\"2\n", vec!["line 2", "quotation mark"]),
            ("", vec!["empty"]),
            ("# only a remark\n\n", vec!["empty"]),
        ] {
            let got = fault(text);
            assert!(parts.iter().all(|p| got.contains(p)), "{text:?}: {got}");
        }
        let latin = read_csv_bytes("t.csv", b"a\n\xb5\n", NonFinite::Refuse).unwrap_err().to_string();
        assert!(latin.contains("line 2") && latin.contains("UTF-8"), "{latin}");
        let wide = read_csv_bytes("t.csv", b"\xff\xfea\0", NonFinite::Refuse).unwrap_err().to_string();
        assert!(wide.contains("UTF-16"), "{wide}");
    }

    #[test]
    fn non_finite_values_pass_only_when_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let table = Table {
            names: vec!["a".into()],
            columns: vec![vec![f64::INFINITY, f64::NEG_INFINITY, f64::NAN]],
        };
        let text = write_csv(&path, &table, NonFinite::Refuse).unwrap_err().to_string();
        assert!(text.contains("`a`[0] = inf") && !path.exists(), "{text}");
        write_csv(&path, &table, NonFinite::Allow).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a\ninf\n-inf\nnan\n");
        assert!(read_csv(&path, NonFinite::Refuse).is_err());
        let back = read_csv(&path, NonFinite::Allow).unwrap().columns;
        assert!(back[0][0] > 0.0 && back[0][1] < 0.0 && back[0][2].is_nan());
        assert!(read_csv_bytes("t", b"a\n1e999", NonFinite::Allow).is_err());
    }

    #[test]
    fn impossible_tables_are_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        for (names, columns) in [
            (vec!["a", "a"], vec![vec![1.0], vec![1.0]]),
            (vec!["a", "b"], vec![vec![1.0], vec![]]),
            (vec!["a"], vec![]),
            (vec![], vec![]),
            (vec![""], vec![vec![1.0]]),
            (vec!["a\nb"], vec![vec![1.0]]),
            (vec!["#a"], vec![vec![1.0]]),
            (vec!["0", "b"], vec![vec![1.0], vec![1.0]]),
        ] {
            let table = Table { names: names.into_iter().map(String::from).collect(), columns };
            assert!(write_csv(&path, &table, NonFinite::Refuse).is_err(), "{table:?}");
        }
        assert!(!path.exists());
    }

    proptest! {
        #[test]
        fn written_tables_come_back(
            columns in (0_usize..5).prop_flat_map(|rows| {
                let finite = any::<f64>().prop_filter("finite", |x| x.is_finite());
                prop::collection::vec(prop::collection::vec(finite, rows), 1..4)
            }),
            name in "[a-z][a-z \",;]{0,5}[a-z]",
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.csv");
            let names = (0..columns.len()).map(|i| format!("{name}{i}")).collect();
            let table = Table { names, columns };
            write_csv(&path, &table, NonFinite::Refuse).unwrap();
            prop_assert_eq!(read_csv(&path, NonFinite::Refuse).unwrap(), table);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read_csv_bytes("t", &bytes, NonFinite::Allow);
        }
    }
}
