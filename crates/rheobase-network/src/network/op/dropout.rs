//! `Dropout`: zeroes values by chance during training.

use super::elementwise::map;
use crate::network::operation::Operation;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use crate::vision::windows::value_error;
use rheobase_base::Result;
use rheobase_base::random::{Stream, unit};
use rheobase_sim::population::Memory;

/// Zeroes each value with a probability and scales the others up by 1/(1 − probability), so that their mean stays
/// (Srivastava et al. 2014, <https://jmlr.org/papers/v15/srivastava14a.html>). Only in training. What is zeroed is
/// addressed by (seed, node, epoch, sample, feature) and the same in all steps of a sample.
#[derive(Debug, Clone)]
pub(crate) struct Dropout {
    probability: f64,
    scale: f32,
    seed: u64,
    name: String,
}

impl Dropout {
    /// `place` is the name of the node.
    ///
    /// # Errors
    /// A probability outside [0, 1).
    pub(crate) fn new(place: &str, probability: f64) -> Result<Dropout> {
        if !(0.0..1.0).contains(&probability) {
            let rule = "must be in [0, 1): the chance of a value to be zeroed";
            return Err(value_error(place, "probability", None, probability, rule));
        }
        let scale = (1.0 / (1.0 - probability)) as f32;
        Ok(Dropout { probability, scale, seed: 0, name: place.into() })
    }

    /// The same with this seed.
    pub(crate) fn seeded(self, seed: u64) -> Dropout {
        Dropout { seed, ..self }
    }

    fn acts(&self, context: &Context<'_>) -> bool {
        context.training && self.probability > 0.0
    }

    /// The words of a sample.
    fn words(&self, context: &Context<'_>, sample: usize) -> Words {
        let id = context.sample_ids.get(sample).copied().unwrap_or(sample as u64);
        // A sample's number has 64 bits, its place in the counter 32: the others go into the key.
        let stream = Stream::new(self.seed, "dropout", &format!("{}.{}", self.name, id >> 32));
        Words { stream, epoch: context.epoch, sample: id as u32, quad: None, words: [0; 4] }
    }
}

/// Random words of a sample, four at a time.
struct Words {
    stream: Stream,
    epoch: u64,
    sample: u32,
    quad: Option<usize>,
    words: [u32; 4],
}

impl Words {
    /// Whether a feature stays.
    fn keeps(&mut self, feature: usize, probability: f64) -> bool {
        if self.quad != Some(feature / 4) {
            self.quad = Some(feature / 4);
            self.words = self.stream.quad(self.epoch, self.sample, (feature / 4) as u32);
        }
        unit(self.words[feature % 4]) >= probability
    }
}

impl Operator for Dropout {
    fn operation(&self) -> Option<Operation<'_>> {
        Some(Operation::Same)
    }

    fn forward(
        &self,
        context: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        _: &mut Memory,
        out: &mut Signal,
    ) {
        let [input] = inputs else { return };
        if !self.acts(context) {
            out.clone_from(input);
            return;
        }
        let mut words: Vec<Words> = (0..input.samples).map(|s| self.words(context, s)).collect();
        map(
            input,
            out,
            true,
            |sample, i, x| {
                if words[sample].keeps(i, self.probability) { x * self.scale } else { 0.0 }
            },
        );
    }

    fn backward(&self, context: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        let ([input], [Some(gradient)]) = (back.inputs, back.gradients) else { return };
        if input.reach == Reach::Nowhere {
            return;
        }
        if !self.acts(context) {
            gradient.iter_mut().zip(back.upstream).for_each(|(sum, g)| *sum += g);
            return;
        }
        let width = input.width.max(1);
        let rows = gradient.chunks_exact_mut(width).zip(back.upstream.chunks_exact(width));
        for (sample, (to, from)) in rows.enumerate() {
            let mut words = self.words(context, sample);
            for (i, (sum, g)) in to.iter_mut().zip(from).enumerate() {
                if *g != 0.0 && words.keeps(i, self.probability) {
                    *sum += g * self.scale;
                }
            }
        }
    }

    /// The same in all steps of a run.
    fn has_chance(&self) -> bool {
        self.probability > 0.0
    }

    fn is_static(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::op::testing::{as_events, backward_in, context, forward_in, signal};

    const WIDTH: usize = 4000;

    fn ones(ids: &[u64]) -> Signal {
        signal(ids.len(), &vec![1.0; ids.len() * WIDTH])
    }

    fn run(dropout: &Dropout, epoch: u64, step: u64, ids: &[u64], training: bool) -> Vec<f32> {
        let context = Context { epoch, step, sample_ids: ids, training, ..context() };
        forward_in(&context, dropout, &[], &ones(ids)).values
    }

    #[test]
    fn the_mask_depends_on_sample_and_epoch_and_not_on_step_or_tile() {
        let dropout = Dropout::new("d", 0.25).unwrap().seeded(3);
        let both = run(&dropout, 1, 0, &[7, 8], true);
        assert_eq!(both, run(&dropout, 1, 99, &[7, 8], true));
        assert_eq!(both[WIDTH..], run(&dropout, 1, 5, &[8], true));
        assert_ne!(both[..WIDTH], both[WIDTH..]);
        assert_ne!(both[..WIDTH], run(&dropout, 2, 0, &[7], true));
        assert_ne!(both[..WIDTH], run(&dropout, 1, 0, &[7 + (1 << 32)], true));
        assert_ne!(both[..WIDTH], run(&Dropout::new("e", 0.25).unwrap().seeded(3), 1, 0, &[7], true));
        assert_ne!(both[..WIDTH], run(&Dropout::new("d", 0.25).unwrap().seeded(4), 1, 0, &[7], true));
        assert!(both.iter().all(|x| *x == 0.0 || *x == (1.0f64 / 0.75) as f32));
        let mean = both.iter().map(|x| f64::from(*x)).sum::<f64>() / both.len() as f64;
        // Four standard deviations.
        assert!((mean - 1.0).abs() < 0.026, "{mean}");
        assert_eq!(run(&dropout, 1, 0, &[7], false), vec![1.0; WIDTH]);
    }

    #[test]
    fn events_and_gradients_meet_the_same_mask() {
        let dropout = Dropout::new("d", 0.5).unwrap().seeded(1);
        let context = Context { training: true, sample_ids: &[4, 6], ..context() };
        let x = signal(2, &[1.0, 0.0, 3.0, -1.0, 0.0, 2.0, 0.0, 5.0, 1.0, 1.0]);
        let dense = forward_in(&context, &dropout, &[], &x);
        let sparse = forward_in(&context, &dropout, &[], &as_events(&x));
        assert_eq!(dense.values, sparse.values);
        assert_eq!(sparse.active(&|_| true), dense.active(&|_| true));
        let gradient = backward_in(&context, &dropout, &[], &x, &[1.0; 10]);
        let mask = forward_in(&context, &dropout, &[], &signal(2, &[1.0; 10]));
        assert_eq!(gradient, mask.values);
    }

    #[test]
    fn probabilities_are_below_1() {
        for p in [1.0, -0.1, f64::NAN] {
            let error = Dropout::new("d", p).unwrap_err().to_string();
            assert!(error.starts_with("d.probability = ") && error.contains("[0, 1)"), "{error}");
        }
    }
}
