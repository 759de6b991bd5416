//! Learning without labels before the labelled training: `[[stage]]`.

use serde::{Deserialize, Serialize};

use super::network::NetworkConfig;
use crate::learn::check::broken;
use rheobase_base::{Error, Result};
use rheobase_network::plasticity::Plasticity;

/// A layer that learns by a rule of plasticity, sample after sample. Stages run one after the other, before the first
/// epoch of `[train]`; a layer that has learned in a stage keeps its weights from then on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageConfig {
    /// The node whose weights learn: `linear`, `conv` or `first_spike_conv`, without a bias.
    pub layer: String,
    /// How often every sample is shown: by default 1; with 0 the layer keeps the weights it starts with.
    #[serde(default = "once")]
    pub epochs: u64,
    /// Samples per epoch, drawn anew for each; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// The stage ends before its last epoch when [`rheobase_network::plasticity::convergence`] of its weights, looked at after every
    /// epoch, is below this: in [0, 0.25], by default 0.01; 0 for never.
    #[serde(default = "hundredth")]
    pub converged: f64,
    /// While the stage learns, what fires first silences the other features at its place, and all within a radius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inhibition: Option<StageInhibition>,
    /// The rule, its bounds, and who learns. With `reward` it is rewarded for the class of the first winner: the features
    /// stand for the classes in blocks of equal size, and a sample gives 1 if the block is that of its label, else −1.
    pub plasticity: Plasticity,
}

/// Inhibition between features while a stage learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StageInhibition {
    /// Rows and columns to each side that are silenced, in all features; 0 for the place alone.
    pub radius: usize,
}

fn once() -> u64 {
    1
}
fn hundredth() -> f64 {
    0.01
}

impl StageConfig {
    /// A stage of one epoch over all samples.
    pub fn new(layer: impl Into<String>, plasticity: Plasticity) -> Self {
        let (epochs, converged) = (once(), hundredth());
        StageConfig { layer: layer.into(), epochs, samples: None, converged, inhibition: None, plasticity }
    }

    /// What errors call it.
    pub(crate) fn place(&self) -> String {
        format!("stage.{}", self.layer)
    }

    /// Refuses settings that no network could have. What has to fit the layer is checked when the network is known.
    fn check(&self) -> Result<()> {
        let place = self.place();
        if !(0.0..=0.25).contains(&self.converged) {
            let rule = "must be 0 to 0.25: the mean of w(1 − w), which is 0.25 half way between the bounds";
            return Err(broken(&place, "converged", self.converged, rule));
        }
        if self.samples == Some(0) {
            let rule =
                "must be at least 1; leave it out for all, or set epochs = 0 for a layer that does not learn";
            return Err(broken(&place, "samples", 0, rule));
        }
        Ok(())
    }
}

/// Refuses stages that contradict each other or the network, as far as it is known without its file.
pub(super) fn check(stages: &[StageConfig], network: &NetworkConfig) -> Result<()> {
    for (i, stage) in stages.iter().enumerate() {
        stage.check()?;
        if stages[..i].iter().any(|earlier| earlier.layer == stage.layer) {
            let rule = "has a stage already, after which its weights are kept; give each layer one stage";
            return Err(broken("stage", "layer", format!("`{}`", stage.layer), rule));
        }
    }
    let Some(names) = network.names() else { return Ok(()) };
    for stage in stages {
        if !names.contains(&stage.layer) {
            let known = names.iter().map(String::as_str);
            return Err(Error::unknown("stage.layer", "node", &stage.layer, known));
        }
    }
    Ok(())
}
