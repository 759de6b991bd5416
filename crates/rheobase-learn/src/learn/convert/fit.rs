//! And back: the layers of a spiking network measured, and fitted by rate curves.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::minimise::minimise;
use super::presentation::Presentation;
use crate::learn::prepare::prepare;
use crate::learn::trained::Trained;
use crate::learn::trainer::Trainer;
use crate::learn::{Checkpoint, tile::TILE};
use rheobase_base::{Error, Result};
use rheobase_data::Dataset;
use rheobase_network::network::{
    Context, Converted, Counts, Feed, Network, Neurons, Numbers, RunAs, Tape, TileInput, lower_with,
};
use rheobase_sim::population::{Catalog, Model};

/// The model whose smoothed curve is fitted.
const MODEL: &str = "lif";
/// Samples that layers are measured with, at most.
const SAMPLES: usize = 256;
/// Pairs of input and rate that a curve is fitted to, at most.
const PAIRS: usize = 4000;

/// A layer of spiking neurons as a rate curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedLayer {
    /// The layer.
    pub layer: String,
    /// The input at which the curve begins, in units of the layer's input.
    pub threshold: f64,
    /// Membrane time constant of the curve, in seconds.
    pub tau_m: f64,
    /// Refractory period of the curve, in seconds.
    pub t_ref: f64,
    /// Width of its smoothing, in units of the threshold.
    pub sigma: f64,
    /// Root mean square distance of the measured rates from the curve, in Hz.
    pub error: f64,
    /// Mean measured rate, in Hz.
    pub rate: f64,
    /// Pairs of mean input and rate that it was fitted to.
    pub pairs: usize,
}

/// A spiking network as one of rates.
pub struct FittedRates {
    /// Layer by layer, the curve and how far it is off.
    pub layers: Vec<FittedLayer>,
    /// The network of rates with the same weights.
    pub checkpoint: Checkpoint,
}

/// Mean inputs and mean outputs per step of a layer.
#[derive(Default)]
struct Measured {
    inputs: Vec<f32>,
    sent: Vec<f32>,
}

impl Trained {
    /// Measures every layer of spiking neurons on samples, from their second half on, and fits the smoothed curve of the LIF neuron
    /// to its rates over its mean inputs; the network that comes of it has these curves instead of the layers.
    ///
    /// # Errors
    /// A network without spiking layers; a layer that never fires; those of [`Trained::outcome`].
    pub fn fitted_rates(&self, dataset: &Dataset) -> Result<FittedRates> {
        let network = &self.network().drawn(self.library())?;
        let spiking: Vec<(String, Neurons)> = self.spiking_layers(network)?;
        let measured = self.pool().install(|| self.measured(dataset, &spiking))?;
        let lif = Catalog::standard().get(MODEL)?;
        let mut layers = Vec::new();
        for ((name, neurons), measured) in spiking.iter().zip(&measured) {
            layers.push(fitted(name, spike_of(neurons), network.dt, measured, &*lif)?);
        }
        let rates = with_curves(network, &spiking, &layers);
        let checkpoint = self.as_checkpoint(&rates)?;
        Ok(FittedRates { layers, checkpoint })
    }

    fn spiking_layers(&self, network: &Network) -> Result<Vec<(String, Neurons)>> {
        let spikes = |name: &str| {
            self.program().nodes().zip(self.program().spiking()).any(|((n, ..), spikes)| n == name && spikes)
        };
        let all = network.neurons_by_name().into_iter().filter(|(name, _)| spikes(name));
        let all: Vec<(String, Neurons)> = all.map(|(name, n)| (name, n.clone())).collect();
        match all.is_empty() {
            false => Ok(all),
            true => {
                Err(Error::unsupported("network", "no layer sends spikes, so there is no rate to measure"))
            }
        }
    }

    fn measured(&self, dataset: &Dataset, layers: &[(String, Neurons)]) -> Result<Vec<Measured>> {
        let (program, steps) = (self.program(), self.config().data.steps);
        let from = Presentation::new(steps).from;
        let share = 1.0 / (steps - from) as f32;
        let nodes: Vec<usize> = layers
            .iter()
            .map(|(name, _)| program.list().iter().position(|n| n.name == *name).unwrap_or(0))
            .collect();
        let mut all: Vec<Measured> = layers.iter().map(|_| Measured::default()).collect();
        let samples: Vec<usize> = (0..dataset.samples().min(SAMPLES)).collect();
        for indices in samples.chunks(TILE) {
            let prepared = prepare(dataset, indices, self.encoding(), steps, 0)?;
            let width = program.input_shape().iter().product();
            let fed = TileInput { samples: &prepared.inputs, lengths: None, width, wanted: false };
            let context = Context {
                step: 0,
                sample_ids: &prepared.ids,
                epoch: 0,
                training: false,
                taping: false,
                level: self.pass().level,
            };
            let zeros = |n: &usize| vec![0.0f32; indices.len() * program.list()[*n].width()];
            let mut sums: Vec<[Vec<f32>; 2]> = nodes.iter().map(|n| [zeros(n), zeros(n)]).collect();
            let (mut state, mut tape, mut counts) =
                (program.start(indices.len()), Tape::default(), Counts::default());
            program.run(
                &context,
                &mut state,
                fed.steps(0..steps),
                &mut tape,
                &mut counts,
                |t, signals| {
                    for (n, sums) in nodes.iter().zip(&mut sums).filter(|_| t >= from) {
                        let source = program.list()[*n].inputs.first().map_or(0, |(source, _)| *source);
                        for (sum, source) in sums.iter_mut().zip([source, n + 1]) {
                            let mut buffer = Vec::new();
                            let values = signals[source].dense(&mut buffer);
                            sum.iter_mut().zip(values).for_each(|(sum, x)| *sum += x);
                        }
                    }
                },
            )?;
            for (measured, [inputs, sent]) in all.iter_mut().zip(sums) {
                measured.inputs.extend(inputs.iter().map(|x| x * share));
                measured.sent.extend(sent.iter().map(|x| x * share));
            }
        }
        Ok(all)
    }

    /// The same weights in a network of rates.
    fn as_checkpoint(&self, network: &Network) -> Result<Checkpoint> {
        let mut program = lower_with(network, self.config().train.seed, self.library())?;
        let known: Vec<String> = program.parameters().tensors.iter().map(|t| t.name.clone()).collect();
        program.update(|parameters| {
            let own = self.program().parameters().tensors.iter().filter(|t| known.contains(&t.name));
            own.map(|t| (&t.name, &t.values)).try_for_each(|(name, values)| parameters.set(name, values))
        })?;
        let mut config = self.config().clone();
        config.network = network.clone().into();
        config.stage.clear();
        config.train.threads = 0;
        let architecture = serde_json::to_value(network)
            .map_err(|e| Error::unsupported("network", format!("cannot be written to a checkpoint: {e}")))?;
        let history: [f64; 0] = [];
        let extra = json!({ "config": config.to_toml()?, "history": history, "samples": self.samples() });
        Trainer::new(program, &config.optimise.rule).checkpoint(&architecture, 0, extra)
    }
}

/// The value of a spike of a layer: the first neuron's.
fn spike_of(neurons: &Neurons) -> f64 {
    match neurons.set.get("amplitude") {
        Some(Numbers::One(x)) => *x,
        Some(Numbers::Each(xs)) => xs.first().copied().unwrap_or(1.0),
        None => 1.0,
    }
}

/// Fits the curve of a layer.
fn fitted(layer: &str, spike: f64, dt: f64, measured: &Measured, lif: &dyn Model) -> Result<FittedLayer> {
    let stride = measured.inputs.len().div_ceil(PAIRS).max(1);
    let hertz = 1.0 / (spike * dt);
    let pairs: Vec<(f64, f64)> = measured
        .inputs
        .iter()
        .zip(&measured.sent)
        .step_by(stride)
        .map(|(x, y)| (f64::from(*x), f64::from(*y) * hertz))
        .collect();
    let mut firing: Vec<f64> = pairs.iter().filter(|(x, y)| *x > 0.0 && *y > 0.0).map(|(x, _)| *x).collect();
    if firing.is_empty() {
        let what = "never fired for a positive mean input on these samples, so no curve can be fitted; show others, or for more steps";
        return Err(Error::unsupported(layer, what));
    }
    firing.sort_unstable_by(f64::total_cmp);
    let mut params: Vec<f64> = lif.params().iter().map(|f| f.default).collect();
    let place = |name: &str| lif.params().iter().position(|f| f.name == name).unwrap_or(0);
    let (tau_m, t_ref) = (place("tau_m"), place("t_ref"));
    // Logarithms of threshold, tau_m, t_ref, sigma.
    let mut error = |logs: &[f64; 4]| {
        let [threshold, tau, refractory, sigma] = logs.map(rheobase_models::Real::exp);
        (params[tau_m], params[t_ref]) = (tau, refractory);
        let squares = pairs.iter().map(|(x, y)| {
            let curve = lif.training(&params, Some(sigma), x / threshold).map_or(0.0, |(rate, _)| rate);
            (curve - y) * (curve - y)
        });
        let mean = squares.sum::<f64>() / pairs.len() as f64;
        if mean.is_finite() { mean.sqrt() } else { f64::MAX }
    };
    let ln = rheobase_models::Real::ln;
    let start = |share: f64| firing[(share * (firing.len() - 1) as f64) as usize].max(1e-6);
    let best = [0.0, 0.1, 0.5]
        .map(|share| minimise([ln(start(share)), ln(0.02), ln(0.002), ln(0.2)], &mut error))
        .into_iter()
        .min_by(|a, b| a.1.total_cmp(&b.1));
    let (logs, error) = best.unwrap_or(([0.0; 4], f64::MAX));
    let [threshold, tau_m, t_ref, sigma] = logs.map(rheobase_models::Real::exp);
    let rate = pairs.iter().map(|(_, y)| y).sum::<f64>() / pairs.len() as f64;
    Ok(FittedLayer { layer: layer.into(), threshold, tau_m, t_ref, sigma, error, rate, pairs: pairs.len() })
}

/// The network with the fitted curves instead of its layers of spiking neurons.
fn with_curves(network: &Network, spiking: &[(String, Neurons)], layers: &[FittedLayer]) -> Network {
    let mut network = network.clone();
    let of = |name: &str| layers.iter().position(|l| l.layer == name);
    let scales: BTreeMap<String, f64> = layers.iter().map(|l| (l.layer.clone(), 1.0 / l.threshold)).collect();
    network.each_neurons(&mut |name, neurons| {
        let Some(n) = of(name) else { return };
        let (layer, spike) = (&layers[n], spike_of(&spiking[n].1));
        // The output is divided by the factor on the input again.
        let amplitude = spike / layer.threshold;
        let set = [("tau_m", layer.tau_m), ("t_ref", layer.t_ref), ("amplitude", amplitude)];
        *neurons = Neurons {
            set: set.into_iter().map(|(name, x)| (name.to_string(), Numbers::One(x))).collect(),
            run_as: RunAs::Rate,
            ..Neurons::new(MODEL)
        };
    });
    let mut rates = network.converted(&Converted { run_as: RunAs::Rate, synapse: None, scales });
    rates.each_neurons(&mut |name, neurons| {
        if let Some(n) = of(name) {
            neurons.sigma = Some(layers[n].sigma);
        }
    });
    rates
}
