//! `Recorder`: the spikes on both sides of a stage's layer during a sample.

use rheobase_models::lanes::Level;

use super::cut::Cut;
use crate::learn::front::step;
use rheobase_base::Result;
use rheobase_network::network::SampleInput;
use rheobase_network::network::{Context, Counts, Feed, Signal, Tape, TileInput};
use rheobase_signals::SpikeRows;

/// Runs samples through the part of a network that learns. Its memory is used again from sample to sample.
#[derive(Default)]
pub(super) struct Recorder {
    tape: Tape,
    counts: Counts,
    /// Spikes of the layer's input, by step, before any delay.
    pub(super) pre: SpikeRows,
    /// Spikes of the layer's neurons, by step, with their potentials.
    pub(super) post: SpikeRows,
    /// Input of each neuron that keeps its potential to itself, summed over the steps so far.
    driven: Vec<f32>,
    buffer: Vec<f32>,
}

impl Recorder {
    /// Runs one sample of `steps` steps.
    ///
    /// A neuron's potential is what it compares with its threshold, where that is known (`fire`, `first_spike_conv`); where
    /// it is not, the input that it has had since the sample began.
    ///
    /// # Errors
    /// Input of the wrong width; NaN that arises.
    pub(super) fn run(&mut self, cut: &Cut, input: &SampleInput, steps: usize, level: Level) -> Result<()> {
        let back = &cut.back;
        let source = back.list()[cut.layer].inputs[0].0;
        let neurons = &back.list()[cut.neurons];
        let (before, width) = (neurons.inputs[0].0, neurons.width());
        let Recorder { tape, counts, pre, post, driven, buffer } = self;
        pre.clear();
        post.clear();
        driven.clear();
        driven.resize(if neurons.layer { width } else { 0 }, 0.0);
        let input = TileInput {
            samples: std::slice::from_ref(input),
            lengths: None,
            width: back.input_shape().iter().product(),
            wanted: false,
        };
        let context = Context { step: 0, sample_ids: &[0], epoch: 0, training: false, taping: false, level };
        let mut state = back.start(1);
        back.run(&context, &mut state, input.steps(0..steps), tape, counts, |_, signals| {
            step(&signals[source], 0, pre);
            if cut.neurons == cut.layer {
                // Its spikes have the values of their potentials.
                return step(&signals[cut.neurons + 1], 0, post);
            }
            let potentials = signals[before].dense(buffer);
            if driven.is_empty() {
                spikes(&signals[cut.neurons + 1], potentials, post);
            } else {
                driven.iter_mut().zip(potentials).for_each(|(sum, x)| *sum += x);
                spikes(&signals[cut.neurons + 1], driven, post);
            }
        })
    }
}

/// Adds a step: who spikes, with what potential.
fn spikes(signal: &Signal, potentials: &[f32], rows: &mut SpikeRows) {
    // A spike whose value is 0 would be none.
    let potential = |i: usize| if potentials[i] == 0.0 { f32::MIN_POSITIVE } else { potentials[i] };
    match &signal.events {
        Some(events) => events.of(0).0.iter().for_each(|i| rows.push(*i, potential(*i as usize))),
        None => {
            let values = signal.values.iter().enumerate().filter(|(_, v)| **v != 0.0);
            values.for_each(|(i, _)| rows.push(i as u32, potential(i)));
        }
    }
    rows.end_step();
}
