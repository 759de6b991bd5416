//! `rheobase predict`: the class of every sample in a file, with the scores of all classes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use rheobase::data::atomic_write;
use rheobase::learn::{Outcome as Answers, Trained};
use serde_json::{Value, json};

use crate::arguments::{check_output, is_stdout};
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::terminal;
use crate::train::run_folder::{checkpoint_of, read_trained};
use crate::train::samples_file::SamplesFile;

/// Classify samples with a trained network
#[derive(Args)]
#[command(
    after_help = "A csv has the columns sample, class, and score_0 and so on; the higher a score, the likelier the class.

Examples:
  rheobase predict runs/digits-0 --data digits.csv
  rheobase predict runs/digits-0 --data others.npz -o classes.json"
)]
pub(crate) struct Predict {
    /// Folder of a run, or a checkpoint
    #[arg(value_name = "RUN")]
    run: PathBuf,
    #[command(flatten)]
    samples: SamplesFile,
    /// Write to this .csv or .json file instead of standard output, which is -
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Threads [default: all cores]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = crate::arguments::threads)]
    threads: Option<usize>,
    #[command(flatten)]
    format: Format,
}

impl Predict {
    pub(crate) fn run(self) -> Outcome<()> {
        if let Some(path) = self.output.as_ref().filter(|path| !is_stdout(path)) {
            check_output("-o", path, &["csv", "json"])?;
        }
        let trained = read_trained(&checkpoint_of(&self.run)?, self.threads.unwrap_or(0))?;
        let data = self.samples.read(&trained)?.ok_or_else(|| {
            Failure::bad("--data is missing: name the file with the samples to classify (.npz, .csv, idx)")
        })?;
        let mut warnings = trained.warnings(&data)?;
        let answers = trained.outcome(&data)?;
        warnings.extend(answers.warnings(trained.program(), "these samples"));
        warnings.iter().for_each(|w| terminal::warn(&format!("warning: {w}")));
        let ending = self.output.as_ref().and_then(|p| p.extension());
        let as_json = self.format.json || ending.is_some_and(|e| e.eq_ignore_ascii_case("json"));
        let text = if as_json { in_json(&trained, &answers)? } else { in_csv(&trained, &answers) };
        match &self.output {
            Some(path) if !is_stdout(path) => Ok(atomic_write(path, |file| file.write_all(text.as_bytes()))?),
            _ => terminal::print(&text),
        }
    }
}

/// The name of a class, or its number.
fn name(trained: &Trained, class: usize) -> String {
    trained.samples().class_names.get(class).cloned().unwrap_or_else(|| class.to_string())
}

/// Predicted class and scores of each sample.
fn rows<'a>(trained: &Trained, answers: &'a Answers) -> impl Iterator<Item = (usize, &'a [f32])> {
    let classes: usize = trained.program().output_shape().iter().product();
    answers.predictions.iter().copied().zip(answers.scores.chunks(classes.max(1)))
}

fn in_csv(trained: &Trained, answers: &Answers) -> String {
    let quoted = |text: String| match text.contains([',', '"', '\n', '\r', ';', '\t']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    };
    let classes: usize = trained.program().output_shape().iter().product();
    let mut out = String::from("sample,class");
    (0..classes).for_each(|class| {
        let _ = write!(out, ",{}", quoted(format!("score_{}", name(trained, class))));
    });
    out.push('\n');
    for (i, (class, scores)) in rows(trained, answers).enumerate() {
        let _ = write!(out, "{i},{}", quoted(name(trained, class)));
        for score in scores {
            let _ = write!(out, ",{score}");
        }
        out.push('\n');
    }
    out
}

fn in_json(trained: &Trained, answers: &Answers) -> Outcome<String> {
    let list: Vec<Value> = rows(trained, answers)
        .enumerate()
        .map(|(i, (class, scores))| {
            json!({ "sample": i, "class": class, "name": name(trained, class), "scores": scores })
        })
        .collect();
    let text = serde_json::to_string_pretty(&list).map_err(|e| Failure::bad(format!("JSON: {e}")))?;
    Ok(text + "\n")
}
