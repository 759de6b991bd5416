//! Regularisers: what keeps firing rates and weights within bounds, added to the loss.

mod rate_bounds;
mod weight_penalty;

pub use rate_bounds::{RateBounds, RateOf};
pub use weight_penalty::WeightPenalty;
