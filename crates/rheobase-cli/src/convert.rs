//! `rheobase convert`: a model from one framework's file to another's.

use std::path::{Path, PathBuf};

use clap::Args;
use rheobase::draw::{Report as Page, Table};
use rheobase::exchange::{Reading, Report, Target, write};
use serde_json::{Value, json};

use crate::exchange::{From, own_model, report_text};
use crate::failure::{Failure, Outcome};
use crate::format::Format;

/// Convert models between frameworks, and say what becomes of every parameter
#[derive(Args)]
#[command(
    after_help = "IN is a NIR graph (.nir), a description (.json) with --weights, a checkpoint (.pt, .pth, .safetensors, .npz) with \
--network, a checkpoint or run of ours, or a model that was converted before.
OUT is a NIR graph (.nir), or weights (.safetensors, .npz): under our own names with the network beside them, so that it can be \
replayed and converted again; with --to as layers of a framework (snntorch, norse, spikingjelly, sinabs, rockpool) under its names; \
or with --like under the names of a checkpoint. `load_state_dict` takes the latter two.

Every parameter is exact (the same number), rewritten (the same behaviour by other numbers), approximated, lost, or refused.

Exit code: 0, 1 if anything is lost or approximated, 2 if nothing was written.

Examples:
  rheobase convert model.nir model.safetensors --from snntorch --with reset_mechanism=zero
  rheobase convert runs/digits-0 digits.nir
  rheobase convert digits.nir old.nir --without-v-reset
  rheobase convert runs/digits-0 digits.nir --to norse
  rheobase convert model.nir model.safetensors --to spikingjelly
  rheobase convert trained.pt back.safetensors --network net.toml --like trained.pt"
)]
pub(crate) struct Convert {
    /// The model to read
    #[arg(value_name = "IN")]
    model: PathBuf,
    /// The file to write
    #[arg(value_name = "OUT")]
    output: PathBuf,
    #[command(flatten)]
    from: From,
    /// Framework to write for: the one that will read a NIR graph, or whose layers and names weights have
    #[arg(long, value_name = "FRAMEWORK")]
    to: Option<String>,
    /// Checkpoint whose names the weights take
    #[arg(long, value_name = "FILE")]
    like: Option<PathBuf>,
    /// Leave v_reset out of NIR nodes: readers up to nir 1.0.5 raise an error on it
    #[arg(long)]
    without_v_reset: bool,
    /// Refuse whatever is neither exact nor rewritten
    #[arg(long)]
    strict: bool,
    /// Write both reports: a page (.html), else JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

/// A line per parameter that was read, and per one that was written.
fn fates(both: &Value) -> Value {
    let lines = ["read", "written"].map(|step| {
        let mut entries = both[step]["entries"].as_array().cloned().unwrap_or_default();
        entries.iter_mut().for_each(|entry| entry["step"] = json!(step));
        entries
    });
    lines.concat().into()
}

impl Convert {
    pub(crate) fn run(self) -> Outcome<()> {
        let reading = self.from.reading(&self.model)?;
        let mut written = Report::default();
        let done = self.write(reading.as_ref(), &mut written);
        let read = reading.as_ref().map(|r| &r.report);
        // Also where something was refused: then it says what.
        if let Some(path) = &self.report {
            self.save(path, read, &written)?;
        }
        done?;
        let all = json!({ "read": read, "written": written });
        self.format.print_part(&all, fates, || {
            let read =
                read.map_or(String::new(), |r| format!("{} is {}", self.model.display(), report_text(r)));
            read + &format!("{} as {}", self.output.display(), report_text(&written))
        })?;
        let lost = read.into_iter().chain([&written]).any(|r| r.losses().next().is_some());
        if lost { Err(Failure::Disagrees) } else { Ok(()) }
    }

    /// Writes the model that was read, or that of a run or checkpoint of ours.
    fn write(&self, reading: Option<&Reading>, report: &mut Report) -> Outcome<()> {
        let target = Target {
            like: self.like.clone(),
            to: self.to.clone(),
            v_reset: !self.without_v_reset,
            strict: self.strict,
        };
        let model = match reading {
            None => &own_model(&self.model)?,
            Some(reading) if self.strict => reading.strict()?,
            Some(reading) => reading.model()?,
        };
        Ok(write(model, &self.output, &target, report)?)
    }

    /// Writes both reports: a page where the file's name ends in `.html`, else JSON.
    fn save(&self, path: &Path, read: Option<&Report>, written: &Report) -> Outcome<()> {
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("html")) {
            let mut page = Page::new(format!("{} to {}", self.model.display(), self.output.display()));
            for (heading, report) in read.map(|read| ("Read", read)).into_iter().chain([("Written", written)])
            {
                let rows = report.entries.iter().map(|e| [&e.node[..], &e.parameter, e.fate.word(), &e.how]);
                let table = rows.fold(Table::new(["node", "parameter", "fate", "how"]), Table::row);
                page = page.heading(heading).paragraph(&report.dialect).paragraph(&report.because);
                page = page.table(report.summary(), table);
            }
            return Ok(page.save(path)?);
        }
        let json = json!({ "read": read, "written": written });
        let text = serde_json::to_string_pretty(&json).map_err(|e| Failure::bad(e.to_string()))?;
        Ok(rheobase::data::atomic_write(path, |file| {
            std::io::Write::write_all(file, (text + "\n").as_bytes())
        })?)
    }
}
