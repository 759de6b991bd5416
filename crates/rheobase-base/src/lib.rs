//! What every crate of Rheobase stands on.
//!
//! * [`Error`], [`Result`]: place, field, value, rule, and what to do; [`check`]: what most inputs must be; [`brief`]: lists in them
//! * [`Cancel`]: how a long call is asked to end early
//! * [`virtual_lane_sum`]: sums in a fixed order; [`vector`]: sums and checks over whole slices
//! * [`random`]: numbers by address; [`memory`]: whether what is asked for fits; [`shape`]: sizes of arrays

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

mod brief;
mod cancel;
pub mod check;
mod error;
pub mod memory;
pub mod random;
pub mod shape;
mod sum;
pub mod vector;

pub use brief::brief;
pub use cancel::Cancel;
pub use error::{Error, Result, nearest};
pub use sum::virtual_lane_sum;
