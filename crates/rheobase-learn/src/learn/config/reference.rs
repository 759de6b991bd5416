//! Finding a key in the reference of settings.

use serde::Serialize;

use super::TrainConfig;
use rheobase_base::{Error, Result, nearest};

/// A key of a file of settings: a line of [`TrainConfig::keys`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingKey {
    /// The table that it stands in, such as `data.source` or `network.node[]`; empty for the whole file.
    pub table: String,
    /// The kind of that table that has the key, such as `csv` of `data.source`; empty where all kinds have it.
    pub of: String,
    /// Its name.
    pub key: String,
    /// What its value is: `whole number`, a choice in quotation marks, or a `[table]` of its own.
    pub value: String,
    /// What it means.
    pub meaning: String,
}

/// The keys of sections of the reference.
pub(super) fn keys(sections: &str) -> Vec<SettingKey> {
    let mut keys = Vec::new();
    for section in format!("\n{sections}").split("\n## ").skip(1) {
        let mut lines = section.lines();
        let title = lines.next().unwrap_or_default();
        let table = if title.starts_with('`') { title.trim_matches('`') } else { "" };
        let mut of = "";
        for line in lines {
            if let Some(kind) = line.strip_prefix("Keys of `") {
                of = kind.trim_end_matches("`:");
            }
            let cells = line.strip_prefix("| `").and_then(|row| row.strip_suffix(" |"));
            let cells: Vec<&str> = cells.map_or(Vec::new(), |row| row.split(" | ").collect());
            let (key, value, meaning) = match cells[..] {
                [key, value, meaning] => (key.trim_end_matches('`'), value, meaning),
                // A choice: `name = "direct"`, or `"digits"` of the table itself.
                [choice, meaning] => {
                    let choice = choice.trim_end_matches('`');
                    let own = table.rsplit('.').next().unwrap_or(table);
                    let (key, value) = choice.split_once(" = ").unwrap_or((own, choice));
                    (key, value, meaning)
                }
                _ => continue,
            };
            keys.push(SettingKey {
                table: table.into(),
                of: of.into(),
                key: key.into(),
                value: plain(value),
                meaning: meaning.into(),
            });
        }
    }
    keys
}

/// A value without the marks of Markdown; a link to a table becomes `[table]`.
fn plain(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some((before, link)) = rest.split_once("](#") {
        text += before;
        text.push(']');
        rest = link.split_once(')').map_or("", |(_, after)| after);
    }
    (text + rest).replace('`', "")
}

/// An unknown key that exists elsewhere, with the table that has it: `lr` is `optimise.learning_rate`.
pub(super) fn placed(error: Error) -> Error {
    let Error::Unknown { place, kind: "key", name, nearest: None, known } = error else { return error };
    // What chooses a kind is `kind` in some tables, `name` in others.
    if let Some(tag) = ["kind", "name"].iter().find(|tag| known.iter().any(|k| k == *tag))
        && ["kind", "name", "type"].contains(&name.as_str())
    {
        return Error::Unknown { place, kind: "key", name, nearest: Some(tag.to_string()), known };
    }
    let all = keys(TrainConfig::REFERENCE);
    let called = nearest(&name, all.iter().map(|k| k.key.as_str()));
    let found = all.iter().filter(|k| called == Some(&k.key) && !k.table.is_empty());
    let found = found.filter(|k| !["kind", "name"].contains(&k.key.as_str()));
    // Of several the one that most files have: in a table that is there once, of all kinds, and as far out as any.
    let found = found.min_by_key(|k| (k.table.contains('['), !k.of.is_empty(), k.table.matches('.').count()));
    let near = found.and_then(|k| written(k, &all));
    Error::Unknown { place, kind: "key", name, nearest: near, known }
}

/// How a key is written: `train.epochs`, or with the kind that has it, `optimise.rule = { kind = "sgd", momentum = … }`.
fn written(key: &SettingKey, all: &[SettingKey]) -> Option<String> {
    let SettingKey { table, of, key, .. } = key;
    if of.is_empty() {
        return Some(format!("{}.{key}", table.replace("[]", ".NAME")));
    }
    let chosen = format!("\"{of}\"");
    let choice = all.iter().find(|k| k.table == *table && k.of.is_empty() && k.value == chosen);
    let tag = choice.map(|k| &k.key).filter(|tag| ["kind", "name"].contains(&tag.as_str()))?;
    (!table.contains('[')).then(|| format!("{table} = {{ {tag} = \"{of}\", {key} = … }}"))
}

/// The sections about `key`.
pub(super) fn of(key: &str) -> Result<String> {
    let key = key.trim().trim_matches(['[', ']', '`']);
    let sections: Vec<&str> = TrainConfig::REFERENCE.split("\n## ").skip(1).collect();
    let path = |section: &str| {
        let title = section.lines().next().unwrap_or_default();
        title.trim_matches('`').replace("[]", "")
    };
    let found = |fits: &dyn Fn(&str) -> bool| {
        let some = sections.iter().filter(|s| fits(s)).map(|s| format!("## {}\n", s.trim_end()));
        Some(some.collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty())
    };
    let table = found(&|s| path(s) == key || path(s).starts_with(&format!("{key}.")));
    let (outer, last) = key.rsplit_once('.').unwrap_or(("", key));
    let row = format!("\n| `{last}` |");
    let within = || found(&|s| path(s) == outer && s.contains(&row));
    let anywhere = || found(&|s| s.contains(&row) || s.contains(&format!("Keys of `{last}`:")));
    let called = || found(&|s| path(s).rsplit('.').next() == Some(key));
    table.or_else(called).or_else(within).or_else(anywhere).ok_or_else(|| {
        let keys = sections.iter().flat_map(|s| s.lines());
        let keys = keys.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let paths: Vec<String> = sections.iter().map(|s| path(s)).collect();
        Error::unknown("settings", "key", last, keys.chain(paths.iter().map(String::as_str)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_table_is_a_key() {
        let all = keys(TrainConfig::REFERENCE);
        let lines = TrainConfig::REFERENCE.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(all.len(), lines);
        assert!(all.iter().all(|k| [&k.key, &k.value, &k.meaning].iter().all(|cell| !cell.is_empty())));
        let find = |table: &str, of: &str, key: &str, value: &str| {
            let is = |k: &&SettingKey| k.table == table && k.of == of && k.key == key && k.value == value;
            assert!(all.iter().any(|k| is(&k)), "{table} {of} {key} {value}");
        };
        find("", "", "stage", "list: [stage[]]");
        find("train", "", "epochs", "whole number");
        find("optimise", "", "rule", "[optimise.rule]");
        find("encode", "", "name", "\"direct\"");
        find("data.source", "", "source", "\"digits\"");
        find("data.source", "csv", "train", "path");
        assert_eq!(keys(&of("train.epochs").unwrap())[0].table, "train");
    }

    #[test]
    fn keys_that_stand_elsewhere_are_placed() {
        let cases = [
            ("epochs = 3", "`train.epochs`"),
            ("lr = 0.1", "`optimise.learning_rate`"),
            ("batch_size = 3", "`train.batch`"),
            ("[optimise]\nseed = 3", "`train.seed`"),
            ("[optimise]\nmomentum = 0.9", "`optimise.rule = { kind = \"sgd\", momentum = … }`"),
            ("[encode]\nname = \"direct\"\nmax_rate = 9", "`encode = { name = \"poisson\", max_rate = … }`"),
            ("[loss]\nkind = \"rate_error\"\nname = \"mse\"", "`kind`"),
            ("model = \"lif\"", "`network.node.NAME.neurons.model`"),
        ];
        for (text, wanted) in cases {
            let said = TrainConfig::from_toml(text, "job.toml").unwrap_err().to_string();
            assert!(said.ends_with(&format!("did you mean {wanted}?")), "{said}");
        }
        let nowhere = TrainConfig::from_toml("name = 3", "job.toml").unwrap_err().to_string();
        assert!(nowhere.contains("known: `data`, `encode`"), "{nowhere}");
    }

    #[test]
    fn keys_and_tables_are_found() {
        assert!(of("train").unwrap().contains("`checkpoint_every`"));
        let data = of("[data]").unwrap();
        assert!(data.contains("## `data`") && data.contains("## `data.source`"));
        assert!(of("optimise.learning_rate").unwrap().starts_with("## `optimise`\n"));
        assert!(of("network.node.neurons").unwrap().contains("`detach_reset`"));
        assert!(of("neurons").unwrap().starts_with("## `network.node[].neurons`"));
        assert!(of("smoothing").unwrap().contains("`smoothing`"));
        assert!(of("learning_rat").unwrap_err().to_string().contains("did you mean `learning_rate`"));
    }
}
