//! Memory of this process, as Linux tells it.

use std::fs;

/// A field of `/proc/self/status` in bytes.
fn status(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix(field)?.strip_prefix(':'))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Forgets the peak there was; gives the memory held now, in bytes. `None` where the system does not tell.
pub fn forget_peak() -> Option<u64> {
    fs::write("/proc/self/clear_refs", "5").ok()?;
    status("VmRSS")
}

/// Bytes by which memory has exceeded `baseline` since [`forget_peak`].
pub fn peak_since(baseline: u64) -> Option<u64> {
    Some(status("VmHWM")?.saturating_sub(baseline))
}

/// Seconds that this process has computed, on all threads: what other processes do counts less than in time that passes.
pub fn computed() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // User and system time, in hundredths of a second, after the name in brackets.
    let mut numbers = stat.rsplit(')').next()?.split_whitespace().skip(11).map(str::parse::<f64>);
    Some((numbers.next()?.ok()? + numbers.next()?.ok()?) / 100.0)
}
