//! Cells of other libraries with their own arguments and handling, played by this library's models.
//!
//! * [`SlifCell`]: ngc-learn's SLIFCell, with compartments by name

mod refractory_clock;
mod slif_cell;
mod slif_compartments;
mod slif_file;
mod slif_help;
mod slif_options;
#[cfg(test)]
mod tests;

pub use slif_cell::SlifCell;
pub use slif_compartments::Role;
pub use slif_help::{CompartmentLine, Description, HyperparameterLine};
pub use slif_options::{SlifOptions, SlifSurrogate};
