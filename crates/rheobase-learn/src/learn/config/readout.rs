//! A readout whose weights follow from the labels in one go: `[readout]`.

use serde::{Deserialize, Serialize};

use super::network::NetworkConfig;
use super::run::RunConfig;
use crate::learn::check::broken;
use rheobase_base::{Error, Result};

/// A `linear` node whose weights are computed from what the training samples let its inputs send, after the stages, instead of
/// learned by gradients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadoutConfig {
    /// The node.
    pub layer: String,
    /// How its weights follow.
    pub by: ReadoutBy,
}

/// How the weights of a readout follow from the labels. The activity of an input is what it sends, summed over a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadoutBy {
    /// Each input stands for the class in whose samples it is the most active; a class has the mean activity of its inputs
    /// (Diehl & Cook 2015, doi:10.3389/fncom.2015.00099). Inputs that are never active stand for none.
    Votes,
    /// The class whose mean activity lies nearest. Needs a bias.
    Nearest,
    /// The inputs stand for the classes in blocks of equal size, as in a stage with a reward; a class has the activity of its
    /// block, and nothing is computed from the samples.
    Blocks,
}

impl ReadoutConfig {
    /// Refuses a node that the network does not have, and training by gradients besides.
    pub(super) fn check(&self, network: &NetworkConfig, train: &RunConfig) -> Result<()> {
        if train.epochs > 0 {
            let rule = "must be 0 with a `readout`, whose weights do not come from gradients; leave out one of the two";
            return Err(broken("train", "epochs", train.epochs, rule));
        }
        let Some(names) = network.names() else { return Ok(()) };
        if names.contains(&self.layer) {
            return Ok(());
        }
        let known = names.iter().map(String::as_str);
        Err(Error::unknown("readout.layer", "node", &self.layer, known))
    }
}
