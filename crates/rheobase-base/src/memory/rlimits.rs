//! What the limits of the process leave free: `ulimit -v` and `ulimit -d`.

use std::path::Path;

use super::{Free, kilobytes, text};

/// Name of a limit, what is used of it, and the option of the shell that sets it.
const LIMITS: [(&str, &str, &str); 2] =
    [("Max address space", "VmSize:", "`ulimit -v`"), ("Max data size", "VmData:", "`ulimit -d`")];

/// What each limit that is set leaves free. Room that an allocator has reserved and not yet handed out counts as used.
pub(super) fn free(root: &Path) -> Vec<Free> {
    let (Some(limits), Some(status)) = (text(root, "/proc/self/limits"), text(root, "/proc/self/status"))
    else {
        return Vec::new();
    };
    let left = |(name, used, option): (&str, &str, &str)| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
        // `unlimited` is not a number.
        let most = line.split_whitespace().next()?.parse::<f64>().ok()?;
        let bytes = (most - kilobytes(&status, used)?).max(0.0);
        Some(Free { bytes, of: format!("within {option}") })
    };
    LIMITS.into_iter().filter_map(left).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::system;
    use super::*;

    #[test]
    fn soft_limits_less_what_is_used() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max cpu time              unlimited            unlimited            seconds   \n\
                      Max data size             4096000              unlimited            bytes     \n\
                      Max resident set          1                    1                    bytes     \n\
                      Max address space         512000               9999999              bytes     \n";
        let status = "Name:\trheobase\nVmPeak:\t 9 kB\nVmSize:\t  1000 kB\nVmData:\t  3000 kB\n";
        let system = system(&[("/proc/self/limits", limits), ("/proc/self/status", status)]);
        let left: Vec<(f64, String)> = free(system.path()).into_iter().map(|f| (f.bytes, f.of)).collect();
        // More in use than the limit, which was set later: nothing is left.
        let want = [(0.0, "within `ulimit -v`".to_string()), (1_024_000.0, "within `ulimit -d`".to_string())];
        assert_eq!(left, want);
    }

    #[test]
    fn no_limit_no_entry() {
        let limits = "Max address space         unlimited            unlimited            bytes\n";
        let system = system(&[("/proc/self/limits", limits), ("/proc/self/status", "VmSize: 1 kB\n")]);
        assert!(free(system.path()).is_empty());
    }
}
