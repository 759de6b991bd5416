//! Shared parts of the benchmarks: timing, the machine's limits, operation counts, tables.

pub mod counted;
pub mod machine;
pub mod networks;
pub mod process;
pub mod serve;
pub mod shares;
pub mod timed;

use std::time::Instant;

/// The shortest of several runs of `f`, in seconds: what is left when other processes disturb least.
pub fn shortest(runs: usize, mut f: impl FnMut()) -> f64 {
    (0..runs)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

/// The smallest of several ratios of `a` to `b`, measured in turn, with the shortest times of each.
pub fn paired(runs: usize, mut a: impl FnMut(), mut b: impl FnMut()) -> (f64, f64) {
    let (mut best_a, mut best_b) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..runs {
        best_a = best_a.min(shortest(1, &mut a));
        best_b = best_b.min(shortest(1, &mut b));
    }
    (best_a, best_b)
}

/// Prints a Markdown table.
pub fn table(title: &str, header: &[&str], rows: &[Vec<String>]) {
    println!("\n## {title}\n");
    println!("| {} |", header.join(" | "));
    println!("|{}", "---|".repeat(header.len()));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
}
