//! Populations of neurons: simulated, differentiated, and seen as dynamical systems.
//!
//! * [`population`]: many neurons of one model, with their state, threads and gradients; [`compete`]: winners among them
//! * [`Run`]: a population run under stimuli, with what is usually looked at
//! * [`curve`]: rates over input; [`dynamics`]: fixed points, nullclines, thresholds
//! * [`stimulus`]: steps, ramps, sines, noise; [`threads`]: how many

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

pub mod compete;
pub mod curve;
pub mod dynamics;
pub mod population;
mod run;
pub mod stimulus;
pub mod threads;

pub use compete::Competition;
pub use curve::Curve;
pub use dynamics::Dynamics;
pub use population::{
    Catalog, Initial, Input, Population, Record, Recording, SpikeRecord, Spikes, Upstream, Values, model,
};
pub use run::Run;
