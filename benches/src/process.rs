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
