//! The learning rate stays as it is.

use serde::{Deserialize, Serialize};

use super::{Progress, Schedule};
use rheobase_base::Result;

/// Factor 1 at all times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {}

impl Schedule for Constant {
    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn factor(&self, _: &Progress<'_>) -> f64 {
        1.0
    }
}
