//! `LayerLoss`: how far a layer's spikes are from its curve.

use rheobase_models::lanes::Level;
use serde::Serialize;

use rheobase_network::network::{Context, Neurons, Numbers, Program, Signal};
use rheobase_sim::population::Memory;

/// A rate of at least this share of the largest one that a neuron can have is saturated.
const SATURATED: f32 = 0.95;
/// An input at which every curve has come as high as it gets.
const STRONG: f32 = 1e9;

/// How far a layer's spikes are from its curve, over the steps that the answer was read from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerLoss {
    /// The layer.
    pub layer: String,
    /// Mean rate, in Hz (per step for models that count steps).
    pub rate: f64,
    /// Mean distance of the measured rate from the curve at the mean input, over neurons and samples, in Hz.
    pub mean_error: f64,
    /// The largest distance, in Hz.
    pub largest_error: f64,
    /// Share of the neurons that fired for no sample.
    pub silent: f64,
    /// Share of the neurons that came for some sample to 95 % of the largest rate they can have.
    pub saturated: f64,
    /// The factor on its input, which its output is divided by again.
    pub scale: f64,
}

/// A layer that is watched.
pub(super) struct Watched {
    pub(super) layer: String,
    /// Numbers of its source, of itself in the program of spikes, and of itself in that of rates (from 1).
    pub(super) input: usize,
    pub(super) node: usize,
    pub(super) rate_node: usize,
    neurons: usize,
    /// From the value of a spike per step to Hz, for each neuron or all.
    to_hertz: Vec<f32>,
    /// The most that a neuron can send in a step in the mean.
    most: Vec<f32>,
}

impl Watched {
    /// The layer called `layer` in both programs; `described` is its description, `dt` the length of its step.
    pub(super) fn new(
        layer: &str,
        described: &Neurons,
        dt: f64,
        spikes: &Program,
        rates: &Program,
    ) -> Option<Watched> {
        let find = |program: &Program| program.list().iter().position(|n| n.name == layer);
        let (node, rate_node) = (find(spikes)?, find(rates)?);
        let neurons = spikes.list()[node].width();
        let (input, _) = *spikes.list()[node].inputs.first()?;
        let amplitudes = match described.set.get("amplitude") {
            None => vec![1.0],
            Some(Numbers::One(x)) => vec![*x],
            Some(Numbers::Each(xs)) => xs.clone(),
        };
        let to_hertz: Vec<f32> = amplitudes.iter().map(|a| (1.0 / (a * dt)) as f32).collect();
        let mut watched = Watched {
            layer: layer.into(),
            input,
            node: node + 1,
            rate_node: rate_node + 1,
            neurons,
            to_hertz,
            most: Vec::new(),
        };
        let strong = watched.curve(rates, &vec![STRONG; neurons]);
        // No more than a spike per step.
        let spike = |n: usize| amplitudes[n % amplitudes.len()] as f32;
        watched.most = strong.iter().enumerate().map(|(n, y)| y.min(spike(n))).collect();
        Some(watched)
    }

    /// The curve at inputs `[sample, neuron]`: what is sent per step.
    fn curve(&self, rates: &Program, inputs: &[f32]) -> Vec<f32> {
        let (samples, width) = (inputs.len() / self.neurons.max(1), self.neurons);
        let input = Signal { samples, width, values: inputs.to_vec(), ..Signal::default() };
        let context = Context {
            step: 0,
            sample_ids: &[],
            epoch: 0,
            training: false,
            taping: false,
            level: Level::best(),
        };
        let mut out = Signal::default();
        let operator = &rates.list()[self.rate_node - 1].operator;
        operator.forward(&context, &[], &[&input], &mut Memory::default(), &mut out);
        out.values
    }
}

/// Sums over the samples of a tile, and over tiles.
#[derive(Debug, Clone, Default)]
pub(super) struct LayerSums {
    pairs: usize,
    rate: f64,
    error: f64,
    largest: f64,
    fired: Vec<bool>,
    saturated: Vec<bool>,
}

impl LayerSums {
    /// Of mean inputs and what was sent per step, `[sample, neuron]`.
    pub(super) fn of(watched: &Watched, rates: &Program, inputs: &[f32], sent: &[f32]) -> LayerSums {
        let curve = watched.curve(rates, inputs);
        let n = watched.neurons;
        let mut sums = LayerSums { fired: vec![false; n], saturated: vec![false; n], ..LayerSums::default() };
        for (i, (sent, expected)) in sent.iter().zip(curve).enumerate() {
            let neuron = i % n;
            let hertz = f64::from(watched.to_hertz[neuron % watched.to_hertz.len()]);
            let error = f64::from((sent - expected).abs()) * hertz;
            sums.pairs += 1;
            sums.rate += f64::from(*sent) * hertz;
            sums.error += error;
            sums.largest = sums.largest.max(error);
            sums.fired[neuron] |= *sent != 0.0;
            sums.saturated[neuron] |= *sent >= SATURATED * watched.most[neuron];
        }
        sums
    }

    pub(super) fn add(&mut self, other: &LayerSums) {
        let either = |to: &mut Vec<bool>, from: &[bool]| {
            to.resize(from.len(), false);
            to.iter_mut().zip(from).for_each(|(a, b)| *a |= b);
        };
        self.pairs += other.pairs;
        self.rate += other.rate;
        self.error += other.error;
        self.largest = self.largest.max(other.largest);
        either(&mut self.fired, &other.fired);
        either(&mut self.saturated, &other.saturated);
    }

    pub(super) fn loss(&self, layer: &str, scale: f64) -> LayerLoss {
        let pairs = self.pairs.max(1) as f64;
        let share = |of: &[bool], what: bool| {
            of.iter().filter(|b| **b == what).count() as f64 / of.len().max(1) as f64
        };
        LayerLoss {
            layer: layer.into(),
            rate: self.rate / pairs,
            mean_error: self.error / pairs,
            largest_error: self.largest,
            silent: share(&self.fired, false),
            saturated: share(&self.saturated, true),
            scale,
        }
    }
}
