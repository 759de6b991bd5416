//! The loops of Rheobase that are compiled for every neuron model, number type and SIMD level: the only crate that pays
//! for that product, so that a change anywhere else compiles none of them again.
//!
//! * [`Model`], [`Catalog`]: a model behind one object-safe interface, and all models by name
//! * [`fused`]: a tile of independent neurons through many steps; [`coupled`]: a layer step by step, where its neurons
//!   see each other; [`forward`]: one step of a network's layer; [`backward`]: one step of the backward pass
//! * [`errors`]: how far two runs of a neuron may lie apart after a step
//! * what they read: [`Column`], [`Input`], [`Lateral`], [`compete`]; what they write: [`probe`], [`event`]

pub mod backward;
pub mod column;
pub mod compete;
pub mod coupled;
pub mod errors;
pub mod event;
pub mod forward;
pub mod fused;
pub mod lateral;
pub mod model;
pub mod probe;
pub mod source;

pub use column::Column;
pub use errors::{ErrorBounds, ErrorStep};
pub use lateral::Lateral;
pub use model::{Catalog, Kernels, Model, Number, model};
pub use source::{Generator, Input};
