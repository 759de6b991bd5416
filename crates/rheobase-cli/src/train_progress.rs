//! How far a training is: a bar on terminals, a line per epoch elsewhere.

use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rheobase::learn::{Epoch, Progressed, Warning};

use crate::terminal;
use crate::text::{grouped, short};

/// A progress bar over all batches.
pub(crate) struct Bar {
    bar: ProgressBar,
    epochs: u64,
    start: Instant,
    samples: usize,
    before: (u64, usize),
    /// Warnings that were shown.
    warned: usize,
}

impl Bar {
    /// A bar for a training of `epochs` epochs; within epoch `epoch` (from 1) `samples` samples are done already.
    pub(crate) fn new(epochs: u64) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:24} {percent:>3} %  {msg}");
        let bar = match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Bar { bar, epochs, start: Instant::now(), samples: 0, before: (0, 0), warned: 0 }
    }

    /// Shows the progress after a batch.
    pub(crate) fn show(&mut self, now: &Progressed, epoch: Option<&Epoch>) {
        self.count(now);
        let speed = self.samples as f64 / self.start.elapsed().as_secs_f64().max(1e-9);
        let (done, all) = now.batches;
        self.bar.set_length(self.epochs * all as u64);
        self.bar.set_position((now.epoch - 1) * all as u64 + done as u64);
        let text = format!(
            "epoch {}/{}  loss {}  accuracy {:.1} %  rate {:.1} %  {} samples/s",
            now.epoch,
            self.epochs,
            short(now.loss),
            100.0 * now.accuracy,
            100.0 * now.rate,
            grouped(speed as u64)
        );
        match epoch {
            Some(epoch) if self.bar.is_hidden() => {
                let validation = epoch
                    .validation_accuracy
                    .map_or(String::new(), |a| format!("  validation {:.1} %", 100.0 * a));
                terminal::warn(&(text + &validation));
            }
            _ => self.bar.set_message(text),
        }
    }

    /// Shows the warnings that are new, above the bar.
    pub(crate) fn warn(&mut self, warnings: &[Warning]) {
        for warning in warnings.iter().skip(self.warned) {
            self.bar.suspend(|| terminal::warn(&format!("warning: {warning}")));
        }
        self.warned = warnings.len();
    }

    /// Counts the samples of this process: a resumed epoch starts in its middle.
    fn count(&mut self, now: &Progressed) {
        let (epoch, samples) = self.before;
        let new = match epoch == now.epoch {
            true => now.samples - samples,
            false => now.samples.div_ceil(now.batches.0.max(1)).min(now.samples),
        };
        self.samples += new;
        self.before = (now.epoch, now.samples);
    }

    /// Takes the bar away; gives the seconds since the start, and samples per second.
    pub(crate) fn finish(self) -> (f64, f64) {
        self.bar.finish_and_clear();
        let seconds = self.start.elapsed().as_secs_f64();
        (seconds, self.samples as f64 / seconds.max(1e-9))
    }
}
