//! Standard output and error: a closed pipe is not a panic.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};

use crate::failure::{Failure, Outcome};

/// Writes `text` to standard output.
pub(crate) fn print(text: &str) -> Outcome<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| match e.kind() {
        ErrorKind::BrokenPipe => Failure::PipeClosed,
        _ => Failure::bad(format!("standard output cannot be written: {e}")),
    })
}

/// Writes a line to standard error, if anyone listens there.
pub(crate) fn warn(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

/// Writes a value as indented JSON to standard output.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Outcome<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::bad(format!("--json: {e}")))?;
    print(&(text + "\n"))
}

/// Letters per line: those of the terminal; no limit where the output goes to a file or another program.
pub(crate) fn width() -> usize {
    if !stdout().is_terminal() {
        return usize::MAX;
    }
    console::Term::stdout().size_checked().map_or(80, |(_, columns)| usize::from(columns).max(40))
}
