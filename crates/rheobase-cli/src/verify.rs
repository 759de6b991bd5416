//! `rheobase verify`: reference traces against this library, as a table or JSON.

use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use rheobase::verify::{ArrayReport, FileReport, Status, find_traces, rules, verify_file};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::terminal;
use crate::text::{Table, short, wrap};

/// Compare traces recorded from published libraries with this one
#[derive(Args)]
#[command(
    after_help = "A trace is an npz file that holds input, outputs and states of a run of another library, and what was run.
Each is run here on the same input and compared array by array. A number agrees within the tolerance of its precision, \
or as far as rounding may carry it through the model's own equations.

  pass         every array agrees
  different    arrays disagree only where a rule says why (explained below the table)
  not_covered  the trace is of something that is not in this library
  fail         an array disagrees, one that traces of its kind have is missing, or the file cannot be used

Exit code: 0, 1 if a file fails, 2 if there is nothing to verify.

Examples:
  rheobase verify conformance/traces
  rheobase verify run1.npz run2.npz --json"
)]
pub(crate) struct Verify {
    /// Files, or folders of npz files
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    format: Format,
}

impl Verify {
    pub(crate) fn run(self) -> Outcome<()> {
        let files = find_traces(&self.paths)?;
        if files.is_empty() {
            return Err(Failure::bad(format!("{}: holds no .npz file", self.paths[0].display())));
        }
        let reports: Vec<FileReport> = files.par_iter().map(|f| verify_file(f)).collect();
        if !self.format.is_text() {
            for (file, reason) in reports.iter().filter_map(reason) {
                terminal::warn(&format!("{}: {reason}", file.display()));
            }
        }
        let width = terminal::width();
        self.format.print_part(
            &to_json(&reports),
            |all| all["files"].clone(),
            || to_text(&reports, width),
        )?;
        if reports.iter().any(|r| r.status == Status::Fail) { Err(Failure::Disagrees) } else { Ok(()) }
    }
}

fn reason(r: &FileReport) -> Option<(&Path, &str)> {
    let failed = r.status == Status::Fail;
    r.reason.as_deref().filter(|_| failed).map(|reason| (r.file.as_path(), reason))
}

fn count(reports: &[FileReport], status: Status) -> usize {
    reports.iter().filter(|r| r.status == status).count()
}

/// How many arrays were compared in all.
fn compared(reports: &[FileReport]) -> usize {
    reports.iter().map(|r| r.compared).sum()
}

const STATUSES: [Status; 4] = [Status::Pass, Status::Fail, Status::Different, Status::NotCovered];

fn to_json(reports: &[FileReport]) -> Value {
    // JSON has no infinity: serde_json writes null for what is not finite.
    let array = |a: &ArrayReport| json!({ "name": a.name, "worst": a.worst, "at": a.at });
    let file = |r: &FileReport| {
        json!({
            "file": r.file.display().to_string(),
            "status": r.status.name(),
            "quirks": r.quirks,
            "flips": r.flips,
            "compared": r.compared,
            "missing": r.missing,
            "arrays": r.arrays.iter().map(array).collect::<Vec<_>>(),
        })
    };
    let statuses = STATUSES.iter().map(|s| (s.name().to_string(), json!(count(reports, *s))));
    let arrays = ("arrays".to_string(), json!(compared(reports)));
    let summary: Value = statuses.chain([arrays]).collect::<serde_json::Map<_, _>>().into();
    json!({ "files": reports.iter().map(file).collect::<Vec<_>>(), "summary": summary })
}

/// The array that is furthest off: among those that decide the status, if any disagrees.
fn worst(r: &FileReport) -> Option<&ArrayReport> {
    let rank = |a: &ArrayReport| (!a.agrees && a.rule.is_none(), !a.agrees);
    r.arrays.iter().max_by(|a, b| rank(a).cmp(&rank(b)).then(a.worst.total_cmp(&b.worst)))
}

fn worst_text(r: &FileReport) -> String {
    match (&r.reason, worst(r)) {
        (Some(reason), _) => {
            // The table names the file already.
            let file = format!("{}: ", r.file.display());
            reason.strip_prefix(&file).unwrap_or(reason).to_string()
        }
        (None, None) => String::new(),
        (None, Some(a)) if a.worst == 0.0 => "exact".into(),
        (None, Some(a)) => {
            let at: Vec<String> = a.at.iter().map(usize::to_string).collect();
            format!("{}[{}] {}", a.name, at.join(","), short_power(a.worst))
        }
    }
}

fn short_power(x: f64) -> String {
    if x.is_finite() && x < 0.01 { format!("{x:.0e}") } else { short(x) }
}

/// The longest folder that all files have in common.
fn common_folder(reports: &[FileReport]) -> PathBuf {
    let mut folders = reports.iter().map(|r| r.file.parent().unwrap_or(Path::new("")));
    let first = folders.next().unwrap_or(Path::new("")).to_path_buf();
    folders.fold(first, |common, folder| {
        common.ancestors().find(|a| folder.starts_with(a)).unwrap_or(Path::new("")).to_path_buf()
    })
}

fn to_text(reports: &[FileReport], width: usize) -> String {
    let folder = common_folder(reports);
    let mut out = String::new();
    if folder.components().next().is_some() {
        out += &format!("in {}:\n", folder.display());
    }
    let mut table = Table::new(&["FILE", "STATUS", "ARRAYS", "FLIPS", "QUIRKS", "WORST ARRAY"]);
    for r in reports {
        let name = r.file.strip_prefix(&folder).unwrap_or(&r.file);
        let flips = if r.flips == 0 { String::new() } else { r.flips.to_string() };
        let status = r.status.name().to_string();
        let compared = r.compared.to_string();
        table.row([name.display().to_string(), status, compared, flips, r.quirks.join(","), worst_text(r)]);
    }
    out += &table.render(width);
    let mut used: Vec<&str> = reports.iter().flat_map(|r| r.quirks.iter().copied()).collect();
    used.sort_unstable();
    used.dedup();
    for rule in rules::RULES.iter().filter(|rule| used.contains(&rule.id)) {
        let text = wrap(rule.why, width.saturating_sub(4)).join("\n    ");
        out += &format!("\n{}\n    {text}\n", rule.id);
    }
    let total = STATUSES.map(|s| format!("{} {}", count(reports, s), s.name())).join(", ");
    let flips: usize = reports.iter().map(|r| r.flips).sum();
    let flips =
        if flips == 0 { String::new() } else { format!("; {flips} spikes on the edge fell the other way") };
    let plural = if reports.len() == 1 { "" } else { "s" };
    let arrays = compared(reports);
    out += &format!("\n{} file{plural}: {total}; {arrays} arrays compared{flips}\n", reports.len());
    for r in reports.iter().filter(|r| r.status == Status::Fail) {
        out += &format!("fail: {}\n", r.file.display());
    }
    out
}
