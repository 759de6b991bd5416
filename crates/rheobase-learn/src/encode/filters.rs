//! Image filters: on- and off-centre cells, edges.

use serde::{Deserialize, Serialize};

use super::chain::{Link, as_image, image_shape, is_image, of_sample, shape_after};
use super::check::parameter;
use super::{Encoder, Encoding, SampleInput};
use rheobase_base::Result;
use rheobase_data::SampleView;
use rheobase_network::vision::{Dog, FilterBank, FilterKernel, rectify};

/// What each filter of a bank sees at each place of an image: `K · C` maps of K filters and C channels.
///
/// Responses below `threshold` become 0, then signs are dropped if `absolute`. `then` says how they become input; alone they
/// are currents. [`FilterBank`] has the details.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filters {
    /// The filters; at least one. By default an on- and an off-centre cell.
    #[serde(deserialize_with = "rheobase_network::one_or_many::list")]
    pub filters: Vec<FilterKernel>,
    /// Places of 0 around the image.
    pub padding: usize,
    /// Responses below it become 0; finite. None do without it.
    pub threshold: Option<f32>,
    /// Whether responses lose their sign.
    pub absolute: bool,
    /// Shape of an image, [channel, row, column]; in a training job that of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<[usize; 3]>,
    /// What turns the responses into input.
    #[serde(deserialize_with = "rheobase_network::kind_or_table::name_or_none")]
    pub then: Option<Box<Encoding>>,
}

impl Default for Filters {
    fn default() -> Self {
        Filters {
            filters: Dog::on_off(7, 1.0, 2.0).to_vec(),
            padding: 3,
            threshold: None,
            absolute: false,
            image: None,
            then: None,
        }
    }
}

const NAME: &str = "encode.filters";

impl Encoder for Filters {
    fn check(&self) -> Result<()> {
        parameter(NAME, "filters", "[]", !self.filters.is_empty(), "must have at least one filter")?;
        for (n, filter) in self.filters.iter().enumerate() {
            filter.check(&format!("{NAME}.filters[{n}]"))?;
        }
        let fine = self.threshold.is_none_or(f32::is_finite);
        parameter(NAME, "threshold", self.threshold.unwrap_or(0.0), fine, "must be finite")?;
        self.then.as_ref().map_or(Ok(()), |then| then.check())
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.check()?;
        let bank = FilterBank::new(&self.filters, self.padding, as_image(NAME, self.image, sample)?)?;
        shape_after(self.then.as_deref(), bank.output().to_vec())
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
        let image = image_shape(NAME, self.image)?;
        let bank = FilterBank::new(&self.filters, self.padding, image)?;
        let outputs = bank.output().iter().product();
        let mut responses = Vec::new();
        let link = Link { encoder: NAME, then: self.then.as_deref(), sample_id, epoch, steps };
        link.encode(sample, outputs, out, |row, place, values| {
            is_image(place, row, image)?;
            bank.responses(row, &mut responses).map_err(|e| of_sample(place, e))?;
            rectify(&mut responses, self.threshold, self.absolute)?;
            values.extend_from_slice(&responses);
            Ok(())
        })
    }
}
