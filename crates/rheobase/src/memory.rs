//! Memory: whether what is asked for fits, so that too much is an error with a reason and not an end by the system.

/// Checks that `bytes` fit into the memory that is free.
///
/// # Errors
/// The rule that is broken, as an error's `rule` has it: how much is needed, how much is free, what to do.
pub fn check(bytes: f64) -> Result<(), String> {
    let gigabytes = |bytes: f64| format!("{:.1} GB", bytes / 1e9);
    match available() {
        Some(free) if bytes > free => Err(format!(
            "takes {} of memory, but {} are free; take fewer neurons, samples, steps or probes",
            gigabytes(bytes),
            gigabytes(free)
        )),
        // Where the system does not say what is free, its allocator is asked.
        None if Vec::<u8>::new().try_reserve_exact(bytes as usize).is_err() => Err(format!(
            "{} do not fit into memory; take fewer neurons, samples, steps or probes",
            gigabytes(bytes)
        )),
        _ => Ok(()),
    }
}

/// Bytes of memory that are free, where the system says so: Linux hands out more than there is and ends the process
/// when it is used. A container may have less than the machine.
pub fn available() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let free = line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? * 1024.0;
    let read = |file: &str| std::fs::read_to_string(file).ok()?.trim().parse::<f64>().ok();
    let limit = read("/sys/fs/cgroup/memory.max").zip(read("/sys/fs/cgroup/memory.current"));
    Some(limit.map_or(free, |(most, used)| free.min(most - used)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_fits_and_absurd_sizes_do_not() {
        assert_eq!(check(0.0), Ok(()));
        assert_eq!(check(1e6), Ok(()));
        let rule = check(1e18).unwrap_err();
        assert!(rule.contains("1000000000.0 GB") && rule.contains("take fewer neurons"), "{rule}");
        assert!(check(f64::INFINITY).is_err());
    }
}
