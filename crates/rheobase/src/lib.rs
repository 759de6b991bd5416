//! Rheobase simulates, differentiates and analyses spiking neurons.
//!
//! Every module is one concept; this page is the map.

pub mod analyse;
pub mod cells;
pub mod compete;
pub mod curve;
pub mod data;
pub mod draw;
mod error;
pub mod memory;
pub mod population;
pub mod random;
pub mod verify;

pub use compete::Competition;
pub use curve::Curve;
pub use error::{Error, Result, nearest};
pub use population::{Catalog, Initial, Input, Population, Record, Recording, Spikes, Upstream, model};
pub use rheobase_models as models;
