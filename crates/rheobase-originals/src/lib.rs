//! The libraries whose neurons are offered here: [`verify`] replays their traces, [`cells`] have their arguments.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

pub mod cells;
pub mod verify;
