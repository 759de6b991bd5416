//! Who may write into the folder of a run: one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::failure::{Failure, Outcome};
use crate::terminal;

/// The file that is locked. It stays in the folder, as removing it could leave two processes with a lock each.
pub(crate) const LOCK: &str = ".rheobase.lock";
/// How often a locked folder is tried, and how long apart: a report is written in less.
const TRIES: u32 = 5;
const APART: Duration = Duration::from_millis(50);

/// A folder that this process alone may write into, until this is dropped or the process ends, however it does.
#[derive(Debug)]
pub(crate) struct RunLock(File);

impl RunLock {
    /// Takes the folder, or names the process that has it.
    pub(crate) fn take(folder: &Path) -> Outcome<Self> {
        let (place, path) = (folder.display(), folder.join(LOCK));
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file =
            file.map_err(|e| Failure::bad(format!("{}: cannot be opened: {e}", path.display())))?;
        let mut tried = file.try_lock();
        for _ in 1..TRIES {
            if !matches!(tried, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::sleep(APART);
            tried = file.try_lock();
        }
        match tried {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let owner = owner(&mut file);
                return Err(Failure::bad(format!(
                    "{place}: {owner} is writing there; wait until it has ended, or name another place"
                )));
            }
            Err(TryLockError::Error(e)) => terminal::warn(&format!(
                "note: {place} cannot be locked ({e}); see to it that no other process writes there"
            )),
        }
        // Whoever is refused reads it; without it, the lock is as good.
        let command: Vec<String> = std::env::args().skip(1).collect();
        let text = format!("process {} (rheobase {})", std::process::id(), command.join(" "));
        let _ = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
        Ok(RunLock(file))
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}

/// The process that has the lock, as it says itself.
fn owner(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(1000).read_to_string(&mut text));
    let text = text.trim();
    if read.is_ok() && text.starts_with("process ") { text.into() } else { "another process".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK), "process 1 (of long ago)").unwrap();
        let first = RunLock::take(folder.path()).unwrap();
        let Err(Failure::Bad(refused)) = RunLock::take(folder.path()) else { panic!("two owners") };
        assert!(refused.contains(&format!(": process {} (rheobase ", std::process::id())), "{refused}");
        drop(first);
        drop(RunLock::take(folder.path()).unwrap());
        assert_eq!(std::fs::read(folder.path().join(LOCK)).unwrap(), b"");
    }
}
