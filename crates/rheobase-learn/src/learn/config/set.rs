//! Changing a job key by key: `train.epochs = 5`.

use toml::{Table, Value};

use super::TrainConfig;
use super::reference::placed;
use rheobase_base::{Error, Result};
use rheobase_network::toml_text;

const PLACE: &str = "settings";

impl TrainConfig {
    /// Changes one setting: `set("train.epochs", "5")`.
    ///
    /// `key` is a path with dots; a node of the network goes by its name (`network.node.hidden.neurons.model`) or by
    /// its number from 0, a stage by its layer or number (`stage.features.epochs`). `value` is TOML; what is none is taken as text (`poisson`). Another `kind` (in `encode`:
    /// `name`) than before comes with its own defaults. `none` takes an optional setting away.
    ///
    /// # Errors
    /// Unknown keys, with the nearest known one; values of a wrong type. Nothing has changed then.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let parsed = toml::from_str::<Table>(&format!("value = {value}")).ok();
        // More than one key means that the text goes on after the value.
        let parsed = parsed.filter(|t| t.len() == 1).and_then(|mut t| t.remove("value"));
        let given = parsed.unwrap_or_else(|| Value::String(value.to_string()));
        *self = self.changed(key, given)?;
        Ok(())
    }

    /// The job with another value at `key`; without what is optional there if the value is `none`.
    pub(super) fn changed(&self, key: &str, value: Value) -> Result<TrainConfig> {
        let none = value.as_str() == Some("none");
        let changed = self.with(key, Some(value));
        if none { changed.or_else(|e| self.without(key).ok_or(e)) } else { changed }
    }

    /// The job without what is optional at `key`; none if that cannot be missing.
    fn without(&self, key: &str) -> Option<TrainConfig> {
        let config = self.with(key, None).ok()?;
        let table = Value::Table(toml_text::table_of(&config, PLACE).ok()?);
        let found = key.split('.').try_fold(&table, |value, step| value.get(step.trim()));
        found.is_none().then_some(config)
    }

    /// The job with another value at `key`, or none there.
    fn with(&self, key: &str, value: Option<Value>) -> Result<TrainConfig> {
        let mut table = toml_text::table_of(self, PLACE)?;
        let steps: Vec<&str> = key.split('.').map(str::trim).collect();
        put(&mut table, &steps, &[], value)?;
        let place = format!("setting `{key}`");
        let mut config: TrainConfig =
            toml_text::read_value(&table, &place).map_err(|e| no_file(placed(e)))?;
        config.network.inherit_dt(&table);
        Ok(config)
    }
}

/// A wrong value of a setting is no fault of a file.
fn no_file(error: Error) -> Error {
    match error {
        Error::File { path, what } => Error::unsupported(path.display().to_string(), what),
        other => other,
    }
}

/// Puts `value` at `steps` within `table`, which stands at `path`.
fn put(table: &mut Table, steps: &[&str], path: &[&str], value: Option<Value>) -> Result<()> {
    let Some((step, rest)) = steps.split_first() else { return Ok(()) };
    let here = [path, &[*step]].concat();
    if !rest.is_empty() {
        return put_within(table.entry(step.to_string()).or_insert(empty()), rest, &here, value);
    }
    match value {
        None => drop(table.remove(*step)),
        Some(value) => {
            // Settings of one kind mean nothing to another.
            if chooses(path, step) && table.get(*step) != Some(&value) {
                table.clear();
            }
            table.insert(step.to_string(), value);
        }
    }
    Ok(())
}

fn put_within(inner: &mut Value, steps: &[&str], path: &[&str], value: Option<Value>) -> Result<()> {
    if let Value::Array(items) = inner
        && items.iter().all(Value::is_table)
    {
        return put_item(items, steps, path, value);
    }
    // A word gives way to a table: the source `digits` to one of files, one source to another; and one rule to another.
    let one_of = matches!(path, ["data", "source"] | ["stage", _, "plasticity", "rule"]);
    let replaced =
        one_of && inner.as_table().is_none_or(|t| steps.first().is_some_and(|s| !t.contains_key(*s)));
    if replaced {
        *inner = empty();
    }
    match inner {
        Value::Table(table) => put(table, steps, path, value),
        other => Err(Error::unsupported(
            PLACE,
            format!("`{}` is {other}, which has no `{}` in it", path.join("."), steps.join(".")),
        )),
    }
}

/// Puts `value` into the item that the first step names, or counts.
fn put_item(items: &mut Vec<Value>, steps: &[&str], path: &[&str], value: Option<Value>) -> Result<()> {
    let Some((step, rest)) = steps.split_first() else { return Ok(()) };
    let word = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).map(str::to_string);
    let name = |item: &Value| word(item, "name").or_else(|| word(item, "layer"));
    let names: Vec<String> = items.iter().filter_map(name).collect();
    let by_name = items.iter().position(|item| name(item).as_deref() == Some(*step));
    let index = by_name.or_else(|| step.parse().ok()).filter(|i| *i < items.len());
    if let (Some(index), [], value) = (index, rest, &value) {
        match value {
            Some(value) => items[index] = value.clone(),
            None => drop(items.remove(index)),
        }
        return Ok(());
    }
    let Some(Value::Table(item)) = index.and_then(|i| items.get_mut(i)) else {
        let kind = if path == ["stage"] { "stage" } else { "node" };
        return Err(Error::unknown(path.join("."), kind, step, names.iter().map(String::as_str)));
    };
    put(item, rest, &[path, &[*step]].concat(), value)
}

/// Whether `key` of the table at `path` decides what other keys it has.
fn chooses(path: &[&str], key: &str) -> bool {
    matches!(
        (path, key),
        (["loss"] | ["optimise", "rule" | "schedule" | "clip"], "kind")
            | (["encode"] | ["encode", "then"], "name")
            | (["network"], "file")
    )
}

fn empty() -> Value {
    Value::Table(Table::new())
}
