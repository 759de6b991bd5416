//! The controls of a run: trained and tested after it, and compared with it sample by sample.

use std::time::Instant;

use rheobase::learn::{ControlConfig, Job, Outcome as Tested, Paired};
use serde_json::{Value, json};

use super::progress::Bar;
use super::report::Scores;
use crate::failure::{Failure, Outcome};
use crate::text::{Table, short};
use crate::{interrupt, terminal};

/// What a control has come to.
pub(crate) struct Control {
    name: String,
    scores: Scores,
    fingerprint: String,
    paired: Paired,
    seconds: f64,
}

/// Trains and tests the controls of a job, which was tested itself.
pub(crate) fn run(job: &Job, tested: &Tested) -> Outcome<Vec<Control>> {
    job.config().control.iter().map(|control| one(job, tested, control)).collect()
}

fn one(job: &Job, tested: &Tested, config: &ControlConfig) -> Outcome<Control> {
    let start = Instant::now();
    terminal::warn(&format!("control {}", config.name));
    let mut control = job.control(config)?;
    let mut bar = Bar::new(control.config().train.epochs);
    bar.warn(control.warnings());
    let learned = control.run(|control, now, epoch| {
        bar.show(now, epoch, control.stages());
        bar.warn(control.warnings());
        Ok(!interrupt::pressed())
    });
    bar.finish();
    learned?;
    if !control.is_done() {
        return Err(Failure::Interrupted(format!(
            "interrupted in the control `{}`; the run itself is done and saved, and --resume begins its controls again",
            config.name
        )));
    }
    let test = &control.splits().test;
    let outcome = control.evaluate(test)?;
    Ok(Control {
        name: config.name.clone(),
        scores: Scores::new(control.program(), &outcome, test.samples()),
        fingerprint: control.fingerprint()?,
        paired: job.paired(tested, &control, &outcome)?,
        seconds: start.elapsed().as_secs_f64(),
    })
}

impl Control {
    /// `92.1 % (921/1000); only the run is right in 61 samples, only the control in 10: p = 4.1e-10`
    pub(crate) fn row(&self, table: &mut Table) {
        let Paired { first, second, p, .. } = self.paired;
        let (correct, samples) = (self.scores.correct, self.scores.samples);
        let share = 100.0 * correct as f64 / samples as f64;
        let text = format!(
            "{share:.1} % ({correct}/{samples}); only the run is right in {first}, only the control in {second}: p = {}",
            short(p)
        );
        table.row([format!("control {}", self.name), text]);
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "name": self.name,
            "test": self.scores.json(),
            "fingerprint": self.fingerprint,
            "paired": self.paired,
            "seconds": self.seconds,
        })
    }
}
