//! Where the time of a training step goes, kernel by kernel, and how near each is to what the machine can do.

use std::collections::BTreeMap;
use std::time::Instant;

use rheobase::models::lanes::Level;
use rheobase::network::Program;

use crate::machine::{arithmetic_peak, copy_read_bandwidth};
use crate::networks::{Job, Setup};
use crate::table;
use crate::timed::{Phase, Spent};

/// Bytes of the copy that numbers are compared with: both of its arrays stay in the second cache.
const COPIED: usize = 256 << 10;

/// Steps that are measured, of which the table is the median's.
const STEPS: usize = 15;

/// What the machine can do with one thread, in a second.
struct Limits {
    products: f64,
    bytes: f64,
}

impl Limits {
    fn measured() -> Limits {
        Limits { products: arithmetic_peak(Level::best()) / 2.0, bytes: 2.0 * copy_read_bandwidth(COPIED) }
    }

    /// Seconds that the work takes at the limit.
    fn seconds(&self, spent: &Spent) -> f64 {
        spent.products as f64 / self.products + spent.bytes as f64 / self.bytes
    }
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.2}", 1e3 * seconds)
}

fn percent(x: f64) -> String {
    format!("{:.0} %", 100.0 * x)
}

/// Prints the table of a network, to be trained in the pool of threads that is current.
///
/// # Panics
/// If the network that is measured learns otherwise than the same without measuring.
pub fn print(job: &'static Job) {
    let mut setup = Setup::scaled(job);
    let before = setup.learn();
    let clock = setup.measured();
    let after = setup.learn();
    assert!(after.loss.to_bits() == before.loss.to_bits() && after.gradients == before.gradients);
    // Every repetition is the same.
    let work = clock.measure(true, || drop(setup.learn()));
    let mut steps: Vec<(f64, Vec<[Spent; 3]>)> = (0..STEPS)
        .map(|_| {
            let start = Instant::now();
            let spent = clock.measure(false, || drop(setup.learn()));
            (start.elapsed().as_secs_f64(), spent)
        })
        .collect();
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (wall, spent) = steps.swap_remove(STEPS / 2);
    let threads = rayon::current_num_threads() as f64;
    let limits = Limits::measured();
    let program = setup.trainer.program();
    let kinds = by_kind(program, &spent, &work);
    let (mut taken, mut least) = (0.0, 0.0);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for ((what, phase), spent) in &kinds {
        let seconds = 1e-9 * spent.nanoseconds as f64 / threads;
        let limit = limits.seconds(spent) / threads;
        taken += seconds;
        least += limit;
        let number = |n: u64| if n > 0 { format!("{:.2}", n as f64 / 1e6) } else { "–".into() };
        rows.push(vec![
            what.clone(),
            phase.name().into(),
            milliseconds(seconds),
            percent(seconds / wall),
            number(spent.products),
            number(spent.bytes),
            milliseconds(limit),
            percent(limit / seconds),
        ]);
    }
    // Adam reads weight, gradient and two moments, and writes weight and moments.
    let weights: usize = program.parameters().tensors.iter().map(|t| t.values.len()).sum();
    let adam = Spent { bytes: 4 * 7 * weights as u64, ..Spent::default() };
    let (rest, limit) = (wall - taken, limits.seconds(&adam) / threads);
    least += limit;
    rows.push(vec![
        "the rest".into(),
        "loss, Adam, events and sums of the tape, waiting".into(),
        milliseconds(rest),
        percent(rest / wall),
        "–".into(),
        format!("{:.2}", adam.bytes as f64 / 1e6),
        milliseconds(limit),
        percent(limit / rest),
    ]);
    rows.push(vec![
        "all".into(),
        String::new(),
        milliseconds(wall),
        percent(1.0),
        String::new(),
        String::new(),
        milliseconds(least),
        percent(least / wall),
    ]);
    let header = [
        "kind",
        "what",
        "ms",
        "of the step",
        "10⁶ products",
        "10⁶ bytes",
        "at the limit, ms",
        "of the limit",
    ];
    table(&format!("Where a training step goes: {}", job.name), &header, &rows);
}

/// The times and the work of all nodes of a kind, longest first.
fn by_kind(program: &Program, spent: &[[Spent; 3]], work: &[[Spent; 3]]) -> Vec<((String, Phase), Spent)> {
    let mut kinds: BTreeMap<(String, Phase), Spent> = BTreeMap::new();
    for (((_, what, _), spent), work) in program.nodes().zip(spent).zip(work) {
        for phase in Phase::ALL.into_iter().filter(|phase| spent[*phase as usize].nanoseconds > 0) {
            let sum = kinds.entry((what.into(), phase)).or_default();
            sum.nanoseconds += spent[phase as usize].nanoseconds;
            sum.products += work[phase as usize].products;
            sum.bytes += work[phase as usize].bytes;
        }
    }
    let mut kinds: Vec<((String, Phase), Spent)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, spent)| std::cmp::Reverse(spent.nanoseconds));
    kinds
}

/// Says what the columns are.
pub fn explain() {
    let limits = Limits::measured();
    println!(
        "\nProducts are those of numbers that are not 0, each with an addition; the limit is {:.1}·10⁹ a second and thread, \
         measured in registers, two operations each, as rounding asks for. Bytes are of numbers that are read or written \
         once; the limit is {:.0} GB/s, measured by copying {} KiB. Times are of all threads, by their number.",
        limits.products / 1e9,
        limits.bytes / 1e9,
        COPIED >> 10,
    );
}
