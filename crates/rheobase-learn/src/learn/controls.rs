//! The controls of a job: the same with other settings, on the same samples.

use super::batch::Outcome;
use super::config::ControlConfig;
use super::job::Job;
use super::paired::Paired;
use rheobase_base::{Error, Result};
use rheobase_network::network::Library;

impl Job {
    /// The job of a control of this one, at its start, on the same samples.
    ///
    /// # Errors
    /// Those of [`Job::new`].
    pub fn control(&self, control: &ControlConfig) -> Result<Job> {
        let config = control.job(self.config())?;
        let mut same = self.config().data.clone();
        same.steps = config.data.steps;
        same.augment = config.data.augment;
        let library: &Library = self.program().library();
        if config.data == same && config.train.seed == self.config().train.seed {
            return Job::with_data(config, self.splits().clone(), library);
        }
        Job::new_with(config, library)
    }

    /// Compares the answers of this job to its test samples with those of a control to the same.
    ///
    /// # Errors
    /// Controls that were tested on other samples.
    pub fn paired(&self, tested: &Outcome, control: &Job, other: &Outcome) -> Result<Paired> {
        let (mine, theirs) = (&self.splits().test, &control.splits().test);
        if mine.inputs() != theirs.inputs() || mine.labels() != theirs.labels() {
            let what = "was tested on other samples, which cannot be paired with the job's; leave `data` and `train.seed` as they are";
            return Err(Error::unsupported("control", what));
        }
        Paired::new(mine.labels(), &tested.predictions, &other.predictions)
    }
}

#[cfg(test)]
mod tests;
