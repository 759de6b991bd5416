//! Whether what is asked for fits into memory: too much is an error with a reason, not an end by the system.

use crate::failure::{Failure, Outcome};

/// Checks that `count` things of `bytes` each fit. `what` says what they are.
pub(crate) fn fits(what: &str, count: usize, bytes: usize) -> Outcome<()> {
    let needed = count as f64 * bytes as f64;
    rheobase::memory::check(needed).map_err(|rule| Failure::bad(format!("{what}: {rule}")))
}
