//! Memory: whether what is asked for fits, so that too much is an error with a reason and not an end by the system.

mod cgroups;
mod rlimits;

use std::fs;
use std::path::{Path, PathBuf};

/// What is free of memory, and of which limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Free {
    /// Bytes.
    pub bytes: f64,
    /// The limit that leaves so few, as a message goes on: "on this machine", "within `ulimit -v`".
    pub of: String,
}

/// Bytes that are not worth the time that asking takes.
const LITTLE: f64 = 1e6;

/// Checks that `bytes` fit into the memory that is free.
///
/// # Errors
/// The rule that is broken, as an error's `rule` has it: how much is needed, how much is free and of what, what to do.
pub fn check(bytes: f64) -> Result<(), String> {
    if bytes <= LITTLE {
        return Ok(());
    }
    match free() {
        Some(free) if bytes > free.bytes => Err(format!(
            "takes {} of memory, but {} are free {}; take fewer neurons, samples, steps or probes",
            size(bytes),
            size(free.bytes),
            free.of
        )),
        // Where the system does not say what is free, its allocator is asked.
        None if Vec::<u8>::new().try_reserve_exact(bytes as usize).is_err() => Err(format!(
            "{} do not fit into memory; take fewer neurons, samples, steps or probes",
            size(bytes)
        )),
        _ => Ok(()),
    }
}

/// Bytes as messages have them: `1.5 GB`, and below 0.1 GB `20.0 MB`.
pub fn size(bytes: f64) -> String {
    if bytes < 1e8 { format!("{:.1} MB", bytes / 1e6) } else { format!("{:.1} GB", bytes / 1e9) }
}

/// Bytes of memory that are free, where the system says so.
pub fn available() -> Option<f64> {
    free().map(|free| free.bytes)
}

/// What is free of the tightest limit, where the system says so: Linux hands out more than there is and ends the
/// process when it is used. The machine, the limits of the process (`ulimit`) and every control group around it, as
/// containers and batch systems have them, count.
pub fn free() -> Option<Free> {
    free_under(Path::new("/"))
}

/// [`free`] of a system whose files stand under `root`.
fn free_under(root: &Path) -> Option<Free> {
    let all = machine(root).into_iter().chain(rlimits::free(root)).chain(cgroups::free(root));
    all.min_by(|a, b| a.bytes.total_cmp(&b.bytes))
}

/// What the machine has left without swapping.
fn machine(root: &Path) -> Option<Free> {
    let bytes = kilobytes(&text(root, "/proc/meminfo")?, "MemAvailable:")?;
    Some(Free { bytes, of: "on this machine".into() })
}

/// The file that is `path` in a system under `root`.
fn text(root: &Path, path: &str) -> Option<String> {
    fs::read_to_string(under(root, path)).ok()
}

fn under(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// The bytes of a line such as `VmSize:   1024 kB`.
fn kilobytes(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches("kB").trim().parse::<f64>().ok().map(|n| n * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system of these files.
    pub(super) fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = under(folder.path(), path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn little_fits_and_absurd_sizes_do_not() {
        assert_eq!(check(0.0), Ok(()));
        assert_eq!(check(2e6), Ok(()));
        let rule = check(1e18).unwrap_err();
        assert!(rule.contains("1000000000.0 GB") && rule.contains("take fewer neurons"), "{rule}");
        assert!(check(f64::INFINITY).is_err());
    }

    #[test]
    fn the_tightest_limit_counts_and_is_named() {
        let meminfo = ("/proc/meminfo", "MemTotal: 9000 kB\nMemFree: 1 kB\nMemAvailable:    3000 kB\n");
        let limits =
            "Limit  Soft Limit  Hard Limit  Units\nMax address space   2048000   unlimited   bytes\n";
        let status = ("/proc/self/status", "Name: x\nVmSize:\t 1000 kB\nVmData:\t 500 kB\n");
        let cgroups = [
            ("/proc/self/cgroup", "0::/\n"),
            ("/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
            ("/sys/fs/cgroup/memory.max", "1500000\n"),
            ("/sys/fs/cgroup/memory.current", "1000000\n"),
        ];
        let free = |files: &[(&str, &str)]| free_under(system(files).path());
        assert_eq!(free(&[]), None);
        assert_eq!(free(&[meminfo]), Some(Free { bytes: 3_072_000.0, of: "on this machine".into() }));
        let limits = ("/proc/self/limits", limits);
        let tighter = Free { bytes: 1_024_000.0, of: "within `ulimit -v`".into() };
        assert_eq!(free(&[meminfo, limits, status]), Some(tighter.clone()));
        let mut all = vec![meminfo, limits, status];
        all.extend(cgroups);
        let free = free(&all).unwrap();
        assert_eq!((free.bytes, &free.of[..]), (500_000.0, "within the control group /"));
    }
}
