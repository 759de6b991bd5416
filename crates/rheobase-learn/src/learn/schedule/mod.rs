//! Schedules: the learning rate over a run, as a pure function of where the run is.
//!
//! A schedule gives a factor on the learning rate. It keeps no state, so a resumed run goes on as if it had not
//! stopped.

mod constant;
mod cosine;
mod exponential;
mod plateau;
mod step;

pub use constant::Constant;
pub use cosine::Cosine;
pub use exponential::Exponential;
pub use plateau::Plateau;
pub use step::Step;

use serde::{Deserialize, Serialize};

use rheobase_base::Result;

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    /// Epochs that are complete: 0 during the first.
    pub epoch: u64,
    /// Updates that have been made, over all epochs: 0 before the first.
    pub step: u64,
    /// Updates in an epoch; 0 counts as 1.
    pub steps_per_epoch: u64,
    /// One number per complete epoch, the lower the better, such as the validation loss. NaN is not an improvement.
    pub history: &'a [f64],
}

/// The learning rate over a run.
pub trait Schedule {
    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with the setting and its rule.
    fn check(&self) -> Result<()>;

    /// The factor, in [0, 1] for every schedule of the library, on the learning rate of the next update.
    fn factor(&self, at: &Progress<'_>) -> f64;
}

/// Every schedule of the library as plain data: `{ kind = "cosine", epochs = 30, warm_up = 2 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ScheduleKind {
    /// See [`Constant`].
    Constant(Constant),
    /// See [`Step`].
    Step(Step),
    /// See [`Exponential`].
    Exponential(Exponential),
    /// See [`Cosine`].
    Cosine(Cosine),
    /// See [`Plateau`].
    Plateau(Plateau),
}

impl Default for ScheduleKind {
    fn default() -> Self {
        ScheduleKind::Constant(Constant::default())
    }
}

impl ScheduleKind {
    fn as_schedule(&self) -> &dyn Schedule {
        match self {
            ScheduleKind::Constant(schedule) => schedule,
            ScheduleKind::Step(schedule) => schedule,
            ScheduleKind::Exponential(schedule) => schedule,
            ScheduleKind::Cosine(schedule) => schedule,
            ScheduleKind::Plateau(schedule) => schedule,
        }
    }
}

impl Schedule for ScheduleKind {
    fn check(&self) -> Result<()> {
        self.as_schedule().check()
    }

    fn factor(&self, at: &Progress<'_>) -> f64 {
        self.as_schedule().factor(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_by_name_and_refuse_unknown_keys() {
        let read = |text: &str| serde_json::from_str::<ScheduleKind>(text);
        let cosine = read(r#"{"kind": "cosine", "epochs": 30, "warm_up": 2}"#).unwrap();
        assert_eq!(cosine, ScheduleKind::Cosine(Cosine { epochs: 30.0, warm_up: 2.0, floor: 0.0 }));
        assert_eq!(read(r#"{"kind": "constant"}"#).unwrap(), ScheduleKind::default());
        assert!(read(r#"{"kind": "constant", "gamma": 1}"#).is_err());
        assert!(read(r#"{"kind": "step", "evry": 3}"#).unwrap_err().to_string().contains("evry"));
        assert!(read(r#"{"kind": "linear"}"#).is_err());
        let again = serde_json::to_string(&cosine).unwrap();
        assert_eq!(read(&again).unwrap(), cosine);
    }
}
