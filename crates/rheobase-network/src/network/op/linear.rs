//! `Linear`: every output adds its weighted inputs in ascending order.

use std::sync::OnceLock;

use crate::network::kernels::{self, Product};
use crate::network::operation::Operation;
use crate::network::operator::{Back, Context, Operator, StepError};
use crate::network::signal::Signal;
use crate::plasticity::Connection;
use rheobase_base::Result;
use rheobase_base::vector::add;
use rheobase_models::lanes::Level;
use rheobase_sim::population::Memory;

/// `out[o] = Σ_i in[i]·weight[i, o] + bias[o]`, i ascending. Parameters: `weight [in, out]`, and `bias [out]` if there
/// is one.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    /// Inputs.
    pub(crate) inputs: usize,
    /// Outputs.
    pub(crate) outputs: usize,
    /// The weights as errors go back faster by them, made where some do: `[out, in]` for few outputs, else sixteen inputs side by
    /// side.
    turned: OnceLock<Vec<f32>>,
}

impl Linear {
    pub(crate) fn new(inputs: usize, outputs: usize) -> Linear {
        Linear { inputs, outputs, turned: OnceLock::new() }
    }
}

impl Operator for Linear {
    fn refresh(&mut self, _: &[&[f32]]) -> Result<()> {
        self.turned.take();
        Ok(())
    }

    fn forward(
        &self,
        context: &Context<'_>,
        parameters: &[&[f32]],
        inputs: &[&Signal],
        _: &mut Memory,
        out: &mut Signal,
    ) {
        let [input] = inputs else { return };
        out.reshape(input.samples, self.outputs);
        kernels::forward(
            context.level,
            Product {
                weights: parameters[0],
                bias: parameters.get(1).copied(),
                input,
                outputs: self.outputs,
                out: &mut out.values,
            },
        );
    }

    fn backward(&self, context: &Context<'_>, parameters: &[&[f32]], back: Back<'_>) {
        let ([input], [Some(gradient)]) = (back.inputs, back.gradients) else { return };
        let (level, weights, outputs) = (context.level, parameters[0], self.outputs);
        let (reach, upstream) = (&input.reach, back.upstream);
        if outputs <= kernels::FEW {
            let column = |o: usize| weights.iter().skip(o).step_by(outputs.max(1));
            let turned = self.turned.get_or_init(|| (0..outputs).flat_map(column).copied().collect());
            kernels::backward_few(level, turned, outputs, reach, upstream, gradient);
        } else {
            let turned = || &self.turned.get_or_init(|| kernels::by_inputs(level, weights, outputs))[..];
            kernels::backward(level, (weights, turned), outputs, reach, upstream, gradient);
        }
    }

    fn operation(&self) -> Option<Operation<'_>> {
        Some(Operation::Linear)
    }

    fn gathers(&self) -> bool {
        true
    }

    fn gather(&self, context: &Context<'_>, seen: &[StepError<'_>], raw: &mut [Vec<f32>]) {
        kernels::gather(context.level, seen, self.inputs, self.outputs, &mut raw[0]);
        if let Some(bias) = raw.get_mut(1) {
            kernels::gather_bias(context.level, seen, bias);
        }
    }

    fn gathers_tiles(&self, samples: usize) -> bool {
        samples.saturating_mul(self.inputs + self.outputs) <= self.inputs * self.outputs
    }

    fn gather_tiles(&self, level: Level, tiles: &[StepError<'_>], raw: &mut [Vec<f32>]) {
        kernels::gather_tiles(level, tiles, self.inputs, self.outputs, &mut raw[0]);
        if let Some(bias) = raw.get_mut(1) {
            for tile in tiles {
                let mut part = vec![0.0; bias.len()];
                kernels::gather_bias(level, std::slice::from_ref(tile), &mut part);
                add(level, bias, &part);
            }
        }
    }

    fn synaptic_operations(&self, inputs: &[&Signal], counted: &dyn Fn(usize) -> bool) -> u64 {
        inputs.iter().map(|s| s.active(counted) as u64).sum::<u64>() * self.outputs as u64
    }

    fn reads_output(&self) -> bool {
        false
    }

    fn is_static(&self) -> bool {
        true
    }

    fn connection(&self, place: &str) -> Result<Option<Connection>> {
        Connection::dense(place, self.inputs, self.outputs).map(Some)
    }
}
