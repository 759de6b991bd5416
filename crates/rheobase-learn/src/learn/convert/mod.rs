//! Rates into spikes: a network trained as rate curves is run with spiking neurons, and what that costs is stated: predicted
//! beforehand, measured, and layer by layer.
//!
//! Hunsberger & Eliasmith 2015, arXiv:1510.08829 (smoothed rate curves); Rueckauer et al. 2017,
//! doi:10.3389/fnins.2017.00682 (scaling by percentiles of data); Bu et al. 2022, arXiv:2202.01440 (where potentials begin).

mod fit;
mod layers;
mod minimise;
mod predict;
mod presentation;
mod relu;
mod run;
mod scaling;
mod start;
mod weights;

pub use fit::{FittedLayer, FittedRates};
pub use layers::LayerLoss;
pub use presentation::{Presentation, Scaling};
pub use relu::{BatchNorm, Layout, ReluLayer, ReluNetwork};
pub use run::{Conversion, Moment};
pub use weights::Weights;
