//! `rheobase inspect`: what is in a recording or a data set.

use rheobase::data::{
    self, Contents, CsvOptions, Dataset, Inputs, NpzOptions, SpikeTrains, TrainOptions, contents,
};
use serde_json::{Value, json};

use crate::analyse::described;
use crate::arguments::FilePart;
use crate::failure::Outcome;
use crate::format::Format;
use crate::terminal;
use crate::text::{Table, grouped, short};

/// Neurons in the table, at most.
const SHOWN: usize = 20;

/// Prints what is in a file.
pub(crate) fn run(file: &FilePart, format: Format) -> Outcome<()> {
    let samples = samples(file);
    let options = TrainOptions { array: file.part.clone(), ..Default::default() };
    let found = match contents(&file.path, &options) {
        Ok(found) => found,
        Err(e) => {
            let samples = samples.ok_or(e)?;
            let all = json!({ "file": file.path, "samples": facts(&samples) });
            return format.print_part(&all, |all| all["samples"].clone(), || table(&samples));
        }
    };
    let recording = found.recording.as_ref();
    // A table that names no spikes is one of samples.
    let samples = samples.or_else(|| recording.is_err().then(|| table_of_samples(file)).flatten());
    let all = json!({
        "file": file.path,
        "format": found.format.name,
        "parts": found.parts,
        "understood": recording.map(|r| r.understood.clone()).ok(),
        "notes": recording.map(|r| r.notes.clone()).unwrap_or_default(),
        "refused": recording.err().map(|e| e.to_string()),
        "neurons": recording.map(|r| r.trains.names.clone()).ok(),
        "trials": recording.map(|r| r.trains.samples).ok(),
        "spikes": recording.map(|r| r.trains.spikes()).ok(),
        "window": recording.map(|r| r.trains.window).ok(),
        "trains": recording.map(|r| trains(&r.trains)).ok(),
        "samples": samples.as_ref().map(facts),
    });
    let part = if samples.is_some() { "samples" } else { "trains" };
    format.print_part(&all, |all| all[part].clone(), || text(file, &found, samples.as_ref()))
}

/// Every train: its name, how many spikes it has, the first and the last of them.
fn trains(trains: &SpikeTrains) -> Vec<Value> {
    let one = |(i, times): (usize, &Vec<f64>)| json!({ "train": trains.label(i), "spikes": times.len(), "first": times.first(), "last": times.last() });
    trains.times.iter().enumerate().map(one).collect()
}

/// The same for reading.
fn text(file: &FilePart, found: &Contents, samples: Option<&Dataset>) -> String {
    let mut out = format!("{}: {}\n", file.path.display(), found.format.name);
    found.parts.iter().for_each(|part| out += &format!("  {part}\n"));
    match (found.recording.as_ref(), samples) {
        (_, Some(samples)) => out += &table(samples),
        (Ok(recording), None) => {
            let trains = &recording.trains;
            out += &format!("{}\n{}\n", recording.understood, described(trains));
            recording.notes.iter().for_each(|note| out += &format!("note: {note}\n"));
            let mut rows = Table::new(&["TRAIN", "SPIKES", "FIRST", "LAST"]);
            let edge = |time: Option<&f64>| time.map_or(String::new(), |t| short(*t));
            for (i, times) in trains.times.iter().enumerate().take(SHOWN) {
                rows.cells(vec![
                    trains.label(i),
                    grouped(times.len() as u64),
                    edge(times.first()),
                    edge(times.last()),
                ]);
            }
            out += &rows.render(usize::MAX);
            if trains.times.len() > SHOWN {
                out += &format!("… and {} more\n", grouped((trains.times.len() - SHOWN) as u64));
            }
        }
        (Err(e), None) => out += &format!("no spikes read: {e}\n"),
    }
    out
}

/// A table as a data set, as `data.source.csv` reads it, if it has classes.
fn table_of_samples(file: &FilePart) -> Option<Dataset> {
    let is_csv = file.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let read = is_csv.then(|| data::read_csv_dataset(&file.path, &CsvOptions::default()).ok()).flatten();
    read.filter(|samples| samples.classes() > 1)
}

/// The file as a data set, if it is clearly one.
fn samples(file: &FilePart) -> Option<Dataset> {
    let path = &file.path;
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = path.file_name().map(|n| n.to_string_lossy().to_string()).unwrap_or_default();
    match &ending[..] {
        "npz" => match &file.part {
            Some(part) => data::read_npz_part(path, part, &NpzOptions::default()).ok(),
            None => {
                data::read_npz_dataset(path, &NpzOptions::default()).ok().filter(|d| !d.labels().is_empty())
            }
        },
        _ if name.contains("idx") && name.contains("ubyte") => data::read_idx_dataset(path, None).ok(),
        _ => None,
    }
}

fn facts(samples: &Dataset) -> Value {
    json!({
        "samples": samples.samples(),
        "shape": samples.shape(),
        "holds": holds(samples),
        "classes": samples.classes(),
        "class_names": samples.class_names(),
    })
}

fn holds(samples: &Dataset) -> &'static str {
    match samples.inputs() {
        Inputs::Static(_) => "values",
        Inputs::Series { .. } => "values over time",
        Inputs::Events(_) => "events",
    }
}

fn table(samples: &Dataset) -> String {
    let mut rows = Table::bare();
    rows.row([
        "samples".into(),
        format!(
            "{} of {} in the shape {:?}",
            grouped(samples.samples() as u64),
            holds(samples),
            samples.shape()
        ),
    ]);
    let classes = match samples.class_names() {
        [] if samples.classes() == 0 => "no labels".into(),
        [] => samples.classes().to_string(),
        names => format!("{}: {}", names.len(), names.join(", ")),
    };
    rows.row(["classes".into(), classes]);
    rows.render(terminal::width())
}
