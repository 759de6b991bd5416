//! Lateral inhibition of intensities: what is brighter than its neighbours gains on them.

use serde::{Deserialize, Serialize};

use super::chain::{Link, as_image, shape_after};
use super::{Encoder, Encoding, SampleInput};
use rheobase_base::Result;
use rheobase_data::SampleView;
use rheobase_network::vision;

/// Raises every value of an image by a share of itself for each neighbour that it exceeds, channel by channel
/// ([`vision::intensity_lateral_inhibition`]). `then` says how the values become input; alone they are currents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntensityLateralInhibition {
    /// Shares by distance, the first for the eight neighbours; finite, fewer than the image is long.
    #[serde(deserialize_with = "rheobase_network::one_or_many::list")]
    pub percents: Vec<f32>,
    /// Shape of an image, [channel, row, column]; in a training job that of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<[usize; 3]>,
    /// What turns the values into input.
    #[serde(deserialize_with = "rheobase_network::kind_or_table::name_or_none")]
    pub then: Option<Box<Encoding>>,
}

impl Default for IntensityLateralInhibition {
    fn default() -> Self {
        IntensityLateralInhibition { percents: vec![0.15, 0.12, 0.1, 0.07, 0.05], image: None, then: None }
    }
}

const NAME: &str = "encode.intensity_lateral_inhibition";

impl Encoder for IntensityLateralInhibition {
    fn check(&self) -> Result<()> {
        vision::check_percents(NAME, &self.percents, self.image)?;
        self.then.as_ref().map_or(Ok(()), |then| then.check())
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        let image = as_image(NAME, self.image, sample)?;
        vision::check_percents(NAME, &self.percents, Some(image))?;
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
            vision::intensity_lateral_inhibition(values, image, &self.percents)
        })
    }
}
