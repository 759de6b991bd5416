//! The numbers that a model's equations can be evaluated over.
//!
//! What a number must do is [`real::Real`]; the rest are numbers, and the elementary functions they share, [`math`].

pub mod dual;
pub mod fire;
pub mod math;
pub mod real;
pub mod rounded;
pub(crate) mod scalar;
pub mod smooth;
pub mod tangent;
pub mod traced;
