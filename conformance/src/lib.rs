//! Every model against every law and every reference trace.
//!
//! * [`laws`]: what must hold for every model of the catalogue, one law per file
//! * [`book`]: the generated pages of the documentation
//! * [`by_phases`]: a model without its fast loops
//! * [`exceptions`]: the laws that cannot hold for some model, each with its reason
//! * [`subject`]: a model with drawn parameters and inputs; [`phases`]: its phases over the numbers of gradient checks
//! * `traces/`: what the original libraries computed

#![allow(clippy::disallowed_methods, reason = "proofs, not results")]

pub mod book;
pub mod by_phases;
pub mod exceptions;
pub mod laws;
pub mod phases;
pub mod subject;

pub use laws::{LAWS, Law};
pub use subject::{Subject, subjects};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
