//! `Presentation`: how a network of rates is run as spikes.

use crate::learn::check::broken;
use rheobase_base::{Error, Result};
use rheobase_network::network::{Synapse, SynapseShape};

/// How a network of rates is run as spikes: every sample is shown for a while, and the answer is the mean of the output from
/// some step on.
#[derive(Debug, Clone, PartialEq)]
pub struct Presentation {
    /// Steps that a sample is shown; at least 1.
    pub steps: usize,
    /// The step from which on the output is averaged, when what went through the layers first has settled; below `steps`.
    pub from: usize,
    /// What the spikes of every layer go through, if anything.
    pub synapse: Option<Synapse>,
    /// What the output goes through: the answer is then its last value.
    pub output_synapse: Option<Synapse>,
    /// How rates are raised or lowered.
    pub scaling: Scaling,
    /// Where potentials begin: 0 at rest, below 1 at this share of the way to threshold.
    pub initial_potential: f64,
}

/// How the rates of a network are raised or lowered: the input of a layer times a factor, its output divided by it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scaling {
    /// As they are.
    None,
    /// All layers by this factor; finite and above 0.
    By(f64),
    /// Each layer so that this percentile of its activities over the training samples comes to this rate.
    Percentile {
        /// In (0, 100].
        percentile: f64,
        /// In Hz; finite and above 0.
        rate: f64,
    },
}

impl Presentation {
    /// So many steps, read from two fifths of them on, exponential synapses of 5 ms, rates as they are.
    pub fn new(steps: usize) -> Self {
        Presentation {
            steps,
            from: 2 * steps / 5,
            synapse: Some(Synapse { shape: SynapseShape::Exponential, tau: 0.005 }),
            output_synapse: None,
            scaling: Scaling::None,
            initial_potential: 0.0,
        }
    }

    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`Error::Value`] with the setting and its rule.
    pub fn check(&self) -> Result<()> {
        const PLACE: &str = "presentation";
        if !(1..=1 << 20).contains(&self.steps) {
            return Err(broken(PLACE, "steps", self.steps, "must be 1 to 2^20 time steps"));
        }
        if self.from >= self.steps {
            let rule = format!("must be below the {} steps that a sample is shown", self.steps);
            return Err(broken(PLACE, "from", self.from, rule));
        }
        if !(0.0..1.0).contains(&self.initial_potential) {
            let rule = "must be 0 (rest) or more, and below 1 (threshold)";
            return Err(broken(PLACE, "initial_potential", self.initial_potential, rule));
        }
        for (field, synapse) in [("synapse", &self.synapse), ("output_synapse", &self.output_synapse)] {
            if let Some(Synapse { tau, .. }) = synapse
                && !(*tau > 0.0 && tau.is_finite())
            {
                return Err(broken(PLACE, field, format!("{tau} s"), "must be finite and above 0"));
            }
        }
        let positive = |field, x: f64| match x > 0.0 && x.is_finite() {
            true => Ok(()),
            false => Err(broken(PLACE, field, x, "must be finite and above 0")),
        };
        match self.scaling {
            Scaling::None => Ok(()),
            Scaling::By(factor) => positive("scale", factor),
            Scaling::Percentile { percentile, rate } => {
                if !(percentile > 0.0 && percentile <= 100.0) {
                    return Err(broken(PLACE, "percentile", percentile, "must be above 0 and at most 100"));
                }
                positive("rate", rate)
            }
        }
    }

    /// What of this will not do what it looks like, with what to change; `dt` is the length of a step, `layers` how many layers
    /// spikes go through one after the other at most.
    pub fn warnings(&self, dt: f64) -> Vec<String> {
        let shown = self.steps as f64 * dt;
        let too_long = |(what, synapse): (&str, Option<Synapse>)| {
            let tau = synapse.filter(|s| s.tau > shown)?.tau;
            Some(format!(
                "a sample is shown for {shown} s, shorter than {what} ({tau} s), which only begins to answer; show it for longer, or \
                 take a shorter synapse"
            ))
        };
        [("the synapse", self.synapse), ("the output's synapse", self.output_synapse)]
            .into_iter()
            .filter_map(too_long)
            .collect()
    }
}

/// A network none of whose layers is run as a rate.
pub(super) fn no_rates() -> Error {
    let what = "no layer is run as a rate, so there is nothing to convert: train a network whose layers have `as = \"rate\"`, or \
                test this one as it is";
    Error::unsupported("network", what)
}
