//! Whether a file has room on its disk: asked before the work that it is for.

use std::path::Path;

use rheobase::memory::size;

use crate::failure::{Failure, Outcome};

/// Checks that a file of up to `bytes` at `path` has room. What the system does not say is let pass.
pub(crate) fn fits(path: &Path, bytes: f64) -> Outcome<()> {
    check(path, bytes).map_err(|free| {
        let (path, bytes) = (path.display(), size(bytes));
        Failure::bad(format!(
            "{path}: may become {bytes} large, but {free} are free on its disk; make room there, or ask for less"
        ))
    })
}

/// Whether `bytes` more have room where `path` will be; if not, how many are free, for reading.
pub(crate) fn check(path: &Path, bytes: f64) -> Result<(), String> {
    match free(path) {
        Some(free) if bytes > free => Err(size(free)),
        _ => Ok(()),
    }
}

/// Bytes that are free where `path` will be.
#[cfg(unix)]
fn free(path: &Path) -> Option<f64> {
    // A device takes what it is given.
    if path.exists() && !path.is_file() && !path.is_dir() {
        return None;
    }
    let folder = path.ancestors().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p });
    let about = folder.filter(|p| p.is_dir()).find_map(|p| rustix::fs::statvfs(p).ok())?;
    Some(about.f_bavail as f64 * about.f_frsize as f64)
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<f64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn little_fits_and_absurd_sizes_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("none/yet/a.npz");
        assert!(fits(&file, 1.0).is_ok() && fits(Path::new("a.npz"), 1.0).is_ok());
        let Err(Failure::Bad(text)) = fits(&file, 1e18) else { panic!() };
        assert!(text.contains("a.npz: may become 1000000000.0 GB large, but"), "{text}");
        assert!(fits(Path::new("/dev/null"), 1e18).is_ok());
    }
}
