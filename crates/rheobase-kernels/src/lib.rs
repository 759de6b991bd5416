//! The loops of Rheobase that are compiled for every neuron model, number type and SIMD level: the only crate that pays
//! for that product, so that a change anywhere else compiles none of them again.
//!
//! * [`Model`], [`Catalog`]: a model behind one object-safe interface, and all models by name
//! * [`Kernels`]: its step, the only way to it: [`phases`], with everything of the layer between them; [`advance`], a
//!   tile of independent neurons through many steps; [`step`], one step of a network's layer; [`backward`], one step of
//!   the backward pass
//! * [`rates`]: neurons as their rate curves
//! * [`formulas`]: a model's equations written down
//! * [`errors`]: how far two runs of a neuron may lie apart after a step
//! * what they read: [`Column`], [`Input`]; what they write: [`event`]

pub mod advance;
pub mod backward;
pub mod column;
mod curve;
pub mod errors;
pub mod event;
pub mod formulas;
pub mod kernels;
pub mod model;
pub mod phases;
pub mod rates;
pub mod source;
pub mod step;

pub use column::Column;
pub use errors::{ErrorBounds, ErrorStep};
pub use formulas::Formulas;
pub use kernels::Kernels;
pub use model::{Catalog, Model, Number, model};
pub use source::{Generator, Input};
