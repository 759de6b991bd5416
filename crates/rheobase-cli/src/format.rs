//! How what was found is printed: for reading, as JSON, or as CSV.

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::terminal;
use crate::text::csv;

/// Names of what a line of a table is about.
const ABOUT: [&str; 11] =
    ["name", "step", "node", "layer", "parameter", "file", "train", "input", "table", "of", "key"];

/// The form in which a table goes to standard output.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Format {
    /// Print JSON; numbers that JSON lacks are the texts "inf" and "-inf"
    #[arg(long)]
    pub(crate) json: bool,
    /// Print CSV: its table, or a line per number
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

impl Format {
    /// Whether it is for reading.
    pub(crate) fn is_text(self) -> bool {
        !self.json && !self.csv
    }

    /// Prints `found` as JSON, as CSV, or for reading as `text` says it.
    pub(crate) fn print(self, found: &impl Serialize, text: impl FnOnce() -> String) -> Outcome<()> {
        self.print_part(found, Value::clone, text)
    }

    /// [`Format::print`] with CSV of a part of it: the table.
    pub(crate) fn print_part(
        self,
        found: &impl Serialize,
        part: impl FnOnce(&Value) -> Value,
        text: impl FnOnce() -> String,
    ) -> Outcome<()> {
        if self.json {
            return terminal::print_json(found);
        }
        if self.csv {
            let value = serde_json::to_value(found).map_err(|e| Failure::bad(format!("CSV: {e}")))?;
            return terminal::print(&as_csv(&part(&value)));
        }
        terminal::print(&text())
    }
}

/// A list of objects as a line each, under all their names; an object as a line per number or word: name, value.
fn as_csv(value: &Value) -> String {
    let Value::Array(list) = value else {
        let mut lines = vec![["name", "value"].map(String::from).to_vec()];
        lines.extend(fields("", value).into_iter().map(|(name, value)| vec![name, value]));
        return csv(&lines);
    };
    let rows: Vec<Vec<(String, String)>> = list.iter().map(|row| fields("", row)).collect();
    // What a line is about stands first.
    let place = |name: &str| ABOUT.iter().position(|known| *known == name).unwrap_or(ABOUT.len());
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort_by_key(|name| place(name));
    let cell = |row: &[(String, String)], name: &String| {
        row.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let mut lines = vec![names.iter().map(|n| n.to_string()).collect::<Vec<_>>()];
    lines.extend(rows.iter().map(|row| names.iter().map(|name| cell(row, name)).collect()));
    csv(&lines)
}

/// Names and values in an object, those of inner objects as `outer.inner`; lists as JSON, nothing as an empty text.
fn fields(place: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(map) => {
            let dot = if place.is_empty() { "" } else { "." };
            map.iter().flat_map(|(name, inner)| fields(&format!("{place}{dot}{name}"), inner)).collect()
        }
        Value::Null => vec![(place.into(), String::new())],
        Value::String(text) => vec![(place.into(), text.clone())],
        other => vec![(place.into(), other.to_string())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_lines_and_objects_are_names_and_values() {
        let list = json!([{ "a": 1, "b": { "c": "x,y" } }, { "a": null, "d": [1, 2] }]);
        assert_eq!(as_csv(&json!([{ "class": 1, "name": "x" }])), "name,class\nx,1\n");
        assert_eq!(as_csv(&list), "a,b.c,d\n1,\"x,y\",\n,,\"[1,2]\"\n");
        assert_eq!(as_csv(&json!({ "a": 0.5, "b": { "c": true } })), "name,value\na,0.5\nb.c,true\n");
    }
}
