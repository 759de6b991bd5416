//! Threads: one limit on their number, wherever they are asked for.

use std::env;
use std::sync::Arc;

use rheobase_base::{Error, Result};

/// More threads than any machine this is for can use.
pub const MOST: usize = 4096;

/// Where the number of threads stands if nothing else says it.
const VARIABLES: [&str; 2] = ["RAYON_NUM_THREADS", "RAYON_RS_NUM_CPUS"];

/// Checks a number of threads that `place` asks for.
///
/// # Errors
/// [`Error::Value`] for 0 and for more than [`MOST`].
pub fn check(place: &str, threads: usize) -> Result<()> {
    if (1..=MOST).contains(&threads) {
        return Ok(());
    }
    Err(Error::value(
        place,
        "threads",
        threads,
        format!("must be at least 1 and at most {MOST}; leave it out for as many as there are cores"),
    ))
}

/// Threads for `place`; without a number as many as there are cores, or as the environment says.
///
/// # Errors
/// Those of [`check`] and [`check_environment`]; [`Error::Unsupported`] if the system does not start so many.
pub fn pool(place: &str, threads: Option<usize>) -> Result<Arc<rayon::ThreadPool>> {
    match threads {
        Some(threads) => check(place, threads)?,
        None => check_environment()?,
    }
    // The builder takes 0 for as many as usual.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    pool.map(Arc::new)
        .map_err(|e| Error::unsupported(place, format!("threads cannot be started: {e}; take fewer")))
}

/// Checks the number of threads that the environment asks for, `RAYON_NUM_THREADS`.
///
/// # Errors
/// As [`check`]. 0 and what is not a number say nothing.
pub fn check_environment() -> Result<()> {
    VARIABLES.into_iter().try_for_each(|name| match env::var(name).ok().and_then(|n| n.parse().ok()) {
        Some(threads) if threads > 0 => check(name, threads),
        _ => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_named_and_kept() {
        assert!(check("job", 1).and(check("job", MOST)).is_ok());
        for threads in [0, MOST + 1, usize::MAX] {
            let text = pool("job", Some(threads)).unwrap_err().to_string();
            assert!(
                text.starts_with(&format!("job.threads = {threads}: must be at least 1 and at most 4096")),
                "{text}"
            );
        }
        assert_eq!(pool("job", Some(3)).unwrap().current_num_threads(), 3);
        assert!(pool("job", None).unwrap().current_num_threads() >= 1);
    }
}
