//! What nodes compute: one file per operator.

mod activation;
mod combine;
mod conv;
mod cumulate;
mod dropout;
mod elementwise;
mod features;
mod fire;
mod first_spike_conv;
mod identity;
mod inhibition;
mod linear;
mod maps;
mod neurons;
mod pad;
mod pool;
mod rates;
mod scale;
mod synapse;
#[cfg(test)]
mod testing;
mod winners;

pub(crate) use activation::Activation;
pub(crate) use combine::{Stack, Sum};
pub(crate) use conv::Conv;
pub(crate) use cumulate::Cumulate;
pub(crate) use dropout::Dropout;
pub(crate) use features::InhibitFeatures;
pub(crate) use fire::Fire;
pub(crate) use first_spike_conv::FireOnceConv;
pub(crate) use identity::Identity;
pub(crate) use inhibition::Inhibit;
pub(crate) use linear::Linear;
pub(crate) use neurons::{Learned, Neurons};
pub(crate) use pad::Pad;
pub(crate) use pool::Pool;
pub(crate) use rates::Rates;
pub(crate) use scale::Scale;
pub(crate) use synapse::Synapse;
pub(crate) use winners::KWinners;
