//! A layer as part of a network, which keeps the state: one step of all samples of a tile, forwards and backwards.

use rheobase_models::Surrogate;
use rheobase_models::lanes::Level;
use rheobase_models::neuron::{BackwardReads, Emits, Firing};
use rheobase_models::phases::SETTLE;

use super::Layer;
use crate::population::Memory;
use crate::population::coupled::{Coupled, Sample, Setting};
use crate::population::layer_state::LayerState;
use crate::population::probe::Recorded;
use crate::population::{Column, Initial, Number};
use rheobase_base::Result;
use rheobase_base::virtual_lane_sum;
use rheobase_kernels::backward::Backward;
use rheobase_kernels::step::Step;

/// One step of all samples of a tile.
pub struct LayerForward<'a> {
    /// Registers to use.
    pub level: Level,
    /// Input: `[sample, neuron]`.
    pub x: &'a [f32],
    /// Samples of the tile.
    pub samples: usize,
    /// Whether what has decayed becomes 0 after this step.
    pub settling: bool,
    /// The neurons' state, field by field: `[sample, neuron]`.
    pub fields: &'a mut [Vec<f32>],
    /// The state of the layer as a whole, sample by sample.
    pub layers: &'a mut [LayerState<f32>],
    /// What a coupled layer needs for the backward pass: its input and its own spikes.
    pub kept: &'a mut Vec<Vec<f32>>,
    /// What the neurons send: `[sample, neuron]`.
    pub out: &'a mut [f32],
    /// Which of them spike, a bit each; samples begin with a word.
    pub spikes: &'a mut [u64],
    /// Where the slope is not 0, as bits; `None` if nobody asks.
    pub reach: Option<&'a mut Vec<u64>>,
    /// Room for the potential before the reset, where that is all that going back needs: see [`Layer::backward_reads`].
    pub integrated: Option<&'a mut [f32]>,
}

/// One step of all samples of a tile, backwards.
pub struct LayerBackward<'a> {
    /// Registers to use.
    pub level: Level,
    /// Input: `[sample, neuron]`. Where [`Layer::backward_reads`] needs no state and `before` has none, the potential before the reset, or
    /// anything.
    pub x: &'a [f32],
    /// Samples of the tile.
    pub samples: usize,
    /// The state before the step.
    pub before: &'a Memory,
    /// dL/d output: `[sample, neuron]`.
    pub upstream: &'a [f32],
    /// dL/d state after the step, which becomes that before it, field by field.
    pub adjoint: &'a mut Vec<Vec<f32>>,
    /// What lateral edges carry into the step before; empty at the last step.
    pub carried: &'a mut Vec<Vec<f32>>,
    /// dL/d input: written.
    pub input: &'a mut [f32],
    /// dL/d coefficients, neuron by neuron: added to.
    pub of_coeffs: &'a mut [Vec<f32>],
}

impl Layer<f32> {
    /// Number of coefficients.
    pub fn coeff_count(&self) -> usize {
        self.coeffs.len()
    }

    /// Whether neurons fire by a surrogate that is 0 somewhere, so that it is worth finding out where.
    pub fn slope_may_vanish(&self) -> bool {
        let info = self.model.info();
        let fires = info.emits != Emits::Analogue && !matches!(info.firing, Firing::Count | Firing::Never);
        !self.is_coupled() && fires && self.surrogate.has_bounds()
    }

    /// What the backward pass reads of a step, unless coefficients are learned.
    pub fn backward_reads(&self) -> BackwardReads {
        if self.is_coupled() { BackwardReads::StateAndInput } else { self.model.info().backward_reads }
    }

    /// Changes where a state field starts.
    pub fn set_initial(&mut self, field: usize, column: Column<f64>) {
        self.initial[field] = match column {
            Column::Shared(x) => Initial::Value(x),
            Column::Each(xs) => Initial::Each(xs),
        };
    }

    /// Changes parameters, if they are lawful together.
    pub fn set_params(&mut self, changes: Vec<(usize, Column<f64>)>) -> Result<()> {
        let mut params = self.params.clone();
        for (field, column) in changes {
            params[field] = column;
        }
        self.change(params, self.dt)
    }

    /// What belongs to the layer as a whole at the start, one per sample; nothing where its neurons do not see each other.
    pub fn layers(&self, samples: usize) -> Vec<LayerState<f32>> {
        if self.is_coupled() { vec![LayerState::new(self.neurons); samples] } else { Vec::new() }
    }

    /// The gradient of the fields at the start from that of the first output of one sample.
    pub fn pull_back_first_output(&self, upstream: &[f32]) -> Vec<Vec<f32>> {
        let mut fields = vec![Vec::with_capacity(self.neurons); self.model.state().len()];
        for ((_, slopes), g) in self.first_outputs(0).zip(upstream) {
            for (field, slope) in fields.iter_mut().zip(slopes) {
                field.push((slope * f64::from(*g)) as f32);
            }
        }
        fields
    }

    /// The gradient of a learned parameter or start, neuron by neuron, from the raw ones.
    pub fn pull_back(
        &self,
        field: usize,
        initial: bool,
        of_coeffs: &[Vec<f32>],
        of_start: &[Vec<f32>],
    ) -> Vec<f32> {
        if initial {
            return of_start[field].clone();
        }
        (0..self.neurons)
            .map(|n| {
                let values = self.params_of(n);
                let coeffs: Vec<f64> = of_coeffs.iter().map(|c| f64::from(c[n])).collect();
                let mut g = self.model.pull_back(&values, self.dt, &coeffs)[field];
                let start =
                    |i: usize| if self.initial[i] == Initial::Rest { f64::from(of_start[i][n]) } else { 0.0 };
                let start: Vec<f64> = (0..of_start.len()).map(start).collect();
                if start.len() == self.model.state().len() {
                    g += self.model.pull_back_rest(&values, &start)[field];
                }
                g as f32
            })
            .collect()
    }

    /// One step.
    pub fn forward(&self, job: LayerForward<'_>) {
        let kernels = f32::kernels(&*self.model);
        if !self.is_coupled() {
            let surrogate: &Surrogate = &self.surrogate;
            let reach = job.reach.map(|bits| (surrogate, &mut bits[..]));
            let step = Step {
                coeffs: &self.coeffs,
                neurons: self.neurons,
                samples: job.samples,
                state: job.fields,
                settling: job.settling,
                x: job.x,
                out: job.out,
                spikes: job.spikes,
                reach,
                integrated: job.integrated,
            };
            kernels.step(job.level, step);
            return;
        }
        job.kept.clear();
        job.kept.resize(2, Vec::new());
        let n = self.neurons;
        let mut steps_of = Coupled::new(Setting { level: job.level, ..self.setting() });
        // The state is settled by the count of steps since the reset.
        let since_reset = if job.settling { SETTLE - 1 } else { 0 };
        for (i, layer) in job.layers.iter_mut().enumerate().take(job.samples) {
            let at = i * n;
            let mut sample = Sample { fields: job.fields, at, layer };
            steps_of.step(&job.x[at..at + n], since_reset, 0, &mut sample, &mut Recorded::of(&[]));
            job.out[at..at + n].copy_from_slice(&sample.layer.output);
            job.kept[0].extend_from_slice(steps_of.x());
            job.kept[1].extend_from_slice(steps_of.own());
        }
        let words = n.div_ceil(64);
        job.spikes.fill(0);
        for (sample, row) in job.out.chunks_exact(n).enumerate() {
            for (i, _) in row.iter().enumerate().filter(|(_, v)| **v != 0.0) {
                job.spikes[sample * words + i / 64] |= 1 << (i % 64);
            }
        }
    }

    /// One step backwards.
    pub fn backward(&self, job: LayerBackward<'_>) {
        let kernels = f32::kernels(&*self.model);
        let state: Vec<&[f32]> = job.before.fields.iter().map(Vec::as_slice).collect();
        if !self.is_coupled() {
            kernels.backward(
                job.level,
                Backward {
                    coeffs: &self.coeffs,
                    first: 0,
                    neurons: self.neurons,
                    samples: job.samples,
                    surrogate: &self.surrogate,
                    detach_reset: self.detach_reset,
                    state: &state,
                    x: job.x,
                    held: None,
                    layer_sum: None,
                    output: job.upstream,
                    adjoint: job.adjoint,
                    input: job.input,
                    of_coeffs: job.of_coeffs,
                },
            );
            return;
        }
        let n = self.neurons;
        job.carried.resize(1, Vec::new());
        job.carried[0].resize(job.samples * n, 0.0);
        let [x, own] = &job.before.kept[..] else { return };
        for sample in 0..job.samples {
            let lanes = sample * n..(sample + 1) * n;
            let carried = &mut job.carried[0][lanes.clone()];
            let upstream: Vec<f32> =
                job.upstream[lanes.clone()].iter().zip(&*carried).map(|(u, c)| u + c).collect();
            let state: Vec<&[f32]> = state.iter().map(|f| &f[lanes.clone()]).collect();
            let mut adjoint: Vec<Vec<f32>> = job.adjoint.iter().map(|f| f[lanes.clone()].to_vec()).collect();
            let mut input = vec![0.0; n];
            let sum = self.needs_layer_sum().then(|| virtual_lane_sum(&own[lanes.clone()]));
            kernels.backward(
                job.level,
                Backward {
                    coeffs: &self.coeffs,
                    first: 0,
                    neurons: n,
                    samples: 1,
                    surrogate: &self.surrogate,
                    detach_reset: self.detach_reset,
                    state: &state,
                    x: &x[lanes.clone()],
                    held: Some(&job.before.layers[sample].held),
                    layer_sum: sum,
                    output: &upstream,
                    adjoint: &mut adjoint,
                    input: &mut input,
                    of_coeffs: job.of_coeffs,
                },
            );
            for (to, from) in job.adjoint.iter_mut().zip(&adjoint) {
                to[lanes.clone()].copy_from_slice(from);
            }
            job.input[lanes].copy_from_slice(&input);
            if let Some(lateral) = &self.lateral {
                lateral.pull_back(&input, carried);
            }
        }
    }
}
