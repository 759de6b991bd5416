//! Ctrl-C: a long run ends after the steps it is in, and leaves no partial file.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::terminal;

static PRESSED: AtomicBool = AtomicBool::new(false);
static WATCHING: Once = Once::new();

/// Starts to note Ctrl-C instead of ending the process.
pub(crate) fn watch() {
    WATCHING.call_once(|| {
        let noted = ctrlc::set_handler(|| PRESSED.store(true, Ordering::Relaxed));
        if let Err(e) = noted {
            terminal::warn(&format!("note: Ctrl-C ends the process at once ({e})"));
        }
    });
}

/// Whether Ctrl-C was pressed.
pub(crate) fn pressed() -> bool {
    PRESSED.load(Ordering::Relaxed)
}
