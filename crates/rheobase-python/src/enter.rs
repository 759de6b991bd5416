//! `enter`: the one way into every call that may take long, with the interpreter free meanwhile and Ctrl-C seen.

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use rheobase::Cancel;

use crate::error::raise;

/// How often signals are looked for. Python's own thread has to do it.
const PERIOD: Duration = Duration::from_millis(50);

/// Numbers that are computed in less than a [`PERIOD`]: a thread for them would be a part of the time that they take.
const SHORT: usize = 5_000_000;

/// What a call has given, and the exception that a signal's handler raised meanwhile, if it did.
pub(crate) struct Entered<R> {
    pub(crate) result: R,
    pub(crate) interrupt: Option<PyErr>,
}

/// Runs `work` without the interpreter, so that other threads of Python go on. Long work (of more than about `size` numbers
/// computed) runs on a thread of its own while this one looks for signals: Ctrl-C asks `work`, and all that it calls, to end.
pub(crate) fn enter<R: Send>(
    py: Python<'_>,
    size: usize,
    work: impl FnOnce(&Cancel) -> R + Send,
) -> Entered<R> {
    let cancel = Cancel::new();
    if size <= SHORT {
        return Entered { result: py.detach(|| work(&cancel)), interrupt: None };
    }
    let mut interrupt = None;
    let result = py.detach(|| {
        thread::scope(|scope| {
            let (done, finished) = channel::<()>();
            let asked = &cancel;
            let worker = scope.spawn(move || {
                let _done = done;
                asked.scope(|| work(asked))
            });
            // The channel closes when the work ends, however it ends.
            while finished.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                if interrupt.is_none()
                    && let Err(raised) = Python::attach(|py| py.check_signals())
                {
                    interrupt = Some(raised);
                    cancel.ask();
                }
            }
            worker.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    });
    Entered { result, interrupt }
}

impl<T> Entered<rheobase::Result<T>> {
    /// The result of a call that is of no use if it was interrupted.
    pub(crate) fn whole(self) -> PyResult<T> {
        match self.interrupt {
            Some(interrupt) => Err(interrupt),
            None => self.result.map_err(raise),
        }
    }
}
