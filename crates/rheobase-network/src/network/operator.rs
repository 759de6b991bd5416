//! `Operator`: what a node does with its inputs in a step, and how it goes back.

use rheobase_models::lanes::Level;

use super::operation::Operation;
use super::signal::Signal;
use crate::plasticity::Connection;
use rheobase_base::Result;
use rheobase_sim::population::Memory;

/// What an operator may know of the step besides its inputs.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Step since the state was last reset.
    pub step: u64,
    /// The number of each sample of the tile within its data set: what random numbers are addressed by.
    pub sample_ids: &'a [u64],
    /// Epoch: the other address of random numbers.
    pub epoch: u64,
    /// Whether this is training; dropout does nothing otherwise.
    pub training: bool,
    /// Whether a tape is kept: the reach of signals is then to be found.
    pub taping: bool,
    /// SIMD level. No result depends on it.
    pub level: Level,
}

/// A step of a node, backwards: what went in, what the loss wants of what came out.
pub struct Back<'a> {
    /// What came in.
    pub inputs: &'a [&'a Signal],
    /// What the operator kept of itself before the step.
    pub before: &'a Memory,
    /// What went out.
    pub output: &'a Signal,
    /// dL/d output, `[sample, feature]`.
    pub upstream: &'a [f32],
    /// dL/d memory: in, after the step; out, before it.
    pub adjoint: &'a mut Memory,
    /// dL/d input, one per input, to be added to or to be written ([`Operator::writes_gradients`]); `None` where it is not wanted.
    pub gradients: &'a mut [Option<&'a mut Vec<f32>>],
    /// Raw gradients of the operator ([`Operator::raw`]), to be added to.
    pub raw: &'a mut [Vec<f32>],
}

/// What weights gather their gradient from: an input of the node and dL/d output in the same step, for the samples of a
/// tile. Steps with the same input are given once, with the sum of their errors.
#[derive(Debug, Clone, Copy)]
pub struct StepError<'a> {
    /// The first input of the node.
    pub input: &'a Signal,
    /// dL/d output of the node, `[sample, feature]`.
    pub error: &'a [f32],
}

/// What a node computes. A layer of neurons, a linear map, pooling: each is one; users may bring their own.
///
/// `parameters` are the values of the tensors the node declared, in its order.
pub trait Operator: Send + Sync {
    /// Takes in new values of the parameters, after each of their updates.
    fn refresh(&mut self, parameters: &[&[f32]]) -> Result<()> {
        let _ = parameters;
        Ok(())
    }

    /// What the operator carries from step to step, for `samples` samples after a reset.
    fn fresh(&self, samples: usize) -> Memory {
        let _ = samples;
        Memory::default()
    }

    /// Names of the fields that it carries, where they have some.
    fn field_names(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// What it has sent before the first step: what a delayed edge carries then. Zeros unless it says otherwise.
    fn first_output(&self, samples: usize, width: usize) -> Signal {
        let mut signal = Signal::default();
        signal.zeros(samples, width);
        signal
    }

    /// One step.
    fn forward(
        &self,
        context: &Context<'_>,
        parameters: &[&[f32]],
        inputs: &[&Signal],
        memory: &mut Memory,
        out: &mut Signal,
    );

    /// One step backwards.
    fn backward(&self, context: &Context<'_>, parameters: &[&[f32]], back: Back<'_>);

    /// What it computes, as data; `None` where that cannot be said.
    fn operation(&self) -> Option<Operation<'_>> {
        None
    }

    /// Whether dL/d output is dL/d input, of each input: then [`Operator::backward`] is not called.
    fn passes_back(&self) -> bool {
        false
    }

    /// Whether no gradient gets from its output to its inputs and its own parameters: what lies behind such operators alone
    /// learns nothing.
    fn blocks_gradient(&self) -> bool {
        false
    }

    /// Whether [`Operator::gather`] is to be called.
    fn gathers(&self) -> bool {
        false
    }

    /// Adds the gradients of several steps at once to `raw`: the latest step is seen first; samples ascending.
    fn gather(&self, context: &Context<'_>, seen: &[StepError<'_>], raw: &mut [Vec<f32>]) {
        let _ = (context, seen, raw);
    }

    /// Whether inputs and errors of so many samples take less memory than its weights. Where the input of such a batch stays the
    /// same, [`Operator::gather_tiles`] is called at its end, instead of [`Operator::gather`] in each tile, and
    /// [`Program::still`](super::Program::still) takes the samples of several tiles through it at once.
    fn gathers_tiles(&self, samples: usize) -> bool {
        let _ = samples;
        false
    }

    /// Adds the gradients of several tiles to `raw`: those of each begin with +0, and are added in the order of the tiles.
    fn gather_tiles(&self, level: Level, tiles: &[StepError<'_>], raw: &mut [Vec<f32>]) {
        let _ = (level, tiles, raw);
    }

    /// Adds the gradient of what the operator starts from, at the end of the backward pass: `adjoint` is that of its
    /// memory, `first` that of its first output.
    fn start_gradient(&self, adjoint: &Memory, first: Option<&[f32]>, raw: &mut [Vec<f32>]) {
        let _ = (adjoint, first, raw);
    }

    /// Lengths of the raw gradients that tiles sum; those of the parameters unless the operator says otherwise.
    fn raw(&self, parameters: &[usize]) -> Vec<usize> {
        parameters.to_vec()
    }

    /// Turns raw gradients, summed over tiles, into those of the parameters.
    fn finish_gradients(&self, raw: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        raw
    }

    /// Synaptic operations of a step with this input: events × the targets each of them has, over the samples that
    /// `counted` names.
    fn synaptic_operations(&self, inputs: &[&Signal], counted: &dyn Fn(usize) -> bool) -> u64 {
        let _ = (inputs, counted);
        0
    }

    /// Whether the backward pass writes all of the inputs' gradients, of which none is −0, instead of adding to them: they hold anything
    /// before. The tape adds them up.
    fn writes_gradients(&self) -> bool {
        false
    }

    /// Whether the backward pass looks at the values of the inputs. What nobody looks at is not kept on the tape.
    fn reads_inputs(&self) -> bool {
        true
    }

    /// Whether the backward pass looks at what it carried before the step.
    fn reads_memory(&self) -> bool {
        true
    }

    /// Whether the backward pass looks at the values of the output.
    fn reads_output(&self) -> bool {
        true
    }

    /// Whether it has neither memory nor chance: the same input then gives the same output.
    fn is_static(&self) -> bool {
        false
    }

    /// Whether what it does depends on the sample's number, the epoch, or on whether it is training.
    fn has_chance(&self) -> bool {
        false
    }

    /// Whether the output is spikes.
    fn spikes(&self) -> bool {
        false
    }

    /// Smooths a rate curve by this factor times the width that it was described with.
    fn scale_smoothing(&mut self, factor: f64) {
        let _ = factor;
    }

    /// Which of its first tensor's weights lies between which input and output, where a rule of plasticity can change
    /// them; `place` is what errors call the node.
    fn connection(&self, place: &str) -> Result<Option<Connection>> {
        let _ = place;
        Ok(None)
    }

    /// The name of its threshold, which is one of its tensors where it is learned or kept: `NAME.threshold`.
    fn threshold(&self) -> Option<&'static str> {
        None
    }

    /// Adds to the threshold of every neuron of a feature, from here on instead of what was added before; says whether it
    /// has thresholds that can be raised.
    fn raise_thresholds(&mut self, features: &[f32]) -> Result<bool> {
        let _ = features;
        Ok(false)
    }
}
