//! What a stage's layer is shown: samples taken through what comes before it, many at once.

use rayon::prelude::*;
use rheobase_models::lanes::Level;

use super::cut::Cut;
use crate::learn::batch::TILE;
use crate::learn::prepare::Prepared;
use rheobase_base::{Cancel, Result};
use rheobase_network::network::SampleInput;
use rheobase_network::network::{Context, Counts, Feed, Program, Signal, Tape, TileInput};
use rheobase_signals::SpikeRows;

impl Cut {
    /// The input of `back` for each sample, in their order. Nothing here changes while the stage learns, so samples do not
    /// have to wait for each other.
    ///
    /// # Errors
    /// Input of the wrong width; NaN that arises.
    pub(super) fn ahead(&self, prepared: Prepared, level: Level) -> Result<Vec<SampleInput>> {
        let Some(front) = &self.front else { return Ok(prepared.inputs) };
        let cancel = Cancel::current();
        let tiles = prepared.inputs.par_chunks(TILE).zip(prepared.lengths.par_chunks(TILE));
        let done: Vec<Vec<SampleInput>> = tiles
            .map(|(inputs, lengths)| cancel.scope(|| tile(front, inputs, lengths, level)))
            .collect::<Result<_>>()?;
        Ok(done.into_iter().flatten().collect())
    }
}

fn tile(
    front: &Program,
    inputs: &[SampleInput],
    lengths: &[usize],
    level: Level,
) -> Result<Vec<SampleInput>> {
    let steps = lengths.iter().copied().max().unwrap_or(0);
    let ids = vec![0; inputs.len()];
    let context = Context { step: 0, sample_ids: &ids, epoch: 0, training: false, taping: false, level };
    let width = front.input_shape().iter().product();
    let input = TileInput { samples: inputs, lengths: Some(lengths), width, wanted: false };
    let mut rows = vec![SpikeRows::default(); inputs.len()];
    let mut state = front.start(inputs.len());
    let (mut tape, mut counts) = (Tape::default(), Counts::default());
    front.run(&context, &mut state, input.steps(0..steps), &mut tape, &mut counts, |t, signals| {
        let going = rows.iter_mut().enumerate().filter(|(sample, _)| t < lengths[*sample]);
        going.for_each(|(sample, rows)| step(&signals[front.output()], sample, rows));
    })?;
    Ok(rows.into_iter().map(SampleInput::Spikes).collect())
}

/// Adds a step: what is not 0 in a sample of a signal.
pub(super) fn step(signal: &Signal, sample: usize, rows: &mut SpikeRows) {
    match &signal.events {
        Some(events) => {
            let (index, value) = events.of(sample);
            index.iter().zip(value).for_each(|(i, v)| rows.push(*i, *v));
        }
        None => {
            let values = signal.sample(sample).iter().enumerate().filter(|(_, v)| **v != 0.0);
            values.for_each(|(i, v)| rows.push(i as u32, *v));
        }
    }
    rows.end_step();
}
