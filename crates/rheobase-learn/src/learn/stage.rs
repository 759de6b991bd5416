//! `Stage`: a layer of a network that learns by a rule of plasticity, one sample after another.
//!
//! A training job runs its stages by itself (`[[stage]]`, [`StageConfig`]). Whoever has samples in hand, or gets them one by
//! one, needs no job and no files:
//!
//! ```
//! # mod rheobase { pub use {rheobase_base::Error, rheobase_data as data, rheobase_learn::*, rheobase_network::*}; }
//! use rheobase::encode::SampleInput;
//! use rheobase::learn::{Feedback, Stage, StageConfig};
//! use rheobase::network::{Sequential, WeightStart, fire_once, linear, lower};
//! use rheobase::plasticity::{Order, Plasticity, Rate, Rule, Winners};
//! use rheobase::vision::SpikeRows;
//!
//! let start = WeightStart::Around { mean: 0.5, deviation: 0.1, within: Some([0.0, 1.0]) };
//! let parts = [linear(2).without_bias().start(start).named("features"), fire_once(0.4)];
//! let network = Sequential::new(parts).input(&[4])?;
//! let mut program = lower(&network, 0)?;
//!
//! let rule = Rule::Order(Order { ltp: Rate::Same(0.2), ltd: Rate::Same(-0.2), stabilizer: true, anneal: None });
//! let winners = Some(Winners { k: 1, radius: 0 });
//! let settings = StageConfig::new("features", Plasticity { winners, ..Plasticity::new(rule) });
//! let mut stage = Stage::new(&network, &program, &settings)?;
//!
//! // Inputs 0 and 1 spike together in the first step, inputs 2 and 3 in the second.
//! let sample = SpikeRows::new(vec![0, 2, 4], vec![0, 1, 2, 3], vec![1.0; 4], 4)?;
//! for _ in 0..40 {
//!     stage.learn(&SampleInput::Spikes(sample.clone()), 2, Feedback::None)?;
//! }
//! let winner = stage.wins().iter().position(|wins| *wins > 0).unwrap_or(0);
//! let weight = |input: usize| stage.weights()[input * 2 + winner];
//! assert!(weight(0) > 0.8 && weight(1) > 0.8 && weight(2) < 0.2 && weight(3) < 0.2);
//!
//! // The network with what was learned.
//! program.update(|parameters| parameters.set("features.weight", stage.weights()))?;
//! # Ok::<(), rheobase::Error>(())
//! ```

mod course;
mod cut;
mod receptive;
mod recorder;
mod run;
mod stages;
mod warnings;

pub use course::{Course, Kernels, Point, kept};
pub use receptive::ReceptiveFields;
pub use run::{StageEpoch, StageProgress, StageRun};
pub(super) use stages::{Learning, Stages, histories};

use rheobase_models::lanes::Level;

use self::cut::Cut;
use self::recorder::Recorder;
use super::check::broken;
use super::config::StageConfig;
use super::front::through;
use super::prepare::Prepared;
use rheobase_base::{Error, Result};
use rheobase_network::network::SampleInput;
use rheobase_network::network::{Network, Parameter, Program};
use rheobase_network::plasticity::{Activity, Learned, Learner, Winners, convergence};
use rheobase_network::vision::{Inhibition, k_winners_first};
use rheobase_signals::SpikeRows;
use rheobase_signals::tensor::{Tensor, TensorData};
use rheobase_sim::compete::Place;

/// What a sample says besides its input, to rules that wait for a reward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Feedback<'a> {
    /// Nothing: for rules without reward.
    None,
    /// A reward: one number for the sample, or, for rules of traces, one for each step.
    Reward(&'a [f32]),
    /// Its class, of so many: features stand for the classes in blocks of equal size, and the sample is rewarded by 1 if
    /// the first winner's block is that of its class, by −1 if not, and not at all without a winner.
    Class {
        /// From 0.
        class: usize,
        /// Number of classes.
        classes: usize,
    },
}

/// What thresholds that stay are called before anything is added, among a stage's tensors.
const BASE: &str = "threshold";
/// What the share of right decisions is called there.
const RIGHT: &str = "right";

/// A layer that learns.
pub struct Stage {
    settings: StageConfig,
    cut: Cut,
    learner: Learner,
    recorder: Recorder,
    inhibition: Option<Inhibition>,
    /// What is left of the neurons' spikes.
    inhibited: SpikeRows,
    /// Share of the last samples whose first winner stood for the right class, where rewards are balanced by it.
    right: f32,
    level: Level,
}

impl Stage {
    /// A stage of `network` whose parameters are those of `program`, which was made from it. What lies behind the neurons
    /// of the layer is never run.
    ///
    /// # Errors
    /// A layer that is not there, has no weights that a rule could change, or has a bias; no spiking neurons behind it, or
    /// not one for each of its outputs; weights outside the bounds; settings that do not fit the layer.
    pub fn new(network: &Network, program: &Program, settings: &StageConfig) -> Result<Stage> {
        let cut = Cut::new(network, program, &settings.layer)?;
        let place = settings.place();
        let learner = Learner::new(&place, &settings.plasticity, cut.connection.clone(), network.dt)?;
        let shape = cut.connection.output_shape();
        let inhibition = settings.inhibition.map(|i| Inhibition::new(shape, i.radius)).transpose()?;
        let level = Level::from_env().map_err(|what| Error::unsupported(place.clone(), what))?;
        let (recorder, inhibited) = (Recorder::default(), SpikeRows::default());
        let settings = settings.clone();
        let mut stage = Stage { settings, cut, learner, recorder, inhibition, inhibited, right: 0.0, level };
        stage.learner.check(stage.weights())?;
        stage.raise_thresholds()?;
        stage.kept_threshold()?;
        Ok(stage)
    }

    /// The parameter that thresholds which stay are added to, with those of this moment; `None` if they do not stay.
    ///
    /// # Errors
    /// Neurons whose threshold is no parameter, or one for all.
    pub fn kept_threshold(&self) -> Result<Option<(String, Vec<f32>)>> {
        if !self.settings.plasticity.homeostasis.is_some_and(|h| h.keep) {
            return Ok(None);
        }
        let node = &self.cut.back.list()[self.cut.neurons];
        let tensor = self.own_threshold().map(|n| &self.cut.back.parameters().tensors[n]);
        let raised = self.learner.thresholds();
        let Some(tensor) = tensor.filter(|t| t.values.len().is_multiple_of(raised.len().max(1))) else {
            let rule = match node.operator.threshold() {
                Some(field) => format!(
                    "needs a threshold of each neuron's own: `learn = [\"{field}[]\"]` in `{}`",
                    node.name
                ),
                None => format!("needs a threshold that is a parameter, which `{}` does not have", node.name),
            };
            return Err(broken(&self.settings.place(), "plasticity.homeostasis.keep", true, &rule));
        };
        let places = tensor.values.len() / raised.len().max(1);
        let values = tensor.values.iter().enumerate().map(|(i, x)| x + raised[i / places.max(1)]);
        Ok(Some((tensor.name.clone(), values.collect())))
    }

    /// Learns from a sample of `steps` steps: `input` is that of the network, or what its encoder made of it.
    ///
    /// # Errors
    /// Input of the wrong width; NaN that arises; feedback that the rule does not take, or that it waits for.
    pub fn learn(&mut self, input: &SampleInput, steps: usize, feedback: Feedback<'_>) -> Result<Learned> {
        let prepared =
            Prepared { source: 0, inputs: vec![input.clone()], lengths: vec![steps], ids: vec![0] };
        let ahead = self.ahead(prepared)?;
        self.learn_behind(&ahead[0], steps, feedback)
    }

    /// The layer's input for each sample.
    fn ahead(&self, prepared: Prepared) -> Result<Vec<SampleInput>> {
        let Some(front) = &self.cut.front else { return Ok(prepared.inputs) };
        let sent = through(front, &prepared, self.level)?;
        Ok(sent.into_iter().map(|sent| SampleInput::Spikes(sent.rows)).collect())
    }

    /// Number of the source that the layer is fed by, where that runs ahead.
    fn front(&self, program: &Program) -> Result<Option<usize>> {
        let layer = program.node(&self.settings.layer)?;
        Ok(self.cut.front.as_ref().map(|_| program.list()[layer].inputs[0].0))
    }

    /// [`Stage::learn`] from what [`Stage::ahead`] gave.
    fn learn_behind(&mut self, input: &SampleInput, steps: usize, feedback: Feedback<'_>) -> Result<Learned> {
        self.recorder.run(&self.cut, input, steps, self.level)?;
        if let Some(inhibition) = &self.inhibition {
            inhibition.first(&self.recorder.post, &mut self.inhibited)?;
        }
        let (winners, reward) = match feedback {
            Feedback::None => (None, None),
            Feedback::Reward(reward) => (None, Some(reward.to_vec())),
            Feedback::Class { class, classes } => {
                let winners = self.winners()?;
                let right = match winners.first() {
                    None => None,
                    Some(first) => Some(self.class_of(*first, classes)? == class),
                };
                (Some(winners), Some(vec![self.reward(right)]))
            }
        };
        let post = if self.inhibition.is_some() { &self.inhibited } else { &self.recorder.post };
        let activity = Activity::new(&self.recorder.pre, post);
        let activity = winners.as_deref().map_or(activity, |w| activity.winners(w));
        let activity = reward.as_deref().map_or(activity, |r| activity.reward(r));
        let (learner, back) = (&mut self.learner, &mut self.cut.back);
        let mut learned = Learned::default();
        back.update_node(self.cut.layer, |tensors| {
            learned = learner.sample(&mut tensors[0].values, &activity)?;
            Ok(())
        })?;
        self.raise_thresholds()?;
        Ok(learned)
    }

    /// What a decision is worth; nothing where there was none.
    fn reward(&mut self, right: Option<bool>) -> f32 {
        let balance = self.settings.plasticity.reward.as_ref().and_then(|reward| reward.balance);
        let Some(samples) = balance else { return right.map_or(0.0, |right| if right { 1.0 } else { -1.0 }) };
        let known = self.right;
        let hit = f32::from(u8::from(right == Some(true)));
        self.right += (hit - known) / samples as f32;
        right.map_or(0.0, |right| if right { 1.0 - known } else { -known })
    }

    /// The winners among the neurons' first spikes.
    fn winners(&self) -> Result<Vec<Place>> {
        let post = if self.inhibition.is_some() { &self.inhibited } else { &self.recorder.post };
        let Winners { k, radius } = self.needs_winners()?;
        k_winners_first(post, self.cut.connection.output_shape(), k, radius)
    }

    /// Who wins, where a class is to be rewarded.
    fn needs_winners(&self) -> Result<Winners> {
        self.settings.plasticity.winners.ok_or_else(|| {
            let rule = "are needed for a reward by class, which the first of them decides: set `winners = { k = 1 }`";
            broken(&self.settings.place(), "plasticity.winners", "none", rule)
        })
    }

    /// The class that a feature stands for, of so many.
    ///
    /// # Errors
    /// Features that do not fall into as many blocks of equal size.
    pub fn class_of(&self, winner: Place, classes: usize) -> Result<usize> {
        let features = self.cut.connection.features();
        if classes == 0 || !features.is_multiple_of(classes) {
            let rule = format!("must be a multiple of the {classes} classes, whose blocks are rewarded");
            return Err(broken(&self.settings.place(), "features", features, rule));
        }
        Ok(winner[0] / (features / classes))
    }

    /// Hands the thresholds of homeostasis to the neurons.
    fn raise_thresholds(&mut self) -> Result<()> {
        if self.learner.thresholds().is_empty() {
            return Ok(());
        }
        if self.cut.back.raise_thresholds(self.cut.neurons, self.learner.thresholds())? {
            return Ok(());
        }
        let node = &self.cut.back.list()[self.cut.neurons];
        let what = format!(
            "`homeostasis` raises the thresholds of `fire` and `first_spike_conv` nodes, and of models that have one, and `{}` \
             is {}",
            node.name, node.what
        );
        Err(Error::unsupported(self.settings.place(), what))
    }

    /// The settings.
    pub fn settings(&self) -> &StageConfig {
        &self.settings
    }

    /// The layer's weights, in the order of the network's parameter `LAYER.weight`.
    pub fn weights(&self) -> &[f32] {
        &self.parameter().values
    }

    /// The layer's weights, named and with their shape.
    pub fn parameter(&self) -> &Parameter {
        let first = self.cut.back.list()[self.cut.layer].tensors.start;
        &self.cut.back.parameters().tensors[first]
    }

    /// The node whose spikes it learns from.
    pub fn neurons(&self) -> &str {
        &self.cut.back.list()[self.cut.neurons].name
    }

    /// Shape of what a feature of the layer sees at once: channel, row, column.
    pub fn kernel(&self) -> [usize; 3] {
        self.cut.kernel
    }

    /// Features: maps of a convolution, outputs of a dense layer.
    pub fn features(&self) -> usize {
        self.cut.connection.features()
    }

    /// How often each feature has won; where there are no winners, how often it spiked.
    pub fn wins(&self) -> &[u64] {
        self.learner.wins()
    }

    /// Samples that were learned from.
    pub fn samples(&self) -> u64 {
        self.learner.samples()
    }

    /// How far the weights are from their bounds: [`convergence`].
    ///
    /// # Errors
    /// None that can arise from weights that were learned.
    pub fn convergence(&self) -> Result<f64> {
        convergence(self.weights(), self.settings.plasticity.bounds)
    }

    /// All that it carries from sample to sample besides the weights, for [`Stage::restore`].
    ///
    /// # Errors
    /// Those of [`Learner::tensors`].
    pub fn tensors(&self) -> Result<Vec<(String, Tensor)>> {
        let mut tensors = self.learner.tensors()?;
        if self.settings.plasticity.reward.as_ref().is_some_and(|reward| reward.balance.is_some()) {
            tensors.push((RIGHT.into(), Tensor::f32(&[1], vec![self.right])?));
        }
        if let Some(n) = self.own_threshold() {
            let parameter = &self.cut.back.parameters().tensors[n];
            tensors.push((BASE.into(), Tensor::f32(&parameter.shape, parameter.values.clone())?));
        }
        Ok(tensors)
    }

    /// The position of the parameter that thresholds which stay are added to.
    fn own_threshold(&self) -> Option<usize> {
        self.settings.plasticity.homeostasis.filter(|h| h.keep)?;
        let node = &self.cut.back.list()[self.cut.neurons];
        let name = format!("{}.{}", node.name, node.operator.threshold()?);
        self.cut.back.parameters().tensors.iter().position(|t| t.name == name)
    }

    /// Goes on from what [`Stage::tensors`] gave of a stage with the same settings; the weights are those of the program
    /// that it was made with.
    ///
    /// # Errors
    /// Those of [`Learner::restore`].
    pub fn restore(&mut self, kept: &[(String, Tensor)]) -> Result<()> {
        let own = |name: &str| name == BASE || name == RIGHT;
        let find = |name: &str| kept.iter().find(|(n, _)| n == name).map(|(_, tensor)| tensor.data());
        if let (Some(n), Some(TensorData::F32(values))) = (self.own_threshold(), find(BASE)) {
            let name = self.cut.back.parameters().tensors[n].name.clone();
            self.cut.back.update(|parameters| parameters.set(&name, values))?;
        }
        if let Some(TensorData::F32(values)) = find(RIGHT) {
            self.right = values.first().copied().unwrap_or_default();
        }
        let learner: Vec<(String, Tensor)> = kept.iter().filter(|(name, _)| !own(name)).cloned().collect();
        self.learner.restore(&learner)?;
        self.raise_thresholds()
    }
}

#[cfg(test)]
mod tests;
