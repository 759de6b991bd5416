//! Rheobase simulates, differentiates and analyses spiking neurons.
//!
//! ```
//! use rheobase::{Catalog, Population, stimulus::Stimulus};
//! let lif = Population::<f32>::builder(Catalog::standard().get("lif")?, &[20]);
//! let run = lif.set("tau_m", vec![0.01; 20]).run(0.3, &[Stimulus::step(0.1, 1.2)])?;
//! println!("{:?} s", run.spikes()?.times[0]);
//! # Ok::<(), rheobase::Error>(())
//! ```
//!
//! Every module is one concept; this page is the map. Each is a crate, or a part of one, that can be had alone:
//!
//! | modules | feature |
//! |---|---|
//! | [`population`], [`curve`], [`dynamics`], [`stimulus`], [`compete`], [`models`], [`random`], [`memory`], [`threads`] | always |
//! | [`analyse`] | `analyse` |
//! | [`draw`], and [`show`]: pictures of what the others give back | `draw` |
//! | [`data`] | `data` |
//! | [`exchange`] | `exchange` |
//! | [`network`], [`plasticity`], [`vision`] | `network` |
//! | [`encode`], [`learn`] | `learn` |
//! | [`verify`], [`cells`] | `verify` |

#[cfg(feature = "draw")]
pub mod show;

pub use rheobase_base::{Cancel, Error, Result, memory, nearest, random};
pub use rheobase_models as models;
pub use rheobase_signals::{Matrix, SpikeTrains};
pub use rheobase_sim::{
    Catalog, Competition, Curve, Dynamics, Initial, Input, Population, Record, Recording, Run, SpikeRecord,
    Spikes, Upstream, Values, compete, curve, model, population, stimulus, threads,
};

/// What a model's equations do, before any network, and pictures of that.
pub mod dynamics {
    #[cfg(feature = "draw")]
    pub use crate::show::phase::{FixedPoints, draw_line, draw_plane};
    pub use rheobase_sim::dynamics::*;
}

#[cfg(feature = "draw")]
pub use show::Show;

#[cfg(feature = "analyse")]
#[doc(inline)]
pub use rheobase_analyse as analyse;
#[cfg(feature = "analyse")]
pub use rheobase_analyse::Measures;
#[cfg(feature = "data")]
#[doc(inline)]
pub use rheobase_data as data;
#[cfg(feature = "draw")]
#[doc(inline)]
pub use rheobase_draw as draw;
#[cfg(feature = "exchange")]
#[doc(inline)]
pub use rheobase_exchange as exchange;
#[cfg(feature = "learn")]
pub use rheobase_learn::{encode, learn};
#[cfg(feature = "network")]
pub use rheobase_network::{network, plasticity, vision};
#[cfg(feature = "verify")]
pub use rheobase_originals::{cells, verify};
