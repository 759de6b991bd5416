//! A run in pieces: whatever is recorded is folded away as it comes, with a progress bar and Ctrl-C.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rheobase::population::Number;
use rheobase::{Input, Population, Record, Recording, memory};

use crate::failure::{Failure, Outcome};
use crate::interrupt;
use crate::terminal;

/// Numbers recorded at once, at most: what a piece takes of the memory, whatever the length of the run.
const NUMBERS: usize = 8_000_000;
/// Bytes that a spike takes while it is recorded: as a tile gives it, sorted, and in the list.
pub(crate) const BYTES: usize = 72;
/// Share of the free memory that a piece may take.
const SHARE: f64 = 0.25;
/// How long a run must take before it shows a bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// Advances `population` by `steps` steps and hands every piece of the recording to `fold`, with the step that it
/// starts at. Gives back how long the simulation itself took.
pub(crate) fn in_pieces<E: Number>(
    population: &mut Population<E>,
    steps: usize,
    input: &Input<'_, E>,
    record: &Record,
    mut fold: impl FnMut(usize, Recording<E>) -> Outcome<()>,
) -> Outcome<Duration> {
    interrupt::watch();
    let piece = piece_length(population.batch() * population.neurons(), record, numbers(memory::available()));
    let (start, mut simulated, mut bar) = (Instant::now(), Duration::ZERO, None);
    let mut done = 0;
    while done < steps {
        let now = piece.min(steps - done);
        let before = Instant::now();
        let recording = population.run(now, input, record)?;
        simulated += before.elapsed();
        fold(done, recording)?;
        done += now;
        if bar.is_none() && start.elapsed() > PATIENCE && done < steps {
            bar = Some(progress(steps));
        }
        if let Some(bar) = &bar {
            bar.set_position(done as u64);
        }
        if interrupt::pressed() && done < steps {
            let what = format!("interrupted after {done} of {steps} steps; nothing was written");
            return Err(Failure::Interrupted(what));
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(simulated)
}

/// Numbers recorded at once where so many bytes are free.
fn numbers(free: Option<f64>) -> usize {
    free.map_or(NUMBERS, |free| NUMBERS.min((SHARE * free / BYTES as f64) as usize))
}

/// Steps of a piece: a multiple of every probe's stride, so that each probe goes on as in one run.
fn piece_length(row: usize, record: &Record, numbers: usize) -> usize {
    let per_step = row.saturating_mul(1 + record.probes.len()).max(1);
    let period = record.probes.iter().fold(1usize, |n, (_, every)| lcm(n, *every));
    (numbers / per_step).clamp(1, 1 << 16).div_ceil(period).saturating_mul(period)
}

fn lcm(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).saturating_mul(b)
}

/// A bar on standard error; indicatif draws it only on a terminal.
fn progress(steps: usize) -> ProgressBar {
    terminal::stop_waiting();
    let target =
        if terminal::is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(steps as u64), target);
    match ProgressStyle::with_template("{bar:30} {percent:>3} %  step {human_pos} of {human_len}, {eta} left")
    {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_fit_strides_and_memory() {
        let record = Record::default().probe_every("v", 7).probe_every("w", 5);
        assert_eq!(piece_length(1, &record, NUMBERS) % 35, 0);
        assert_eq!(piece_length(1_000_000, &Record::default(), NUMBERS), 8);
        assert_eq!(piece_length(usize::MAX, &Record::default(), NUMBERS), 1);
        assert_eq!(piece_length(usize::MAX, &record, NUMBERS), 35);
        // Where little is free, pieces are shorter.
        assert_eq!((numbers(None), numbers(Some(1e12))), (NUMBERS, NUMBERS));
        assert_eq!(piece_length(1_000_000, &Record::default(), numbers(Some(1e9))), 3);
        assert_eq!(piece_length(1_000_000, &Record::default(), numbers(Some(0.0))), 1);
    }
}
