//! `Course`: how the weights of a stage's layer have changed, at some points of its samples.

use serde::{Deserialize, Serialize};

use crate::learn::checkpoint::Checkpoint;
use rheobase_base::Result;
use rheobase_network::network::Parameter;
use rheobase_network::plasticity::convergence;
use rheobase_signals::tensor::Tensor;

/// Bars of a histogram of weights.
const BARS: usize = 20;
/// Features whose kernels are kept, at most.
const KERNELS: usize = 16;

/// The weights after some samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Samples that had been learned from.
    pub samples: u64,
    /// The mean of w(1 − w), with w from 0 to 1 between the bounds ([`convergence`]).
    pub convergence: f64,
    /// How many weights lie in each twentieth between the bounds.
    pub histogram: Vec<u64>,
}

/// Some kernels after some samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernels {
    /// Samples that had been learned from.
    pub samples: u64,
    /// `[feature, channel, row, column]`.
    pub weights: Vec<f32>,
}

/// The weights over time: points the closer to each other the earlier they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Course {
    /// After 0, 1, 2, 3, 5, 7, 10, 20… samples, and after every epoch.
    pub points: Vec<Point>,
    /// After 0, 1, 2, 5, 10, 20… samples, and after the last epoch.
    pub kernels: Vec<Kernels>,
}

impl Course {
    /// Looks at the weights after `samples` samples, if it is time, or in any case.
    pub(super) fn look(
        &mut self,
        samples: u64,
        weights: &Parameter,
        bounds: [f32; 2],
        any_case: bool,
    ) -> Result<()> {
        let digits = leading(samples);
        let new = self.points.last().is_none_or(|p| p.samples < samples);
        if new && (any_case || digits.is_some_and(|d| [0, 1, 2, 3, 5, 7].contains(&d))) {
            let convergence = convergence(&weights.values, bounds)?;
            let histogram = histogram(&weights.values, bounds);
            self.points.push(Point { samples, convergence, histogram });
        }
        let stays = |samples| leading(samples).is_some_and(|d| [0, 1, 2, 5].contains(&d));
        let new = self.kernels.last().is_none_or(|k| k.samples < samples);
        if new && (any_case || stays(samples)) {
            // Of epochs the last one is enough.
            self.kernels.retain(|k| stays(k.samples));
            self.kernels.push(Kernels { samples, weights: some_kernels(weights) });
        }
        Ok(())
    }

    /// Adds the kernels to a checkpoint.
    pub(super) fn save(&self, checkpoint: &mut Checkpoint, group: &str, layer: &str) -> Result<()> {
        self.kernels.iter().try_for_each(|k| {
            let tensor = Tensor::f32(&[k.weights.len()], k.weights.clone())?;
            checkpoint.insert(group, &format!("{layer}/kernels.{}", k.samples), tensor)
        })
    }

    /// Takes the kernels back from a checkpoint.
    pub(super) fn restore(&mut self, checkpoint: &Checkpoint, group: &str, layer: &str) {
        let prefix = format!("{layer}/kernels.");
        let found = checkpoint.group(group).filter_map(|(name, tensor)| {
            let samples = name.strip_prefix(&prefix)?.parse().ok()?;
            let weights = checkpoint.f32(group, name).ok()?.to_vec();
            (tensor.shape().len() == 1).then_some(Kernels { samples, weights })
        });
        self.kernels = found.collect();
        self.kernels.sort_by_key(|k| k.samples);
    }
}

/// The only digit of a number that is not 0, if it is its first; 0 of 0.
fn leading(mut n: u64) -> Option<u64> {
    while n >= 10 && n.is_multiple_of(10) {
        n /= 10;
    }
    (n < 10).then_some(n)
}

fn histogram(weights: &[f32], [lower, upper]: [f32; 2]) -> Vec<u64> {
    let mut bars = vec![0; BARS];
    for w in weights {
        let bar = (w - lower) / (upper - lower) * BARS as f32;
        bars[(bar.max(0.0) as usize).min(BARS - 1)] += 1;
    }
    bars
}

/// Which features have their kernels kept, of `features`: evenly among them.
pub fn kept(features: usize) -> Vec<usize> {
    let n = features.min(KERNELS);
    (0..n).map(|i| i * features / n).collect()
}

/// The kernels of some features, `[feature, …]`.
fn some_kernels(weights: &Parameter) -> Vec<f32> {
    let (dense, values) = (weights.shape.len() == 2, &weights.values);
    let features = weights.shape[usize::from(dense)];
    let size = values.len() / features;
    let one = |feature: usize| {
        (0..size).map(move |i| values[if dense { i * features + feature } else { feature * size + i }])
    };
    kept(features).into_iter().flat_map(one).collect()
}

#[cfg(test)]
mod tests {
    use rheobase_models::record::Range;

    use super::*;

    fn weights(shape: &[usize], values: Vec<f32>) -> Parameter {
        Parameter { name: "w".into(), shape: shape.to_vec(), values, range: Range::FINITE, weight: true }
    }

    #[test]
    fn it_looks_often_at_first_and_rarely_later() {
        let mut course = Course::default();
        let w = weights(&[1, 1, 2], vec![0.0, 0.99]);
        for samples in 0..=120 {
            course.look(samples, &w, [0.0, 1.0], samples == 111).unwrap();
        }
        let points: Vec<u64> = course.points.iter().map(|p| p.samples).collect();
        assert_eq!(points, [0, 1, 2, 3, 5, 7, 10, 20, 30, 50, 70, 100, 111]);
        let kernels: Vec<u64> = course.kernels.iter().map(|k| k.samples).collect();
        assert_eq!(kernels, [0, 1, 2, 5, 10, 20, 50, 100, 111]);
        course.look(130, &w, [0.0, 1.0], true).unwrap();
        assert_eq!(course.kernels[8].samples, 130);
        assert_eq!((course.points[0].histogram[0], course.points[0].histogram[19]), (1, 1));
    }

    #[test]
    fn kernels_are_those_of_features_whatever_the_order_of_weights() {
        let dense = weights(&[3, 2], vec![0.0, 10.0, 1.0, 11.0, 2.0, 12.0]);
        assert_eq!(some_kernels(&dense), [0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
        let conv = weights(&[2, 1, 3], vec![0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
        assert_eq!(some_kernels(&conv), some_kernels(&dense));
        assert_eq!(kept(3), [0, 1, 2]);
        assert_eq!((kept(64).len(), kept(64)[15]), (16, 60));
    }
}
