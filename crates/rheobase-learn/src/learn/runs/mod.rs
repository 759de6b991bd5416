//! Runs as they lie in folders: read, compared, and planned over several settings and seeds.

mod comparison;
mod grid;
mod record;
mod table;

pub use comparison::{Band, Column, Comparison, Group, Measure};
pub use grid::{Grid, Planned};
pub use record::{CHECKPOINT, CONFIG, METRICS, REPORT, RunRecord, RunResult, run_folders};
