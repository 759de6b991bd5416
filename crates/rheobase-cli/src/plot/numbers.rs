//! `plot weights`, `plot learning`, `plot confusion`, `plot fi`: tables and arrays that are not over simulated time.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use rheobase::Error;
use rheobase::data::{Array, NonFinite, NpzReader, Table, read_csv, read_npy};
use rheobase::draw::{Confusion, FiCurve, Figure, LearningCurves};
use rheobase::models::neuron::Time;
use rheobase::show::weights::maps;
use serde_json::Value;

use crate::arguments::FilePart;
use crate::curve::ABOUT;
use crate::failure::{Failure, Outcome};
use crate::picture_options::with_provenance;

fn refused(path: &Path, what: impl std::fmt::Display) -> Failure {
    Failure::bad(format!("{}: {what}", path.display()))
}

/// The array of the file: that asked for, that called `name`, or the only one.
fn array(file: &FilePart, name: &str) -> Outcome<Array> {
    let path = &file.path;
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("npz") => {
            let mut reader = NpzReader::open(path)?;
            let names: Vec<String> = reader.names().map(String::from).collect();
            let known = || names.iter().map(String::as_str);
            let wanted = file.part.as_deref();
            let chosen = match (wanted, &names[..]) {
                (None, [only]) => only.clone(),
                (None, _) if names.iter().any(|n| n == name) => name.into(),
                (None, _) => {
                    return Err(refused(
                        path,
                        format!("name one of its arrays with FILE:NAME: `{}`", names.join("`, `")),
                    ));
                }
                (Some(w), _) if names.iter().any(|n| n == w) => w.into(),
                (Some(w), _) => {
                    return Err(Error::unknown(path.display().to_string(), "array", w, known()).into());
                }
            };
            Ok(reader.read(&chosen)?)
        }
        Some("npy") => Ok(read_npy(path)?),
        _ => {
            let table = read_csv(path, NonFinite::Refuse)?;
            let rows = table.rows();
            let values: Vec<f64> = (0..rows).flat_map(|r| table.columns.iter().map(move |c| c[r])).collect();
            Ok(Array::new([rows, table.columns.len()], values)?)
        }
    }
}

/// Weights as maps.
pub(crate) fn weights(file: &FilePart, map: Option<(usize, usize)>) -> Outcome<Figure> {
    let array = array(file, "weights")?;
    let place = file.path.display().to_string();
    maps(&place, &array.to_f64()?, array.shape(), map).map_err(|e| of_map(e, map))
}

/// An error of the shape of maps, under the option that says it.
pub(crate) fn of_map(error: Error, map: Option<(usize, usize)>) -> Failure {
    match (&error, map) {
        (Error::Shape { .. }, Some((h, w))) => Failure::bad(format!("--map {h},{w}: {error}")),
        _ => error.into(),
    }
}

/// A curve of a training run: its values, and after which epochs they are.
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) epochs: Vec<f64>,
    pub(crate) values: Vec<f64>,
}

impl Curve {
    /// The values that are there, of epochs 1, 2, …; all of them, if none is missing.
    fn new(name: &str, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let known = values.into_iter().enumerate().filter_map(|(i, v)| Some(((i + 1) as f64, v?)));
        let (epochs, values) = known.unzip();
        Curve { name: name.into(), epochs, values }
    }
}

/// The curves in a file of metrics.
pub(crate) fn metrics(path: &Path) -> Outcome<Vec<Curve>> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("json" | "jsonl") => {
            let text =
                std::fs::read_to_string(path).map_err(|e| refused(path, format!("cannot be read: {e}")))?;
            let lines = text.lines().filter(|l| !l.trim().is_empty()).map(serde_json::from_str);
            let value = serde_json::from_str::<Value>(&text)
                .or_else(|e| lines.collect::<Result<Vec<Value>, _>>().map(Value::Array).map_err(|_| e))
                .map_err(|e| refused(path, format!("is not JSON: {e}")))?;
            Ok(in_json(&value))
        }
        _ => {
            let Table { names, columns } = read_csv(path, NonFinite::Allow)?;
            // An empty field is an epoch without the value.
            let given = |v: f64| Some(v).filter(|v| !v.is_nan());
            let curve = |(name, values): (String, Vec<f64>)| Curve::new(&name, values.into_iter().map(given));
            Ok(names.into_iter().zip(columns).map(curve).collect())
        }
    }
}

/// Arrays of numbers by name, or a list of objects with the same names, at any depth.
fn in_json(value: &Value) -> Vec<Curve> {
    let numbers = |list: &[Value]| list.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>();
    match value {
        Value::Object(map) => {
            let of = |(name, value): (&String, &Value)| match value {
                Value::Array(list) if !list.is_empty() && numbers(list).is_some() => {
                    vec![Curve::new(name, numbers(list).unwrap_or_default().into_iter().map(Some))]
                }
                value => in_json(value),
            };
            map.iter().flat_map(of).collect()
        }
        Value::Array(list) => {
            let Some(first) = list.first().and_then(Value::as_object) else { return Vec::new() };
            let column = |name: &String| {
                let values = list.iter().map(|v| v.get(name).and_then(Value::as_f64));
                Some(Curve::new(name, values)).filter(|c| !c.values.is_empty())
            };
            let mut names: Vec<&String> = first.keys().collect();
            for name in list.iter().filter_map(Value::as_object).flat_map(serde_json::Map::keys) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            names.into_iter().filter_map(column).collect()
        }
        _ => Vec::new(),
    }
}

/// Loss and accuracy over epochs.
pub(crate) fn learning(path: &Path, log: bool) -> Outcome<Figure> {
    learning_of(&metrics(path)?, log).unwrap_or_else(|| {
        Err(refused(path, "has no curve: names with `loss` or `acc` in them are taken, a line per epoch"))
    })
}

/// The picture, if any of the curves is a loss or an accuracy.
pub(crate) fn learning_of(curves: &[Curve], log: bool) -> Option<Outcome<Figure>> {
    let is = |c: &&Curve, part: &str| c.name.to_lowercase().contains(part) && !c.values.is_empty();
    let losses: Vec<&Curve> = curves.iter().filter(|c| is(c, "loss")).collect();
    let accuracies: Vec<(&Curve, Vec<f64>)> = curves
        .iter()
        .filter(|c| is(c, "acc") && !is(c, "loss"))
        .map(|c| {
            // Percentages, by their size.
            let percent =
                c.values.iter().any(|v| *v > 1.0) && c.values.iter().all(|v| (0.0..=100.0).contains(v));
            (c, c.values.iter().map(|v| if percent { v / 100.0 } else { *v }).collect())
        })
        .collect();
    if losses.is_empty() && accuracies.is_empty() {
        return None;
    }
    let mut picture = LearningCurves::new();
    for curve in &losses {
        picture = picture.loss_at(set_name(&curve.name, &["loss"]), &curve.epochs, &curve.values, None);
    }
    for (curve, values) in &accuracies {
        picture =
            picture.accuracy_at(set_name(&curve.name, &["accuracy", "acc"]), &curve.epochs, values, None);
    }
    if log {
        picture = picture.log_loss();
    }
    Some(picture.figure().map_err(Failure::from))
}

/// `train` of `train_loss`.
fn set_name(name: &str, kinds: &[&str]) -> String {
    let lower = name.to_lowercase();
    let rest =
        kinds.iter().find_map(|k| lower.contains(k).then(|| lower.replacen(k, "", 1))).unwrap_or(lower);
    let rest = rest.trim_matches(|c: char| !c.is_alphanumeric());
    if rest.is_empty() { "all".into() } else { rest.into() }
}

/// A confusion matrix of counts.
pub(crate) fn confusion(file: &FilePart) -> Outcome<Figure> {
    let array = array(file, "confusion")?;
    let &[rows, columns] = array.shape() else {
        return Err(refused(
            &file.path,
            format!("has shape {:?}; a confusion matrix is [class, class]", array.shape()),
        ));
    };
    if rows != columns {
        return Err(refused(
            &file.path,
            format!(
                "has {rows} rows and {columns} columns; a confusion matrix is square (true class by predicted class, no names of rows)"
            ),
        ));
    }
    let counts = array.to_i64()?.into_iter().enumerate().map(|(i, n)| {
        u64::try_from(n).map_err(|_| {
            refused(
                &file.path,
                format!("row {}, column {}: {n}; counts are at least 0", i / columns, i % columns),
            )
        })
    });
    Ok(Confusion::new(&counts.collect::<Outcome<Vec<u64>>>()?, rows).figure()?)
}

/// Rates over input, as `curve -o` writes them.
pub(crate) fn fi_curve(path: &Path) -> Outcome<Figure> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let names = ["input", "simulated", "closed_form"];
    let mut about = Value::Null;
    let columns: Vec<Option<Vec<f64>>> = if ending.as_deref() == Some("npz") {
        let mut reader = NpzReader::open(path)?;
        let known: Vec<String> = reader.names().map(String::from).collect();
        if known.iter().any(|n| n == "meta") {
            about = reader
                .read("meta")?
                .as_text()
                .and_then(|json| serde_json::from_str(json).ok())
                .unwrap_or_default();
        }
        let mut read = |name: &str| match known.iter().any(|n| n == name) {
            true => reader.read(name).and_then(|a| a.to_f64()).map(Some),
            false => Ok(None),
        };
        names.iter().map(|n| read(n)).collect::<Result<_, _>>()?
    } else {
        let table = read_csv(path, NonFinite::Refuse)?;
        about = said_above(path);
        names.iter().map(|n| table.find(n).map(<[f64]>::to_vec)).collect()
    };
    let [Some(input), simulated, closed] = &columns[..] else {
        return Err(refused(
            path,
            "has no `input`; give a file that `curve -o` wrote: input, simulated, closed_form",
        ));
    };
    let word = |key: &str| about[key].as_str().unwrap_or_default();
    let clock = if word("rate_unit") == "per step" { Time::Steps } else { Time::Seconds };
    let unit = if word("input_unit") == "1" { "" } else { word("input_unit") };
    let mut picture = FiCurve::new("input", unit).title(word("class")).clock(clock);
    if about["rate_unit"] == "" {
        picture = picture.output("output", "");
    }
    if let Some(dt) = about["dt"].as_f64() {
        picture = picture.step(dt);
    }
    if let Some(rheobase) = about["rheobase"].as_f64() {
        picture = picture.rheobase(rheobase);
    }
    if let Some(closed) = closed {
        picture = picture.closed_form("closed form", input, closed);
    }
    if let Some(simulated) = simulated {
        picture = picture.simulated("simulation", input, simulated);
    }
    Ok(with_provenance(picture.figure()?, &about))
}

/// What an archive of a run says of how it was made; nothing where it says none.
pub(crate) fn source_of(path: &Path) -> Value {
    let is_npz = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npz"));
    let meta = |path: &Path| NpzReader::open(path).ok()?.read("meta").ok();
    let meta = is_npz.then(|| meta(path)).flatten();
    let mut said: Value =
        meta.and_then(|meta| serde_json::from_str(meta.as_text()?).ok()).unwrap_or_default();
    // Every picture says the program by itself.
    if let Some(all) = said.as_object_mut() {
        all.remove("program");
    }
    said
}

/// What the line above a table of a curve says; nothing where there is none.
fn said_above(path: &Path) -> Value {
    let first = |file| BufReader::new(file).lines().next()?.ok();
    let line = File::open(path).ok().and_then(first).unwrap_or_default();
    let about = line.strip_prefix("# ").and_then(|line| line.strip_prefix(ABOUT));
    about.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}
