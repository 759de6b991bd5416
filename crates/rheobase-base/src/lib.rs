//! What every crate of Rheobase stands on.
//!
//! * [`Error`], [`Result`]: place, field, value, rule, and what to do
//! * [`Cancel`]: how a long call is asked to end early
//! * [`virtual_lane_sum`]: sums in a fixed order; [`vector`]: sums and checks over whole slices

mod cancel;
mod error;
mod sum;
pub mod vector;

pub use cancel::Cancel;
pub use error::{Error, Result, nearest};
pub use sum::virtual_lane_sum;
