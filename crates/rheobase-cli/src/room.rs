//! Room for the spikes of a run: whether they will fit into memory, before the run and while it goes on.

use rheobase::memory;

use crate::failure::{Failure, Outcome};
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
    /// Steps of the run.
    steps: usize,
    /// Spikes for which there is room.
    known: usize,
}

impl Room {
    /// Room in a run of `steps` steps, for spikes of `kept` bytes that become `made` bytes at its end.
    pub(crate) fn new(option: &'static str, kept: usize, made: usize, steps: usize) -> Self {
        Room { option, kept: kept as f64, made: made as f64, steps, known: FEW }
    }

    /// Refuses a run of `neurons` neurons that may be expected to give more spikes than fit; `rate` says how many per
    /// neuron and step, and is asked only where it matters.
    pub(crate) fn expect(&self, neurons: usize, rate: impl FnOnce() -> f64) -> Outcome<()> {
        let (all, bytes) = (self.steps as f64 * neurons as f64, self.kept + self.made);
        if memory::check(bytes * all).is_ok() {
            return Ok(());
        }
        let rate = rate();
        memory::check(bytes * all * rate).map_err(|rule| {
            let (option, spikes, rate) = (self.option, short(all * rate), short(rate));
            Failure::bad(format!(
                "{option}: about {spikes} spikes are expected ({rate} per neuron and step, as some neurons show); \
                 recording them {rule}; without {option} they are only counted"
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
        memory::check(spikes as f64 * (2.0 * self.kept + more * self.made)).map_err(|rule| {
            let (option, spikes, steps) = (self.option, short(spikes as f64), self.steps);
            Failure::bad(format!(
                "{option}: {spikes} spikes after {done} of {steps} steps; recording the others {rule}"
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
        assert!(room.expect(1, || panic!("a million spikes fit")).is_ok());
        assert!(room.expect(1 << 40, || 0.0).is_ok());
        let text = text(room.expect(1 << 40, || 0.5));
        assert!(
            text.starts_with("-o: about 5.498e17 spikes are expected (0.5 per neuron and step"),
            "{text}"
        );
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
