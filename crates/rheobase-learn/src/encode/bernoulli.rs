//! Rate encoding by one coin per step: the probability of a spike is the value.

use serde::{Deserialize, Serialize};

use super::check::parameter;
use super::keyed::Draw;
use super::{Encoder, SampleInput};
use rheobase_base::Result;
use rheobase_base::random::unit;
use rheobase_data::SampleView;

/// In each step feature i spikes with probability `p = gain · x_i`, independently of all others, for `x` in [0, 1].
///
/// x = 0 never spikes, and `gain · x` = 1 in every step. Probabilities are met to 2⁻²⁴. Of a series, each step takes its own
/// values. Described by Eshraghian et al. 2023, doi:10.1109/JPROC.2023.3308088.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bernoulli {
    /// Probability of a spike in a step at x = 1; above 0, at most 1.
    pub gain: f32,
    /// Take values outside [0, 1] as the nearest one within, instead of refusing them.
    pub clip: bool,
    /// Other seeds give other spikes.
    pub seed: u64,
}

impl Default for Bernoulli {
    fn default() -> Self {
        Bernoulli { gain: 1.0, clip: false, seed: 0 }
    }
}

const NAME: &str = "encode.bernoulli";

impl Encoder for Bernoulli {
    fn check(&self) -> Result<()> {
        let fine = self.gain > 0.0 && self.gain <= 1.0;
        parameter(NAME, "gain", self.gain, fine, "is a probability: must lie above 0 and not above 1")
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.check()?;
        Ok(sample.to_vec())
    }

    fn encode(
        &self,
        sample: SampleView<'_>,
        sample_id: u64,
        epoch: u64,
        steps: usize,
        out: &mut SampleInput,
    ) -> Result<()> {
        self.check()?;
        let draw = Draw { encoder: NAME, seed: self.seed, sample: sample_id, epoch, clip: self.clip };
        let gain = f64::from(self.gain);
        draw.spikes(sample, steps, |x| gain * x, |word, p| f32::from(u8::from(unit(word) < p)), out)
    }
}
