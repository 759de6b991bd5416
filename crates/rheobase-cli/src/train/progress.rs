//! How far a training is: a bar on terminals, a line per epoch elsewhere.

use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rheobase::learn::{Epoch, Progressed, StageProgress, StageRun, Warning};

use crate::terminal;
use crate::text::{grouped, short};

/// A progress bar over all batches of a stage or of the training.
pub(crate) struct Bar {
    bar: ProgressBar,
    epochs: u64,
    all: Pace,
    /// That of the stage, or of the training after them.
    part: Pace,
    stage: Option<usize>,
    /// When something was shown last.
    shown: Instant,
    /// Warnings that were shown.
    warned: usize,
}

/// Samples since a point in time.
struct Pace {
    start: Instant,
    samples: usize,
}

impl Pace {
    /// Seconds, and samples per second.
    fn now(&self) -> (f64, f64) {
        let seconds = self.start.elapsed().as_secs_f64();
        (seconds, self.samples as f64 / seconds.max(1e-9))
    }
}

impl Bar {
    /// A bar for a training of `epochs` epochs.
    pub(crate) fn new(epochs: u64) -> Self {
        terminal::stop_waiting();
        let target =
            if terminal::is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{bar:24} {percent:>3} %  {msg}");
        let bar = match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        let shown = Instant::now();
        let [all, part] = [0, 0].map(|samples| Pace { start: shown, samples });
        Bar { bar, epochs, all, part, stage: None, shown, warned: 0 }
    }

    /// Shows the progress after a batch.
    pub(crate) fn show(&mut self, now: &Progressed, epoch: Option<&Epoch>, stages: &[StageRun]) {
        let stage = now.stage.map(|stage| stage.stage);
        if stage != self.stage {
            (self.stage, self.part) = (stage, Pace { start: self.shown, samples: 0 });
        }
        self.shown = Instant::now();
        self.all.samples += now.new;
        self.part.samples += now.new;
        let (done, all) = now.batches;
        let epochs = now.stage.map_or(self.epochs, |stage| stage.epochs);
        self.bar.set_length(epochs * all as u64);
        self.bar.set_position((now.epoch - 1) * all as u64 + done as u64);
        let mut text = match &now.stage {
            Some(stage) => stage_line(now, stage, &stages[stage.stage]),
            None => format!(
                "epoch {}/{epochs}  loss {}  accuracy {:.1} %  rate {:.1} %",
                now.epoch,
                short(now.loss),
                100.0 * now.accuracy,
                100.0 * now.rate
            ),
        };
        text += &format!("  {} samples/s", grouped(self.part.now().1 as u64));
        let ended = epoch.is_some() || (now.stage.is_some() && done == all);
        if !ended {
            return self.bar.set_message(text);
        }
        let judged = epoch.map(|e| [("validation", e.validation_accuracy), ("test", e.test_accuracy)]);
        for (set, accuracy) in judged.into_iter().flatten() {
            text += &accuracy.map_or(String::new(), |a| format!("  {set} {:.1} %", 100.0 * a));
        }
        // A line that stays, above the bar where there is one.
        if self.bar.is_hidden() { terminal::note(&text) } else { self.bar.println(text) }
    }

    /// Shows the warnings that are new, above the bar.
    pub(crate) fn warn(&mut self, warnings: &[Warning]) {
        for warning in warnings.iter().skip(self.warned) {
            self.bar.suspend(|| terminal::warn(&format!("warning: {warning}")));
        }
        self.warned = warnings.len();
    }

    /// Takes the bar away; gives the seconds since the start, and samples per second.
    pub(crate) fn finish(self) -> (f64, f64) {
        self.bar.finish_and_clear();
        self.all.now()
    }
}

/// `stage features_conv: epoch 1/5  w(1−w) 0.112  30 of 32 features have won`
fn stage_line(now: &Progressed, stage: &StageProgress, run: &StageRun) -> String {
    let right = stage.accuracy.map_or(String::new(), |a| format!("  accuracy {:.1} %", 100.0 * a));
    format!(
        "stage {}: epoch {}/{}  w(1−w) {}  {} of {} features have won{right}",
        run.config().layer,
        now.epoch,
        stage.epochs,
        short(stage.convergence),
        stage.won,
        stage.features
    )
}
