//! Learning: [`encode`] turns samples into what a network sees, [`learn`] trains it.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

pub mod encode;
pub mod learn;
