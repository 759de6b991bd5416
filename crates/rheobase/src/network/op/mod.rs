//! What nodes compute: one file per operator.

mod combine;
mod identity;
mod linear;
mod neurons;

pub(crate) use combine::{Stack, Sum};
pub(crate) use identity::Identity;
pub(crate) use linear::Linear;
pub(crate) use neurons::{Learned, Neurons};
