//! Tables, wrapped lines and short numbers for reading.

pub(crate) use rheobase::draw::short;

/// Rows of columns, aligned; the last column wraps.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    indent: usize,
}

impl Table {
    /// A table under the names of its columns.
    pub(crate) fn new(head: &[&str]) -> Self {
        Table { rows: vec![head.iter().map(|h| (*h).to_string()).collect()], indent: 0 }
    }
    /// A table without names of columns.
    pub(crate) fn bare() -> Self {
        Table::default()
    }
    /// The same, each line starting with `indent` spaces.
    pub(crate) fn indented(self, indent: usize) -> Self {
        Table { indent, ..self }
    }
    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// Adds a row of as many cells as there are columns.
    pub(crate) fn cells(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table in lines of at most `width` letters, where words allow.
    pub(crate) fn render(&self, width: usize) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|c| self.rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0))
            .collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(self.indent);
            let last = row.len().saturating_sub(1);
            for (cell, width) in row.iter().zip(&widths).take(last) {
                line += cell;
                line.push_str(&" ".repeat(width - cell.chars().count() + 2));
            }
            let hang = line.chars().count();
            // Words of the last column need some room even where the others fill the line.
            let room = width.saturating_sub(hang).max(24);
            let pad = " ".repeat(hang);
            let wrapped = wrap(row.last().map_or("", String::as_str), room).join(&format!("\n{pad}"));
            out += (line + &wrapped).trim_end();
            out.push('\n');
        }
        out
    }
}

/// `text` in lines of at most `width` letters, broken between words.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if used > 0 && used + 1 + letters > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
        }
        used += letters;
    }
    lines
}

/// `x` in full, with a power of ten where zeros would fill the line.
pub(crate) fn exact(x: f64) -> String {
    let plain = x == 0.0 || !x.is_finite() || (1e-5..1e10).contains(&x.abs());
    if plain { x.to_string() } else { format!("{x:e}") }
}

/// A whole number with spaces between thousands.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// A number with its unit; pure numbers have none.
pub(crate) fn with_unit(x: impl std::fmt::Display, unit: &str) -> String {
    if unit.is_empty() || unit == "1" { x.to_string() } else { format!("{x} {unit}") }
}

/// Names and values in an object, those of inner objects as `outer.inner`; what has none is left out.
pub(crate) fn scalars(value: &serde_json::Value) -> Vec<(String, String)> {
    let serde_json::Value::Object(map) = value else { return Vec::new() };
    let mut rows = Vec::new();
    for (name, value) in map {
        match value {
            serde_json::Value::Object(_) => {
                rows.extend(scalars(value).into_iter().map(|(inner, v)| (format!("{name}.{inner}"), v)));
            }
            serde_json::Value::Null => {}
            serde_json::Value::String(text) => rows.push((name.clone(), text.clone())),
            serde_json::Value::Array(list) if list.len() > 8 => {
                rows.push((name.clone(), format!("{} values", list.len())))
            }
            value => rows.push((name.clone(), value.to_string())),
        }
    }
    rows
}

/// Lines of cells as CSV; cells with commas, quotes or line breaks stand in quotes.
pub(crate) fn csv(lines: &[Vec<String>]) -> String {
    let cell = |text: &String| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.clone(),
    };
    lines.iter().map(|line| line.iter().map(cell).collect::<Vec<_>>().join(",") + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_and_grouped_numbers() {
        assert_eq!([exact(1e300), exact(-0.5), exact(1e-9)], ["1e300", "-0.5", "1e-9"]);
        assert_eq!(grouped(1_234_567), "1 234 567");
        assert_eq!(grouped(12), "12");
    }

    #[test]
    fn the_last_column_wraps_below_itself() {
        let mut table = Table::new(&["A", "MEANING"]);
        table.row(["tau_m".into(), "one two three four five six seven".into()]);
        assert_eq!(table.render(31), "A      MEANING\ntau_m  one two three four five\n       six seven\n");
        assert_eq!(wrap("", 5), vec![""]);
        assert_eq!(wrap("incomprehensible", 5), vec!["incomprehensible"]);
    }
}
