//! Whether what is asked for fits into memory: too much is an error with a reason, not an end by the system.

use crate::failure::{Failure, Outcome};

/// Checks that `count` things of `bytes` each fit. `what` says what they are and what to do: `… ; take fewer neurons`.
pub(crate) fn fits(what: &str, count: usize, bytes: usize) -> Outcome<()> {
    let needed = count as f64 * bytes as f64;
    let gigabytes = |bytes: f64| format!("{:.1} GB", bytes / 1e9);
    match available() {
        Some(free) if needed > free => Err(Failure::bad(format!(
            "{what}: takes {}, but {} of memory are free; take fewer neurons, steps or probes",
            gigabytes(needed),
            gigabytes(free)
        ))),
        None if Vec::<u8>::new().try_reserve_exact(count.saturating_mul(bytes)).is_err() => Err(
            Failure::bad(format!("{what}: {} do not fit into memory; take fewer neurons", gigabytes(needed))),
        ),
        _ => Ok(()),
    }
}

/// Bytes of memory that are free, where the system says so: Linux hands out more than there is and ends the process
/// when it is used.
fn available() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let free = line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? * 1024.0;
    let read = |file: &str| std::fs::read_to_string(file).ok()?.trim().parse::<f64>().ok();
    // A container may have less than the machine.
    let limit = read("/sys/fs/cgroup/memory.max").zip(read("/sys/fs/cgroup/memory.current"));
    Some(limit.map_or(free, |(most, used)| free.min(most - used)))
}
