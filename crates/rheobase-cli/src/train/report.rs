//! What a finished training has come to: report, metrics, pictures, and what to try next.

use std::fmt::Write as _;

use rheobase::data::{Dataset, digits};
use rheobase::learn::config::Source;
use rheobase::learn::{Epoch, Job, Outcome as Tested, StageRun, Warning};
use rheobase::network::Program;
use serde_json::{Value, json};

use super::controls::{self, Control};
use super::pictures;
use crate::failure::Outcome;
use crate::terminal;
use crate::text::{Table, grouped, short};
use crate::train::run_folder::{REPORT, RunFolder, STAGES};

/// Loss and accuracy that an epoch may have.
type Judged = fn(&Epoch) -> [Option<f64>; 2];

/// The metrics of all epochs as CSV: columns of the validation and of the test where an epoch has them, their cells empty where
/// another has not.
pub(crate) fn metrics(history: &[Epoch]) -> String {
    let optional: [(&str, Judged); 2] = [
        (",validation_loss,validation_accuracy", |e| [e.validation_loss, e.validation_accuracy]),
        (",test_loss,test_accuracy", |e| [e.test_loss, e.test_accuracy]),
    ];
    let known = |of: Judged| history.iter().any(|e| of(e)[0].is_some());
    let columns: Vec<_> = optional.into_iter().filter(|(_, of)| known(*of)).collect();
    let mut out = String::from("epoch,loss,accuracy,rate,learning_rate");
    columns.iter().for_each(|(names, _)| out += names);
    out.push('\n');
    for e in history {
        let _ = write!(out, "{},{},{},{},{}", e.epoch, e.loss, e.accuracy, e.rate, e.learning_rate);
        for value in columns.iter().flat_map(|(_, of)| of(e)) {
            let _ = write!(out, ",{}", value.map_or(String::new(), |x| x.to_string()));
        }
        out.push('\n');
    }
    out
}

/// What the epochs of all stages brought, as CSV.
pub(crate) fn stage_metrics(stages: &[StageRun]) -> String {
    let mut out = String::from("layer,stage_epoch,samples,convergence,silent,features_that_won,accuracy\n");
    for (stage, e) in stages.iter().flat_map(|stage| stage.history().iter().map(move |e| (stage, e))) {
        let (layer, won) = (&stage.config().layer, e.wins.iter().filter(|wins| **wins > 0).count());
        let accuracy = e.accuracy.map_or(String::new(), |a| a.to_string());
        let _ = writeln!(
            out,
            "{layer},{},{},{},{},{won},{accuracy}",
            e.epoch, e.samples, e.convergence, e.silent
        );
    }
    out
}

/// What a stage has come to: `3 epochs, converged: w(1−w) 0.0045; 31 of 32 features have won`.
fn stage_summary(stage: &StageRun) -> String {
    let Some(last) = stage.history().last() else { return "no epoch: the weights it started with".into() };
    let epochs = stage.history().len();
    let wins = stage.wins();
    let right = last.accuracy.map_or(String::new(), |a| format!("; accuracy {:.1} %", 100.0 * a));
    format!(
        "{epochs} {}, {}: w(1−w) {}; {} of {} features have won{right}",
        if epochs == 1 { "epoch" } else { "epochs" },
        if stage.has_converged() { "converged" } else { "not converged" },
        short(last.convergence),
        wins.iter().filter(|n| **n > 0).count(),
        wins.len()
    )
}

/// What the report holds of the stages.
fn stages_json(stages: &[StageRun]) -> Vec<Value> {
    let one = |stage: &StageRun| {
        json!({
            "layer": stage.config().layer,
            "epochs": stage.history().len(),
            "converged": stage.has_converged(),
            "convergence": stage.history().last().map(|e| e.convergence),
            "accuracy": stage.history().last().and_then(|e| e.accuracy),
            "wins": stage.wins(),
        })
    };
    stages.iter().map(one).collect()
}

/// A test in numbers.
pub(crate) struct Scores {
    pub(crate) samples: usize,
    pub(crate) correct: usize,
    pub(crate) loss: f64,
    pub(crate) spikes: f64,
    pub(crate) operations: f64,
    /// Spiking layers: name, spikes per neuron and step.
    pub(crate) rates: Vec<(String, f64)>,
}

impl Scores {
    pub(crate) fn new(program: &Program, tested: &Tested, samples: usize) -> Self {
        let each = |n: u64| n as f64 / samples as f64;
        let rates = program.nodes().zip(program.spiking()).zip(&tested.counts.spikes);
        let rates = rates.filter(|((_, spiking), _)| *spiking).map(|(((name, _, shape), _), spikes)| {
            let neurons: usize = shape.iter().product();
            (name.to_string(), *spikes as f64 / (neurons as f64 * tested.sample_steps as f64).max(1.0))
        });
        Scores {
            samples,
            correct: tested.correct,
            loss: tested.loss / samples as f64,
            spikes: each(tested.counts.spikes.iter().sum()),
            operations: each(tested.counts.operations.iter().sum()),
            rates: rates.collect(),
        }
    }

    /// `test accuracy 97.8 % (352/360)`
    pub(crate) fn line(&self) -> String {
        let share = 100.0 * self.correct as f64 / self.samples as f64;
        format!("test accuracy {share:.1} % ({}/{})", self.correct, self.samples)
    }

    pub(crate) fn json(&self) -> Value {
        let rates: serde_json::Map<String, Value> =
            self.rates.iter().map(|(name, rate)| (name.clone(), json!(rate))).collect();
        json!({
            "samples": self.samples,
            "correct": self.correct,
            "accuracy": self.correct as f64 / self.samples as f64,
            "loss": self.loss,
            "spikes_per_sample": self.spikes,
            "operations_per_sample": self.operations,
            "rates": rates,
        })
    }

    /// Rows for reading: spikes, operations, rates.
    pub(crate) fn rows(&self, table: &mut Table) {
        table.row(["test loss".into(), short(self.loss)]);
        table.row(["spikes".into(), format!("{} per sample", short(self.spikes))]);
        let synaptic = format!("{} synaptic operations per sample", short(self.operations));
        table.row(["operations".into(), synaptic]);
        for (name, rate) in &self.rates {
            let text = format!("{:.2} % of its neurons spike in a step", 100.0 * rate);
            table.row([format!("rate of {name}"), text]);
        }
    }
}

/// How often each class was taken for each: `[true, predicted]`.
pub(crate) fn confusion(data: &Dataset, tested: &Tested, classes: usize) -> Vec<u64> {
    let mut counts = vec![0; classes * classes];
    for (label, predicted) in data.labels().iter().zip(&tested.predictions) {
        if let Some(count) = counts.get_mut(*label as usize * classes + predicted) {
            *count += 1;
        }
    }
    counts
}

/// Warnings with their text.
pub(crate) fn warnings_json(warnings: &[Warning]) -> Vec<Value> {
    let with_text = |warning: &Warning| {
        let mut value = json!(warning);
        value["message"] = json!(warning.to_string());
        value
    };
    warnings.iter().map(with_text).collect()
}

/// A finished training, tested and written.
pub(crate) struct Finished {
    /// What `report.json` holds.
    pub(crate) report: Value,
    pub(crate) scores: Scores,
    /// What the test found to do nothing.
    pub(crate) warnings: Vec<Warning>,
    controls: Vec<Control>,
    pictures: Vec<String>,
    fingerprint: String,
    credit: Option<&'static str>,
}

/// Tests the network, writes report and pictures into its folder. The training took so many seconds.
pub(crate) fn write(job: &Job, folder: &RunFolder, seconds: f64) -> Outcome<Finished> {
    let test = &job.splits().test;
    let tested = job.evaluate(test)?;
    let scores = Scores::new(job.program(), &tested, test.samples());
    let warnings = tested.warnings(job.program(), "the test");
    let classes: usize = job.program().output_shape().iter().product();
    let matrix = confusion(test, &tested, classes);
    let fingerprint = job.fingerprint()?.to_string();
    let credit = (job.config().data.source == Source::Digits).then_some(digits::CREDIT);
    let controls = controls::run(job, &tested)?;
    let pictures = pictures::draw(job, &matrix, classes, &scores, folder)?;
    let mut report = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "seed": job.config().train.seed,
        "seconds": seconds,
        "epochs": job.history().len(),
        "parameters": job.program().parameters().count(),
        "test": scores.json(),
        "history": job.history(),
        "confusion": matrix.chunks(classes.max(1)).collect::<Vec<_>>(),
        "fingerprint": fingerprint,
        "data": credit.unwrap_or(test.name()),
        "warnings": warnings_json(&[job.warnings(), &warnings].concat()),
        "settings": job.config(),
    });
    if !job.stages().is_empty() {
        report["stages"] = json!(stages_json(job.stages()));
    }
    if !controls.is_empty() {
        report["controls"] = controls.iter().map(Control::json).collect();
    }
    let text = serde_json::to_string_pretty(&report)
        .map_err(|e| crate::failure::Failure::bad(format!("{REPORT}: {e}")))?;
    folder.write(REPORT, &(text + "\n"))?;
    Ok(Finished { report, scores, warnings, controls, pictures, fingerprint, credit })
}

impl Finished {
    /// Says what came of it, as a table; the training had this many seconds, at so many samples per second.
    pub(crate) fn text(&self, job: &Job, folder: &RunFolder, (seconds, speed): (f64, f64)) -> String {
        let mut table = Table::bare();
        let place = folder.path().display();
        let epochs = job.history().len();
        for stage in job.stages() {
            table.row([format!("stage {}", stage.config().layer), stage_summary(stage)]);
        }
        table.row([
            "trained".into(),
            format!("{epochs} epochs, {} parameters", job.program().parameters().count()),
        ]);
        if speed >= 1.0 {
            table.row([
                "speed".into(),
                format!("{} s, {} samples per second", short(seconds), grouped(speed as u64)),
            ]);
        }
        self.scores.rows(&mut table);
        self.controls.iter().for_each(|control| control.row(&mut table));
        let stages = if job.stages().is_empty() { String::new() } else { format!("{STAGES}, ") };
        table.row([
            "wrote".into(),
            format!("{place}: checkpoint.safetensors, config.toml, metrics.csv, {stages}{REPORT}"),
        ]);
        table.row(["pictures".into(), self.pictures.join(", ")]);
        if let Some(credit) = self.credit {
            table.row(["data".into(), credit.into()]);
        }
        let mut out = table.render(terminal::width());
        if !terminal::is_quiet() {
            let more = (2 * job.config().train.epochs).max(1);
            let _ = write!(
                out,
                "
Try next:
  rheobase inspect {place}                  its layers, shapes, parameters and rates
  rheobase eval {place}                     the test again
  rheobase report {place}                   everything on one page
  rheobase train --resume -o {place} --epochs {more}    train further
"
            );
        }
        let _ = write!(out, "\nfingerprint {}\n{}\n", self.fingerprint, self.scores.line());
        out
    }
}
