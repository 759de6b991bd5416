//! The part of a network that does not change while the rest learns: its samples need not wait for each other.

use rayon::prelude::*;
use rheobase_models::lanes::Level;

use super::prepare::Prepared;
use super::tile::TILE;
use rheobase_base::{Cancel, Result};
use rheobase_network::network::SampleInput;
use rheobase_network::network::{Context, Counts, Feed, Program, Signal, Tape, TileInput};
use rheobase_signals::SpikeRows;

/// What a front gives for a sample.
pub(super) struct Sent {
    /// Its signal.
    pub(super) rows: SpikeRows,
    /// Spikes of each of its nodes; 0 for nodes that do not spike.
    pub(super) spikes: Vec<u64>,
}

/// What `front` gives for each sample, in their order.
///
/// # Errors
/// Input of the wrong width; NaN that arises; a call that was asked to end.
pub(super) fn through(front: &Program, prepared: &Prepared, level: Level) -> Result<Vec<Sent>> {
    let cancel = Cancel::current();
    let tiles = prepared.inputs.par_chunks(TILE).zip(prepared.lengths.par_chunks(TILE));
    let done: Vec<Vec<Sent>> = tiles
        .map(|(inputs, lengths)| cancel.scope(|| tile(front, inputs, lengths, level)))
        .collect::<Result<_>>()?;
    Ok(done.into_iter().flatten().collect())
}

/// Gives a part of a network the parameters of the whole.
///
/// # Errors
/// A part that is of another network.
pub(super) fn take_over(part: &mut Program, whole: &Program) -> Result<()> {
    part.update(|parameters| {
        for tensor in &mut parameters.tensors {
            tensor.values.clone_from(&whole.parameters().get(&tensor.name)?.values);
        }
        Ok(())
    })
}

fn tile(front: &Program, inputs: &[SampleInput], lengths: &[usize], level: Level) -> Result<Vec<Sent>> {
    let steps = lengths.iter().copied().max().unwrap_or(0);
    let ids = vec![0; inputs.len()];
    let context = Context { step: 0, sample_ids: &ids, epoch: 0, training: false, taping: false, level };
    let width = front.input_shape().iter().product();
    let input = TileInput { samples: inputs, lengths: Some(lengths), width, wanted: false };
    let nothing = || Sent { rows: SpikeRows::default(), spikes: vec![0; front.list().len()] };
    let mut sent: Vec<Sent> = inputs.iter().map(|_| nothing()).collect();
    let spiking: Vec<usize> =
        (1..).zip(front.spiking()).filter(|(_, spikes)| *spikes).map(|(n, _)| n).collect();
    let mut state = front.start(inputs.len());
    let (mut tape, mut counts) = (Tape::default(), Counts::default());
    front.run(&context, &mut state, input.steps(0..steps), &mut tape, &mut counts, |t, signals| {
        let going = sent.iter_mut().enumerate().filter(|(sample, _)| t < lengths[*sample]);
        going.for_each(|(sample, sent)| {
            step(&signals[front.output()], sample, &mut sent.rows);
            spiking.iter().for_each(|n| sent.spikes[*n - 1] += signals[*n].active(&|s| s == sample) as u64);
        });
    })?;
    Ok(sent)
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
