//! The weights of a readout, computed from the labels: who is active in the samples of which class.

use super::check::broken;
use super::config::{ReadoutBy, ReadoutConfig};
use super::settled::{Origin, Summed};
use super::trainer::Trainer;
use rheobase_base::{Error, Result};
use rheobase_network::network::Program;

/// The shape of a readout, as far as it is known before anything is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Readout {
    node: usize,
    inputs: usize,
    classes: usize,
    bias: bool,
}

impl ReadoutConfig {
    /// Refuses a node that is no readout of the classes.
    ///
    /// # Errors
    /// A node that is not `linear`; with a bias where one is of no use, without where it is needed; inputs that do not fall into
    /// blocks.
    pub(super) fn check_in(&self, program: &Program) -> Result<()> {
        self.of(program).map(|_| ())
    }

    fn of(&self, program: &Program) -> Result<Readout> {
        let node = program.node(&self.layer)?;
        let here = &program.list()[node];
        let tensors = &program.parameters().tensors[here.tensors.clone()];
        let (Some(&[inputs, classes]), "linear") = (tensors.first().map(|t| &t.shape[..]), &here.what[..])
        else {
            let what = format!("`{}` is a `{}` node; a readout is a `linear` one", self.layer, here.what);
            return Err(Error::unsupported("readout.layer", what));
        };
        let bias = tensors.len() > 1;
        let place = format!("network.node.{}", self.layer);
        match self.by {
            ReadoutBy::Nearest if !bias => {
                let rule = "must be true for `by = \"nearest\"`: distances need a number for each class";
                Err(broken(&place, "bias", false, rule))
            }
            ReadoutBy::Votes | ReadoutBy::Blocks if bias => {
                Err(broken(&place, "bias", true, "must be false: the readout would not compute it"))
            }
            ReadoutBy::Blocks if !inputs.is_multiple_of(classes) => {
                let rule =
                    format!("must be a multiple of the {classes} classes, which they stand for in blocks");
                Err(broken(&place, "inputs", inputs, rule))
            }
            _ => Ok(Readout { node, inputs, classes, bias }),
        }
    }

    /// Computes the weights and gives them to the network.
    ///
    /// # Errors
    /// Those of [`ReadoutConfig::check_in`]; a class without samples; encoders that refuse one.
    pub(super) fn fit(&self, origin: &Origin<'_>, labels: &[u32]) -> Result<Vec<(String, Vec<f32>)>> {
        let readout = self.of(origin.program)?;
        let (weights, bias) = match self.by {
            ReadoutBy::Blocks => (readout.blocks(), Vec::new()),
            ReadoutBy::Votes => (readout.votes(&readout.means(origin, labels)?), Vec::new()),
            ReadoutBy::Nearest => readout.nearest(&readout.means(origin, labels)?),
        };
        let name = &self.layer;
        let mut tensors = vec![(format!("{name}.weight"), weights)];
        if readout.bias {
            tensors.push((format!("{name}.bias"), bias));
        }
        Ok(tensors)
    }
}

/// Gives a program the weights of a readout.
///
/// # Errors
/// Weights that are not finite.
pub(super) fn hand_over(trainer: &mut Trainer, tensors: Vec<(String, Vec<f32>)>) -> Result<()> {
    tensors.into_iter().try_for_each(|(name, values)| trainer.set(&name, &values))
}

impl Readout {
    /// Weights `[in, class]`: 1 from an input to the class of its block.
    fn blocks(self) -> Vec<f32> {
        let size = self.inputs / self.classes;
        self.weights(|input, class| f32::from(u8::from(input / size == class)))
    }

    /// 1 over the number of inputs that stand for a class, from each of them to it.
    fn votes(self, means: &[f64]) -> Vec<f32> {
        let mean = |input: usize, class: usize| means[class * self.inputs + input];
        let stands_for: Vec<Option<usize>> = (0..self.inputs)
            .map(|input| {
                let best = (0..self.classes)
                    .fold(0, |best, c| if mean(input, c) > mean(input, best) { c } else { best });
                (mean(input, best) > 0.0).then_some(best)
            })
            .collect();
        let mut inputs = vec![0u32; self.classes];
        stands_for.iter().flatten().for_each(|class| inputs[*class] += 1);
        self.weights(
            |input, class| {
                if stands_for[input] == Some(class) { 1.0 / inputs[class] as f32 } else { 0.0 }
            },
        )
    }

    /// The class means, and minus half their squared lengths: the largest score is then that of the nearest.
    fn nearest(self, means: &[f64]) -> (Vec<f32>, Vec<f32>) {
        let weights = self.weights(|input, class| means[class * self.inputs + input] as f32);
        let bias = means.chunks_exact(self.inputs.max(1)).map(|mean| {
            let square: f64 = mean.iter().map(|x| x * x).sum();
            (-0.5 * square) as f32
        });
        (weights, bias.collect())
    }

    fn weights(self, of: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        (0..self.inputs * self.classes).map(|i| of(i / self.classes, i % self.classes)).collect()
    }

    /// Mean activity per step of each input in the samples of each class, `[class, in]`.
    fn means(self, origin: &Origin<'_>, labels: &[u32]) -> Result<Vec<f64>> {
        let (mut sums, mut samples) = (vec![0.0; self.classes * self.inputs], vec![0usize; self.classes]);
        let source = origin.program.list()[self.node].inputs[0].0;
        origin.summed(source, |sample, Summed { activity, steps }| {
            let class = labels[sample] as usize;
            samples[class] += 1;
            let sums = &mut sums[class * self.inputs..(class + 1) * self.inputs];
            sums.iter_mut().zip(activity).for_each(|(sum, x)| *sum += x / steps.max(1) as f64);
        })?;
        if let Some(class) = samples.iter().position(|n| *n == 0) {
            let what =
                format!("there are no training samples of class {class}, whose activity a readout needs");
            return Err(Error::unsupported("readout", what));
        }
        for (sums, samples) in sums.chunks_exact_mut(self.inputs.max(1)).zip(samples) {
            sums.iter_mut().for_each(|sum| *sum /= samples as f64);
        }
        Ok(sums)
    }
}

#[cfg(test)]
mod tests;
