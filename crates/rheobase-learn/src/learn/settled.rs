//! `Settled`: what training does not change, computed once instead of in every epoch.

use rheobase_models::lanes::Level;

use super::front::{take_over, through};
use super::prepare::{Prepared, prepare};
use crate::encode::Encoding;
use rheobase_base::{Result, memory};
use rheobase_data::Dataset;
use rheobase_network::network::SampleInput;
use rheobase_network::network::{Network, Program, lower_part};

/// Samples that are taken through the network at once. No result depends on it.
const AT_ONCE: usize = 256;
/// The share of the memory that is free which may be used.
const SHARE: f64 = 0.25;

/// What a source of a network sends for every sample, where neither the samples nor what lies before it change any more.
pub(super) struct Settled {
    source: usize,
    inputs: Vec<SampleInput>,
    lengths: Vec<usize>,
    /// Spikes of each node before it, of each sample.
    spikes: Vec<Vec<u64>>,
}

/// Where the samples come from, and the most memory that may be used; bytes.
pub(super) struct Origin<'a> {
    pub(super) network: &'a Network,
    pub(super) program: &'a Program,
    pub(super) data: &'a Dataset,
    pub(super) encoding: &'a Encoding,
    pub(super) steps: usize,
    pub(super) level: Level,
    pub(super) limit: Option<f64>,
}

/// What a source sent in a sample.
pub(super) struct Summed<'a> {
    /// Of each of its values, the sum over the steps.
    pub(super) activity: &'a [f64],
    pub(super) steps: usize,
}

impl Origin<'_> {
    /// Shows what source number `source` sends, sample by sample, in their order.
    ///
    /// # Errors
    /// Encoders that refuse a sample; NaN that arises; a call that was asked to end.
    pub(super) fn summed(&self, source: usize, mut see: impl FnMut(usize, Summed<'_>)) -> Result<()> {
        let mut front = match source {
            0 => None,
            _ => lower_part(self.network, self.program.library(), 0, source)?,
        };
        front.iter_mut().try_for_each(|front| take_over(front, self.program))?;
        let mut activity = vec![0.0; self.program.width(source)];
        let all: Vec<usize> = (0..self.data.samples()).collect();
        for some in all.chunks(AT_ONCE) {
            let prepared = prepare(self.data, some, self.encoding, self.steps, 0)?;
            let inputs = match &front {
                None => prepared.inputs,
                Some(front) => {
                    let sent = through(front, &prepared, self.level)?;
                    sent.into_iter().map(|sent| SampleInput::Spikes(sent.rows)).collect()
                }
            };
            for ((sample, input), steps) in some.iter().zip(&inputs).zip(prepared.lengths) {
                activity.fill(0.0);
                add_up(input, steps, &mut activity);
                see(*sample, Summed { activity: &activity, steps });
            }
        }
        Ok(())
    }
}

/// Adds what an input says in each of its steps.
fn add_up(input: &SampleInput, steps: usize, sums: &mut [f64]) {
    match input {
        SampleInput::Spikes(rows) => {
            let spikes = rows.index().iter().zip(rows.value());
            spikes.for_each(|(i, v)| sums[*i as usize] += f64::from(*v));
        }
        other => {
            let values = other.to_dense(steps, sums.len());
            let rows = values.chunks_exact(sums.len().max(1));
            rows.for_each(|row| sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += f64::from(*v)));
        }
    }
}

impl Settled {
    /// What source number `source` sends. `None` where it would take too much memory, or the encoder draws anew in every epoch.
    ///
    /// # Errors
    /// Encoders that refuse a sample; NaN that arises; a call that was asked to end.
    pub(super) fn new(origin: &Origin<'_>, source: usize) -> Result<Option<Settled>> {
        if origin.encoding.has_chance() {
            return Ok(None);
        }
        let Some(mut front) = lower_part(origin.network, origin.program.library(), 0, source)? else {
            return Ok(None);
        };
        if front.list().len() < source {
            return Ok(None);
        }
        take_over(&mut front, origin.program)?;
        let room = memory::available().map_or(f64::INFINITY, |free| SHARE * free);
        let room = origin.limit.map_or(room, |limit| room.min(limit));
        let mut settled = Settled { source, inputs: Vec::new(), lengths: Vec::new(), spikes: Vec::new() };
        let mut bytes = 0;
        let all: Vec<usize> = (0..origin.data.samples()).collect();
        for some in all.chunks(AT_ONCE) {
            let prepared = prepare(origin.data, some, origin.encoding, origin.steps, 0)?;
            // Of an input that stays the same the network itself makes one step for all.
            if prepared.inputs.iter().any(|input| matches!(input, SampleInput::Constant(_))) {
                return Ok(None);
            }
            settled.lengths.extend_from_slice(&prepared.lengths);
            for sent in through(&front, &prepared, origin.level)? {
                bytes += sent.rows.bytes() + 8 * sent.spikes.len();
                settled.inputs.push(SampleInput::Spikes(sent.rows));
                settled.spikes.push(sent.spikes);
            }
            // Samples are alike: the first ones say what all will take.
            if bytes as f64 * (all.len() as f64 / settled.inputs.len() as f64) > room {
                return Ok(None);
            }
        }
        Ok(Some(settled))
    }

    /// Number of the source.
    #[cfg(test)]
    pub(super) fn source(&self) -> usize {
        self.source
    }

    /// Spikes of each node before the source, in the samples `indices`.
    pub(super) fn spikes(&self, indices: &[usize]) -> Vec<u64> {
        let mut sum = vec![0; self.source];
        indices.iter().for_each(|i| sum.iter_mut().zip(&self.spikes[*i]).for_each(|(sum, n)| *sum += n));
        sum
    }

    /// What the samples `indices` become there.
    pub(super) fn prepared(&self, indices: &[usize]) -> Prepared {
        Prepared {
            source: self.source,
            inputs: indices.iter().map(|i| self.inputs[*i].clone()).collect(),
            lengths: indices.iter().map(|i| self.lengths[*i]).collect(),
            ids: indices.iter().map(|i| *i as u64).collect(),
        }
    }
}
