//! The equations of Rheobase: one neuron, one step, any number type. No dependencies.
//!
//! A model is written once ([`neuron::Neuron`]) over any number ([`real::Real`]); the number decides what the
//! equations then are:
//!
//! | number | what the step is |
//! |---|---|
//! | [`lanes`]: `f32` in registers | the fast simulation |
//! | `f64` | the reference |
//! | [`dual::Dual`] | the step with its exact local Jacobian |
//! | [`smooth::Smooth`] | the step whose spikes are the surrogate's primitive |
//! | [`rounded::Rounded`] | the step with what it makes of errors and its own rounding |
//!
//! * the models: [`neuron`], listed in [`catalog`]; their static curves: [`rate`]
//! * what models are made of: [`mod@record`] (fields declared once), [`surrogate`] (slopes of spikes)
//! * numbers: [`real`], [`lanes`], [`dual`], [`smooth`], [`rounded`], and the elementary functions they share, [`math`]

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

pub mod catalog;
pub mod dual;
pub mod lanes;
pub mod math;
pub mod neuron;
pub mod rate;
pub mod real;
pub mod record;
pub mod rounded;
pub mod smooth;
pub mod surrogate;

pub use dual::Dual;
pub use neuron::Neuron;
pub use real::Real;
pub use smooth::Smooth;
pub use surrogate::Surrogate;
