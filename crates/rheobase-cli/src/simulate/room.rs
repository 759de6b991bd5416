//! Room for the spikes of a run: whether they will fit into memory and onto the disk, before the run and while it goes on.

use std::path::{Path, PathBuf};

use rheobase::memory;

use crate::failure::{Failure, Outcome};
use crate::simulate::disk;
use crate::text::short;

/// Spikes that are taken without asking whether they fit.
const FEW: usize = 1 << 20;

/// Room for spikes that are kept until the end of a run.
pub(crate) struct Room {
    /// The option that they are kept for.
    option: &'static str,
    /// Bytes of a spike as it is kept, and in the form of the file or picture.
    kept: f64,
    made: f64,
    /// The file that they are written to, and how many bytes each of them takes there at least.
    file: Option<(PathBuf, f64)>,
    /// Steps of the run.
    steps: usize,
    /// Spikes for which there is room.
    known: usize,
}

impl Room {
    /// Room in a run of `steps` steps, for spikes of `kept` bytes that become `made` bytes at its end.
    pub(crate) fn new(option: &'static str, kept: usize, made: usize, steps: usize) -> Self {
        Room { option, kept: kept as f64, made: made as f64, file: None, steps, known: FEW }
    }

    /// The same for spikes that are written to `path`, where each takes `least` bytes or more.
    pub(crate) fn in_file(self, path: &Path, least: f64) -> Self {
        Room { file: Some((path.into(), least)), ..self }
    }

    /// Whether there are `bytes` of memory for so many spikes, and room on the disk; if not, what lacks.
    fn check(&self, spikes: f64, bytes: f64) -> Result<(), String> {
        memory::check(bytes).map_err(|rule| format!("recording them {rule}"))?;
        let Some((path, least)) = &self.file else { return Ok(()) };
        disk::check(path, spikes * least).map_err(|free| {
            let (path, size) = (path.display(), memory::size(spikes * least));
            format!("{path} then has {size} or more, but {free} are free on its disk; make room there, or ask for less")
        })
    }

    /// Refuses a run of `neurons` neurons that may be expected to give more spikes than fit; `rate` says how many per
    /// neuron and step, and is asked only where it matters.
    pub(crate) fn check_expected(&self, neurons: usize, rate: impl FnOnce() -> f64) -> Outcome<()> {
        let (all, bytes) = (self.steps as f64 * neurons as f64, self.kept + self.made);
        if self.check(all, bytes * all).is_ok() {
            return Ok(());
        }
        let rate = rate();
        self.check(all * rate, bytes * all * rate).map_err(|rule| {
            let (option, spikes, rate) = (self.option, short(all * rate), short(rate));
            Failure::bad(format!(
                "{option}: about {spikes} spikes are expected ({rate} per neuron and step, as some neurons show); {rule}; \
                 without {option} they are only counted"
            ))
        })
    }

    /// Asks, where there are more spikes than there is room for, whether twice as many fit, or as many as there will be.
    pub(crate) fn ask(&mut self, spikes: usize, done: usize) -> Outcome<()> {
        if spikes <= self.known {
            return Ok(());
        }
        let more = (self.steps as f64 / done.max(1) as f64).min(2.0);
        // A list that grows is copied to one of twice the length.
        let bytes = spikes as f64 * (2.0 * self.kept + more * self.made);
        self.check(more * spikes as f64, bytes).map_err(|rule| {
            let (option, spikes, steps) = (self.option, short(spikes as f64), self.steps);
            Failure::bad(format!(
                "{option}: {spikes} spikes after {done} of {steps} steps, with more to come; {rule}"
            ))
        })?;
        self.known = 2 * spikes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(done: Outcome<()>) -> String {
        match done {
            Err(Failure::Bad(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_rate_is_asked_only_where_it_matters_and_decides() {
        let room = Room::new("-o", 24, 32, 1_000_000);
        assert!(room.check_expected(1, || panic!("a million spikes fit")).is_ok());
        assert!(room.check_expected(1 << 40, || 0.0).is_ok());
        let text = text(room.check_expected(1 << 40, || 0.5));
        assert!(
            text.starts_with("-o: about 5.498e17 spikes are expected (0.5 per neuron and step"),
            "{text}"
        );
    }

    #[test]
    fn the_disk_is_asked_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let room = |least: f64| Room::new("-o", 1, 1, 1 << 20).in_file(&folder.path().join("y.csv"), least);
        assert!(room(10.0).check_expected(1 << 8, || 1.0).is_ok());
        // As if each spike took a gigabyte of the file.
        let refused = text(room(1e9).check_expected(1 << 8, || 0.5));
        let says = [
            "-o: about 1.342e8 spikes are expected",
            "y.csv then has 134217728.0 GB or more",
            "free on its disk",
        ];
        assert!(says.iter().all(|s| refused.contains(s)), "{refused}");
        assert!(room(1e9).check_expected(1 << 8, || 0.0).is_ok());
        let refused = text(room(1e9).ask(FEW + 1, 1));
        assert!(refused.contains("after 1 of 1048576 steps, with more to come; "), "{refused}");
    }

    #[test]
    fn room_doubles_until_it_does_not_fit() {
        let mut room = Room::new("--plot", 12, 24, 100);
        assert!(room.ask(FEW + 1, 1).is_ok());
        assert_eq!(room.known, 2 * FEW + 2);
        let text = text(room.ask(1 << 50, 50));
        assert!(text.starts_with("--plot: 1.126e15 spikes after 50 of 100 steps"), "{text}");
    }
}
