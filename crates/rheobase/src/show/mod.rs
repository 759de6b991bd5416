//! Pictures of results: what [`crate::draw`] makes of slices, made of what the other parts give back.
//!
//! [`Show`] gives whatever has one usual picture a method for it:
//!
//! ```
//! use rheobase::stimulus::Stimulus;
//! use rheobase::{Catalog, Population, Show};
//! let lif = Population::<f32>::builder(Catalog::standard().get("lif")?, &[20]);
//! let run = lif.run(0.3, &[Stimulus::step(0.1, 1.2)])?;
//! assert!(run.figure()?.to_svg()?.contains("time (ms)"));
//! # Ok::<(), rheobase::Error>(())
//! ```

#[cfg(feature = "analyse")]
mod measures;
pub(crate) mod phase;
mod raster;
#[cfg(feature = "analyse")]
mod rate;
mod run;
#[cfg(feature = "learn")]
pub mod training;
#[cfg(feature = "learn")]
pub mod weights;

use rheobase_base::Result;
use rheobase_draw::Figure;

pub use raster::{Rows, raster};
#[cfg(feature = "analyse")]
pub use rate::{PopulationRate, Spikes, population_rate};
pub use run::RunPicture;

/// What has one usual picture.
///
/// | of | shows |
/// |---|---|
/// | [`Run`](crate::Run) | input, potentials, spikes |
/// | [`Dynamics`](crate::Dynamics) | the phase plane of the first two variables, or the phase line of one |
/// | [`SpikeTrains`](crate::SpikeTrains) | a raster; [`raster`](raster()) says how its rows stand |
/// | [`analyse::Rates`](crate::analyse::Rates) | a curve per train; of more than six, their mean and standard deviation |
/// | [`analyse::Distances`](crate::analyse::Distances) | the matrix |
/// | [`analyse::Correlogram`](crate::analyse::Correlogram) | counts by lag, with what unrelated trains would give |
/// | [`learn::Job`](crate::learn::Job), [`learn::Trained`](crate::learn::Trained) | loss and accuracy, epoch by epoch |
pub trait Show {
    /// The picture.
    ///
    /// # Errors
    /// Nothing there to draw; values that are not finite.
    fn figure(&self) -> Result<Figure>;
}
