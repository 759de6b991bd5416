//! What nodes compute: one file per operator.

mod activation;
mod combine;
mod conv;
mod dropout;
mod elementwise;
mod identity;
mod linear;
mod neurons;
mod pool;
mod scale;
#[cfg(test)]
mod testing;

pub(crate) use activation::Activation;
pub(crate) use combine::{Stack, Sum};
pub(crate) use conv::Conv;
pub(crate) use dropout::Dropout;
pub(crate) use identity::Identity;
pub(crate) use linear::Linear;
pub(crate) use neurons::{Learned, Neurons};
pub(crate) use pool::Pool;
pub(crate) use scale::Scale;
