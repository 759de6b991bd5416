//! One step of a rule of traces: pairs and triplets of spikes.

use super::{Connection, Dependence};

/// Sizes and decays of a rule for one length of the step.
#[derive(Debug, Clone)]
pub(super) struct Windows {
    /// Potentiation by pairs, by triplets.
    pub(super) up: [f32; 2],
    /// Depression by pairs, by triplets.
    pub(super) down: [f32; 2],
    /// What is left of r1, r2, o1, o2 after a step.
    pub(super) kept: [f32; 4],
    /// Whether a spike sets a trace to 1 instead of adding 1.
    pub(super) nearest: bool,
    pub(super) dependence: Dependence,
}

/// r1, r2 of each input; o1, o2 of each output. Traces that a rule does not look at are empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Traces(pub(super) [Vec<f32>; 4]);

/// Where changes go.
pub(super) enum Changes<'a> {
    /// Into weights, within bounds.
    Weights,
    /// Into what waits for a reward, one number per weight.
    Eligibility(&'a mut [f32]),
}

/// What of a trace is so small becomes 0: numbers below the normal ones are slow.
const SETTLED: f32 = 1e-31;

impl Traces {
    pub(super) fn new(windows: &Windows, connection: &Connection) -> Traces {
        let of = |wanted: bool, size: usize| vec![0.0; if wanted { size } else { 0 }];
        let (inputs, outputs) = (connection.inputs(), connection.outputs());
        Traces([
            of(true, inputs),
            of(windows.down[1] != 0.0, inputs),
            of(true, outputs),
            of(windows.up[1] != 0.0, outputs),
        ])
    }

    pub(super) fn clear(&mut self) {
        self.0.iter_mut().for_each(|trace| trace.fill(0.0));
    }

    fn decay(&mut self, kept: [f32; 4]) {
        for (trace, kept) in self.0.iter_mut().zip(kept) {
            for x in trace.iter_mut().filter(|x| **x != 0.0) {
                *x *= kept;
                if *x < SETTLED {
                    *x = 0.0;
                }
            }
        }
    }
}

impl Windows {
    /// One step: traces decay; arrivals depress and leave their trace; then postsynaptic spikes potentiate and leave theirs.
    /// Within each, one event comes after the other, in ascending index.
    pub(super) fn step(
        &self,
        connection: &Connection,
        traces: &mut Traces,
        (arrived, fired): (&[u32], &[u32]),
        bounds: [f32; 2],
        weights: &mut [f32],
        changes: &mut Changes<'_>,
    ) {
        traces.decay(self.kept);
        let [r1, r2, o1, o2] = &mut traces.0;
        for input in arrived.iter().map(|i| *i as usize) {
            let size = self.down[0] + r2.get(input).map_or(0.0, |r2| self.down[1] * r2);
            if size != 0.0 {
                connection.outputs_of(input, |weight, output| {
                    if o1[output] != 0.0 {
                        self.change(weight, -(size * o1[output]), bounds, weights, changes);
                    }
                });
            }
        }
        self.raise(r1, arrived);
        self.raise(r2, arrived);
        let size = |output: usize| self.up[0] + o2.get(output).map_or(0.0, |o2| self.up[1] * o2);
        if connection.is_dense() {
            // Row by row, as they lie in memory; no two changes meet.
            let outputs = connection.outputs();
            for (input, r1) in r1.iter().enumerate().filter(|(_, r1)| **r1 != 0.0) {
                for output in fired.iter().map(|o| *o as usize) {
                    let change = r1 * size(output);
                    self.change(input * outputs + output, change, bounds, weights, changes);
                }
            }
        } else {
            for output in fired.iter().map(|o| *o as usize) {
                let size = size(output);
                connection.inputs_of(output, |weight, input| {
                    let trace = input.map_or(0.0, |input| r1[input]);
                    if trace != 0.0 {
                        self.change(weight, trace * size, bounds, weights, changes);
                    }
                });
            }
        }
        self.raise(o1, fired);
        self.raise(o2, fired);
    }

    fn raise(&self, trace: &mut [f32], spikes: &[u32]) {
        if !trace.is_empty() {
            for i in spikes {
                let x = &mut trace[*i as usize];
                *x = if self.nearest { 1.0 } else { *x + 1.0 };
            }
        }
    }

    /// Changes one weight by `amount` times what depends on the weight.
    #[inline]
    fn change(
        &self,
        weight: usize,
        amount: f32,
        [lower, upper]: [f32; 2],
        weights: &mut [f32],
        changes: &mut Changes<'_>,
    ) {
        let w = weights[weight];
        let u = (w - lower) / (upper - lower);
        let amount = amount * if amount > 0.0 { self.dependence.up(u) } else { self.dependence.down(u) };
        match changes {
            Changes::Weights => weights[weight] = (w + amount).clamp(lower, upper),
            Changes::Eligibility(waiting) => waiting[weight] += amount,
        }
    }
}
