//! `rheobase compare`: runs side by side, and the table that a sweep ends with.

use std::path::PathBuf;

use clap::Args;
use rheobase::learn::runs::{Column, run_folders};
use rheobase::learn::{Comparison, RunRecord};
use rheobase::show::training::comparison;

use crate::arguments::is_stdout;
use crate::failure::Outcome;
use crate::format::Format;
use crate::picture_options::PictureOptions;
use crate::terminal;
use crate::text::{Table, short};

/// Compare runs: results and the settings that differ
#[derive(Args)]
#[command(
    after_help = "A folder with runs in it stands for all of them. Runs that differ in their seed at most are one group: its test \
accuracy is a mean with its standard deviation, its curve the mean within a band from the lowest to the highest seed.
Curves are those of the test where all runs have it epoch by epoch (train.test_every), else of the validation, else of \
training; of a single group all of these.

Examples:
  rheobase compare runs/digits-0 runs/digits-1
  rheobase compare sweeps/digits --plot curves.pdf
  rheobase compare sweeps/digits --csv > table.csv"
)]
pub(crate) struct Compare {
    /// Folders of runs, or folders with such folders in them
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// Draw the learning curves into this .svg, .png or .pdf file; - for an SVG on standard output
    #[arg(long, value_name = "FILE", alias = "output", short_alias = 'o')]
    plot: Option<PathBuf>,
    /// Draw the loss on a logarithmic axis
    #[arg(long)]
    log: bool,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    picture: PictureOptions,
}

impl Compare {
    pub(crate) fn run(self) -> Outcome<()> {
        if let Some(path) = &self.plot {
            self.picture.check("--plot", path)?;
        }
        let mut folders: Vec<PathBuf> = Vec::new();
        for path in &self.runs {
            for folder in run_folders(path)? {
                if !folders.contains(&folder) {
                    folders.push(folder);
                }
            }
        }
        let runs = folders.iter().map(RunRecord::read).collect::<rheobase::Result<_>>()?;
        let runs = Comparison::new(runs)?;
        if let Some(path) = &self.plot {
            let names: Vec<String> = runs.runs().iter().map(RunRecord::name).collect();
            let figure = comparison(&runs, self.log)?.provenance("runs", names.join(", "));
            self.picture.save(figure, path)?;
            if is_stdout(path) {
                return Ok(());
            }
        }
        print(&runs, self.format)?;
        match &self.plot {
            Some(path) if self.format.is_text() => terminal::say(&format!("wrote {}\n", path.display())),
            _ => Ok(()),
        }
    }
}

/// Prints the runs as asked for.
pub(crate) fn print(runs: &Comparison, format: Format) -> Outcome<()> {
    match format.csv {
        true => terminal::print(&runs.to_csv()),
        false => format.print(&runs.to_json(), || as_text(runs)),
    }
}

/// What stands above a column: the key's last part, or all of it where two end alike.
fn heading<'a>(runs: &'a Comparison, column: &'a Column) -> &'a str {
    let alike = runs.columns().iter().filter(|c| c.short() == column.short()).count();
    if alike > 1 { &column.key } else { column.short() }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A line per run: what stands above, then its settings that differ and its results.
pub(crate) fn run_lines(runs: &Comparison) -> Vec<Vec<String>> {
    let settings = runs.columns().iter().map(|c| heading(runs, c));
    let results = ["epochs", "test accuracy", "test loss", "spikes/sample", "seconds"];
    let mut lines = vec![["run"].into_iter().chain(settings).chain(results).map(String::from).collect()];
    for (i, run) in runs.runs().iter().enumerate() {
        let mut cells = vec![run.name()];
        cells.extend(runs.columns().iter().map(|c| c.values[i].clone()));
        cells.push(format!("{} of {}", run.epochs.len(), run.settings.train.epochs));
        cells.extend(match &run.result {
            Some(r) => [percent(r.accuracy), short(r.loss), short(r.spikes), short(r.seconds)],
            None => ["not finished", "", "", ""].map(String::from),
        });
        lines.push(cells);
    }
    lines
}

/// A line per group of runs that differ in their seed at most, likewise; none where every group is one run.
pub(crate) fn group_lines(runs: &Comparison) -> Vec<Vec<String>> {
    let groups = runs.groups();
    if runs.runs().len() == groups.len() {
        return Vec::new();
    }
    let mut lines =
        vec![["settings", "runs", "test accuracy: mean ± standard deviation"].map(String::from).to_vec()];
    for group in &groups {
        let accuracy = match runs.accuracy(group) {
            None => "not finished".into(),
            Some((mean, None)) => percent(mean),
            Some((mean, Some(spread))) => format!("{:.2} ± {:.2} %", 100.0 * mean, 100.0 * spread),
        };
        lines.push(vec![runs.label(group), group.runs.len().to_string(), accuracy]);
    }
    lines
}

/// Both tables.
pub(crate) fn as_text(runs: &Comparison) -> String {
    let table = |lines: Vec<Vec<String>>| {
        let mut lines = lines.into_iter();
        let head = lines.next()?;
        let mut table = Table::new(&head.iter().map(String::as_str).collect::<Vec<_>>());
        lines.for_each(|line| table.cells(line));
        Some(table.render(usize::MAX))
    };
    [run_lines(runs), group_lines(runs)].into_iter().filter_map(table).collect::<Vec<_>>().join("\n")
}
