//! Coding by order: bins of equal count, and ranks.

use serde::{Deserialize, Serialize};

use super::chain::of_sample;
use super::check::{Place, parameter, steps_fit, unsupported};
use super::{Encoder, SampleInput, SpikeRows};
use rheobase_base::Result;
use rheobase_data::SampleView;
use rheobase_network::vision;

/// Every value that is not 0 spikes once, the larger the earlier, equally many in each step
/// ([`vision::intensity_to_latency`]): the steps are bins, the weakest that are left over do not spike.
///
/// Unlike [`super::Latency`] it goes by the order of values, not by their size: contrast and brightness change nothing.
/// Mozafari et al. 2019, doi:10.3389/fnins.2019.00625.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntensityToLatency {
    /// Whether a spike has the value itself; else its sign.
    pub values: bool,
}

/// The largest values spike first, `per_step` of them in each step ([`vision::rank_order`]); what has not come after the
/// last step does not spike, nor what is not above 0.
///
/// Thorpe & Gautrais 1998, doi:10.1007/978-1-4615-4831-7_19.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RankOrder {
    /// Spikes per step; at least 1.
    pub per_step: usize,
    /// Whether a spike has the value itself; else 1.
    pub values: bool,
}

impl Default for RankOrder {
    fn default() -> Self {
        RankOrder { per_step: 1, values: false }
    }
}

/// Writes the spikes that `order` finds for the values of a sample; of value ±1 unless their `values` stay.
fn encode(
    encoder: &str,
    sample: SampleView<'_>,
    (sample_id, steps): (u64, usize),
    values: bool,
    out: &mut SampleInput,
    order: impl FnOnce(&[f32], &mut SpikeRows) -> Result<()>,
) -> Result<()> {
    let SampleView::Static(intensities) = sample else {
        let what = "takes one value per feature, not values over time; use `first_spikes` for events, `delta` or a rate for series";
        return Err(unsupported(encoder, what));
    };
    steps_fit(encoder, &sample, sample_id, steps, intensities.len())?;
    let mut rows = out.take_spikes();
    order(intensities, &mut rows)
        .map_err(|e| of_sample(Place { encoder, sample: sample_id, step: None }, e))?;
    if !values {
        rows.value_mut().iter_mut().for_each(|x| *x = x.signum());
    }
    *out = SampleInput::Spikes(rows);
    Ok(())
}

impl Encoder for IntensityToLatency {
    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        Ok(sample.to_vec())
    }

    fn encode(
        &self,
        sample: SampleView<'_>,
        sample_id: u64,
        _epoch: u64,
        steps: usize,
        out: &mut SampleInput,
    ) -> Result<()> {
        let name = "encode.intensity_to_latency";
        encode(name, sample, (sample_id, steps), self.values, out, |x, rows| {
            vision::intensity_to_latency(x, steps, rows)
        })
    }
}

const RANK_ORDER: &str = "encode.rank_order";

impl Encoder for RankOrder {
    fn check(&self) -> Result<()> {
        parameter(RANK_ORDER, "per_step", self.per_step, self.per_step > 0, "must be at least 1")
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.check()?;
        Ok(sample.to_vec())
    }

    fn encode(
        &self,
        sample: SampleView<'_>,
        sample_id: u64,
        _epoch: u64,
        steps: usize,
        out: &mut SampleInput,
    ) -> Result<()> {
        self.check()?;
        encode(RANK_ORDER, sample, (sample_id, steps), self.values, out, |x, rows| {
            vision::rank_order(x, self.per_step, steps, rows)
        })
    }
}
