//! `Neurons`: a layer of any model of the catalogue, with or without competition.

use rheobase_models::lanes::{Level, compress, expand};
use rheobase_models::neuron::{BackwardReads, Emits};
use rheobase_models::phases::SETTLE;

use crate::network::operation::Operation;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use rheobase_base::Result;
use rheobase_base::vector::resize;
use rheobase_base::virtual_lane_sum;
use rheobase_sim::population::Memory;
use rheobase_sim::population::layer::{LayerBackward, LayerForward};
use rheobase_sim::population::{Column, Layer};

/// Something of a layer that is learned: a parameter of its model, or where one of its state fields starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Learned {
    /// Position among the model's parameters or state fields.
    pub(crate) field: usize,
    /// Whether it is the start of a state field.
    pub(crate) initial: bool,
    /// Whether every neuron has its own.
    pub(crate) each: bool,
}

/// A potential so far below any threshold that no surrogate with bounds reaches it.
const UNREACHED: f32 = -1e30;

/// A layer of neurons. Its parameters are what is learned of it.
pub(crate) struct Neurons {
    layer: Layer<f32>,
    learned: Vec<Learned>,
    /// The model's threshold, if it has one: its field, and its values before anything is added.
    threshold: Option<(usize, Column<f64>)>,
    /// What is added to it, of each feature; nothing if empty.
    raised: Vec<f32>,
}

impl Neurons {
    pub(crate) fn new(layer: Layer<f32>, learned: Vec<Learned>) -> Self {
        let threshold = layer.params().position(|(field, _)| field.is_threshold);
        let threshold = threshold.and_then(|n| Some((n, layer.params().nth(n)?.1.clone())));
        Neurons { layer, learned, threshold, raised: Vec::new() }
    }

    /// The threshold with what was added.
    fn raised_threshold(&self) -> Option<(usize, Column<f64>)> {
        let (field, column) = self.threshold.as_ref().filter(|_| !self.raised.is_empty())?;
        let places = self.layer.neurons() / self.raised.len().max(1);
        let at = |neuron: usize| column.get(neuron) + f64::from(self.raised[neuron / places.max(1)]);
        Some((*field, Column::Each((0..self.layer.neurons()).map(at).collect())))
    }

    fn wants_coeffs(&self) -> bool {
        self.learned.iter().any(|l| !l.initial)
    }

    /// What a step leaves for the backward pass.
    fn reads(&self) -> BackwardReads {
        if self.wants_coeffs() { BackwardReads::StateAndInput } else { self.layer.backward_reads() }
    }

    /// All potentials of a step from those that its surrogate reaches.
    fn apart(&self, level: Level, mut some: &[f32], reach: &[u64], all: &mut Vec<f32>) {
        let width = self.layer.neurons();
        let words = width.div_ceil(64);
        resize(all, reach.len() / words.max(1) * width);
        for (row, reach) in all.chunks_exact_mut(width).zip(reach.chunks_exact(words)) {
            let used = expand(level, some, reach, UNREACHED, row);
            some = some.get(used..).unwrap_or_default();
        }
    }

    fn coeffs(&self) -> usize {
        if self.wants_coeffs() { self.layer.coeff_count() } else { 0 }
    }
}

impl Operator for Neurons {
    fn refresh(&mut self, parameters: &[&[f32]]) -> Result<()> {
        let mut params = Vec::new();
        for (learned, values) in self.learned.iter().zip(parameters) {
            let column = match values {
                [x] if !learned.each => Column::Shared(f64::from(*x)),
                _ => Column::Each(values.iter().map(|x| f64::from(*x)).collect()),
            };
            match learned.initial {
                true => self.layer.set_initial(learned.field, column),
                false => params.push((learned.field, column)),
            }
        }
        if let Some((field, base)) = &mut self.threshold
            && let Some((_, column)) = params.iter().find(|(n, _)| n == field)
        {
            *base = column.clone();
        }
        if let Some(raised) = self.raised_threshold() {
            params.retain(|(field, _)| *field != raised.0);
            params.push(raised);
        }
        self.layer.set_params(params)
    }

    fn fresh(&self, samples: usize) -> Memory {
        let (fields, layers) = (self.layer.start(samples), self.layer.layers(samples));
        Memory { fields, layers, ..Memory::default() }
    }

    fn operation(&self) -> Option<Operation<'_>> {
        let learned = self.learned.iter().map(|l| (l.field, l.initial)).collect();
        // Thresholds that a job raises are not among the parameters.
        self.raised.is_empty().then_some(Operation::Neurons { layer: &self.layer, learned })
    }

    fn field_names(&self) -> Vec<&'static str> {
        self.layer.model().state().iter().map(|field| field.name).collect()
    }

    fn first_output(&self, samples: usize, width: usize) -> Signal {
        let mut signal = Signal::default();
        signal.zeros(samples, width);
        let first: Vec<f32> = self.layer.first_outputs(0).map(|(value, _)| value as f32).collect();
        for row in signal.values.chunks_exact_mut(width.max(1)) {
            row.copy_from_slice(&first);
        }
        if self.spikes() {
            signal.find_events();
        }
        signal
    }

    fn forward(
        &self,
        context: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        memory: &mut Memory,
        out: &mut Signal,
    ) {
        let [input] = inputs else { return };
        let (samples, width) = (input.samples, self.layer.neurons());
        let mut events = out.events.take().unwrap_or_default();
        let mut reach = match std::mem::take(&mut out.reach) {
            Reach::Bits(bits) => bits,
            _ => Vec::new(),
        };
        out.reshape(samples, width);
        let words = samples * width.div_ceil(64);
        let mut spikes = vec![0u64; words];
        // A learned coefficient may act on spikes whose slope is 0: their error is wanted too.
        let bits = context.taping && self.layer.slope_may_vanish() && !self.wants_coeffs();
        reach.resize(if bits { words } else { 0 }, 0);
        let mut buffer = Vec::new();
        let mut kept = memory.kept.pop().unwrap_or_default();
        let keeps = context.taping && self.reads() == BackwardReads::Potential;
        let mut some = Vec::new();
        let potential = if bits { &mut some } else { &mut kept };
        // All of it is written: what an earlier step left need not become 0 first.
        if keeps && potential.len() != samples * width {
            potential.clear();
            resize(potential, samples * width);
        }
        self.layer.forward(LayerForward {
            level: context.level,
            x: input.dense(&mut buffer),
            samples,
            settling: (context.step + 1).is_multiple_of(SETTLE),
            fields: &mut memory.fields,
            layers: &mut memory.layers,
            kept: &mut memory.kept,
            out: &mut out.values,
            spikes: &mut spikes,
            reach: bits.then_some(&mut reach),
            integrated: keeps.then_some(&mut potential[..]),
        });
        if keeps && bits {
            kept.clear();
            kept.reserve_exact(reach.iter().map(|word| word.count_ones() as usize).sum::<usize>() + 16);
            for (row, reach) in some.chunks_exact(width).zip(reach.chunks_exact(width.div_ceil(64))) {
                compress(context.level, row, reach, &mut kept);
            }
        }
        if keeps {
            memory.kept.push(kept);
        }
        out.reach = if bits { Reach::Bits(reach) } else { Reach::Everywhere };
        if self.spikes() {
            events.of_bits(context.level, &spikes, &out.values, width, false);
            out.events = Some(events);
        }
    }

    fn backward(&self, context: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        let ([input], [gradient]) = (back.inputs, back.gradients) else { return };
        let mut buffer = Vec::new();
        let mut unwanted = Vec::new();
        let to = match gradient {
            Some(gradient) => &mut **gradient,
            None => {
                unwanted.resize(back.upstream.len(), 0.0);
                &mut unwanted
            }
        };
        let coeffs = self.coeffs();
        let x = match (self.reads(), &back.before.kept[..]) {
            (BackwardReads::Potential, [some]) if let Reach::Bits(reach) = &back.output.reach => {
                self.apart(context.level, some, reach, &mut buffer);
                &buffer
            }
            (BackwardReads::Potential, [potential]) => potential,
            (BackwardReads::Nothing, _) => {
                resize(&mut buffer, back.upstream.len());
                &buffer
            }
            _ => input.dense(&mut buffer),
        };
        self.layer.backward(LayerBackward {
            level: context.level,
            x,
            samples: input.samples,
            before: back.before,
            upstream: back.upstream,
            adjoint: &mut back.adjoint.fields,
            carried: &mut back.adjoint.kept,
            input: to,
            of_coeffs: &mut back.raw[..coeffs],
        });
    }

    fn start_gradient(&self, adjoint: &Memory, first: Option<&[f32]>, raw: &mut [Vec<f32>]) {
        let fields = &mut raw[self.coeffs()..];
        if fields.is_empty() {
            return;
        }
        let neurons = self.layer.neurons();
        for (sums, field) in fields.iter_mut().zip(&adjoint.fields) {
            for row in field.chunks_exact(neurons) {
                sums.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
            }
        }
        for row in first.unwrap_or_default().chunks_exact(neurons) {
            for (sums, part) in fields.iter_mut().zip(self.layer.pull_back_first_output(row)) {
                sums.iter_mut().zip(part).for_each(|(sum, g)| *sum += g);
            }
        }
    }

    fn raw(&self, _: &[usize]) -> Vec<usize> {
        let fields = if self.learned.is_empty() { 0 } else { self.layer.model().state().len() };
        vec![self.layer.neurons(); self.coeffs() + fields]
    }

    fn finish_gradients(&self, raw: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        let (of_coeffs, of_start) = raw.split_at(self.coeffs().min(raw.len()));
        self.learned
            .iter()
            .map(|l| {
                let each = self.layer.pull_back(l.field, l.initial, of_coeffs, of_start);
                if l.each { each } else { vec![virtual_lane_sum(&each)] }
            })
            .collect()
    }

    fn writes_gradients(&self) -> bool {
        true
    }

    fn reads_inputs(&self) -> bool {
        self.reads() == BackwardReads::StateAndInput
    }

    fn reads_memory(&self) -> bool {
        self.reads() == BackwardReads::StateAndInput
    }

    fn reads_output(&self) -> bool {
        false
    }

    fn raise_thresholds(&mut self, features: &[f32]) -> Result<bool> {
        if self.threshold.is_none() {
            return Ok(false);
        }
        self.raised = features.to_vec();
        let raised = self.raised_threshold();
        self.layer.set_params(raised.into_iter().collect())?;
        Ok(true)
    }

    fn threshold(&self) -> Option<&'static str> {
        let (field, _) = self.threshold.as_ref()?;
        self.layer.model().params().get(*field).map(|field| field.name)
    }

    fn spikes(&self) -> bool {
        self.layer.emits() != Emits::Analogue
    }
}
