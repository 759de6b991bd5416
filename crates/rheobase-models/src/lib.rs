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
//! | [`traced::Traced`] | the step written down, for programs with numbers of their own |
//! | [`rounded::Rounded`] | the step with what it makes of errors and its own rounding |
//!
//! * the models: [`neuron`], listed in [`catalog`]; their static curves: [`rate`]; a step put together: [`phases`]
//! * what models are made of: [`mod@record`] (fields declared once), [`surrogate`] (slopes of spikes)
//! * numbers: [`number`], and [`lanes`] of them

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

pub mod catalog;
pub mod lanes;
pub mod neuron;
pub mod number;
pub mod phases;
pub mod rate;
pub mod record;
pub mod surrogate;

pub use neuron::Neuron;
pub use number::dual::Dual;
pub use number::real::Real;
pub use number::smooth::Smooth;
pub use number::{dual, math, real, rounded, smooth, traced};
pub use surrogate::Surrogate;
