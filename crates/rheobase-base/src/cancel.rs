//! `Cancel`: how a long call is asked to end early.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Error, Result};

/// A request to end that long calls look for at boundaries: a step, a chunk, a batch, a row. What was asked to end gives
/// [`Error::Cancelled`], and has changed nothing.
///
/// The request reaches whatever is called within [`Cancel::scope`]. It is known to the thread that entered the scope; what
/// spreads its work over threads takes [`Cancel::current`] along.
///
/// ```
/// use rheobase_base::{Cancel, Error};
/// let cancel = Cancel::new();
/// cancel.ask();
/// let done = cancel.scope(|| Cancel::current().check());
/// assert_eq!(done, Err(Error::Cancelled));
/// assert_eq!(Cancel::current().check(), Ok(()));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Option<Arc<AtomicBool>>);

thread_local! {
    static CURRENT: RefCell<Cancel> = const { RefCell::new(Cancel(None)) };
}

/// Puts back what was current before a scope, also where the scope ends in a panic.
struct Before(Cancel);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.with(|current| current.swap(&RefCell::new(std::mem::take(&mut self.0))));
    }
}

impl Cancel {
    /// A request that has not been made yet.
    pub fn new() -> Cancel {
        Cancel(Some(Arc::default()))
    }

    /// That of the innermost scope of this thread; outside of any, one that nobody makes.
    pub fn current() -> Cancel {
        CURRENT.with(|current| current.borrow().clone())
    }

    /// Calls `work`, which then ends early if it is asked to.
    pub fn scope<R>(&self, work: impl FnOnce() -> R) -> R {
        let _before = Before(CURRENT.with(|current| current.replace(self.clone())));
        work()
    }

    /// Makes the request.
    pub fn ask(&self) {
        if let Some(asked) = &self.0 {
            asked.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it was made.
    pub fn is_asked(&self) -> bool {
        self.0.as_ref().is_some_and(|asked| asked.load(Ordering::Relaxed))
    }

    /// An error if it was made.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn check(&self) -> Result<()> {
        if self.is_asked() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_nest_and_end_with_a_panic_too() {
        let (outer, inner) = (Cancel::new(), Cancel::new());
        inner.ask();
        outer.scope(|| {
            let caught = std::panic::catch_unwind(|| inner.scope(|| panic!("as planned")));
            assert!(caught.is_err() && !Cancel::current().is_asked());
            outer.ask();
            assert!(Cancel::current().is_asked());
        });
        assert!(!Cancel::current().is_asked());
    }
}
