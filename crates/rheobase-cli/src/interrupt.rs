//! Ctrl-C, SIGTERM and SIGHUP: a long run ends after the steps it is in, and leaves no partial file.

use std::io;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::terminal;

static NOTED: AtomicBool = AtomicBool::new(false);
static SIGNAL: AtomicUsize = AtomicUsize::new(0);
static WATCHING: Once = Once::new();

/// Starts to note signals instead of ending the process. Ctrl-C after any of them ends it at once.
pub(crate) fn watch() {
    WATCHING.call_once(|| {
        if let Err(e) = register() {
            terminal::warn(&format!("note: Ctrl-C ends the process at once ({e})"));
        }
    });
}

/// Whether the process was asked to end.
pub(crate) fn pressed() -> bool {
    NOTED.load(Ordering::SeqCst)
}

/// The exit code after a signal, as shells have it: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
pub(crate) fn exit_code() -> u8 {
    let signal = SIGNAL.load(Ordering::SeqCst);
    128 + u8::try_from(signal).ok().filter(|s| (1..128).contains(s)).unwrap_or(SIGINT as u8)
}

fn register() -> io::Result<()> {
    // Actions on a signal run in the order of their registration: the first Ctrl-C finds nothing noted yet. A second
    // SIGHUP is no such wish: shells and the system both send one when a terminal closes.
    flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, &NOTED)?;
    note(SIGINT)?;
    note(SIGTERM)?;
    #[cfg(unix)]
    if !is_ignored(signal_hook::consts::SIGHUP) {
        note(signal_hook::consts::SIGHUP)?;
    }
    Ok(())
}

fn note(signal: i32) -> io::Result<()> {
    flag::register_usize(signal, &SIGNAL, signal as usize)?;
    flag::register(signal, &NOTED)?;
    Ok(())
}

/// Whether the process was started so that it does not see `signal`, as nohup does; only Linux says.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
