//! How the lines of a text fall apart: separators, names, units behind numbers.

use super::found::Said;
use super::unit::Unit;

/// How a line falls apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    Byte(u8),
    Spaces,
}

/// What the first lines say of all.
pub(super) struct Layout {
    pub(super) separator: Separator,
    pub(super) named: bool,
    /// Whether every number is followed by its unit.
    pub(super) with_units: bool,
    /// Whether every line ends with a separator.
    pub(super) trailing: bool,
    /// The names of columns where they stand in a comment above the data.
    pub(super) above: Option<Vec<String>>,
}

impl Layout {
    pub(super) fn of(first: &[u8], second: Option<&[u8]>) -> Said<Layout> {
        let separator = separator(first, second);
        let mut layout = Layout { separator, named: false, with_units: false, trailing: false, above: None };
        if let Separator::Byte(b) = separator {
            layout.trailing = first.ends_with(&[b]) && second.is_none_or(|s| s.ends_with(&[b])) && b == b'\t';
        }
        let mut fields = Vec::new();
        layout.split(first, 1, &mut fields)?;
        let numeric = |f: &str| layout.number(f).is_some();
        let numbers: Vec<bool> = fields.iter().map(|f| numeric(f)).collect();
        let with_units = fields.iter().any(|f| !f.is_empty())
            && fields.iter().all(|f| f.is_empty() || matches!(with_unit(f), (Some(_), Some(_))));
        let word = fields.iter().zip(&numbers).any(|(f, n)| !n && !f.is_empty());
        let mut same = false;
        if let Some(second) = second {
            let mut below = Vec::new();
            layout.split(second, 2, &mut below)?;
            let pattern: Vec<bool> = below.iter().map(|f| numeric(f)).collect();
            same = pattern == numbers && numbers.contains(&true);
        }
        layout.named = word && !numbers.first().copied().unwrap_or(false) && !same && !with_units;
        layout.with_units = with_units;
        Ok(layout)
    }

    /// The names of the columns; reads the line of names, if there is one.
    pub(super) fn names<'a>(
        &self,
        rows: &mut (impl Iterator<Item = (usize, &'a [u8])> + Clone),
    ) -> Said<Vec<String>> {
        let mut fields = Vec::new();
        let first = match self.named {
            true => rows.next(),
            false => rows.clone().next(),
        };
        let Some((line, text)) = first else { return Err("holds no table: it is empty".into()) };
        self.split(text, line, &mut fields)?;
        let names: Vec<String> = fields
            .iter()
            .enumerate()
            .map(|(i, f)| match self.above.as_ref().and_then(|names| names.get(i)) {
                Some(name) => name.clone(),
                None if self.named && !f.is_empty() => f.to_string(),
                None => format!("column_{}", i + 1),
            })
            .collect();
        let mut seen = std::collections::HashSet::new();
        match names.iter().find(|n| n.chars().any(char::is_control) || !seen.insert(n.as_str())) {
            Some(name) if name.chars().any(char::is_control) => {
                Err(format!("line {line}: a column is called {name:?}; names hold no control characters"))
            }
            Some(name) => Err(format!("line {line}: two columns are called `{name}`; rename one")),
            None => Ok(names),
        }
    }

    pub(super) fn split<'a>(
        &self,
        line: &'a [u8],
        number: usize,
        fields: &mut Vec<std::borrow::Cow<'a, str>>,
    ) -> Said<()> {
        fields.clear();
        let text = std::str::from_utf8(line).map_err(|_| {
            format!(
                "line {number}: `{}` is not UTF-8 text; save the file as UTF-8",
                shown(&String::from_utf8_lossy(line))
            )
        })?;
        match self.separator {
            Separator::Spaces => fields.extend(text.split_ascii_whitespace().map(Into::into)),
            Separator::Byte(b) if !text.bytes().any(|c| c == b'\r' || c == b'"') => {
                let mut begin = 0;
                for (at, _) in text.bytes().enumerate().filter(|(_, c)| *c == b) {
                    fields.push(text[begin..at].trim().into());
                    begin = at + 1;
                }
                fields.push(text[begin..].trim().into());
            }
            Separator::Byte(_) if text.contains('\r') => {
                return Err(format!(
                    "line {number} holds a carriage return; save the file with line ends LF or CRLF"
                ));
            }
            Separator::Byte(b) => {
                if text.bytes().filter(|b| *b == b'"').count() % 2 == 1 {
                    return Err(format!(
                        "line {number} has a quotation mark that does not close on the same line"
                    ));
                }
                let mut reader = csv::ReaderBuilder::new().delimiter(b).has_headers(false).from_reader(line);
                let mut record = csv::StringRecord::new();
                reader.read_record(&mut record).map_err(|e| format!("line {number}: {e}"))?;
                fields.extend(record.iter().map(|f| f.trim().to_string().into()));
            }
        }
        if self.trailing && fields.last().is_some_and(|f| f.is_empty()) {
            fields.pop();
        }
        Ok(())
    }

    /// The number in a field, decimal commas read where no comma separates.
    pub(super) fn number(&self, field: &str) -> Option<f64> {
        fast(field).or_else(|| field.parse().ok()).or_else(|| {
            let comma = self.separator != Separator::Byte(b',') && field.matches(',').count() == 1;
            comma.then(|| field.replace(',', ".").parse().ok()).flatten()
        })
    }
}

/// Short decimal numbers, exactly as the standard library reads them: both parts are exact, so one division rounds once.
fn fast(field: &str) -> Option<f64> {
    const POWERS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let bytes = field.as_bytes();
    if bytes.is_empty() || bytes.len() > 16 {
        return None;
    }
    let (mut digits, mut point) = (0_u64, None);
    for (i, b) in bytes.iter().enumerate() {
        match b {
            b'0'..=b'9' => digits = digits * 10 + u64::from(b - b'0'),
            b'.' if point.is_none() => point = Some(i),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |p| bytes.len() - 1 - p);
    let some = bytes.len() > usize::from(point.is_some());
    (some && digits < 1 << 53).then(|| digits as f64 / POWERS[decimals])
}

fn separator(first: &[u8], second: Option<&[u8]>) -> Separator {
    let mut quoted = false;
    let mut found = None;
    for b in first {
        match b {
            b'"' => quoted = !quoted,
            b'\t' if !quoted => return Separator::Byte(b'\t'),
            b';' if !quoted => found = Some(b';'),
            b'|' if !quoted && found != Some(b';') => found = Some(b'|'),
            b',' if !quoted && found.is_none() => found = Some(b','),
            _ => {}
        }
    }
    let words = |line: &[u8]| {
        String::from_utf8_lossy(line).split_ascii_whitespace().map(String::from).collect::<Vec<_>>()
    };
    let top = words(first);
    let numbers = |line: &[String]| line.iter().all(|w| w.parse::<f64>().is_ok());
    let spaced = match second.map(words) {
        // A name may have spaces within it; then the line below falls apart otherwise.
        Some(below) => top.len() > 1 && (below.len() == top.len() || numbers(&top)),
        None => top.len() > 1 && numbers(&top),
    };
    match found {
        Some(b) => Separator::Byte(b),
        None if spaced => Separator::Spaces,
        None => Separator::Byte(b','),
    }
}

/// A number and the unit behind it.
pub(super) fn with_unit(field: &str) -> (Option<f64>, Option<Unit>) {
    let field = field.trim();
    match field.parse::<f64>() {
        Ok(x) if x.is_finite() => (Some(x), None),
        _ => match field.split_once(' ') {
            Some((number, word)) => (number.parse().ok().filter(|x: &f64| x.is_finite()), Unit::named(word)),
            None => (None, None),
        },
    }
}

/// The first characters of `text`, printable.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}
