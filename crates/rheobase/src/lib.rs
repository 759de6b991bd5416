//! Rheobase simulates, differentiates and analyses spiking neurons.
//!
//! Every module is one concept; this page is the map.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

pub mod cells;
pub mod compete;
pub mod curve;
pub mod dynamics;
pub mod encode;
pub mod learn;
pub mod network;
pub mod plasticity;
pub mod population;
pub mod stimulus;
pub mod threads;
mod toml_text;
pub mod verify;
pub mod vision;

pub use compete::Competition;
pub use curve::Curve;
pub use dynamics::Dynamics;
pub use population::{Catalog, Initial, Input, Population, Record, Recording, Spikes, Upstream, model};
#[doc(inline)]
pub use rheobase_analyse as analyse;
pub use rheobase_base::{Error, Result, memory, nearest, random};
#[doc(inline)]
pub use rheobase_data as data;
#[doc(inline)]
pub use rheobase_draw as draw;
pub use rheobase_models as models;
