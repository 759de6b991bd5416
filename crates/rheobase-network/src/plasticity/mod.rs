//! Plasticity: how the weights of one connection change with the spikes on both of its sides.
//!
//! A [`Rule`] sees presynaptic and postsynaptic events, their traces, winners and a reward; it knows no network. A
//! [`Connection`] says which weight lies between which input and which output, and a [`Learner`] holds what is carried from
//! sample to sample. Samples learn one after another.
//!
//! | what | where |
//! |---|---|
//! | rule, bounds, winners, reward, homeostasis, normalisation, as plain data | [`Plasticity`] |
//! | what fires first wins and takes in what fired before: SpykeTorch's STDP | [`Order`] |
//! | every pair of spikes counts, the closer the more | [`Pair`] |
//! | and so does the spike before: what makes the rate count | [`Triplet`] |
//! | how a change depends on the weight | [`Dependence`] |
//! | dense or convolutional weights, and a delay | [`Connection`], [`Kernels`] |
//! | one sample's spikes, winners and reward | [`Activity`] |
//! | weights, rates, traces, eligibility, thresholds over many samples | [`Learner`], [`Learned`] |
//! | how far weights are from their bounds | [`convergence`] |
//!
//! ```
//! # mod rheobase { pub use {rheobase_base::Error, rheobase_network::*}; }
//! use rheobase::plasticity::{Activity, Connection, Learner, Plasticity};
//! use rheobase::vision::SpikeRows;
//! // Two inputs, one output, two steps: input 0 spikes, then the output with a potential of 3, then input 1.
//! let settings: Plasticity = serde_json::from_str(r#"{"rule": {"order": {"ltp": 0.1, "ltd": -0.1}}, "winners": {"k": 1}}"#)?;
//! let pre = SpikeRows::new(vec![0, 1, 1, 2], vec![0, 1], vec![1.0, 1.0], 2)?;
//! let post = SpikeRows::new(vec![0, 0, 1, 1], vec![0], vec![3.0], 1)?;
//! let mut learner = Learner::new("layer", &settings, Connection::dense("layer", 2, 1)?, 0.001)?;
//! let mut weights = [0.5, 0.5];
//! let learned = learner.sample(&mut weights, &Activity::new(&pre, &post))?;
//! assert_eq!((learned.winners, weights), (vec![[0, 0, 0]], [0.525, 0.475]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod activity;
mod check;
mod connection;
mod convergence;
mod dependence;
mod homeostasis;
mod learner;
mod normalize;
mod order;
mod pair;
mod reward;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod timed;
mod triplet;

pub use crate::vision::Kernels;
pub use activity::{Activity, Learned};
pub use connection::Connection;
pub use convergence::convergence;
pub use dependence::Dependence;
pub use homeostasis::Homeostasis;
pub use learner::Learner;
pub use normalize::Normalize;
pub use order::{Anneal, Order, Rate};
pub use pair::{Pair, Pairing};
pub use reward::Reward;
pub use settings::{Plasticity, Rule, Winners};
pub use triplet::Triplet;
