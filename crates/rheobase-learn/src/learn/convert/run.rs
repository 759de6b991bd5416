//! A network of rates through its presentation as spikes, watched.

use rayon::prelude::*;

use serde::Serialize;

use super::layers::{LayerLoss, LayerSums, Watched};
use super::predict::predicted;
use super::presentation::{Presentation, no_rates};
use super::scaling::scales;
use super::start::begin_at;
use crate::learn::prepare::prepare;
use crate::learn::tile::TILE;
use crate::learn::trained::Trained;
use crate::learn::trainer::Trainer;
use rheobase_base::Result;
use rheobase_data::Dataset;
use rheobase_network::network::{
    Combine, Context, Converted, Counts, Feed, Kind, Link, Network, Node, Program, RunAs, Signal, State,
    Tape, TileInput, lower_with,
};

/// Points of the course of a presentation.
const MOMENTS: usize = 25;

/// What a network of rates gives as spikes, and what that costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conversion {
    /// Samples.
    pub samples: usize,
    /// How many are classified right by the network as it was trained, its curves as smooth as they were at the end.
    pub as_trained: usize,
    /// By the same curves no longer smoothed.
    pub as_rates: usize,
    /// The share that was expected to be classified right as spikes, before it was tried.
    pub predicted: f64,
    /// How many are classified right as spikes.
    pub as_spikes: usize,
    /// The class of the highest score as spikes, sample by sample.
    pub predictions: Vec<usize>,
    /// The course of the presentation.
    pub moments: Vec<Moment>,
    /// The step after which half and 95 % of the answers no longer change.
    pub settled: [usize; 2],
    /// Layer by layer, how far spikes are from curves.
    pub layers: Vec<LayerLoss>,
    /// Length of a step in seconds.
    pub dt: f64,
}

/// A point of a presentation: what had come of it, had it ended there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Moment {
    /// Steps that have been shown.
    pub steps: usize,
    /// How many samples are classified right.
    pub correct: usize,
    /// Spikes per sample so far.
    pub spikes: f64,
    /// Synaptic operations per sample so far.
    pub operations: f64,
}

impl Conversion {
    /// Share of samples lost from the network as it was trained to spikes; below 0 if some were won.
    pub fn loss(&self) -> f64 {
        (self.as_trained as f64 - self.as_spikes as f64) / self.samples as f64
    }
    /// The same as it was predicted.
    pub fn predicted_loss(&self) -> f64 {
        self.as_trained as f64 / self.samples as f64 - self.predicted
    }
}

impl Trained {
    /// Runs the network, whose layers were trained as rates, as spikes on samples of known classes. `calibration` are samples that
    /// scaling by percentiles goes by: those it was trained on.
    ///
    /// # Errors
    /// A network without rates; settings out of range; those of [`Trained::outcome`].
    pub fn as_spikes(
        &self,
        presentation: &Presentation,
        calibration: Option<&Dataset>,
        dataset: &Dataset,
    ) -> Result<Conversion> {
        presentation.check()?;
        dataset.require_labels()?;
        let network = &self.network().drawn(self.library())?;
        if network.rate_layers().is_empty() {
            return Err(no_rates());
        }
        let steps = self.config().data.steps;
        let trained = self.outcome(dataset)?;
        let run_as = |run_as: RunAs, scales| network.converted(&Converted { run_as, synapse: None, scales });
        let rates = self.program_of(&run_as(RunAs::Rate, Default::default()))?;
        let scales = scales(presentation.scaling, network, &rates, calibration, self.encoding(), steps)?;
        let rule = &self.config().optimise.rule;
        let sharp = Trainer::new(self.program_of(&run_as(RunAs::Rate, scales.clone()))?, rule);
        let rates = sharp.program();
        let window = (presentation.steps - presentation.from) as u32;
        let counting = Trainer::new(self.program_of(&run_as(RunAs::Counts(window), scales.clone()))?, rule);
        let to = Converted { run_as: RunAs::Spikes, synapse: presentation.synapse, scales: scales.clone() };
        let mut spiking = network.converted(&to);
        let (layers, catalog) = (network.rate_layers(), &self.library().catalog);
        begin_at(&mut spiking, &layers, presentation.initial_potential, catalog)?;
        let spiking = self.program_of(&read_through(spiking, presentation))?;
        let described = network.neurons_by_name();
        let watched: Vec<Watched> = network
            .rate_layers()
            .iter()
            .filter_map(|name| {
                let (_, neurons) = described.iter().find(|(n, _)| n == name)?;
                Watched::new(name, neurons, network.dt, &spiking, rates)
            })
            .collect();
        self.pool().install(|| {
            let expected = predicted(&counting, self.pass(), dataset, self.encoding(), steps)?;
            let as_rates = self.outcome_by(&sharp, dataset)?.correct;
            let shown = Showing { trained: self, presentation, spiking: &spiking, rates, watched: &watched };
            let total = shown.all(dataset)?;
            let loss = |(sums, w): (&LayerSums, &Watched)| {
                sums.loss(&w.layer, scales.get(&w.layer).copied().unwrap_or(1.0))
            };
            Ok(Conversion {
                samples: dataset.samples(),
                as_trained: trained.correct,
                as_rates,
                predicted: expected,
                as_spikes: total.moments.last().map_or(0, |m| m.correct),
                settled: total.settled(),
                layers: total.layers.iter().zip(&watched).map(loss).collect(),
                moments: total.moments,
                predictions: total.predictions,
                dt: network.dt,
            })
        })
    }

    /// A program of the same parameters from another description.
    fn program_of(&self, network: &Network) -> Result<Program> {
        let mut program = lower_with(network, self.config().train.seed, self.library())?;
        program.update(|parameters| {
            let own = &self.program().parameters().tensors;
            own.iter().try_for_each(|t| parameters.set(&t.name, &t.values))
        })?;
        Ok(program)
    }
}

/// The network, its output through the synapse that it is read through.
fn read_through(mut network: Network, presentation: &Presentation) -> Network {
    if let Some(synapse) = presentation.output_synapse {
        let name = format!("{}_read", network.output);
        let from = vec![Link::Now(network.output.clone())];
        network.nodes.push(Node {
            name: name.clone(),
            from,
            combine: Combine::default(),
            kind: Kind::Synapse(synapse),
        });
        network.output = name;
    }
    network
}

/// A network that is shown samples as spikes.
struct Showing<'a> {
    trained: &'a Trained,
    presentation: &'a Presentation,
    spiking: &'a Program,
    rates: &'a Program,
    watched: &'a [Watched],
}

/// What samples have come to.
#[derive(Default)]
struct Total {
    moments: Vec<Moment>,
    predictions: Vec<usize>,
    last_changes: Vec<usize>,
    layers: Vec<LayerSums>,
}

impl Total {
    /// Adds those of the samples that follow; spikes and operations are sums here.
    fn add(&mut self, next: Total) {
        if self.moments.is_empty() {
            *self = next;
            return;
        }
        for (to, from) in self.moments.iter_mut().zip(next.moments) {
            to.correct += from.correct;
            to.spikes += from.spikes;
            to.operations += from.operations;
        }
        self.predictions.extend(next.predictions);
        self.last_changes.extend(next.last_changes);
        self.layers.iter_mut().zip(&next.layers).for_each(|(to, from)| to.add(from));
    }

    fn settled(&self) -> [usize; 2] {
        let mut steps = self.last_changes.clone();
        steps.sort_unstable();
        let at = |share: f64| {
            let n = (share * steps.len() as f64).ceil() as usize;
            steps.get(n.saturating_sub(1)).copied().unwrap_or(0)
        };
        [at(0.5), at(0.95)]
    }
}

/// What is kept of the samples of a tile while they are shown.
struct StepError {
    /// Sum of the output since it is read, `[sample, class]`.
    output: Vec<f32>,
    /// What answers go by now.
    answers: Vec<usize>,
    last_changes: Vec<usize>,
    /// Of each watched layer, sums of input and output since the output is read.
    inputs: Vec<Vec<f32>>,
    sent: Vec<Vec<f32>>,
}

impl Showing<'_> {
    fn all(&self, dataset: &Dataset) -> Result<Total> {
        let all: Vec<usize> = (0..dataset.samples()).collect();
        let tiles: Vec<Result<Total>> =
            all.par_chunks(TILE).map(|indices| self.tile(dataset, indices)).collect();
        let mut total = Total::default();
        for tile in tiles {
            total.add(tile?);
        }
        for moment in &mut total.moments {
            moment.spikes /= all.len() as f64;
            moment.operations /= all.len() as f64;
        }
        Ok(total)
    }

    /// Shows some samples.
    fn tile(&self, dataset: &Dataset, indices: &[usize]) -> Result<Total> {
        let Presentation { steps, .. } = *self.presentation;
        let prepared = prepare(dataset, indices, self.trained.encoding(), steps, 0)?;
        let labels = dataset.require_labels()?;
        let width = self.spiking.input_shape().iter().product();
        let fed = TileInput { samples: &prepared.inputs, lengths: None, width, wanted: false };
        let context = Context {
            step: 0,
            sample_ids: &prepared.ids,
            epoch: 0,
            training: false,
            taping: false,
            level: self.trained.pass().level,
        };
        let mut seen = self.nothing_seen(indices.len());
        let (mut state, mut tape, mut counts): (State, _, _) =
            (self.spiking.start(indices.len()), Tape::default(), Counts::default());
        let mut total = Total::default();
        let portion = steps.div_ceil(MOMENTS);
        for first in (0..steps).step_by(portion) {
            let now = portion.min(steps - first);
            self.spiking.run(
                &context,
                &mut state,
                fed.steps(first..first + now),
                &mut tape,
                &mut counts,
                |t, signals| {
                    self.see(first + t, signals, &mut seen);
                },
            )?;
            let right =
                indices.iter().zip(&seen.answers).filter(|(i, answer)| labels[**i] as usize == **answer);
            total.moments.push(Moment {
                steps: first + now,
                correct: right.count(),
                spikes: counts.spikes.iter().sum::<u64>() as f64,
                operations: counts.operations.iter().sum::<u64>() as f64,
            });
        }
        let share = 1.0 / (steps - self.presentation.from) as f32;
        let mean = |sums: &[f32]| sums.iter().map(|x| x * share).collect::<Vec<f32>>();
        let layers = self.watched.iter().zip(seen.inputs.iter().zip(&seen.sent));
        total.layers = layers.map(|(w, (x, y))| LayerSums::of(w, self.rates, &mean(x), &mean(y))).collect();
        (total.predictions, total.last_changes) = (seen.answers, seen.last_changes);
        Ok(total)
    }

    fn nothing_seen(&self, samples: usize) -> StepError {
        let classes: usize = self.spiking.output_shape().iter().product();
        let sums: Vec<Vec<f32>> =
            self.watched.iter().map(|w| vec![0.0; samples * self.spiking.width(w.node)]).collect();
        StepError {
            output: vec![0.0; samples * classes],
            answers: vec![0; samples],
            last_changes: vec![0; samples],
            inputs: sums.clone(),
            sent: sums,
        }
    }

    /// Takes in what a step has brought.
    fn see(&self, t: usize, signals: &[Signal], seen: &mut StepError) {
        let mut buffer = Vec::new();
        let row = signals[self.spiking.output()].dense(&mut buffer);
        let reading = t >= self.presentation.from && self.presentation.output_synapse.is_none();
        if reading {
            seen.output.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        } else {
            seen.output.copy_from_slice(row);
            if t + 1 == self.presentation.from {
                self.answer(t, seen);
                seen.output.fill(0.0);
                return;
            }
        }
        self.answer(t, seen);
        if t >= self.presentation.from {
            for (w, (x, y)) in self.watched.iter().zip(seen.inputs.iter_mut().zip(&mut seen.sent)) {
                for (sums, source) in [(x, w.input), (y, w.node)] {
                    let values = signals[source].dense(&mut buffer);
                    sums.iter_mut().zip(values).for_each(|(sum, v)| *sum += v);
                }
            }
        }
    }

    /// The class of the highest score of each sample.
    fn answer(&self, t: usize, seen: &mut StepError) {
        let classes = seen.output.len() / seen.answers.len().max(1);
        let answers = seen.answers.iter_mut().zip(&mut seen.last_changes);
        for ((answer, change), scores) in answers.zip(seen.output.chunks_exact(classes.max(1))) {
            let mut best = 0;
            for (class, score) in scores.iter().enumerate() {
                if *score > scores[best] {
                    best = class;
                }
            }
            if *answer != best {
                (*answer, *change) = (best, t + 1);
            }
        }
    }
}
