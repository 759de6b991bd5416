//! `Trainer`: a program with the state of its training, one update at a time.

use rheobase_models::lanes::Level;
use serde_json::Value;

use super::batch::{Batch, Outcome, Pass, Workspaces};
use super::checkpoint::{Checkpoint, ExpectedTensor, Header};
use super::clip::Clip;
use super::optimise::{Half, Moments, Optimiser, OptimiserKind, Update, project};
use super::regularise::WeightPenalty;
use rheobase_base::{Error, Result};
use rheobase_models::record::Range;
use rheobase_network::network::Program;
use rheobase_signals::tensor::{Element, Tensor};

/// How gradients become updates.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The optimiser.
    pub optimiser: OptimiserKind,
    /// What happens to long gradients.
    pub clip: Option<Clip>,
    /// Penalty on weights.
    pub weights: WeightPenalty,
}

/// A program with the state of its training.
pub struct Trainer {
    program: Program,
    moments: Vec<Moments>,
    updates: u64,
    /// Where an update takes the parameters; between updates, memory for the next.
    proposed: Vec<Vec<f32>>,
    workspaces: Workspaces,
}

/// The kind that checkpoints of training say they are.
const KIND: &str = "training";

impl Trainer {
    /// Training from the program's parameters.
    pub fn new(program: Program, optimiser: &OptimiserKind) -> Self {
        let moments =
            program.parameters().tensors.iter().map(|t| Moments::new(optimiser, t.values.len())).collect();
        Trainer { program, moments, updates: 0, proposed: Vec::new(), workspaces: Workspaces::default() }
    }

    /// The program as it is now.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Updates made so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Keeps the parameters of a node as they are from here on.
    ///
    /// # Errors
    /// A node that the network does not have.
    pub fn freeze(&mut self, node: &str) -> Result<()> {
        self.program.freeze(node)
    }

    /// [`Program::scale_smoothing`] of its program.
    pub(super) fn scale_smoothing(&mut self, factor: f64) {
        self.program.scale_smoothing(factor);
    }

    /// Takes a batch through the network without learning.
    ///
    /// # Errors
    /// Those of [`Pass::run`].
    pub fn evaluate(&self, pass: &Pass, batch: &Batch<'_>) -> Result<Outcome> {
        pass.run(&self.program, batch, false, &self.workspaces)
    }

    /// Learns from a batch: forwards, back, one update.
    ///
    /// # Errors
    /// Those of [`Pass::run`], a loss or gradient that is not finite, an update that leaves the finite numbers; then
    /// nothing has changed.
    pub fn learn(&mut self, pass: &Pass, rule: &Rule, rate: f64, batch: &Batch<'_>) -> Result<Outcome> {
        let mut outcome = pass.run(&self.program, batch, true, &self.workspaces)?;
        if !outcome.loss.is_finite() {
            return Err(Error::unsupported(
                "training",
                format!(
                    "the loss became {} in update {}; lower the learning rate, clip gradients, or look at the input",
                    outcome.loss, self.updates
                ),
            ));
        }
        let gradients = std::mem::take(&mut outcome.gradients);
        outcome.gradients = self.update(rule, rate, gradients, pass.level)?;
        Ok(outcome)
    }

    /// Updates the parameters with the gradients of a mean loss, in their order; gives the gradients that were used.
    ///
    /// # Errors
    /// Gradients that are not finite; updates that leave the finite numbers or that a model refuses. Then nothing has
    /// changed.
    pub fn update(
        &mut self,
        rule: &Rule,
        rate: f64,
        mut gradients: Vec<Vec<f32>>,
        level: Level,
    ) -> Result<Vec<Vec<f32>>> {
        let Trainer { program, moments, updates, proposed, .. } = self;
        let frozen = program.frozen_tensors();
        let tensors = &program.parameters().tensors;
        for ((tensor, gradient), frozen) in tensors.iter().zip(&mut gradients).zip(&frozen) {
            if tensor.weight && !frozen {
                rule.weights.add_gradient(&tensor.values, gradient)?;
            }
        }
        if let Some(clip) = &rule.clip {
            let named = tensors.iter().zip(&mut gradients).map(|(t, g)| (&t.name[..], &mut g[..]));
            clip.apply(&mut named.collect::<Vec<_>>())?;
        }
        let optimiser = |weight: bool| if weight { rule.optimiser } else { rule.optimiser.without_decay() };
        // First where parameters go, beside those that are: a step may be refused. Then the moments.
        proposed.resize_with(tensors.len(), Vec::new);
        for (n, tensor) in tensors.iter().enumerate() {
            let to = &mut proposed[n];
            to.resize(if frozen[n] { 0 } else { tensor.values.len() }, 0.0);
            if frozen[n] {
                continue;
            }
            let update = Update { name: &tensor.name, learning_rate: rate, done: *updates, level };
            let half = Half::Parameter { from: &tensor.values, to };
            optimiser(tensor.weight).half(half, &gradients[n], &mut moments[n], &update)?;
            if tensor.range != Range::FINITE {
                project(&tensor.name, to, &tensor.values, &tensor.range)?;
            }
        }
        program.exchange(proposed)?;
        for (n, tensor) in program.parameters().tensors.iter().enumerate().filter(|(n, _)| !frozen[*n]) {
            let update = Update { name: &tensor.name, learning_rate: rate, done: *updates, level };
            optimiser(tensor.weight).half(Half::Moments, &gradients[n], &mut moments[n], &update)?;
        }
        *updates += 1;
        Ok(gradients)
    }

    /// Replaces the values of one tensor.
    ///
    /// # Errors
    /// Those of [`rheobase_network::network::Parameters::set`]; then nothing has changed.
    pub(super) fn set(&mut self, tensor: &str, values: &[f32]) -> Result<()> {
        self.program.update(|parameters| parameters.set(tensor, values))
    }

    /// Replaces the values of all parameters, in their order.
    ///
    /// # Errors
    /// Wrong lengths, values out of range; then nothing has changed.
    pub fn set_values(&mut self, values: &[Vec<f32>]) -> Result<()> {
        self.program.update(|parameters| {
            let names: Vec<String> = parameters.tensors.iter().map(|t| t.name.clone()).collect();
            names.iter().zip(values).try_for_each(|(name, values)| parameters.set(name, values))
        })
    }

    /// Hash of the parameters: 16 hexadecimal digits.
    ///
    /// # Errors
    /// None that can arise from a program's own parameters.
    pub fn fingerprint(&self) -> Result<String> {
        let tensors = self.tensors()?;
        Ok(super::fingerprint(tensors.iter().map(|(name, t)| (&name[..], t))))
    }

    fn tensors(&self) -> Result<Vec<(String, Tensor)>> {
        let all = &self.program.parameters().tensors;
        all.iter().map(|t| Ok((t.name.clone(), Tensor::f32(&t.shape, t.values.clone())?))).collect()
    }

    /// Everything that is needed to go on: parameters, moments, updates; `architecture` is checked when it is read,
    /// `extra` is the caller's.
    ///
    /// # Errors
    /// Parameters that a file cannot hold.
    pub fn checkpoint(&self, architecture: &Value, epoch: u64, extra: Value) -> Result<Checkpoint> {
        let mut checkpoint = Checkpoint::new(Header {
            kind: KIND.into(),
            architecture: architecture.clone(),
            epoch,
            step: self.updates,
            random: Default::default(),
            extra,
        });
        for (name, tensor) in self.tensors()? {
            checkpoint.insert("parameter", &name, tensor)?;
        }
        for (tensor, moments) in self.program.parameters().tensors.iter().zip(&self.moments) {
            moments.save(&mut checkpoint, "moment", &tensor.name, &tensor.shape)?;
        }
        Ok(checkpoint)
    }

    /// Goes on from a checkpoint of the same architecture.
    ///
    /// # Errors
    /// A checkpoint of another kind or architecture, missing or extra tensors, other shapes, values out of range.
    pub fn restore(
        &mut self,
        path: &std::path::Path,
        checkpoint: &Checkpoint,
        architecture: &Value,
    ) -> Result<()> {
        checkpoint.expect_header(path, KIND, architecture)?;
        let tensors = self.program.parameters().tensors.clone();
        let wanted: Vec<ExpectedTensor> = tensors
            .iter()
            .map(|t| ExpectedTensor { name: t.name.clone(), element: Element::F32, shape: t.shape.clone() })
            .collect();
        checkpoint.expect(path, "parameter", &wanted)?;
        let mut moments = self.moments.clone();
        let all: Vec<ExpectedTensor> =
            tensors.iter().zip(&moments).flat_map(|(t, m)| m.wanted(&t.name, &t.shape)).collect();
        checkpoint.expect(path, "moment", &all)?;
        for (tensor, moments) in tensors.iter().zip(&mut moments) {
            moments.restore(checkpoint, "moment", &tensor.name)?;
        }
        self.program.update(|parameters| {
            for tensor in &tensors {
                parameters.set(&tensor.name, checkpoint.f32("parameter", &tensor.name)?)?;
            }
            Ok(())
        })?;
        self.moments = moments;
        self.updates = checkpoint.header.step;
        Ok(())
    }
}
