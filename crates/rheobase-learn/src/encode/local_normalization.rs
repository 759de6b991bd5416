//! Local normalisation: intensities relative to their surroundings.

use serde::{Deserialize, Serialize};

use super::chain::{Link, as_image, shape_after};
use super::{Encoder, Encoding, SampleInput};
use rheobase_base::Result;
use rheobase_data::SampleView;
use rheobase_network::vision;

/// Divides every value of an image by the mean of the square around it, `radius` places to each side, channel by channel
/// ([`vision::local_normalization`]). `then` says how the quotients become input; alone they are currents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LocalNormalization {
    /// Places to each side; at least 1, smaller than the image.
    pub radius: usize,
    /// What is added to every mean; finite, above 0.
    pub eps: f32,
    /// Shape of an image, [channel, row, column]; in a training job that of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<[usize; 3]>,
    /// What turns the quotients into input.
    #[serde(deserialize_with = "rheobase_network::kind_or_table::name_or_none")]
    pub then: Option<Box<Encoding>>,
}

impl Default for LocalNormalization {
    fn default() -> Self {
        LocalNormalization { radius: 1, eps: 1e-12, image: None, then: None }
    }
}

const NAME: &str = "encode.local_normalization";

impl Encoder for LocalNormalization {
    fn check(&self) -> Result<()> {
        vision::check_normalization(NAME, self.radius, self.eps, self.image)?;
        self.then.as_ref().map_or(Ok(()), |then| then.check())
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        let image = as_image(NAME, self.image, sample)?;
        vision::check_normalization(NAME, self.radius, self.eps, Some(image))?;
        shape_after(self.then.as_deref(), sample.to_vec())
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
        let link = Link { encoder: NAME, then: self.then.as_deref(), sample_id, epoch, steps };
        link.encode_images(sample, self.image, out, |values, image| {
            vision::local_normalization(values, image, self.radius, self.eps)
        })
    }
}
