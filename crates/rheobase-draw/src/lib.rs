//! Pictures as SVG, PNG and PDF: one module for every command that draws.
//!
//! Data go in as plain slices, a [`Figure`] comes out, and [`Figure::save`] writes it. Kinds of pictures:
//!
//! | kind | shows |
//! |---|---|
//! | [`Raster`] | spikes of many neurons over time |
//! | [`Traces`] | potentials and other states over time |
//! | [`Rates`] | firing rates over time, with bands |
//! | [`Simulation`] | input, potentials and spikes of one run on one time axis |
//! | [`FiCurve`] | firing rate over input current, closed form beside simulation |
//! | [`PhaseLine`] | speed of one variable over its value, fixed points |
//! | [`PhasePlane`] | vector field, nullclines, threshold, fixed points, trajectories |
//! | [`Intervals`] | histogram of inter-spike intervals |
//! | [`Correlogram`] | correlation over lag |
//! | [`DistanceMatrix`] | distances between spike trains |
//! | [`Weights`] | weights and receptive fields |
//! | [`KernelCourse`] | kernels as they form |
//! | [`WeightCourse`] | weights over time |
//! | [`Wins`] | how often each feature won |
//! | [`LearningCurves`] | loss and accuracy over epochs |
//! | [`Confusion`] | confusion matrix |
//! | [`Report`] | many pictures and tables on one HTML page |
//!
//! Times are in seconds and rates in Hz unless a picture is told that they count steps ([`Time`](rheobase_models::neuron::Time)).
//!
//! Panels of kinds over time can be put on one time axis with [`Figure::stack`].
//!
//! Figures are 89 or 183 mm wide (one or two columns of a journal) and letters have 8 pt or more unless they are told otherwise
//! ([`Figure::width_mm`], [`Figure::height_mm`], [`Figure::font_pt`]); colours are those of
//! Okabe and Ito (doi:10.1038/nmeth.1618). Every kind checks its data when the figure is made: what is not finite,
//! empty or of another length is an [`rheobase_base::Error`] that names the field and the index.
//!
//! The module writes SVG itself and rasterises the same scene with tiny-skia. General plotting libraries were
//! measured first: kuva 0.6 writes a circle per spike (60 MB of SVG for 10⁶ spikes, where this module writes 0.6 MB)
//! and cannot put an image inside a picture; plotters 0.3 writes an element per mark, too, at whole pixels only.
//!
//! ```
//! # mod rheobase { pub use {rheobase_base::Result, rheobase_draw as draw}; }
//! # fn main() -> rheobase::Result<()> {
//! use rheobase::draw::Raster;
//! let (times, neurons) = ([0.010, 0.012, 0.020], [0, 1, 0]);
//! let figure = Raster::new(&times, &neurons, 2).span(0.0, 0.03).figure()?;
//! assert!(figure.to_svg()?.contains("time (ms)"));
//! # Ok(())
//! # }
//! ```

#![allow(clippy::disallowed_methods, reason = "pictures are for the eye")]

mod accuracy_course;
mod axis;
mod cells;
mod check;
mod clock;
mod colour;
mod layout;
mod marks;
mod panel;
#[cfg(feature = "pdf")]
mod pdf;
mod png;
mod scene;
mod short;
mod spikes;
mod svg;
mod text;

mod confusion;
pub mod contents;
mod correlogram;
mod fi_curve;
mod figure;
mod intervals;
mod kernel_course;
mod learning_curves;
mod matrix;
mod phase_line;
mod phase_plane;
mod raster;
mod rates;
mod report;
mod simulation;
mod traces;
mod weight_course;
mod weights;
mod wins;

pub use accuracy_course::AccuracyCourse;
pub use confusion::Confusion;
pub use correlogram::Correlogram;
pub use fi_curve::FiCurve;
pub use figure::{ENDINGS, Figure};
pub use intervals::Intervals;
pub use kernel_course::KernelCourse;
pub use learning_curves::LearningCurves;
pub use matrix::DistanceMatrix;
pub use panel::Panel;
pub use phase_line::PhaseLine;
pub use phase_plane::{PhasePlane, Stability};
pub use raster::{Order, Raster};
pub use rates::Rates;
pub use report::{Report, Table};
pub use short::short;
pub use simulation::Simulation;

pub use traces::Traces;
pub use weight_course::WeightCourse;
pub use weights::Weights;
pub use wins::Wins;

#[cfg(test)]
mod tests;
