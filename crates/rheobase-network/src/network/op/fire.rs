//! `Fire`: spikes where potentials exceed a threshold, once or again.

use super::elementwise::map;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use crate::vision::check_threshold;
use rheobase_base::Result;
use rheobase_sim::population::Memory;

/// Sends 1 where a value is above the threshold: in every such step, or in the first one alone. Values are compared as they
/// come; nothing is summed over time. No gradient passes: it is a layer for learning without one. With a surrogate,
/// firing again and again is the model `discontinuous`.
#[derive(Debug, Clone)]
pub(crate) struct Fire {
    threshold: f32,
    again: bool,
    width: usize,
    /// What is added to the threshold of each feature; empty for nothing.
    raised: Vec<f32>,
}

impl Fire {
    /// # Errors
    /// A threshold that is not a finite number of single precision.
    pub(crate) fn new(place: &str, threshold: f64, again: bool, input: &[usize]) -> Result<Fire> {
        check_threshold(place, Some(threshold as f32))?;
        Ok(Fire { threshold: threshold as f32, again, width: input.iter().product(), raised: Vec::new() })
    }
}

impl Operator for Fire {
    /// Where neurons fire once: who has fired.
    fn fresh(&self, samples: usize) -> Memory {
        let fired = if self.again { Vec::new() } else { vec![vec![0.0; samples * self.width]] };
        Memory { fields: fired, ..Memory::default() }
    }

    fn forward(
        &self,
        _: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        memory: &mut Memory,
        out: &mut Signal,
    ) {
        let [input] = inputs else { return };
        let fired = memory.fields.first_mut();
        let places = self.width / self.raised.len().max(1);
        let threshold = |i: usize| self.threshold + self.raised.get(i / places).copied().unwrap_or(0.0);
        // A 0 fires where the threshold is negative.
        let silent = self.threshold >= 0.0 && self.raised.iter().all(|x| *x >= 0.0);
        let above = |i: usize, x: f32| if x > threshold(i) { 1.0 } else { 0.0 };
        match fired {
            None => map(input, out, silent, |_, i, x| above(i, x)),
            Some(fired) => map(input, out, silent, |sample, i, x| {
                let fired = &mut fired[sample * self.width + i];
                let spike = above(i, x) * (1.0 - *fired);
                *fired += spike;
                spike
            }),
        }
        if out.events.is_none() {
            out.find_events();
        }
        out.reach = Reach::Nowhere;
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], _: Back<'_>) {}

    fn blocks_gradient(&self) -> bool {
        true
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn reads_output(&self) -> bool {
        false
    }

    fn is_static(&self) -> bool {
        self.again
    }

    fn spikes(&self) -> bool {
        true
    }

    fn raise_thresholds(&mut self, features: &[f32]) -> Result<bool> {
        self.raised = features.to_vec();
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::op::testing::{as_events, run, signal};

    #[test]
    fn once_or_again() {
        let steps = [signal(1, &[1.0, 2.0, 0.0]), signal(1, &[3.0, 3.0, 0.5]), signal(1, &[3.0, 0.0, 1.5])];
        let fire = |again| Fire::new("f", 1.0, again, &[3]).unwrap();
        let again = [vec![0.0, 1.0, 0.0], vec![1.0, 1.0, 0.0], vec![1.0, 0.0, 1.0]];
        let once = [vec![0.0, 1.0, 0.0], vec![1.0, 0.0, 0.0], vec![0.0, 0.0, 1.0]];
        for (a, want) in [(true, again), (false, once)] {
            assert_eq!(run(&fire(a), &steps), want);
            assert_eq!(run(&fire(a), &steps.each_ref().map(as_events)), want);
        }
        // Below a negative threshold nothing is still above it.
        assert_eq!(run(&Fire::new("f", -1.0, true, &[3]).unwrap(), &[as_events(&steps[0])])[0], [1.0; 3]);
    }

    #[test]
    fn the_threshold_of_a_feature_rises() {
        let mut fire = Fire::new("f", 1.0, true, &[2, 1, 2]).unwrap();
        assert!(fire.raise_thresholds(&[0.0, 1.0]).unwrap());
        let x = signal(1, &[1.5, 1.5, 1.5, 2.5]);
        assert_eq!(run(&fire, &[x])[0], [1.0, 1.0, 0.0, 1.0]);
        assert!(fire.raise_thresholds(&[]).unwrap());
        assert_eq!(run(&fire, &[signal(1, &[1.5; 4])])[0], [1.0; 4]);
    }

    #[test]
    fn thresholds_are_finite() {
        for threshold in [f64::NAN, 1e300] {
            let error = Fire::new("f", threshold, true, &[3]).unwrap_err().to_string();
            assert!(error.starts_with("f.threshold = "), "{error}");
        }
    }
}
