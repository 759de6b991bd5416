//! Tests of plasticity: rules against their definitions and published figures, splits, state, bad input.

mod definitions;
mod faults;
mod order;
mod published;
mod state;

use super::*;
use crate::vision::SpikeRows;

/// Spikes by step.
pub(super) fn rows(steps: &[&[u32]], neurons: usize) -> SpikeRows {
    valued(&steps.iter().map(|s| s.iter().map(|i| (*i, 1.0)).collect()).collect::<Vec<Vec<_>>>(), neurons)
}

/// Spikes by step, with their values.
pub(super) fn valued(steps: &[Vec<(u32, f32)>], neurons: usize) -> SpikeRows {
    let (mut offsets, mut index, mut value) = (vec![0u32], Vec::new(), Vec::new());
    for step in steps {
        index.extend(step.iter().map(|(i, _)| *i));
        value.extend(step.iter().map(|(_, v)| *v));
        offsets.push(index.len() as u32);
    }
    SpikeRows::new(offsets, index, value, neurons).unwrap()
}

/// Spikes at random: each neuron fires in about one of `one_in` steps.
pub(super) fn random(seed: u64, steps: usize, neurons: usize, one_in: u32) -> SpikeRows {
    let stream = rheobase_base::random::Stream::new(seed, "spikes", "test");
    let fires = |step: usize, i: u32| stream.quad(step as u64, 0, i)[0].is_multiple_of(one_in);
    let of = |step| (0..neurons as u32).filter(|i| fires(step, *i)).map(|i| (i, 1.0)).collect();
    valued(&(0..steps).map(of).collect::<Vec<_>>(), neurons)
}

pub(super) fn dense(inputs: usize, outputs: usize) -> Connection {
    Connection::dense("layer", inputs, outputs).unwrap()
}

pub(super) fn learner(settings: &Plasticity, connection: &Connection) -> Learner {
    Learner::new("layer", settings, connection.clone(), 0.001).unwrap()
}

pub(super) fn order(ltp: f32, ltd: f32) -> Plasticity {
    let order = Order { ltp: Rate::Same(ltp), ltd: Rate::Same(ltd), stabilizer: true, anneal: None };
    Plasticity { winners: Some(Winners { k: 1, radius: 0 }), ..Plasticity::new(Rule::Order(order)) }
}
