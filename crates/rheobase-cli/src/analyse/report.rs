//! `rheobase report`: one self-contained page of everything in a folder of results.

use std::path::{Path, PathBuf};

use clap::Args;
use rheobase::data::{NpzReader, SpikeTrains};
use rheobase::draw::{Figure, Report as Page, Table};
use rheobase::show::{Rows, population_rate, raster};
use serde_json::Value;

use crate::analyse::measures::{self, Findings, Settings};
use crate::analyse::recording::Part;
use crate::analyse::{described, run_report, sweep_report};
use crate::arguments::{FilePart, check_output};
use crate::failure::{Failure, Outcome};
use crate::plot::{self, numbers, traces};
use crate::sweep::TABLE;
use crate::terminal;
use crate::text::{grouped, scalars, short};
use crate::train::run_folder::{CONFIG, PAGE, STAGES};

/// Rows of a table of settings, at most.
const ROWS: usize = 60;
/// Trains from which statistics on the page are worked out, at most.
const TRAINS: usize = 50;

/// Put everything in a folder of results on one HTML page
#[derive(Args)]
#[command(
    after_help = "The page needs nothing from the network. Of a training it shows result, settings and layers first, of a \
sweep its runs with their learning curves. It shows, as far as the folder has them: spikes (.npz, .npy, .csv) \
as raster, rates and intervals with their statistics; probes as traces; f-I curves; metrics of a training (.csv, .json, \
.jsonl) as learning curves; its stages (stages.csv) and other .json files as tables; pictures (.svg, .png). What it cannot \
show it lists, with the reason. Subfolders are left out.

Examples:
  rheobase report run
  rheobase report run -o run.html --title \"Two layers, 30 epochs\""
)]
pub(crate) struct Report {
    /// Folder of results
    #[arg(value_name = "RUN_DIR")]
    folder: PathBuf,
    /// The page to write [default: report.html in the folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Heading of the page [default: the folder's name]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Length of a step in seconds, for files that have none
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = crate::units::seconds)]
    dt: Option<f64>,
}

/// The page so far, and what became of each file.
struct Draft {
    page: Page,
    shown: Vec<(String, String)>,
    missing: Vec<(String, String)>,
}

impl Draft {
    fn edit(&mut self, change: impl FnOnce(Page) -> Page) {
        self.page = change(std::mem::replace(&mut self.page, Page::new("")));
    }

    fn figure(&mut self, caption: &str, figure: &Figure) -> Outcome<()> {
        let page = std::mem::replace(&mut self.page, Page::new(""));
        let before = page.clone();
        match page.figure(caption, figure) {
            Ok(page) => self.page = page,
            Err(e) => {
                self.page = before;
                return Err(e.into());
            }
        }
        Ok(())
    }
}

impl Report {
    pub(crate) fn run(self) -> Outcome<()> {
        let place = self.folder.display();
        if !self.folder.is_dir() {
            return Err(Failure::bad(format!(
                "{place}: is not a folder; give the one with the results of a run"
            )));
        }
        let output = self.output.clone().unwrap_or_else(|| self.folder.join(PAGE));
        check_output("-o", &output, &["html", "htm"])?;
        let files = self.files(&output)?;
        let name = self.folder.canonicalize().ok();
        let name = name.as_ref().and_then(|p| p.file_name()).map_or("report".into(), |n| n.to_string_lossy());
        let title = self.title.clone().unwrap_or_else(|| name.into_owned());
        let mut draft = Draft { page: Page::new(title), shown: Vec::new(), missing: Vec::new() };
        let is_run = self.folder.join(CONFIG).is_file();
        if is_run {
            draft.page = run_report::head(draft.page, &self.folder)?;
        }
        let is_sweep = self.folder.join(TABLE).is_file();
        if is_sweep {
            draft.page = sweep_report::head(draft.page, &self.folder)?;
        }
        for file in &files {
            let name = file.file_name().map_or(String::new(), |n| n.to_string_lossy().into_owned());
            let in_head = run_report::SHOWN.iter().find(|(known, _)| is_run && *known == name);
            if let Some((_, what)) = in_head {
                draft.shown.push((name, (*what).into()));
                continue;
            }
            if is_sweep && name == TABLE {
                draft.shown.push((name, "the runs: settings and results".into()));
                continue;
            }
            match self.add(&mut draft, file, &name) {
                Ok(what) => draft.shown.push((name, what)),
                Err(Failure::Bad(why)) => draft.missing.push((name, why)),
                Err(other) => return Err(other),
            }
        }
        draft.edit(|page| page.heading("Files"));
        for (caption, list, head) in [
            ("On this page", &draft.shown.clone(), ["File", "What it holds"]),
            ("Not on this page", &draft.missing.clone(), ["File", "Why"]),
        ] {
            if !list.is_empty() {
                let table =
                    list.iter().fold(Table::new(head), |t, (name, what)| t.row([name.clone(), what.clone()]));
                draft.edit(|page| page.table(caption, table));
            }
        }
        if files.is_empty() {
            draft.edit(|page| page.paragraph("The folder is empty."));
        }
        draft.page.save(&output)?;
        let (shown, missing) = (draft.shown.len(), draft.missing.len());
        let mut out = format!("wrote {}: {shown} of {} files\n", output.display(), files.len());
        for (name, why) in draft.missing.iter().take(20) {
            out += &format!("  left out {name}: {why}\n");
        }
        if missing > 20 {
            out += &format!("  and {} more\n", missing - 20);
        }
        terminal::print(&out)
    }

    /// The files of the folder in the order of their names, the page itself left out.
    fn files(&self, output: &Path) -> Outcome<Vec<PathBuf>> {
        let fault =
            |e: std::io::Error| Failure::bad(format!("{}: cannot be read: {e}", self.folder.display()));
        let same = |path: &Path| match (path.canonicalize(), output.canonicalize()) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
            if path.is_file() && !hidden && !same(&path) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Adds what is in a file, and says what that was.
    fn add(&self, draft: &mut Draft, path: &Path, name: &str) -> Outcome<String> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let part = Part { dt: self.dt, ..Part::default() };
        let file = FilePart { path: path.into(), part: None };
        match ending.as_deref() {
            Some("svg" | "png") => {
                let page = draft.page.clone().heading(name).picture_file("", path)?;
                draft.page = page;
                Ok("a picture".into())
            }
            Some("json" | "jsonl") => add_json(draft, path, name),
            Some("npz") => add_npz(draft, &file, &part, name),
            Some("npy") => add_spikes(draft, &file, &part, name),
            Some("csv") if name == STAGES => add_stages(draft, path, name),
            Some("csv" | "tsv" | "txt") => add_table(draft, &file, &part, name),
            _ => Err(Failure::bad("is not a file of a kind that is shown (npz, npy, csv, json, svg, png)")),
        }
    }
}

fn add_json(draft: &mut Draft, path: &Path, name: &str) -> Outcome<String> {
    let curves = numbers::metrics(path)?;
    if let Some(figure) = numbers::learning_of(&curves, false) {
        return add_learning(draft, &figure?, &curves, name);
    }
    let text = std::fs::read_to_string(path).map_err(|e| Failure::bad(format!("cannot be read: {e}")))?;
    let value: Value = serde_json::from_str(&text).map_err(|e| Failure::bad(format!("is not JSON: {e}")))?;
    let rows = scalars(&value);
    if rows.is_empty() {
        return Err(Failure::bad("holds neither curves nor settings"));
    }
    draft.edit(|page| page.heading(name).table("Settings", settings(rows)));
    Ok("settings".into())
}

fn settings(rows: Vec<(String, String)>) -> Table {
    let left_out = rows.len().saturating_sub(ROWS);
    let table = rows.into_iter().take(ROWS).fold(Table::new(["Name", "Value"]), |t, (n, v)| t.row([n, v]));
    if left_out > 0 { table.row(["…".to_string(), format!("{left_out} more")]) } else { table }
}

fn add_learning(
    draft: &mut Draft,
    figure: &Figure,
    curves: &[numbers::Curve],
    name: &str,
) -> Outcome<String> {
    draft.edit(|page| page.heading(name));
    draft.figure("Learning curves", figure)?;
    let mut table = Table::new(["Metric", "First", "Best", "Last"]);
    let is = |c: &numbers::Curve, part: &str| c.name.to_lowercase().contains(part);
    for c in curves.iter().filter(|c| is(c, "loss") || is(c, "acc")) {
        let best = match is(c, "loss") {
            true => c.values.iter().copied().fold(f64::INFINITY, f64::min),
            false => c.values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        };
        let at = |v: Option<&f64>| v.map_or(String::new(), |v| short(*v));
        table = table.row([c.name.clone(), at(c.values.first()), short(best), at(c.values.last())]);
    }
    draft.edit(|page| page.table("Metrics", table));
    Ok("metrics of a training".into())
}

fn add_npz(draft: &mut Draft, file: &FilePart, part: &Part, name: &str) -> Outcome<String> {
    let mut reader = NpzReader::open(&file.path)?;
    let names: Vec<String> = reader.names().map(String::from).collect();
    let has = |name: &str| names.iter().any(|n| n == name);
    if has("input") && (has("simulated") || has("closed_form")) {
        return add_curve(draft, file, name);
    }
    let spikes = match ["events", "bits", "spikes"].iter().any(|n| has(n)) || names.len() == 1 {
        true => Some(add_spikes(draft, file, part, name)?),
        false => None,
    };
    let probes = names.iter().filter(|n| has(&format!("{n}_every"))).count();
    if probes > 0 || has("output") {
        if spikes.is_none() {
            draft.edit(|page| page.heading(name));
        }
        draft.figure("States over time", &traces::traces(file, part, &[], false)?)?;
    } else if spikes.is_none() {
        return Err(Failure::bad(format!("holds neither spikes nor probes, but `{}`", names.join("`, `"))));
    }
    if has("meta")
        && let Some(text) = reader.read("meta")?.as_text()
        && let Ok(meta) = serde_json::from_str::<Value>(text)
    {
        let rows = scalars(&meta);
        draft.edit(|page| page.table("What was run", settings(rows)));
    }
    let traces = if probes > 0 {
        format!(", {probes} probe{}", if probes == 1 { "" } else { "s" })
    } else {
        String::new()
    };
    Ok(spikes.unwrap_or_else(|| "states over time".into()) + &traces)
}

fn add_curve(draft: &mut Draft, file: &FilePart, name: &str) -> Outcome<String> {
    let figure = numbers::fi_curve(&file.path)?;
    draft.edit(|page| page.heading(name));
    draft.figure("Firing rate over input", &figure)?;
    Ok("an f-I curve".into())
}

fn add_table(draft: &mut Draft, file: &FilePart, part: &Part, name: &str) -> Outcome<String> {
    let curves = numbers::metrics(&file.path)?;
    let has = |name: &str| curves.iter().any(|c| c.name.to_lowercase() == name);
    if has("input") && (has("simulated") || has("closed_form")) {
        return add_curve(draft, file, name);
    }
    if !has("neuron")
        && let Some(figure) = numbers::learning_of(&curves, false)
    {
        return add_learning(draft, &figure?, &curves, name);
    }
    let spikes = add_spikes(draft, file, part, name);
    let states = curves.iter().any(|c| c.name.contains('[') && !c.name.starts_with("spikes["));
    if !states && !(spikes.is_err() && (has("time") || has("t") || has("step"))) {
        return spikes;
    }
    if spikes.is_err() {
        draft.edit(|page| page.heading(name));
    }
    draft.figure("States over time", &traces::traces(file, part, &[], false)?)?;
    Ok(spikes.map_or("states over time".into(), |s| s + ", states"))
}

/// The epochs of the stages of a training, as they stand in their file.
fn add_stages(draft: &mut Draft, path: &Path, name: &str) -> Outcome<String> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::bad(format!("cannot be read: {e}")))?;
    let cells = |line: &str| line.split(',').map(str::to_string).collect::<Vec<_>>();
    let mut lines = text.lines();
    let head = lines.next().map(|line| cells(&line.replace('_', " "))).unwrap_or_default();
    if head.first().is_none_or(|first| first != "layer") {
        return Err(Failure::bad("does not begin with `layer`, as the file of a training's stages does"));
    }
    let table = lines.fold(Table::new(head), |table, line| table.row(cells(line)));
    draft.edit(|page| page.heading(name).table("Stages: layers that learned without labels", table));
    Ok("stages of a training".into())
}

/// Raster, rates, intervals and statistics of the spikes in a file.
fn add_spikes(draft: &mut Draft, file: &FilePart, part: &Part, name: &str) -> Outcome<String> {
    let read = part.read(file)?;
    let trains = read.trains;
    let what = format!("{}; {}", described(&trains), read.understood);
    let raster = raster(&trains, &Rows { rate: Some(false), ..Rows::default() })?;
    draft.edit(|page| page.heading(name).paragraph(format!("{what}.")));
    draft.figure("Spikes", &raster)?;
    if trains.spikes() > 0 {
        draft.figure(
            "Firing rate, with its 95 % interval for Poisson spikes",
            &population_rate(&trains, None, 0.95)?,
        )?;
    }
    if let Ok(figure) = plot::intervals(&trains, None) {
        draft.figure("Intervals between spikes, all trains", &figure)?;
    }
    let table = statistics(&trains)?;
    draft.edit(|page| page.table("Statistics", table));
    Ok(what)
}

fn statistics(trains: &SpikeTrains) -> Outcome<Table> {
    let set = Settings::usual(trains.clock, TRAINS);
    let mut found = Findings::default();
    measures::usual(trains, &set, &mut found)?;
    let silent = trains.times.iter().filter(|t| t.is_empty()).count();
    let mut table =
        Table::new(["Measure", "Value"]).row(["silent trains".to_string(), grouped(silent as u64)]);
    for (name, value) in found.lines {
        table = table.row([name, value]);
    }
    Ok(table)
}
