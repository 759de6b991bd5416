//! Pictures of results.

pub(crate) mod phase;
