//! `enter`: the one way into every call that may take long, with the interpreter free meanwhile and Ctrl-C seen.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{process, thread};

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
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
    let work = |cancel: &Cancel| on_threads(|| work(cancel));
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

/// The process that the threads of the library belong to; 0 before the first call.
static OWNER: AtomicU32 = AtomicU32::new(0);

/// The threads of a process that was forked from one with threads, and its number.
static OWN: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

/// Runs `work` where its parts find threads. A forked process (a worker of a data loader) has none of its parent's, and would
/// wait for them without end, so it gets its own.
fn on_threads<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let me = process::id();
    let owner =
        OWNER.compare_exchange(0, me, Ordering::Relaxed, Ordering::Relaxed).unwrap_or_else(|owner| owner);
    if owner == 0 || owner == me {
        return work();
    }
    let pool = {
        let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
        match &*own {
            Some((process, pool)) if *process == me => Some(pool.clone()),
            _ => {
                let made = ThreadPoolBuilder::new().build().ok().map(Arc::new);
                *own = made.clone().map(|pool| (me, pool));
                made
            }
        }
    };
    match pool {
        Some(pool) => {
            let cancel = Cancel::current();
            pool.install(|| cancel.scope(work))
        }
        None => work(),
    }
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
