//! Standard output and error: a closed pipe is not a panic, `--quiet` and `--color`, a sign of life where a second passes in silence.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::failure::{Failure, Outcome};

static QUIET: AtomicBool = AtomicBool::new(false);
/// What shows that the command is still at work.
static WAITING: Mutex<Option<Waiting>> = Mutex::new(None);

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

/// Sets what the command says besides its results, and in which colours.
pub(crate) fn set(quiet: bool, colour: Colour) {
    QUIET.store(quiet, Ordering::Relaxed);
    if colour != Colour::Auto {
        console::set_colors_enabled_stderr(colour == Colour::Always);
    }
}

/// Whether only results and errors are wanted.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Writes `text` to standard output.
pub(crate) fn print(text: &str) -> Outcome<()> {
    stop_waiting();
    let mut out = stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| match e.kind() {
        ErrorKind::BrokenPipe => Failure::PipeClosed,
        _ => Failure::bad(format!("standard output cannot be written: {e}")),
    })
}

/// Says what was done, on standard output, unless that is not wanted.
pub(crate) fn say(text: &str) -> Outcome<()> {
    if is_quiet() { Ok(()) } else { print(text) }
}

/// Writes a line to standard error, if anyone listens there; its first word, up to a colon, in colour.
fn line(line: &str) {
    stop_waiting();
    let style = console::Style::new().for_stderr();
    let painted = match line.split_once(": ") {
        Some(("error", rest)) => format!("{} {rest}", style.red().bold().apply_to("error:")),
        Some(("warning", rest)) => format!("{} {rest}", style.yellow().bold().apply_to("warning:")),
        Some(("note", rest)) => format!("{} {rest}", style.cyan().apply_to("note:")),
        _ => line.to_string(),
    };
    let _ = writeln!(stderr(), "{painted}");
}

/// Writes the line of an error.
pub(crate) fn error(message: &str) {
    line(&format!("error: {message}"));
}

/// Writes a warning or a note, unless that is not wanted.
pub(crate) fn warn(text: &str) {
    if !is_quiet() {
        line(text);
    }
}

/// Says how far a long run is, unless that is not wanted.
pub(crate) fn note(text: &str) {
    warn(text);
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

/// A thread that counts seconds on a terminal.
struct Waiting {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

/// From the first second of silence on, a terminal shows that the command is at work, until it says something.
pub(crate) fn start_waiting() {
    if is_quiet() || !stderr().is_terminal() {
        return;
    }
    let (stop, stopped) = channel();
    let thread = thread::spawn(move || {
        let start = Instant::now();
        let mut shown = false;
        while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
            shown = true;
            let _ = write!(stderr(), "\rat work, {} s ", start.elapsed().as_secs());
            let _ = stderr().flush();
        }
        if shown {
            let _ = write!(stderr(), "\r\x1b[2K");
        }
    });
    *WAITING.lock().unwrap_or_else(PoisonError::into_inner) = Some(Waiting { stop, thread });
}

/// Takes the sign away: something else is shown from here on.
pub(crate) fn stop_waiting() {
    let waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Waiting { stop, thread }) = waiting {
        drop(stop);
        let _ = thread.join();
    }
}
