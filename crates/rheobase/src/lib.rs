//! Rheobase simulates, differentiates and analyses spiking neurons.
//!
//! Every module is one concept; this page is the map.

pub mod analyse;
pub mod data;
pub mod draw;
mod error;

pub use error::{Error, Result, nearest};
pub use rheobase_models as models;
